//! What people call and describe things: texts that both databases keep and every page can show.

use crate::{Error, Result};

/// Reads a text of one line, such as a name or a title, without the blanks around it.
///
/// # Errors
/// [`Invalid`](Error::Invalid) when it is empty, longer, or holds a control character; `what` says what it is, such as
/// "The name of a project".
pub(crate) fn line(what: &str, typed: &str, chars_max: usize) -> Result<String> {
    let text = typed.trim();
    if text.is_empty() {
        return Err(Error::Invalid(format!("{what} cannot be empty.").into()));
    }
    if text.chars().any(char::is_control) {
        return Err(Error::Invalid(format!("{what} is one line, without control characters.").into()));
    }
    fits(what, text, chars_max)?;
    Ok(text.to_owned())
}

/// Reads a text of any number of lines, which may be empty.
///
/// # Errors
/// [`Invalid`](Error::Invalid) when it is longer, or holds a NUL, which PostgreSQL does not keep.
pub(crate) fn lines(what: &str, typed: &str, chars_max: usize) -> Result<String> {
    if typed.contains('\0') {
        return Err(Error::Invalid(format!("{what} cannot hold a NUL character.").into()));
    }
    fits(what, typed, chars_max)?;
    Ok(typed.to_owned())
}

fn fits(what: &str, text: &str, chars_max: usize) -> Result<()> {
    match text.chars().count() {
        chars if chars > chars_max => {
            let text = format!("{what} may have at most {chars_max} characters; this one has {chars}.");
            Err(Error::Invalid(text.into()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_no_blanks_around_it_and_no_end_of_line_in_it() {
        assert_eq!(line("A name", "  Alps 2027\t", 9).unwrap(), "Alps 2027");
        for wrong in ["", " \n ", "a\nb", "a\0b", "\u{1}", "0123456789"] {
            assert!(matches!(line("A name", wrong, 9), Err(Error::Invalid(_))), "{wrong:?}");
        }
    }

    #[test]
    fn a_text_keeps_its_lines() {
        assert_eq!(lines("A text", " a\nb ", 5).unwrap(), " a\nb ");
        assert_eq!(lines("A text", "", 5).unwrap(), "");
        for wrong in ["a\0", "123456"] {
            assert!(matches!(lines("A text", wrong, 5), Err(Error::Invalid(_))), "{wrong:?}");
        }
    }
}
