//! Copying: new rows that refer to the same blobs; no bytes move.

use domain::{Caller, Conditions, NodePath, Result};
use metadata::copies::{self, CopyTo};
use metadata::{nodes, spaces};

use super::relocate::{apart, may_place, placed};
use super::remove::trash;
use super::{Placed, Target, name_of, node_of, parent_of};
use crate::Backends;
use crate::steps::judge;

/// Copies what is at `from`, with `deep` everything below it; what is at the target goes into the trash if
/// it may be replaced.
///
/// # Errors
/// As for [`relocate`](super::relocate), and [`QuotaExceeded`](domain::Error::QuotaExceeded).
pub async fn copy(
    caller: &Caller,
    backends: &Backends,
    from: &NodePath,
    to: &Target,
    deep: bool,
    conditions: &Conditions,
) -> Result<Placed> {
    apart(from, &to.path)?;
    let tx = backends.metadata.begin().await?;
    let space = caller.home.space;
    let seq = spaces::take_pen(&tx, space, 0).await?;
    let source = nodes::locate(&tx, caller.home.root, from, caller.now).await?;
    let target = nodes::locate(&tx, caller.home.root, &to.path, caller.now).await?;
    let node = node_of(&source)?;
    judge(&tx, caller, &source, conditions).await?;
    may_place(&tx, caller, &target, to.overwrite, conditions).await?;

    spaces::charge(&tx, space, copies::weight(&tx, node.id, deep).await?).await?;
    trash(&tx, caller, seq, &target).await?;
    let place = CopyTo { space, parent: parent_of(&target)?.id, name: &name_of(&to.path)? };
    copies::copy(&tx, caller, seq, node.id, deep, place).await?;
    nodes::stir(&tx, seq, target.ancestors()).await?;
    tx.commit().await?;
    Ok(placed(&target))
}
