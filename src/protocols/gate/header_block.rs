//! Fragments in the paths of HTTP/2, seen before the HTTP library drops them as it does in HTTP/1.1: see
//! `request_line`.
//!
//! Frames are RFC 9113 §4 and §6.2, the compression of headers RFC 7541. Of the compression only so much is
//! undone as it takes to find the path and a `#` in it; what was once seen in a header block and is only
//! referred to later needs no second look.

use tokio_util::sync::CancellationToken;

/// What a client sends before its first frame.
const PREFACE_BYTES: usize = 24;
const FRAME_HEAD_BYTES: usize = 9;
/// The default of the protocol, which is also the server's; the HTTP library refuses larger ones.
const FRAME_BYTES_MAX: usize = 16 * 1024;
/// What the HTTP library takes of headers, which are longer once their compression is undone.
const BLOCK_BYTES_MAX: usize = 64 * 1024;

const HEADERS: u8 = 0x1;
const CONTINUATION: u8 = 0x9;
const END_HEADERS: u8 = 0x4;
const PADDED: u8 = 0x8;
const PRIORITY: u8 = 0x20;

/// Whether a path with a fragment has come on a connection. From then on every request on it is suspect: it
/// cannot be told which one lost the end of its path.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fragment(CancellationToken);

impl Fragment {
    pub(crate) fn is_seen(&self) -> bool {
        self.0.is_cancelled()
    }

    pub(crate) async fn seen(&self) {
        self.0.cancelled().await;
    }
}

/// What was read of a connection and not yet understood.
pub(crate) struct Frames {
    /// Bytes to come that nobody needs to look at.
    skip: usize,
    frame: Vec<u8>,
    block: Vec<u8>,
    fragment: Fragment,
}

impl Frames {
    pub(crate) fn new(fragment: Fragment) -> Self {
        Self { skip: PREFACE_BYTES, frame: Vec::new(), block: Vec::new(), fragment }
    }

    /// Looks at bytes as they come in, and changes nothing about them.
    pub(crate) fn inspect(&mut self, mut bytes: &[u8]) {
        while !self.fragment.is_seen() && !bytes.is_empty() {
            let skipped = self.skip.min(bytes.len());
            self.skip -= skipped;
            let wanted = FRAME_HEAD_BYTES + self.length();
            let taken = (wanted - self.frame.len()).min(bytes.len() - skipped);
            self.frame.extend_from_slice(&bytes[skipped..][..taken]);
            bytes = &bytes[skipped + taken..];
            if self.frame.len() >= FRAME_HEAD_BYTES && self.judge().is_none() {
                // The HTTP library will end this connection; until then it serves nothing.
                self.fragment.0.cancel();
            }
        }
    }

    /// The length of the frame that has begun, as far as it is known.
    fn length(&self) -> usize {
        match self.frame.as_slice() {
            [a, b, c, ..] if self.frame.len() >= FRAME_HEAD_BYTES => {
                u32::from_be_bytes([0, *a, *b, *c]) as usize
            }
            _ => 0,
        }
    }

    /// Looks at a frame of which at least the head is there; none if it is not to be understood.
    fn judge(&mut self) -> Option<()> {
        let (length, kind, flags) = (self.length(), self.frame[3], self.frame[4]);
        if kind != HEADERS && kind != CONTINUATION {
            self.skip = length;
            self.frame.clear();
            return Some(());
        }
        if length > FRAME_BYTES_MAX || self.block.len() > BLOCK_BYTES_MAX {
            return None;
        }
        let mut part = &self.frame[FRAME_HEAD_BYTES..];
        if part.len() < length {
            return Some(());
        }
        if kind == HEADERS {
            if flags & PADDED != 0 {
                let (padding, rest) = part.split_first()?;
                part = rest.get(..rest.len().checked_sub(usize::from(*padding))?)?;
            }
            if flags & PRIORITY != 0 {
                part = part.get(5..)?;
            }
        }
        self.block.extend_from_slice(part);
        self.frame.clear();
        if flags & END_HEADERS != 0 {
            if path_has_fragment(&self.block)? {
                self.fragment.0.cancel();
            }
            self.block.clear();
        }
        Some(())
    }
}

