//! Looking a bucket over for its operator: what the key may do in it, how it is set up, and what is wrong.

use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{BucketVersioningStatus, LifecycleRule, MetadataDirective};
use domain::{BlobId, Timestamp};
use uuid::Uuid;

use super::bucket::Bucket;
use super::clock::Clock;
use super::fault::{chain, status};
use super::{Unfinished, client, label};
use crate::config::S3Config;

/// What stores call a key that is none of theirs, or its secret.
const BAD_KEY: [&str; 5] =
    ["InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken", "NotSignedUp"];

/// Nobody waits long for an answer that says what is wrong.
const ATTEMPTS: u32 = 2;

/// What was found of a bucket.
#[derive(Debug, Clone, Default)]
pub struct Probed {
    /// Why nothing can be done with it at all, if that is so.
    pub unusable: Option<Trouble>,
    /// What was tried, and how it went.
    pub tried: Vec<Tried>,
    /// By how many milliseconds the clock of the store is ahead of this machine's.
    pub clock_ahead_ms: Option<i64>,
    /// Whether it keeps what is deleted; none where that cannot be asked.
    pub keeps_deleted: Option<bool>,
    /// The names of rules by which it deletes what the house keeps in it; none where that cannot be asked.
    pub expiring: Option<Vec<String>>,
    /// Whether it is reached without TLS on an address beyond this machine.
    pub is_exposed: bool,
    /// How it was told to encrypt, if it was: the word for it.
    pub asked_encryption: Option<String>,
    /// How it has encrypted what it was told to encrypt: the word for it, or none. Not asked where it was told nothing.
    pub encrypted: Option<Option<String>>,
    /// The uploads in parts that were begun and not ended; none where that cannot be asked.
    pub unfinished: Option<Vec<Unfinished>>,
}

/// Something that was tried.
#[derive(Debug, Clone)]
pub struct Tried {
    /// The right it needs, as policies name it.
    pub right: &'static str,
    /// What the house needs it for.
    pub purpose: &'static str,
    /// What went wrong, if anything did.
    pub trouble: Option<Trouble>,
}

/// What is wrong, as far as a store says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// Nothing answers.
    Unreachable(String),
    /// There is no such bucket.
    NoBucket,
    /// It answers where the bucket is named the other way, in the path or before the host.
    OtherStyle,
    /// The bucket is in another region, which the store may have named.
    OtherRegion(Option<String>),
    /// The key, or its secret, is not right, or there is none.
    BadKey(String),
    /// The clock of this machine is too far from that of the store.
    BadClock,
    /// The key may not do this.
    Denied,
    /// The store does not know this kind of question.
    Unknown,
    /// Something else, in the words of the store.
    Other(String),
}

/// Looks a bucket over. A small object is written to it, and removed again.
pub(super) async fn probe(config: &S3Config) -> Probed {
    let clock = Clock::default();
    let bucket = Bucket::new(config, watched(client::build(config).await, &clock));
    let mut probed = Probed {
        is_exposed: config.is_exposed(),
        asked_encryption: bucket.encryption.as_ref().map(|word| word.as_str().to_owned()),
        ..Probed::default()
    };
    let listed = bucket.client.list_objects_v2().bucket(&bucket.name).prefix(bucket.prefix()).max_keys(1);
    let listed = trouble_of(listed.send().await);
    let is_usable = matches!(listed, None | Some(Trouble::Denied | Trouble::Unknown));
    probed.tried.push(Tried {
        right: "s3:ListBucket",
        purpose: "list what is stored",
        trouble: listed.clone(),
    });
    if is_usable {
        try_object(&bucket, &mut probed).await;
        try_parts(&bucket, &mut probed).await;
        look_around(&bucket, &mut probed).await;
        let is_denied = |tried: &Tried| tried.trouble == Some(Trouble::Denied);
        probed.unusable = probed.tried.iter().all(is_denied).then_some(Trouble::Denied);
    } else if may_be_the_style(config, listed.as_ref()) && answers_otherwise(config).await {
        probed.unusable = Some(Trouble::OtherStyle);
    } else {
        probed.unusable = listed;
    }
    probed.clock_ahead_ms = clock.ahead_ms();
    probed
}

