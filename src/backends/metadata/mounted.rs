//! The projects in the drives of their members: those in use that somebody is a member of, each under the name it has for
//! them.

use domain::{MountedProject, NodeId, NodeName, ProjectId, Result, Seq, SpaceId, Timestamp, Tree, UserId};
use sea_orm::{ConnectionTrait, QueryResult, Value};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::error::DbResult;
use crate::members::{Member, name_after, properties_of_n, read_all};
use crate::nodes::{COLUMNS, SPACE_COLUMNS, read_node, space_of};
use crate::{Db, statement};

/// Those of the user `$1`, with their top folders `n`.
const MOUNTED: &str = "project_members m \
    JOIN projects p ON p.id = m.project_id AND p.active AND p.removed_ms IS NULL \
    JOIN spaces s ON s.id = p.space_id JOIN nodes n ON n.id = s.root_id WHERE m.user_id = $1";

/// The one of this name, in one statement.
///
/// # Errors
/// Whatever the database says.
pub async fn find(db: &impl Db, user: UserId, name: &NodeName) -> Result<Option<MountedProject>> {
    let sql = format!(
        "SELECT p.id, m.folder, m.role, s.id AS space_id, s.root_id FROM {MOUNTED} AND m.folder = $2"
    );
    let values: [Value; 2] = [user.0.into(), name.as_str().into()];
    let row = db.raw().query_one_raw(statement(db, &sql, values)).await.or_domain()?;
    row.map(|row| read(&row)).transpose()
}

/// All of somebody's, at most so many, in the order of their names.
///
/// # Errors
/// Whatever the database says.
pub async fn list(db: &impl Db, user: UserId, count_max: u32) -> Result<Vec<MountedProject>> {
    let sql = format!(
        "SELECT p.id, m.folder, m.role, s.id AS space_id, s.root_id FROM {MOUNTED} ORDER BY m.folder LIMIT $2"
    );
    let values: [Value; 2] = [user.0.into(), i64::from(count_max).into()];
    let rows = db.raw().query_all_raw(statement(db, &sql, values)).await.or_domain()?;
    rows.iter().map(read).collect()
}

/// The next of their top folders in the order of the names these have for the user, after a given one, each with the
/// quota of its space; with their dead properties if asked. In one statement.
///
/// # Errors
/// Whatever the database says.
pub async fn members(
    db: &impl Db,
    user: UserId,
    after: Option<&NodeName>,
    count_max: u32,
    with_properties: bool,
) -> Result<Vec<Member>> {
    let (properties, join) = properties_of_n(with_properties);
    let sql = format!(
        "SELECT {COLUMNS}, {SPACE_COLUMNS}, mounted.folder_name{properties} FROM ( \
           SELECT n.id AS top, m.folder AS folder_name FROM {MOUNTED} AND m.folder > $2 ORDER BY m.folder LIMIT $3 \
         ) mounted JOIN nodes n ON n.id = mounted.top JOIN spaces s ON s.id = n.space_id \
         LEFT JOIN blobs b ON b.id = n.blob_id {join} ORDER BY mounted.folder_name"
    );
    let values: [Value; 3] = [user.0.into(), name_after(after), i64::from(count_max).into()];
    let rows = db.raw().query_all_raw(statement(db, &sql, values)).await.or_domain()?;
    read_all(&rows, with_properties, |row| {
        let mut node = read_node(row)?;
        node.name = NodeName::stored(row.try_get("", "folder_name").or_domain()?);
        node.parent = Some(NodeId::MADE_UP);
        Ok(Member { quota: Some(space_of(row)?.quota), ..Member::of(node) })
    })
}

/// What stands for all of somebody's together: when the first was made, when the last was changed, and a number that is
/// another one when there are others, one is called something else, or any of them changes; nothing if there are none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sum {
    /// The number.
    pub seq: Seq,
    /// The moment the oldest was made.
    pub created_at: Timestamp,
    /// The latest moment at which the top folder of one was changed.
    pub modified_at: Timestamp,
}

/// Adds up somebody's projects, in one statement.
///
/// # Errors
/// Whatever the database says.
pub async fn sum(db: &impl Db, user: UserId) -> Result<Option<Sum>> {
    let sql = format!(
        "SELECT n.id, m.folder, n.tree_seq, n.created_ms, n.modified_ms FROM {MOUNTED} ORDER BY n.id"
    );
    let rows = db.raw().query_all_raw(statement(db, &sql, [user.0.into()])).await.or_domain()?;
    let (mut digest, mut moments) = (Sha256::new(), None);
    for row in &rows {
        let number = |column: &str| row.try_get::<i64>("", column).or_domain();
        let folder: String = row.try_get("", "folder").or_domain()?;
        // No name holds a slash.
        digest.update(format!("{}/{}/{folder}/", number("id")?, number("tree_seq")?));
        let (created_ms, modified_ms) = (number("created_ms")?, number("modified_ms")?);
        let (first, last) = moments.unwrap_or((created_ms, modified_ms));
        moments = Some((created_ms.min(first), modified_ms.max(last)));
    }
    let seq = digest.finalize().iter().take(8).fold(0, |seq: i64, byte| (seq << 8) | i64::from(*byte));
    Ok(moments.map(|(created_ms, modified_ms)| Sum {
        seq: Seq(seq & i64::MAX),
        created_at: Timestamp::from_millis(created_ms),
        modified_at: Timestamp::from_millis(modified_ms),
    }))
}

fn read(row: &QueryResult) -> Result<MountedProject> {
    let uuid = |column: &str| row.try_get::<Uuid>("", column).or_domain();
    let text = |column: &str| row.try_get::<String>("", column).or_domain();
    Ok(MountedProject {
        project: ProjectId(uuid("id")?),
        folder: NodeName::stored(text("folder")?),
        role: text("role")?.parse()?,
        tree: Tree {
            space: SpaceId(uuid("space_id")?),
            root: NodeId(row.try_get("", "root_id").or_domain()?),
        },
    })
}
