//! Making a folder.

use domain::{Action, Caller, Conditions, Event, NumberedName, OnConflict, Result};
use metadata::again;
use metadata::nodes::{self, NewNode};
use uuid::Uuid;

use super::Target;
use crate::Backends;
use crate::steps::{companions_of, judge, name_of, once, parent_of, pen, record, room_for, spelled, trash};

/// Makes an empty folder, and says which it is.
///
/// # Errors
/// [`Exists`](domain::Error::Exists) when the name is taken and no other will do,
/// [`ParentMissing`](domain::Error::ParentMissing), [`Stale`](domain::Error::Stale), [`Locked`](domain::Error::Locked).
pub async fn create_folder(
    caller: &Caller,
    backends: &Backends,
    to: &Target,
    conditions: &Conditions,
) -> Result<Uuid> {
    again(|| async {
        let path = &to.path;
        let tx = backends.metadata.begin().await?;
        let seq = pen(&tx, caller, caller.tree(path)).await?;
        let uuid = Uuid::now_v7();
        if let Some(made) = once(&tx, caller, uuid).await? {
            return Ok(made);
        }
        let located = nodes::locate(&tx, caller.tree(path).root, path, caller.now).await?;
        if located.node().is_some() && to.on_conflict == OnConflict::Fail {
            return Err(NumberedName::taken());
        }
        parent_of(&located)?;
        judge(&tx, caller, &located, conditions).await?;
        let (located, name) =
            room_for(&tx, caller, to, (located, name_of(backends, path)?), true, conditions).await?;
        let parent = parent_of(&located)?.id;
        nodes::stir(&tx, seq, located.ancestors()).await?;
        if located.node().is_some() {
            let [companion] = companions_of(&tx, [(parent, &name)]).await?;
            trash(&tx, caller, seq, &located, companion).await?;
        }
        let made = Event::new(Action::CreateFolder, "folder", uuid, spelled(&located, &name));
        record(&tx, caller, &made.in_space(located.space.id)).await?;
        let (created_at, modified_at) = (caller.now, caller.now);
        let new = NewNode { uuid, parent, name, folder: true, blob: None, created_at, modified_at };
        nodes::insert(&tx, caller, located.space.id, seq, new).await?;
        failpoint::reach("folder.inserted");
        tx.commit().await?;
        failpoint::reach("folder.shown");
        Ok(uuid)
    })
    .await
}
