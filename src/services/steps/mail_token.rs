//! What is sent to an address alone, to see who reads what is sent there.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::{Code, Email, Error, Message, Timestamp};
use sha2::{Digest, Sha256};

use crate::Backends;

/// So many mails an address gets in [`MAILS_WINDOW`] that anybody can ask for.
const MAILS_MAX: u32 = 5;
const MAILS_WINDOW: Duration = Duration::from_secs(3600);

/// A token; of it nothing but its digest is kept.
pub(crate) struct MailToken([u8; 32]);

impl MailToken {
    pub(crate) fn generate() -> Self {
        Self(rand::random())
    }

    /// Reads one as a link has it.
    ///
    /// # Errors
    /// As for one that is not known: there is one refusal for all that may be wrong.
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok();
        bytes.and_then(|bytes| bytes.try_into().ok()).map(Self).ok_or_else(unknown_link)
    }

    pub(crate) fn text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// 256 random bits need no slow hash.
    pub(crate) fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0).into()
    }
}

/// The one refusal of a token, whatever is wrong with it.
pub(crate) fn unknown_link() -> Error {
    let sentence = "This link is not known, was used already, or has expired; ask for another one.";
    Error::Invalid(Message::coded(Code::LinkUnknown, sentence))
}

/// Whether an address gets one more mail that anybody can ask for, who may want to bother its owner; counts it.
pub(crate) async fn may_mail(backends: &Backends, email: &Email, now: Timestamp) -> bool {
    let key = format!("mail {email}");
    backends.coordination.record_failure(&key, now, MAILS_WINDOW).await <= MAILS_MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_as_it_was_written_and_nothing_else_is_one() {
        let token = MailToken::generate();
        assert_eq!(MailToken::parse(&token.text()).unwrap().hash(), token.hash());
        for wrong in ["", "a", &token.text()[1..], &format!("{}a", token.text()), "\u{fc}"] {
            assert!(MailToken::parse(wrong).is_err(), "{wrong}");
        }
    }
}
