//! The contents a file has and had: which there are, taking one back, and how long they are kept.

mod retention;

use domain::{Action, Caller, Conditions, Error, Moment, Node, NodePath, NodeTimes, Result, Seq};
use metadata::nodes::{self, Change};
use metadata::{Tx, again, history, versions};

use crate::Backends;
use crate::steps::{about, change, end_lapsed, judge, may_read, node_of, pen, record, seq_at};

pub use metadata::versions::Version;
pub use retention::{forget, thin};

/// The contents that are kept of the file at a path, oldest first, the current one last.
///
/// # Errors
/// [`NotFound`](Error::NotFound), and [`Invalid`](Error::Invalid) for a folder.
pub async fn list(caller: &Caller, backends: &Backends, path: &NodePath) -> Result<Vec<Version>> {
    let located = nodes::locate(&backends.metadata, caller.tree(path).root, path, caller.now).await?;
    of(caller, backends, node_of(&located)?).await
}

/// The same of a file that a look has shown.
///
/// # Errors
/// [`NotFound`](Error::NotFound), and [`Invalid`](Error::Invalid) for a folder.
pub async fn of(caller: &Caller, backends: &Backends, file: &Node) -> Result<Vec<Version>> {
    may_read(&backends.metadata, caller, file.space).await?;
    is_file(file)?;
    versions::list(&backends.metadata, file.id).await
}

/// A file that a look has shown as it was with one of the contents that are kept, which came with this change.
///
/// # Errors
/// [`NotFound`](Error::NotFound) where there is none such, and [`Invalid`](Error::Invalid) for a folder.
pub async fn find(caller: &Caller, backends: &Backends, file: &Node, version: Seq) -> Result<Node> {
    let kept = of(caller, backends, file).await?;
    if kept.iter().all(|kept| kept.seq != version) {
        return Err(unknown());
    }
    history::find(&backends.metadata, file.id, version).await?.ok_or_else(unknown)
}

/// Which earlier content of a file is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Earlier {
    /// The one it had at a moment.
    At(Moment),
    /// The one that came with a change.
    Version(Seq),
}

impl Earlier {
    /// As it stands in the record of what was done.
    fn detail(self) -> String {
        match self {
            Self::At(moment) => moment.at().moment(),
            Self::Version(seq) => format!("version {}", seq.0),
        }
    }
}

/// Gives a file an earlier content back, as a new version, judged like an upload, and gives back the
/// file as it was then. The content is kept and counted already, so it costs nothing; where it is the current one, only
/// the time changes.
///
/// # Errors
/// [`NotFound`](Error::NotFound) also when the file was not there at that moment, [`Invalid`](Error::Invalid) for a
/// folder, [`Stale`](Error::Stale), [`Locked`](Error::Locked).
pub async fn restore(
    caller: &Caller,
    backends: &Backends,
    path: &NodePath,
    earlier: Earlier,
    conditions: &Conditions,
) -> Result<Node> {
    again(|| async {
        let tx = backends.metadata.begin().await?;
        let seq = pen(&tx, caller, caller.tree(path)).await?;
        let located = nodes::locate(&tx, caller.tree(path).root, path, caller.now).await?;
        let node = node_of(&located)?;
        is_file(node)?;
        judge(&tx, caller, &located, conditions).await?;
        conditions.may_change(caller.user, &located.standing())?;
        let as_of = match earlier {
            Earlier::At(moment) => seq_at(&tx, caller, located.space.id, moment).await?,
            Earlier::Version(seq) => is_kept(&tx, node, seq).await?,
        };
        let absent = || Error::NotFound("This file was not there at that moment.".into());
        let past = history::find(&tx, node.id, as_of).await?.ok_or_else(absent)?;
        let times = NodeTimes { created_at: None, modified_at: Some(node.next_moment(caller.now)) };
        let restored = match past.sha256() == node.sha256() {
            true => Change::Touched(times),
            false => Change::Content(past.blob().map(|blob| blob.id), times),
        };
        record(&tx, caller, &about(Action::RestoreVersion, node, path).detailed(earlier.detail())).await?;
        change(&tx, caller, seq, node, restored).await?;
        end_lapsed(&tx, &located, conditions).await?;
        nodes::stir(&tx, seq, located.ancestors()).await?;
        tx.commit().await?;
        Ok(past)
    })
    .await
}

async fn is_kept(tx: &Tx, file: &Node, version: Seq) -> Result<Seq> {
    let kept = versions::list(tx, file.id).await?;
    kept.iter().map(|kept| kept.seq).find(|kept| *kept == version).ok_or_else(unknown)
}

fn unknown() -> Error {
    Error::NotFound("This version of the file is not kept, or never was.".into())
}

fn is_file(node: &Node) -> Result<()> {
    match node {
        node if node.is_folder() => {
            Err(Error::Invalid("A folder has no versions; look into .History for what was in it.".into()))
        }
        node if node.is_system() => {
            Err(Error::Invalid("Of files that systems keep for themselves there are no versions.".into()))
        }
        _ => Ok(()),
    }
}
