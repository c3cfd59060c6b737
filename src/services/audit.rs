//! The record of who did what: read by those whom it concerns, written for what only reads, and forgotten in time.

use std::time::Duration;

use domain::audit::{Deed, Entry, Filter};
use domain::{
    Action, Caller, Error, Event, OrganizationId, OrganizationRole, Page, PageRequest, ProjectId,
    ProjectRole, Result, Timestamp,
};
use metadata::again;
use metadata::audit::{self, Scope};

use crate::Backends;
use crate::steps::{see_organization, see_project};

const DAY: Duration = Duration::from_secs(86_400);
/// How many entries one transaction removes.
const ROWS_MAX: u32 = 1_000;
/// How much of the record goes at once: a clock that leaps ahead is seen before all of it has gone.
const STEP: Duration = Duration::from_secs(2 * 86_400);

/// What the caller did, and what was tried under their name, the newest first.
///
/// # Errors
/// [`Forbidden`](Error::Forbidden) with an app password, [`Invalid`](Error::Invalid) for a cursor of another list.
pub async fn own(
    caller: &Caller,
    backends: &Backends,
    filter: &Filter,
    page: &PageRequest,
) -> Result<Page<Entry>> {
    caller.may_see()?;
    audit::list(&backends.metadata, Scope::Of(caller.user), filter, page).await
}

/// What was done in an organization and its projects, for its admins and owners.
///
/// # Errors
/// [`NotFound`](Error::NotFound) when the caller is not in it, [`Forbidden`](Error::Forbidden) when they are no admin
/// there, [`Invalid`](Error::Invalid) for a cursor of another list.
pub async fn of_organization(
    caller: &Caller,
    backends: &Backends,
    organization: OrganizationId,
    filter: &Filter,
    page: &PageRequest,
) -> Result<Page<Entry>> {
    caller.may_see()?;
    let standing = see_organization(&backends.metadata, caller, organization).await?;
    if standing.acting < OrganizationRole::Admin {
        return Err(Error::Forbidden(
            "Only admins and owners of this organization may read its record.".into(),
        ));
    }
    audit::list(&backends.metadata, Scope::Organization(organization), filter, page).await
}

/// What was done in a project, for its admins and whoever may act as one.
///
/// # Errors
/// [`NotFound`](Error::NotFound) when the caller may not see it, [`Forbidden`](Error::Forbidden) when they are no admin
/// there, [`Invalid`](Error::Invalid) for a cursor of another list.
pub async fn of_project(
    caller: &Caller,
    backends: &Backends,
    project: ProjectId,
    filter: &Filter,
    page: &PageRequest,
) -> Result<Page<Entry>> {
    caller.may_see()?;
    see_project(&backends.metadata, caller, project).await?.standing.at_least(ProjectRole::Admin)?;
    audit::list(&backends.metadata, Scope::Project(project), filter, page).await
}

/// Everything, for admins of the house.
///
/// # Errors
/// [`Forbidden`](Error::Forbidden) for everybody else, [`Invalid`](Error::Invalid) for a cursor of another list.
pub async fn everything(
    caller: &Caller,
    backends: &Backends,
    filter: &Filter,
    page: &PageRequest,
) -> Result<Page<Entry>> {
    caller.is_admin()?;
    list(backends, filter, page).await
}

/// Everything, for whoever works on the server's machine.
///
/// # Errors
/// [`Invalid`](Error::Invalid) for a cursor of another list; whatever the database says.
pub async fn list(backends: &Backends, filter: &Filter, page: &PageRequest) -> Result<Page<Entry>> {
    audit::list(&backends.metadata, Scope::Everything, filter, page).await
}

/// Notes that a door refused something to a caller, who may not do it: `asked` says what, such as `PUT /dav/a.txt`.
pub fn note_refusal(backends: &Backends, caller: &Caller, asked: &str) {
    let event = Event::new(Action::Refuse, "request", "", asked);
    backends.accesses.note(Deed::of(caller, event).refused());
}

/// Writes down what was read and refused since the last time. What cannot be written waits for the next time.
///
/// # Errors
/// Whatever the database says.
pub async fn write_accesses(backends: &Backends) -> Result<()> {
    loop {
        let (deeds, lost) = backends.accesses.take(audit::AT_ONCE);
        if lost > 0 {
            tracing::warn!(
                lost,
                "more was read and refused than could be written down; the record lacks that"
            );
        }
        if deeds.is_empty() {
            return Ok(());
        }
        let written = again(|| async {
            let tx = backends.metadata.begin().await?;
            audit::record_all(&tx, &deeds).await?;
            tx.commit().await
        });
        if let Err(error) = written.await {
            backends.accesses.give_back(deeds);
            return Err(error);
        }
    }
}

/// Forgets some of what is older than the settings say; whether there is more of what may go this time.
///
/// # Errors
/// Whatever the database says.
pub async fn forget(backends: &Backends, now: Timestamp) -> Result<bool> {
    if backends.audit.days == 0 {
        return Ok(false);
    }
    let due = now.before(DAY.saturating_mul(backends.audit.days));
    again(|| async {
        let tx = backends.metadata.begin().await?;
        // What may go already goes first, so that a run of many batches moves the moment once.
        let mut forgotten = match audit::kept_from(&tx).await?.filter(|before| *before <= due) {
            Some(before) => audit::forget(&tx, before, ROWS_MAX).await?,
            None => 0,
        };
        if forgotten == 0 {
            let before = audit::keep_from(&tx, due, STEP).await?;
            forgotten = audit::forget(&tx, before, ROWS_MAX).await?;
        }
        tx.commit().await?;
        Ok(forgotten == u64::from(ROWS_MAX))
    })
    .await
}

#[cfg(test)]
mod tests;
