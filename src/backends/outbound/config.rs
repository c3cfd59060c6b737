//! The settings of this room.

use std::num::NonZeroU64;
use std::str::FromStr;

use lettre::message::Mailbox;
use serde::{Deserialize, Deserializer, de};

use crate::relay::Relay;

/// The section `[mail]` of the settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailConfig {
    /// The server that takes mails, and how; none where none are sent.
    #[serde(deserialize_with = "relay")]
    pub url: Option<Relay>,
    /// Whom mails are from.
    #[serde(deserialize_with = "sender")]
    pub from: Option<Sender>,
    /// How many seconds sending one mail may take.
    pub timeout_seconds: NonZeroU64,
}

/// Whom mails are from: an address, with or without a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender(pub(crate) Mailbox);

fn relay<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Relay>, D::Error> {
    let text = String::deserialize(value)?;
    if text.is_empty() {
        return Ok(None);
    }
    Relay::parse(&text).map(Some).map_err(de::Error::custom)
}

fn sender<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Sender>, D::Error> {
    let text = String::deserialize(value)?;
    if text.is_empty() {
        return Ok(None);
    }
    let is_clean = !text.contains(char::is_control);
    match Mailbox::from_str(&text) {
        Ok(mailbox) if is_clean => Ok(Some(Sender(mailbox))),
        _ => Err(de::Error::custom(
            "the sender of mails is written larder@example.org or Larder <larder@example.org>",
        )),
    }
}
