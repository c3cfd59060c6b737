//! Carrying everything from one database into another one, between engines too, and proving that it has arrived.
//!
//! Tables and columns are what the databases say they are, so a new one needs nothing here.

mod keys;
mod rows;
mod shape;

use std::collections::BTreeMap;

use domain::{Error, Result};
use sea_orm::{ConnectionTrait, DatabaseTransaction};

use crate::error::DbResult;
use crate::{Db, Tx, View, schema, statement};
use shape::Table;

/// What somebody who watches a transfer is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transferred {
    /// So many rows are to be copied, and then compared.
    Begun(u64),
    /// So many more were copied.
    Copied(u64),
    /// So many more were read back.
    Compared(u64),
}

/// A transaction that sees one state of a database.
pub(crate) trait Moment {
    fn transaction(&self) -> Result<&DatabaseTransaction>;
}

impl Moment for View {
    fn transaction(&self) -> Result<&DatabaseTransaction> {
        self.raw.whole()
    }
}

impl Moment for Tx {
    fn transaction(&self) -> Result<&DatabaseTransaction> {
        self.raw.whole()
    }
}

/// Carries every row into the tables of another database, which has taken the same steps, keeps their numbers, reads
/// everything back and compares it. With `replaces` what the target has is given up for it.
///
/// # Errors
/// [`Exists`](Error::Exists) when there is something in the target, [`Unsupported`](Error::Unsupported) when it has
/// taken other steps; whatever the databases say. The target's transaction must then be dropped.
pub(crate) async fn carry(
    source: &impl Moment,
    target: &Tx,
    replaces: bool,
    watch: &(dyn Fn(Transferred) + Sync),
) -> Result<()> {
    let (source, written) = (source.transaction()?, target.transaction()?);
    let tables = same_tables(source, written).await?;
    let links = keys::unlink(target).await?;
    match replaces {
        true => empty(target, &tables).await?,
        false => require_empty(target).await?,
    }
    let mut total = 0;
    for table in &tables {
        total += rows::count(source, table).await?;
    }
    watch(Transferred::Begun(total));
    let mut digests = BTreeMap::new();
    for table in &tables {
        digests.insert(&table.name, rows::copy(source, written, table, watch).await?);
        failpoint::reach("transfer.copied");
    }
    for table in &tables {
        let arrived = rows::digest(written, table, watch).await?;
        if digests.get(&table.name) != Some(&arrived) {
            return Err(Error::internal(format!("the table {} did not arrive as it was", table.name)));
        }
        keys::go_on_counting(source, target, table).await?;
    }
    keys::link(target, links).await
}

/// The tables of both, which must be the same ones; but the one that says which steps were taken.
async fn same_tables(source: &DatabaseTransaction, target: &DatabaseTransaction) -> Result<Vec<Table>> {
    let mut tables = shape::tables(source).await?;
    let others = shape::tables(target).await?;
    if tables != others || schema::steps(source).await? != schema::steps(target).await? {
        return Err(Error::Unsupported(
            "The two databases are not of the same version; bring both up to date with `larder migrate`."
                .into(),
        ));
    }
    tables.retain(|table| table.name != schema::STEPS);
    Ok(tables)
}

/// Whether there is any table, of Larder or not.
pub(crate) async fn any_table(view: &View) -> Result<bool> {
    shape::any(view.raw()).await
}

/// The names of all tables.
pub(crate) async fn names_of_tables(tx: &Tx) -> Result<Vec<String>> {
    Ok(shape::tables(tx.raw()).await?.into_iter().map(|table| table.name).collect())
}

/// Refuses a database with a row in any table.
pub(crate) async fn require_empty(moment: &impl Moment) -> Result<()> {
    let database = moment.transaction()?;
    for table in shape::tables(database).await?.iter().filter(|table| table.name != schema::STEPS) {
        if rows::count(database, table).await? > 0 {
            return Err(Error::Exists(
                "There is data in the other database already, and nothing was changed. Name an empty one."
                    .into(),
            ));
        }
    }
    Ok(())
}

async fn empty(target: &Tx, tables: &[Table]) -> Result<()> {
    for table in tables {
        let sql = format!("DELETE FROM {}", table.quoted());
        target.raw.execute_raw(statement(target, &sql, [])).await.or_domain()?;
    }
    Ok(())
}
