//! What the database says, in the domain's words.

use domain::{Error, Result};
use sea_orm::{DbErr, RuntimeErr};

const BUSY: &str = "The database is busy; try again in a moment.";

/// Turns an answer of the database into one of the house.
pub(crate) trait DbResult<T> {
    fn or_domain(self) -> Result<T>;
}

impl<T> DbResult<T> for Result<T, DbErr> {
    fn or_domain(self) -> Result<T> {
        self.map_err(|error| match code(&error).as_deref().and_then(primary) {
            // SQLITE_BUSY and SQLITE_LOCKED, with all their extended codes.
            Some(5 | 6) => Error::unavailable(BUSY, error),
            // SQLITE_FULL
            Some(13) => Error::out_of_space(error),
            // SQLITE_READONLY, SQLITE_IOERR and SQLITE_CANTOPEN: the disk, not the house, is at fault.
            Some(8 | 10 | 14) => Error::unavailable("The database cannot be used at the moment.", error),
            _ if matches!(error, DbErr::ConnectionAcquire(_)) => Error::unavailable(BUSY, error),
            _ => Error::internal(error),
        })
    }
}

/// A database that could not even be opened.
pub(crate) fn unopened(error: sqlx::Error) -> Error {
    Error::unavailable("The database cannot be opened.", error)
}

fn code(error: &DbErr) -> Option<String> {
    match error {
        DbErr::Conn(RuntimeErr::SqlxError(source))
        | DbErr::Exec(RuntimeErr::SqlxError(source))
        | DbErr::Query(RuntimeErr::SqlxError(source)) => {
            source.as_database_error()?.code().map(|code| code.into_owned())
        }
        _ => None,
    }
}

/// The low byte of an extended result code says what kind of fault it is (sqlite.org/rescode.html).
fn primary(code: &str) -> Option<u32> {
    Some(code.parse::<u32>().ok()? & 0xff)
}
