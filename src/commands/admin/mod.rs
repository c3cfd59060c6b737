//! `larder admin …`: people, what opens the door to them, what they had and deleted, the queue of jobs, and what goes on
//! at the moment. It works beside a running server.

mod app_password;
mod audit;
mod blobs_move;
mod devices;
mod jobs;
mod mail;
mod metadata_move;
mod restore;
mod servers;
mod trash;
mod uploads;
mod user;
mod versions;

use std::process::ExitCode;

use clap::Subcommand;

use crate::config::{Config, Settings};
use crate::house;

#[derive(Subcommand)]
pub enum Admin {
    #[command(flatten)]
    Inside(Inside),
    /// Move the database to another place
    #[command(subcommand)]
    Metadata(metadata_move::Metadata),
    /// Move the contents of files to another place
    #[command(subcommand)]
    Blobs(blobs_move::Blobs),
}

/// What is done in a house that is in order.
#[derive(Subcommand)]
pub enum Inside {
    /// Manage accounts
    #[command(subcommand)]
    User(user::User),
    /// Manage the passwords that open the drive, each revocable by itself
    #[command(subcommand)]
    AppPassword(app_password::AppPassword),
    /// List what somebody has deleted, and purge it
    #[command(subcommand)]
    Trash(trash::Trash),
    /// List the contents that a file had, and take one back
    #[command(subcommand)]
    Versions(versions::Versions),
    /// Bring a drive, a folder or a file back to how it was at a moment
    Restore(restore::Restore),
    /// See to what is done later and on schedule
    #[command(subcommand)]
    Jobs(jobs::Jobs),
    /// See whether mails reach people
    #[command(subcommand)]
    Mail(mail::Mail),
    /// See who serves this house
    #[command(subcommand)]
    Servers(servers::Servers),
    /// See what somebody uses their drive by, and make room for something else
    #[command(subcommand)]
    Devices(devices::Devices),
    /// See what is being uploaded
    #[command(subcommand)]
    Uploads(uploads::Uploads),
    /// Read the record of who did what, the newest entries first
    Audit(audit::Audit),
}

pub async fn run(command: Admin, config: &Config, settings: &Settings) -> anyhow::Result<ExitCode> {
    let command = match command {
        Admin::Metadata(command) => return metadata_move::run(command, config).await,
        Admin::Blobs(command) => return blobs_move::run(command, config).await,
        Admin::Inside(command) => command,
    };
    if matches!(command, Inside::Devices(_) | Inside::Uploads(_)) && config.redis.url.is_none() {
        anyhow::bail!(
            "Without Redis (redis.url) the server alone knows devices and uploads; its log names them, and a restart \
             forgets devices."
        );
    }
    let backends = house::visit(config).await?;
    let done = match command {
        Inside::User(command) => user::run(command, config, settings, &backends).await,
        Inside::AppPassword(command) => app_password::run(command, config, &backends).await,
        Inside::Trash(command) => trash::run(command, &backends).await,
        Inside::Versions(command) => versions::run(command, &backends).await,
        Inside::Restore(command) => restore::run(command, &backends).await,
        Inside::Jobs(command) => jobs::run(command, &backends).await,
        Inside::Mail(command) => mail::run(command, &backends).await,
        Inside::Servers(command) => servers::run(command, config, &backends).await,
        Inside::Devices(command) => devices::run(command, &backends).await,
        Inside::Uploads(command) => uploads::run(command, &backends).await,
        Inside::Audit(command) => audit::run(command, &backends).await,
    };
    backends.close().await?;
    done
}
