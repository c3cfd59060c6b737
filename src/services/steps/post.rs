//! Having a letter sent.

use domain::{Error, JobKind, MailId, Result, Timestamp};
use metadata::{Tx, jobs, mails};
use uuid::Uuid;

use crate::Backends;
use crate::letters::Letter;

/// The job that sends a mail, whose key is the mail's; without one, it forgets those that were never sent.
pub const SEND_MAIL: JobKind = JobKind::named("send-mail");

/// Has a letter sent once the transaction is committed; the caller then wakes the jobs
/// ([`wake_jobs`](coordination::Coordination::wake_jobs)).
///
/// # Errors
/// [`Unsupported`](Error::Unsupported) where no mail is sent; [`Backends::sends_mail`] says so before.
pub(crate) async fn post(tx: &Tx, backends: &Backends, now: Timestamp, letter: &Letter<'_>) -> Result<()> {
    let Some(origin) = backends.origin.as_deref().filter(|_| backends.sends_mail()) else {
        return Err(Error::Unsupported(
            "This server sends no mail; its operator has to set mail.url, mail.from and public_url.".into(),
        ));
    };
    let mail = letter.write(MailId(Uuid::new_v4()), now, origin)?;
    mails::insert(tx, &mail).await?;
    jobs::enqueue(tx, now, &SEND_MAIL, &mail.id.0.simple().to_string(), now).await
}
