//! One bucket, and what it is asked of single objects.

use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::{Builder, Config};
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use aws_sdk_s3::primitives::{ByteStream, DateTime};
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart, ServerSideEncryption};
use domain::{BlobId, Error, Result, Timestamp};

use super::budget::Budget;
use super::client::patience;
use super::fault::{Asked, fault, is_missing, status};
use super::label;
use crate::config::{Encryption, S3Config};
use crate::listing::StoredBlob;
use crate::store::BlobFacts;

/// How long a part may be filled while other uploads wait for memory: 8 MiB in it are 2 Mbit/s.
const FILL_MAX: Duration = Duration::from_secs(30);
/// How long an upload waits for memory: about as long as clients wait for a server that takes no more bytes.
const WAIT_MAX: Duration = Duration::from_secs(120);
/// Putting the parts together takes a store longer the more there are.
const COMPLETING_BYTES: u64 = 16 << 20;

/// As if so much was sent along: 5 GiB at the pace of a telephone.
const CLIENTS_BYTES: u64 = 64 << 30;

pub(super) struct Bucket {
    pub(super) client: Client,
    pub(super) name: String,
    pub(super) budget: Budget,
    /// The least size of a part.
    pub(super) part_bytes: u64,
    prefix: String,
    /// Whether bytes are summed up once more, for the signature of the request that they go with: where nobody who could
    /// change them stands in between it is for nothing.
    signs_bytes: bool,
    pub(super) encryption: Option<ServerSideEncryption>,
    pub(super) kms_key: Option<String>,
}

/// What is known of an object without reading it.
pub(super) struct Head {
    pub(super) size_bytes: u64,
    pub(super) modified_at: Timestamp,
    pub(super) media_type: Option<String>,
}

impl Bucket {
    pub(super) fn new(config: &S3Config, client: Client) -> Self {
        Self {
            client,
            name: config.bucket.clone(),
            budget: Budget::new(config.upload_memory_bytes, FILL_MAX, WAIT_MAX),
            part_bytes: config.part_bytes,
            prefix: config.prefix.clone(),
            signs_bytes: config.is_exposed(),
            encryption: match config.encryption {
                Encryption::Bucket => None,
                Encryption::Aes256 => Some(ServerSideEncryption::Aes256),
                Encryption::Kms => Some(ServerSideEncryption::AwsKms),
            },
            kms_key: (!config.kms_key.is_empty()).then(|| config.kms_key.clone()),
        }
    }

    pub(super) fn prefix(&self) -> &str {
        &self.prefix
    }

    pub(super) fn key(&self, id: BlobId) -> String {
        format!("{}{}", self.prefix, id.key())
    }

    /// Stores an object in one go. When the answer is lost, the object is looked at.
    pub(super) async fn put(
        &self,
        id: BlobId,
        facts: &BlobFacts,
        body: ByteStream,
        bytes: u64,
    ) -> Result<()> {
        let key = self.key(id);
        let put = self.client.put_object().bucket(&self.name).key(&key).body(body);
        let put = put
            .content_length(i64::try_from(bytes).map_err(Error::internal)?)
            .set_content_type(facts.media_type.clone())
            .set_metadata(label::metadata(facts.original_path.as_deref()))
            .set_server_side_encryption(self.encryption.clone())
            .set_ssekms_key_id(self.kms_key.clone());
        let put = put.customize().config_override(patient(bytes));
        let put = if self.signs_bytes { put } else { put.disable_payload_signing() };
        match put.send().await {
            Ok(_) => Ok(()),
            Err(error) => self.unless_there(id, bytes, error).await,
        }
    }

    /// Begins an object in parts; says by what it is known.
    pub(super) async fn begin(&self, id: BlobId, facts: &BlobFacts) -> Result<String> {
        let key = self.key(id);
        let begun = self
            .client
            .create_multipart_upload()
            .bucket(&self.name)
            .key(&key)
            .set_content_type(facts.media_type.clone())
            .set_metadata(label::metadata(facts.original_path.as_deref()))
            .set_server_side_encryption(self.encryption.clone())
            .set_ssekms_key_id(self.kms_key.clone())
            .send()
            .await
            .map_err(|error| fault(Asked::Put, &key, &error))?;
        let unnamed = || Error::internal(format!("the store gave the upload of {key} no name"));
        begun.upload_id.ok_or_else(unnamed)
    }

