//! Changes that are made together: one statement on PostgreSQL, which is one round trip, and one after another on SQLite,
//! which has none.
//!
//! On PostgreSQL all steps see the rows as they were before any of them, and what one gives back by RETURNING can be read
//! by those after it under its name. So no step may change a row that another one changes.

use domain::Result;
use sea_orm::{ConnectionTrait, DbBackend, Statement, Value, Values};

use crate::error::{self, DbResult};
use crate::{Db, Metadata, Tx, again};

/// A change that goes with others.
#[derive(Clone)]
pub(crate) struct Step {
    name: &'static str,
    sql: String,
    values: Vec<Value>,
    is_required: bool,
}

impl Step {
    /// A statement that changes rows, under the name others know what it gives back by.
    pub(crate) fn new(
        name: &'static str,
        sql: impl Into<String>,
        values: impl IntoIterator<Item = Value>,
    ) -> Self {
        Self { name, sql: sql.into(), values: values.into_iter().collect(), is_required: false }
    }

    /// The same of a statement that was built.
    pub(crate) fn built(name: &'static str, statement: Statement) -> Self {
        Self::new(name, statement.sql, statement.values.map_or_else(Vec::new, |values| values.0))
    }

    /// It must find a row to change, or none of the steps is taken.
    pub(crate) fn required(self) -> Self {
        Self { is_required: true, ..self }
    }

    /// Whether it may change rows that another step changes too: of one statement only one change to a row counts.
    pub(crate) fn meets(&self, other: &Step) -> bool {
        // What is inserted is nobody's yet.
        !self.only_inserts() && !other.only_inserts() && self.table() == other.table()
    }

    fn only_inserts(&self) -> bool {
        self.change().next() == Some("INSERT") && !self.sql.contains(" DO UPDATE ")
    }

    fn table(&self) -> &str {
        let mut words = self.change().skip(1);
        words.find(|word| !matches!(*word, "INTO" | "FROM")).unwrap_or_default().trim_matches('"')
    }

    /// The words of what it does, after the questions that are asked for that.
    fn change(&self) -> impl Iterator<Item = &str> {
        self.sql.split_ascii_whitespace().skip_while(|word| !matches!(*word, "INSERT" | "UPDATE" | "DELETE"))
    }

    fn statement(self, backend: DbBackend) -> Statement {
        Statement::from_sql_and_values(backend, self.sql, self.values)
    }
}

/// Takes steps in a transaction of their own: all of them or, where one that is required finds nothing, none, and says
/// which.
pub(crate) async fn change(metadata: &Metadata, steps: Vec<Step>) -> Result<bool> {
    again(|| attempt(metadata, steps.clone())).await
}

async fn attempt(metadata: &Metadata, steps: Vec<Step>) -> Result<bool> {
    if let Some(lanes) = metadata.lanes() {
        return match lanes.together(steps).await {
            Err(error) if error::is_unmet(&error) => Ok(false),
            done => done.or_domain().map(|_| true),
        };
    }
    let tx = metadata.begin().await?;
    for step in steps {
        let is_required = step.is_required;
        let done = tx.raw().execute_raw(step.statement(DbBackend::Sqlite)).await.or_domain()?;
        if is_required && done.rows_affected() == 0 {
            return Ok(false);
        }
    }
    tx.commit().await?;
    Ok(true)
}

impl Tx {
    /// Takes a step, on PostgreSQL together with the next one. Nothing else in the transaction relies on when.
    pub(crate) async fn along(&self, step: Step) -> Result<()> {
        match self.joining() {
            Some(transaction) => transaction.along(step).await.or_domain()?,
            None => {
                let is_required = step.is_required;
                let done = self.raw().execute_raw(step.statement(DbBackend::Sqlite)).await.or_domain()?;
                if is_required && done.rows_affected() == 0 {
                    return Err(error::given_up("a step of a change found nothing"));
                }
            }
        }
        Ok(())
    }
}

/// One statement out of several steps, which answers a question of one value under the name `answer`.
///
/// A step that had to find a row and did not makes it fail: it divides by the number of the rows.
pub(crate) fn join(steps: Vec<Step>, question: &str) -> Statement {
    let mut parts = Vec::with_capacity(steps.len());
    let mut answers = format!("{question} AS answer");
    let mut all: Vec<Value> = Vec::new();
    for (at, Step { name, sql, values, is_required }) in steps.into_iter().enumerate() {
        // Several steps that go along may have the same name, which then nobody asks for.
        let name = if name.is_empty() { format!("step_{at}") } else { name.to_owned() };
        let returning = if is_required && !sql.contains(" RETURNING ") { " RETURNING 1" } else { "" };
        parts.push(format!("{name} AS ({}{returning})", moved(&sql, all.len())));
        if is_required {
            answers.push_str(&format!(", 1 / (SELECT COUNT(*) FROM {name})"));
        }
        all.extend(values);
    }
    let sql = format!("WITH {} SELECT {answers}", parts.join(", "));
    Statement { sql, values: Some(Values(all)), db_backend: DbBackend::Postgres }
}

/// A statement whose values come after so many others.
fn moved(sql: &str, by: usize) -> String {
    let mut parts = sql.split('$');
    let mut moved = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part.bytes().take_while(u8::is_ascii_digit).count();
        let place: usize = part[..digits].parse().unwrap_or_default();
        moved.push_str(&format!("${}{}", place + by, &part[digits..]));
    }
    moved
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_steps_meet_where_both_may_change_the_same_row() {
        let step = |sql: &str| Step::new("", sql, []);
        let used = step("UPDATE spaces SET used_bytes = 1");
        assert!(used.meets(&step("UPDATE spaces SET reserved_bytes = 1")));
        assert!(used.meets(&step("DELETE FROM \"spaces\" WHERE id = $1")));
        assert!(!used.meets(&step("UPDATE nodes SET size = 1")));
        assert!(used.meets(&step("WITH many AS (SELECT 1) UPDATE spaces SET used_bytes = 1")));
        assert!(
            used.meets(&step("INSERT INTO spaces (id) VALUES ($1) ON CONFLICT (id) DO UPDATE SET seq = 1"))
        );
        assert!(!used.meets(&step("INSERT INTO \"spaces\" (id) VALUES ($1)")));
    }

    #[test]
    fn steps_become_one_statement_that_fails_where_one_finds_nothing() {
        let one = Step::new("", "UPDATE a SET x = $1 WHERE y = $2", [1_i64.into(), 2_i64.into()]).required();
        let other = Step::new("made", "INSERT INTO b (z) VALUES ($1) RETURNING z", [3_i64.into()]);
        let joined = join(vec![one, other], "(SELECT z FROM made)");
        assert_eq!(
            joined.sql,
            "WITH step_0 AS (UPDATE a SET x = $1 WHERE y = $2 RETURNING 1), \
             made AS (INSERT INTO b (z) VALUES ($3) RETURNING z) \
             SELECT (SELECT z FROM made) AS answer, 1 / (SELECT COUNT(*) FROM step_0)"
        );
        assert_eq!(joined.values, Some(Values(vec![1_i64.into(), 2_i64.into(), 3_i64.into()])));
    }
}
