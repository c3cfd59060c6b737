//! Sending mail: one connection for each, because there are few and each is tried again by itself.

use std::fmt;
use std::time::Duration;

use domain::{Error, Mail, Result};
use lettre::transport::smtp::authentication::Mechanism;
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use tokio::time::timeout;

use crate::relay::{Encryption, Relay};
use crate::{MailConfig, Sender, message};

/// Of what a mail server says, so much is told.
const ANSWER_CHARS_MAX: usize = 300;

/// What rustls says of a certificate that it does not accept; lettre hands on no more than the words.
const WRONG_CERTIFICATE: &str = "invalid peer certificate";
const CERTIFICATE_HINT: &str = "; its certificate has to be for the name in mail.url, not expired, and from an authority \
     that this machine trusts (SSL_CERT_FILE names others)";

/// Sends mails.
#[derive(Clone)]
pub struct Mailer {
    relay: Relay,
    from: Sender,
    tls: Option<TlsParameters>,
    pub(crate) timeout: Duration,
}

/// Why a mail was not sent. What it says is for operators; no password is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unsent {
    /// It may be sent later.
    Yet(String),
    /// It is refused for good.
    Ever(String),
}

impl fmt::Display for Unsent {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Yet(says) | Self::Ever(says)) = self;
        out.write_str(says)
    }
}

impl fmt::Debug for Mailer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_tuple("Mailer").field(&self.relay).finish()
    }
}

impl Mailer {
    /// Makes ready to send as the settings say; none where they name no mail server. Nobody is spoken to.
    ///
    /// # Errors
    /// [`Invalid`](Error::Invalid) for a host that no certificate can be for, or without a sender.
    pub fn open(config: &MailConfig) -> Result<Option<Self>> {
        let Some(relay) = config.url.clone() else { return Ok(None) };
        let from = config.from.clone();
        let from = from.ok_or_else(|| Error::Invalid("mail.from has to say whom mails are from.".into()))?;
        let tls = match relay.encryption {
            Encryption::Plain => None,
            Encryption::Implicit | Encryption::StartTls => {
                let tls = TlsParameters::new(relay.host.clone());
                Some(tls.map_err(|error| Error::Invalid(format!("mail.url cannot be used: {error}").into()))?)
            }
        };
        Ok(Some(Self { relay, from, tls, timeout: Duration::from_secs(config.timeout_seconds.get()) }))
    }

    /// Sends one mail; once this has succeeded, the mail server answers for it. When the connection breaks before its
    /// last answer, the mail may have been sent all the same, and doing it again sends it twice.
    ///
    /// # Errors
    /// Why it was not, and whether it is worth another try.
    pub async fn send(&self, mail: &Mail) -> Result<(), Unsent> {
        let message = message::message(mail, &self.from).map_err(|error| Unsent::Ever(error.to_string()))?;
        let sending = async {
            let mut connection = self.connect().await?;
            let sent = connection.send(message.envelope(), &message.formatted()).await;
            let sent = sent.map_err(|error| refusal(&error));
            // It has been taken over, or it has not; how the farewell goes changes nothing.
            connection.abort().await;
            sent.map(drop)
        };
        let seconds = self.timeout.as_secs();
        let late = |_| Unsent::Yet(format!("The mail server did not finish within {seconds} seconds."));
        timeout(self.timeout, sending).await.map_err(late)?
    }

    /// Whatever goes wrong before the mail itself is no fault of the mail.
    async fn connect(&self) -> Result<AsyncSmtpConnection, Unsent> {
        let Relay { host, port, encryption, .. } = &self.relay;
        let unreached = |error| {
            let says = shown(&error);
            let hint = if says.contains(WRONG_CERTIFICATE) { CERTIFICATE_HINT } else { "" };
            Unsent::Yet(format!("The mail server {host}:{port} cannot be spoken to: {says}{hint}"))
        };
        let name = ClientId::default();
        let at_once = self.tls.clone().filter(|_| *encryption == Encryption::Implicit);
        let connecting = AsyncSmtpConnection::connect_tokio1(
            (host.as_str(), *port),
            Some(self.timeout),
            &name,
            at_once,
            None,
        );
        let mut connection = connecting.await.map_err(unreached)?;
        if let (Encryption::StartTls, Some(tls)) = (encryption, &self.tls) {
            connection.starttls(tls.clone(), &name).await.map_err(unreached)?;
        }
        if let Some(credentials) = self.relay.credentials() {
            let opened = connection.auth(&[Mechanism::Plain, Mechanism::Login], &credentials).await;
            opened.map_err(|error| {
                let answer = shown(&error);
                Unsent::Yet(format!(
                    "The mail server {host}:{port} refuses the user name or the password in mail.url: {answer}"
                ))
            })?;
        }
        Ok(connection)
    }
}

/// What the answer to a mail means for it.
fn refusal(error: &lettre::transport::smtp::Error) -> Unsent {
    let says = shown(error);
    // 530 asks for a log-in (RFC 4954 §6): that is a matter of the settings.
    let asks_for_login = error.status().is_some_and(|code| u16::from(code) == 530);
    match (error.is_permanent(), error.is_client()) {
        (true, _) if !asks_for_login => {
            Unsent::Ever(format!("The mail server refuses this mail for good: {says}"))
        }
        (_, true) => Unsent::Ever(format!("The mail server cannot take this mail: {says}")),
        _ => Unsent::Yet(format!("The mail server did not take this mail: {says}")),
    }
}

/// On one line and not too long: a stranger wrote it.
fn shown(error: &lettre::transport::smtp::Error) -> String {
    let text = error.to_string();
    let letters = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter });
    letters.take(ANSWER_CHARS_MAX).collect()
}
