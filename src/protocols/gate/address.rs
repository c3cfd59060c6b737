//! Addresses as settings write them.

use std::net::SocketAddr;

use serde::{Deserialize, Deserializer, de};

/// Reads an address and a port; for fields with `deserialize_with`.
///
/// # Errors
/// What an address looks like.
pub fn address<'de, D: Deserializer<'de>>(value: D) -> Result<SocketAddr, D::Error> {
    parse(&String::deserialize(value)?)
}

/// Reads an address and a port, or an empty text for none; for fields with `deserialize_with`.
///
/// # Errors
/// What an address looks like.
pub fn address_or_none<'de, D: Deserializer<'de>>(value: D) -> Result<Option<SocketAddr>, D::Error> {
    match String::deserialize(value)?.as_str() {
        "" => Ok(None),
        text => parse(text).map(Some),
    }
}

/// Names such as `localhost` are not looked up: they may mean several addresses.
fn parse<E: de::Error>(text: &str) -> Result<SocketAddr, E> {
    text.parse().map_err(|_| E::custom("write an address and a port, like 127.0.0.1:8080"))
}
