//! What lies in a bucket, and what was begun in it and not ended.

use aws_sdk_s3::types::Object;
use domain::{BlobId, Result, Timestamp};
use uuid::Uuid;

use super::bucket::{Bucket, moment};
use super::fault::{Asked, fault, is_unknown};
use crate::listing::{Listing, StoredBlob};

/// What a store sends at once.
const PAGE: usize = 1_000;
/// So many unfinished uploads are looked at in one go; more are found the next time.
const UNFINISHED_MAX: usize = 10_000;

/// An upload in parts that was begun and not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfinished {
    /// The blob it would have become.
    pub id: BlobId,
    /// When it was begun, by the clock of the store.
    pub begun_at: Timestamp,
    /// Where it would lie.
    pub(super) key: String,
    /// By what the store knows it.
    pub(super) upload: String,
}

impl Bucket {
    pub(super) async fn list(&self, after: Option<BlobId>, count_max: usize) -> Result<Listing> {
        let mut listing = Listing::default();
        let mut token = None;
        loop {
            let wanted = count_max.saturating_sub(listing.blobs.len()).clamp(1, PAGE);
            let page = self
                .client
                .list_objects_v2()
                .bucket(&self.name)
                .prefix(self.prefix())
                .max_keys(i32::try_from(wanted).unwrap_or(i32::MAX))
                .set_start_after(after.filter(|_| token.is_none()).map(|id| self.key(id)))
                .set_continuation_token(token)
                .send()
                .await
                .map_err(|error| fault(Asked::List, self.prefix(), &error))?;
            for object in page.contents() {
                self.note(object, &mut listing);
            }
            token = page.next_continuation_token.filter(|_| page.is_truncated == Some(true));
            if token.is_none() {
                return Ok(listing);
            }
            if listing.blobs.len() >= count_max {
                listing.next = listing.blobs.last().map(|blob| blob.id);
                return Ok(listing);
            }
        }
    }

    fn note(&self, object: &Object, listing: &mut Listing) {
        let key = object.key().unwrap_or_default();
        match self.id_of(key) {
            Some(id) => listing.blobs.push(StoredBlob {
                id,
                size_bytes: u64::try_from(object.size().unwrap_or(0)).unwrap_or(0),
                modified_at: moment(object.last_modified()),
            }),
            // What consoles put there to show a folder.
            None if key.ends_with('/') && self.key(BlobId(Uuid::nil())).starts_with(key) => {}
            None => listing.strangers.note(|| key.to_owned()),
        }
    }

    /// The blob that lies at a key, spelled as the house spells it.
    fn id_of(&self, key: &str) -> Option<BlobId> {
        let id = key.strip_prefix(self.prefix())?.strip_prefix("files/")?.strip_suffix("/content")?;
        let id = BlobId(Uuid::try_parse(id).ok()?);
        (self.key(id) == key).then_some(id)
    }

    /// The unfinished uploads below a prefix; none where the store cannot say.
    pub(super) async fn unfinished(&self, prefix: &str) -> Result<Option<Vec<Unfinished>>> {
        let mut all = Vec::new();
        let (mut key, mut upload) = (None, None);
        loop {
            let page = self.client.list_multipart_uploads().bucket(&self.name).prefix(prefix);
            let page = match page.set_key_marker(key).set_upload_id_marker(upload).send().await {
                Ok(page) => page,
                Err(error) if is_unknown(&error) => return Ok(None),
                Err(error) => return Err(fault(Asked::ListUnfinished, prefix, &error)),
            };
            for one in page.uploads() {
                // Of somebody else's keys nothing is known.
                if let (Some(key), Some(upload)) = (one.key(), one.upload_id())
                    && let Some(id) = self.id_of(key)
                {
                    let begun_at = moment(one.initiated());
                    all.push(Unfinished { id, begun_at, key: key.to_owned(), upload: upload.to_owned() });
                }
            }
            let more = page.is_truncated == Some(true) && page.next_key_marker.is_some();
            if !more || all.len() >= UNFINISHED_MAX {
                return Ok(Some(all));
            }
            (key, upload) = (page.next_key_marker, page.next_upload_id_marker);
        }
    }
}
