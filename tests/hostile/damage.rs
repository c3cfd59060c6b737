//! What happens to an input on its way: letters change, parts are lost, repeated or pushed in.

use proptest::prelude::*;
use proptest::sample::{Index, select};

/// No reader takes more than a mebibyte.
const BYTES_MAX: usize = 2 * 1024 * 1024;

/// What means something to one reader or another.
const FRAGMENTS: [&[u8]; 48] = [
    b"<",
    b">",
    b"</",
    b"/>",
    b"&",
    b";",
    b"'",
    b"\"",
    b"=",
    b":",
    b"!",
    b"[",
    b"]",
    b"]]>",
    b"?>",
    b"<?x ?>",
    b"<!--",
    b"-->",
    b"<![CDATA[",
    b"<!DOCTYPE a>",
    b"&#0;",
    b"&#x10FFFF;",
    b"&lt;",
    b"&x;",
    b" xmlns=''",
    b" xmlns:a=''",
    b"xml:",
    b"(",
    b")",
    b"Not",
    b"W/\"",
    b"*",
    b",",
    b"-",
    b"..",
    b"/",
    b"/../",
    b"%",
    b"%2F",
    b"%00",
    b"%ff",
    b"#",
    b"?",
    b"\0",
    b"\r\n",
    b"\t",
    b"\xff",
    b"\xed\xa0\x80",
];

#[derive(Debug, Clone)]
pub enum Damage {
    Replace(Index, u8),
    Insert(Index, Vec<u8>),
    Remove(Index, usize),
    Repeat { from: Index, bytes: usize, times: usize },
    CutOff(Index),
}

/// A few of them.
pub fn several() -> impl Strategy<Value = Vec<Damage>> {
    let fragment =
        || prop_oneof![select(&FRAGMENTS[..]).prop_map(<[u8]>::to_vec), any::<[u8; 1]>().prop_map(Vec::from)];
    let damage = prop_oneof![
        2 => (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Damage::Replace(at, byte)),
        4 => (any::<Index>(), fragment()).prop_map(|(at, bytes)| Damage::Insert(at, bytes)),
        3 => (any::<Index>(), 1..12_usize).prop_map(|(at, bytes)| Damage::Remove(at, bytes)),
        2 => (any::<Index>(), 1..64_usize, 1..80_usize)
            .prop_map(|(from, bytes, times)| Damage::Repeat { from, bytes, times }),
        1 => any::<Index>().prop_map(Damage::CutOff),
    ];
    proptest::collection::vec(damage, 1..5)
}

/// The input after all of it.
pub fn apply(mut input: Vec<u8>, damage: &[Damage]) -> Vec<u8> {
    for damage in damage {
        match damage {
            Damage::Insert(at, bytes) => {
                let at = at.index(input.len() + 1);
                input.splice(at..at, bytes.iter().copied());
            }
            _ if input.is_empty() => {}
            Damage::Replace(at, byte) => {
                let at = at.index(input.len());
                input[at] = *byte;
            }
            Damage::Remove(at, bytes) => {
                let at = at.index(input.len());
                input.drain(at..input.len().min(at + bytes));
            }
            Damage::Repeat { from, bytes, times } => {
                let from = from.index(input.len());
                let part = input[from..input.len().min(from + bytes)].repeat(*times);
                input.splice(from..from, part);
            }
            Damage::CutOff(at) => input.truncate(at.index(input.len())),
        }
        input.truncate(BYTES_MAX);
    }
    input
}
