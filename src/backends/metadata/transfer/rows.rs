//! The rows of a table: read in the order of its key, written, and summed up in the same way on every engine.

use domain::{Result, Sha256};
use futures_util::TryStreamExt;
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, DbBackend, QueryResult, Statement, StreamTrait, TryGetable, Value,
};
use sha2::Digest;
use uuid::Uuid;

use super::Transferred;
use super::shape::{Column, Kind, Table, engine, quoted};
use crate::error::DbResult;
use crate::nodes::unsigned;

/// Values in one statement: fewer than SQLite takes.
const VALUES_MAX: usize = 8_000;
/// A statement is sent when it has this much in it, and so is what somebody who watches is told.
const STATEMENT_BYTES: usize = 1 << 20;
/// What is read back is told of in such portions.
const TOLD_AT_ONCE: u64 = 1_000;

/// How many rows a table has.
pub(super) async fn count(database: &DatabaseTransaction, table: &Table) -> Result<u64> {
    let sql = format!("SELECT COUNT(*) AS count FROM {}", table.quoted());
    let row = database.query_one_raw(Statement::from_string(engine(database), sql)).await;
    let count = row.or_domain()?.map_or(Ok(0), |row| row.try_get::<i64>("", "count")).or_domain()?;
    Ok(unsigned(count))
}

/// Copies a table, and gives the digest of what was read.
pub(super) async fn copy(
    source: &DatabaseTransaction,
    target: &DatabaseTransaction,
    table: &Table,
    watch: &(dyn Fn(Transferred) + Sync),
) -> Result<Sum> {
    let mut sum = Sum::default();
    let mut batch = Batch::default();
    let mut rows = source.stream_raw(select(source, table)).await.or_domain()?;
    while let Some(row) = rows.try_next().await.or_domain()? {
        let values = values(&row, table)?;
        sum.add(&values);
        batch.add(values);
        if batch.is_full() {
            batch.write(target, table, watch).await?;
        }
    }
    batch.write(target, table, watch).await?;
    Ok(sum)
}

/// Reads a table and gives its digest.
pub(super) async fn digest(
    database: &DatabaseTransaction,
    table: &Table,
    watch: &(dyn Fn(Transferred) + Sync),
) -> Result<Sum> {
    let mut sum = Sum::default();
    let mut rows = database.stream_raw(select(database, table)).await.or_domain()?;
    while let Some(row) = rows.try_next().await.or_domain()? {
        sum.add(&values(&row, table)?);
        if sum.rows.is_multiple_of(TOLD_AT_ONCE) {
            watch(Transferred::Compared(TOLD_AT_ONCE));
        }
    }
    watch(Transferred::Compared(sum.rows % TOLD_AT_ONCE));
    Ok(sum)
}

fn select(database: &DatabaseTransaction, table: &Table) -> Statement {
    let engine = engine(database);
    let columns: Vec<String> = table.columns.iter().map(|column| quoted(&column.name)).collect();
    let kind =
        |name: &String| table.columns.iter().find(|column| column.name == *name).map(|found| found.kind);
    let ordered = |name: &String| match (engine, kind(name)) {
        // By its bytes, as SQLite orders it.
        (DbBackend::Postgres, Some(Kind::Text)) => format!("{} COLLATE \"C\"", quoted(name)),
        _ => quoted(name),
    };
    let key: Vec<String> = table.key.iter().map(ordered).collect();
    let sql = format!("SELECT {} FROM {} ORDER BY {}", columns.join(", "), table.quoted(), key.join(", "));
    Statement::from_string(engine, sql)
}

fn values(row: &QueryResult, table: &Table) -> Result<Vec<Value>> {
    table.columns.iter().enumerate().map(|(at, column)| value(row, at, column)).collect()
}

