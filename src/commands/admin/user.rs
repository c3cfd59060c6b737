//! `larder admin user …`: accounts.

use std::process::ExitCode;

use clap::Subcommand;
use domain::{Door, Role, Timestamp, UserId, UserName, UserState};
use services::Backends;
use services::users::{self, By, NewUser, UserChange};

use crate::commands::{password, readable, say, shell};
use crate::config::{Config, Settings, sizes};

#[derive(Subcommand)]
pub enum User {
    /// Make an account with an empty drive of its own
    #[command(after_help = "\
Without --password-stdin an account password is made up and printed once. The account password does not open
the drive: make an app password for that.

Examples:
  larder admin user create ann
  larder admin user create bob --quota 50GiB
  pass show larder/bob | larder admin user create bob --password-stdin")]
    Create {
        /// What they log in with: letters, digits and . - _ @ +
        #[arg(value_parser = UserName::parse)]
        name: UserName,
        /// `user`, or `admin` who administers people, organizations and projects by the REST API
        #[arg(long, default_value = "user", value_name = "ROLE")]
        role: Role,
        /// How much they may store: 50GiB, none for no limit, 0 for nothing [default: files.quota_bytes]
        #[arg(long, value_name = "SIZE", value_parser = quota)]
        quota: Option<Quota>,
        /// Read the account password from the standard input, typed unseen at a terminal
        #[arg(long)]
        password_stdin: bool,
    },
    /// List everybody
    List,
    /// Keep somebody out from their next request on; their files stay
    Disable {
        /// Who is kept out
        #[arg(value_parser = UserName::parse)]
        name: UserName,
    },
    /// Let somebody in again
    Enable {
        /// Who is let in
        #[arg(value_parser = UserName::parse)]
        name: UserName,
    },
    /// Let somebody only read from their next request on; later they are locked out, and at last deleted
    Suspend {
        /// Who is suspended
        #[arg(value_parser = UserName::parse)]
        name: UserName,
    },
    /// End somebody's suspension
    Resume {
        /// Who is suspended
        #[arg(value_parser = UserName::parse)]
        name: UserName,
    },
    /// Delete an account with everything in it, for good
    #[command(after_help = "\
Nobody comes in by it from then on. The server purges its files and whatever else is known of it in the background;
back-ups keep what they hold.")]
    Delete {
        /// Whose account
        #[arg(value_parser = UserName::parse)]
        name: UserName,
        /// Say that this is meant
        #[arg(long)]
        yes: bool,
    },
    /// Set how much somebody may store; what is there stays, even if it is more
    SetQuota {
        /// Whose limit it is
        #[arg(value_parser = UserName::parse)]
        name: UserName,
        /// 50GiB, 500MB, none for no limit, 0 for nothing
        #[arg(value_name = "SIZE", value_parser = quota)]
        quota: Quota,
    },
    /// Make somebody an admin of the server, or an admin an ordinary user
    SetRole {
        /// Whose role it is
        #[arg(value_parser = UserName::parse)]
        name: UserName,
        /// `user`, or `admin` who administers people, organizations and projects by the REST API
        role: Role,
    },
    /// Set an account password, read from the standard input; sessions end, app passwords stay as they are
    #[command(after_help = "\
At a terminal it is asked for twice and not shown.

Examples:
  larder admin user set-password ann
  pass show larder/ann | larder admin user set-password ann")]
    SetPassword {
        /// Whose account password it is
        #[arg(value_parser = UserName::parse)]
        name: UserName,
    },
}

/// A limit in bytes, or none at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota(Option<u64>);

