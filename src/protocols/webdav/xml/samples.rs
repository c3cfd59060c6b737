//! Bodies as clients send them, and deterministic damage to them, for the tests.

/// The PROPPATCH of Windows 11, with a property of another kind.
pub const PROPPATCH: &str = "<?xml version=\"1.0\" encoding=\"utf-8\" ?>\
    <D:propertyupdate xmlns:D=\"DAV:\" xmlns:Z=\"urn:schemas-microsoft-com:\" xml:lang=\"en\"><D:set><D:prop>\
    <Z:Win32LastModifiedTime>Thu, 24 Sep 2026 10:00:00 GMT</Z:Win32LastModifiedTime>\
    <Z:Win32FileAttributes>00000020</Z:Win32FileAttributes></D:prop></D:set>\
    <D:remove><D:prop><note xmlns=\"http://example.com/\" a='1'>x &amp; <b>y</b><![CDATA[z]]></note></D:prop></D:remove>\
    </D:propertyupdate>";

/// Copies of a text with a few bytes changed, removed, repeated or cut off.
pub fn mutations(original: &[u8], count: usize) -> impl Iterator<Item = Vec<u8>> {
    const LETTERS: &[u8] = b"<>/\"'&;:=![]?-#x0 \0\xff\xc3(){}%*,@\r\n";
    let mut state: u64 = 42;
    // The constants of Knuth's MMIX generator; the high bits are the good ones.
    let mut random = move |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below.max(1)
    };
    (0..count).map(move |_| {
        let mut text = original.to_vec();
        for _ in 0..=random(4) {
            let at = random(text.len());
            match random(5) {
                0 if !text.is_empty() => text[at] = LETTERS[random(LETTERS.len())],
                1 if !text.is_empty() => drop(text.remove(at)),
                2 => text.insert(at, LETTERS[random(LETTERS.len())]),
                3 => text.extend_from_within(at..),
                _ => text.truncate(original.len() - random(original.len() / 8)),
            }
        }
        text
    })
}
