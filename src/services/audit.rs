//! The record of who did what: read by those whom it concerns, written for what only reads, and forgotten in time.

use std::time::Duration;

use domain::audit::{Deed, Entry, Filter};
use domain::{
    Action, Caller, Error, Event, OrganizationId, OrganizationRole, Page, PageRequest, ProjectId,
    ProjectRole, Result, Timestamp,
};
use metadata::audit::{self, Scope};
use metadata::{again, app_passwords, once};

use crate::Backends;
use crate::steps::{see_organization, see_project};

const DAY: Duration = Duration::from_secs(86_400);
/// How many entries one transaction removes.
const ROWS_MAX: u32 = 1_000;
/// How long what came with an Idempotency-Key is known by it.
const KEYS_KEPT_FOR: Duration = DAY;
/// How long it is shown of an app password that it was revoked or has expired.
const ENDED_KEPT_FOR: Duration = DAY.saturating_mul(90);

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

/// Forgets some of what is older than the settings say, idempotency keys older than a day, and app passwords that have opened
/// nothing for three months; whether there is more.
///
/// # Errors
/// Whatever the database says.
pub async fn forget(backends: &Backends, now: Timestamp) -> Result<bool> {
    let days = backends.audit.days;
    again(|| async {
        let tx = backends.metadata.begin().await?;
        once::forget(&tx, now.before(KEYS_KEPT_FOR)).await?;
        let ended = app_passwords::forget(&tx, now.before(ENDED_KEPT_FOR), ROWS_MAX).await?;
        let mut forgotten = 0;
        if days > 0 {
            let before = now.before(DAY.saturating_mul(days));
            audit::keep_from(&tx, before).await?;
            forgotten = audit::forget(&tx, before, ROWS_MAX).await?;
        }
        tx.commit().await?;
        Ok(forgotten.max(ended) == u64::from(ROWS_MAX))
    })
    .await
}

#[cfg(test)]
mod tests;