fn value(row: &QueryResult, at: usize, column: &Column) -> Result<Value> {
    fn read<T: TryGetable>(row: &QueryResult, at: usize) -> Result<Option<T>> {
        row.try_get_by_index(at).or_domain()
    }
    Ok(match column.kind {
        Kind::Integer => read::<i64>(row, at)?.into(),
        Kind::Truth => read::<bool>(row, at)?.into(),
        Kind::Text => read::<String>(row, at)?.into(),
        Kind::Bytes => read::<Vec<u8>>(row, at)?.into(),
        Kind::Uuid => read::<Uuid>(row, at)?.into(),
    })
}

/// Rows that are to be written in one statement.
#[derive(Default)]
struct Batch {
    values: Vec<Value>,
    rows: usize,
    bytes: usize,
}

impl Batch {
    fn add(&mut self, values: Vec<Value>) {
        self.bytes += values.iter().map(size).sum::<usize>();
        self.rows += 1;
        self.values.extend(values);
    }

    fn is_full(&self) -> bool {
        // The next row has as many values as each of these.
        self.values.len() + self.values.len() / self.rows > VALUES_MAX || self.bytes >= STATEMENT_BYTES
    }

    async fn write(
        &mut self,
        target: &DatabaseTransaction,
        table: &Table,
        watch: &(dyn Fn(Transferred) + Sync),
    ) -> Result<()> {
        let Self { values, rows, .. } = std::mem::take(self);
        if rows == 0 {
            return Ok(());
        }
        let columns: Vec<String> = table.columns.iter().map(|column| quoted(&column.name)).collect();
        let row = |row: usize| format!("({})", crate::lists::slots(columns.len(), row * columns.len() + 1));
        let places: Vec<String> = (0..rows).map(row).collect();
        let sql =
            format!("INSERT INTO {} ({}) VALUES {}", table.quoted(), columns.join(", "), places.join(", "));
        let insert = Statement::from_sql_and_values(engine(target), sql, values);
        target.execute_raw(insert).await.or_domain()?;
        watch(Transferred::Copied(rows as u64));
        Ok(())
    }
}

fn size(value: &Value) -> usize {
    match value {
        Value::String(Some(text)) => text.len(),
        Value::Bytes(Some(bytes)) => bytes.len(),
        _ => 16,
    }
}

/// How many rows a table has, and what they add up to.
#[derive(Default)]
pub(super) struct Sum {
    rows: u64,
    hasher: sha2::Sha256,
}

impl PartialEq for Sum {
    fn eq(&self, other: &Self) -> bool {
        self.rows == other.rows && self.digest() == other.digest()
    }
}

impl Sum {
    fn digest(&self) -> Sha256 {
        Sha256(self.hasher.clone().finalize().into())
    }

    /// Each value says how long it is, so that no two tables add up to the same.
    fn add(&mut self, values: &[Value]) {
        self.rows += 1;
        for value in values {
            match value {
                Value::BigInt(Some(number)) => self.put(&number.to_be_bytes()),
                Value::Bool(Some(truth)) => self.put(&[u8::from(*truth)]),
                Value::String(Some(text)) => self.put(text.as_bytes()),
                Value::Bytes(Some(bytes)) => self.put(bytes),
                Value::Uuid(Some(id)) => self.put(id.as_bytes()),
                _ => self.hasher.update([0]),
            }
        }
    }

    fn put(&mut self, bytes: &[u8]) {
        self.hasher.update([1]);
        self.hasher.update((bytes.len() as u64).to_be_bytes());
        self.hasher.update(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(rows: &[&[Value]]) -> Sum {
        let mut sum = Sum::default();
        rows.iter().for_each(|row| sum.add(row));
        sum
    }

    #[test]
    fn a_sum_tells_rows_apart_that_differ_only_in_where_a_value_ends() {
        let (none, empty) = ([Value::String(None)], [Value::from("")]);
        assert!(sum(&[&["ab".into(), "c".into()]]) != sum(&[&["a".into(), "bc".into()]]));
        assert!(sum(&[&none]) != sum(&[&empty]));
        assert!(sum(&[&none, &none]) != sum(&[&none]));
        assert!(sum(&[&[1_i64.into()]]) == sum(&[&[1_i64.into()]]));
    }
}
