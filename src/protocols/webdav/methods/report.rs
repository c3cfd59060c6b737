//! REPORT: what has changed in a folder since a client last asked (RFC 3253 §3.6, RFC 6578).

use std::sync::Arc;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use domain::{Error, Lock, LockDepth, Node, NodeId, NodeName, Quota, Result, Seq, SyncToken};
use http::{HeaderMap, StatusCode};
use services::files::{self, Change, Changes, ChangesRequest, Look, Member};

use super::propfind::{PIECE_BYTES, Plan};
use crate::answer::{self, Refusal};
use crate::body::read_xml;
use crate::headers::{self, Depth};
use crate::hidden::is_hidden;
use crate::live::Entry;
use crate::visit::Visit;
use crate::xml::href::push_segment;
use crate::xml::multistatus::Multistatus;
use crate::xml::report::{Level, SyncCollection, read_report};

/// Answers a REPORT.
pub async fn answer(visit: Arc<Visit>, headers: &HeaderMap, body: Body) -> Result<Response, Refusal> {
    let depth = headers::depth(headers)?;
    let wanted = read_report(&read_xml(headers, body).await?)?;
    let look = files::look(&visit.caller, &visit.backends, &visit.path).await?;
    let node = look.get()?.clone();
    let Some(wanted) = wanted.filter(|_| node.is_folder()) else {
        let sentence = "The one report there is here is sync-collection, and it is about folders.";
        return Err(Refusal::from(Error::Forbidden(sentence.into())).naming("supported-report"));
    };
    let mut report = Report::new(visit, &look, node, wanted, depth).await?;
    let first = report.next().await.map_err(refusal)?.unwrap_or_default();
    if report.is_complete {
        return Ok(answer::xml(StatusCode::MULTI_STATUS, first));
    }
    let rest = futures_util::stream::try_unfold(report, async |mut report| {
        Ok(report.next().await?.map(|piece| (piece, report)))
    });
    Ok(answer::in_pieces(StatusCode::MULTI_STATUS, first, rest))
}

/// What is forbidden here is to go on from a token that says nothing of this folder (any more).
fn refusal(error: Error) -> Refusal {
    match error {
        Error::Forbidden(_) => Refusal::from(error).naming("valid-sync-token"),
        _ => Refusal::from(error),
    }
}

fn token(sent: &str) -> Result<Option<SyncToken>> {
    if sent.is_empty() {
        return Ok(None);
    }
    let foreign = || Error::Forbidden("This is no sync token of this server.".into());
    SyncToken::parse(sent).ok_or_else(foreign).map(Some)
}

/// How far down. Before there was a level in the body clients said it by `Depth` (RFC 6578 appendix A).
fn is_deep(level: Option<Level>, depth: Option<Depth>) -> Result<bool> {
    match (level, depth) {
        (Some(level), None | Some(Depth::Zero)) => Ok(level == Level::Infinite),
        (None, Some(Depth::One)) => Ok(false),
        (None, Some(Depth::Infinity)) => Ok(true),
        (Some(_), _) => Err(Error::Invalid("A sync-collection has Depth 0; its sync-level counts.".into())),
        (None, _) => Err(Error::Invalid("A sync-collection has a sync-level, `1` or `infinite`.".into())),
    }
}

/// A report under way.
struct Report {
    visit: Arc<Visit>,
    plan: Plan,
    /// With a slash at its end.
    href: String,
    quota: Quota,
    seq: Seq,
    /// The locks that reach what is in the folder from itself or from above, and those on what is in it.
    locks_above: Vec<(Lock, String)>,
    locks_within: Vec<Lock>,
    changes: Changes,
    body: Multistatus,
    is_complete: bool,
}

