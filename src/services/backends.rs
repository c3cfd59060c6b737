//! What every use case works with.

use blobs::Blobs;
use coordination::Coordination;
use domain::Result;
use metadata::Metadata;

use crate::auth::Memory;
use crate::steps::Hashing;
use crate::{
    FilesConfig, HistoryConfig, LoginConfig, NamesConfig, ServicesConfig, TrashConfig, VersionsConfig,
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
    /// Settings about the names in listings.
    pub names: NamesConfig,
    /// Settings about the trash.
    pub trash: TrashConfig,
    /// Settings about the history.
    pub history: HistoryConfig,
    /// Settings about earlier contents.
    pub versions: VersionsConfig,
    /// Settings about logging in.
    pub login: LoginConfig,
    /// Hashes passwords, a few at a time.
    pub(crate) hashing: Hashing,
    /// App passwords verified a short while ago.
    pub(crate) memory: Memory,
}

impl Backends {
    /// Puts the floor together.
    pub fn new(metadata: Metadata, blobs: Blobs, coordination: Coordination, config: ServicesConfig) -> Self {
        let ServicesConfig { files, names, trash, history, versions, login } = config;
        let (hashing, memory) = (Hashing::new(), Memory::new(&login));
        Self { metadata, blobs, coordination, files, names, trash, history, versions, login, hashing, memory }
    }

    /// Closes the database once nobody uses it any more.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn close(&self) -> Result<()> {
        self.metadata.close().await
    }
}
