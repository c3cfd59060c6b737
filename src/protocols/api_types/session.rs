//! Logging in and staying logged in.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::Time;

/// Who wants to log in.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LogIn {
    /// The user name or the e-mail address.
    #[schema(example = "ann")]
    pub login: String,
    /// The account password.
    #[schema(example = "correct horse battery staple", format = Password)]
    pub password: String,
}

/// What renews a session.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Refresh {
    /// The refresh token of the last answer.
    #[schema(example = "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA")]
    pub refresh_token: String,
}

/// What opens a session.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Tokens {
    /// The session.
    pub session_id: Uuid,
    /// Who is in it.
    pub user_id: Uuid,
    /// The name they log in with.
    #[schema(example = "ann")]
    pub user_name: String,
    /// To be sent with every request as `Authorization: Bearer …`.
    #[schema(example = "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJhbm4ifQ.q83vEjRWeJCrze8SNFZ4kA")]
    pub access_token: String,
    /// Always `Bearer`.
    #[schema(example = "Bearer")]
    pub token_type: String,
    /// Until when the access token holds.
    pub access_expires_at: Time,
    /// Gets the next pair of tokens, once.
    #[schema(example = "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA")]
    pub refresh_token: String,
    /// Until when the refresh token holds.
    pub refresh_expires_at: Time,
}
