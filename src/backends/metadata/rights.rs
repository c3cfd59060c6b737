//! What somebody is to a project, in one statement: among its members, and in its organization.

use domain::{NodeId, ProjectId, ProjectRights, ProjectStanding, Result, SpaceId, Tree, UserId};
use sea_orm::{ConnectionTrait, QueryResult, Value};
use uuid::Uuid;

use crate::error::DbResult;
use crate::{Db, statement};

/// What a user, `$2`, is to the projects `p`; one that is being purged is none any more.
const QUESTION: &str = "SELECT p.id, p.creator_id, p.active, p.removed_ms, p.space_id, s.root_id, \
      pm.role AS member, om.role AS in_organization \
    FROM projects p JOIN spaces s ON s.id = p.space_id AND s.condemned_ms IS NULL \
    LEFT JOIN project_members pm ON pm.project_id = p.id AND pm.user_id = $2 \
    LEFT JOIN organization_members om ON om.organization_id = p.organization_id AND om.user_id = $2";

/// What a user is to a project; nothing where there is no such project.
///
/// # Errors
/// Whatever the database says.
pub async fn in_project(db: &impl Db, user: UserId, project: ProjectId) -> Result<Option<ProjectRights>> {
    ask(db, &format!("{QUESTION} WHERE p.id = $1"), project.0, user).await
}

/// What a user is to the project whose files a space holds; nothing where it holds no project's. Whoever takes rights away
/// there takes the pen first, so what is said under the pen holds until the transaction ends.
///
/// # Errors
/// Whatever the database says.
pub async fn in_space(db: &impl Db, user: UserId, space: SpaceId) -> Result<Option<ProjectRights>> {
    ask(db, &format!("{QUESTION} WHERE p.space_id = $1"), space.0, user).await
}

async fn ask(db: &impl Db, sql: &str, about: Uuid, user: UserId) -> Result<Option<ProjectRights>> {
    let values: [Value; 2] = [about.into(), user.0.into()];
    let row = db.raw().query_one_raw(statement(db, sql, values)).await.or_domain()?;
    row.map(|row| read(&row, user)).transpose()
}

fn read(row: &QueryResult, user: UserId) -> Result<ProjectRights> {
    let role = |column: &str| row.try_get::<Option<String>>("", column).or_domain();
    let uuid = |column: &str| row.try_get::<Uuid>("", column).or_domain();
    let removed: Option<i64> = row.try_get("", "removed_ms").or_domain()?;
    Ok(ProjectRights {
        project: ProjectId(uuid("id")?),
        tree: Tree {
            space: SpaceId(uuid("space_id")?),
            root: NodeId(row.try_get("", "root_id").or_domain()?),
        },
        active: row.try_get("", "active").or_domain()?,
        removed: removed.is_some(),
        standing: ProjectStanding {
            member: role("member")?.map(|role| role.parse()).transpose()?,
            organization: role("in_organization")?.map(|role| role.parse()).transpose()?,
            is_creator: UserId(uuid("creator_id")?) == user,
            is_house_admin: false,
        },
    })
}
