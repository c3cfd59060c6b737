//! People with an account.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

use crate::{Email, Error, Quota, Result, Timestamp, Version};

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
    /// Has files, and administers people, organizations and projects.
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
    /// What they are called; empty where they have not said.
    pub display_name: String,
    /// Their address, if one counts as theirs.
    pub email: Option<Email>,
    /// Since when it does.
    pub email_verified_at: Option<Timestamp>,
    /// What they are.
    pub role: Role,
    /// Whether an admin lets them in.
    pub active: bool,
    /// Whether they have shown, where that is asked for, that they read what is sent to the address they gave.
    pub confirmed: bool,
    /// Whether an admin has let them in, where that is asked for.
    pub approved: bool,
    /// Since when they may only read.
    pub suspended_at: Option<Timestamp>,
    /// Since when everything of theirs is being purged.
    pub doomed_at: Option<Timestamp>,
    /// What their personal space may hold and holds.
    pub quota: Quota,
    /// Since when.
    pub created_at: Timestamp,
    /// How often they were changed.
    pub version: Version,
}

/// Whether somebody with an account may come in, and what is in the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// They may.
    Welcome,
    /// They have to show first that they read what is sent to the address they gave.
    Unconfirmed,
    /// An admin has to let them in first.
    Unapproved,
    /// They are kept out, or leave for good.
    Barred,
}

impl Admission {
    /// What becomes of these facts about an account.
    pub fn of(active: bool, confirmed: bool, approved: bool, doomed: bool) -> Self {
        match (active && !doomed, confirmed, approved) {
            (false, ..) => Self::Barred,
            (true, false, _) => Self::Unconfirmed,
            (true, true, false) => Self::Unapproved,
            (true, true, true) => Self::Welcome,
        }
    }
}

impl User {
    /// Whether they may come in.
    pub fn standing(&self) -> Admission {
        Admission::of(self.active, self.confirmed, self.approved, self.doomed_at.is_some())
    }
}
