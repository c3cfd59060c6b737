//! Hashing and verifying passwords with argon2id, a few at a time.

use std::hint::black_box;
use std::sync::Arc;
#[cfg(test)]
use std::sync::atomic::{AtomicU64, Ordering};

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use domain::{Error, Result};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Each hash takes 19 MiB and a processor for some 20 ms: two at a time leave room for everything else.
const AT_ONCE: usize = 2;

/// Stands in for the salt of a hash that does not exist.
const NO_SALT: [u8; 16] = [0; 16];

/// The right to hash one password now.
pub(crate) type Turn = OwnedSemaphorePermit;

/// The one place where passwords are hashed.
///
/// The parameters are the crate's defaults, which are OWASP's for argon2id: 19 MiB, 2 passes, 1 lane.
/// Stored hashes carry their own, so these may grow later.
pub(crate) struct Hashing {
    turns: Arc<Semaphore>,
    #[cfg(test)]
    done: AtomicU64,
}

impl Hashing {
    pub(crate) fn new() -> Self {
        Self {
            turns: Arc::new(Semaphore::new(AT_ONCE)),
            #[cfg(test)]
            done: AtomicU64::new(0),
        }
    }

    /// Waits for a turn; whoever asked first gets it first.
    pub(crate) async fn turn(&self) -> Result<Turn> {
        Arc::clone(&self.turns).acquire_owned().await.map_err(Error::internal)
    }

    /// Hashes a new password into a PHC string, once there is a turn.
    ///
    /// # Errors
    /// [`Internal`](Error::Internal) when the machine has no randomness.
    pub(crate) async fn hash(&self, password: &str) -> Result<String> {
        let turn = self.turn().await?;
        let password = password.to_owned();
        let work = move || {
            // A caller who goes away does not stop the work, so the work itself keeps the turn.
            let _turn = turn;
            Argon2::default().hash_password(password.as_bytes())
        };
        Ok(self.run(work).await?.map_err(Error::internal)?.to_string())
    }

    /// Whether a password is the one behind a PHC string. Without one it never is, which takes the same work
    /// to find out. The turn has to be held until the answer is there.
    ///
    /// # Errors
    /// [`Internal`](Error::Internal) when the hash is not one of ours.
    pub(crate) async fn verify(&self, _turn: &Turn, password: &str, hash: Option<&str>) -> Result<bool> {
        let password = password.to_owned();
        let hash = hash.map(PasswordHash::new).transpose().map_err(Error::internal)?;
        let work = move || match hash {
            Some(hash) => Argon2::default().verify_password(password.as_bytes(), &hash).is_ok(),
            None => {
                // Nobody looks at it, which the optimizer must not notice.
                black_box(Argon2::default().hash_password_with_salt(password.as_bytes(), &NO_SALT).is_ok());
                false
            }
        };
        self.run(work).await
    }

    /// How often this process has hashed something, with or without use.
    #[cfg(test)]
    pub(crate) fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        #[cfg(test)]
        self.done.fetch_add(1, Ordering::Relaxed);
        tokio::task::spawn_blocking(work).await.map_err(Error::internal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_fits_its_own_hash_only() {
        let hashing = Hashing::new();
        let hash = hashing.hash("right").await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        let turn = hashing.turn().await.unwrap();
        assert!(hashing.verify(&turn, "right", Some(&hash)).await.unwrap());
        assert!(!hashing.verify(&turn, "wrong", Some(&hash)).await.unwrap());
        assert!(!hashing.verify(&turn, "right", None).await.unwrap());
        assert_eq!(hashing.done(), 4);
    }
}
