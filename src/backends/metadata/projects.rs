//! Projects: teams' workspaces, each with a space of its own.
//!
//! What is being purged is in none of these answers any more.

mod list;

use domain::{
    Error, NodeId, NodeName, OrganizationId, OrganizationRole, Project, ProjectId, ProjectName, ProjectRole,
    ProjectStanding, Quota, Result, SpaceId, Timestamp, Tree, UserId, Version,
};
use sea_orm::{ConnectionTrait, FromQueryResult, QueryResult, Value};
use uuid::Uuid;

use crate::error::DbResult;
use crate::nodes::unsigned;
use crate::spaces::{self, NewSpace, limit};
use crate::{Db, Tx, statement};

pub use list::{ProjectOrder, ProjectQuery, ProjectState, list};

/// The columns of a project, as [`read`] reads them.
const COLUMNS: &str = "p.id, p.organization_id, p.space_id, s.root_id, root.uuid AS root_uuid, p.name, p.description, \
    p.creator_id, p.active, p.created_ms, p.changed_ms, p.removed_ms, p.version, s.used_bytes, s.reserved_bytes, \
    s.quota_bytes, m.role AS member_role, m.folder, om.role AS organization_role, p.creator_id = $1 AS is_creator, \
    (SELECT COUNT(*) FROM project_members c WHERE c.project_id = p.id) AS members";

/// The tables of a project with what the user `$1` is to it.
const TABLES: &str = "projects p JOIN spaces s ON s.id = p.space_id AND s.condemned_ms IS NULL \
    JOIN nodes root ON root.id = s.root_id \
    LEFT JOIN project_members m ON m.project_id = p.id AND m.user_id = $1 \
    LEFT JOIN organization_members om ON om.organization_id = p.organization_id AND om.user_id = $1";

#[derive(FromQueryResult)]
struct ProjectRow {
    id: Uuid,
    organization_id: Option<Uuid>,
    space_id: Uuid,
    root_id: i64,
    root_uuid: Uuid,
    name: String,
    description: String,
    creator_id: Uuid,
    active: bool,
    created_ms: i64,
    changed_ms: i64,
    removed_ms: Option<i64>,
    version: i64,
    used_bytes: i64,
    reserved_bytes: i64,
    quota_bytes: Option<i64>,
    member_role: Option<String>,
    folder: Option<String>,
    organization_role: Option<String>,
    is_creator: bool,
    members: i64,
}

/// What a new project is made of.
#[derive(Clone)]
pub struct NewProject {
    /// Its identity.
    pub id: ProjectId,
    /// The organization it belongs to, if to any.
    pub organization: Option<OrganizationId>,
    /// The identity of its space.
    pub space: SpaceId,
    /// The identity of the top folder of that in links.
    pub root_uuid: Uuid,
    /// What it is called.
    pub name: ProjectName,
    /// What it is about.
    pub description: String,
    /// Who makes it.
    pub creator: UserId,
    /// What it may hold in bytes; none for no limit.
    pub quota_bytes: Option<u64>,
}

/// Makes a project with an empty space. It has no members yet.
///
/// # Errors
/// [`Invalid`](Error::Invalid) for a larger quota than a database can count.
pub async fn insert(tx: &Tx, now: Timestamp, new: &NewProject) -> Result<Tree> {
    let space = NewSpace {
        id: new.space,
        owner: None,
        root_uuid: new.root_uuid,
        by: new.creator,
        quota_bytes: new.quota_bytes,
    };
    let tree = spaces::insert(tx, now, space).await?;
    let sql = "INSERT INTO projects (id, organization_id, space_id, name, description, creator_id, active, \
                 created_ms, changed_ms, version) VALUES ($1, $2, $3, $4, $5, $6, TRUE, $7, $7, 0)";
    let values: [Value; 7] = [
        new.id.0.into(),
        new.organization.map(|organization| organization.0).into(),
        new.space.0.into(),
        new.name.as_str().into(),
        new.description.as_str().into(),
        new.creator.0.into(),
        now.millis().into(),
    ];
    execute(tx, sql, values).await?;
    Ok(tree)
}

