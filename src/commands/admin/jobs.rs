//! `larder admin jobs …`: what is to be done later and on schedule.

use std::process::ExitCode;

use chrono::{DateTime, SecondsFormat};
use clap::Subcommand;
use domain::{Job as Queued, JobId, Timestamp};
use jobs::{JOBS, Job};
use serde_json::{Value, json};
use services::Backends;
use services::jobs as queue;

use crate::commands::{readable, say};

/// Of what went wrong, a table shows so much.
const ERROR_CHARS_MAX: usize = 100;

#[derive(Subcommand)]
pub enum Jobs {
    /// List what waits, runs and was given up, and when schedules ran last and run next
    #[command(after_help = "\
A job that succeeded is gone from the list, unless it is on a schedule. EVERY is empty for one that only comes when
something asks for it.

Examples:
  larder admin jobs list
  larder admin jobs list --json")]
    List {
        /// Print JSON, with all that is known of each job
        #[arg(long)]
        json: bool,
    },
    /// Give jobs that were given up another chance
    #[command(after_help = "\
Examples:
  larder admin jobs retry 17
  larder admin jobs retry all")]
    Retry {
        /// The number of a dead job, as the list shows it, or `all`
        #[arg(value_name = "ID|all", value_parser = which)]
        which: Which,
    },
    /// Have a job done now; a running server begins within jobs.poll_seconds
    #[command(after_help = "\
`larder admin jobs list` shows the kinds there are.

Example:
  larder admin jobs run expire-locks")]
    Run {
        /// What kind of job, such as sweep
        #[arg(value_parser = known)]
        kind: &'static Job,
    },
}

/// One dead job, or all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    One(JobId),
    All,
}

pub async fn run(command: Jobs, backends: &Backends) -> anyhow::Result<ExitCode> {
    let now = Timestamp::now();
    match command {
        Jobs::List { json } => {
            let listed = queue::list(now, backends).await?;
            say(if json { as_json(&listed, backends)? } else { as_table(&listed, backends) })
        }
        Jobs::Retry { which: Which::One(id) } => {
            let job = queue::retry(now, backends, id).await?;
            say(format_args!("The job {id} ({}) is due now.", job.kind))
        }
        Jobs::Retry { which: Which::All } => say(match queue::retry_all(now, backends).await? {
            0 => "There is no dead job.".to_owned(),
            1 => "1 job is due now.".to_owned(),
            count => format!("{count} jobs are due now."),
        }),
        Jobs::Run { kind: Job { kind, every, .. } } => {
            let scheduled = every(backends).is_some();
            say(match queue::run_now(now, backends, kind, scheduled).await? {
                0 => format!("Nothing asks for {kind}."),
                1 => format!("The job {kind} is due now."),
                count => format!("{count} jobs {kind} are due now."),
            })
        }
    }
}

fn as_table(listed: &[Queued], backends: &Backends) -> String {
    if listed.is_empty() {
        return "Nothing is to be done. Schedules begin with the first `larder serve`.".to_owned();
    }
    let heading = ["ID", "KIND", "FOR", "STATE", "DUE", "LAST RUN", "EVERY", "ATTEMPTS", "ERROR"];
    let rows = listed.iter().map(|job| {
        [
            job.id.to_string(),
            job.kind.to_string(),
            job.key.clone(),
            job.state.as_str().to_owned(),
            readable::time(job.due_at),
            readable::time_or(job.ended_at, "never"),
            every(job, backends).map(readable::span).unwrap_or_default(),
            job.attempts.to_string(),
            on_one_line(job.error.as_deref().unwrap_or_default()),
        ]
    });
    let rows = std::iter::once(heading.map(str::to_owned)).chain(rows);
    let mut table = readable::table(&rows.collect::<Vec<_>>());
    if listed.len() == queue::LISTED_MAX as usize {
        table += "\nThese are the first; there are more.";
    }
    table
}

fn as_json(listed: &[Queued], backends: &Backends) -> serde_json::Result<String> {
    let one = |job: &Queued| {
        json!({
            "id": job.id.0,
            "kind": job.kind.as_str(),
            "key": job.key,
            "state": job.state.as_str(),
            "created": rfc3339(job.created_at),
            "due": rfc3339(job.due_at),
            "last_run": job.ended_at.and_then(rfc3339),
            "every_seconds": every(job, backends).map(|every| every.as_secs()),
            "attempts": job.attempts,
            "error": job.error,
        })
    };
    serde_json::to_string_pretty(&Value::Array(listed.iter().map(one).collect()))
}

fn every(job: &Queued, backends: &Backends) -> Option<std::time::Duration> {
    jobs::find(job.kind.as_str()).filter(|_| job.key.is_empty()).and_then(|known| (known.every)(backends))
}

fn rfc3339(time: Timestamp) -> Option<String> {
    let time = DateTime::from_timestamp_millis(time.millis())?;
    Some(time.to_rfc3339_opts(SecondsFormat::Millis, true))
}

fn on_one_line(error: &str) -> String {
    let shown = error.chars().map(|letter| if letter.is_control() { ' ' } else { letter });
    match error.chars().count() <= ERROR_CHARS_MAX {
        true => shown.collect(),
        false => shown.take(ERROR_CHARS_MAX - 1).chain(['\u{2026}']).collect(),
    }
}

fn which(text: &str) -> Result<Which, String> {
    match text {
        "all" => Ok(Which::All),
        _ => text.parse().map(|id| Which::One(JobId(id))).map_err(|_| {
            "write the number of a dead job, which `larder admin jobs list` shows, or all".to_owned()
        }),
    }
}

fn known(text: &str) -> Result<&'static Job, String> {
    jobs::find(text).ok_or_else(|| {
        let kinds: Vec<&str> = JOBS.iter().map(|job| job.kind.as_str()).collect();
        format!("the jobs are: {}", kinds.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dead_job_is_named_by_its_number_or_with_all_others() {
        assert_eq!(which("17"), Ok(Which::One(JobId(17))));
        assert_eq!(which("all"), Ok(Which::All));
        for text in ["", "every", "1.5", "99999999999999999999", "expire-locks"] {
            assert!(which(text).unwrap_err().contains("jobs list"), "{text}");
        }
    }

    #[test]
    fn an_error_is_one_line_of_the_table() {
        assert_eq!(on_one_line("no\nwater"), "no water");
        let shown = on_one_line(&"x".repeat(101));
        assert!(shown.chars().count() == 100 && shown.ends_with('\u{2026}'), "{shown}");
    }
}
