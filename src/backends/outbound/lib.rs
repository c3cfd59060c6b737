//! Floor 1: what leaves by network. Today that is mail.

mod config;
mod mailer;
mod message;
mod relay;

pub use config::{MailConfig, Sender};
pub use mailer::{Mailer, Unsent};