/// Whether a path with a `#` stands in a header block; none if the block is not to be understood.
fn path_has_fragment(mut block: &[u8]) -> Option<bool> {
    while let Some(&first) = block.first() {
        let (prefix_bits, has_text) = match first {
            0x80.. => (7, false),
            0x40.. => (6, true),
            0x20.. => (5, false),
            _ => (4, true),
        };
        let index = number(&mut block, prefix_bits)?;
        if !has_text {
            continue;
        }
        let name = if index == 0 { Some(Text::read(&mut block)?) } else { None };
        let value = Text::read(&mut block)?;
        let is_path = match (index, name) {
            (0, Some(name)) => name.is_path(),
            // The static table has `:path` twice.
            (1..=61, _) => matches!(index, 4 | 5),
            // The client's own table may have it too.
            _ => value.begins_with_slash(),
        };
        if is_path && value.has_hash() {
            return Some(true);
        }
    }
    Some(false)
}

/// A number that begins in the last bits of a byte (RFC 7541 §5.1).
fn number(block: &mut &[u8], prefix_bits: u32) -> Option<usize> {
    let mut next = || {
        let (byte, rest) = block.split_first()?;
        *block = rest;
        Some(usize::from(*byte))
    };
    let prefix_max = (1 << prefix_bits) - 1;
    let mut number = next()? & prefix_max;
    if number < prefix_max {
        return Some(number);
    }
    for shift in (0..28).step_by(7) {
        let byte = next()?;
        number += (byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

/// A name or value (RFC 7541 §5.2), as it is or in the Huffman code.
struct Text<'a> {
    is_huffman: bool,
    bytes: &'a [u8],
}

impl<'a> Text<'a> {
    fn read(block: &mut &'a [u8]) -> Option<Self> {
        let is_huffman = block.first()? & 0x80 != 0;
        let length = number(block, 7)?;
        let (bytes, rest) = block.split_at_checked(length)?;
        *block = rest;
        Some(Self { is_huffman, bytes })
    }

    fn is_path(&self) -> bool {
        self.bytes == if self.is_huffman { &[0xb9, 0x58, 0xd3, 0x3f][..] } else { b":path" }
    }

    fn begins_with_slash(&self) -> bool {
        // `/` is 011000 in the code.
        self.bytes
            .first()
            .is_some_and(|first| if self.is_huffman { first >> 2 == 0x18 } else { *first == b'/' })
    }

    fn has_hash(&self) -> bool {
        if self.is_huffman { huffman_has_hash(self.bytes) } else { self.bytes.contains(&b'#') }
    }
}

/// How many codes there are of 5 bits, of 6, and so on up to 30 (RFC 7541 appendix B). The code is canonical:
/// the codes of one length follow each other, and the shorter lengths come first.
const HUFFMAN_CODES: [u32; 26] =
    [10, 26, 32, 6, 0, 5, 3, 2, 6, 2, 3, 0, 0, 0, 3, 8, 13, 26, 29, 12, 4, 15, 19, 29, 0, 4];

fn huffman_has_hash(bytes: &[u8]) -> bool {
    /// The first of the codes of 12 bits.
    const HASH: u32 = 0xffa;
    let bits = bytes.iter().flat_map(|byte| (0..8).rev().map(move |shift| u32::from(byte >> shift & 1)));
    // The code so far, its length, and the first code of that length.
    let (mut code, mut length, mut first) = (0, 0_usize, 0);
    for bit in bits {
        (code, length) = (code << 1 | bit, length + 1);
        let count = length.checked_sub(5).map_or(0, |index| HUFFMAN_CODES.get(index).copied().unwrap_or(0));
        if code - first < count {
            if (code, length) == (HASH, 12) {
                return true;
            }
            (code, length, first) = (0, 0, 0);
        } else {
            first = (first + count) << 1;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_found_among_codes_of_every_length() {
        // RFC 7541 appendix C: `www.example.com`, `custom-value`, a cookie, a date.
        for none in [
            &[0xf1, 0xe3, 0xc2, 0xe5, 0xf2, 0x3a, 0x6b, 0xa0, 0xab, 0x90, 0xf4, 0xff][..],
            &[0x25, 0xa8, 0x49, 0xe9, 0x5b, 0xb8, 0xe8, 0xb4, 0xbf],
            // `>`, the neighbour of `#`; a line feed, of 30 bits; nothing.
            &[0xff, 0xbf],
            &[0xff, 0xff, 0xff, 0xf3],
            &[],
        ] {
            assert!(!huffman_has_hash(none), "{none:02x?}");
        }
        // `#`; `/a#b`; a line feed of 30 bits and `#` behind it.
        let behind = [0xff, 0xff, 0xff, 0xf3, 0xfe, 0xbf];
        for some in [&[0xff, 0xaf][..], &[0x60, 0x7f, 0xf5, 0x1f], &behind] {
            assert!(huffman_has_hash(some), "{some:02x?}");
        }
    }

    #[test]
    fn a_connection_may_arrive_byte_by_byte() {
        let block = [&[0x82, 0x87, 0x04, 7][..], b"/a/#b/c"].concat();
        let head = [0, 0, u8::try_from(block.len()).unwrap(), HEADERS, END_HEADERS, 0, 0, 0, 1];
        let settings = [0, 0, 6, 4, 0, 0, 0, 0, 0, b'#', 4, 0, 0, 0, 0];
        let sent = [&b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"[..], &settings, &head, &block].concat();
        for size in [1, 2, 7, 9, sent.len()] {
            let fragment = Fragment::default();
            let mut frames = Frames::new(fragment.clone());
            let (before, end) = sent.split_at(sent.len() - 1);
            before.chunks(size).for_each(|bytes| frames.inspect(bytes));
            assert!(!fragment.is_seen());
            frames.inspect(end);
            assert!(fragment.is_seen(), "in pieces of {size}");
        }
    }

    #[test]
    fn what_is_no_header_block_is_suspect_and_costs_no_memory() {
        for block in [
            &[0x04][..],
            &[0x04, 0x7f],
            &[0x04, 5, b'/'],
            &[0x00],
            &[0xff; 6],
            &[0x7f, 0xff, 0xff, 0xff, 0xff, 0xff],
        ] {
            assert_eq!(path_has_fragment(block), None, "{block:02x?}");
        }
        let endless = [&[0; PREFACE_BYTES][..], &[0xff, 0xff, 0xff, HEADERS, 0, 0, 0, 0, 1]].concat();
        let fragment = Fragment::default();
        let mut frames = Frames::new(fragment.clone());
        frames.inspect(&endless);
        assert!(fragment.is_seen());
        frames.inspect(&[0; 1 << 20]);
        assert!(frames.frame.len() < 100);
    }
}

#[cfg(test)]
mod fuzz {
    use hostile::proptest::collection::vec;
    use hostile::proptest::prelude::*;
    use hostile::proptest::sample::select;
    use hostile::{Memory, Target, seeds, text};

    use super::*;

    /// Bytes with their codes and how many bits these have (RFC 7541 appendix B), of nearly every length.
    const CODES: [(u8, u32, u32); 24] = [
        (b'0', 0x0, 5),
        (b'a', 0x3, 5),
        (b'%', 0x15, 6),
        (b'/', 0x18, 6),
        (b':', 0x5c, 7),
        (b'&', 0xf8, 8),
        (b';', 0xfb, 8),
        (b'!', 0x3f8, 10),
        (b'?', 0x3fc, 10),
        (b'\'', 0x7fa, 11),
        (b'#', 0xffa, 12),
        (b'>', 0xffb, 12),
        (b'$', 0x1ff9, 13),
        (b'@', 0x1ffa, 13),
        (b'~', 0x1ffd, 13),
        (b'^', 0x3ffc, 14),
        (b'<', 0x7ffc, 15),
        (b'{', 0x7ffe, 15),
        (b'\\', 0x7fff0, 19),
        (0xc3, 0x7fff1, 19),
        (0x80, 0xfffe6, 20),
        (0x01, 0x7f_ffd8, 23),
        (b'\t', 0xff_ffea, 24),
        (b'\n', 0x3fff_fffc, 30),
    ];

    #[test]
    fn a_fragment_is_seen_in_every_form_a_path_can_be_written_in() {
        let letter = select(CODES.map(|(byte, ..)| byte).to_vec());
        let path = vec(letter, 0..40).prop_map(|path| [b"/", &path[..]].concat());
        Target {
            grammar: path.boxed(),
            seeds: [&b"/#"[..], b"/", b"/a#", b"/\n#", b"/>>>>>", b"/\xc3\x80#\xc3"].map(Vec::from).into(),
            memory: Memory { times: 60, plus: 8192 },
            read: |path| {
                let path = path.get(..path.len().min(2000)).filter(|path| path.starts_with(b"/"))?;
                let mut found = Vec::new();
                for value in [text(false, path), text(true, &huffman(path)?)] {
                    let named = [text(false, b":path"), text(true, &[0xb9, 0x58, 0xd3, 0x3f])];
                    for name in [&[0x04][..], &[0x05], &[0x14], &[0x45], &[0x7f, 0]]
                        .map(<[u8]>::to_vec)
                        .into_iter()
                        .chain(named.iter().map(|name| [&[0x40][..], name].concat()))
                        .chain(named.iter().map(|name| [&[0x10][..], name].concat()))
                    {
                        // A method before it, an update of the table, and another header behind it.
                        let behind = [&[0x0f, 0x0d][..], &text(false, b"#")].concat();
                        found.push(path_has_fragment(
                            &[&[0x82, 0x3f, 0x00][..], &name, &value, &behind].concat(),
                        ));
                    }
                }
                Some(found)
            },
            holds: |path, found| {
                let has_fragment = path[..path.len().min(2000)].contains(&b'#');
                assert!(found.iter().all(|found| *found == Some(has_fragment)), "{found:?}");
            },
        }
        .attack();
    }

    /// A text with its length.
    fn text(is_huffman: bool, bytes: &[u8]) -> Vec<u8> {
        let mark = if is_huffman { 0x80 } else { 0 };
        let mut written = Vec::new();
        match bytes.len() {
            length @ ..127 => written.push(mark | length as u8),
            length => {
                written.push(mark | 127);
                let mut rest = length - 127;
                while rest >= 128 {
                    written.push((rest % 128) as u8 | 128);
                    rest /= 128;
                }
                written.push(rest as u8);
            }
        }
        written.extend(bytes);
        written
    }

    /// In the Huffman code; none where a byte is not among [`CODES`].
    fn huffman(bytes: &[u8]) -> Option<Vec<u8>> {
        let (mut written, mut waiting, mut bits) = (Vec::new(), 0_u64, 0);
        for byte in bytes {
            let (_, code, length) = CODES.iter().find(|(known, ..)| known == byte)?;
            (waiting, bits) = (waiting << length | u64::from(*code), bits + length);
            while bits >= 8 {
                bits -= 8;
                written.push((waiting >> bits) as u8);
            }
        }
        if bits > 0 {
            // The end is filled up with ones.
            written.push((waiting << (8 - bits)) as u8 | (0xff >> bits));
        }
        Some(written)
    }

    #[test]
    fn frames_mean_the_same_however_their_bytes_come_in() {
        let frame = (select(&[0_u8, 1, 1, 4, 9][..]), any::<u8>(), text::words(), text::url_path());
        let frame = frame.prop_map(|(kind, flags, words, path)| {
            let block =
                [&[0x82, 0x04][..], &text(false, path.as_bytes()), &[0x40], &text(false, words.as_bytes())];
            let block = block.concat();
            let length = (block.len() as u32).to_be_bytes();
            [&length[1..], &[kind, flags, 0, 0, 0, 1], &block].concat()
        });
        let sent = vec(frame, 0..6).prop_map(|frames| [vec![b'P'; PREFACE_BYTES], frames.concat()].concat());
        Target {
            grammar: sent.boxed(),
            seeds: seeds::paths(),
            // Each of five has a block, and a frame behind it.
            memory: Memory { times: 12, plus: 8192 },
            read: |bytes| {
                Some([1, 2, 9, 100, usize::MAX].map(|size| {
                    let fragment = Fragment::default();
                    let mut frames = Frames::new(fragment.clone());
                    bytes.chunks(size).for_each(|piece| frames.inspect(piece));
                    fragment.is_seen()
                }))
            },
            holds: |bytes, seen| {
                assert!(seen.iter().all(|other| *other == seen[0]), "{seen:?}");
                assert!(bytes.len() > PREFACE_BYTES || !seen[0]);
            },
        }
        .attack();
    }
}
