//! Addresses as settings write them.

use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;
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

/// Reads a list of networks, where an address alone is a network of one; for fields with `deserialize_with`.
///
/// # Errors
/// What a network looks like.
pub(crate) fn networks<'de, D: Deserializer<'de>>(value: D) -> Result<Vec<IpNet>, D::Error> {
    let texts = Vec::<String>::deserialize(value)?;
    let network = |text: &String| text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
    let networks = texts.iter().map(network).collect::<Result<_, _>>();
    networks.map_err(|_| de::Error::custom("write addresses or networks, like 10.0.0.0/8 or ::1"))
}

/// Names such as `localhost` are not looked up: they may mean several addresses.
fn parse<E: de::Error>(text: &str) -> Result<SocketAddr, E> {
    text.parse().map_err(|_| E::custom("write an address and a port, like 127.0.0.1:8080"))
}
