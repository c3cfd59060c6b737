//! The files of a snapshot by the names people know them by.

use domain::{BlobId, ProjectId, ProjectName, Result, Timestamp};
use sea_orm::{ConnectionTrait, QueryResult, Value};
use uuid::Uuid;

use super::{Kept, Snapshot, kept};
use crate::error::DbResult;
use crate::statement;

/// One file or folder, or an earlier content of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What it is.
    pub kind: EntryKind,
    /// Whose tree it is in.
    pub owner: Owner,
    /// Where it lies in that, or lay when it was removed: names with slashes between them.
    pub path: String,
    /// Its content; an empty file has none, and neither has a folder.
    pub content: Option<Kept>,
    /// When it was changed, as people see it.
    pub modified_at: Timestamp,
    /// Since when it is in the trash, by itself or with a folder around it.
    pub removed_at: Option<Timestamp>,
}

/// Whose a tree of files is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    /// The user of this name.
    User(String),
    /// A project; others may have the same name.
    Project(ProjectId, ProjectName),
}

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// A folder.
    Folder,
    /// A file with its present content.
    File,
    /// An earlier content of a file.
    Version,
}

/// From the nodes of a page up to the roots. Nothing below what is purged can be wanted back.
const WAYS: &str = "ways (id, parent_id, path, removed_ms, is_gone) AS ( \
      SELECT p.id, n.parent_id, n.name, n.trashed_ms, n.doomed OR COALESCE(n.trashed_with = n.id, FALSE) \
      FROM page p JOIN nodes n ON n.id = p.node_id \
      UNION ALL \
      SELECT w.id, n.parent_id, n.name || '/' || w.path, COALESCE(w.removed_ms, n.trashed_ms), \
        w.is_gone OR n.doomed OR COALESCE(n.trashed_with = n.id, FALSE) \
      FROM ways w JOIN nodes n ON n.id = w.parent_id WHERE n.parent_id IS NOT NULL \
    )";

/// Every row of a page is one of the answer, whoever it belongs to: a page without rows is the last.
const OWNERS: &str =
    "JOIN (spaces s LEFT JOIN users u ON u.id = s.owner_id LEFT JOIN projects p ON p.space_id = s.id)";
const OWNER: &str = "u.name AS user_name, p.id AS project_id, p.name AS project_name";