pub async fn run(
    command: User,
    config: &Config,
    settings: &Settings,
    backends: &Backends,
) -> anyhow::Result<ExitCode> {
    match command {
        User::Create { name, role, quota, password_stdin } => {
            let quota_bytes = match quota {
                Some(Quota(limit)) => limit,
                None => Some(config.files.quota_bytes).filter(|bytes| *bytes > 0),
            };
            let typed = if password_stdin { Some(password::read()?) } else { None };
            let new = NewUser { name, role, password: None, quota_bytes };
            create(backends, new, typed, &shell::this_program(config, settings)).await
        }
        User::List => list(backends).await,
        User::Disable { name } => {
            let (by, id) = (by_command(), id(backends, &name).await?);
            users::deactivate(by, backends, id, None).await?;
            say(format_args!("{name} is disabled and kept out from the next request on."))
        }
        User::Enable { name } => {
            let (by, id) = (by_command(), id(backends, &name).await?);
            users::activate(by, backends, id, None).await?;
            say(format_args!("{name} is enabled."))
        }
        User::Suspend { name } => {
            let (by, id) = (by_command(), id(backends, &name).await?);
            users::suspend(by, backends, id, None).await?;
            say(format_args!("{name} only reads from the next request on."))
        }
        User::Resume { name } => {
            let (by, id) = (by_command(), id(backends, &name).await?);
            users::resume(by, backends, id, None).await?;
            say(format_args!("{name} is not suspended any more."))
        }
        User::Delete { name, yes } => {
            let id = id(backends, &name).await?;
            if !yes {
                anyhow::bail!("This purges everything of {name} for good; say that it is meant with --yes.");
            }
            let receipt = users::delete(by_command(), backends, id, None).await?;
            let receipt = receipt.id.0;
            say(format_args!("{name} is gone, and the server purges what was theirs. Receipt: {receipt}"))
        }
        User::SetQuota { name, quota } => {
            let (by, id) = (by_command(), id(backends, &name).await?);
            let change = UserChange { quota_bytes: Some(quota.0), ..UserChange::default() };
            let user = users::change(by, backends, id, &change, None).await?;
            let used = sizes::readable(user.quota.used_bytes);
            let limit = user.quota.limit_bytes.map_or_else(|| "without limit".to_owned(), sizes::readable);
            let reserved = match user.quota.reserved_bytes {
                0 => String::new(),
                bytes => format!(", and uploads under way have set {} aside", sizes::readable(bytes)),
            };
            say(format_args!("{} may store {limit}; {used} is used{reserved}.", user.name))
        }
        User::SetRole { name, role } => {
            let (by, id) = (by_command(), id(backends, &name).await?);
            let change = UserChange { role: Some(role), ..UserChange::default() };
            let user = users::change(by, backends, id, &change, None).await?;
            say(format_args!("{name} has the role {} from the next request on.", user.role.as_str()))
        }
        User::SetPassword { name } => {
            users::set_password(Timestamp::now(), backends, &name, &password::read()?).await?;
            say(format_args!("{name} has a new account password, and is logged out everywhere."))
        }
    }
}

async fn create(
    backends: &Backends,
    new: NewUser,
    typed: Option<String>,
    program: &str,
) -> anyhow::Result<ExitCode> {
    let made_up = typed.is_none().then(users::made_up_password);
    let new = NewUser { password: typed.or_else(|| made_up.clone()), ..new };
    let user = users::create(Timestamp::now(), backends, new).await?;
    let (name, role) = (&user.name, user.role.as_str());
    let mut lines = vec![format!("User:     {name} ({role}, {})", limit(user.quota.limit_bytes))];
    lines.extend(made_up.map(|password| format!("Account password: {password}  (not shown again)")));
    lines.push(format!(
        "For the drive they need an app password: {program} admin app-password create {name} NAME"
    ));
    say(lines.join("\n"))
}

fn by_command() -> By<'static> {
    By::House { now: Timestamp::now(), door: Door::Command }
}

async fn id(backends: &Backends, name: &UserName) -> domain::Result<UserId> {
    Ok(users::caller(Timestamp::now(), backends, name).await?.user)
}

async fn list(backends: &Backends) -> anyhow::Result<ExitCode> {
    let users = users::list(backends).await?;
    let heading = ["USER", "ROLE", "STATE", "USED", "RESERVED", "LIMIT", "SINCE"].map(str::to_owned);
    let rows = users.iter().map(|user| {
        let state = match user.state() {
            UserState::Deactivated => "disabled",
            state => state.as_str(),
        };
        [
            user.name.to_string(),
            user.role.as_str().to_owned(),
            state.to_owned(),
            sizes::readable(user.quota.used_bytes),
            sizes::readable(user.quota.reserved_bytes),
            limit(user.quota.limit_bytes),
            readable::time(user.created_at),
        ]
    });
    say(readable::table(&std::iter::once(heading).chain(rows).collect::<Vec<_>>()))
}

fn limit(bytes: Option<u64>) -> String {
    bytes.map_or_else(|| "no limit".to_owned(), sizes::readable)
}

fn quota(text: &str) -> Result<Quota, String> {
    match text {
        "none" => Ok(Quota(None)),
        _ => sizes::parse(text).map(|bytes| Quota(Some(bytes))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quota_is_a_size_or_none() {
        assert_eq!(quota("none"), Ok(Quota(None)));
        assert_eq!(quota("500MB"), Ok(Quota(Some(500_000_000))));
        assert_eq!(quota("0"), Ok(Quota(Some(0))));
        assert!(quota("much").is_err());
    }
}
