//! Where a moment is in the history of a space.

use domain::{Caller, Error, Moment, Result, Seq, SpaceId};
use metadata::{Db, history};

/// The last change that had been made by a moment.
///
/// # Errors
/// [`NotFound`](Error::NotFound) where history does not reach.
pub(crate) async fn seq_at(db: &impl Db, caller: &Caller, space: SpaceId, moment: Moment) -> Result<Seq> {
    let found = history::seqs(db, space, &[moment.at()], caller.now).await?;
    let unreached = || Error::NotFound("What is kept does not reach back to this moment.".into());
    found.into_iter().next().flatten().ok_or_else(unreached)
}
