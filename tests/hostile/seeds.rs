//! Input that is known to be trouble, for readers here or elsewhere. What an attack finds is added here.

/// Documents that mean harm, set into `before` and `after`, and some that are harmful as a whole.
pub fn xml(before: &str, after: &str) -> Vec<Vec<u8>> {
    let framed = |inside: String| format!("{before}{inside}{after}").into_bytes();
    let laughs: String =
        (1..10).map(|n| format!("<!ENTITY l{n} \"{}\">", format!("&l{};", n - 1).repeat(10))).collect();
    let documents = [
        format!("<!DOCTYPE x [<!ENTITY l0 'lol'>{laughs}]>{before}<x>&l9;</x>{after}"),
        format!("<!DOCTYPE x [<!ENTITY f SYSTEM 'file:///etc/passwd'>]>{before}<x>&f;</x>{after}"),
        format!("<!DOCTYPE x [<!ENTITY % p SYSTEM 'http://127.0.0.1:1/x.dtd'> %p;]>{before}{after}"),
        format!("\u{feff}<?xml version='1.0' encoding='utf-8'?>\r\n{before}<x/>{after}\r\n"),
        format!("<?xml version='1.1' encoding='utf-16' standalone='no'?>{before}<x/>{after}"),
        format!("{before}{after}{before}{after}"),
        format!(" <?xml version='1.0'?>{before}{after}"),
        "<a>".repeat(100_000),
    ];
    let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let bytes = [
        [b"\xff\xfe", &utf16(before)[..], &utf16(after)].concat(),
        [before.as_bytes(), b"\xc0\xaf\xed\xa0\x80\xff", after.as_bytes()].concat(),
        vec![0; 64],
    ];
    let framed = inside_of_xml().into_iter().map(framed);
    framed.chain(documents.map(String::into_bytes)).chain(bytes).collect()
}

fn inside_of_xml() -> Vec<String> {
    let numbered = |count: usize, write: fn(usize) -> String| (0..count).map(write).collect::<String>();
    let (medium, long) = ("u".repeat(50), "u".repeat(900));
    let short = [
        "<D:href xmlns:D='DAV:'>http://127.0.0.1/</D:href>",
        "<x><D:href xmlns:D='DAV:'/><y><D:href xmlns:D='DAV:'>a</D:href></y></x>",
        "<bar:foo xmlns:bar=''/>",
        "<foo xmlns=''/>",
        "<x xmlns:xml='u'/>",
        "<x xmlns:a='http://www.w3.org/2000/xmlns/'/>",
        "<x xmlns:a='http://www.w3.org/XML/1998/namespac&#101;' a:lang='x'/>",
        "<x a='1' a='2'/>",
        "<x xmlns:p='u' xmlns:q='u' p:a='1' q:a='2'/>",
        "<x xmlns='\turn:\r\nx&#10;'/>",
        "<p:x xmlns:p='a'><p:x xmlns:p='b'/><p:x/></p:x>",
        "<?php echo 1 ?><?xml version='1.0'?><x/>",
        "<x><![CDATA[]]]]><![CDATA[>]]></x>",
        "<x>]]></x>",
        "<x><!-- a -- b --></x>",
        "<x a='<'/>",
        "<x a='&lt;&#10;&quot;&#9;\t\r\n'/>",
        "<x>&#0;</x>",
        "<x>&#xFFFE;&#xD800;&#x110000;</x>",
        "<x>&#13;&#10;\r\r\n</x>",
        "<x>\0</x>",
        "<x>&nbsp;</x>",
        "<x xml:lang='en'><y xml:lang=''/></x>",
        "<x xml:space='preserve'> </x>",
        "<x>𝄞&#x1D11E;\u{202e}\u{85}\u{2028}u\u{308}</x>",
        "<1/>",
        "<:x/>",
        "<x:/>",
        "<x\"/>",
        "<x=y/>",
        "<x&#58;y/>",
        "<x y\"='z'/>",
        "<x:y:z xmlns:x='u'/>",
        "<x/ ><x / ></x >",
    ];
    let long = [
        format!("<x{}/>", numbered(10_000, |n| format!(" a{n}=''"))),
        format!("<x{}/>", numbered(10_000, |n| format!(" xmlns:a{n}='u'"))),
        numbered(30_000, |n| format!("<p{n}/>")),
        format!("{}{}", "<x>".repeat(60), "</x>".repeat(60)),
        format!("<x>{}</x>", "t".repeat(1024 * 1024 - 2000)),
        format!("<x>{}</x>", "&amp;".repeat(50_000)),
        format!("<x>{}</x>", "<!---->a".repeat(50_000)),
        // A declaration that every element in it needs again, were it to stand by itself.
        format!("<x xmlns:p='{long}'>{}</x>", "<p:y/>".repeat(9_000)),
        format!("<x xmlns:p='{long}' xmlns:q='&quot;{long}'>{}</x>", "<p:y q:a=''/>".repeat(4_000)),
        format!("<x xml:lang='{long}'>{}</x>", "<y/>".repeat(9_000)),
        format!("<x xmlns:p='{medium}'>{}</x>", "<p:y/>".repeat(9_000)),
    ];
    short.map(str::to_owned).into_iter().chain(long).collect()
}

