//! What every use case works with.

use std::sync::Arc;
use std::time::Duration;

use blobs::Blobs;
use coordination::Coordination;
use domain::Result;
use metadata::Metadata;
use outbound::Mailer;

use crate::auth::{Keys, Memory};
use crate::files::Walks;
use crate::steps::{Accesses, Hashing, UnderWay};
use crate::upkeep::Rounds;
use crate::{
    AccountsConfig, AuditConfig, DownloadsConfig, FilesConfig, HistoryConfig, LimitsConfig, LoginConfig,
    NamesConfig, OrganizationsConfig, ProjectsConfig, ScrubConfig, ServicesConfig, TrashConfig,
    VersionsConfig,
};

/// The floor below, and the settings of this one.
pub struct Backends {
    /// Names, people and what relates them.
    pub metadata: Metadata,
    /// Bytes.
    pub blobs: Blobs,
    /// Short-lived state shared by all servers.
    pub coordination: Coordination,
    /// Settings about files.
    pub files: FilesConfig,
    /// Settings about downloads.
    pub downloads: DownloadsConfig,
    /// Settings about the names in listings.
    pub names: NamesConfig,
    /// Settings about the trash.
    pub trash: TrashConfig,
    /// Settings about organizations.
    pub organizations: OrganizationsConfig,
    /// Settings about projects.
    pub projects: ProjectsConfig,
    /// Settings about the history.
    pub history: HistoryConfig,
    /// Settings about earlier contents.
    pub versions: VersionsConfig,
    /// Settings about reading everything again.
    pub scrub: ScrubConfig,
    /// Settings about logging in.
    pub login: LoginConfig,
    /// Settings about how many requests there may be.
    pub limits: LimitsConfig,
    /// Settings about accounts and their sessions.
    pub accounts: AccountsConfig,
    /// Settings about the record.
    pub audit: AuditConfig,
    /// How long bytes that nothing refers to are left where they are.
    pub orphan_grace: Duration,
    /// What operators know this server by.
    pub server_name: String,
    /// What was read and is not written down yet.
    pub(crate) accesses: Arc<Accesses>,
    /// Where people reach this house, such as `https://files.example.org`; none where nobody has said.
    pub origin: Option<String>,
    /// Sends mails; none where none are sent.
    pub mailer: Option<Mailer>,
    /// The uploads of this process.
    pub(crate) under_way: UnderWay,
    /// How far the sweep and the scrub have come.
    pub(crate) rounds: Rounds,
    /// How far the paths that stand with bytes have been gone through.
    pub(crate) walks: Walks,
    /// Hashes passwords, a few at a time.
    pub(crate) hashing: Hashing,
    /// App passwords verified a short while ago.
    pub(crate) memory: Memory,
    /// What access tokens are signed with.
    pub(crate) keys: Keys,
}

impl Backends {
    /// Puts the floor together.
    pub fn new(metadata: Metadata, blobs: Blobs, coordination: Coordination, config: ServicesConfig) -> Self {
        let ServicesConfig {
            files,
            downloads,
            names,
            trash,
            organizations,
            projects,
            history,
            versions,
            scrub,
            login,
            limits,
            accounts,
            audit,
            orphan_grace,
            server_name,
            origin,
            mailer,
        } = config;
        let (hashing, memory) = (Hashing::new(), Memory::new(&login));
        let (under_way, rounds, walks) = (UnderWay::default(), Rounds::default(), Walks::default());
        let accesses = Arc::new(Accesses::new(audit.accesses));
        Self {
            metadata,
            blobs,
            coordination,
            files,
            downloads,
            names,
            trash,
            organizations,
            projects,
            history,
            versions,
            scrub,
            login,
            limits,
            accounts,
            audit,
            orphan_grace,
            server_name,
            accesses,
            origin,
            mailer,
            under_way,
            rounds,
            walks,
            hashing,
            memory,
            keys: Keys::default(),
        }
    }

    /// Whether letters reach people: what needs one is not offered otherwise.
    pub fn sends_mail(&self) -> bool {
        self.mailer.is_some() && self.origin.is_some()
    }

    /// Says what others have to hear of, and closes the database once nobody uses it any more.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn close(&self) -> Result<()> {
        self.coordination.close().await;
        self.metadata.close().await
    }
}
