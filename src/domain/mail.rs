//! Mails that are to be sent.

use uuid::Uuid;

use crate::{Email, Timestamp};

/// The identity of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MailId(pub Uuid);

/// A mail to one person, as text and as HTML.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Which one; however often it is sent, it is this mail.
    pub id: MailId,
    /// To whom.
    pub to: Email,
    /// What it is about, on one line.
    pub subject: String,
    /// What it says.
    pub text: String,
    /// The same as HTML.
    pub html: String,
    /// When it was written.
    pub created_at: Timestamp,
}