fn watched(client: Client, clock: &Clock) -> Client {
    let retries = RetryConfig::standard().with_max_attempts(ATTEMPTS);
    let config = client.config().to_builder().retry_config(retries).interceptor(clock.clone());
    Client::from_conf(config.build())
}

/// AWS is always asked by name.
fn may_be_the_style(config: &S3Config, trouble: Option<&Trouble>) -> bool {
    !config.endpoint.is_empty()
        && matches!(
            trouble,
            Some(Trouble::Unreachable(_) | Trouble::NoBucket | Trouble::Unknown | Trouble::Other(_))
        )
}

async fn answers_otherwise(config: &S3Config) -> bool {
    let other = S3Config { path_style: !config.path_style, ..config.clone() };
    let client = client::build(&other).await;
    let listed = client.list_objects_v2().bucket(&config.bucket).prefix(&config.prefix).max_keys(1);
    matches!(trouble_of(listed.send().await), None | Some(Trouble::Denied))
}

/// Writes an object, looks at it, reads it, copies it onto itself and removes it.
async fn try_object(bucket: &Bucket, probed: &mut Probed) {
    let (key, client) = (bucket.key(BlobId(Uuid::new_v4())), &bucket.client);
    let put = client
        .put_object()
        .bucket(&bucket.name)
        .key(&key)
        .body(ByteStream::from_static(b"larder doctor"))
        .set_metadata(label::metadata(Some("/larder doctor")))
        .set_server_side_encryption(bucket.encryption.clone())
        .set_ssekms_key_id(bucket.kms_key.clone());
    if !probed.note("s3:PutObject", "store files", put.send().await) {
        return;
    }
    let head = client.head_object().bucket(&bucket.name).key(&key).send().await;
    if let (Some(_), Ok(head)) = (&bucket.encryption, &head) {
        probed.encrypted = Some(head.server_side_encryption().map(|word| word.as_str().to_owned()));
    }
    probed.note("s3:GetObject", "look at what is stored", head);
    probed.note(
        "s3:GetObject",
        "read files",
        client.get_object().bucket(&bucket.name).key(&key).send().await,
    );
    let copy = client
        .copy_object()
        .bucket(&bucket.name)
        .key(&key)
        .copy_source(bucket.source_of(&key))
        .metadata_directive(MetadataDirective::Replace)
        .set_metadata(label::metadata(Some("/larder doctor, copied")))
        .set_server_side_encryption(bucket.encryption.clone())
        .set_ssekms_key_id(bucket.kms_key.clone());
    probed.note(
        "s3:GetObject and s3:PutObject",
        "copy an object onto itself, which keeps its original path up to date",
        copy.send().await,
    );
    let delete = client.delete_object().bucket(&bucket.name).key(&key).send().await;
    probed.note("s3:DeleteObject", "remove what nobody needs any more", delete);
}

/// Begins an upload in parts, finds it and ends it.
async fn try_parts(bucket: &Bucket, probed: &mut Probed) {
    let (key, client) = (bucket.key(BlobId(Uuid::new_v4())), &bucket.client);
    let begun = client
        .create_multipart_upload()
        .bucket(&bucket.name)
        .key(&key)
        .set_server_side_encryption(bucket.encryption.clone())
        .set_ssekms_key_id(bucket.kms_key.clone())
        .send()
        .await;
    let upload = begun.as_ref().ok().and_then(|begun| begun.upload_id.clone());
    let listed = client.list_multipart_uploads().bucket(&bucket.name).prefix(&key).send().await;
    probed.note("s3:PutObject", "store large files in parts", begun);
    probed.note("s3:ListBucketMultipartUploads", "find uploads in parts that were not ended", listed);
    if let Some(upload) = upload {
        let abort = client.abort_multipart_upload().bucket(&bucket.name).key(&key).upload_id(upload);
        probed.note("s3:AbortMultipartUpload", "end uploads in parts that were given up", abort.send().await);
    }
}

