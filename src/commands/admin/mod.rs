//! `larder admin …`: people, what opens the door to them, what they had and deleted, the queue of jobs, and what goes on
//! at the moment. It works beside a running server.

mod app_password;
mod devices;
mod jobs;
mod restore;
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
    /// See what somebody uses their drive by, and make room for something else
    #[command(subcommand)]
    Devices(devices::Devices),
    /// See what is being uploaded
    #[command(subcommand)]
    Uploads(uploads::Uploads),
}

pub async fn run(command: Admin, config: &Config, settings: &Settings) -> anyhow::Result<ExitCode> {
    if matches!(command, Admin::Devices(_) | Admin::Uploads(_)) && config.redis.url.is_none() {
        anyhow::bail!(
            "Without Redis (redis.url) the server alone knows devices and uploads; its log names them, and a restart \
             forgets devices."
        );
    }
    let backends = house::visit(config).await?;
    let done = match command {
        Admin::User(command) => user::run(command, config, settings, &backends).await,
        Admin::AppPassword(command) => app_password::run(command, config, &backends).await,
        Admin::Trash(command) => trash::run(command, &backends).await,
        Admin::Versions(command) => versions::run(command, &backends).await,
        Admin::Restore(command) => restore::run(command, &backends).await,
        Admin::Jobs(command) => jobs::run(command, &backends).await,
        Admin::Devices(command) => devices::run(command, &backends).await,
        Admin::Uploads(command) => uploads::run(command, &backends).await,
    };
    backends.close().await?;
    done
}