impl Report {
    async fn new(
        visit: Arc<Visit>,
        look: &Look,
        node: Node,
        wanted: SyncCollection,
        depth: Option<Depth>,
    ) -> Result<Self, Refusal> {
        let Visit { caller, backends, .. } = &*visit;
        let plan = Plan::new(&wanted.asked, visit.client);
        let request = ChangesRequest {
            deep: is_deep(wanted.level, depth)?,
            token: token(&wanted.token).map_err(refusal)?,
            entries_max: wanted.entries_max,
            with_properties: plan.wants_dead(),
        };
        let changes = Changes::begin(caller, backends, look, request).await.map_err(refusal)?;
        let locks_within = match plan.wants_locks() {
            true => files::locks_within(caller, backends, &node).await?,
            false => Vec::new(),
        };
        let reaching = look.locks().filter(|(_, lock)| lock.depth == LockDepth::Infinity);
        let locks_above =
            reaching.map(|(depth, lock)| (lock.clone(), visit.href_at(depth, Some(&node)))).collect();
        Ok(Self {
            plan,
            href: visit.href(&node),
            quota: look.quota(),
            seq: look.space().seq,
            locks_above,
            locks_within,
            changes,
            body: Multistatus::begin(visit.client),
            is_complete: false,
            visit,
        })
    }

    /// The next piece of the body.
    async fn next(&mut self) -> Result<Option<Bytes>> {
        if self.is_complete {
            return Ok(None);
        }
        while self.body.len() < PIECE_BYTES {
            match self.changes.next().await? {
                Some(Change::Changed { member, .. }) if is_hidden(self.visit.client, &member.node) => {}
                Some(Change::Changed { member, .. }) => self.write_changed(&member),
                Some(Change::Removed { folder, .. }) => {
                    let href = self.href_of(self.changes.path(), folder);
                    self.body.open(&href);
                    self.body.status("404 Not Found");
                    self.body.close();
                }
                None => return Ok(Some(self.end().into())),
            }
        }
        Ok(Some(self.body.take().into()))
    }

    fn write_changed(&mut self, Member { node, properties, .. }: &Member) {
        let href = self.href_of(self.changes.path(), node.is_folder());
        let path = self.changes.path();
        let below = self.locks_within.iter().filter(|lock| lock.depth == LockDepth::Infinity);
        let below = below.filter_map(|lock| {
            let depth = path.iter().position(|(id, _)| *id == lock.node && *id != node.id)?;
            Some((lock, self.href_of(&path[..=depth], true)))
        });
        let below: Vec<_> = below.collect();
        let own = self.locks_within.iter().filter(|lock| lock.node == node.id);
        let above = self.locks_above.iter().map(|(lock, root)| (lock, root.as_str()));
        let below = below.iter().map(|(lock, root)| (*lock, root.as_str()));
        let locks = above.chain(below).chain(own.map(|lock| (lock, href.as_str()))).collect();
        let Visit { caller, prefix, .. } = &*self.visit;
        let name = node.name.as_str();
        let entry = Entry {
            node,
            name,
            quota: self.quota,
            seq: Some(self.seq),
            removal: None,
            read_only: self.visit.read_only,
            locks,
            now: caller.now,
            prefix,
        };
        self.plan.write(&mut self.body, &href, &entry, properties);
    }

    /// By the stored names, which always lead there: a name shown in ASCII would change with the node that bears it,
    /// and what is gone is told by its name.
    fn href_of(&self, path: &[(NodeId, NodeName)], folder: bool) -> String {
        let mut href = self.href.clone();
        for (depth, (_, name)) in path.iter().enumerate() {
            if depth > 0 {
                href.push('/');
            }
            push_segment(&mut href, name.as_str());
        }
        if folder {
            href.push('/');
        }
        href
    }

    /// The last of the body, with the token the client goes on from (RFC 6578 §3.6).
    fn end(&mut self) -> String {
        self.is_complete = true;
        let (known, is_all) = self.changes.known();
        if !is_all {
            self.body.open(&self.href);
            self.body.status("507 Insufficient Storage");
            self.body.error("number-of-matches-within-limits");
            self.body.close();
        }
        self.body.sync_token(&known);
        self.body.end()
    }
}