    /// Stores one part. A body that is not in memory is sent once, by a client of its own pace.
    pub(super) async fn put_part(
        &self,
        id: BlobId,
        upload: &str,
        number: u32,
        body: ByteStream,
        bytes: u64,
    ) -> Result<CompletedPart> {
        let key = self.key(id);
        let patient = match body.bytes() {
            Some(_) => patient(bytes),
            None => at_the_pace_of_a_client(),
        };
        let number = i32::try_from(number).map_err(Error::internal)?;
        let part = self.client.upload_part().bucket(&self.name).key(&key).upload_id(upload);
        let part = part.part_number(number).body(body);
        let part = part.content_length(i64::try_from(bytes).map_err(Error::internal)?);
        let put = part.customize().config_override(patient);
        let put = if self.signs_bytes { put } else { put.disable_payload_signing() };
        let put = put.send().await.map_err(|error| fault(Asked::Put, &key, &error))?;
        Ok(CompletedPart::builder().part_number(number).set_e_tag(put.e_tag).build())
    }

    /// Puts the parts together. When the answer is lost, or the store has done it before, the object is looked at.
    pub(super) async fn complete(
        &self,
        id: BlobId,
        upload: &str,
        parts: Vec<CompletedPart>,
        bytes: u64,
    ) -> Result<()> {
        let key = self.key(id);
        let patient = patient(parts.len() as u64 * COMPLETING_BYTES);
        let parts = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
        let complete = self.client.complete_multipart_upload().bucket(&self.name).key(&key);
        let complete = complete.upload_id(upload).multipart_upload(parts);
        match complete.customize().config_override(patient).send().await {
            Ok(_) => Ok(()),
            Err(error) => self.unless_there(id, bytes, error).await,
        }
    }

    /// Whether what has failed is there all the same: its answer was lost then.
    async fn unless_there<E>(&self, id: BlobId, bytes: u64, error: SdkError<E>) -> Result<()>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        if matches!(self.head(id).await, Ok(Some(head)) if head.size_bytes == bytes) {
            return Ok(());
        }
        Err(fault(Asked::Put, &self.key(id), &error))
    }

    /// Ends an upload in parts; nothing happens if it is not there any more.
    pub(super) async fn abort(&self, key: &str, upload: &str) -> Result<()> {
        let abort = self.client.abort_multipart_upload().bucket(&self.name).key(key).upload_id(upload);
        match abort.send().await {
            Err(error) if !is_missing(&error) => Err(fault(Asked::Abort, key, &error)),
            _ => Ok(()),
        }
    }

    pub(super) async fn delete(&self, id: BlobId) -> Result<()> {
        let key = self.key(id);
        match self.client.delete_object().bucket(&self.name).key(&key).send().await {
            Err(error) if !is_missing(&error) => Err(fault(Asked::Delete, &key, &error)),
            _ => Ok(()),
        }
    }

    pub(super) async fn head(&self, id: BlobId) -> Result<Option<Head>> {
        let key = self.key(id);
        match self.client.head_object().bucket(&self.name).key(&key).send().await {
            Ok(head) => Ok(Some(Head::of(head))),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(fault(Asked::Get, &key, &error)),
        }
    }

    /// Asks for the bytes of an object, all of them or those in a range such as `bytes=5-9`.
    pub(super) async fn get(&self, id: BlobId, range: Option<String>) -> Result<GetObjectOutput> {
        let key = self.key(id);
        let get = self.client.get_object().bucket(&self.name).key(&key).set_range(range);
        get.send().await.map_err(|error| match status(&error) {
            // There is no such place in it.
            Some(416) => Error::internal(format!("{key} is shorter than it must be")),
            _ if is_missing(&error) => Error::internal(format!("{key} is missing")),
            _ => fault(Asked::Get, &key, &error),
        })
    }
}

impl Head {
    fn of(head: HeadObjectOutput) -> Self {
        Self {
            size_bytes: u64::try_from(head.content_length.unwrap_or(0)).unwrap_or(0),
            modified_at: moment(head.last_modified.as_ref()),
            media_type: head.content_type,
        }
    }

    pub(super) fn stored(&self, id: BlobId) -> StoredBlob {
        StoredBlob { id, size_bytes: self.size_bytes, modified_at: self.modified_at }
    }
}

/// A moment as stores say it. Without one, it was a moment ago: nothing is done to what is new.
pub(super) fn moment(said: Option<&DateTime>) -> Timestamp {
    let millis = said.and_then(|moment| moment.to_millis().ok());
    millis.map_or_else(Timestamp::now, Timestamp::from_millis)
}

fn patient(sent_bytes: u64) -> Builder {
    Config::builder().timeout_config(patience(sent_bytes))
}

/// The gate cuts clients that stand still.
fn at_the_pace_of_a_client() -> Builder {
    Config::builder().timeout_config(patience(CLIENTS_BYTES))
}
