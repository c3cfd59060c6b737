//! The body of an error: which precondition failed, and a sentence for people (RFC 4918 §16).

use super::writer::Writer;
use crate::client::Client;

/// The namespace of what no RFC has a name for.
const LARDER: &str = "urn:larder:dav";

/// Finder reads answers into 4096 bytes; what a message quotes may be as long as a name.
const MESSAGE_CHARS_MAX: usize = 600;

/// A `DAV:error` with the name of the precondition, if there is one, and the sentence in an element of
/// the house's own.
///
/// On Linux desktops the sentence alone: KDE goes by the body of a listing and not by its status, and takes any element
/// in the root for a response, so that a folder which is gone would look empty.
pub fn error_body(client: Client, condition: Option<&str>, message: &str) -> String {
    let end = message.char_indices().nth(MESSAGE_CHARS_MAX).map_or(message.len(), |(at, _)| at);
    let message = &message[..end];
    if client == Client::LinuxDrive {
        let mut out = Writer::begin(client, "error", &[]);
        out.text(message);
        return out.end("error");
    }
    let mut out = Writer::begin(client, "error", &[("L", LARDER)]);
    if let Some(condition) = condition {
        out.empty(condition);
    }
    out.element(LARDER, "message", |out| out.text(message));
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

    #[test]
    fn kde_finds_no_element_in_an_error_that_it_could_take_for_a_file() {
        let body = error_body(Client::LinuxDrive, Some("lock-token-submitted"), "It is <gone>.");
        assert!(body.ends_with("<D:error xmlns:D=\"DAV:\">It is &lt;gone&gt;.</D:error>"), "{body}");
    }
}
