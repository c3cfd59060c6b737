//! `larder doctor`: what is wrong, and what to do about it. It makes no data folder and no database.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::ExitCode;

use blobs::Blobs;
use domain::{Error, Timestamp};
use metadata::Metadata;
use services::checkup::{self, Finding, State};

use crate::commands::{say, welcome};
use crate::config::{Config, Origin, Problems, Settings};
use crate::house::{self, Listeners};

pub const EXPLAINED: &str = "\
It works beside a running server, and makes nothing where there is no data yet. The exit code is 1 if anything is
bad (\u{2717}), and 0 if there is nothing or only something to think about (!).

Example:
  larder doctor --data /srv/larder";

/// What can be said when there is no configuration to go by.
pub fn report_settings(problems: &Problems) -> anyhow::Result<ExitCode> {
    let findings = problems.0.iter().map(|problem| {
        bad("settings", problem.to_string(), "Larder does not start until this is corrected or left out.")
    });
    report(&findings.collect::<Vec<_>>())
}

pub async fn run(config: &Config, settings: &Settings) -> anyhow::Result<ExitCode> {
    let mut findings = vec![read_settings(settings)];
    let is_served = examine_folder(config, &mut findings).await;
    findings.push(examine_address(config, is_served).await);
    findings.push(match welcome::exposure(config).trim() {
        "" => good("network", "Passwords and files do not cross a network unencrypted."),
        exposed => {
            warning("network", exposed, "Set public_url to the proxy's https address once it is there.")
        }
    });
    report(&findings)
}

/// Looks into the data folder, and says whether a server is running on it.
async fn examine_folder(config: &Config, findings: &mut Vec<Finding>) -> bool {
    let folder = &config.data_folder;
    if !house::has_data(folder) {
        let says = format!("There is no Larder data in {}.", folder.display());
        findings.push(warning(
            "data folder",
            says,
            "`larder serve` makes it, or name another folder with --data.",
        ));
        return false;
    }
    findings.push(examine_rights(folder));
    match examine_data(config).await {
        Ok(found) => findings.extend(found),
        Err(error) => findings.push(bad(
            "database",
            error.to_string(),
            "See that this user may read and write the data folder, and that its disk is well.",
        )),
    }
    house::is_served(folder)
}

async fn examine_data(config: &Config) -> Result<Vec<Finding>, Error> {
    let metadata = Metadata::open(&config.metadata, &config.data_folder).await?;
    let blobs = Blobs::open(&config.blobs, &config.data_folder)?;
    let backends = house::furnish(config, metadata, blobs);
    let findings = checkup::examine(Timestamp::now(), &backends).await;
    backends.close().await?;
    Ok(findings)
}

fn examine_rights(folder: &Path) -> Finding {
    let shown = folder.display();
    match folder.metadata().map(|folder| folder.permissions().mode() & 0o077) {
        Ok(0) => good("data folder", format!("Only its owner can read {shown}.")),
        Ok(_) => warning(
            "data folder",
            format!("Other users can read {shown}."),
            format!("Keep them out: chmod 700 {shown}"),
        ),
        Err(error) => bad(
            "data folder",
            format!("{shown} cannot be looked at: {error}."),
            "See that this user may read it.",
        ),
    }
}

async fn examine_address(config: &Config, is_served: bool) -> Finding {
    let address = config.server.listen;
    match Listeners::bind(config).await {
        Ok(_) if is_served => warning(
            "address",
            format!("{address} is free, although a server runs on the data folder."),
            "The server was started with other settings; give doctor the same ones.",
        ),
        Ok(_) => good("address", format!("{address} is free.")),
        Err(_) if is_served => {
            good("address", format!("{address} is in use, and a server runs on the data folder."))
        }
        Err(error) => {
            bad("address", error.message().user().to_owned(), "Until then `larder serve` cannot start.")
        }
    }
}

fn read_settings(settings: &Settings) -> Finding {
    let changed = settings.iter().filter(|setting| setting.origin != Origin::Default).count();
    good("settings", format!("They make sense; {changed} differ from the defaults (see `larder config`)."))
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

fn good(subject: &'static str, says: impl Into<String>) -> Finding {
    Finding { subject, state: State::Good, says: says.into(), advice: None }
}

fn warning(subject: &'static str, says: impl Into<String>, advice: impl Into<String>) -> Finding {
    Finding { subject, state: State::Warning, says: says.into(), advice: Some(advice.into()) }
}

fn bad(subject: &'static str, says: impl Into<String>, advice: impl Into<String>) -> Finding {
    Finding { subject, state: State::Bad, says: says.into(), advice: Some(advice.into()) }
}
