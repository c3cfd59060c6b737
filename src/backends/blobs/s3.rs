//! Blobs as objects in a bucket of any store that speaks S3.
//!
//! Nothing here is conditional: some stores ignore conditions. Ids are never used twice, so there is nothing to be
//! conditional on.

mod bucket;
mod budget;
mod client;
mod clock;
mod fault;
mod label;
mod list;
mod pass;
mod probe;
mod reader;
mod sizes;
mod writer;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use domain::{BlobId, Error, Result};
use uuid::Uuid;

use crate::config::S3Config;
use crate::listing::{Listing, StoredBlob};
use crate::store::BlobFacts;
use bucket::Bucket;
pub use label::PresignRequest;
pub use list::Unfinished;
pub use probe::{Probed, Tried, Trouble};
pub use reader::S3Reader;
pub use writer::S3Writer;

/// A bucket, below its prefix.
pub struct S3(Arc<Bucket>, Box<S3Config>);

impl S3 {
    /// Makes everything ready to ask; whether the store answers, the first call shows.
    pub(crate) async fn open(config: &S3Config) -> Self {
        Self(Arc::new(Bucket::new(config, client::build(config).await)), Box::new(config.clone()))
    }

    pub(crate) fn keeps_paths(&self) -> bool {
        self.1.original_paths
    }

    pub(crate) async fn probe(&self) -> Probed {
        probe::probe(&self.1).await
    }

    pub(crate) fn create(&self, id: BlobId, facts: BlobFacts) -> S3Writer {
        let original_path = facts.original_path.filter(|_| self.keeps_paths());
        let facts = BlobFacts { original_path, ..facts };
        S3Writer::new(Arc::clone(&self.0), id, facts)
    }

    pub(crate) fn read(&self, id: BlobId, size_bytes: u64) -> S3Reader {
        S3Reader::new(Arc::clone(&self.0), id, size_bytes)
    }

    pub(crate) async fn remove(&self, id: BlobId) -> Result<()> {
        self.0.delete(id).await
    }

    pub(crate) async fn discard(&self, id: BlobId) -> Result<()> {
        // Some stores list what is unfinished only for whoever names the whole key.
        for unfinished in self.0.unfinished(&self.0.key(id)).await?.unwrap_or_default() {
            self.0.abort(&unfinished.key, &unfinished.upload).await?;
        }
        self.0.delete(id).await
    }

    pub(crate) async fn list(&self, after: Option<BlobId>, count_max: usize) -> Result<Listing> {
        self.0.list(after, count_max).await
    }

    pub(crate) async fn find(&self, id: BlobId) -> Result<Option<StoredBlob>> {
        Ok(self.0.head(id).await?.map(|head| head.stored(id)))
    }

    pub(crate) async fn unfinished(&self) -> Result<Option<Vec<Unfinished>>> {
        self.0.unfinished(self.0.prefix()).await
    }

    pub(crate) async fn end_unfinished(&self, unfinished: &Unfinished) -> Result<()> {
        self.0.abort(&unfinished.key, &unfinished.upload).await
    }

    pub(crate) async fn relabel(&self, id: BlobId, original_path: &str) -> Result<()> {
        self.0.relabel(id, original_path).await
    }

    pub(crate) async fn presign(&self, id: BlobId, request: &PresignRequest) -> Result<String> {
        self.0.presign(id, request).await
    }

    pub(crate) async fn check(&self) -> Result<()> {
        let bucket = Arc::clone(&self.0);
        // A task, so that whoever gives up waiting for it does not leave the probe behind.
        let checked = tokio::spawn(async move {
            let id = BlobId(Uuid::new_v4());
            let probe = bytes::Bytes::from(bucket.key(id));
            bucket.put(id, &BlobFacts::default(), probe.clone().into(), probe.len() as u64).await?;
            let mut reader = S3Reader::new(Arc::clone(&bucket), id, probe.len() as u64);
            let kept = reader.read(probe.len()).await;
            bucket.delete(id).await?;
            match kept? == probe {
                true => Ok(()),
                false => Err(Error::internal(format!("{} came back changed", bucket.key(id)))),
            }
        });
        checked.await.unwrap_or_else(|error| Err(Error::internal(error)))
    }
}
