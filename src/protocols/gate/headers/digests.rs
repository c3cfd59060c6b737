//! Digests of what is sent and received: `OC-Checksum` of ownCloud's clients, and the fields of RFC 9530.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use domain::{Checksum, Error, Result, Sha256};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::dictionary::{Item, dictionary};

const OC_CHECKSUM: HeaderName = HeaderName::from_static("oc-checksum");
/// What stood there before RFC 9530 (RFC 3230).
const DIGEST: HeaderName = HeaderName::from_static("digest");
const CONTENT_DIGEST: HeaderName = HeaderName::from_static("content-digest");
/// What the answers carry.
pub const REPR_DIGEST: HeaderName = HeaderName::from_static("repr-digest");
const WANT_REPR_DIGEST: HeaderName = HeaderName::from_static("want-repr-digest");

const SHA_256: &str = "sha-256";

/// What the body of an upload must add up to. Files are uploaded whole and without an encoding, so the digest
/// of the content is that of the representation.
///
/// # Errors
/// [`Invalid`](Error::Invalid) for what is malformed, and for an `OC-Checksum` that cannot be verified. Other
/// algorithms of RFC 9530 are passed over, as its §3 allows.
pub fn checksums(headers: &HeaderMap) -> Result<Vec<Checksum>> {
    let mut checksums = Vec::new();
    let mut sent = headers.get_all(&OC_CHECKSUM).iter();
    if let Some(first) = sent.next() {
        let read = first.to_str().ok().and_then(Checksum::parse).filter(|_| sent.next().is_none());
        let sentence =
            "OC-Checksum is one of SHA256, SHA1, MD5 and ADLER32, a colon and the digest in hexadecimal.";
        checksums.push(read.ok_or_else(|| Error::Invalid(sentence.into()))?);
    }
    for name in [REPR_DIGEST, CONTENT_DIGEST] {
        let malformed = || {
            let sentence = format!("{name} is no dictionary with sha-256=:…: in it (RFC 9530).");
            Error::Invalid(sentence.into())
        };
        let members = dictionary(headers, &name).ok_or_else(malformed)?;
        if let Some((_, item)) = members.into_iter().rfind(|(key, _)| key == SHA_256) {
            let Item::Bytes(bytes) = item else { return Err(malformed()) };
            checksums.push(Checksum::Sha256(Sha256(bytes.try_into().map_err(|_| malformed())?)));
        }
    }
    for line in headers.get_all(&DIGEST) {
        let malformed = || Error::Invalid("Digest is no sha-256=… in base64 (RFC 3230).".into());
        let parts = line.to_str().map_err(|_| malformed())?.split(',').map(str::trim);
        let digests = parts.filter_map(|part| part.split_once('='));
        for (_, digest) in digests.filter(|(algorithm, _)| algorithm.eq_ignore_ascii_case(SHA_256)) {
            let bytes = BASE64_STANDARD.decode(digest).map_err(|_| malformed())?;
            checksums.push(Checksum::Sha256(Sha256(bytes.try_into().map_err(|_| malformed())?)));
        }
    }
    Ok(checksums)
}

/// Whether the client wants to know the SHA-256 of the file (RFC 9530 §4): anything but 0 is a yes. What is no
/// wish is none.
pub fn wants_sha256(headers: &HeaderMap) -> bool {
    let wishes = dictionary(headers, &WANT_REPR_DIGEST).unwrap_or_default();
    let wish = wishes.into_iter().rfind(|(key, _)| key == SHA_256);
    matches!(wish, Some((_, Item::Integer(1..=10))))
}

/// The value of `Repr-Digest`.
pub fn repr_digest(sha256: Sha256) -> Option<HeaderValue> {
    HeaderValue::try_from(format!("{SHA_256}=:{}:", BASE64_STANDARD.encode(sha256.0))).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(lines: &[(HeaderName, &str)]) -> HeaderMap {
        lines.iter().map(|(name, value)| (name.clone(), HeaderValue::from_str(value).unwrap())).collect()
    }

    fn empty() -> String {
        repr_digest(Sha256::EMPTY).unwrap().to_str().unwrap().to_owned()
    }

    #[test]
    fn all_that_is_announced_must_hold() {
        let hex = format!("sha256:{}", Sha256::EMPTY.hex());
        let others = format!("sha-512=:YWJj:, {};x=1, md5=?1", empty());
        let headers = with(&[
            (OC_CHECKSUM, &hex),
            (REPR_DIGEST, &others),
            (CONTENT_DIGEST, &empty()),
            (CONTENT_DIGEST, "a=1"),
        ]);
        assert_eq!(checksums(&headers).unwrap(), [Checksum::Sha256(Sha256::EMPTY); 3]);
        assert_eq!(checksums(&with(&[(REPR_DIGEST, "sha-512=:YWJj:")])).unwrap(), []);
        assert_eq!(checksums(&HeaderMap::new()).unwrap(), []);
    }

    #[test]
    fn the_older_header_is_read_as_well() {
        let digest = format!("md5=abc, SHA-256={}", BASE64_STANDARD.encode(Sha256::EMPTY.0));
        assert_eq!(checksums(&with(&[(DIGEST, &digest)])).unwrap(), [Checksum::Sha256(Sha256::EMPTY)]);
        assert!(checksums(&with(&[(DIGEST, "sha-256=abc")])).is_err());
    }

    #[test]
    fn what_is_malformed_is_refused() {
        for (name, value) in [
            (OC_CHECKSUM, ""),
            (OC_CHECKSUM, "CRC32:00000000"),
            (REPR_DIGEST, "sha-256"),
            (REPR_DIGEST, "sha-256=:YWJj:"),
            (REPR_DIGEST, "sha-256=5"),
            (REPR_DIGEST, "SHA-256=:YWJj:"),
            (CONTENT_DIGEST, "sha-256=:YWJj"),
        ] {
            assert!(
                matches!(checksums(&with(&[(name.clone(), value)])), Err(Error::Invalid(_))),
                "{name}: {value}"
            );
        }
        let twice = [(OC_CHECKSUM, "ADLER32:1"), (OC_CHECKSUM, "ADLER32:1")];
        assert!(checksums(&with(&twice)).is_err());
    }

    #[test]
    fn a_digest_is_given_to_whoever_accepts_it() {
        for (wish, wanted) in [
            ("sha-256=1", true),
            ("sha-512=10, sha-256=3;x", true),
            ("sha-256=0", false),
            ("sha-256=10, sha-256=0", false),
            ("sha-256=11", false),
            ("sha-256=-1", false),
            ("sha-256", false),
            ("sha-512=10", false),
            ("nonsense!", false),
            ("", false),
        ] {
            assert_eq!(wants_sha256(&with(&[(WANT_REPR_DIGEST, wish)])), wanted, "{wish}");
        }
        assert!(!wants_sha256(&HeaderMap::new()));
    }
}