impl Snapshot {
    /// The files and folders whose numbers follow this one, with the last number looked at; none after the last.
    /// System files are left out: they are no one's content.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn nodes_after(&self, number: i64, count_max: u32) -> Result<Option<(i64, Vec<Entry>)>> {
        let sql = format!(
            "WITH RECURSIVE page (id, node_id) AS ( \
               SELECT id, id FROM nodes WHERE id > $1 AND parent_id IS NOT NULL AND system_sha256 IS NULL \
               ORDER BY id LIMIT $2 \
             ), {WAYS} \
             SELECT w.id AS number, w.path, w.removed_ms, w.is_gone, {OWNER}, n.folder AS is_folder, \
               n.modified_ms, b.id, b.size_bytes, b.sha256 \
             FROM ways w JOIN nodes top ON top.id = w.parent_id AND top.parent_id IS NULL \
             JOIN nodes n ON n.id = w.id {OWNERS} ON s.id = n.space_id \
             LEFT JOIN blobs b ON b.id = n.blob_id ORDER BY w.id"
        );
        self.page(&sql, number, count_max, false).await
    }

    /// The earlier contents of files whose numbers follow this one, with the last number looked at; none after the
    /// last.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn versions_after(&self, number: i64, count_max: u32) -> Result<Option<(i64, Vec<Entry>)>> {
        let sql = format!(
            "WITH RECURSIVE page (id, node_id) AS ( \
               SELECT r.id, r.node_id FROM revisions r JOIN nodes n ON n.id = r.node_id \
               WHERE r.id > $1 AND r.blob_id IS NOT NULL AND r.blob_id IS DISTINCT FROM n.blob_id \
               AND NOT EXISTS (SELECT 1 FROM revisions e \
                 WHERE e.node_id = r.node_id AND e.blob_id = r.blob_id AND e.id < r.id) \
               ORDER BY r.id LIMIT $2 \
             ), {WAYS} \
             SELECT w.id AS number, w.path, w.removed_ms, w.is_gone, {OWNER}, FALSE AS is_folder, \
               r.modified_ms, b.id, b.size_bytes, b.sha256 \
             FROM ways w JOIN nodes top ON top.id = w.parent_id AND top.parent_id IS NULL \
             JOIN revisions r ON r.id = w.id {OWNERS} ON s.id = r.space_id \
             JOIN blobs b ON b.id = r.blob_id ORDER BY w.id"
        );
        self.page(&sql, number, count_max, true).await
    }

    /// Some of the files, present or past, that have this content: enough to say what is missing with it.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn places_of(&self, content: BlobId) -> Result<Vec<Entry>> {
        let sql = format!(
            "WITH RECURSIVE page (id, node_id) AS ( \
               SELECT MAX(id), node_id FROM revisions WHERE blob_id = $1 GROUP BY node_id ORDER BY node_id LIMIT 3 \
             ), {WAYS} \
             SELECT w.id AS number, w.path, w.removed_ms, w.is_gone, {OWNER}, FALSE AS is_folder, \
               r.modified_ms, b.id, b.size_bytes, b.sha256 \
             FROM ways w JOIN nodes top ON top.id = w.parent_id AND top.parent_id IS NULL \
             JOIN revisions r ON r.id = w.id JOIN nodes n ON n.id = r.node_id {OWNERS} ON s.id = r.space_id \
             JOIN blobs b ON b.id = r.blob_id ORDER BY w.id"
        );
        let rows = self.raw_rows(&sql, [content.0.into()]).await?;
        Ok(rows
            .iter()
            .map(|row| entry(row, true))
            .collect::<Result<Vec<_>>>()?
            .into_iter()
            .flatten()
            .collect())
    }

    async fn page(
        &self,
        sql: &str,
        number: i64,
        count_max: u32,
        of_versions: bool,
    ) -> Result<Option<(i64, Vec<Entry>)>> {
        let rows = self.raw_rows(sql, [number.into(), i64::from(count_max).into()]).await?;
        let Some(last) = rows.last() else { return Ok(None) };
        let last: i64 = last.try_get("", "number").or_domain()?;
        let entries = rows.iter().map(|row| entry(row, of_versions)).collect::<Result<Vec<_>>>()?;
        Ok(Some((last, entries.into_iter().flatten().collect())))
    }

    async fn raw_rows(&self, sql: &str, values: impl IntoIterator<Item = Value>) -> Result<Vec<QueryResult>> {
        self.read.query_all_raw(statement(self, sql, values)).await.or_domain()
    }
}

/// What a row shows, unless it is gone for good, or of nobody any more.
fn entry(row: &QueryResult, is_version: bool) -> Result<Option<Entry>> {
    let is_gone: bool = row.try_get("", "is_gone").or_domain()?;
    let Some(owner) = owner(row)?.filter(|_| !is_gone) else { return Ok(None) };
    let removed_ms: Option<i64> = row.try_get("", "removed_ms").or_domain()?;
    let kind = match (is_version, row.try_get("", "is_folder").or_domain()?) {
        (true, _) => EntryKind::Version,
        (false, true) => EntryKind::Folder,
        (false, false) => EntryKind::File,
    };
    Ok(Some(Entry {
        kind,
        owner,
        path: row.try_get("", "path").or_domain()?,
        content: kept(row)?,
        modified_at: Timestamp::from_millis(row.try_get("", "modified_ms").or_domain()?),
        removed_at: removed_ms.map(Timestamp::from_millis),
    }))
}

fn owner(row: &QueryResult) -> Result<Option<Owner>> {
    let text = |column: &str| row.try_get::<Option<String>>("", column).or_domain();
    let project: Option<Uuid> = row.try_get("", "project_id").or_domain()?;
    Ok(match (text("user_name")?, project, text("project_name")?) {
        (Some(user), ..) => Some(Owner::User(user)),
        (None, Some(id), Some(name)) => Some(Owner::Project(ProjectId(id), ProjectName::stored(name))),
        _ => None,
    })
}
