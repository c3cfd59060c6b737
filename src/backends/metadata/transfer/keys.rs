//! What ties rows together, and the numbers that are given out.

use domain::Result;
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, Statement};

use super::shape::{Kind, Table, quoted};
use crate::error::DbResult;
use crate::{Tx, statement};

/// A foreign key that was taken off its table.
pub(super) struct Link {
    table: String,
    name: String,
    definition: String,
}

/// Lets rows come in any order; those who would read or write wait until the transaction has ended.
pub(super) async fn unlink(target: &Tx) -> Result<Vec<Link>> {
    if target.raw.get_database_backend() == DbBackend::Sqlite {
        // They are judged by the commit.
        target.raw.execute_unprepared("PRAGMA defer_foreign_keys = ON").await.or_domain()?;
        return Ok(Vec::new());
    }
    let sql = "SELECT conrelid::regclass::text AS name_of_table, conname::text AS name, \
                 pg_get_constraintdef(oid) AS definition \
               FROM pg_constraint WHERE contype = 'f' AND connamespace = current_schema()::regnamespace";
    let mut links = Vec::new();
    for row in target.raw.query_all_raw(statement(target, sql, [])).await.or_domain()? {
        links.push(Link {
            table: row.try_get("", "name_of_table").or_domain()?,
            name: row.try_get("", "name").or_domain()?,
            definition: row.try_get("", "definition").or_domain()?,
        });
    }
    for Link { table, name, .. } in &links {
        // Judged once for the whole table, when it is put back, and not row by row.
        let sql = format!("ALTER TABLE {table} DROP CONSTRAINT {}", quoted(name));
        target.raw.execute_unprepared(&sql).await.or_domain()?;
    }
    Ok(links)
}

/// Puts the foreign keys back, which fails where a row refers to one that is not there.
pub(super) async fn link(target: &Tx, links: Vec<Link>) -> Result<()> {
    for Link { table, name, definition } in links {
        let sql = format!("ALTER TABLE {table} ADD CONSTRAINT {} {definition}", quoted(&name));
        target.raw.execute_unprepared(&sql).await.or_domain()?;
    }
    Ok(())
}

/// Lets a table that gives out numbers go on behind the last one that the source gave out: its row may be gone by now,
/// and no number is given out twice.
pub(super) async fn go_on_counting(source: &DatabaseTransaction, target: &Tx, table: &Table) -> Result<()> {
    let [key] = table.key.as_slice() else { return Ok(()) };
    if !table.columns.iter().any(|column| column.name == *key && column.kind == Kind::Integer) {
        return Ok(());
    }
    let Some(last) = last(source, table, key).await? else { return Ok(()) };
    for (sql, values) in match target.raw.get_database_backend() {
        DbBackend::Postgres => {
            let sql = "SELECT setval(pg_get_serial_sequence($1, $2), $3) \
                       WHERE pg_get_serial_sequence($1, $2) IS NOT NULL";
            vec![(sql, vec![table.quoted().into(), key.clone().into(), last.into()])]
        }
        _ => vec![
            ("DELETE FROM sqlite_sequence WHERE name = $1", vec![table.name.clone().into()]),
            (
                "INSERT INTO sqlite_sequence (name, seq) VALUES ($1, $2)",
                vec![table.name.clone().into(), last.into()],
            ),
        ],
    } {
        target.raw.execute_raw(statement(target, sql, values)).await.or_domain()?;
    }
    Ok(())
}

/// The last number a table has given out, if it gives out any.
async fn last(source: &DatabaseTransaction, table: &Table, key: &str) -> Result<Option<i64>> {
    let engine = source.get_database_backend();
    let (sql, values) = match engine {
        DbBackend::Postgres => (
            "SELECT pg_sequence_last_value(pg_get_serial_sequence($1, $2)::regclass) AS last",
            vec![table.quoted().into(), key.into()],
        ),
        _ => ("SELECT seq AS last FROM sqlite_sequence WHERE name = $1", vec![table.name.clone().into()]),
    };
    let row = source.query_one_raw(Statement::from_sql_and_values(engine, sql, values)).await.or_domain()?;
    row.map_or(Ok(None), |row| row.try_get("", "last")).or_domain()
}
