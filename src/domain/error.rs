//! The one error of the house, in the domain's words; only the doors translate it into theirs.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use crate::Code;

/// What every floor returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A sentence for the user and, where there is more to say, one for the log.
///
/// The user's sentence says what is wrong and what to do; it never carries a path of the server, an
/// SQL text or a secret. The log's sentence may.
#[derive(Debug, Clone)]
pub struct Message {
    user: Cow<'static, str>,
    code: Option<Code>,
    log: Option<String>,
}

impl Message {
    /// A sentence for the user, and the code by which programs tell it from others of its kind.
    pub fn coded(code: Code, user: impl Into<Cow<'static, str>>) -> Self {
        Self { user: user.into(), code: Some(code), log: None }
    }

    /// The sentence for the user.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// The sentence for the log, if it says more than the user's.
    pub fn log(&self) -> Option<&str> {
        self.log.as_deref()
    }
}

impl<T: Into<Cow<'static, str>>> From<T> for Message {
    fn from(user: T) -> Self {
        Self { user: user.into(), code: None, log: None }
    }
}

impl fmt::Display for Message {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.user)?;
        self.log.iter().try_for_each(|log| write!(out, " ({log})"))
    }
}

/// Everything that can be wrong with a request, or with the house.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// There is no such thing, or the caller may not know of it.
    #[error("{0}")]
    NotFound(Message),
    /// The folder that should hold the new name does not exist.
    #[error("{0}")]
    ParentMissing(Message),
    /// The caller is known and may not do this.
    #[error("{0}")]
    Forbidden(Message),
    /// The caller is not known.
    #[error("{0}")]
    Unauthenticated(Message),
    /// The request itself makes no sense.
    #[error("{0}")]
    Invalid(Message),
    /// A name or path is longer than the house keeps.
    #[error("{0}")]
    NameTooLong(Message),
    /// The name is taken.
    #[error("{0}")]
    Exists(Message),
    /// A condition the caller made does not hold.
    #[error("{0}")]
    Stale(Message),
    /// Somebody's lock is in the way.
    #[error("{0}")]
    Locked(Message),
    /// The bytes do not fit the quota of the space.
    #[error("{0}")]
    QuotaExceeded(Message),
    /// The machine has no room left.
    #[error("{0}")]
    OutOfSpace(Message),
    /// One request asks for more than a limit allows.
    #[error("{0}")]
    TooLarge(Message),
    /// Too many requests; worth trying again after the wait.
    #[error("{message}")]
    TooMany {
        /// What to tell the caller.
        message: Message,
        /// How long to wait.
        retry_after: Duration,
    },
    /// The house does not do this.
    #[error("{0}")]
    Unsupported(Message),
    /// Something the house needs does not answer now; trying again is worth it.
    #[error("{0}")]
    Unavailable(Message),
    /// The database has undone this for the sake of something else; done again at once, it works.
    #[error("{0}")]
    Contended(Message),
    /// A fault of the house.
    #[error("{0}")]
    Internal(Message),
}

impl Error {
    /// A fault of the house: the user learns that it is logged, the log learns what it was.
    pub fn internal(log: impl fmt::Display) -> Self {
        Self::Internal(Message {
            user: "Something went wrong on the server; the log says what.".into(),
            code: None,
            log: Some(log.to_string()),
        })
    }

    /// Something the house needs did not answer.
    pub fn unavailable(user: impl Into<Cow<'static, str>>, log: impl fmt::Display) -> Self {
        Self::Unavailable(Message { user: user.into(), code: None, log: Some(log.to_string()) })
    }

    /// The database has undone a transaction for the sake of another one.
    pub fn contended(log: impl fmt::Display) -> Self {
        Self::Contended(Message {
            user: "The server is busy with other changes here; nothing was changed, try again in a moment."
                .into(),
            code: None,
            log: Some(log.to_string()),
        })
    }

    /// No room is left on the machine.
    pub fn out_of_space(log: impl fmt::Display) -> Self {
        Self::OutOfSpace(Message {
            user: "The server's disk is full; nothing was changed.".into(),
            code: None,
            log: Some(log.to_string()),
        })
    }

    /// The code of this error: its own, or that of its kind.
    pub fn code(&self) -> Code {
        self.message().code.unwrap_or(match self {
            Self::NotFound(_) => Code::NotFound,
            Self::ParentMissing(_) => Code::ParentMissing,
            Self::Forbidden(_) => Code::Forbidden,
            Self::Unauthenticated(_) => Code::Unauthenticated,
            Self::Invalid(_) => Code::Invalid,
            Self::NameTooLong(_) => Code::NameTooLong,
            Self::Exists(_) => Code::Exists,
            Self::Stale(_) => Code::Stale,
            Self::Locked(_) => Code::Locked,
            Self::QuotaExceeded(_) => Code::QuotaExceeded,
            Self::OutOfSpace(_) => Code::OutOfSpace,
            Self::TooLarge(_) => Code::TooLarge,
            Self::TooMany { .. } => Code::TooMany,
            Self::Unsupported(_) => Code::Unsupported,
            Self::Unavailable(_) | Self::Contended(_) => Code::Unavailable,
            Self::Internal(_) => Code::Internal,
        })
    }

    /// The words of this error.
    pub fn message(&self) -> &Message {
        match self {
            Self::NotFound(message)
            | Self::ParentMissing(message)
            | Self::Forbidden(message)
            | Self::Unauthenticated(message)
            | Self::Invalid(message)
            | Self::NameTooLong(message)
            | Self::Exists(message)
            | Self::Stale(message)
            | Self::Locked(message)
            | Self::QuotaExceeded(message)
            | Self::OutOfSpace(message)
            | Self::TooLarge(message)
            | Self::TooMany { message, .. }
            | Self::Unsupported(message)
            | Self::Unavailable(message)
            | Self::Contended(message)
            | Self::Internal(message) => message,
        }
    }
}
