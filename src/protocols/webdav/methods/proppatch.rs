//! PROPPATCH: sets and removes properties, all or none (RFC 4918 §9.2).

use std::collections::BTreeMap;

use axum::body::Body;
use axum::response::Response;
use domain::{DeadProperty, NodeTimes, PropertyChange, PropertyName, Timestamp};
use http::{HeaderMap, StatusCode};
use services::files;

use crate::answer::{self, Refusal};
use crate::body::read_xml;
use crate::client::Client;
use crate::live::{Live, Setting};
use crate::visit::Visit;
use crate::xml::dates::{read_http_date, read_iso_date, read_seconds};
use crate::xml::element::{Element, MICROSOFT};
use crate::xml::multistatus::Multistatus;
use crate::xml::proppatch::{Instruction, read_proppatch};

/// Answers a PROPPATCH.
pub async fn answer(visit: &Visit, headers: &HeaderMap, body: Body) -> Result<Response, Refusal> {
    let update = Update::of(read_proppatch(&read_xml(headers, body).await?)?);
    let Visit { caller, backends, path, conditions, .. } = visit;
    let look = files::look(caller, backends, path).await?;
    let href = visit.href(look.get()?);
    let mut conditions = conditions.clone();
    if visit.client == Client::Windows && update.verdicts.keys().all(|name| name.namespace == MICROSOFT) {
        // Office sets the times and attributes of a file it has locked without its token, and takes a refusal
        // for a failed save; they are no part of what a lock keeps others from.
        let own = look.locks().filter(|(_, lock)| lock.user == caller.user);
        conditions.submit(own.map(|(_, lock)| lock.token));
    }
    let done = update.verdicts.values().all(|verdict| *verdict == Verdict::Allowed);
    if done {
        files::set_properties(caller, backends, path, &update.changes, update.times, &conditions).await?;
    }
    let mut body = Multistatus::begin(visit.client);
    body.open(&href);
    for (verdict, status, condition) in [
        (Verdict::Protected, "403 Forbidden", Some("cannot-modify-protected-property")),
        (Verdict::NoDate, "409 Conflict", None),
        (Verdict::Allowed, if done { "200 OK" } else { "424 Failed Dependency" }, None),
    ] {
        let names = update.verdicts.iter().filter(|(_, found)| **found == verdict);
        body.explained_propstat(status, condition, |out| names.for_each(|(name, _)| out.name(name)));
    }
    body.close();
    Ok(answer::xml(StatusCode::MULTI_STATUS, body.end()))
}

/// What a request changes, in the words of the house.
#[derive(Default)]
struct Update {
    changes: Vec<PropertyChange>,
    times: NodeTimes,
    verdicts: BTreeMap<PropertyName, Verdict>,
}

/// What is to be said of a property; of several instructions for one the worst counts (RFC 4918 §9.2.1).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    Allowed,
    /// The value is no date, or none that an answer could say.
    NoDate,
    /// It is not for clients to set, or not to take away.
    Protected,
}

impl Update {
    fn of(instructions: Vec<Instruction>) -> Self {
        let mut update = Self::default();
        for instruction in instructions {
            let name = instruction.name().clone();
            let verdict = update.take(instruction);
            let worst = update.verdicts.entry(name).or_insert(verdict);
            *worst = verdict.max(*worst);
        }
        update
    }

    fn take(&mut self, instruction: Instruction) -> Verdict {
        let live = Live::named(instruction.name());
        let at = match (live.map(|live| (live, live.setting())), &instruction) {
            (Some((live, Setting::CreatedAt)), Instruction::Set(value)) => {
                moment(live, value).map(|at| self.times.created_at = Some(at))
            }
            (Some((live, Setting::ModifiedAt)), Instruction::Set(value)) => {
                moment(live, value).map(|at| self.times.modified_at = Some(at))
            }
            (None | Some((_, Setting::Kept)), _) => {
                self.changes.push(change(instruction));
                return Verdict::Allowed;
            }
            _ => return Verdict::Protected,
        };
        at.map_or(Verdict::NoDate, |()| Verdict::Allowed)
    }
}

fn change(instruction: Instruction) -> PropertyChange {
    match instruction {
        Instruction::Set(value) => {
            let xml = value.to_xml();
            PropertyChange::Set(DeadProperty { name: value.name, xml })
        }
        Instruction::Remove(name) => PropertyChange::Remove(name),
    }
}

/// The moment a client sets: in the form of HTTP or of ISO 8601, whichever it takes for the right one, and in
/// seconds where clients do so.
fn moment(live: Live, value: &Element) -> Option<Timestamp> {
    let text = value.text()?;
    let date = read_http_date(&text).or_else(|| read_iso_date(&text));
    date.or_else(|| read_seconds(&text).filter(|_| live == Live::LastModifiedSet))
}
