//! The settings of this room.

use domain::Secret;
use redis::Client;
use serde::{Deserialize, Deserializer, de};

/// The section `[redis]` of the settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RedisConfig {
    /// The address of a Redis or Valkey server; none for the memory of the process.
    #[serde(deserialize_with = "address")]
    pub url: Option<Secret>,
    /// What every key and channel begins with.
    #[serde(deserialize_with = "prefix")]
    pub prefix: String,
}

/// What it says names no part of the value, which may hold a password.
fn address<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Secret>, D::Error> {
    let text = String::deserialize(value)?;
    if text.is_empty() {
        return Ok(None);
    }
    match Client::open(text.as_str()) {
        Ok(_) => Ok(Some(Secret::new(text))),
        Err(_) => Err(de::Error::custom(
            "the address of a server is written redis://user:password@host:6379/0, with rediss:// for TLS",
        )),
    }
}

/// A prefix is also the beginning of a pattern by which keys are looked for.
fn prefix<'de, D: Deserializer<'de>>(value: D) -> Result<String, D::Error> {
    let text = String::deserialize(value)?;
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || ":-_./".contains(letter);
    match text.len() <= 64 && text.chars().all(is_plain) {
        true => Ok(text),
        false => Err(de::Error::custom("it takes up to 64 letters, digits and : - _ . /")),
    }
}
