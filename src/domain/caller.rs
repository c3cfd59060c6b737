//! Who asks, when, and by which door: the first argument of every use case.

use std::fmt;
use std::net::IpAddr;

use uuid::Uuid;

use crate::{
    Code, Error, Message, NodePath, Once, Result, Role, SessionId, Timestamp, Tree, UserId, UserName,
};

/// The identity of one request; it stands in every line of the log the request caused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RequestId(pub Uuid);

impl fmt::Display for RequestId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.simple().fmt(out)
    }
}

/// How a request came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Door {
    /// WebDAV.
    WebDav,
    /// The REST API.
    Rest,
    /// The command line on the server's machine.
    Command,
    /// Nobody came: a job.
    Job,
}

impl Door {
    /// As rows and the API write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::WebDav => "webdav",
            Self::Rest => "rest",
            Self::Command => "command",
            Self::Job => "job",
        }
    }

    /// Reads its word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::WebDav, Self::Rest, Self::Command, Self::Job].into_iter().find(|door| door.as_str() == word)
    }
}

/// What the credential of a request opens, beside what its user may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Powers {
    /// Everything: somebody who gave the account password.
    Full,
    /// Everything, to read it: the same, while they are suspended.
    Read,
    /// Files: an app password.
    Files,
    /// Files, to read them: an app password made for that, or of somebody who is suspended.
    ReadFiles,
}

/// Who asks.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The user.
    pub user: UserId,
    /// The name they log in with.
    pub name: UserName,
    /// What they are.
    pub role: Role,
    /// Where their own files are.
    pub home: Tree,
    /// What their credential opens.
    pub powers: Powers,
    /// The session they are in, if they came with an access token.
    pub session: Option<SessionId>,
    /// When the request began; every row it writes carries this moment.
    pub now: Timestamp,
    /// The request.
    pub request: RequestId,
    /// The door it came by.
    pub door: Door,
    /// Where it came from, if from elsewhere.
    pub address: Option<IpAddr>,
    /// The key under which what is asked for is to happen once, however often it is asked.
    pub once: Option<Once>,
}

impl Caller {
    /// The tree that a path leads through: their own, unless it is one of another.
    pub fn tree(&self, path: &NodePath) -> Tree {
        path.tree().unwrap_or(self.home)
    }

    /// Refuses a credential that only reads files.
    ///
    /// # Errors
    /// [`Forbidden`](Error::Forbidden), with the reason.
    pub fn may_write(&self) -> Result<()> {
        match self.powers {
            Powers::Full | Powers::Files => Ok(()),
            Powers::Read => Err(suspended()),
            Powers::ReadFiles => Err(Error::Forbidden(Message::coded(
                Code::ReadOnly,
                "This account or app password may only read; nothing was changed.",
            ))),
        }
    }

    /// Refuses a credential that is good for files alone.
    ///
    /// # Errors
    /// [`Forbidden`](Error::Forbidden), with the reason.
    pub fn may_see(&self) -> Result<()> {
        match self.powers {
            Powers::Full | Powers::Read => Ok(()),
            Powers::Files | Powers::ReadFiles => Err(Error::Forbidden(Message::coded(
                Code::NeedsSession,
                "An app password opens files only; log in with the account password for this.",
            ))),
        }
    }

    /// Refuses a credential that is good for files alone, or for reading.
    ///
    /// # Errors
    /// [`Forbidden`](Error::Forbidden), with the reason.
    pub fn may_manage(&self) -> Result<()> {
        match self.powers {
            Powers::Read => Err(suspended()),
            Powers::Full | Powers::Files | Powers::ReadFiles => self.may_see(),
        }
    }

    /// Refuses whoever is no admin of the house.
    ///
    /// # Errors
    /// [`Forbidden`](Error::Forbidden), with the reason.
    pub fn is_admin(&self) -> Result<()> {
        self.may_manage()?;
        match self.role {
            Role::Admin => Ok(()),
            Role::User => Err(Error::Forbidden(Message::coded(
                Code::NeedsAdmin,
                "Only an admin of this server may do this.",
            ))),
        }
    }
}

fn suspended() -> Error {
    Error::Forbidden(Message::coded(
        Code::AccountSuspended,
        "This account is suspended and may only read; nothing was changed.",
    ))
}
