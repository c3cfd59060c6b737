//! What stands beside the bytes in a bucket, for people who look into it: the path of the file; and addresses at which
//! others may read them.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::types::{CompletedPart, MetadataDirective};
use domain::{BlobId, Error, Result};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::bucket::{Bucket, Head};
use super::fault::{Asked, fault, is_missing};
use crate::store::BlobFacts;

/// The name of the path among the metadata.
const ORIGINAL_PATH: &str = "original-path";
/// Stores take 2 KiB of metadata in all.
const PATH_BYTES_MAX: usize = 1_800;
/// What stands in a path as it is.
const IN_PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// What stands in `filename*` as it is (RFC 8187 §3.2.1).
const IN_NAME: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// More than this cannot be copied at once.
const COPY_BYTES_MAX: u64 = 5 << 30;
/// What is copied at once of what is larger.
const COPY_PART_BYTES: u64 = 1 << 30;
/// What stores sign for at most.
const LIFETIME_MAX: Duration = Duration::from_secs(7 * 24 * 3600);

/// What an address is for at which anybody may read a blob.
#[derive(Debug, Clone)]
pub struct PresignRequest {
    /// What the file is called once it is saved.
    pub file_name: String,
    /// What kind of file it is.
    pub media_type: String,
    /// How long the address is good; a week at most.
    pub lifetime: Duration,
}

/// The metadata of an object.
pub(super) fn metadata(original_path: Option<&str>) -> Option<HashMap<String, String>> {
    Some(HashMap::from([(ORIGINAL_PATH.to_owned(), encoded(original_path?))]))
}

/// A path as it stands in a header. Of one that is too long the end stands there, where the name is.
fn encoded(path: &str) -> String {
    let mut kept: Vec<String> = Vec::new();
    let mut bytes = 0;
    for letter in path.chars().rev() {
        let letter = utf8_percent_encode(letter.encode_utf8(&mut [0; 4]), IN_PATH).to_string();
        bytes += letter.len();
        if bytes > PATH_BYTES_MAX {
            kept.push("...".to_owned());
            break;
        }
        kept.push(letter);
    }
    kept.reverse();
    kept.concat()
}

impl Bucket {
    pub(super) async fn relabel(&self, id: BlobId, original_path: &str) -> Result<()> {
        let missing = || Error::internal(format!("{} is missing", self.key(id)));
        let head = self.head(id).await?.ok_or_else(missing)?;
        match head.size_bytes > COPY_BYTES_MAX {
            true => self.copy_in_parts(id, original_path, &head).await,
            false => self.copy_onto_itself(id, original_path, head).await,
        }
    }

    async fn copy_onto_itself(&self, id: BlobId, original_path: &str, head: Head) -> Result<()> {
        let key = self.key(id);
        let copied = self
            .client
            .copy_object()
            .bucket(&self.name)
            .key(&key)
            .copy_source(self.source(id))
            .metadata_directive(MetadataDirective::Replace)
            .set_metadata(metadata(Some(original_path)))
            .set_content_type(head.media_type)
            .set_server_side_encryption(self.encryption.clone())
            .set_ssekms_key_id(self.kms_key.clone())
            .send()
            .await;
        copied.map(drop).map_err(|error| match is_missing(&error) {
            true => Error::internal(format!("{key} is missing")),
            false => fault(Asked::Put, &key, &error),
        })
    }

    async fn copy_in_parts(&self, id: BlobId, original_path: &str, head: &Head) -> Result<()> {
        let facts = BlobFacts {
            original_path: Some(original_path.to_owned()),
            media_type: head.media_type.clone(),
            size_bytes: Some(head.size_bytes),
        };
        let upload = self.begin(id, &facts).await?;
        let copied = async {
            let parts = self.copy_parts(id, &upload, head.size_bytes).await?;
            self.complete(id, &upload, parts, head.size_bytes).await
        };
        let copied = copied.await;
        if copied.is_err()
            && let Err(error) = self.abort(&self.key(id), &upload).await
        {
            tracing::warn!(blob = %id, %error, "an unfinished copy was left in the bucket");
        }
        copied
    }

    async fn copy_parts(&self, id: BlobId, upload: &str, size_bytes: u64) -> Result<Vec<CompletedPart>> {
        let key = self.key(id);
        let mut parts = Vec::new();
        let mut from = 0;
        for number in 1.. {
            let end = size_bytes.min(from + COPY_PART_BYTES);
            let part = self.client.upload_part_copy().bucket(&self.name).key(&key).upload_id(upload);
            let part = part
                .part_number(number)
                .copy_source(self.source(id))
                .copy_source_range(format!("bytes={from}-{}", end - 1));
            let copied = part.send().await.map_err(|error| fault(Asked::Put, &key, &error))?;
            let tag = copied.copy_part_result.and_then(|part| part.e_tag);
            parts.push(CompletedPart::builder().part_number(number).set_e_tag(tag).build());
            from = end;
            if from == size_bytes {
                break;
            }
        }
        Ok(parts)
    }

    fn source(&self, id: BlobId) -> String {
        self.source_of(&self.key(id))
    }

    /// A key as the source of a copy.
    pub(super) fn source_of(&self, key: &str) -> String {
        utf8_percent_encode(&format!("{}/{key}", self.name), IN_PATH).to_string()
    }

    pub(super) async fn presign(&self, id: BlobId, request: &PresignRequest) -> Result<String> {
        let key = self.key(id);
        let lifetime = request.lifetime.min(LIFETIME_MAX);
        let name = utf8_percent_encode(&request.file_name, IN_NAME);
        let signed = self
            .client
            .get_object()
            .bucket(&self.name)
            .key(&key)
            .response_content_type(&request.media_type)
            .response_content_disposition(format!("attachment; filename*=UTF-8''{name}"))
            .presigned(PresigningConfig::expires_in(lifetime).map_err(Error::internal)?)
            .await
            .map_err(|error| fault(Asked::Get, &key, &error))?;
        Ok(signed.uri().to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_one_header_whatever_is_in_it_and_however_long_it_is() {
        assert_eq!(encoded("/Reports/Übersicht 1\n.pdf"), "/Reports/%C3%9Cbersicht%201%0A.pdf");
        let long = format!("/{}/the end.txt", "ü".repeat(1_000));
        let cut = encoded(&long);
        assert!(cut.len() <= PATH_BYTES_MAX + 3 && cut.starts_with("...%C3%BC"), "{cut}");
        assert!(cut.ends_with("%C3%BC/the%20end.txt"), "{cut}");
    }
}
