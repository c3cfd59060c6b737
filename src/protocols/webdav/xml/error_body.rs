//! The body of an error: which precondition failed, and a sentence for people (RFC 4918 §16).

use super::escape::push_text;

/// Finder reads answers into 4096 bytes; what a message quotes may be as long as a name.
const MESSAGE_CHARS_MAX: usize = 600;

/// A `DAV:error` with the name of the precondition, if there is one, and the sentence in an element of
/// the house's own.
pub fn error_body(condition: Option<&str>, message: &str) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?><D:error xmlns:D=\"DAV:\">");
    if let Some(condition) = condition {
        out.push_str("<D:");
        out.push_str(condition);
        out.push_str("/>");
    }
    out.push_str("<L:message xmlns:L=\"urn:larder:dav\">");
    let end = message.char_indices().nth(MESSAGE_CHARS_MAX).map_or(message.len(), |(at, _)| at);
    push_text(&mut out, &message[..end]);
    out.push_str("</L:message></D:error>");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_stays_small_whatever_it_quotes() {
        let body = error_body(Some("lock-token-submitted"), &"<ü>".repeat(3000));
        assert!(body.len() < 4096, "{}", body.len());
        assert!(crate::xml::reader::read(body.as_bytes()).is_ok());
    }
}
