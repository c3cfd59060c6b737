//! Who is in which project, as what, and what the project is called in their drive.

use std::collections::BTreeMap;

use domain::{
    NodeName, OrganizationId, Page, PageRequest, ProjectId, ProjectMember, ProjectName, ProjectRole, Result,
    Timestamp, UserId, UserName, Version,
};
use sea_orm::{ConnectionTrait, QueryResult, Value};
use uuid::Uuid;

use crate::error::DbResult;
use crate::listing::{Id, Listing, Order};
use crate::lists::AT_ONCE;
use crate::projects::stored_role;
use crate::users::stored_name;
use crate::{Db, Tx, spaces, statement, users};

const COLUMNS: &str = "m.user_id, m.role, m.since_ms, m.version, u.name, u.display_name";
const TABLES: &str = "project_members m JOIN users u ON u.id = m.user_id";

/// The space of the project `$1`.
const SPACE: &str = "SELECT space_id FROM projects WHERE id = $1";

/// Somebody, by one of the two ways to name them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whom {
    /// By their identity.
    Id(UserId),
    /// By what they log in with.
    Name(UserName),
}

impl Whom {
    /// The column of a user that says this, and what it says.
    fn column(&self) -> (&'static str, Value) {
        match self {
            Self::Id(id) => ("id", id.0.into()),
            Self::Name(name) => ("name", name.as_str().into()),
        }
    }
}

/// Takes somebody into a project they are not in, and says what it is called in their drive.
///
/// # Errors
/// Whatever the database says.
pub async fn insert(
    tx: &Tx,
    now: Timestamp,
    project: (ProjectId, &ProjectName),
    user: UserId,
    role: ProjectRole,
) -> Result<NodeName> {
    // Two projects at once would both find the name free.
    users::take_turn(tx, user).await?;
    let sql = "SELECT folder FROM project_members WHERE user_id = $1";
    let rows = tx.raw().query_all_raw(statement(tx, sql, [user.0.into()])).await.or_domain()?;
    let taken: Vec<String> =
        rows.iter().map(|row| row.try_get("", "folder").or_domain()).collect::<Result<_>>()?;
    let folder = project.1.folder(taken.iter().map(String::as_str));
    let sql = "INSERT INTO project_members (project_id, user_id, role, folder, since_ms, version) \
               VALUES ($1, $2, $3, $4, $5, 0)";
    let values = [
        project.0.0.into(),
        user.0.into(),
        role.as_str().into(),
        folder.as_str().into(),
        now.millis().into(),
    ];
    execute(tx, sql, values).await?;
    Ok(folder)
}

/// Somebody in a project.
///
/// # Errors
/// Whatever the database says.
pub async fn find(db: &impl Db, project: ProjectId, whom: &Whom) -> Result<Option<ProjectMember>> {
    let (column, wanted) = whom.column();
    let sql = format!("SELECT {COLUMNS} FROM {TABLES} WHERE m.project_id = $1 AND u.{column} = $2");
    let row = db.raw().query_one_raw(statement(db, &sql, [project.0.into(), wanted])).await.or_domain()?;
    row.as_ref().map(read).transpose()
}

/// Who has this identity or this name and may be taken into a project: in its organization, where it has one, and not
/// being purged.
///
/// # Errors
/// Whatever the database says.
pub async fn find_candidate(
    db: &impl Db,
    organization: Option<OrganizationId>,
    whom: &Whom,
) -> Result<Option<UserId>> {
    let (column, wanted) = whom.column();
    let inside = match organization {
        Some(_) => {
            "AND EXISTS (SELECT 1 FROM organization_members o WHERE o.organization_id = $2 AND o.user_id = u.id)"
        }
        None => "",
    };
    let sql = format!("SELECT u.id FROM users u WHERE u.{column} = $1 AND u.doomed_ms IS NULL {inside}");
    let values = [wanted].into_iter().chain(organization.map(|organization| organization.0.into()));
    let row = db.raw().query_one_raw(statement(db, &sql, values)).await.or_domain()?;
    row.map(|row| row.try_get("", "id").or_domain().map(UserId)).transpose()
}

