//! Text as people, clients and attackers write it.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// Letters of many kinds: composed and decomposed, invisible, from right to left, forbidden in XML or in names.
const PIECES: [&str; 44] = [
    "a",
    "B",
    "7",
    "-",
    "_",
    "~",
    " ",
    ".",
    "..",
    "/",
    "\\",
    "%",
    "+",
    "#",
    "?",
    "&",
    "<",
    ">",
    "'",
    "\"",
    "*",
    ":",
    "|",
    "(",
    "]]>",
    "\t",
    "\r\n",
    "\0",
    "\u{1}",
    "\u{7f}",
    "\u{85}",
    "\u{ad}",
    "ü",
    "u\u{308}",
    "\u{1112}\u{1161}\u{11ab}",
    "한",
    "\u{301}\u{323}\u{301}",
    "\u{202e}",
    "\u{200d}",
    "\u{feff}",
    "\u{fffe}",
    "日本",
    "𝄞",
    "\u{1f469}\u{200d}\u{1f680}",
];

/// A few words of it.
pub fn words() -> impl Strategy<Value = String> {
    let piece = || select(&PIECES[..]).prop_map(str::to_owned);
    let letter = any::<char>().prop_map(String::from);
    vec(prop_oneof![12 => piece(), 1 => letter, 1 => (piece(), 1..140_usize).prop_map(|(piece, times)| piece.repeat(times))], 0..8)
        .prop_map(|pieces| pieces.concat())
}

/// A path of a URL: names as they are, or with some of their bytes escaped, in either case.
pub fn url_path() -> impl Strategy<Value = String> {
    let harmless = "[a-zA-Z0-9 ._~()ü-]{1,12}".prop_map(|name| format!("a{name}"));
    let name = prop_oneof![5 => harmless, 3 => words(), 1 => Just(String::new())];
    let name = (name, any::<[bool; 8]>(), any::<bool>()).prop_map(|(name, plain, upper)| {
        let escaped = name.bytes().zip(plain.into_iter().cycle()).map(|(byte, plain)| match (plain, upper) {
            (true, _) if byte.is_ascii_graphic() && byte != b'%' => char::from(byte).to_string(),
            (_, true) => format!("%{byte:02X}"),
            (_, false) => format!("%{byte:02x}"),
        });
        escaped.collect::<String>()
    });
    vec(name, 0..6).prop_map(|names| names.iter().map(|name| format!("/{name}")).collect())
}
