//! The projects in somebody's drive: the folders of `/Projects`. What is in one of them is a tree like any other.

use domain::{
    Caller, MountedProject, Node, NodeName, NodePath, Result, VirtualFolder, ascii_name, windows_name,
};
use metadata::members::Member;
use metadata::mounted;
use metadata::nodes::{self, Located};

use crate::Backends;
use crate::files::Look;
use crate::steps::nothing_here;

/// Among so many a name in another spelling is looked for.
const ALIKE_MAX: u32 = 10_000;

/// How a name may be spelled that does not stand there as it was sent.
#[derive(Debug, Clone, Copy, Default)]
pub struct Alike {
    /// In another case, if only one is there in that case.
    pub any_case: bool,
    /// In ASCII, as it was shown.
    pub ascii: bool,
}

/// The project that the caller has under this name in their drive; in one statement, and in one more if it is not there
/// as it is spelled, and may be spelled otherwise.
///
/// # Errors
/// Whatever the database says.
pub async fn find(
    caller: &Caller,
    backends: &Backends,
    name: &NodeName,
    alike: Alike,
) -> Result<Option<MountedProject>> {
    let found = mounted::find(&backends.metadata, caller.user, name).await?;
    if found.is_some() || !(alike.any_case || alike.ascii) {
        return Ok(found);
    }
    let mut all = mounted::list(&backends.metadata, caller.user, ALIKE_MAX).await?;
    if alike.ascii && ascii_name::hint(name.as_str()).is_some() {
        let is_shown = |project: &MountedProject| {
            let shown = ascii_name::shown(&project.folder, project.tree.root);
            *shown == *name.as_str() || (alike.any_case && shown.eq_ignore_ascii_case(name.as_str()))
        };
        if let Some(at) = all.iter().position(is_shown) {
            return Ok(Some(all.swap_remove(at)));
        }
    }
    let folded = windows_name::folded(name.as_str());
    all.retain(|project| alike.any_case && windows_name::folded(project.folder.as_str()) == folded);
    let found = all.pop();
    Ok(found.filter(|_| all.is_empty()))
}

/// Looks at the folder of the projects itself.
///
/// # Errors
/// [`NotFound`](domain::Error::NotFound) for what lies below: no project of the caller's is there.
pub async fn look(caller: &Caller, backends: &Backends, path: &NodePath) -> Result<Look> {
    if path.depth() != 1 {
        return Err(nothing_here());
    }
    let mut top = nodes::locate(&backends.metadata, caller.home.root, &NodePath::root(), caller.now).await?;
    let folder = match top.found.first() {
        Some(root) => {
            let folder = VirtualFolder::Projects.node(&top.space, root);
            Some(
                mounted::sum(&backends.metadata, caller.user)
                    .await?
                    .map_or(folder.clone(), |sum| of(folder, sum)),
            )
        }
        None => None,
    };
    top.found.extend(folder);
    Ok(Look::new(Located { depth: path.depth(), ..top }, None))
}

/// The folder of the projects as the top folder of the drive lists it; none if the caller has none.
///
/// # Errors
/// Whatever the database says.
pub async fn folder(caller: &Caller, backends: &Backends, top: &Look) -> Result<Option<Node>> {
    let Some(root) = top.node() else { return Ok(None) };
    let sum = mounted::sum(&backends.metadata, caller.user).await?;
    Ok(sum.map(|sum| of(VirtualFolder::Projects.node(top.space(), root), sum)))
}

/// The next of the caller's projects in the order of their names, after a given one, in one statement; with their dead
/// properties if asked.
///
/// # Errors
/// Whatever the database says.
pub async fn members(
    caller: &Caller,
    backends: &Backends,
    after: Option<&NodeName>,
    count_max: u32,
    with_properties: bool,
) -> Result<Vec<Member>> {
    mounted::members(&backends.metadata, caller.user, after, count_max, with_properties).await
}

fn of(folder: Node, sum: mounted::Sum) -> Node {
    Node { tree_seq: sum.seq, created_at: sum.created_at, modified_at: sum.modified_at, ..folder }
}