/// What members are listed by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProjectMemberOrder {
    /// The names they log in with.
    Name,
    /// Since when they are in it.
    Since,
}

/// Which members are listed, and how.
#[derive(Debug, Clone)]
pub struct ProjectMemberQuery {
    /// Those who are this.
    pub role: Option<ProjectRole>,
    /// Those with this text in their names.
    pub text: Option<String>,
    /// In which order.
    pub order: ProjectMemberOrder,
    /// Whether it is the other way round.
    pub descending: bool,
    /// Which part.
    pub page: PageRequest,
}

/// A page of the members of a project.
///
/// # Errors
/// [`Invalid`](domain::Error::Invalid) for a cursor of another order; whatever the database says.
pub async fn list(
    db: &impl Db,
    project: ProjectId,
    query: &ProjectMemberQuery,
) -> Result<Page<ProjectMember>> {
    let order = match query.order {
        ProjectMemberOrder::Name => Order { word: "name", column: "u.name", is_number: false },
        ProjectMemberOrder::Since => Order { word: "since", column: "m.since_ms", is_number: true },
    };
    Listing::of(COLUMNS, TABLES, Id::Uuid("m.user_id"))
        .only("m.project_id = ?", project.0)
        .only_if("m.role = ?", query.role.map(ProjectRole::as_str))
        .holding("(u.name || '\n' || u.display_name)", query.text.as_deref())
        .page(db, &order, query.descending, &query.page, read)
        .await
}

/// Whether a project has an admin beside this user who stays: whoever is being purged does not.
///
/// # Errors
/// Whatever the database says.
pub async fn has_other_admin(db: &impl Db, project: ProjectId, user: UserId) -> Result<bool> {
    let sql = format!(
        "SELECT 1 FROM {TABLES} WHERE m.project_id = $1 AND m.user_id <> $2 AND m.role = 'admin' \
         AND u.doomed_ms IS NULL LIMIT 1"
    );
    let values = [project.0.into(), user.0.into()];
    Ok(db.raw().query_one_raw(statement(db, &sql, values)).await.or_domain()?.is_some())
}

/// Makes a member something else. Who only reads from then on locks nothing any more.
///
/// # Errors
/// Whatever the database says.
pub async fn set_role(tx: &Tx, project: ProjectId, user: UserId, role: ProjectRole) -> Result<()> {
    spaces::take_pens_unheard(tx, SPACE, [project.0.into()]).await?;
    if role == ProjectRole::Viewer {
        unlock(tx, project, user).await?;
    }
    let sql =
        "UPDATE project_members SET role = $3, version = version + 1 WHERE project_id = $1 AND user_id = $2";
    execute(tx, sql, [project.0.into(), user.0.into(), role.as_str().into()]).await
}

/// Lets a member go. Tasks of the project that were theirs are nobody's, and its files are locked by them no more.
///
/// # Errors
/// Whatever the database says.
pub async fn remove(tx: &Tx, now: Timestamp, project: ProjectId, user: UserId) -> Result<()> {
    spaces::take_pens_unheard(tx, SPACE, [project.0.into()]).await?;
    let member = [project.0.into(), user.0.into()];
    let sql = "UPDATE tasks SET assignee_id = NULL, changed_ms = $3, version = version + 1 \
               WHERE project_id = $1 AND assignee_id = $2";
    execute(tx, sql, member.iter().cloned().chain([now.millis().into()])).await?;
    unlock(tx, project, user).await?;
    execute(tx, "DELETE FROM project_members WHERE project_id = $1 AND user_id = $2", member).await
}

async fn unlock(tx: &Tx, project: ProjectId, user: UserId) -> Result<()> {
    let sql = format!("DELETE FROM locks WHERE user_id = $2 AND space_id = ({SPACE})");
    execute(tx, &sql, [project.0.into(), user.0.into()]).await
}

