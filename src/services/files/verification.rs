//! Whether the bytes of an upload are those the caller says they are, found out while they stream.

use adler2::Adler32;
use domain::{Checksum, Error, Result, Sha256};
use md5::Md5;
use sha1::Sha1;
use sha2::Digest;

/// The checksums that must come out, each with what has come so far.
#[derive(Default)]
pub(super) struct Verification(Vec<(Checksum, Sum)>);

/// A checksum under way. Only what is asked for is computed; the SHA-256 is there anyway.
enum Sum {
    Sha256,
    Sha1(Sha1),
    Md5(Md5),
    Adler32(Adler32),
}

impl Verification {
    pub(super) fn of(expected: &[Checksum]) -> Self {
        let sum = |checksum: &Checksum| match checksum {
            Checksum::Sha256(_) => Sum::Sha256,
            Checksum::Sha1(_) => Sum::Sha1(Sha1::new()),
            Checksum::Md5(_) => Sum::Md5(Md5::new()),
            Checksum::Adler32(_) => Sum::Adler32(Adler32::new()),
        };
        Self(expected.iter().map(|checksum| (*checksum, sum(checksum))).collect())
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        for (_, sum) in &mut self.0 {
            match sum {
                Sum::Sha256 => {}
                Sum::Sha1(sum) => sum.update(bytes),
                Sum::Md5(sum) => sum.update(bytes),
                Sum::Adler32(sum) => sum.write_slice(bytes),
            }
        }
    }

    /// Judges all bytes, whose SHA-256 this is.
    ///
    /// # Errors
    /// [`Invalid`](Error::Invalid) when they are others.
    pub(super) fn judge(self, sha256: Sha256) -> Result<()> {
        for (expected, sum) in self.0 {
            let found = match sum {
                Sum::Sha256 => Checksum::Sha256(sha256),
                Sum::Sha1(sum) => Checksum::Sha1(sum.finalize().into()),
                Sum::Md5(sum) => Checksum::Md5(sum.finalize().into()),
                Sum::Adler32(sum) => Checksum::Adler32(sum.checksum()),
            };
            if found != expected {
                let sentence = format!(
                    "The bytes that came are {found}, not {expected} as announced; nothing was changed."
                );
                return Err(Error::Invalid(sentence.into()));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use sha2::Sha256 as Hasher;

    use super::*;

    /// What "abc" adds up to, by FIPS 180-4, RFC 1321 and RFC 1950.
    const ABC: [&str; 4] = [
        "SHA256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "SHA1:a9993e364706816aba3e25717850c26c9cd0d89d",
        "MD5:900150983cd24fb0d6963f7d28e17f72",
        "ADLER32:024d0127",
    ];

    fn judged(expected: &[Checksum], pieces: &[&[u8]]) -> Result<()> {
        let (mut verification, mut hasher) = (Verification::of(expected), Hasher::new());
        for piece in pieces {
            verification.update(piece);
            hasher.update(piece);
        }
        verification.judge(Sha256(hasher.finalize().into()))
    }

    #[test]
    fn each_checksum_holds_for_its_own_bytes_only() {
        let expected = ABC.map(|sent| Checksum::parse(sent).unwrap());
        judged(&expected, &[b"a", b"", b"bc"]).unwrap();
        for checksum in expected {
            let refused = judged(&[checksum], &[b"abd"]).unwrap_err();
            assert!(refused.message().user().contains(&checksum.to_string()), "{refused}");
        }
        judged(&[], &[b"whatever"]).unwrap();
    }
}
