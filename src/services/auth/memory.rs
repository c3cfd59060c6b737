//! App passwords verified a short while ago: what keeps argon2 out of every other request, and much of the asking for
//! what they give access to.

use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::{AppPasswordId, Result};
use metadata::app_passwords::Access;
use moka::future::Cache;
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;

use super::devices::Noted;
use crate::LoginConfig;

/// More clients than one machine serves; each takes some 200 bytes.
const REMEMBERED_MAX: u64 = 10_000;

/// How long what was read of an app password holds if nothing else is heard: a revocation whose message was lost counts
/// after this time all the same.
const ACCESS_HOLDS: Duration = Duration::from_millis(900);

/// How long it is remembered that a device was let in. It is noted again much sooner.
const DEVICE_IDLE: Duration = Duration::from_secs(600);

/// What this process remembers of credentials.
///
/// Which app password a credential is holds for long. What that one gives access to holds for a moment, and only while
/// every revocation is heard; otherwise it is asked of the database with every request.
pub struct Memory {
    key: [u8; 32],
    verified: Cache<[u8; 32], AppPasswordId>,
    accesses: Cache<AppPasswordId, Arc<Read>>,
    devices: Cache<(AppPasswordId, String), Arc<Noted>>,
    /// Held while the last use of an app password is noted: one writer at a time is enough.
    pub(super) noting: Arc<Semaphore>,
}

/// What was read of an app password.
struct Read {
    access: Access,
    /// When the reading began.
    at: Instant,
    /// What had been heard of revocations by then.
    heard: u64,
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
        let accesses = Cache::builder().max_capacity(REMEMBERED_MAX).time_to_live(ACCESS_HOLDS).build();
        let devices = Cache::builder().max_capacity(REMEMBERED_MAX).time_to_idle(DEVICE_IDLE).build();
        Self { key: rand::random(), verified, accesses, devices, noting: Arc::new(Semaphore::new(1)) }
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

    /// What an app password gives access to, if that was read a moment ago and no revocation has been heard since: `heard`
    /// is what has been heard by now.
    pub(super) async fn access(&self, id: AppPasswordId, heard: Option<u64>) -> Option<Access> {
        let read = self.accesses.get(&id).await?;
        (Some(read.heard) == heard && read.at.elapsed() < ACCESS_HOLDS).then(|| read.access.clone())
    }

    /// Keeps what was read, with the moment the reading began and what had been heard by then: a revocation that came
    /// while it was read makes it void.
    pub(super) async fn keep_access(&self, access: &Access, at: Instant, heard: Option<u64>) {
        if let Some(heard) = heard {
            let read = Read { access: access.clone(), at, heard };
            self.accesses.insert(access.app_password.id, Arc::new(read)).await;
        }
    }

    /// When the device of an app password was last noted.
    pub(super) async fn device(&self, id: AppPasswordId, product: &str) -> Arc<Noted> {
        self.devices.get_with((id, product.to_owned()), async { Arc::default() }).await
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
    use domain::{AppPassword, Error, NodeId, Role, SpaceId, Timestamp, Tree, UserId, UserName, Version};
    use uuid::Uuid;

    use super::*;

    const ID: AppPasswordId = AppPasswordId(Uuid::from_u128(7));

    fn memory() -> Memory {
        Memory::new(&LoginConfig {
            failures_max: 1,
            failures_window_seconds: 60,
            remember_seconds: 60,
            devices_max: 5,
            device_idle_minutes: 15,
        })
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

    fn access() -> Access {
        let (user, zero) = (UserId(Uuid::nil()), Timestamp::from_millis(0));
        Access {
            app_password: AppPassword {
                id: ID,
                user,
                name: "laptop".to_owned(),
                read_only: false,
                version: Version(0),
                created_at: zero,
                last_used_at: None,
                expires_at: None,
                revoked_at: None,
            },
            user_active: true,
            suspended_at: None,
            name: UserName::parse("ann").unwrap(),
            role: Role::User,
            home: Tree { space: SpaceId(Uuid::nil()), root: NodeId(1) },
        }
    }

    #[tokio::test]
    async fn what_was_read_holds_until_a_revocation_is_heard() {
        let memory = memory();
        assert!(memory.access(ID, Some(1)).await.is_none());
        memory.keep_access(&access(), Instant::now(), Some(1)).await;
        assert!(memory.access(ID, Some(1)).await.is_some());
        // Also one that came after the reading had begun, and before it was kept.
        assert!(memory.access(ID, Some(3)).await.is_none(), "one was heard");
        assert!(memory.access(ID, None).await.is_none(), "one may have gone unheard");
    }

    #[tokio::test]
    async fn what_was_read_is_read_again_within_a_second_whatever_is_heard() {
        let memory = memory();
        let Some(earlier) = Instant::now().checked_sub(ACCESS_HOLDS) else { return };
        memory.keep_access(&access(), earlier, Some(1)).await;
        assert!(memory.access(ID, Some(1)).await.is_none());
    }

    #[tokio::test]
    async fn nothing_is_kept_where_revocations_are_not_heard() {
        let memory = memory();
        memory.keep_access(&access(), Instant::now(), None).await;
        assert!(memory.access(ID, None).await.is_none());
    }
}
