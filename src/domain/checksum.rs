//! Checksums that a client says its bytes have.

use std::fmt;

use crate::Sha256;

/// What all bytes of a file add up to, by one of the ways clients know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checksum {
    /// SHA-256 (FIPS 180-4).
    Sha256(Sha256),
    /// SHA-1 (FIPS 180-4).
    Sha1([u8; 20]),
    /// MD5 (RFC 1321).
    Md5([u8; 16]),
    /// Adler-32 (RFC 1950 §8.2).
    Adler32(u32),
}

impl Checksum {
    /// Reads the form of `OC-Checksum`: an algorithm, a colon and the digest in hexadecimal, in any case.
    /// Nothing if it is not one, or of an algorithm the house does not know.
    pub fn parse(sent: &str) -> Option<Self> {
        let (algorithm, digits) = sent.trim().split_once(':')?;
        match algorithm.to_ascii_uppercase().as_str() {
            "SHA256" => digest(digits).map(|digest| Self::Sha256(Sha256(digest))),
            "SHA1" => digest(digits).map(Self::Sha1),
            "MD5" => digest(digits).map(Self::Md5),
            // The desktop clients write it as a number, without the zeros in front.
            "ADLER32" if digits.len() <= 8 && digits.bytes().all(|digit| digit.is_ascii_hexdigit()) => {
                u32::from_str_radix(digits, 16).ok().map(Self::Adler32)
            }
            _ => None,
        }
    }
}

fn digest<const BYTES: usize>(digits: &str) -> Option<[u8; BYTES]> {
    let mut digest = [0; BYTES];
    hex::decode_to_slice(digits, &mut digest).ok().map(|()| digest)
}

impl fmt::Display for Checksum {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sha256(digest) => write!(out, "SHA256:{}", digest.hex()),
            Self::Sha1(digest) => write!(out, "SHA1:{}", hex::encode(digest)),
            Self::Md5(digest) => write!(out, "MD5:{}", hex::encode(digest)),
            Self::Adler32(sum) => write!(out, "ADLER32:{sum:08x}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_read_in_any_case() {
        let sha1 = "a9993e364706816aba3e25717850c26c9cd0d89d";
        for sent in [format!("SHA1:{sha1}"), format!(" sha1:{} ", sha1.to_uppercase())] {
            assert_eq!(Checksum::parse(&sent).unwrap().to_string(), format!("SHA1:{sha1}"), "{sent}");
        }
        let md5 = "MD5:900150983cd24fb0d6963f7d28e17f72";
        assert_eq!(Checksum::parse(md5).unwrap().to_string(), md5);
        let empty = Checksum::Sha256(Sha256::EMPTY);
        assert_eq!(Checksum::parse(&empty.to_string()), Some(empty));
        assert_eq!(Checksum::parse("Adler32:1"), Some(Checksum::Adler32(1)));
        assert_eq!(Checksum::parse("ADLER32:024D0127"), Some(Checksum::Adler32(0x024d_0127)));
    }

    #[test]
    fn what_is_no_checksum_or_of_an_unknown_kind_is_not_read() {
        for sent in [
            "",
            ":",
            "SHA1",
            "SHA1:",
            "SHA1:abc",
            "SHA1:x9993e364706816aba3e25717850c26c9cd0d89d",
            "MD5:900150983cd24fb0d6963f7d28e17f7200",
            "CRC32:00000000",
            "ADLER32:",
            "ADLER32:+1",
            "ADLER32:000000001",
            "MD5:900150983cd24fb0d6963f7d28e17f72 SHA1:0",
        ] {
            assert_eq!(Checksum::parse(sent), None, "{sent:?}");
        }
    }
}
