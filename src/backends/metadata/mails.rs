//! Mails that are to be sent: a row is there from the use case that wants the mail until the mail server has it.

use domain::{Email, Mail, MailId, Result, Timestamp};
use sea_orm::{ConnectionTrait, QueryResult, Value};

use crate::error::DbResult;
use crate::together::Step;
use crate::{Db, Tx, statement};

/// Keeps a mail until it is sent.
///
/// # Errors
/// Whatever the database says.
pub async fn insert(tx: &Tx, mail: &Mail) -> Result<()> {
    let sql = "INSERT INTO mails (id, recipient, subject, body_text, body_html, created_ms) \
               VALUES ($1, $2, $3, $4, $5, $6)";
    let values: [Value; 6] = [
        mail.id.0.into(),
        mail.to.as_str().into(),
        mail.subject.as_str().into(),
        mail.text.as_str().into(),
        mail.html.as_str().into(),
        mail.created_at.millis().into(),
    ];
    tx.along(Step::new("", sql, values)).await
}

/// A mail that was not sent yet.
///
/// # Errors
/// Whatever the database says.
pub async fn find(db: &impl Db, id: MailId) -> Result<Option<Mail>> {
    let sql = "SELECT recipient, subject, body_text, body_html, created_ms FROM mails WHERE id = $1";
    let row = db.raw().query_one_raw(statement(db, sql, [id.0.into()])).await.or_domain()?;
    let read = |row: QueryResult| {
        let text = |column| row.try_get::<String>("", column).or_domain();
        Ok(Mail {
            id,
            to: Email::parse(&text("recipient")?)?,
            subject: text("subject")?,
            text: text("body_text")?,
            html: text("body_html")?,
            created_at: Timestamp::from_millis(row.try_get("", "created_ms").or_domain()?),
        })
    };
    row.map(read).transpose()
}

/// Forgets a mail.
///
/// # Errors
/// Whatever the database says.
pub async fn remove(tx: &Tx, id: MailId) -> Result<()> {
    tx.along(Step::new("", "DELETE FROM mails WHERE id = $1", [id.0.into()])).await
}

/// Forgets mails of before a moment, `at_most` of them; how many these were.
///
/// # Errors
/// Whatever the database says.
pub async fn forget(tx: &Tx, before: Timestamp, at_most: u32) -> Result<u64> {
    let sql = "DELETE FROM mails WHERE id IN (SELECT id FROM mails WHERE created_ms < $1 LIMIT $2)";
    let values = [before.millis().into(), i64::from(at_most).into()];
    Ok(tx.raw().execute_raw(statement(tx, sql, values)).await.or_domain()?.rows_affected())
}
