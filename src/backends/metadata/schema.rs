//! The version of the database, and the way to the newest one.

use std::collections::BTreeSet;

use domain::{Error, Result};
use migrations::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, Statement};

use crate::error::DbResult;
use crate::{Db, Metadata};

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

/// Compares the database with this program; changes nothing.
///
/// # Errors
/// [`Unavailable`](Error::Unavailable) when the database does not answer.
pub async fn version(metadata: &Metadata) -> Result<Version> {
    let known: Vec<String> = Migrator::migrations().iter().map(|step| step.name().to_owned()).collect();
    let taken = taken(metadata).await?;
    let unknown: Vec<String> = taken.iter().filter(|step| !known.contains(step)).cloned().collect();
    if !unknown.is_empty() {
        return Ok(Version::Newer(unknown));
    }
    let missing: Vec<String> = known.into_iter().filter(|step| !taken.contains(step)).collect();
    Ok(if missing.is_empty() { Version::Current } else { Version::Behind(missing) })
}

/// Takes every missing step in one transaction and says which; a newer database is refused, untouched.
///
/// # Errors
/// [`Unsupported`](Error::Unsupported) for a newer database; whatever the database says otherwise.
pub async fn migrate(metadata: &Metadata) -> Result<Vec<String>> {
    match version(metadata).await? {
        Version::Current => Ok(Vec::new()),
        Version::Newer(steps) => Err(newer(&steps)),
        Version::Behind(steps) => {
            let tx = metadata.begin().await?;
            Migrator::up(&tx.raw, None).await.or_domain()?;
            failpoint::reach("migrate.taken");
            tx.commit().await?;
            failpoint::reach("migrate.done");
            Ok(steps)
        }
    }
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

async fn taken(metadata: &Metadata) -> Result<BTreeSet<String>> {
    let raw = metadata.raw();
    let ask = |sql: &str| Statement::from_string(raw.get_database_backend(), sql);
    let begun = ask("SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'seaql_migrations'");
    if raw.query_one_raw(begun).await.or_domain()?.is_none() {
        return Ok(BTreeSet::new());
    }
    let rows = raw.query_all_raw(ask("SELECT version FROM seaql_migrations")).await.or_domain()?;
    rows.iter().map(|row| row.try_get("", "version").or_domain()).collect()
}
