//! Looking at a drive as it was. No statement here writes.

use domain::{
    Caller, Error, Moment, Node, NodeId, NodeKind, NodeName, NodePath, Result, Seq, Timestamp, VirtualFolder,
};
use metadata::members::Member;
use metadata::nodes::{self, Located};
use metadata::{Db, history};

use crate::Backends;
use crate::files::Look;
use crate::steps::{may_read, seq_at};

/// The names that come before those of the past: of the folder itself, and the moment.
const ABOVE: usize = 2;
/// Moments that are always at hand, as far as history goes.
const HANDY: [&str; 3] = ["1h", "yesterday", "1w"];
/// How many days are listed on which something changed.
const DAYS_MAX: u32 = 30;

/// Looks at a path that begins with the name of the history and a moment, in two statements; in one at the history
/// itself.
///
/// # Errors
/// [`NotFound`](Error::NotFound) for what is no moment, and for one that history does not reach.
pub async fn look(caller: &Caller, backends: &Backends, path: &NodePath) -> Result<Look> {
    may_read(&backends.metadata, caller, caller.tree(path).space).await?;
    let (db, tree) = (&backends.metadata, caller.tree(path));
    let Some(name) = path.names().get(1) else {
        let mut top = nodes::locate(db, tree.root, &NodePath::root(), caller.now).await?;
        let folders: Vec<Node> =
            top.found.iter().map(|root| VirtualFolder::History.node(&top.space, root)).collect();
        top.found.extend(folders);
        return Ok(Look::new(Located { depth: path.depth(), ..top }, None));
    };
    let Past { mut located, seq } = locate(db, caller, path).await?;
    if let Some(root) = located.found.first_mut() {
        let top = root.clone();
        root.name = name.clone();
        // As the list of moments has it.
        root.tree_seq = seq;
        let history = VirtualFolder::History.node(&located.space, &top);
        located.found.splice(0..0, [top, history]);
    }
    Ok(Look::new(Located { depth: path.depth(), ..located }, None))
}

/// The next moments, or the next members of a folder of the past, in the order of their names, after a given one; with
/// the dead properties they have today if asked. In one statement, or in two for moments.
///
/// # Errors
/// Whatever the database says.
pub async fn members(
    caller: &Caller,
    backends: &Backends,
    folder: &Node,
    after: Option<&NodeName>,
    count_max: u32,
    with_properties: bool,
) -> Result<Vec<Member>> {
    may_read(&backends.metadata, caller, folder.space).await?;
    if folder.id == NodeId::MADE_UP {
        let mut moments = moments(caller, backends, folder).await?;
        moments.retain(|member| after.is_none_or(|after| member.node.name.as_str() > after.as_str()));
        moments.truncate(count_max as usize);
        return Ok(moments);
    }
    // Of a folder that has not changed since its own number, that is as good as any later one.
    history::members(&backends.metadata, folder.id, folder.tree_seq, after, count_max, with_properties).await
}

/// What was at a path of the past.
pub(super) struct Past {
    /// Walked from the top as it was.
    pub(super) located: Located,
    /// The change after which it was so.
    pub(super) seq: Seq,
}

/// Walks a path that begins with the name of the history and a moment.
pub(super) async fn locate(db: &impl Db, caller: &Caller, path: &NodePath) -> Result<Past> {
    let name = path.names().get(1);
    let name = name.ok_or_else(|| Error::Forbidden("Name a moment, such as .History/yesterday.".into()))?;
    let moment = Moment::parse(name.as_str(), caller.now)?;
    let tree = caller.tree(path);
    let seq = seq_at(db, caller, tree.space, moment).await?;
    // It is no longer than what was read already.
    let inner = NodePath::new(path.names()[ABOVE..].to_vec(), usize::MAX)?;
    Ok(Past { located: history::locate(db, tree.root, &inner, seq).await?, seq })
}

async fn moments(caller: &Caller, backends: &Backends, folder: &Node) -> Result<Vec<Member>> {
    let (db, space, now) = (&backends.metadata, folder.space, caller.now);
    let today = Moment::end_of_day(now.day() - 1).at();
    let days = history::days(db, space, Timestamp::from_millis(today.millis() + 1), DAYS_MAX).await?;
    let mut names: Vec<String> = HANDY.map(str::to_owned).into();
    names.extend(days.into_iter().map(Timestamp::date));
    let moments: Vec<Timestamp> =
        names.iter().map(|name| Moment::parse(name, now).map(Moment::at)).collect::<Result<_>>()?;
    let seqs = history::seqs(db, space, &moments, now).await?;
    let reached = names.into_iter().zip(moments).zip(seqs);
    let mut members: Vec<Member> =
        reached.filter_map(|((name, at), seq)| Some(Member::of(moment(folder, name, at, seq?)))).collect();
    members.sort_by(|one, other| one.node.name.cmp(&other.node.name));
    Ok(members)
}

/// The drive as it was, as a listing shows it: with the ETag its top folder has there.
fn moment(folder: &Node, name: String, at: Timestamp, seq: Seq) -> Node {
    Node {
        // The history lies in the top folder.
        id: folder.parent.unwrap_or(folder.id),
        uuid: folder.uuid,
        space: folder.space,
        parent: Some(folder.id),
        name: NodeName::stored(name),
        kind: NodeKind::Folder,
        tree_seq: seq,
        created_at: folder.created_at,
        modified_at: at,
    }
}
