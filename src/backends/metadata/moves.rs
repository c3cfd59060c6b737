//! Moving everything to another database, so that no change that was acknowledged is left behind.
//!
//! As long as it lasts nothing can be changed: the mover holds a file, and the writer. The target is marked as arriving
//! until the source is marked as left, and no server works with either: wherever the mover dies, one of the two is the
//! house's database, and a second run ends what the first began.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use domain::{Error, Result, Timestamp};
use sea_orm::ConnectionTrait;
use uuid::Uuid;

use crate::error::DbResult;
use crate::schema::{self, Version};
use crate::transfer::{self, Moment, Transferred};
use crate::{Db, Metadata, Tx, statement};

/// The file in the data folder that a mover holds; one that nobody holds means nothing.
const FILE: &str = "moving.lock";

/// The step that brought the marks.
const STEP: &str = "m0008_many_servers";

/// What running servers say to whoever wants to change something.
const BEING_MOVED: &str =
    "Everything is being moved to another database; reading goes on. Try again when that is done.";

/// What a move came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Everything is in the other database.
    Moved,
    /// An earlier run had moved it, and lacked the last step.
    Ended,
}

/// Moves everything from one database into another, empty one. Servers go on reading from the first, refuse to change
/// anything meanwhile, and have to be started on the other one afterwards.
///
/// # Errors
/// [`Exists`](Error::Exists) when there is something in the target, [`Unsupported`](Error::Unsupported) when it is of
/// another version or when the source cannot be moved, [`Unavailable`](Error::Unavailable) when it was moved before or
/// one of them cannot be used. The source is then as it was.
pub async fn carry(
    source: &Metadata,
    target: &Metadata,
    now: Timestamp,
    watch: &(dyn Fn(Transferred) + Sync),
) -> Result<Outcome> {
    if source.is_shared() {
        return Err(Error::Unsupported("Only a SQLite database can be moved in this way.".into()));
    }
    let file = hold(&source.data_folder)?;
    let moved = carry_held(source, target, now, watch).await;
    // One that stays is of no harm.
    let _ = fs::remove_file(source.data_folder.join(FILE));
    drop(file);
    moved
}

async fn carry_held(
    source: &Metadata,
    target: &Metadata,
    now: Timestamp,
    watch: &(dyn Fn(Transferred) + Sync),
) -> Result<Outcome> {
    let pen = source.begin_whole().await?;
    if let Some(mark) = find(&pen).await? {
        // By its number: what has arrived there may be another house's.
        let is_this = |other: Mark| other.id == mark.id;
        let arriving =
            schema::version(target).await? == Version::Current && find(target).await?.is_some_and(is_this);
        if mark.arriving || !arriving {
            return Err(mark.refusal());
        }
        unmark(target, mark.id).await?;
        return Ok(Outcome::Ended);
    }
    prepare(target).await?;
    let arrived = arrive(source, &pen, target, now, watch).await?;
    failpoint::reach("move.arrived");
    mark(&pen, Mark { id: arrived.0, arriving: false, place: target.place().to_owned() }, now).await?;
    refuse_changes(&pen).await?;
    pen.commit().await?;
    failpoint::reach("move.left");
    arrived.confirm(target).await?;
    failpoint::reach("move.done");
    Ok(Outcome::Moved)
}

/// Everything is in a database, which is not used before [`confirm`](Self::confirm).
pub struct Arrived(Uuid);

impl Arrived {
    /// Lets servers use it.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn confirm(self, target: &Metadata) -> Result<()> {
        unmark(target, self.0).await
    }
}

/// Carries everything from one database, which nobody changes, into another, empty one.
///
/// # Errors
/// As for [`carry`].
pub async fn bring(source: &Metadata, target: &Metadata, now: Timestamp) -> Result<Arrived> {
    prepare(target).await?;
    let view = source.view_whole().await?;
    arrive(source, &view, target, now, &|_| {}).await
}

async fn arrive(
    source: &Metadata,
    moment: &impl Moment,
    target: &Metadata,
    now: Timestamp,
    watch: &(dyn Fn(Transferred) + Sync),
) -> Result<Arrived> {
    let tx = target.begin_whole().await?;
    let replaces = find(&tx).await?.is_some_and(|mark| mark.arriving);
    transfer::carry(moment, &tx, replaces, watch).await?;
    let id = Uuid::new_v4();
    mark(&tx, Mark { id, arriving: true, place: source.place().to_owned() }, now).await?;
    tx.commit().await?;
    Ok(Arrived(id))
}

/// Fills a database that is new and that nobody knows of yet.
///
/// # Errors
/// As for [`carry`].
pub(crate) async fn fill(source: &Metadata, target: &Metadata) -> Result<()> {
    prepare(target).await?;
    let view = source.view_whole().await?;
    let tx = target.begin_whole().await?;
    transfer::carry(&view, &tx, false, &|_| {}).await?;
    tx.commit().await
}

