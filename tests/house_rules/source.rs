//! Rust source without its comments and the contents of its strings, so that a rule sees code only.

/// `text` with comments and literals blanked; every line keeps its number.
pub fn code_only(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (skipped, shown) = match first {
            '/' if rest.starts_with("//") => (rest.find('\n').unwrap_or(rest.len()), ""),
            '/' if rest.starts_with("/*") => (block_comment(rest), " "),
            '"' => (string(rest), "\"\""),
            'r' if raw_string(rest).is_some() && !ends_in_word(&code) => (raw_string(rest).unwrap(), "\"\""),
            '\'' => character(rest),
            _ => (0, ""),
        };
        if skipped == 0 {
            code.push(first);
            rest = &rest[first.len_utf8()..];
        } else {
            code.push_str(shown);
            code.extend(rest[..skipped].chars().filter(|letter| *letter == '\n'));
            rest = &rest[skipped..];
        }
    }
    code
}

/// The part above the unit tests, and the tests.
pub fn split_tests(code: &str) -> (&str, &str) {
    code.split_at(code.find("#[cfg(test)]").unwrap_or(code.len()))
}

/// Whether `line` holds `word` with no further letter of a name before it.
pub fn holds(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| !ends_in_word(&line[..at]))
}

fn ends_in_word(text: &str) -> bool {
    text.ends_with(|letter: char| letter.is_alphanumeric() || letter == '_')
}

fn block_comment(text: &str) -> usize {
    text.find("*/").map_or(text.len(), |end| end + 2)
}

fn string(text: &str) -> usize {
    let mut escaped = false;
    for (at, letter) in text.char_indices().skip(1) {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The length of `r"…"` or `r#"…"#` where `text` opens with one.
fn raw_string(text: &str) -> Option<usize> {
    let after = text.strip_prefix('r')?;
    let hashes = after.len() - after.trim_start_matches('#').len();
    let body = after[hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    Some(body.find(&end).map_or(text.len(), |at| 1 + hashes + 1 + at + end.len()))
}

/// `'"'` and `'\''` are literals, `'a` is a lifetime: only a literal is closed after one letter or one escape.
fn character(text: &str) -> (usize, &'static str) {
    let mut letters = text.char_indices().skip(1);
    match letters.next() {
        Some((_, '\\')) => (text[3..].find('\'').map_or(text.len(), |at| at + 4), "' '"),
        Some(_) if letters.next().is_some_and(|(_, second)| second == '\'') => {
            (text[1..].find('\'').map_or(0, |at| at + 2), "' '")
        }
        _ => (0, ""),
    }
}

#[test]
fn comments_and_strings_are_no_code() {
    let text = "a; // std::fs\nb(\"x \\\" todo!\", '\"', r#\"dbg!\n\"#, 'c');\n/* two\nlines */ fn d<'a>(x: &'a str) {}";
    assert_eq!(code_only(text), "a; \nb(\"\", ' ', \"\"\n, ' ');\n \n fn d<'a>(x: &'a str) {}");
    assert!(holds("use http::Method", "http::") && !holds("use my_http::Method", "http::"));
}
