//! What cannot go together in the section `[s3]`.

use blobs::Encryption;
use domain::StoreKind;

use super::{Config, Problem, Settings};

/// Everything that makes no sense beside something else.
pub(super) fn misfits(config: &Config, settings: &Settings) -> Vec<Problem> {
    let s3 = &config.s3;
    let has_key = !s3.access_key.is_empty();
    let has_secret = !s3.secret_key.expose().is_empty();
    let found = [
        (
            config.blobs.store == StoreKind::S3 && s3.bucket.is_empty(),
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
            has_key && !s3.profile.is_empty(),
            "s3.profile",
            "`s3.profile` and `s3.access_key` are both set; the key comes from one of them.",
        ),
        (
            !s3.kms_key.is_empty() && s3.encryption != Encryption::Kms,
            "s3.kms_key",
            "`s3.kms_key` is set and `s3.encryption` is not \"aws:kms\"; only that takes a key.",
        ),
        (
            s3.upload_memory_bytes < s3.part_bytes,
            "s3.upload_memory_bytes",
            "`s3.upload_memory_bytes` is less than `s3.part_bytes`; at least one part has to fit into it.",
        ),
    ];
    let found = found.into_iter().filter(|(is_wrong, ..)| *is_wrong);
    found.map(|(_, key, says)| Problem { origin: settings.origin(key), says: says.to_owned() }).collect()
}
