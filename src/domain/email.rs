//! Addresses of people.

use std::fmt;

use crate::{Error, Result};

/// An e-mail address, in lower case: two accounts never differ in case alone.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Email(String);

/// The longest address that mail can be sent to (RFC 5321 §4.5.3.1.3).
const BYTES_MAX: usize = 254;

impl Email {
    /// Reads an address as somebody typed it. Whether it reaches anybody only a mail to it can tell.
    ///
    /// # Errors
    /// [`Invalid`](Error::Invalid) when it cannot be one.
    pub fn parse(typed: &str) -> Result<Self> {
        let address = typed.trim().to_lowercase();
        let is_clean = |part: &str| {
            !part.is_empty()
                && !part.starts_with('.')
                && !part.ends_with('.')
                && !part.contains("..")
                && part
                    .chars()
                    .all(|letter| letter.is_alphanumeric() || ".!#$%&'*+-/=?^_`{|}~".contains(letter))
        };
        let is_domain = |domain: &str| {
            domain
                .split('.')
                .all(|label| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-'))
                && domain.chars().all(|letter| letter.is_alphanumeric() || ".-".contains(letter))
        };
        let fits = address.len() <= BYTES_MAX;
        match address.split_once('@') {
            // RFC 5321 §4.5.3.1.1
            Some((local, domain)) if fits && local.len() <= 64 && is_clean(local) && is_domain(domain) => {
                Ok(Self(address))
            }
            _ => Err(Error::Invalid("An e-mail address looks like `name@example.org`.".into())),
        }
    }

    /// The address as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Email {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_nothing_else_is() {
        for (typed, read) in [("Ann@Example.org", "ann@example.org"), (" a+b@localhost ", "a+b@localhost")] {
            assert_eq!(Email::parse(typed).unwrap().as_str(), read);
        }
        for wrong in [
            "",
            "ann",
            "@example.org",
            "ann@",
            "a b@example.org",
            "a@b@c",
            "a\r\nBcc: x@y.z",
            ".a@b.c",
            "a@-b.c",
            "a@b..c",
        ] {
            assert!(matches!(Email::parse(wrong), Err(Error::Invalid(_))), "{wrong:?}");
        }
    }
}
