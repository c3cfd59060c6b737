//! What the database says, in the domain's words.

use domain::{Error, Result};
use sea_orm::{DbErr, RuntimeErr};
use sqlx::postgres::PgDatabaseError;

const BUSY: &str = "The database is busy; try again in a moment.";
const UNUSABLE: &str = "The database cannot be used at the moment.";

const MOVED: &str = "Everything was moved to another database. Whoever runs this server has to start it again on \
                     that one: the setting metadata.url names it.";

const GIVEN_UP: &str = "The server was out of touch for so long that this upload was given up; nothing was changed, \
                        send it again.";

/// Steps that are taken together divide by the rows they find where they must find one.
const UNMET: &str = "22012";

/// idle_in_transaction_session_timeout: the server was halted in the middle of a transaction, which was undone.
const STOOD_STILL: &str = "25P03";

/// What the triggers of a database that was moved say; those of the record say something else.
const MOVED_AWAY: &str = "moved to another database";

/// Turns an answer of the database into one of the house.
pub(crate) trait DbResult<T> {
    fn or_domain(self) -> Result<T>;
}

impl<T> DbResult<T> for Result<T, DbErr> {
    fn or_domain(self) -> Result<T> {
        self.map_err(|error| {
            if matches!(error, DbErr::ConnectionAcquire(_)) {
                return Error::unavailable(BUSY, error);
            }
            match source(&error) {
                Some(sqlx::Error::Database(said)) => match said.try_downcast_ref::<PgDatabaseError>() {
                    Some(said) => by_state(said.code(), &error),
                    None if said.message() == MOVED_AWAY => Error::unavailable(MOVED, &error),
                    None => by_result(said.code().as_deref(), &error),
                },
                // A connection that is gone, and one there was none to be had of.
                Some(
                    sqlx::Error::Io(_)
                    | sqlx::Error::Tls(_)
                    | sqlx::Error::Protocol(_)
                    | sqlx::Error::PoolTimedOut
                    | sqlx::Error::PoolClosed
                    | sqlx::Error::WorkerCrashed,
                ) => Error::unavailable(UNUSABLE, &error),
                _ => Error::internal(&error),
            }
        })
    }
}

fn source(error: &DbErr) -> Option<&sqlx::Error> {
    match error {
        DbErr::Conn(RuntimeErr::SqlxError(source))
        | DbErr::Exec(RuntimeErr::SqlxError(source))
        | DbErr::Query(RuntimeErr::SqlxError(source)) => Some(source.as_ref()),
        _ => None,
    }
}

/// By the result code of SQLite, of which the low byte says what kind of fault it is (sqlite.org/rescode.html).
fn by_result(code: Option<&str>, error: &DbErr) -> Error {
    match code.and_then(|code| code.parse::<u32>().ok()).map(|code| code & 0xff) {
        // SQLITE_BUSY and SQLITE_LOCKED, with all their extended codes.
        Some(5 | 6) => Error::unavailable(BUSY, error),
        // SQLITE_FULL
        Some(13) => Error::out_of_space(error),
        // SQLITE_READONLY, SQLITE_IOERR and SQLITE_CANTOPEN: the disk, not the house, is at fault.
        Some(8 | 10 | 14) => Error::unavailable(UNUSABLE, error),
        _ => Error::internal(error),
    }
}

/// By the SQLSTATE of PostgreSQL (its manual, appendix A), of which the first two characters are the class.
fn by_state(state: &str, error: &DbErr) -> Error {
    match (&state[..2.min(state.len())], state) {
        // serialization_failure and deadlock_detected; foreign_key_violation, when what a row is about was deleted since it
        // was looked for.
        (_, "40001" | "40P01" | "23503") => Error::contended(error),
        // division_by_zero: one of the steps that were taken together found nothing.
        (_, UNMET) => given_up(error),
        // lock_not_available, query_canceled
        (_, "55P03" | "57014") => Error::unavailable(BUSY, error),
        // disk_full
        (_, "53100") => Error::out_of_space(error),
        // Connections that end or are refused, too many of them, a server that stops or starts or only reads, or that
        // has trouble with its machine.
        ("08" | "53" | "57" | "58", _) | (_, "25006" | STOOD_STILL) => Error::unavailable(UNUSABLE, error),
        _ => Error::internal(error),
    }
}

/// Whether a connection is gone, so that nothing is known of what was sent through it.
pub(crate) fn is_lost(error: &DbErr) -> bool {
    match source(error) {
        Some(sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_)) => true,
        Some(error @ sqlx::Error::Database(_)) => is_farewell(error),
        _ => false,
    }
}

/// Whether the database itself has refused a statement: its connection is as good as before.
pub(crate) fn is_refusal(error: &DbErr) -> bool {
    source(error).is_some_and(|error| matches!(error, sqlx::Error::Database(_)) && !is_farewell(error))
}

/// Whether this is the last thing said on a connection: the server stops or starts, or an administrator or a pooler has
/// ended it.
fn is_farewell(error: &sqlx::Error) -> bool {
    let state = error.as_database_error().and_then(|said| said.code());
    state.is_some_and(|state| state.starts_with("08") || state.starts_with("57P") || state == STOOD_STILL)
}

/// Whether what had to hold for steps that were taken together did not: they divide by the rows they found.
pub(crate) fn is_unmet(error: &DbErr) -> bool {
    let state = source(error).and_then(|error| error.as_database_error()?.code());
    state.is_some_and(|state| state == UNMET)
}

/// What whoever sent something hears, when what the server was receiving is not its own any more.
pub(crate) fn given_up(cause: impl std::fmt::Display) -> Error {
    Error::unavailable(GIVEN_UP, cause)
}

/// A database that could not even be opened.
pub(crate) fn unopened(error: sqlx::Error) -> Error {
    Error::unavailable("The database cannot be opened.", error)
}
