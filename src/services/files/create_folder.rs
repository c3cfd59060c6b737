//! Making a folder.

use domain::{Caller, Conditions, Error, NodePath, Result};
use metadata::again;
use metadata::nodes::{self, NewNode};
use uuid::Uuid;

use crate::Backends;
use crate::steps::{judge, name_of, parent_of, pen};

/// Makes an empty folder.
///
/// # Errors
/// [`Exists`](Error::Exists) when the name is taken, [`ParentMissing`](Error::ParentMissing),
/// [`Stale`](Error::Stale), [`Locked`](Error::Locked).
pub async fn create_folder(
    caller: &Caller,
    backends: &Backends,
    path: &NodePath,
    conditions: &Conditions,
) -> Result<()> {
    again(|| async {
        let tx = backends.metadata.begin().await?;
        let seq = pen(&tx, caller, caller.tree(path)).await?;
        let located = nodes::locate(&tx, caller.tree(path).root, path, caller.now).await?;
        if located.node().is_some() {
            return Err(Error::Exists("There is something with this name already.".into()));
        }
        let parent = parent_of(&located)?.id;
        judge(&tx, caller, &located, conditions).await?;
        conditions.may_change_members(caller.user, &located.standing())?;
        let new = NewNode {
            uuid: Uuid::now_v7(),
            parent,
            name: name_of(backends, path)?,
            folder: true,
            blob: None,
            created_at: caller.now,
            modified_at: caller.now,
        };
        nodes::stir(&tx, seq, located.ancestors()).await?;
        nodes::insert(&tx, caller, located.space.id, seq, new).await?;
        failpoint::reach("folder.inserted");
        tx.commit().await?;
        failpoint::reach("folder.shown");
        Ok(())
    })
    .await
}
