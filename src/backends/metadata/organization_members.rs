//! Who is in which organization, and as what.

use domain::{
    Email, Error, OrganizationId, OrganizationMember, OrganizationRole, Page, PageRequest, Result, Timestamp,
    UserId, Version,
};
use sea_orm::{ConnectionTrait, QueryResult};

use crate::error::DbResult;
use crate::listing::{Id, Listing, Order};
use crate::organizations::stored_role;
use crate::users::{stored_email, stored_name};
use crate::{Db, Tx, spaces, statement};

const COLUMNS: &str = "m.user_id, m.role, m.since_ms, m.version, u.name, u.display_name, u.email";

const FROM: &str = "organization_members m JOIN users u ON u.id = m.user_id";

/// The spaces of the projects of the organization `$1`.
const SPACES: &str = "SELECT space_id FROM projects WHERE organization_id = $1";

/// What can be searched of a member, in lines.
const TEXT: &str = "(u.name || '\n' || u.display_name || '\n' || COALESCE(u.email, ''))";

/// What members are listed by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemberOrder {
    /// The names they log in with.
    Name,
    /// What they are called.
    DisplayName,
    /// Since when they are in it.
    Since,
}

/// Which members are listed, and how.
#[derive(Debug, Clone)]
pub struct MemberQuery {
    /// Those who are this.
    pub role: Option<OrganizationRole>,
    /// Those of whose names or e-mail address one holds this.
    pub text: Option<String>,
    /// In which order.
    pub order: MemberOrder,
    /// Whether it is the other way round.
    pub descending: bool,
    /// Which part.
    pub page: PageRequest,
}

/// Takes somebody in; says whether they were not in it before. Who is in it already stays what they are.
///
/// # Errors
/// Whatever the database says.
pub async fn insert(
    tx: &Tx,
    organization: OrganizationId,
    user: UserId,
    role: OrganizationRole,
    now: Timestamp,
) -> Result<bool> {
    let sql = "INSERT INTO organization_members (organization_id, user_id, role, since_ms, version) \
               VALUES ($1, $2, $3, $4, 0) ON CONFLICT DO NOTHING";
    let values = [organization.0.into(), user.0.into(), role.as_str().into(), now.millis().into()];
    let done = tx.raw().execute_raw(statement(tx, sql, values)).await.or_domain()?;
    Ok(done.rows_affected() > 0)
}

/// Somebody in an organization.
///
/// # Errors
/// Whatever the database says.
pub async fn find(
    db: &impl Db,
    organization: OrganizationId,
    user: UserId,
) -> Result<Option<OrganizationMember>> {
    let sql = format!("SELECT {COLUMNS} FROM {FROM} WHERE m.organization_id = $1 AND m.user_id = $2");
    let values = [organization.0.into(), user.0.into()];
    let found = db.raw().query_one_raw(statement(db, &sql, values)).await.or_domain()?;
    found.map(|row| read(&row)).transpose()
}

/// A page of members.
///
/// # Errors
/// [`Invalid`](Error::Invalid) for a cursor of another order; whatever the database says.
pub async fn list(
    db: &impl Db,
    organization: OrganizationId,
    query: &MemberQuery,
) -> Result<Page<OrganizationMember>> {
    let order = match query.order {
        MemberOrder::Name => Order { word: "name", column: "u.name", is_number: false },
        MemberOrder::DisplayName => {
            Order { word: "display_name", column: "u.display_name", is_number: false }
        }
        MemberOrder::Since => Order { word: "since", column: "m.since_ms", is_number: true },
    };
    Listing::of(COLUMNS, FROM, Id::Uuid("m.user_id"))
        .only("m.organization_id = ?", organization.0)
        .only_if("m.role = ?", query.role.map(OrganizationRole::as_str))
        .holding(TEXT, query.text.as_deref())
        .page(db, &order, query.descending, &query.page, read)
        .await
}

