//! Having a letter sent.

use std::time::Duration;

use domain::{Email, Error, JobKind, MailId, Result, Timestamp};
use metadata::{Tx, jobs, mails};
use uuid::Uuid;

use crate::Backends;
use crate::letters::Letter;

/// The job that sends a mail, whose key is the mail's; without one, it forgets those that were never sent.
pub const SEND_MAIL: JobKind = JobKind::named("send-mail");

/// So many mails an address gets on one occasion in [`MAILS_WINDOW`] that anybody can ask for.
const MAILS_MAX: u32 = 5;
const MAILS_WINDOW: Duration = Duration::from_secs(3600);

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

/// Why somebody has a mail sent to an address that need not be theirs.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Occasion {
    SignUp,
    Verify,
    ResetPassword,
    ChangeEmail,
    Invitation,
}

/// Whether an address gets one more mail that anybody can ask for, who may want to bother its owner; counts it. Each occasion
/// counts by itself, so that nobody keeps a mail of one away by asking for those of another.
pub(crate) async fn may_mail(backends: &Backends, occasion: Occasion, email: &Email, now: Timestamp) -> bool {
    let key = format!("mail {occasion:?} {email}");
    backends.coordination.record_failure(&key, now, MAILS_WINDOW).await <= MAILS_MAX
}
