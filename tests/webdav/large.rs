//! A file whose size no signed 32-bit number holds: what litmus sends as its largest.

use super::{head_of_put, house, property};

const MIB: usize = 1024 * 1024;
const TWO_GIB: u64 = 2048 * MIB as u64;
const BYTES: u64 = TWO_GIB + 64 * 1024;

#[test]
fn a_file_of_more_than_two_gibibytes_is_kept_whole() {
    let house = house();
    let mut wire = house.wire();
    wire.send(head_of_put(&house, "/large", &format!("Content-Length: {BYTES}")));
    let mut block = super::varied(MIB);
    for number in 0..TWO_GIB / MIB as u64 {
        // No two blocks are alike.
        block[..8].copy_from_slice(&number.to_be_bytes());
        wire.send(&block);
    }
    let last = &block[..64 * 1024];
    wire.send(last);
    assert_eq!(wire.answer().status, 201);

    assert_eq!(property(&house, "/large", "getcontentlength"), BYTES.to_string());
    let head = house.ask("HEAD", "/large", &[], "");
    assert_eq!(head.header("content-length"), Some(BYTES.to_string().as_str()));
    let end = [&block[MIB - 8..], last].concat();
    for range in [format!("bytes={}-", TWO_GIB - 8), format!("bytes=-{}", end.len())] {
        let answer = house.ask("GET", "/large", &[("Range", &range)], "");
        let place = format!("bytes {}-{}/{BYTES}", TWO_GIB - 8, BYTES - 1);
        assert_eq!((answer.status, answer.header("content-range")), (206, Some(place.as_str())));
        assert!(answer.body == end, "{range} came back with other bytes");
    }
    let number =
        house.ask("GET", "/large", &[("Range", &format!("bytes={}-{}", MIB * 1500, MIB * 1500 + 7))], "");
    assert_eq!(number.body, 1500_u64.to_be_bytes());
    assert_eq!(house.delete("/large").status, 204);
}