/// Whether a member has this address.
///
/// # Errors
/// Whatever the database says.
pub async fn has_address(tx: &Tx, organization: OrganizationId, email: &Email) -> Result<bool> {
    let sql = "SELECT 1 FROM organization_members m JOIN users u ON u.id = m.user_id \
               WHERE m.organization_id = $1 AND u.email = $2";
    let values = [organization.0.into(), email.as_str().into()];
    Ok(tx.raw().query_one_raw(statement(tx, sql, values)).await.or_domain()?.is_some())
}

/// How many owners an organization has beside this one who stay: whoever is being purged does not.
///
/// # Errors
/// Whatever the database says.
pub async fn other_owners(tx: &Tx, organization: OrganizationId, user: UserId) -> Result<u64> {
    let sql = "SELECT COUNT(*) AS count FROM organization_members m JOIN users u ON u.id = m.user_id \
               WHERE m.organization_id = $1 AND m.user_id <> $2 AND m.role = 'owner' AND u.doomed_ms IS NULL";
    let values = [organization.0.into(), user.0.into()];
    let row = tx.raw().query_one_raw(statement(tx, sql, values)).await.or_domain()?;
    let row = row.ok_or_else(|| Error::internal("a count has no row"))?;
    Ok(u64::try_from(row.try_get::<i64>("", "count").or_domain()?).unwrap_or(0))
}

/// Makes a member something else.
///
/// # Errors
/// Whatever the database says.
pub async fn set_role(
    tx: &Tx,
    organization: OrganizationId,
    user: UserId,
    role: OrganizationRole,
) -> Result<()> {
    spaces::take_pens_unheard(tx, SPACES, [organization.0.into()]).await?;
    let sql = "UPDATE organization_members SET role = $3, version = version + 1 \
               WHERE organization_id = $1 AND user_id = $2";
    let values = [organization.0.into(), user.0.into(), role.as_str().into()];
    tx.raw().execute_raw(statement(tx, sql, values)).await.or_domain().map(drop)
}

/// Lets a member go: out of the organization and its projects. Tasks there are nobody's then, and files are locked no
/// more.
///
/// # Errors
/// Whatever the database says.
pub async fn remove(tx: &Tx, organization: OrganizationId, user: UserId, now: Timestamp) -> Result<()> {
    spaces::take_pens_unheard(tx, SPACES, [organization.0.into()]).await?;
    let member = [organization.0.into(), user.0.into()];
    let sql = "UPDATE tasks SET assignee_id = NULL, changed_ms = $3, version = version + 1 \
               WHERE assignee_id = $2 \
                 AND project_id IN (SELECT id FROM projects WHERE organization_id = $1)";
    let values = member.iter().cloned().chain([now.millis().into()]);
    tx.raw().execute_raw(statement(tx, sql, values)).await.or_domain()?;
    for sql in [
        &format!("DELETE FROM locks WHERE user_id = $2 AND space_id IN ({SPACES})"),
        "DELETE FROM project_members WHERE user_id = $2 \
           AND project_id IN (SELECT id FROM projects WHERE organization_id = $1)",
        "DELETE FROM organization_members WHERE organization_id = $1 AND user_id = $2",
    ] {
        tx.raw().execute_raw(statement(tx, sql, member.clone())).await.or_domain()?;
    }
    Ok(())
}

fn read(row: &QueryResult) -> Result<OrganizationMember> {
    let text = |column: &str| row.try_get::<String>("", column).or_domain();
    let email: Option<String> = row.try_get("", "email").or_domain()?;
    Ok(OrganizationMember {
        user: UserId(row.try_get("", "user_id").or_domain()?),
        name: stored_name(&text("name")?)?,
        display_name: text("display_name")?,
        email: email.map(|email| stored_email(&email)).transpose()?,
        role: stored_role(row)?,
        since: Timestamp::from_millis(row.try_get("", "since_ms").or_domain()?),
        version: Version(row.try_get("", "version").or_domain()?),
    })
}

