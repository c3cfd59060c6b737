//! People with an account.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

use crate::{Error, Quota, Result, Timestamp};

/// The identity of a user. It never shows in a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct UserId(pub Uuid);

/// The name a user logs in with: 1 to 64 characters, letters and digits and `.`, `-`, `_`, `@`, `+`,
/// stored in lower case.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UserName(String);

impl UserName {
    /// Reads a user name.
    ///
    /// # Errors
    /// [`Error::Invalid`] when it cannot be one.
    pub fn parse(typed: &str) -> Result<Self> {
        let name = typed.to_lowercase();
        let allowed = |letter: char| letter.is_alphanumeric() || ".-_@+".contains(letter);
        let length = name.chars().count();
        if length == 0 || length > 64 || !name.chars().all(allowed) {
            return Err(Error::Invalid(
                "A user name has 1 to 64 letters, digits, or one of `.`, `-`, `_`, `@`, `+`.".into(),
            ));
        }
        Ok(Self(name))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UserName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// What a user is in the house as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Has files.
    User,
    /// Has files; kept for the REST API, as today it changes nothing.
    Admin,
}

impl Role {
    /// As rows and commands write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Admin => "admin",
        }
    }
}

impl FromStr for Role {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "user" => Ok(Self::User),
            "admin" => Ok(Self::Admin),
            _ => Err(Error::Invalid("A role is `user` or `admin`.".into())),
        }
    }
}

/// A person with an account.
#[derive(Debug, Clone)]
pub struct User {
    /// Which one.
    pub id: UserId,
    /// What they log in with.
    pub name: UserName,
    /// What they are.
    pub role: Role,
    /// Whether they may come in.
    pub active: bool,
    /// What their personal space may hold and holds.
    pub quota: Quota,
    /// Since when.
    pub created_at: Timestamp,
}
