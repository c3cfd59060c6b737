//! The body of an error: which precondition failed, and a sentence for people (RFC 4918 §16).

use super::writer::Writer;
use crate::client::Client;

/// The namespace of what no RFC has a name for.
const LARDER: &str = "urn:larder:dav";

/// Finder reads answers into 4096 bytes; what a message quotes may be as long as a name.
const MESSAGE_CHARS_MAX: usize = 600;

/// A `DAV:error` with the name of the precondition, if there is one, and the sentence in an element of
/// the house's own.
pub fn error_body(client: Client, condition: Option<&str>, message: &str) -> String {
    let mut out = Writer::begin(client, "error", &[("L", LARDER)]);
    if let Some(condition) = condition {
        out.empty(condition);
    }
    let end = message.char_indices().nth(MESSAGE_CHARS_MAX).map_or(message.len(), |(at, _)| at);
    out.element(LARDER, "message", |out| out.text(&message[..end]));
    out.end("error")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_stays_small_whatever_it_quotes() {
        let body = error_body(Client::Other, Some("lock-token-submitted"), &"<ü>".repeat(3000));
        assert!(body.len() < 4096, "{}", body.len());
        assert!(crate::xml::reader::read(body.as_bytes()).is_ok());
    }
}
