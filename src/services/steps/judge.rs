//! Whether the conditions and locks of a request allow it, as things stand in the database now.

use domain::{Caller, Conditions, NodePath, Result};
use metadata::nodes::Located;
use metadata::{Db, Tx, locks};

use super::{locate, may_read};

/// Judges the conditions a caller made on the target, and on whatever else the `If` header speaks of.
///
/// # Errors
/// [`Stale`](domain::Error::Stale) when one does not hold.
pub(crate) async fn judge(
    db: &impl Db,
    caller: &Caller,
    target: &Located,
    conditions: &Conditions,
) -> Result<()> {
    let mut tagged: Vec<(&NodePath, Located)> = Vec::new();
    for path in conditions.tagged_paths() {
        if tagged.iter().all(|(known, _)| *known != path) {
            let space = caller.tree(path).space;
            if space != target.space.id {
                may_read(db, caller, space).await?;
            }
            tagged.push((path, locate(db, caller, path).await?));
        }
    }
    let elsewhere = |path: &NodePath| {
        tagged.iter().find(|(known, _)| *known == path).map(|(_, located)| located.standing())
    };
    conditions.judge(caller.user, &target.standing(), elsewhere)
}

/// Ends the expired locks on a file that gets new content, but for those whose holder writes it: to everybody
/// else's client the file is no longer the one it locked.
pub(crate) async fn end_lapsed(tx: &Tx, target: &Located, conditions: &Conditions) -> Result<()> {
    for lock in target.standing().lapsed {
        if conditions.tokens().all(|token| token != lock.token) {
            locks::remove(tx, lock.token).await?;
        }
    }
    Ok(())
}

/// Whether the locks allow the caller to take away what is at a path, with everything below it, from the
/// folder it lies in.
///
/// # Errors
/// [`Locked`](domain::Error::Locked) when a token is missing.
pub(crate) async fn may_remove(
    db: &impl Db,
    caller: &Caller,
    target: &Located,
    conditions: &Conditions,
) -> Result<()> {
    let standing = target.standing();
    conditions.may_change_members(caller.user, &standing)?;
    conditions.may_change(caller.user, &standing)?;
    match target.node() {
        Some(node) if node.is_folder() => {
            let locks = locks::within(db, target.space.id, node.id, caller.now).await?;
            conditions.may_change_all(caller.user, &locks)
        }
        _ => Ok(()),
    }
}