/// Looks at what the house does not need, and its operator should know.
async fn look_around(bucket: &Bucket, probed: &mut Probed) {
    let (name, client) = (&bucket.name, &bucket.client);
    if let Ok(versioning) = client.get_bucket_versioning().bucket(name).send().await {
        probed.keeps_deleted = Some(versioning.status() == Some(&BucketVersioningStatus::Enabled));
    }
    probed.expiring = match client.get_bucket_lifecycle_configuration().bucket(name).send().await {
        Ok(lifecycle) => {
            let rules = lifecycle.rules().iter().filter(|rule| deletes(rule, bucket.prefix()));
            Some(rules.map(|rule| rule.id().unwrap_or("without a name").to_owned()).collect())
        }
        Err(error) if error.code() == Some("NoSuchLifecycleConfiguration") => Some(Vec::new()),
        Err(_) => None,
    };
    probed.unfinished = bucket.unfinished(bucket.prefix()).await.unwrap_or_default();
}

/// Whether a rule deletes objects that are in use below a prefix. One that is for objects with some tag or of some size
/// only is taken for one that does.
fn deletes(rule: &LifecycleRule, prefix: &str) -> bool {
    #[expect(deprecated, reason = "stores still answer with the older form")]
    let older = rule.prefix();
    let filter = rule.filter();
    let beginning = filter.and_then(|filter| filter.prefix().or_else(|| filter.and()?.prefix())).or(older);
    let files = format!("{prefix}files/");
    let beginning = beginning.unwrap_or_default();
    let expires = rule.expiration().is_some_and(|after| after.days().is_some() || after.date().is_some());
    expires
        && rule.status().as_str() == "Enabled"
        && (files.starts_with(beginning) || beginning.starts_with(&files))
}

impl Probed {
    /// Notes how something went; whether it went well.
    fn note<T, E>(
        &mut self,
        right: &'static str,
        purpose: &'static str,
        answer: Result<T, SdkError<E>>,
    ) -> bool
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let trouble = trouble_of(answer);
        let went_well = trouble.is_none();
        self.tried.push(Tried { right, purpose, trouble });
        went_well
    }

    /// How many uploads were begun and not ended before a moment, and how old the oldest of them is.
    pub fn left_over(&self, before: Timestamp, now: Timestamp) -> Option<(usize, Duration)> {
        let begun = self.unfinished.iter().flatten().map(|unfinished| unfinished.begun_at);
        let old: Vec<Timestamp> = begun.filter(|begun| *begun < before).collect();
        Some((old.len(), old.iter().min()?.until(now)))
    }
}

fn trouble_of<T, E>(answer: Result<T, SdkError<E>>) -> Option<Trouble>
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let error = answer.err()?;
    let Some(status) = status(&error) else {
        let says = chain(&error);
        // Without a key nothing is sent at all.
        return Some(match error {
            SdkError::DispatchFailure(failure) if !failure.is_io() && !failure.is_timeout() => {
                Trouble::BadKey(says)
            }
            _ => Trouble::Unreachable(says),
        });
    };
    let code = error.code().unwrap_or_default();
    Some(match (status, code) {
        (_, "NoSuchBucket") => Trouble::NoBucket,
        (_, "RequestTimeTooSkewed") => Trouble::BadClock,
        (301 | 307, _) | (_, "AuthorizationHeaderMalformed" | "PermanentRedirect") => {
            let named = error.raw_response().and_then(|answer| answer.headers().get("x-amz-bucket-region"));
            Trouble::OtherRegion(named.map(str::to_owned))
        }
        (401, _) => Trouble::BadKey(code.to_owned()),
        (_, code) if BAD_KEY.contains(&code) => Trouble::BadKey(code.to_owned()),
        (403, _) => Trouble::Denied,
        (405 | 501, _) => Trouble::Unknown,
        _ => Trouble::Other(format!("{status} {code} {}", error.message().unwrap_or_default())),
    })
}
