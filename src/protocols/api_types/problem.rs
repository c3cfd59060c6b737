//! What an error looks like (RFC 9457).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An error, as `application/problem+json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// Where the code is explained.
    #[serde(rename = "type")]
    #[schema(example = "/api/v1/errors#not_found")]
    pub kind: String,
    /// What kind of error it is, in a sentence that is always the same for its code.
    #[schema(example = "There is no such thing, or the caller may not know of it.")]
    pub title: String,
    /// The HTTP status.
    #[schema(example = 404)]
    pub status: u16,
    /// What is wrong here, and what to do.
    #[schema(example = "There is no such project.")]
    pub detail: String,
    /// The stable word for it.
    #[schema(example = "not_found")]
    pub code: String,
}

/// A code that an error may have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ErrorCode {
    /// The stable word.
    #[schema(example = "not_found")]
    pub code: String,
    /// What it means.
    #[schema(example = "There is no such thing, or the caller may not know of it.")]
    pub meaning: String,
}
