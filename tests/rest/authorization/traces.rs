//! What is in the database, counted: a request that was refused, or that reads, changes none of these numbers.

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};

/// The table of who did what.
pub const RECORD: &str = "audit_entries";

/// The tables, and what is added up of their rows beside counting them. When something was last used is no change.
const TABLES: [(&str, &str); 21] = [
    ("users", "version"),
    ("app_passwords", "version"),
    ("sessions", "CASE WHEN revoked_ms IS NULL THEN 0 ELSE 1 END"),
    ("refresh_tokens", "CASE WHEN replaced_ms IS NULL THEN 0 ELSE 1 END"),
    ("confirmations", "CASE WHEN used_ms IS NULL THEN 0 ELSE 1 END"),
    ("mails", "0"),
    ("organizations", "version"),
    ("organization_members", "version"),
    ("invitations", "CASE WHEN accepted_ms IS NULL AND revoked_ms IS NULL THEN 0 ELSE 1 END"),
    ("projects", "version"),
    ("project_members", "version"),
    ("tasks", "version"),
    ("task_files", "0"),
    ("spaces", "seq + used_bytes"),
    ("nodes", "changed_seq"),
    ("revisions", "from_seq"),
    ("locks", "0"),
    ("properties", "0"),
    ("receipts", "0"),
    ("jobs", "0"),
    (RECORD, "CASE WHEN outcome = 'done' THEN 1 ELSE 0 END"),
];

/// How many rows each table has, and the sum over them.
pub async fn count(database: &DatabaseConnection) -> BTreeMap<String, (i64, i64)> {
    let of = |(table, sum): &(&str, &str)| match *table {
        // What was refused may well be on record.
        RECORD => format!(
            "SELECT '{table}' AS what, 0 AS n, CAST(COALESCE(SUM({sum}), 0) AS BIGINT) AS s FROM {table}"
        ),
        _ => format!(
            "SELECT '{table}' AS what, COUNT(*) AS n, CAST(COALESCE(SUM({sum}), 0) AS BIGINT) AS s FROM {table}"
        ),
    };
    let sql = TABLES.iter().map(of).collect::<Vec<_>>().join(" UNION ALL ");
    let asked = Statement::from_string(database.get_database_backend(), sql);
    let rows = database.query_all_raw(asked).await.unwrap();
    let read = |row: sea_orm::QueryResult| {
        let number = |name: &str| row.try_get::<i64>("", name).unwrap();
        (row.try_get::<String>("", "what").unwrap(), (number("n"), number("s")))
    };
    rows.into_iter().map(read).collect()
}
