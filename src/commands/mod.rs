//! What can be typed at a terminal: one file per command.

mod admin;
mod backup;
mod config;
mod doctor;
mod logs;
mod migrate;
mod password;
mod progress;
mod readable;
mod restore;
mod serve;
mod settings;
mod shell;
mod signals;
mod welcome;

use std::fmt::Display;
use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::Config;

const EXAMPLES: &str = "\
Examples:
  larder serve                                     start on 127.0.0.1:8080; the first start says how to mount
  larder serve --listen 127.0.0.1:9000 --data /srv/larder
  larder admin user create ann --quota 50GiB
  larder admin app-password create ann laptop
  larder backup /mnt/backup/larder                 save everything, beside a running server
  larder doctor                                    find out what is wrong and what to do about it
  larder doctor --client                           find out why a client does not work";

/// A file server people mount: WebDAV for Finder, Explorer, phones, rclone and every other client.
#[derive(Parser)]
#[command(name = "larder", version, after_help = EXAMPLES, disable_help_subcommand = true)]
struct CommandLine {
    #[command(flatten)]
    settings: settings::Flags,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Serve(serve::Serve),
    Backup(backup::Backup),
    Restore(restore::Restore),
    Migrate(migrate::Migrate),
    Doctor(doctor::Doctor),
    /// Print every setting, its value and where that comes from
    #[command(after_help = config::EXPLAINED)]
    Config,
    /// Manage people, their app passwords and files, and jobs
    #[command(subcommand)]
    Admin(admin::Admin),
}

/// Does what the command line says. The exit code is 0 when it is done, 1 when it could not be, and 2 when the
/// command line or the settings make no sense.
pub async fn run() -> ExitCode {
    let CommandLine { settings, command } = CommandLine::parse();
    let listen = match &command {
        Command::Serve(serve) => serve.listen.as_deref(),
        Command::Doctor(doctor) => doctor.listen.as_deref(),
        _ => None,
    };
    let loaded = settings.sources(listen).and_then(|sources| Config::load(&sources));
    let (config, settings) = match (loaded, &command) {
        (Ok(loaded), _) => loaded,
        (Err(problems), Command::Doctor(_)) => return finish(doctor::report_settings(&problems)),
        (Err(problems), _) => {
            problems.0.iter().for_each(complain);
            return ExitCode::from(2);
        }
    };
    finish(match command {
        Command::Serve(_) => serve::run(config, &settings).await,
        Command::Backup(command) => backup::run(command, &config).await,
        Command::Restore(command) => restore::run(command, &config).await,
        Command::Migrate(command) => migrate::run(command, &config).await,
        Command::Doctor(command) => doctor::run(command, config, &settings).await,
        Command::Config => config::run(&settings),
        Command::Admin(command) => admin::run(command, &config, &settings).await,
    })
}

fn finish(outcome: anyhow::Result<ExitCode>) -> ExitCode {
    outcome.unwrap_or_else(|error| {
        complain(&format!("{error:#}"));
        ExitCode::FAILURE
    })
}

/// Writes for people, to the standard output. That nobody reads on, as behind `| head`, is no failure.
fn say(text: impl Display) -> anyhow::Result<ExitCode> {
    let mut out = io::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(ExitCode::SUCCESS),
    }
}

fn complain(what: &impl Display) {
    // Where even this cannot be written, the exit code is all that is left to say.
    let _ = writeln!(io::stderr(), "error: {what}");
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_holds_together() {
        CommandLine::command().debug_assert();
    }
}
