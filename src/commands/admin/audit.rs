//! `larder admin audit`: the record of who did what.

use std::process::ExitCode;

use api_types::audit::AuditEntry;
use clap::Args;
use domain::audit::{Entry, Filter, Outcome};
use domain::page::ENTRIES_MAX;
use domain::{Action, Door, Moment, PageRequest, Timestamp, UserName};
use services::{Backends, audit, users};

use crate::commands::{readable, say};

#[derive(Args)]
#[command(after_help = "\
Moments are written as 2026-11-20T14:00 or 2026-11-20 (in UTC), yesterday, 30m, 1h, 3d or 2w. WHO is empty for jobs, for
commands on this machine and for people who are gone.

Examples:
  larder admin audit --since 1h
  larder admin audit --user ann --action file.read --json
  larder admin audit --outcome refused --entries 500")]
pub struct Audit {
    /// Only what is called so, such as file.read or account.log_in
    #[arg(long, value_parser = action)]
    action: Option<Action>,
    /// Only what came by this door: webdav, rest, command or job
    #[arg(long, value_parser = door)]
    door: Option<Door>,
    /// Only what this user did
    #[arg(long, value_parser = UserName::parse)]
    user: Option<UserName>,
    /// Only what was done to the thing with this identity
    #[arg(long, value_name = "ID")]
    subject: Option<String>,
    /// Only what was done, or only what was refused
    #[arg(long, value_name = "done|refused", value_parser = outcome)]
    outcome: Option<Outcome>,
    /// Only what was done from this moment on
    #[arg(long, value_name = "MOMENT")]
    since: Option<String>,
    /// Only what was done before this moment
    #[arg(long, value_name = "MOMENT")]
    until: Option<String>,
    /// How many entries to show at most
    #[arg(long, value_name = "NUMBER", default_value_t = 100)]
    entries: u64,
    /// Print JSON, with all that is known of each entry
    #[arg(long)]
    json: bool,
}

pub async fn run(asked: Audit, backends: &Backends) -> anyhow::Result<ExitCode> {
    let now = Timestamp::now();
    let moment = |text: &Option<String>| -> domain::Result<Option<Timestamp>> {
        text.as_deref().map(|text| Moment::parse(text, now).map(Moment::at)).transpose()
    };
    let user = match &asked.user {
        Some(name) => Some(users::caller(now, backends, name).await?.user),
        None => None,
    };
    let filter = Filter {
        action: asked.action,
        door: asked.door,
        user,
        subject: asked.subject,
        outcome: asked.outcome,
        since: moment(&asked.since)?,
        until: moment(&asked.until)?,
    };
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let missing = asked.entries.saturating_sub(found.len() as u64).min(u64::from(ENTRIES_MAX));
        let Ok(entries @ 1..) = u32::try_from(missing) else { break };
        let page = audit::list(backends, &filter, &PageRequest { after, entries, with_total: false }).await?;
        found.extend(page.entries);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    say(if asked.json { as_json(found)? } else { as_table(&found, after.is_some()) })
}

fn as_table(found: &[Entry], more: bool) -> String {
    if found.is_empty() {
        return "The record has no such entry.".to_owned();
    }
    let heading = ["WHEN", "WHO", "DOOR", "FROM", "ACTION", "OUTCOME", "WHAT", "DETAIL"];
    let rows = found.iter().map(|entry| {
        [
            readable::time(entry.at),
            entry.user_name.clone().unwrap_or_default(),
            entry.door.clone(),
            entry.address.clone().unwrap_or_default(),
            entry.action.clone(),
            entry.outcome.as_str().to_owned(),
            readable::harmless(subject(entry)),
            readable::harmless(entry.detail.as_deref().unwrap_or_default()),
        ]
    });
    let rows = std::iter::once(heading.map(str::to_owned)).chain(rows);
    let mut table = readable::table(&rows.collect::<Vec<_>>());
    if more {
        table += "\nThere are more; --entries shows more, and --until goes further back.";
    }
    table
}

/// What something was called, or is known by where it has no name that may stay.
fn subject(entry: &Entry) -> &str {
    entry.subject_name.as_deref().or(entry.subject_id.as_deref()).unwrap_or_default()
}

fn as_json(found: Vec<Entry>) -> serde_json::Result<String> {
    serde_json::to_string_pretty(&found.into_iter().map(AuditEntry::from).collect::<Vec<_>>())
}

fn action(word: &str) -> Result<Action, String> {
    let known = || Action::ALL.iter().map(|action| action.as_str()).collect::<Vec<_>>().join(", ");
    Action::parse(word).ok_or_else(|| format!("the actions are: {}", known()))
}

fn door(word: &str) -> Result<Door, String> {
    Door::parse(word).ok_or_else(|| "the doors are webdav, rest, command and job".to_owned())
}

fn outcome(word: &str) -> Result<Outcome, String> {
    Outcome::parse(word).ok_or_else(|| "something is done or refused".to_owned())
}
