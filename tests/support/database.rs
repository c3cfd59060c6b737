//! The database of a house as another process opens it: for what no door shows, and for what only time could bring about
//! otherwise.

use std::path::Path;

use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, QueryResult, Statement, TryGetable, Value,
};

use super::ground;

/// A connection of one's own to the database of the house with this data folder.
pub async fn connect(data_folder: &Path) -> DatabaseConnection {
    let file = || format!("sqlite://{}", data_folder.join("metadata.db").display());
    let mut options = ConnectOptions::new(ground::database(data_folder).unwrap_or_else(file));
    options.max_connections(1).sqlx_logging(false);
    options.map_sqlx_sqlite_opts(|file| file.busy_timeout(std::time::Duration::from_secs(30)));
    Database::connect(options).await.unwrap()
}

/// Leaves a database without a single table.
pub async fn empty(data_folder: &Path) {
    if ground::is_scaled() {
        alter(data_folder, "DROP SCHEMA public CASCADE; CREATE SCHEMA public", []).await;
    } else {
        std::fs::write(data_folder.join("metadata.db"), "").unwrap();
    }
}

/// Lets a minute pass for whoever judges which servers are there, and whose a job is: all but the latest server are gone,
/// and nobody is at a job. Where there is only ever one, nobody has to wait for that.
pub async fn a_minute_passes(data_folder: &Path) {
    if ground::is_scaled() {
        let latest = "(SELECT MAX(started_ms) FROM servers)";
        let sql = format!(
            "UPDATE servers SET seen_ms = seen_ms - 60000 WHERE started_ms < {latest}; \
             UPDATE servers SET steady_ms = steady_ms - 60000; \
             UPDATE jobs SET leased_ms = leased_ms - 60000 WHERE runner IS NOT NULL"
        );
        alter(data_folder, &sql, []).await;
    }
}

/// What a question with `$1`, `$2` in it is answered with.
pub async fn rows(
    data_folder: &Path,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> Vec<QueryResult> {
    let database = connect(data_folder).await;
    let asked = Statement::from_sql_and_values(database.get_database_backend(), sql, values);
    let rows = database.query_all_raw(asked).await.unwrap();
    database.close().await.unwrap();
    rows
}

/// The first column of what a question is answered with.
pub async fn column<T: TryGetable>(data_folder: &Path, sql: &str) -> Vec<T> {
    rows(data_folder, sql, []).await.iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
}

/// The one number of a question, which may be a sum as well.
pub async fn number(data_folder: &Path, sql: &str) -> i64 {
    // On PostgreSQL a sum of large numbers is of another type.
    column(data_folder, &format!("SELECT CAST(({sql}) AS BIGINT)")).await[0]
}

/// Changes the database behind the server's back, by a statement with `$1`, `$2` in it or, without values, by several;
/// `NEW_UUID()` in them makes one.
pub async fn alter(data_folder: &Path, sql: &str, values: impl IntoIterator<Item = Value>) {
    let database = connect(data_folder).await;
    let new_uuid = if ground::is_scaled() { "gen_random_uuid()" } else { "randomblob(16)" };
    let sql = sql.replace("NEW_UUID()", new_uuid);
    let values: Vec<Value> = values.into_iter().collect();
    if values.is_empty() {
        database.execute_unprepared(&sql).await.unwrap();
    } else {
        let changed = Statement::from_sql_and_values(database.get_database_backend(), sql, values);
        database.execute_raw(changed).await.unwrap();
    }
    database.close().await.unwrap();
}
