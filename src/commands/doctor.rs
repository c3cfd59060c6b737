//! `larder doctor`: what is wrong, and what to do about it. It makes no data folder and no database.

mod advice;
mod client;
mod deep;
mod exchange;
mod program;
mod report;
#[cfg(test)]
mod samples;
mod session;
mod story;
mod transcript;
mod watch;

use std::process::ExitCode;

use clap::Args;
use domain::Timestamp;
use services::checkup::{Finding, State};

use crate::commands::{say, welcome};
use crate::config::{Config, Origin, Problems, Settings};
use crate::house;

const EXPLAINED: &str = "\
It works beside a running server, and makes nothing where there is no data yet. The exit code is 1 if anything is
bad (\u{2717}), and 0 if there is nothing or only something to think about (!).

With --deep it compares everything that is kept as well: rows, histories, counters, and the bytes in the file store. It
changes nothing and disturbs nobody. With --read it also reads every content and compares it with its SHA-256, and notes
what it has found.

With --client it opens a throw-away drive instead and listens to one session of a client that does not work: what it
did, what was refused, what to change. The exit code is 1 if anything that matters was refused or went
wrong, and 2 if nobody came.

Examples:
  larder doctor --data /srv/larder
  larder doctor --deep                             after a crash, a full disk or a restored back-up
  larder doctor --client                           for a client on this machine
  larder doctor --client --listen 0.0.0.0:8080     for a phone or another computer";

/// Check settings, database, files and address, and say what to do about each finding
#[derive(Args)]
#[command(after_help = EXPLAINED)]
pub struct Doctor {
    /// Listen to one session of a client on a throw-away drive, and say what to change
    #[arg(long)]
    client: bool,
    /// Compare everything that is kept: rows, histories, counters and the file store
    #[arg(long, conflicts_with = "client")]
    deep: bool,
    /// With --deep, read every content and compare it with its SHA-256
    #[arg(long, requires = "deep")]
    read: bool,
    /// With --client, the address and port to listen on [default: a free port of 127.0.0.1]
    #[arg(long, value_name = "ADDRESS:PORT", requires = "client")]
    pub listen: Option<String>,
}

/// What can be said when there is no configuration to go by.
pub fn report_settings(problems: &Problems) -> anyhow::Result<ExitCode> {
    let findings = problems.0.iter().map(|problem| {
        let advice = "Larder does not start until this is corrected or left out.";
        Finding::bad("settings", problem.to_string(), advice)
    });
    report(&findings.collect::<Vec<_>>())
}

pub async fn run(command: Doctor, config: Config, settings: &Settings) -> anyhow::Result<ExitCode> {
    if command.client {
        client::run(config, command.listen.is_some()).await
    } else {
        inspect(command, &config, settings).await
    }
}

async fn inspect(command: Doctor, config: &Config, settings: &Settings) -> anyhow::Result<ExitCode> {
    let mut findings = vec![read_settings(settings)];
    let now = Timestamp::now();
    findings.extend(house::inspect(config, now).await);
    findings.push(match welcome::exposure(config).trim() {
        "" => Finding::good(
            "network",
            "Between people and this server no password or file crosses a network unencrypted.",
        ),
        exposed => {
            Finding::warning("network", exposed, "With a proxy, set public_url to its https address as well.")
        }
    });
    findings.push(match welcome::weakness(config).trim() {
        "" => Finding::good("durability", "An acknowledged write survives a loss of power."),
        weak => Finding::warning(
            "durability",
            weak,
            "Set it to \"power-loss\" unless all of that can be sent again.",
        ),
    });
    if command.deep {
        findings.extend(examine(config, now, command.read).await);
    }
    report(&findings)
}

async fn examine(config: &Config, now: Timestamp, read: bool) -> Vec<Finding> {
    deep::examine(config, now, read).await.unwrap_or_else(|error| {
        let advice = "See to what is said above first, and run this again.";
        vec![Finding::bad("contents", error.to_string(), advice)]
    })
}

fn read_settings(settings: &Settings) -> Finding {
    let changed = settings.iter().filter(|setting| setting.origin != Origin::Default).count();
    let says = match changed {
        0 => "All are at their defaults (see `larder config`).".to_owned(),
        1 => "They make sense; 1 differs from the defaults (see `larder config`).".to_owned(),
        _ => format!("They make sense; {changed} differ from the defaults (see `larder config`)."),
    };
    Finding::good("settings", says)
}

fn report(findings: &[Finding]) -> anyhow::Result<ExitCode> {
    let width = findings.iter().map(|finding| finding.subject.len()).max().unwrap_or(0);
    let line = |finding: &Finding| {
        let mark = match finding.state {
            State::Good => '\u{2713}',
            State::Warning => '!',
            State::Bad => '\u{2717}',
        };
        let advice = finding.advice.iter().map(|advice| format!("\n  {:width$}  {advice}", ""));
        format!("{mark} {:width$}  {}{}", finding.subject, finding.says, advice.collect::<String>())
    };
    say(findings.iter().map(line).collect::<Vec<_>>().join("\n"))?;
    let is_bad = findings.iter().any(|finding| matches!(finding.state, State::Bad));
    Ok(if is_bad { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
