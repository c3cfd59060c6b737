//! Whether a caller may read a tree of files, or change it: their own they may, without a question; of a project's the
//! rows are asked what they are there.
//!
//! No use case takes the pen of a tree but here, so that none can forget it (tests/house_rules/fences.rs).

use domain::{Caller, Error, ProjectId, ProjectRights, ProjectRole, Result, Seq, SpaceId, Tree};
use metadata::{Db, Tx, rights, spaces};

/// Whether the caller may read what lies in a space.
///
/// # Errors
/// [`NotFound`](Error::NotFound), because of what is others' the caller may not even know.
pub(crate) async fn may_read(db: &impl Db, caller: &Caller, space: SpaceId) -> Result<()> {
    project_of(db, caller, space).await.map(drop)
}

/// The same, and the project whose space it is, if it is one's.
///
/// # Errors
/// As for [`may_read`].
pub(crate) async fn project_of(db: &impl Db, caller: &Caller, space: SpaceId) -> Result<Option<ProjectId>> {
    if space == caller.home.space {
        return Ok(None);
    }
    let rights = rights::in_space(db, caller.user, space).await?;
    let project = rights.as_ref().map(|rights| rights.project);
    role(rights, caller)?;
    Ok(project)
}

/// The tree of a project the caller may read, or their own.
///
/// # Errors
/// As for [`may_read`].
pub(crate) async fn tree_of(db: &impl Db, caller: &Caller, project: Option<ProjectId>) -> Result<Tree> {
    let Some(project) = project else { return Ok(caller.home) };
    let rights = rights::in_project(db, caller.user, project).await?;
    let tree = rights.as_ref().map(|rights| rights.tree);
    role(rights, caller)?;
    tree.ok_or_else(|| Error::NotFound("There is no such project.".into()))
}

/// Whether the caller may change what lies in a space, as things stand. A use case that does it takes the pen, and this is
/// asked under it: whoever takes rights away takes the pen too, so what is said then holds until the transaction ends.
///
/// # Errors
/// [`NotFound`](Error::NotFound) as for [`may_read`], and [`Forbidden`](Error::Forbidden) for who may only read.
pub(crate) async fn may_write(db: &impl Db, caller: &Caller, space: SpaceId) -> Result<()> {
    if space != caller.home.space {
        judge(rights::in_space(db, caller.user, space).await?, caller)?;
    }
    caller.may_write()
}

/// Takes the pen of a tree that the caller may change.
///
/// # Errors
/// As for [`may_write`].
pub(crate) async fn pen(tx: &Tx, caller: &Caller, tree: Tree) -> Result<Seq> {
    let seq = spaces::take_pen(tx, tree.space, 0).await?;
    may_write(tx, caller, tree.space).await?;
    Ok(seq)
}

/// Takes the pen of a space for what the house does by itself, for nobody: what is purged by and by, and counted.
///
/// # Errors
/// Whatever the database says.
pub(crate) async fn pen_of_house(tx: &Tx, space: SpaceId) -> Result<Seq> {
    spaces::take_pen(tx, space, 0).await
}

/// Takes it once more, for a number of its own.
///
/// # Errors
/// Whatever the database says.
pub(crate) async fn pen_again(tx: &Tx, tree: Tree) -> Result<Seq> {
    spaces::take_pen(tx, tree.space, 0).await
}

/// Takes the pen at the end of an upload, which settles what was set aside; or, if it is too little, takes it for what
/// needs none, and says so beside it.
///
/// # Errors
/// As for [`may_write`].
pub(crate) async fn pen_settling(
    tx: &Tx,
    caller: &Caller,
    tree: Tree,
    more_bytes: u64,
    reserved_bytes: u64,
) -> Result<(Seq, Option<Error>)> {
    let seq = match spaces::take_pen_settling(tx, tree.space, more_bytes, reserved_bytes).await {
        // The same content needs none, and what is there is only read under the pen.
        Err(no_room @ Error::QuotaExceeded(_)) => return Ok((pen(tx, caller, tree).await?, Some(no_room))),
        charged => charged?,
    };
    may_write(tx, caller, tree.space).await?;
    Ok((seq, None))
}

/// Takes the pen for a system file, of which nobody has to hear.
///
/// # Errors
/// As for [`may_write`], and [`QuotaExceeded`](Error::QuotaExceeded).
pub(crate) async fn pen_of_system(tx: &Tx, caller: &Caller, tree: Tree, more_bytes: u64) -> Result<Seq> {
    let counted = spaces::count_system(tx, tree.space, more_bytes).await;
    // Of a tree that is not theirs nobody hears whether it is full.
    if matches!(counted, Ok(_) | Err(Error::QuotaExceeded(_))) {
        may_write(tx, caller, tree.space).await?;
    }
    counted
}

/// The pens of a tree that something is copied from, where it may not change meanwhile, and of another it goes to.
///
/// # Errors
/// [`NotFound`](Error::NotFound) for either, and [`Forbidden`](Error::Forbidden) for who may not change the other.
pub(crate) async fn pens_to_copy(tx: &Tx, caller: &Caller, from: Tree, to: Tree) -> Result<Seq> {
    if from.space == to.space {
        return pen(tx, caller, to).await;
    }
    // All in one order, so that two who copy into each other's trees do not wait for one another.
    let seq = if from.space.0 < to.space.0 {
        spaces::take_pen_unheard(tx, from.space).await?;
        spaces::take_pen(tx, to.space, 0).await?
    } else {
        let seq = spaces::take_pen(tx, to.space, 0).await?;
        spaces::take_pen_unheard(tx, from.space).await?;
        seq
    };
    may_read(tx, caller, from.space).await?;
    may_write(tx, caller, to.space).await?;
    Ok(seq)
}

/// The pens of two trees of which both change.
///
/// # Errors
/// As for [`may_write`], for either.
pub(crate) async fn pens(tx: &Tx, caller: &Caller, from: Tree, to: Tree) -> Result<(Seq, Seq)> {
    let seqs = if from.space.0 < to.space.0 {
        let seq = spaces::take_pen(tx, from.space, 0).await?;
        (seq, spaces::take_pen(tx, to.space, 0).await?)
    } else {
        let seq = spaces::take_pen(tx, to.space, 0).await?;
        (spaces::take_pen(tx, from.space, 0).await?, seq)
    };
    may_write(tx, caller, from.space).await?;
    may_write(tx, caller, to.space).await?;
    Ok(seqs)
}

fn judge(rights: Option<ProjectRights>, caller: &Caller) -> Result<()> {
    let removed = rights.as_ref().is_some_and(|rights| rights.removed);
    match role(rights, caller)? {
        ProjectRole::Viewer => Err(Error::Forbidden(
            "You may read this project, not change it; ask one of its admins for the role `staff`.".into(),
        )),
        _ if removed => {
            Err(Error::Forbidden("This project was removed; restore it to change its files.".into()))
        }
        _ => Ok(()),
    }
}

fn role(rights: Option<ProjectRights>, caller: &Caller) -> Result<ProjectRole> {
    let unknown = || Error::NotFound("There is nothing at this path.".into());
    rights.and_then(|rights| rights.role(caller)).ok_or_else(unknown)
}
