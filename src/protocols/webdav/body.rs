//! Bodies of requests that are read whole.

use axum::body::Body;
use domain::{Error, Result};
use http::HeaderMap;
use http::header::CONTENT_LENGTH;
use http_body_util::{BodyExt, LengthLimitError, Limited};

use crate::xml::reader::BODY_BYTES_MAX;

/// Reads an XML body; one that announces more than the limit is refused before any of it is read.
///
/// # Errors
/// [`TooLarge`](Error::TooLarge), and [`Invalid`](Error::Invalid) when it breaks off.
pub async fn read_xml(headers: &HeaderMap, body: Body) -> Result<Vec<u8>> {
    let too_large = || Error::TooLarge("The XML of a request may have at most 1 MiB.".into());
    let announced =
        headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > BODY_BYTES_MAX) {
        return Err(too_large());
    }
    match Limited::new(body, BODY_BYTES_MAX).collect().await {
        Ok(collected) => Ok(collected.to_bytes().into()),
        Err(error) if error.is::<LengthLimitError>() => Err(too_large()),
        Err(_) => Err(Error::Invalid("The request broke off; nothing was changed.".into())),
    }
}
