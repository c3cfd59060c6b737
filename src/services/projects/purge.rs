//! Purging projects: nobody knows of them from then on, and then, in batches, everything in them goes.

use std::time::Duration;

use domain::{Action, Caller, ETagMatch, Error, ProjectId, ProjectRole, Result, Timestamp};
use metadata::{again, jobs, organizations, project_members, projects, purge as rows, tasks};
use uuid::Uuid;

use crate::Backends;
use crate::steps::{PURGE_PROJECT, change_project};

/// How many rows of a kind one transaction purges: whoever else wants to write waits that long.
const ROWS_MAX: u32 = 1_000;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Purges a project: its members, tasks, files and their history. With `raw_objects` the bytes that nothing refers to any
/// more go as those of any purged file do; without, they stay in the store for the days that the setting
/// `projects.objects_kept_days` says before they do.
///
/// # Errors
/// [`NotFound`](Error::NotFound), [`Forbidden`](Error::Forbidden) for whoever has neither made it nor administers its
/// organization or the house, [`Stale`](Error::Stale).
pub async fn purge(
    caller: &Caller,
    backends: &Backends,
    id: ProjectId,
    raw_objects: bool,
    if_match: Option<&ETagMatch>,
) -> Result<()> {
    caller.may_manage()?;
    let condemned_at = match (raw_objects, backends.projects.objects_kept_days) {
        (true, _) => caller.now,
        (false, 0) => Timestamp::from_millis(i64::MAX),
        (false, days) => caller.now.after(DAY * days),
    };
    again(|| async {
        let tx = backends.metadata.begin().await?;
        let project = change_project(&tx, caller, id, ProjectRole::Viewer).await?;
        project.standing.may_purge()?;
        project.version.expect(if_match)?;
        super::note(&tx, caller, Action::PurgeProject, &project).await?;
        // In their drives its name is free at once.
        project_members::remove_all(&tx, id).await?;
        projects::condemn(&tx, caller.now, id, condemned_at).await?;
        jobs::enqueue(&tx, caller.now, &PURGE_PROJECT, &id.0.to_string(), caller.now).await?;
        failpoint::reach("project.condemned");
        tx.commit().await
    })
    .await?;
    backends.coordination.wake_jobs();
    Ok(())
}

/// Purges the next of a project that was condemned, and says whether there is more. Whoever goes on after a crash finds
/// what is left by what is there.
///
/// # Errors
/// Whatever the database says.
pub async fn purge_batch(backends: &Backends, project: &str) -> Result<bool> {
    let id = ProjectId(Uuid::parse_str(project).map_err(Error::internal)?);
    again(|| async {
        let tx = backends.metadata.begin().await?;
        let Some((space, condemned_at)) = projects::find_condemned(&tx, id).await? else { return Ok(false) };
        let purged = rows::purge_space(&tx, space, condemned_at, ROWS_MAX).await?;
        let more = purged.nodes > 0 || tasks::delete_batch(&tx, id, ROWS_MAX).await? > 0;
        if !more {
            projects::forget(&tx, id).await?;
            rows::purge_top(&tx, space, condemned_at).await?;
            organizations::forget_empty(&tx).await?;
        }
        failpoint::reach("project.batch");
        tx.commit().await?;
        Ok(more)
    })
    .await
}
