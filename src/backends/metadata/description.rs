//! What the database is, for whoever looks after it.

use domain::{Error, Result};
use sea_orm::ConnectionTrait;

use crate::error::DbResult;
use crate::nodes::unsigned;
use crate::{Db, Metadata, statement};

/// A database, as its operator knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    /// Its engine and the version of that.
    pub engine: String,
    /// Where it is, without the password that opens it.
    pub place: String,
    /// How large it is.
    pub bytes: u64,
    /// How many connections there are to the whole server, and how many it takes; none where that has no limit.
    pub connections: Option<(u64, u64)>,
}

const POSTGRES: &str = "\
    SELECT 'PostgreSQL ' || split_part(current_setting('server_version'), ' ', 1) AS engine, \
      pg_database_size(current_database()) AS bytes, \
      (SELECT COALESCE(SUM(numbackends), 0)::bigint FROM pg_stat_database) AS used, \
      current_setting('max_connections')::bigint AS allowed";

const SQLITE: &str = "\
    SELECT 'SQLite ' || sqlite_version() AS engine, CAST(page_count * page_size AS BIGINT) AS bytes, \
      CAST(0 AS BIGINT) AS used, CAST(0 AS BIGINT) AS allowed FROM pragma_page_count(), pragma_page_size()";

/// Asks the database what it is.
///
/// # Errors
/// Whatever the database says.
pub async fn describe(metadata: &Metadata) -> Result<Description> {
    let sql = if metadata.is_shared() { POSTGRES } else { SQLITE };
    let row = metadata.raw().query_one_raw(statement(metadata, sql, [])).await.or_domain()?;
    let row = row.ok_or_else(|| Error::internal("the database does not say what it is"))?;
    let number = |name: &str| row.try_get("", name).or_domain().map(unsigned);
    let (used, allowed) = (number("used")?, number("allowed")?);
    Ok(Description {
        engine: row.try_get("", "engine").or_domain()?,
        place: metadata.place().to_owned(),
        bytes: number("bytes")?,
        connections: metadata.is_shared().then_some((used, allowed)),
    })
}