/// A project, as this user sees it; whether they may is not asked here. Of the standing, whether they are an admin of the
/// house is not known.
///
/// # Errors
/// Whatever the database says.
pub async fn find(db: &impl Db, user: UserId, id: ProjectId) -> Result<Option<Project>> {
    let sql = format!("SELECT {COLUMNS} FROM {TABLES} WHERE p.id = $2");
    let row = db.raw().query_one_raw(statement(db, &sql, [user.0.into(), id.0.into()])).await.or_domain()?;
    row.as_ref().map(read).transpose()
}

/// Lets whoever else would change a project or its members wait until the end of the transaction, and whoever would
/// change the members of its organization.
///
/// # Errors
/// Whatever the database says.
pub async fn take_turn(tx: &Tx, id: ProjectId) -> Result<()> {
    execute(tx, "UPDATE projects SET version = version WHERE id = $1", [id.0.into()]).await?;
    let sql = "UPDATE organizations SET version = version \
               WHERE id = (SELECT organization_id FROM projects WHERE id = $1)";
    execute(tx, sql, [id.0.into()]).await
}

/// The same for an organization in which there is about to be one.
///
/// # Errors
/// Whatever the database says.
pub async fn take_turn_in(tx: &Tx, organization: OrganizationId) -> Result<()> {
    execute(tx, "UPDATE organizations SET version = version WHERE id = $1", [organization.0.into()]).await
}

/// How many projects outside of organizations a user has made and is in, but for those that are being purged.
///
/// # Errors
/// Whatever the database says.
pub async fn count_personal(db: &impl Db, creator: UserId) -> Result<u64> {
    let sql = "SELECT COUNT(*) AS count FROM projects p JOIN spaces s ON s.id = p.space_id \
               JOIN project_members m ON m.project_id = p.id AND m.user_id = p.creator_id \
               WHERE p.creator_id = $1 AND p.organization_id IS NULL AND s.condemned_ms IS NULL";
    let row = db.raw().query_one_raw(statement(db, sql, [creator.0.into()])).await.or_domain()?;
    let row = row.ok_or_else(|| Error::internal("a count has no row"))?;
    Ok(u64::try_from(row.try_get::<i64>("", "count").or_domain()?).unwrap_or(0))
}

/// What of a project is changed; none for what stays.
#[derive(Debug, Clone, Default)]
pub struct ProjectChange {
    /// What it is called. What it is called in its members' drives is another change.
    pub name: Option<ProjectName>,
    /// What it is about.
    pub description: Option<String>,
    /// Whether others than its admins see it.
    pub active: Option<bool>,
    /// Since when it is removed, or that it is not.
    pub removed_at: Option<Option<Timestamp>>,
}

/// Changes a project. In one that is hidden from now on, whoever does not see it locks nothing any more.
///
/// # Errors
/// Whatever the database says.
pub async fn change(tx: &Tx, now: Timestamp, id: ProjectId, change: &ProjectChange) -> Result<()> {
    if change.active == Some(false) || matches!(change.removed_at, Some(Some(_))) {
        hide(tx, id).await?;
    }
    let sql = "UPDATE projects SET name = COALESCE($2, name), description = COALESCE($3, description), \
                 active = COALESCE($4, active), removed_ms = CASE WHEN $5 THEN $6 ELSE removed_ms END, \
                 changed_ms = $7, version = version + 1 WHERE id = $1";
    let removed = change.removed_at.flatten().map(Timestamp::millis);
    let values: [Value; 7] = [
        id.0.into(),
        change.name.as_ref().map(|name| name.as_str().to_owned()).into(),
        change.description.clone().into(),
        change.active.into(),
        change.removed_at.is_some().into(),
        removed.into(),
        now.millis().into(),
    ];
    execute(tx, sql, values).await
}

/// Takes the pen of a project that is about to be hidden, and unlocks what those have locked who do not administer it.
async fn hide(tx: &Tx, id: ProjectId) -> Result<()> {
    const SPACE: &str = "SELECT space_id FROM projects WHERE id = $1";
    spaces::take_pens_unheard(tx, SPACE, [id.0.into()]).await?;
    let sql = format!(
        "DELETE FROM locks WHERE space_id = ({SPACE}) \
           AND user_id NOT IN (SELECT user_id FROM project_members WHERE project_id = $1 AND role = 'admin') \
           AND user_id NOT IN (SELECT user_id FROM organization_members WHERE role IN ('owner', 'admin') \
             AND organization_id = (SELECT organization_id FROM projects WHERE id = $1))"
    );
    execute(tx, &sql, [id.0.into()]).await
}

