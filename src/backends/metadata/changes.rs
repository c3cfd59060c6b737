//! What became of the members of a folder since a change, for clients that synchronize it.
//!
//! A client knows members by path, and another folder may have taken the place of the one whose members it knows. So
//! the names that are gone are those that any folder had there which was at this path since, and that nothing in the
//! folder of today bears: docs/decisions/0014-sync.md says why this finds everything.

use std::ops::Bound;

use domain::{NodeId, NodeName, Result, Seq};
use sea_orm::{ConnectionTrait, QueryResult, Value};

use crate::error::DbResult;
use crate::members::{Member, read_property};
use crate::nodes::{COLUMNS, read_node};
use crate::{Db, statement};

/// The nodes `n` that clients are told of; system files are nobody's but their own system's.
const SHOWN: &str = "n.trashed_ms IS NULL AND n.system_sha256 IS NULL";

/// A folder whose members are asked for.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// The folder.
    pub folder: NodeId,
    /// Of what is there, only what changed after this, itself or below; none for all of it.
    pub since: Option<Seq>,
    /// The folders whose members a client may know at this path, itself among them; none for a client that knows
    /// nothing, which is then told of nothing that is gone.
    pub formers: &'a [Former],
}

/// A folder that is, or was, at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Former {
    /// The folder.
    pub folder: NodeId,
    /// What had left it by this change nobody can know at this path.
    pub since: Seq,
}

/// What became of a name in a folder.
#[derive(Debug, Clone)]
pub enum Change {
    /// It is new, or it changed.
    Changed {
        /// What bears it.
        member: Box<Member>,
        /// The change that put it where it is; nothing that came before it was known here. Only for folders, and
        /// only where something may be known.
        placed: Option<Seq>,
    },
    /// Nothing bears it any more.
    Removed {
        /// What bore it; the oldest, if that were several.
        id: NodeId,
        /// The name.
        name: NodeName,
        /// Whether that was a folder.
        folder: bool,
    },
}

impl Change {
    /// What it is about.
    pub fn id(&self) -> NodeId {
        match self {
            Self::Changed { member, .. } => member.node.id,
            Self::Removed { id, .. } => *id,
        }
    }

    /// The name.
    pub fn name(&self) -> &NodeName {
        match self {
            Self::Changed { member, .. } => &member.node.name,
            Self::Removed { name, .. } => name,
        }
    }
}

/// The next changes in the order of their names, in one statement; with dead properties if asked.
///
/// # Errors
/// Whatever the database says.
pub async fn list(
    db: &impl Db,
    scope: Scope<'_>,
    from: Bound<&NodeName>,
    count_max: u32,
    with_properties: bool,
) -> Result<Vec<Change>> {
    let (after, name) = match from {
        Bound::Included(name) => (">=", name.as_str()),
        Bound::Excluded(name) => (">", name.as_str()),
        // No name is empty, so every name comes after the empty one.
        Bound::Unbounded => (">", ""),
    };
    let mut values: Vec<Value> = vec![scope.folder.0.into(), name.into(), i64::from(count_max).into()];
    let mut page = format!(
        "SELECT n.name, n.id, CAST(NULL AS BIGINT) AS former FROM nodes n \
         WHERE n.parent_id = $1 AND {SHOWN} AND n.name {after} $2"
    );
    if let Some(since) = scope.since {
        values.push(since.0.into());
        page.push_str(" AND n.tree_seq > $4");
    }
    let (mut formers, mut placed) = (String::new(), "CAST(NULL AS BIGINT)");
    if !scope.formers.is_empty() {
        formers = known(scope.formers, &mut values, |name| format!("{name} {after} $2"));
        placed = PLACED;
        page.push_str(&format!(
            " UNION ALL SELECT name, CAST(NULL AS BIGINT), former \
             FROM (SELECT name, MIN(id) AS former FROM known GROUP BY name) gone WHERE NOT EXISTS \
               (SELECT 1 FROM nodes n WHERE n.parent_id = $1 AND n.name = gone.name AND {SHOWN})"
        ));
    }
    let (columns, join) = match with_properties {
        true => (", p.namespace, p.local, p.xml", "LEFT JOIN properties p ON p.node_id = n.id"),
        false => ("", ""),
    };
    let sql = format!(
        "{formers} SELECT page.name AS known_name, page.former, o.folder AS former_folder, \
           {placed} AS placed_seq, {COLUMNS}{columns} \
         FROM ({page} ORDER BY 1 LIMIT $3) page LEFT JOIN nodes n ON n.id = page.id \
         LEFT JOIN blobs b ON b.id = n.blob_id LEFT JOIN nodes o ON o.id = page.former {join} \
         ORDER BY page.name"
    );
    let rows = db.raw().query_all_raw(statement(db, &sql, values)).await.or_domain()?;
    let mut changes: Vec<Change> = Vec::with_capacity(rows.len());
    for row in &rows {
        let name: String = row.try_get("", "known_name").or_domain()?;
        if changes.last().is_none_or(|last| last.name().as_str() != name) {
            changes.push(read(row, name)?);
        }
        if let (true, Some(Change::Changed { member, .. })) = (with_properties, changes.last_mut()) {
            member.properties.extend(read_property(row)?);
        }
    }
    Ok(changes)
}

