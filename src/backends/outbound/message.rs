//! A mail as it goes over the wire.

use domain::{Error, Mail, Result};
use lettre::message::header::{ContentTransferEncoding, ContentType, Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use lettre::{Address, Message};

use crate::Sender;

/// That no person wrote it, so that nobody's holiday is answered (RFC 3834 §5).
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

/// Writes a mail. Its Message-ID comes from its identity, so that one that is sent twice is recognized as one.
///
/// # Errors
/// [`Invalid`](Error::Invalid) where its recipient cannot be written as one.
pub(crate) fn message(mail: &Mail, from: &Sender) -> Result<Message> {
    let Sender(from) = from;
    let unfit = |error: &dyn std::fmt::Display| {
        Error::Invalid(format!("This mail cannot be written: {error}").into())
    };
    let to: Address = mail.to.as_str().parse().map_err(|error| unfit(&error))?;
    let id = format!("<{}@{}>", mail.id.0.simple(), from.email.domain());
    let subject: String = mail.subject.split(char::is_control).collect::<Vec<_>>().join(" ");
    // Lines of any length and letters of any language pass every server.
    let part = |kind, body: &str| {
        SinglePart::builder()
            .header(kind)
            .header(ContentTransferEncoding::QuotedPrintable)
            .body(body.to_owned())
    };
    let both = MultiPart::alternative()
        .singlepart(part(ContentType::TEXT_PLAIN, &mail.text))
        .singlepart(part(ContentType::TEXT_HTML, &mail.html));
    Message::builder()
        .from(from.clone())
        .to(Mailbox::new(None, to))
        .subject(subject)
        .date(mail.created_at.to_system())
        .message_id(Some(id))
        .header(AutoSubmitted)
        .multipart(both)
        .map_err(|error| unfit(&error))
}