/// Sets what the space of a project may hold, in bytes; none for no limit.
///
/// # Errors
/// [`Invalid`](Error::Invalid) for more bytes than a database can count.
pub async fn set_quota(tx: &Tx, space: SpaceId, quota_bytes: Option<u64>) -> Result<()> {
    let sql = "UPDATE spaces SET quota_bytes = $2 WHERE id = $1";
    execute(tx, sql, [space.0.into(), limit(quota_bytes)?.into()]).await
}

/// Condemns a project: from the commit on nobody knows of it, and its blobs are garbage as of a moment, which may be a
/// later one.
///
/// # Errors
/// Whatever the database says.
pub async fn condemn(tx: &Tx, now: Timestamp, id: ProjectId, blobs_as_of: Timestamp) -> Result<()> {
    let sql = "UPDATE spaces SET condemned_ms = $2 WHERE id = (SELECT space_id FROM projects WHERE id = $1)";
    execute(tx, sql, [id.0.into(), blobs_as_of.millis().into()]).await?;
    let removed = ProjectChange { removed_at: Some(Some(now)), ..ProjectChange::default() };
    change(tx, now, id, &removed).await
}

/// The space of a project that is condemned, and as of when its blobs are garbage.
///
/// # Errors
/// Whatever the database says.
pub async fn find_condemned(db: &impl Db, id: ProjectId) -> Result<Option<(SpaceId, Timestamp)>> {
    let sql = "SELECT s.id, s.condemned_ms FROM projects p JOIN spaces s ON s.id = p.space_id \
               WHERE p.id = $1 AND s.condemned_ms IS NOT NULL";
    let row = db.raw().query_one_raw(statement(db, sql, [id.0.into()])).await.or_domain()?;
    let read = |row: QueryResult| {
        let at = Timestamp::from_millis(row.try_get("", "condemned_ms").or_domain()?);
        Ok((SpaceId(row.try_get("", "id").or_domain()?), at))
    };
    row.map(read).transpose()
}

/// Forgets a project without tasks and members. Its space is nobody's then.
///
/// # Errors
/// Whatever the database says.
pub async fn forget(tx: &Tx, id: ProjectId) -> Result<()> {
    execute(tx, "DELETE FROM projects WHERE id = $1", [id.0.into()]).await
}

async fn execute(tx: &Tx, sql: &str, values: impl IntoIterator<Item = Value>) -> Result<()> {
    tx.raw().execute_raw(statement(tx, sql, values)).await.or_domain().map(drop)
}

fn read(row: &QueryResult) -> Result<Project> {
    let row = ProjectRow::from_query_result(row, "").or_domain()?;
    let standing = ProjectStanding {
        member: row.member_role.as_deref().map(stored_role).transpose()?,
        organization: row.organization_role.as_deref().map(stored_organization_role).transpose()?,
        is_creator: row.is_creator,
        is_house_admin: false,
    };
    let space = SpaceId(row.space_id);
    Ok(Project {
        id: ProjectId(row.id),
        organization: row.organization_id.map(OrganizationId),
        tree: Tree { space, root: NodeId(row.root_id) },
        root_uuid: row.root_uuid,
        name: ProjectName::stored(row.name),
        description: row.description,
        creator: UserId(row.creator_id),
        active: row.active,
        created_at: Timestamp::from_millis(row.created_ms),
        changed_at: Timestamp::from_millis(row.changed_ms),
        removed_at: row.removed_ms.map(Timestamp::from_millis),
        version: Version(row.version),
        quota: Quota {
            used_bytes: unsigned(row.used_bytes),
            reserved_bytes: unsigned(row.reserved_bytes),
            limit_bytes: row.quota_bytes.map(unsigned),
        },
        members: unsigned(row.members),
        standing,
        folder: row.folder.map(NodeName::stored),
    })
}

/// A role in a project, from a row.
pub(crate) fn stored_role(role: &str) -> Result<ProjectRole> {
    role.parse().map_err(|_| Error::internal(format!("the database holds the role {role:?} in a project")))
}

fn stored_organization_role(role: &str) -> Result<OrganizationRole> {
    role.parse()
        .map_err(|_| Error::internal(format!("the database holds the role {role:?} in an organization")))
}
