//! Secrets that programs pass on: what is in the link of a mail, and what a session is renewed by.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::{Code, Error, Message};
use sha2::{Digest, Sha256};

/// A token; of it nothing but its digest is kept.
pub(crate) struct Token([u8; 32]);

impl Token {
    pub(crate) fn generate() -> Self {
        Self(rand::random())
    }

    /// Reads one as it was given out; nothing if it cannot be one.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Some(Self(URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?))
    }

    pub(crate) fn text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// 256 random bits need no slow hash.
    pub(crate) fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0).into()
    }
}

/// The one refusal of the token of a link, whatever is wrong with it.
pub(crate) fn unknown_link() -> Error {
    let sentence = "This link is not known, was used already, or has expired; ask for another one.";
    Error::Invalid(Message::coded(Code::LinkUnknown, sentence))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_as_it_was_written_and_nothing_else_is_one() {
        let token = Token::generate();
        assert_eq!(Token::parse(&token.text()).unwrap().hash(), token.hash());
        for wrong in ["", "a", &token.text()[1..], &format!("{}a", token.text()), "\u{fc}"] {
            assert!(Token::parse(wrong).is_none(), "{wrong}");
        }
    }
}
