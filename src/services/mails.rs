//! Sending the mails that use cases have written.

use std::time::Duration;

use domain::{Email, Error, MailId, Result, Timestamp};
use metadata::{again, jobs, mails};
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

/// Forgets mails that could not be sent for a week, and a week after it what the mail server said of one when it was given
/// up, which names its address; whether there may be more.
///
/// # Errors
/// Whatever the database says.
pub async fn forget(now: Timestamp, backends: &Backends) -> Result<bool> {
    again(|| async {
        let tx = backends.metadata.begin().await?;
        let before = now.before(AGE_MAX);
        let forgotten = mails::forget(&tx, before, BATCH).await?;
        let given_up = jobs::forget_dead(&tx, &SEND_MAIL, before, BATCH).await?;
        tx.commit().await?;
        Ok(forgotten.max(given_up) >= u64::from(BATCH))
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use metadata::Tx;

    use super::*;
    use crate::auth::tests::{House, NOW};
    use crate::mail_server::{MailServer, Manner};
    use crate::steps;

    const ANN: &str = "ann@example.org";

    /// A house whose mails go to a mail server.
    async fn house(url: &str) -> House {
        let mut house = House::new().await;
        let mail = serde_json::json!({ "url": url, "from": "larder@example.org", "timeout_seconds": 5 });
        let mailer = Mailer::open(&serde_json::from_value(mail).unwrap()).unwrap();
        Arc::get_mut(&mut house.backends).unwrap().mailer = mailer;
        house
    }

    async fn post(tx: &Tx, house: &House) -> Result<()> {
        let template =
            Template::VerifyEmail { name: "Ann", token: "t0k-_n", valid: Duration::from_secs(86_400) };
        let letter = Letter { to: Email::parse(ANN).unwrap(), template };
        steps::post(tx, &house.backends, NOW, &letter).await
    }

    /// What the jobs that send mails are wanted for.
    async fn wanted(house: &House) -> Vec<String> {
        let jobs = jobs::list(&house.backends.metadata, NOW, 100).await.unwrap();
        jobs.into_iter().filter(|job| job.kind == SEND_MAIL).map(|job| job.key).collect()
    }

    async fn posted(house: &House) -> String {
        let tx = house.backends.metadata.begin().await.unwrap();
        post(&tx, house).await.unwrap();
        tx.commit().await.unwrap();
        wanted(house).await.remove(0)
    }

    #[tokio::test]
    async fn a_letter_is_sent_once_its_transaction_is_committed_and_leaves_nothing_behind() {
        let server = MailServer::start();
        let house = house(&server.url()).await;
        let tx = house.backends.metadata.begin().await.unwrap();
        post(&tx, &house).await.unwrap();
        drop(tx);
        assert!(wanted(&house).await.is_empty(), "what did not happen is told to nobody");
        let key = posted(&house).await;
        assert_eq!(send(&house.backends, &key).await.unwrap(), Sent::Done);
        let [taken] = server.mails_to(ANN).try_into().unwrap();
        assert_eq!(taken.header("Subject").unwrap(), "Please confirm your e-mail address");
        assert!(taken.text().contains("https://files.example.org/account/verify?token=t0k-_n"));
        assert!(taken.html().contains("Hello Ann,"));
        assert_eq!(taken.code(), "t0k-_n");
        assert_eq!(send(&house.backends, &key).await.unwrap(), Sent::Done, "there is nothing left to send");
        assert_eq!(server.mails_to(ANN).len(), 1);
    }

    #[tokio::test]
    async fn a_mail_that_was_not_taken_is_kept_and_sent_another_time() {
        let server = MailServer::start();
        let house = house(&server.url()).await;
        let key = posted(&house).await;
        server.will([Manner::Answers("450 try later"), Manner::Answers("550 no such user")]);
        assert!(matches!(send(&house.backends, &key).await, Err(Error::Unavailable(_))));
        let refused = send(&house.backends, &key).await.unwrap();
        assert!(matches!(&refused, Sent::Refused(says) if says.contains("550")), "{refused:?}");
        assert_eq!(send(&house.backends, &key).await.unwrap(), Sent::Done);
        assert_eq!(server.mails_to(ANN).len(), 1);
    }

    #[tokio::test]
    async fn a_mail_that_nobody_took_for_a_week_is_forgotten() {
        let server = MailServer::start();
        let house = house(&server.url()).await;
        let key = posted(&house).await;
        let week = NOW.after(AGE_MAX);
        assert!(!forget(week, &house.backends).await.unwrap());
        let id = MailId(Uuid::parse_str(&key).unwrap());
        assert!(mails::find(&house.backends.metadata, id).await.unwrap().is_some());
        forget(week.after(Duration::from_secs(1)), &house.backends).await.unwrap();
        assert!(mails::find(&house.backends.metadata, id).await.unwrap().is_none());
        assert_eq!(send(&house.backends, &key).await.unwrap(), Sent::Done);
        assert!(server.mails_to(ANN).is_empty());
    }

    #[tokio::test]
    async fn what_is_said_of_an_address_that_refuses_mails_is_forgotten_in_a_week() {
        let house = House::new().await;
        let metadata = &house.backends.metadata;
        posted(&house).await;
        let claim = jobs::take(metadata, &SEND_MAIL, NOW).await.unwrap().unwrap();
        let refused = jobs::Ending::Dead(format!("550 no such user {ANN}"));
        jobs::settle(metadata, &claim, NOW, &refused).await.unwrap();
        for (now, left) in [(NOW.after(AGE_MAX), 1), (NOW.after(AGE_MAX).after(Duration::from_secs(1)), 0)] {
            assert!(!forget(now, &house.backends).await.unwrap());
            assert_eq!(jobs::list_dead(metadata, now, 10).await.unwrap().len(), left);
        }
    }

    #[tokio::test]
    async fn without_a_mail_server_no_letter_is_taken_and_the_setting_is_named() {
        let mut house = House::new().await;
        assert!(house.backends.sends_mail());
        Arc::get_mut(&mut house.backends).unwrap().mailer = None;
        assert!(!house.backends.sends_mail());
        let tx = house.backends.metadata.begin().await.unwrap();
        for refused in [post(&tx, &house).await, test(NOW, &house.backends, Email::parse(ANN).unwrap()).await]
        {
            let Err(Error::Unsupported(message)) = refused else { panic!("{refused:?}") };
            assert!(message.user().contains("mail.url"), "{message}");
        }
    }
}
