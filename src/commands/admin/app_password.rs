//! `larder admin app-password …`: the passwords that open the drive.

use std::process::ExitCode;
use std::time::Duration;

use clap::Subcommand;
use domain::{AppPassword as Kept, Timestamp, UserName};
use services::Backends;
use services::app_passwords::{self, Issued};
use web::{Address, mounting};

use crate::commands::{readable, say};
use crate::config::Config;
use crate::house::drive_address;

#[derive(Subcommand)]
pub enum AppPassword {
    /// Make an app password and print it, once, with the lines that mount the drive
    #[command(after_help = "\
Examples:
  larder admin app-password create ann laptop
  larder admin app-password create ann \"borrowed phone\" --expires 30d")]
    Create {
        /// Whose drive it opens
        #[arg(value_parser = UserName::parse)]
        user: UserName,
        /// What it is for, such as the device
        name: String,
        /// After how long it opens nothing any more: 12h, 30d or 8w [default: never]
        #[arg(long, value_name = "TIME", value_parser = readable::parse_span)]
        expires: Option<Duration>,
    },
    /// List somebody's app passwords, those that open nothing any more too
    List {
        /// Whose they are
        #[arg(value_parser = UserName::parse)]
        user: UserName,
    },
    /// End an app password: it opens nothing from the next request on
    #[command(after_help = "\
Example:
  larder admin app-password revoke ann laptop")]
    Revoke {
        /// Whose it is
        #[arg(value_parser = UserName::parse)]
        user: UserName,
        /// Its name, or its id where several have the name
        name: String,
    },
}

pub async fn run(command: AppPassword, config: &Config, backends: &Backends) -> anyhow::Result<ExitCode> {
    let now = Timestamp::now();
    match command {
        AppPassword::Create { user, name, expires } => {
            let expires_at = expires.map(|span| now.after(span));
            let issued = app_passwords::create(now, backends, &user, &name, expires_at).await?;
            say(shown_once(&user, &issued, &drive_address(config)))
        }
        AppPassword::List { user } => {
            let kept = app_passwords::list(backends, &user).await?;
            say(listed(&kept, now))
        }
        AppPassword::Revoke { user, name } => {
            let revoked = app_passwords::revoke(now, backends, &user, &name).await?;
            say(format_args!("The app password `{}` of {user} is revoked.", revoked.name))
        }
    }
}

fn shown_once(user: &UserName, issued: &Issued, address: &Address) -> String {
    let Issued { app_password, secret } = issued;
    let steps = mounting::steps(address, user.as_str(), secret);
    let elsewhere = address.elsewhere();
    let end = readable::time_or(app_password.expires_at, "never");
    format!(
        "\
Address:  {address}
User:     {user}
Password: {secret}
Expires:  {end}

The password is not shown again.
{elsewhere}
{steps}
"
    )
}

fn listed(kept: &[Kept], now: Timestamp) -> String {
    let heading = ["NAME", "STATE", "CREATED", "LAST USED", "EXPIRES", "ID"].map(str::to_owned);
    let rows = kept.iter().map(|password| {
        let state = match password.revoked_at {
            Some(_) => "revoked",
            None if password.is_active(now) => "active",
            None => "expired",
        };
        [
            password.name.clone(),
            state.to_owned(),
            readable::time(password.created_at),
            readable::time_or(password.last_used_at, "never"),
            readable::time_or(password.expires_at, "never"),
            password.id.0.to_string(),
        ]
    });
    readable::table(&std::iter::once(heading).chain(rows).collect::<Vec<_>>())
}
