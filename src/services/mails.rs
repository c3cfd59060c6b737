//! Sending the mails that use cases have written.

use std::time::Duration;

use domain::{Email, Error, MailId, Result, Timestamp};
use metadata::{again, mails};
use outbound::{Mailer, Unsent};
use uuid::Uuid;

use crate::Backends;
use crate::letters::{Letter, Template};

pub use crate::steps::SEND_MAIL;

/// A mail that could not be sent for so long is of no use any more: its link works no longer.
const AGE_MAX: Duration = Duration::from_secs(7 * 24 * 3600);
const BATCH: u32 = 1000;

/// What became of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sent {
    /// It is the mail server's now, or there was nothing to send any more.
    Done,
    /// The mail server refuses it for good, like this.
    Refused(String),
}

/// Sends a mail by the key of its job, and forgets it. When the process ends between the mail server's last answer and the
/// commit, it is sent twice, with the same Message-ID.
///
/// # Errors
/// [`Unsupported`](Error::Unsupported) where no mail server is set any more, [`Unavailable`](Error::Unavailable) when it
/// could not be sent yet.
pub async fn send(backends: &Backends, key: &str) -> Result<Sent> {
    let Ok(id) = Uuid::parse_str(key).map(MailId) else { return Ok(Sent::Done) };
    let Some(mail) = mails::find(&backends.metadata, id).await? else { return Ok(Sent::Done) };
    match mailer(backends)?.send(&mail).await {
        Ok(()) => {}
        Err(Unsent::Ever(says)) => return Ok(Sent::Refused(says)),
        Err(Unsent::Yet(says)) => return Err(Error::Unavailable(says.into())),
    }
    again(|| async {
        let tx = backends.metadata.begin().await?;
        mails::remove(&tx, id).await?;
        tx.commit().await
    })
    .await?;
    Ok(Sent::Done)
}

/// Forgets mails that could not be sent for a week; whether there may be more.
///
/// # Errors
/// Whatever the database says.
pub async fn forget(now: Timestamp, backends: &Backends) -> Result<bool> {
    again(|| async {
        let tx = backends.metadata.begin().await?;
        let forgotten = mails::forget(&tx, now.before(AGE_MAX), BATCH).await?;
        tx.commit().await?;
        Ok(forgotten >= u64::from(BATCH))
    })
    .await
}

/// Sends a test mail at once, and says why it could not.
///
/// # Errors
/// [`Unsupported`](Error::Unsupported) where no mail server is set, [`Unavailable`](Error::Unavailable) when it does not
/// take the mail.
pub async fn test(now: Timestamp, backends: &Backends, to: Email) -> Result<()> {
    let mailer = mailer(backends)?;
    let origin = backends.origin.as_deref().unwrap_or_default();
    let mail = Letter { to, template: Template::Test }.write(MailId(Uuid::new_v4()), now, origin)?;
    mailer.send(&mail).await.map_err(|unsent| Error::Unavailable(unsent.to_string().into()))
}

fn mailer(backends: &Backends) -> Result<&Mailer> {
    backends.mailer.as_ref().ok_or_else(|| {
        Error::Unsupported(
            "No mail is sent: mail.url names no mail server, such as smtps://user:password@host:465.".into(),
        )
    })
}