/// Headers of all kinds, one a line of the request where there is `\n`.
pub fn headers() -> Vec<Vec<u8>> {
    let token = "<urn:uuid:181d4fae-7d8c-11d0-a765-00a0c91e6bf2>";
    let deep = "/a".repeat(2000);
    let lines = [
        format!("({token} [\"e\"]) (Not <DAV:no-lock>)"),
        format!("</dav/a> ({token}) </dav/b> (Not [W/\"x\"])"),
        "([\"x\"])".repeat(65),
        "([\"x\"])".repeat(8_000),
        format!("({})", "[\"x\"]".repeat(257)),
        format!("({})", "Not <a:b>".repeat(6_000)),
        format!("</dav{deep}> {}", "(<a:b>)".repeat(8_000)),
        format!("</dav{deep}> (<a:b>)").repeat(16),
        format!("{}{}", "(".repeat(30_000), ")".repeat(30_000)),
        "(<".repeat(30_000),
        "((<a:b>))".to_owned(),
        "(<a:b>".to_owned(),
        "<a:b>".to_owned(),
        "([\"a]\"])\n(Not <a>)".to_owned(),
        "bytes=0-,0-,0-".to_owned(),
        "bytes=-18446744073709551616".to_owned(),
        "bytes=18446744073709551615-18446744073709551616".to_owned(),
        "bytes=0-0\nbytes=1-1".to_owned(),
        format!("bytes={}-", "9".repeat(5000)),
        format!("bytes=0-{}", ",0-".repeat(15_000)),
        "\"a,b\", W/\"c\",,\"\"".to_owned(),
        ",a".repeat(30_000),
        "\"".repeat(60_000),
        "W/".repeat(30_000),
        "Second-18446744073709551616, Infinite".to_owned(),
        "Second--1".to_owned(),
        "Sun, 06 Nov 1994 08:49:37 GMT".to_owned(),
        "Fri, 31 Dec 99999 23:59:60 GMT".to_owned(),
        "-1.5".to_owned(),
        "0.-5".to_owned(),
        "99999999999999999999.99999".to_owned(),
    ];
    lines.map(String::into_bytes).into()
}

/// Paths of URLs.
pub fn paths() -> Vec<Vec<u8>> {
    let short = [
        "",
        "/",
        "//",
        "/%",
        "/%2",
        "/%zz",
        "/%+1",
        "/%2F",
        "/%2f..",
        "/..%2f",
        "/%00",
        "/a%00b",
        "/..",
        "/.",
        "/a/../b",
        "/%2e%2E/",
        "/.%2e",
        "/...",
        "/%c0%af",
        "/%C0%AE%c0%ae",
        "/%ed%a0%80",
        "/%f4%90%80%80",
        "/%ff",
        "/%252f",
        "/+",
        "/a;b=c",
        "/\\..\\",
        "/%5c..",
        "/a?b",
        "/a#b",
        "/u%CC%88",
        "/%E1%84%92%E1%85%A1%E1%86%AB",
        "/%E2%80%AE",
        "/%EF%BB%BF",
        "/%EF%BF%BE",
        "/%0d%0a",
        "/Icon%0D",
        "/<&>\"'",
        "/\u{fc}",
        "/\u{202e}gpj.exe",
    ];
    let long = [
        format!("/{}", "n".repeat(255)),
        format!("/{}", "n".repeat(256)),
        format!("/{}", "u%CC%88".repeat(127)),
        format!("/a{}", "%CC%81".repeat(10_000)),
        format!("/a{}", "%CC%A3%CC%81".repeat(5_000)),
        "/a".repeat(30_000),
        "/".repeat(60_000),
        "/%61".repeat(15_000),
    ];
    short.map(str::to_owned).into_iter().chain(long).map(String::into_bytes).collect()
}

/// Names of files and folders.
pub fn names() -> Vec<Vec<u8>> {
    let short = [
        "",
        ".",
        "..",
        "...",
        " ",
        "a/b",
        "a\0b",
        "\u{1}",
        "CON",
        "nul.txt",
        "a:b",
        "trailing. ",
        "~$a.docx",
        "Icon\r",
        "u\u{308}",
        "\u{1112}\u{1161}\u{11ab}",
        "\u{212b}",
        "\u{2126}",
        "\u{340}",
        "\u{f900}",
        "\u{fb1d}",
        "\u{1d15e}",
        "\u{202e}gpj.exe",
        "\u{feff}",
        "\u{fffe}",
        "\u{ad}",
        "\u{200d}",
        "\u{e0001}",
    ];
    let long = [
        "n".repeat(255),
        "n".repeat(256),
        "\u{301}".repeat(10_000),
        "\u{1d15e}".repeat(50),
        "\u{fdfa}".repeat(85),
    ];
    short.map(str::to_owned).into_iter().chain(long).map(String::into_bytes).collect()
}