#[cfg(test)]
mod tests {
    use domain::{OrganizationName, Role, Secret, SpaceId, UserName};
    use scratch::Database;
    use sea_orm::Value;
    use uuid::Uuid;

    use super::*;
    use crate::users::NewUser;
    use crate::{Metadata, MetadataConfig, organizations, schema, users};

    const NOW: Timestamp = Timestamp::from_millis(1_000);
    const BAKERS: OrganizationId = OrganizationId(Uuid::from_u128(1));
    const COOKS: OrganizationId = OrganizationId(Uuid::from_u128(2));

    async fn open(folder: &std::path::Path, database: Option<&Database>) -> Metadata {
        let config = MetadataConfig {
            url: database.map(|database| Secret::new(database.url())),
            connections: 4,
            readers: 2,
            busy_seconds: 10,
            durability: domain::Durability::default(),
        };
        let db = Metadata::open(&config, folder).await.unwrap();
        schema::migrate(&db, NOW).await.unwrap();
        db
    }

    async fn user(tx: &Tx, name: &str) -> UserId {
        let new = NewUser {
            id: UserId(Uuid::new_v4()),
            name: UserName::parse(name).unwrap(),
            role: Role::User,
            display_name: String::new(),
            confirmed: true,
            approved: true,
            password_hash: None,
            space: SpaceId(Uuid::new_v4()),
            root_uuid: Uuid::new_v4(),
            quota_bytes: None,
        };
        users::insert(tx, NOW, new).await.unwrap().id
    }

    async fn run(tx: &Tx, sql: &str, values: impl IntoIterator<Item = Value>) {
        tx.raw().execute_raw(statement(tx, sql, values)).await.unwrap();
    }

    /// A project with these members, each of whom has a task and a lock there.
    async fn project(tx: &Tx, id: u128, organization: Option<OrganizationId>, members: [UserId; 2]) {
        let project: Value = Uuid::from_u128(id).into();
        let made_by: Value = members[0].0.into();
        let organization: Value = organization.map(|organization| organization.0).into();
        let space = "INSERT INTO spaces (id, seq, used_bytes) VALUES ($1, 0, 0)";
        run(tx, space, [project.clone()]).await;
        let sql = "INSERT INTO nodes (uuid, space_id, name, folder, created_ms, modified_ms, created_seq, changed_seq, \
                     tree_seq) VALUES ($1, $1, '', TRUE, 0, 0, 0, 0, 0)";
        run(tx, sql, [project.clone()]).await;
        let sql = "INSERT INTO projects (id, organization_id, space_id, name, description, creator_id, active, \
                     created_ms, changed_ms, version) VALUES ($1, $2, $1, '', '', $3, TRUE, 0, 0, 0)";
        run(tx, sql, [project.clone(), organization, made_by.clone()]).await;
        for member in members {
            let sql = "INSERT INTO project_members (project_id, user_id, role, folder, since_ms, version) \
                       VALUES ($1, $2, 'staff', $3, 0, 0)";
            run(tx, sql, [project.clone(), member.0.into(), id.to_string().into()]).await;
            let sql = "INSERT INTO tasks (id, project_id, title, body, status, priority, assignee_id, creator_id, \
                         created_ms, changed_ms, version) VALUES ($1, $2, '', '', 'open', 0, $3, $4, 0, 0, 0)";
            let values = [Uuid::new_v4().into(), project.clone(), member.0.into(), made_by.clone()];
            run(tx, sql, values).await;
            let sql = "INSERT INTO locks (token, space_id, node_id, user_id, exclusive, infinite, owner_xml, \
                         timeout_ms, expires_ms) \
                       SELECT $1, $2, id, $3, FALSE, FALSE, '', 0, 0 FROM nodes WHERE space_id = $2";
            run(tx, sql, [Uuid::new_v4().into(), project.clone(), member.0.into()]).await;
        }
    }

