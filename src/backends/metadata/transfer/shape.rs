//! What a database says of its tables and columns.

use std::collections::BTreeMap;

use domain::{Error, Result};
use sea_orm::{ConnectionTrait, DbBackend, Statement};

use crate::error::DbResult;

/// A table with its columns, in the order of their names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) name: String,
    pub(crate) columns: Vec<Column>,
    /// The columns of the primary key, in its order.
    pub(crate) key: Vec<String>,
}

/// A column, and what is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) kind: Kind,
}

/// What a column holds, or nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Integer,
    Truth,
    Text,
    Bytes,
    Uuid,
}

impl Kind {
    /// By the name that one of the engines has for it; none for what no migration has made so far.
    fn parse(declared: &str) -> Option<Self> {
        let declared = declared.to_ascii_lowercase();
        let name = declared.split('(').next().unwrap_or_default();
        Some(match name {
            "integer" | "bigint" => Self::Integer,
            "boolean" => Self::Truth,
            "text" | "varchar" | "character varying" => Self::Text,
            "blob" | "bytea" => Self::Bytes,
            "uuid_text" | "uuid" => Self::Uuid,
            _ => return None,
        })
    }
}

impl Table {
    /// Its name as statements write it.
    pub(crate) fn quoted(&self) -> String {
        quoted(&self.name)
    }
}

/// A name as statements write it.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Which engine this is.
pub(crate) fn engine(database: &impl ConnectionTrait) -> DbBackend {
    database.get_database_backend()
}

const SQLITE: &str = "\
    SELECT m.name AS table_name, p.name AS column_name, p.type AS declared, p.pk AS key_place \
    FROM sqlite_master m JOIN pragma_table_xinfo(m.name) p \
    WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite!_%' ESCAPE '!' ORDER BY m.name, p.name";

const POSTGRES: &str = "\
    SELECT c.relname::text COLLATE \"C\" AS table_name, a.attname::text COLLATE \"C\" AS column_name, \
      format_type(a.atttypid, NULL) AS declared, \
      COALESCE(array_position(k.conkey, a.attnum), 0)::bigint AS key_place \
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
    LEFT JOIN pg_constraint k ON k.conrelid = c.oid AND k.contype = 'p' \
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') ORDER BY 1, 2";

/// Whether a database has any table, whatever it holds.
pub(crate) async fn any(database: &impl ConnectionTrait) -> Result<bool> {
    let engine = engine(database);
    let sql = match engine {
        DbBackend::Postgres => {
            "SELECT 1 FROM pg_class WHERE relnamespace = current_schema()::regnamespace LIMIT 1"
        }
        _ => "SELECT 1 FROM sqlite_master LIMIT 1",
    };
    Ok(database.query_one_raw(Statement::from_string(engine, sql)).await.or_domain()?.is_some())
}

/// All tables of a database, in the order of their names.
pub(crate) async fn tables(database: &impl ConnectionTrait) -> Result<Vec<Table>> {
    let engine = engine(database);
    let asked = Statement::from_string(engine, if engine == DbBackend::Postgres { POSTGRES } else { SQLITE });
    let mut tables: BTreeMap<String, (Vec<Column>, BTreeMap<i64, String>)> = BTreeMap::new();
    for row in database.query_all_raw(asked).await.or_domain()? {
        let table: String = row.try_get("", "table_name").or_domain()?;
        let name: String = row.try_get("", "column_name").or_domain()?;
        let declared: String = row.try_get("", "declared").or_domain()?;
        let kind = Kind::parse(&declared).ok_or_else(|| {
            Error::internal(format!("the column {table}.{name} is of a type that is not known: {declared}"))
        })?;
        let (columns, key) = tables.entry(table).or_default();
        let place: i64 = row.try_get("", "key_place").or_domain()?;
        if place > 0 {
            key.insert(place, name.clone());
        }
        columns.push(Column { name, kind });
    }
    let table = |(name, (columns, key)): (String, (Vec<Column>, BTreeMap<i64, String>))| {
        if key.is_empty() {
            return Err(Error::internal(format!("the table {name} has no primary key")));
        }
        Ok(Table { name, columns, key: key.into_values().collect() })
    };
    tables.into_iter().map(table).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_engines_have_a_name_for_each_kind() {
        for (sqlite, postgres) in [
            ("INTEGER", "bigint"),
            ("boolean", "boolean"),
            ("TEXT", "text"),
            ("varchar", "character varying"),
            ("blob(32)", "bytea"),
            ("uuid_text", "uuid"),
        ] {
            assert!(
                Kind::parse(sqlite).is_some() && Kind::parse(sqlite) == Kind::parse(postgres),
                "{sqlite}"
            );
        }
        assert_eq!(Kind::parse("double precision"), None);
    }
}
