//! Bodies in JSON.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use domain::{Code, Error, Message};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;

use crate::problem::Refusal;

/// The longest body in JSON, in bytes.
pub const BYTES_MAX: usize = 1 << 20;

/// A body in JSON that was read whole.
pub struct Body<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &S) -> Result<Self, Refusal> {
        let (parts, body) = request.into_parts();
        if !is_json(&parts.headers) {
            let sentence = "Send the body as JSON, with `Content-Type: application/json`.";
            let error = Error::Invalid(Message::coded(Code::UnsupportedMediaType, sentence));
            return Err(Refusal::with_status(error, StatusCode::UNSUPPORTED_MEDIA_TYPE));
        }
        parse(&read(body).await?).map(Self)
    }
}

/// Reads a body that is not longer than one in JSON may be.
///
/// # Errors
/// [`TooLarge`](Error::TooLarge) when it is, [`Invalid`](Error::Invalid) when it ends early.
pub async fn read(body: axum::body::Body) -> Result<Bytes, Error> {
    use http_body_util::{BodyExt, LengthLimitError, Limited};

    match Limited::new(body, BYTES_MAX).collect().await {
        Ok(whole) => Ok(whole.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            let text = format!("A body in JSON may have at most {BYTES_MAX} bytes.");
            Err(Error::TooLarge(text.into()))
        }
        Err(_) => Err(Error::Invalid("The body ended early.".into())),
    }
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Refusal> {
    // What is read as an object would be read from a list of its fields as well.
    if bytes.trim_ascii_start().first() != Some(&b'{') {
        return Err(Error::Invalid("The body is an object in JSON, such as `{\"name\": …}`.".into()).into());
    }
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let read = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        let says = error.inner().to_string();
        match path.as_str() {
            "." => Error::Invalid(format!("The body cannot be read: {says}.").into()),
            _ => Error::Invalid(format!("`{path}` cannot be read: {says}.").into()),
        }
    })?;
    json.end().map_err(|_| Error::Invalid("There is something behind the JSON of the body.".into()))?;
    Ok(read)
}

/// Whether a body is said to be JSON.
pub fn is_json(headers: &HeaderMap) -> bool {
    let sent = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = sent.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}
