//! Text and attribute values, made safe to stand in XML 1.0.

/// Appends character data.
///
/// A `>` is escaped because of `]]>`, a carriage return because a reader would take it for a line end
/// (XML 1.0 §2.11). Quotes stay raw: Finder cuts a value at an entity reference, and entity tags have quotes.
pub fn push_text(out: &mut String, text: &str) {
    push(out, text, |letter| match letter {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        '>' => Some("&gt;"),
        '\r' => Some("&#13;"),
        _ => replacement(letter),
    });
}

/// Appends an attribute value, to stand in double quotes.
///
/// Tabs and line ends would be read back as spaces (XML 1.0 §3.3.3).
pub fn push_attribute(out: &mut String, value: &str) {
    push(out, value, |letter| match letter {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        '"' => Some("&quot;"),
        '\t' => Some("&#9;"),
        '\n' => Some("&#10;"),
        '\r' => Some("&#13;"),
        _ => replacement(letter),
    });
}

/// Whether XML 1.0 can hold the character at all, even as a reference (§2.2).
pub fn is_legal(letter: char) -> bool {
    matches!(letter, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..)
}

fn replacement(letter: char) -> Option<&'static str> {
    (!is_legal(letter)).then_some("\u{fffd}")
}

fn push(out: &mut String, text: &str, escape: impl Fn(char) -> Option<&'static str>) {
    let mut plain_from = 0;
    for (at, letter) in text.char_indices() {
        if let Some(escaped) = escape(letter) {
            out.push_str(&text[plain_from..at]);
            out.push_str(escaped);
            plain_from = at + letter.len_utf8();
        }
    }
    out.push_str(&text[plain_from..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(raw: &str) -> String {
        let mut out = String::new();
        push_text(&mut out, raw);
        out
    }

    #[test]
    fn markup_in_text_becomes_text() {
        assert_eq!(text("a<b>&]]>\r\n\t"), "a&lt;b&gt;&amp;]]&gt;&#13;\n\t");
        assert_eq!(text("\"etag\" isn't cut"), "\"etag\" isn't cut");
    }

    #[test]
    fn a_name_with_a_control_character_does_not_break_the_listing() {
        assert_eq!(
            text("a\0b\u{1b}\u{ffff}\u{fffe}é\u{10000}"),
            "a\u{fffd}b\u{fffd}\u{fffd}\u{fffd}é\u{10000}"
        );
    }

    #[test]
    fn an_attribute_keeps_its_quotes_and_line_ends() {
        let mut out = String::new();
        push_attribute(&mut out, "say \"<&>\"\t\n\r'");
        assert_eq!(out, "say &quot;&lt;&amp;>&quot;&#9;&#10;&#13;'");
    }
}
