//! What the rows must satisfy at any moment, each rule as a question for those that do not.

use domain::{BlobId, Error, NodeId, Result, SpaceId};
use sea_orm::{ConnectionTrait, DbBackend, QueryResult, Value};

use crate::error::DbResult;
use crate::{Db, statement};

/// One thing that must hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Everything lies in a folder of its own space, but for the top of each.
    Parents,
    /// Each space has one top, a folder that is not in the trash.
    Tops,
    /// From everything the way up leads to the top of a space.
    Reach,
    /// Everything with a history has one present revision. System files have none, and of what is gone for good nothing
    /// need be present.
    Histories,
    /// The present revision of something says what its node says.
    Present,
    /// No two revisions of one node are of the same time.
    Overlaps,
    /// Whatever is shown, or was, has a live blob.
    References,
    /// Every live blob is shown somewhere, or was.
    Unreferenced,
    /// No two things in one folder, and no two entries of one trash, have the same name.
    Names,
    /// Every space is one user's or one project's.
    Owners,
    /// Whatever belongs to a task lies in the space of its project.
    Attachments,
    /// Whatever is being purged as a whole, a project or an account, has a job that goes on with it.
    Ends,
}

/// What does not satisfy a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breaches {
    /// How many there are.
    pub count: u64,
    /// The first few.
    pub examples: Vec<Offender>,
}

/// What breaks a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offender {
    /// A file or folder.
    Node(NodeId),
    /// A blob.
    Blob(BlobId),
    /// A space.
    Space(SpaceId),
}

impl Rule {
    /// All rules.
    pub const ALL: [Self; 12] = [
        Self::Parents,
        Self::Tops,
        Self::Reach,
        Self::Histories,
        Self::Present,
        Self::Overlaps,
        Self::References,
        Self::Unreferenced,
        Self::Names,
        Self::Owners,
        Self::Attachments,
        Self::Ends,
    ];

    /// A question for what breaks it: `node`, `blob` or `space`.
    fn question(self) -> &'static str {
        match self {
            Self::Parents => {
                "SELECT n.id AS node FROM nodes n LEFT JOIN nodes p ON p.id = n.parent_id \
                 WHERE n.parent_id IS NOT NULL AND (p.id IS NULL OR p.space_id <> n.space_id OR NOT p.folder)"
            }
            Self::Tops => {
                "SELECT s.id AS space FROM spaces s LEFT JOIN nodes n ON n.id = s.root_id \
                 WHERE n.id IS NULL OR n.space_id <> s.id OR n.parent_id IS NOT NULL OR NOT n.folder \
                   OR n.trashed_ms IS NOT NULL \
                 UNION ALL \
                 SELECT n.space_id AS space FROM nodes n LEFT JOIN spaces s ON s.root_id = n.id \
                 WHERE n.parent_id IS NULL AND s.id IS NULL"
            }
            Self::Reach => {
                // By EXCEPT: PostgreSQL looks through all of a list that is not small for each row outside of it.
                "WITH RECURSIVE tree (id) AS ( \
                   SELECT root_id FROM spaces WHERE root_id IS NOT NULL \
                   UNION \
                   SELECT n.id FROM tree JOIN nodes n ON n.parent_id = tree.id \
                 ) SELECT id AS node FROM nodes EXCEPT SELECT id FROM tree"
            }
            Self::Histories => {
                "SELECT n.id AS node FROM nodes n LEFT JOIN ( \
                   SELECT node_id, COUNT(*) AS revisions, COUNT(*) FILTER (WHERE to_seq IS NULL) AS present \
                   FROM revisions GROUP BY node_id \
                 ) r ON r.node_id = n.id \
                 WHERE CASE \
                   WHEN n.system_sha256 IS NOT NULL THEN COALESCE(r.revisions, 0) <> 0 \
                   WHEN n.trashed_with = n.id THEN COALESCE(r.present, 0) > 1 \
                   ELSE COALESCE(r.present, 1) <> 1 END"
            }
            Self::Present => {
                "SELECT n.id AS node FROM revisions r JOIN nodes n ON n.id = r.node_id \
                 WHERE r.to_seq IS NULL AND (r.space_id <> n.space_id OR r.name <> n.name \
                   OR r.parent_id IS DISTINCT FROM n.parent_id OR r.blob_id IS DISTINCT FROM n.blob_id \
                   OR r.trashed <> (n.trashed_ms IS NOT NULL))"
            }
            Self::Overlaps => {
                "SELECT node_id AS node FROM ( \
                   SELECT node_id, from_seq, to_seq, \
                     LEAD(from_seq) OVER (PARTITION BY node_id ORDER BY from_seq, id) AS next_seq \
                   FROM revisions \
                 ) r WHERE to_seq < from_seq OR to_seq > next_seq OR to_seq IS NULL AND next_seq IS NOT NULL"
            }
            Self::References => {
                "SELECT r.node_id AS node FROM revisions r LEFT JOIN blobs b ON b.id = r.blob_id \
                 WHERE r.blob_id IS NOT NULL AND b.live IS NOT TRUE \
                 UNION \
                 SELECT n.id AS node FROM nodes n LEFT JOIN blobs b ON b.id = n.blob_id \
                 WHERE n.blob_id IS NOT NULL AND b.live IS NOT TRUE"
            }
            Self::Unreferenced => {
                "SELECT b.id AS blob FROM blobs b WHERE b.live \
                 AND NOT EXISTS (SELECT 1 FROM revisions r WHERE r.blob_id = b.id)"
            }
            Self::Names => {
                "SELECT MAX(id) AS node FROM nodes WHERE trashed_ms IS NULL AND parent_id IS NOT NULL \
                 GROUP BY parent_id, name HAVING COUNT(*) > 1 \
                 UNION ALL \
                 SELECT MAX(id) AS node FROM nodes WHERE trash_name IS NOT NULL \
                 GROUP BY space_id, trash_name HAVING COUNT(*) > 1"
            }
            Self::Owners | Self::Attachments | Self::Ends => self.question_of_people(),
        }
    }

    /// The same of what people have made of spaces.
    fn question_of_people(self) -> &'static str {
        match self {
            Self::Owners => {
                "SELECT s.id AS space FROM spaces s WHERE EXISTS (SELECT 1 FROM users u WHERE u.id = s.owner_id) \
                 = EXISTS (SELECT 1 FROM projects p WHERE p.space_id = s.id)"
            }
            Self::Attachments => {
                "SELECT f.node_id AS node FROM task_files f JOIN tasks t ON t.id = f.task_id \
                 JOIN projects p ON p.id = t.project_id JOIN nodes n ON n.id = f.node_id \
                 WHERE n.space_id <> p.space_id"
            }
            _ => {
                "SELECT p.space_id AS space FROM projects p JOIN spaces s ON s.id = p.space_id \
                 WHERE s.condemned_ms IS NOT NULL AND NOT EXISTS (SELECT 1 FROM jobs j \
                   WHERE NOT j.dead AND j.kind = 'purge-project' \
                     AND UPPER(REPLACE(j.key, '-', '')) = UPPER(REPLACE(HEX(p.id), '-', ''))) \
                 UNION ALL \
                 SELECT s.id AS space FROM users u JOIN spaces s ON s.owner_id = u.id \
                 WHERE u.doomed_ms IS NOT NULL AND NOT EXISTS (SELECT 1 FROM receipts r \
                   JOIN jobs j ON NOT j.dead AND j.kind = 'purge-account' \
                     AND UPPER(REPLACE(j.key, '-', '')) = UPPER(REPLACE(HEX(r.id), '-', '')) \
                   WHERE r.user_id = u.id)"
            }
        }
    }

    fn offender(self, row: &QueryResult) -> Result<Offender> {
        Ok(match self {
            Self::Tops | Self::Owners | Self::Ends => {
                Offender::Space(SpaceId(row.try_get("", "space").or_domain()?))
            }
            Self::Unreferenced => Offender::Blob(BlobId(row.try_get("", "blob").or_domain()?)),
            _ => Offender::Node(NodeId(row.try_get("", "node").or_domain()?)),
        })
    }
}

