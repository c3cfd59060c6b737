//! What stands in an address: identities in its path, and the question behind it.

use axum::extract::{FromRequestParts, Path, Query};
use domain::Error;
use http::request::Parts;
use serde::de::DeserializeOwned;

use crate::problem::Refusal;

/// The question behind an address, field by field.
pub struct Params<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let read = Query::<T>::from_request_parts(parts, state).await;
        let Query(params) = read.map_err(|error| {
            let text = error.body_text();
            let reason = text.rsplit_once("query string: ").map_or(text.as_str(), |(_, reason)| reason);
            Error::Invalid(format!("The question behind the address cannot be read: {reason}.").into())
        })?;
        Ok(Self(params))
    }
}

/// The identities in the path of an address. What is none leads nowhere.
pub struct Ids<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Ids<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let nowhere =
            |_| Error::NotFound("There is nothing at this address; its identity is no UUID.".into());
        let Path(ids) = Path::<T>::from_request_parts(parts, state).await.map_err(nowhere)?;
        Ok(Self(ids))
    }
}

/// The longest text that is searched for, in characters.
const SEARCHED_CHARS_MAX: usize = 200;

/// A text that is searched for, in which neither database takes a zero.
///
/// # Errors
/// [`Invalid`](Error::Invalid) when there is one in it, or it is too long.
pub fn searched(text: Option<String>) -> Result<Option<String>, Error> {
    match text {
        Some(text) if text.contains('\0') => Err(Error::Invalid("`q` cannot hold a NUL character.".into())),
        Some(text) if text.chars().count() > SEARCHED_CHARS_MAX => {
            Err(Error::Invalid(format!("`q` has at most {SEARCHED_CHARS_MAX} characters.").into()))
        }
        text => Ok(text.filter(|text| !text.is_empty())),
    }
}
