//! The settings of this room.

use std::net::IpAddr;

use domain::{Durability, Secret, StoreKind};
use serde::{Deserialize, Deserializer, de};

/// The section `[blobs]` of the settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlobsConfig {
    /// Where new bytes go.
    #[serde(deserialize_with = "Kept::deserialize")]
    pub store: StoreKind,
    /// How long bytes that nothing refers to are left where they are, in hours.
    pub orphan_grace_hours: u64,
    /// What a finished blob survives; a setting of the whole house.
    #[serde(skip)]
    pub durability: Durability,
    /// The bucket, if one is named in the section `[s3]`.
    #[serde(skip)]
    pub s3: Option<S3Config>,
}

/// The section `[s3]` of the settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct S3Config {
    /// The address of the store; empty for AWS.
    #[serde(deserialize_with = "address")]
    pub endpoint: String,
    /// The region; empty for what the surroundings say.
    pub region: String,
    /// The bucket; empty where there is none.
    pub bucket: String,
    /// What stands before every key, with a slash at its end, or empty.
    #[serde(deserialize_with = "prefix")]
    pub prefix: String,
    /// Whether the bucket stands in the path at an endpoint, or before its name.
    pub path_style: bool,
    /// The name of the key; empty for what the surroundings say.
    pub access_key: String,
    /// The key.
    #[serde(deserialize_with = "secret")]
    pub secret_key: Secret,
    /// The profile in the surroundings' files that is used; empty for the usual one.
    pub profile: String,
    /// How the store encrypts what lies in it.
    pub encryption: Encryption,
    /// Whether the paths of files stand with their bytes.
    pub original_paths: bool,
    /// The key it does that with; empty for the store's own.
    pub kms_key: String,
    /// How large the parts of a larger file are, in bytes.
    #[serde(deserialize_with = "part_bytes")]
    pub part_bytes: u64,
    /// How much of all uploads together waits in memory at most, in bytes.
    pub upload_memory_bytes: u64,
}

impl S3Config {
    /// Whether it is reached without TLS on an address beyond this machine.
    pub(crate) fn is_exposed(&self) -> bool {
        let Some(rest) = self.endpoint.strip_prefix("http://") else { return false };
        let host = rest.split('/').next().unwrap_or_default();
        let host = host.strip_prefix('[').map_or_else(
            || host.split(':').next().unwrap_or_default(),
            |inner| inner.split(']').next().unwrap_or_default(),
        );
        let is_loopback = host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        !is_loopback && host != "localhost" && !host.ends_with(".localhost")
    }

    /// What of it makes no sense beside something else: the setting, and what to do about it.
    pub fn misfits(&self, store: StoreKind) -> Vec<(&'static str, &'static str)> {
        let has_key = !self.access_key.is_empty();
        let has_secret = !self.secret_key.expose().is_empty();
        let found = [
            (
                store == StoreKind::S3 && self.bucket.is_empty(),
                "blobs.store",
                "`blobs.store` is \"s3\" and `s3.bucket` is not set; name the bucket.",
            ),
            (
                has_key && !has_secret,
                "s3.access_key",
                "`s3.access_key` is set and `s3.secret_key` is not; set both, or neither for what this machine says.",
            ),
            (
                has_secret && !has_key,
                "s3.secret_key",
                "`s3.secret_key` is set and `s3.access_key` is not; set both, or neither for what this machine says.",
            ),
            (
                has_key && !self.profile.is_empty(),
                "s3.profile",
                "`s3.profile` and `s3.access_key` are both set; the key comes from one of them.",
            ),
            (
                !self.kms_key.is_empty() && self.encryption != Encryption::Kms,
                "s3.kms_key",
                "`s3.kms_key` is set and `s3.encryption` is not \"aws:kms\"; only that takes a key.",
            ),
            (
                self.upload_memory_bytes < self.part_bytes,
                "s3.upload_memory_bytes",
                "`s3.upload_memory_bytes` is less than `s3.part_bytes`; at least one part has to fit into it.",
            ),
        ];
        found.into_iter().filter(|(is_wrong, ..)| *is_wrong).map(|(_, key, says)| (key, says)).collect()
    }
}

/// How a store encrypts what lies in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Encryption {
    /// As the bucket is set up.
    #[serde(rename = "")]
    Bucket,
    /// With keys of the store's own.
    #[serde(rename = "AES256")]
    Aes256,
    /// With a key of its key management.
    #[serde(rename = "aws:kms")]
    Kms,
}

/// The words for [`StoreKind`].
#[derive(Deserialize)]
#[serde(remote = "StoreKind", rename_all = "lowercase")]
enum Kept {
    Disk,
    S3,
}

/// What every store takes: the smallest part but the last, and the largest.
const PART_BYTES: std::ops::RangeInclusive<u64> = 5 << 20..=5 << 30;

fn address<'de, D: Deserializer<'de>>(value: D) -> Result<String, D::Error> {
    let text = String::deserialize(value)?;
    match text.split_once("://") {
        None if text.is_empty() => Ok(text),
        Some(("http" | "https", rest)) if !rest.is_empty() && !rest.contains(char::is_whitespace) => Ok(text),
        _ => Err(de::Error::custom("an address begins with http:// or https://")),
    }
}

/// Written with or without slashes around it, it means the same.
fn prefix<'de, D: Deserializer<'de>>(value: D) -> Result<String, D::Error> {
    let text = String::deserialize(value)?;
    match text.trim_matches('/') {
        "" => Ok(String::new()),
        trimmed => Ok(format!("{trimmed}/")),
    }
}

fn secret<'de, D: Deserializer<'de>>(value: D) -> Result<Secret, D::Error> {
    String::deserialize(value).map(Secret::new)
}

fn part_bytes<'de, D: Deserializer<'de>>(value: D) -> Result<u64, D::Error> {
    let bytes = u64::deserialize(value)?;
    match PART_BYTES.contains(&bytes) {
        true => Ok(bytes),
        false => Err(de::Error::custom("it takes 5 MiB to 5 GiB")),
    }
}
