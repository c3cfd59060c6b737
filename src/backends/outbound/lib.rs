//! Floor 1: what leaves by network. Today that is mail.

mod config;
mod mailer;
mod message;
mod relay;

pub use config::{MailConfig, Sender};
pub use mailer::{Mailer, Unsent};

#[cfg(test)]
// Other tests ask it more.
#[allow(dead_code)]
#[path = "../../../tests/support/mail_server.rs"]
mod mail_server;
#[cfg(test)]
mod tests;