    /// In which projects somebody is, has tasks and holds locks, in how many each.
    async fn traces(db: &impl Db, user: UserId) -> [i64; 3] {
        let mut counts = [0; 3];
        for (count, sql) in counts.iter_mut().zip([
            "SELECT COUNT(*) AS count FROM project_members WHERE user_id = $1",
            "SELECT COUNT(*) AS count FROM tasks WHERE assignee_id = $1",
            "SELECT COUNT(*) AS count FROM locks WHERE user_id = $1",
        ]) {
            let row = db.raw().query_one_raw(statement(db, sql, [user.0.into()])).await.unwrap().unwrap();
            *count = row.try_get("", "count").unwrap();
        }
        counts
    }

    #[tokio::test]
    async fn who_goes_leaves_nothing_of_theirs_in_the_projects_of_the_organization() {
        let (folder, database) = (tempfile::tempdir().unwrap(), Database::if_scaled());
        let db = open(folder.path(), database.as_ref()).await;
        let tx = db.begin().await.unwrap();
        let (ann, bob) = (user(&tx, "ann").await, user(&tx, "bob").await);
        for id in [BAKERS, COOKS] {
            let name = OrganizationName::parse("x").unwrap();
            organizations::insert(&tx, id, &name, ann, NOW).await.unwrap();
            for user in [ann, bob] {
                assert!(insert(&tx, id, user, OrganizationRole::Owner, NOW).await.unwrap());
                assert!(!insert(&tx, id, user, OrganizationRole::Viewer, NOW).await.unwrap(), "only once");
            }
        }
        for (id, organization) in [(11, Some(BAKERS)), (12, Some(BAKERS)), (13, Some(COOKS)), (14, None)] {
            project(&tx, id, organization, [ann, bob]).await;
        }
        assert_eq!(organizations::projects(&tx, BAKERS).await.unwrap(), 2);
        assert_eq!(other_owners(&tx, BAKERS, bob).await.unwrap(), 1);
        remove(&tx, BAKERS, bob, NOW).await.unwrap();
        assert_eq!(other_owners(&tx, BAKERS, ann).await.unwrap(), 0);
        tx.commit().await.unwrap();
        assert!(find(&db, BAKERS, bob).await.unwrap().is_none());
        assert_eq!(find(&db, COOKS, bob).await.unwrap().unwrap().role, OrganizationRole::Owner);
        assert_eq!(traces(&db, bob).await, [2, 2, 2]);
        assert_eq!(traces(&db, ann).await, [4, 4, 4], "nobody else loses anything");
        let changed = "SELECT COUNT(*) AS count FROM tasks WHERE assignee_id IS NULL AND version = 1 AND changed_ms = 1000";
        let row = db.raw().query_one_raw(statement(&db, changed, [])).await.unwrap().unwrap();
        assert_eq!(row.try_get::<i64>("", "count").unwrap(), 2);
    }

    #[tokio::test]
    async fn an_owner_whose_account_is_being_purged_does_not_count() {
        let (folder, database) = (tempfile::tempdir().unwrap(), Database::if_scaled());
        let db = open(folder.path(), database.as_ref()).await;
        let tx = db.begin().await.unwrap();
        let (ann, bob) = (user(&tx, "ann").await, user(&tx, "bob").await);
        let name = OrganizationName::parse("x").unwrap();
        organizations::insert(&tx, BAKERS, &name, ann, NOW).await.unwrap();
        for user in [ann, bob] {
            insert(&tx, BAKERS, user, OrganizationRole::Owner, NOW).await.unwrap();
        }
        run(&tx, "UPDATE users SET doomed_ms = 1 WHERE id = $1", [bob.0.into()]).await;
        assert_eq!(other_owners(&tx, BAKERS, ann).await.unwrap(), 0);
    }
}
