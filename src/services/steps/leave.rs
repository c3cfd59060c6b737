//! Letting somebody go out of everything.

use domain::{JobKind, Result, Timestamp, UserId};
use metadata::{Tx, jobs, users};

/// The job that purges a project that is condemned; its key is the project.
pub const PURGE_PROJECT: JobKind = JobKind::named("purge-project");

/// Lets somebody go out of all organizations and projects, and has the projects purged that nobody is left in.
///
/// # Errors
/// Whatever the database says.
pub(crate) async fn leave(tx: &Tx, user: UserId, now: Timestamp) -> Result<()> {
    for project in users::leave(tx, user, now).await? {
        jobs::enqueue(tx, now, &PURGE_PROJECT, &project.0.to_string(), now).await?;
    }
    Ok(())
}