/// Refuses a database that is not empty, and gives an empty one its tables. What a move or a restore that was broken off
/// has left in it counts for nothing.
///
/// # Errors
/// [`Exists`](Error::Exists), [`Unsupported`](Error::Unsupported); whatever the database says.
pub async fn prepare(target: &Metadata) -> Result<()> {
    match schema::version(target).await? {
        Version::Current if find(target).await?.is_some_and(|mark| mark.arriving) => Ok(()),
        Version::Current => transfer::require_empty(&target.view_whole().await?).await,
        Version::Behind(_) if schema::taken(target).await?.is_empty() => {
            if transfer::any_table(&target.view_whole().await?).await? {
                let text = "There is something else in the other database already, and nothing was changed. \
                            Name an empty one.";
                return Err(Error::Exists(text.into()));
            }
            schema::migrate_unkept(target).await
        }
        Version::Behind(_) | Version::Newer(_) => Err(Error::Unsupported(
            "The other database belongs to another version of Larder, and nothing was changed. Name an empty one."
                .into(),
        )),
    }
}

/// What a database says of a move.
struct Mark {
    id: Uuid,
    arriving: bool,
    place: String,
}

impl Mark {
    fn refusal(&self) -> Error {
        let place = &self.place;
        Error::Unavailable(match self.arriving {
            true => "Everything was being moved or restored into this database, and that has not come to its end; \
                     run the same command again."
                .into(),
            false => format!(
                "Everything was moved to {place}, and this database is no longer used. Set metadata.url to that \
                 database, and start Larder again."
            )
            .into(),
        })
    }
}

/// Refuses a database that was moved, or whose move has not come to its end.
///
/// # Errors
/// [`Unavailable`](Error::Unavailable) with a sentence that says what to do; whatever the database says.
pub async fn refuse_moved(db: &impl Db) -> Result<()> {
    match find(db).await? {
        Some(mark) => Err(mark.refusal()),
        None => Ok(()),
    }
}

async fn find(db: &impl Db) -> Result<Option<Mark>> {
    if !schema::taken(db).await?.contains(STEP) {
        return Ok(None);
    }
    let sql = "SELECT id, arriving, place FROM moves ORDER BY moved_ms DESC LIMIT 1";
    let row = db.raw().query_one_raw(statement(db, sql, [])).await.or_domain()?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Mark {
        id: row.try_get("", "id").or_domain()?,
        arriving: row.try_get("", "arriving").or_domain()?,
        place: row.try_get("", "place").or_domain()?,
    }))
}

async fn mark(tx: &Tx, Mark { id, arriving, place }: Mark, now: Timestamp) -> Result<()> {
    let sql = "INSERT INTO moves (id, arriving, place, moved_ms) VALUES ($1, $2, $3, $4)";
    let values = [id.into(), arriving.into(), place.into(), now.millis().into()];
    tx.raw().execute_raw(statement(tx, sql, values)).await.or_domain().map(drop)
}

async fn unmark(target: &Metadata, id: Uuid) -> Result<()> {
    let tx = target.begin_whole().await?;
    let sql = "DELETE FROM moves WHERE id = $1";
    match tx.raw().execute_raw(statement(&tx, sql, [id.into()])).await.or_domain()?.rows_affected() {
        1 => tx.commit().await,
        _ => Err(Error::Unavailable(
            "Another command has put something else into the other database meanwhile. Name one that nobody else uses."
                .into(),
        )),
    }
}

/// Lets the database itself refuse every change, whoever makes it and however long they have had it open.
async fn refuse_changes(pen: &Tx) -> Result<()> {
    for table in transfer::names_of_tables(pen).await? {
        for change in ["INSERT", "UPDATE", "DELETE"] {
            let sql = format!(
                "CREATE TRIGGER \"moved_{table}_{change}\" BEFORE {change} ON \"{table}\" \
                 BEGIN SELECT RAISE(ABORT, 'moved to another database'); END"
            );
            pen.raw().execute_unprepared(&sql).await.or_domain()?;
        }
    }
    Ok(())
}

/// Says to all who would change something that they cannot, until the file is closed, by whatever ends this process.
fn hold(data_folder: &Path) -> Result<File> {
    let path = data_folder.join(FILE);
    let unusable = |error: io::Error| {
        Error::unavailable(format!("The file {} cannot be made and locked.", path.display()), error)
    };
    let file = File::options().create(true).write(true).truncate(false).open(&path).map_err(unusable)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            Err(Error::Unavailable("Another command is moving this database; wait for its end.".into()))
        }
        Err(TryLockError::Error(error)) => Err(unusable(error)),
    }
}

/// Where to look for a mover before each change.
pub(crate) struct Watch(PathBuf);

impl Watch {
    pub(crate) fn over(data_folder: &Path) -> Self {
        Self(data_folder.join(FILE))
    }

    /// Refuses changes while everything is being moved. It spares whoever asks the wait for the writer, which the mover
    /// has; so what cannot be looked at does not matter.
    pub(crate) fn refuse(&self) -> Result<()> {
        match File::open(&self.0).map(|file| file.try_lock_shared()) {
            Ok(Err(TryLockError::WouldBlock)) => Err(Error::Unavailable(BEING_MOVED.into())),
            _ => Ok(()),
        }
    }
}
