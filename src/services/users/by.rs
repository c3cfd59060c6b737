//! Who administers: an admin by the API, or whoever sits at the server.

use domain::{Caller, Code, Door, Error, Event, Message, Result, Timestamp, UserId};
use metadata::{Tx, users};

use crate::steps::{record, record_here};

/// Who asks for something that only admins do.
#[derive(Clone, Copy)]
pub enum By<'a> {
    /// Somebody who has to be an admin.
    Caller(&'a Caller),
    /// The server itself: a command, or a job.
    House {
        /// When.
        now: Timestamp,
        /// Which of the two.
        door: Door,
    },
}

impl By<'_> {
    /// When it is asked for.
    pub(super) fn now(self) -> Timestamp {
        match self {
            Self::Caller(caller) => caller.now,
            Self::House { now, .. } => now,
        }
    }

    /// Which user asks.
    pub(super) fn user(self) -> Option<UserId> {
        match self {
            Self::Caller(caller) => Some(caller.user),
            Self::House { .. } => None,
        }
    }

    /// Refuses whoever is no admin, as far as the request says.
    pub(super) fn may(self) -> Result<()> {
        match self {
            Self::Caller(caller) => caller.is_admin(),
            Self::House { .. } => Ok(()),
        }
    }

    /// The same as things stand now, once others have had their turn: of two admins who take each other's role away, the
    /// second is none any more.
    pub(super) async fn still_may(self, tx: &Tx) -> Result<()> {
        match self.user() {
            Some(user) if !users::is_admin(tx, user).await? => Err(Error::Forbidden(Message::coded(
                Code::NeedsAdmin,
                "Only an admin of this server may do this.",
            ))),
            _ => Ok(()),
        }
    }

    /// Writes down what is done.
    pub(super) async fn note(self, tx: &Tx, event: Event) -> Result<()> {
        match self {
            Self::Caller(caller) => record(tx, caller, &event).await,
            Self::House { now, door } => record_here(tx, now, door, event).await,
        }
    }
}
