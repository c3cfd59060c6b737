//! `larder admin devices …`: what somebody uses their drive by, and room for something else.

use std::process::ExitCode;

use clap::Subcommand;
use domain::UserName;
use services::Backends;
use services::devices::{self, Device};

use crate::commands::{readable, say};

#[derive(Subcommand)]
pub enum Devices {
    /// List the devices of somebody that were used within a day
    #[command(after_help = "\
A device is an app password and the program it is used by. How many there may be says login.devices_max.

Example:
  larder admin devices list ann")]
    List {
        /// Whose they are
        #[arg(value_parser = UserName::parse)]
        user: UserName,
    },
    /// Forget devices of somebody, so that others have room at once
    #[command(after_help = "\
A device that goes on asks for room again; to keep it out, revoke its app password.

Examples:
  larder admin devices forget ann laptop
  larder admin devices forget ann                  all of them")]
    Forget {
        /// Whose they are
        #[arg(value_parser = UserName::parse)]
        user: UserName,
        /// Only those that use the app password of this name
        app_password: Option<String>,
    },
}

pub async fn run(command: Devices, backends: &Backends) -> anyhow::Result<ExitCode> {
    match command {
        Devices::List { user } => {
            let devices = devices::list(backends, &user).await?;
            say(if devices.is_empty() { format!("{user} uses no device.") } else { table(&devices) })
        }
        Devices::Forget { user, app_password } => {
            let count = devices::forget(backends, &user, app_password.as_deref()).await?;
            say(format_args!("Forgotten: {}.", readable::count(count as u64, "device")))
        }
    }
}

fn table(devices: &[Device]) -> String {
    let heading = ["APP PASSWORD", "PROGRAM", "ADDRESS", "LAST SEEN"].map(str::to_owned);
    let rows = devices.iter().map(|device| {
        [
            device.name.clone(),
            readable::harmless(&device.product),
            device.address.to_string(),
            readable::time(device.seen_at),
        ]
    });
    readable::table(&std::iter::once(heading).chain(rows).collect::<Vec<_>>())
}