/// The change that put the folder `n` where it is: the one at which it was last elsewhere, or that made it. A folder
/// whose times are set stays where it is.
const PLACED: &str = "CASE WHEN n.folder THEN (SELECT COALESCE(MAX(r.to_seq), n.created_seq) FROM revisions r \
    WHERE r.node_id = n.id AND (r.trashed OR r.name <> n.name OR r.parent_id <> n.parent_id)) END";

fn read(row: &QueryResult, name: String) -> Result<Change> {
    let number = |column: &str| row.try_get::<Option<i64>>("", column).or_domain();
    if let Some(former) = number("former")? {
        let folder = row.try_get("", "former_folder").or_domain()?;
        return Ok(Change::Removed { id: NodeId(former), name: NodeName::stored(name), folder });
    }
    let member = Box::new(Member::of(read_node(row)?));
    Ok(Change::Changed { member, placed: number("placed_seq")?.map(Seq) })
}

/// The other folders whose members may be known at the paths of the folders of a scope with these names, in the order
/// of the names; at most so many.
///
/// # Errors
/// Whatever the database says.
pub async fn formers(
    db: &impl Db,
    scope: Scope<'_>,
    first: &NodeName,
    last: &NodeName,
    count_max: u32,
) -> Result<Vec<(NodeName, Former)>> {
    let mut values: Vec<Value> =
        vec![scope.folder.0.into(), first.as_str().into(), last.as_str().into(), i64::from(count_max).into()];
    let formers = known(scope.formers, &mut values, |name| format!("{name} >= $2 AND {name} <= $3"));
    let sql = format!(
        "{formers} SELECT k.name, k.id, MIN(k.since) AS since \
         FROM known k JOIN nodes o ON o.id = k.id AND o.folder \
         JOIN nodes n ON n.parent_id = $1 AND n.name = k.name AND n.folder AND {SHOWN} \
         GROUP BY k.name, k.id ORDER BY k.name LIMIT $4"
    );
    let rows = db.raw().query_all_raw(statement(db, &sql, values)).await.or_domain()?;
    let read = |row: &QueryResult| {
        let name = NodeName::stored(row.try_get("", "name").or_domain()?);
        let folder = NodeId(row.try_get("", "id").or_domain()?);
        Ok((name, Former { folder, since: Seq(row.try_get("", "since").or_domain()?) }))
    };
    rows.iter().map(read).collect()
}

/// What a client may know in the folders of a scope: what was there and left it later, and what is still there while
/// the folder itself is elsewhere. Two questions, because each has an index of its own.
fn known(formers: &[Former], values: &mut Vec<Value>, among: impl Fn(&str) -> String) -> String {
    let mut rows = Vec::with_capacity(formers.len());
    for former in formers {
        let next = values.len() + 1;
        rows.push(format!("(CAST(${next} AS BIGINT), CAST(${} AS BIGINT))", next + 1));
        values.extend([former.folder.0.into(), former.since.0.into()]);
    }
    format!(
        "WITH former (folder, since) AS (VALUES {formers}), known (name, id, since) AS ( \
           SELECT r.name, r.node_id, f.since FROM former f \
           JOIN revisions r ON r.parent_id = f.folder AND r.to_seq > f.since \
           WHERE NOT r.trashed AND {left} \
           UNION ALL \
           SELECT n.name, n.id, f.since FROM former f JOIN nodes n ON n.parent_id = f.folder AND {SHOWN} \
           WHERE f.folder <> $1 AND {stayed} \
         )",
        formers = rows.join(", "),
        left = among("r.name"),
        stayed = among("n.name"),
    )
}
