//! `larder admin mail …`: whether mails reach people.

use std::process::ExitCode;

use clap::Subcommand;
use domain::{Email, Timestamp};
use services::{Backends, mails};

use crate::commands::say;

#[derive(Subcommand)]
pub enum Mail {
    /// Send a mail to an address now, and say what the mail server answers
    #[command(after_help = "\
Where mails go says mail.url, and whom they are from mail.from.

Example:
  larder admin mail test ann@example.org")]
    Test {
        /// Whose mailbox to look into afterwards
        #[arg(value_parser = Email::parse)]
        address: Email,
    },
}

pub async fn run(command: Mail, backends: &Backends) -> anyhow::Result<ExitCode> {
    match command {
        Mail::Test { address } => {
            mails::test(Timestamp::now(), backends, address.clone()).await?;
            say(format_args!("The mail server has taken a mail to {address}. Look whether it arrives."))
        }
    }
}
