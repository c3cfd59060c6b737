//! What a store says, in the domain's words.

use std::error::Error as StdError;
use std::fmt::Write;

use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use domain::Error;

/// What was asked, which needs a right of its own.
#[derive(Debug, Clone, Copy)]
pub(super) enum Asked {
    Put,
    Get,
    Delete,
    List,
    ListUnfinished,
    Abort,
}

impl Asked {
    /// The right as policies name it.
    fn right(self) -> &'static str {
        match self {
            Self::Put => "s3:PutObject",
            Self::Get => "s3:GetObject (and s3:ListBucket, or what is missing looks forbidden)",
            Self::Delete => "s3:DeleteObject",
            Self::List => "s3:ListBucket",
            Self::ListUnfinished => "s3:ListBucketMultipartUploads",
            Self::Abort => "s3:AbortMultipartUpload",
        }
    }
}

const UNANSWERED: &str = "The file store does not answer; try again shortly.";

/// An error of a call about a key.
pub(super) fn fault<E>(asked: Asked, key: &str, error: &SdkError<E>) -> Error
where
    E: ProvideErrorMetadata + StdError + 'static,
{
    let status = status(error);
    let mut log = format!("{asked:?} {key}: ");
    match error.code() {
        Some(code) => {
            let message = error.message().unwrap_or_default();
            // Writing to text cannot fail.
            let _ = write!(log, "{code} {message}");
        }
        None => log += &chain(error),
    }
    match (status, error.code()) {
        (_, Some("NoSuchBucket")) => log += "; see to s3.bucket",
        (Some(507), _) | (_, Some("QuotaExceeded" | "XMinioStorageFull" | "InsufficientStorage")) => {
            return Error::out_of_space(log);
        }
        (_, Some("EntityTooLarge")) => {
            return Error::TooLarge("The server's file store cannot hold a file this large.".into());
        }
        (_, Some("RequestTimeTooSkewed")) => log += "; see to the clock of this machine",
        (Some(301 | 307), _) | (_, Some("AuthorizationHeaderMalformed" | "PermanentRedirect")) => {
            log += "; see to s3.region and s3.endpoint";
        }
        (_, Some("InvalidAccessKeyId" | "SignatureDoesNotMatch" | "ExpiredToken" | "InvalidToken")) => {
            log += "; see to s3.access_key and s3.secret_key";
        }
        (Some(401 | 403), _) => {
            let _ = write!(log, "; the key may not do this: it needs {}", asked.right());
        }
        (None, _) if is_without_key(error) => {
            log += "; see to s3.access_key, or the credentials of the surroundings"
        }
        _ => {}
    }
    Error::unavailable(UNANSWERED, log)
}

/// The store went away while it was sending.
pub(super) fn broken_off(key: &str, error: &dyn StdError) -> Error {
    Error::unavailable(UNANSWERED, format!("Get {key}: broken off: {}", chain(error)))
}

/// The status of an answer, if there was one.
pub(super) fn status<E>(error: &SdkError<E>) -> Option<u16> {
    error.raw_response().map(|response| response.status().as_u16())
}

/// Whether a store says that it does not know this kind of question.
pub(super) fn is_unknown<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    matches!(status(error), Some(405 | 501))
        || matches!(error.code(), Some("NotImplemented" | "MethodNotAllowed"))
}

/// Whether a store says that there is no such object, or upload.
pub(super) fn is_missing<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    status(error) == Some(404) && error.code() != Some("NoSuchBucket")
}

fn is_without_key<E>(error: &SdkError<E>) -> bool {
    matches!(error, SdkError::DispatchFailure(failure) if !failure.is_io() && !failure.is_timeout())
}

/// An error and its causes. Requests are in none of them, and so no keys.
pub(super) fn chain(error: &dyn StdError) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        let _ = write!(text, ": {next}");
        cause = next.source();
    }
    text
}