/// Lets all members go.
///
/// # Errors
/// Whatever the database says.
pub async fn remove_all(tx: &Tx, project: ProjectId) -> Result<()> {
    execute(tx, "DELETE FROM project_members WHERE project_id = $1", [project.0.into()]).await
}

/// Calls a project in the drives of its members what it is called now, in a few statements however many they are.
///
/// # Errors
/// Whatever the database says.
pub async fn rename_folders(tx: &Tx, project: ProjectId, name: &ProjectName) -> Result<()> {
    const MEMBERS: &str = "SELECT user_id FROM project_members WHERE project_id = $1";
    // As for one of them: whoever is being taken into another project of the same name waits.
    let sql = format!("UPDATE users SET active = active WHERE id IN ({MEMBERS})");
    execute(tx, &sql, [project.0.into()]).await?;
    let sql = format!(
        "SELECT user_id, project_id, role, folder, since_ms FROM project_members WHERE user_id IN ({MEMBERS})"
    );
    let rows = tx.raw().query_all_raw(statement(tx, &sql, [project.0.into()])).await.or_domain()?;
    let mut renamed: Vec<(Uuid, String, String, i64)> = Vec::new();
    let mut taken: BTreeMap<Uuid, Vec<String>> = BTreeMap::new();
    for row in &rows {
        let user: Uuid = row.try_get("", "user_id").or_domain()?;
        let folder: String = row.try_get("", "folder").or_domain()?;
        match row.try_get::<Uuid>("", "project_id").or_domain()? == project.0 {
            true => renamed.push((
                user,
                row.try_get("", "role").or_domain()?,
                folder,
                row.try_get("", "since_ms").or_domain()?,
            )),
            false => taken.entry(user).or_default().push(folder),
        }
    }
    for (user, _, folder, _) in &mut renamed {
        let taken = taken.get(user).map(Vec::as_slice).unwrap_or_default();
        *folder = name.folder(taken.iter().map(String::as_str)).to_string();
    }
    for some in renamed.chunks(AT_ONCE) {
        write_folders(tx, project, some).await?;
    }
    Ok(())
}

/// Rows that are there already, inserted: the one way to change many to different values that both databases have.
async fn write_folders(tx: &Tx, project: ProjectId, rows: &[(Uuid, String, String, i64)]) -> Result<()> {
    let slots: Vec<String> = (0..rows.len())
        .map(|at| 2 + 4 * at)
        .map(|at| format!("($1, ${at}, ${}, ${}, ${}, 0)", at + 1, at + 2, at + 3))
        .collect();
    let sql = format!(
        "INSERT INTO project_members (project_id, user_id, role, folder, since_ms, version) VALUES {} \
         ON CONFLICT (project_id, user_id) DO UPDATE SET folder = excluded.folder",
        slots.join(", ")
    );
    let values = rows.iter().flat_map(|(user, role, folder, since_ms)| -> [Value; 4] {
        [(*user).into(), role.as_str().into(), folder.as_str().into(), (*since_ms).into()]
    });
    execute(tx, &sql, [project.0.into()].into_iter().chain(values)).await
}

async fn execute(tx: &Tx, sql: &str, values: impl IntoIterator<Item = Value>) -> Result<()> {
    tx.raw().execute_raw(statement(tx, sql, values)).await.or_domain().map(drop)
}

fn read(row: &QueryResult) -> Result<ProjectMember> {
    Ok(ProjectMember {
        user: UserId(row.try_get("", "user_id").or_domain()?),
        name: stored_name(&row.try_get::<String>("", "name").or_domain()?)?,
        display_name: row.try_get("", "display_name").or_domain()?,
        role: stored_role(&row.try_get::<String>("", "role").or_domain()?)?,
        since: Timestamp::from_millis(row.try_get("", "since_ms").or_domain()?),
        version: Version(row.try_get("", "version").or_domain()?),
    })
}
