//! App passwords verified a short while ago: what keeps argon2 out of every other request.

use std::sync::Arc;
use std::time::Duration;

use domain::{AppPasswordId, Result};
use moka::future::Cache;
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;

use crate::LoginConfig;

/// More clients than one machine serves; each takes some 200 bytes.
const REMEMBERED_MAX: u64 = 10_000;

/// What this process remembers of credentials.
///
/// It only spares the work of finding out which app password a credential is. Whether that one is
/// active is asked of the database with every request.
pub struct Memory {
    key: [u8; 32],
    verified: Cache<[u8; 32], AppPasswordId>,
    /// Held while the last use of an app password is noted: one writer at a time is enough.
    pub(super) noting: Arc<Semaphore>,
}

impl Memory {
    /// Remembers nothing yet.
    pub fn new(config: &LoginConfig) -> Self {
        let verified = Cache::builder()
            .max_capacity(REMEMBERED_MAX)
            // From the last use on: a drive in use stays open while another device of the same household
            // sends a wrong password until the address has to wait.
            .time_to_idle(Duration::from_secs(config.remember_seconds))
            .build();
        Self { key: rand::random(), verified, noting: Arc::new(Semaphore::new(1)) }
    }

    /// Which app password a credential is, by memory or else by `verify`, which runs once however many ask
    /// at the same time. Only a success is remembered.
    ///
    /// # Errors
    /// What `verify` says.
    pub(super) async fn recall(
        &self,
        name: &str,
        password: &str,
        verify: impl Future<Output = Result<AppPasswordId>>,
    ) -> Result<AppPasswordId> {
        let credential = self.digest(name, password);
        self.verified.try_get_with(credential, verify).await.map_err(Arc::unwrap_or_clone)
    }

    /// Neither name nor password can be read from the memory of the process: what is kept is their digest
    /// under a key that no other process has.
    fn digest(&self, name: &str, password: &str) -> [u8; 32] {
        let mut digest = Sha256::new_with_prefix(self.key);
        // Without its length, the end of the name could pass for the start of the password.
        digest.update(name.len().to_le_bytes());
        digest.update(name);
        digest.update(password);
        digest.finalize().into()
    }
}

#[cfg(test)]
mod tests {
    use domain::Error;
    use uuid::Uuid;

    use super::*;

    const ID: AppPasswordId = AppPasswordId(Uuid::from_u128(7));

    fn memory() -> Memory {
        Memory::new(&LoginConfig { failures_max: 1, failures_window_seconds: 60, remember_seconds: 60 })
    }

    async fn refuse() -> Result<AppPasswordId> {
        Err(Error::Unauthenticated("no".into()))
    }

    #[tokio::test]
    async fn a_success_is_remembered_and_a_failure_is_not() {
        let memory = memory();
        assert!(memory.recall("ann", "right", refuse()).await.is_err());
        assert_eq!(memory.recall("ann", "right", async { Ok(ID) }).await.unwrap(), ID);
        assert_eq!(memory.recall("ann", "right", refuse()).await.unwrap(), ID);
    }

    #[tokio::test]
    async fn a_credential_cut_elsewhere_is_another_one() {
        let memory = memory();
        memory.recall("ann", "right", async { Ok(ID) }).await.unwrap();
        assert!(memory.recall("annr", "ight", refuse()).await.is_err());
        assert!(memory.recall("ann", "righ", refuse()).await.is_err());
    }
}