/// What breaks a rule: how many, and the first few.
///
/// # Errors
/// Whatever the database says.
pub async fn breaches(db: &impl Db, rule: Rule, examples_max: u32) -> Result<Breaches> {
    let question = match db.raw().get_database_backend() {
        // An identity is bytes on SQLite and a type of its own here, which says itself as a text.
        DbBackend::Postgres => rule.question().replace("HEX(", "CONCAT("),
        _ => rule.question().to_owned(),
    };
    let sql = format!("SELECT COUNT(*) AS count FROM ({question}) broken");
    let row = db.raw().query_one_raw(statement(db, &sql, [])).await.or_domain()?;
    let row = row.ok_or_else(|| Error::internal("a count without a row"))?;
    let count = crate::nodes::unsigned(row.try_get("", "count").or_domain()?);
    if count == 0 {
        return Ok(Breaches { count, examples: Vec::new() });
    }
    let sql = format!("SELECT * FROM ({question}) broken LIMIT $1");
    let values: [Value; 1] = [i64::from(examples_max).into()];
    let rows = db.raw().query_all_raw(statement(db, &sql, values)).await.or_domain()?;
    let examples = rows.iter().map(|row| rule.offender(row)).collect::<Result<_>>()?;
    Ok(Breaches { count, examples })
}

/// What the database finds wrong with its own file, at most so many sentences: none, unless a disk has damaged it or
/// somebody has changed it by hand.
///
/// # Errors
/// Whatever the database says.
pub async fn integrity(db: &impl Db, count_max: u32) -> Result<Vec<String>> {
    // PostgreSQL has no such question.
    if db.raw().get_database_backend() != DbBackend::Sqlite {
        return Ok(Vec::new());
    }
    let sql = format!("PRAGMA integrity_check({count_max})");
    let rows = db.raw().query_all_raw(statement(db, &sql, [])).await.or_domain()?;
    let found: Result<Vec<String>> = rows.iter().map(|row| row.try_get_by_index(0).or_domain()).collect();
    let mut found: Vec<String> = found?.into_iter().filter(|line| line != "ok").collect();
    let sql = "SELECT \"table\" AS child, \"parent\" AS parent, COUNT(*) AS count FROM pragma_foreign_key_check \
               GROUP BY 1, 2";
    for row in db.raw().query_all_raw(statement(db, sql, [])).await.or_domain()? {
        let text = |column: &str| row.try_get::<String>("", column).or_domain();
        let count: i64 = row.try_get("", "count").or_domain()?;
        found.push(format!("{count} of {} refer to {} that are not there", text("child")?, text("parent")?));
    }
    Ok(found)
}
