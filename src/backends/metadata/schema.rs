//! The version of the database, and the way to the newest one.

use std::collections::BTreeSet;

use domain::{Error, Result, Timestamp};
use migrations::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, Statement};

use crate::error::DbResult;
use crate::snapshots::{self, BeforeUpgrade};
use crate::{Db, Metadata, holds};

/// How the database stands to this program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Version {
    /// Every step has been taken.
    Current,
    /// These steps are missing, oldest first; all of them for an empty database.
    Behind(Vec<String>),
    /// A newer Larder has taken these steps, which this one does not know.
    Newer(Vec<String>),
}

/// What bringing the database up to date took.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Upgrade {
    /// The latest step it had taken before; none if it was empty.
    pub from: Option<String>,
    /// The steps, oldest first; none where nothing was to be done.
    pub steps: Vec<String>,
    /// The database of before; none if it was empty.
    pub snapshot: Option<BeforeUpgrade>,
}

/// Compares the database with this program; changes nothing.
///
/// # Errors
/// [`Unavailable`](Error::Unavailable) when the database does not answer.
pub async fn version(db: &impl Db) -> Result<Version> {
    let known: Vec<String> = Migrator::migrations().iter().map(|step| step.name().to_owned()).collect();
    let taken = taken(db).await?;
    let unknown: Vec<String> = taken.iter().filter(|step| !known.contains(step)).cloned().collect();
    if !unknown.is_empty() {
        return Ok(Version::Newer(unknown));
    }
    let missing: Vec<String> = known.into_iter().filter(|step| !taken.contains(step)).collect();
    Ok(if missing.is_empty() { Version::Current } else { Version::Behind(missing) })
}

/// Takes every missing step in one transaction; a newer database is refused, untouched. Before that a database that is
/// not empty is copied, so that the upgrade can be taken back, and what it refers to is held for as long.
///
/// # Errors
/// [`Unsupported`](Error::Unsupported) for a newer database, [`Unavailable`](Error::Unavailable) when the copy cannot
/// be written; whatever the database says otherwise. Nothing has changed then.
pub async fn migrate(metadata: &Metadata, now: Timestamp) -> Result<Upgrade> {
    let steps = match version(metadata).await? {
        Version::Current => return Ok(Upgrade::default()),
        Version::Newer(steps) => return Err(newer(&steps)),
        Version::Behind(steps) => steps,
    };
    let from = taken(metadata).await?.last().cloned();
    let snapshot = match (&from, steps.first()) {
        (Some(_), Some(step)) => Some(snapshots::write_before(metadata, step, now).await?),
        _ => None,
    };
    failpoint::reach("migrate.copied");
    let tx = metadata.begin().await?;
    Migrator::up(&tx.raw, None).await.or_domain()?;
    if let Some(snapshot) = &snapshot {
        holds::take(&tx, &snapshot.hold(), snapshot.kept_until()).await?;
    }
    failpoint::reach("migrate.taken");
    tx.commit().await?;
    failpoint::reach("migrate.done");
    Ok(Upgrade { from, steps, snapshot })
}

/// Refuses every database but one at the newest version this program knows; changes nothing.
///
/// # Errors
/// [`Unsupported`](Error::Unsupported) for an older or newer database; whatever the database says otherwise.
pub async fn require_current(metadata: &Metadata) -> Result<()> {
    match version(metadata).await? {
        Version::Current => Ok(()),
        Version::Behind(_) => Err(Error::Unsupported(
            "The database is older than this program; `larder migrate` brings it up to date.".into(),
        )),
        Version::Newer(steps) => Err(newer(&steps)),
    }
}

/// Refuses a database that this program does not know all steps of; changes nothing.
///
/// # Errors
/// [`Unsupported`](Error::Unsupported) for a newer database; whatever the database says otherwise.
pub async fn refuse_newer(db: &impl Db) -> Result<()> {
    match version(db).await? {
        Version::Newer(steps) => Err(newer(&steps)),
        Version::Current | Version::Behind(_) => Ok(()),
    }
}

fn newer(steps: &[String]) -> Error {
    Error::Unsupported(
        format!(
            "This data belongs to a newer Larder (it has taken the step {}); nothing was changed. \
             Start it with the version that made it, or a later one.",
            steps.join(", ")
        )
        .into(),
    )
}

/// The latest step a database has taken.
///
/// # Errors
/// [`NotFound`](Error::NotFound) when it is empty; whatever the database says otherwise.
pub async fn latest_step(db: &impl Db) -> Result<String> {
    let last = taken(db).await?.last().cloned();
    last.ok_or_else(|| Error::NotFound("There is nothing in this database.".into()))
}

/// The steps the database has taken, oldest first.
pub(crate) async fn taken(db: &impl Db) -> Result<BTreeSet<String>> {
    let raw = db.raw();
    let ask = |sql: &str| Statement::from_string(raw.get_database_backend(), sql);
    let begun = ask("SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'seaql_migrations'");
    if raw.query_one_raw(begun).await.or_domain()?.is_none() {
        return Ok(BTreeSet::new());
    }
    let rows = raw.query_all_raw(ask("SELECT version FROM seaql_migrations")).await.or_domain()?;
    rows.iter().map(|row| row.try_get("", "version").or_domain()).collect()
}
