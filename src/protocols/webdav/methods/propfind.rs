//! PROPFIND: the properties of a resource, or of a folder with its members (RFC 4918 §9.1).
//!
//! A folder is listed from one statement a page, and each page is on its way before the next is read, so
//! memory stays the same however many members there are.

use std::sync::Arc;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use domain::{DeadProperty, Error, Lock, Node, NodeName, PropertyName, Quota, Result, Seq};
use http::{HeaderMap, StatusCode};
use services::files::{self, Look, Member};

use crate::answer::{self, Refusal};
use crate::body::read_xml;
use crate::headers::{self, Depth};
use crate::live::{self, Entry, Live};
use crate::visit::Visit;
use crate::xml::href::push_segment;
use crate::xml::multistatus::{Multistatus, push_name};
use crate::xml::propfind::{Asked, read_propfind};

/// Members read at once.
const PAGE: u32 = 500;
/// What is sent at once: a page of usual entries.
pub const PIECE_BYTES: usize = 256 * 1024;

/// Answers a PROPFIND.
pub async fn answer(visit: Arc<Visit>, headers: &HeaderMap, body: Body) -> Result<Response, Refusal> {
    let depth = headers::depth(headers)?.unwrap_or(Depth::Infinity);
    if depth == Depth::Infinity {
        // RFC 4918 §9.1: a server may refuse this, and says so by this condition.
        let error = Error::Forbidden("Folders are listed one level at a time: ask with Depth 0 or 1.".into());
        return Err(Refusal::from(error).naming("propfind-finite-depth"));
    }
    let asked = read_propfind(&read_xml(headers, body).await?)?;
    let look = files::look(&visit.caller, &visit.backends, &visit.path).await?;
    let node = look.get()?.clone();
    let plan = Plan::new(asked);
    let mut listing = Listing::new(visit, &look, node, plan, depth).await?;
    let first = listing.next().await?.unwrap_or_default();
    if listing.stage == Stage::Done {
        return Ok(answer::xml(StatusCode::MULTI_STATUS, first));
    }
    let rest = futures_util::stream::try_unfold(listing, async |mut listing| {
        Ok(listing.next().await?.map(|piece| (piece, listing)))
    });
    Ok(answer::in_pieces(StatusCode::MULTI_STATUS, first, rest))
}

/// What every entry is asked for.
pub struct Plan {
    asked: Asked,
    live: Vec<Live>,
    dead: Vec<PropertyName>,
}

impl Plan {
    pub fn new(asked: Asked) -> Self {
        let named = match &asked {
            Asked::Some(names) | Asked::All(names) => names.as_slice(),
            Asked::Names => &[],
        };
        let mut live: Vec<Live> = match asked {
            Asked::Some(_) => Vec::new(),
            Asked::All(_) => live::ALL.to_vec(),
            Asked::Names => Live::every().collect(),
        };
        for wanted in named.iter().filter_map(Live::named) {
            if !live.contains(&wanted) {
                live.push(wanted);
            }
        }
        let dead = named.iter().filter(|name| Live::named(name).is_none()).cloned().collect();
        Self { asked, live, dead }
    }

    /// Whether stored properties matter: some are asked for by name, or everything is.
    pub fn wants_dead(&self) -> bool {
        !matches!(self.asked, Asked::Some(_))
            || !self.dead.is_empty()
            || self.live.iter().any(|live| live.is_settable())
    }

    pub fn wants_locks(&self) -> bool {
        self.live.contains(&Live::LockDiscovery)
    }

    /// Writes one response.
    pub fn write(&self, body: &mut Multistatus, href: &str, entry: &Entry<'_>, dead: &[DeadProperty]) {
        body.open(href);
        if self.asked == Asked::Names {
            body.propstat("200 OK", |out| self.write_names(out, entry, dead));
        } else {
            // Clients read only the first propstat, and expect what was found in it.
            let mut missing = Vec::new();
            let mut found = false;
            body.propstat("200 OK", |out| {
                let begun = out.len();
                missing = self.write_found(out, entry, dead);
                found = out.len() > begun;
            });
            if !found && missing.is_empty() {
                body.empty_propstat("200 OK");
            }
            body.propstat("404 Not Found", |out| missing.iter().for_each(|name| push_name(out, name)));
        }
        body.close();
    }

    fn write_found(&self, out: &mut String, entry: &Entry<'_>, dead: &[DeadProperty]) -> Vec<PropertyName> {
        let mut missing = Vec::new();
        let all = matches!(self.asked, Asked::All(_));
        for live in &self.live {
            match stored(*live, dead) {
                Some(property) => out.push_str(&property.xml),
                None if live.exists(entry) => live.write(entry, out),
                None if all => {}
                None => missing.push(dav(*live)),
            }
        }
        if all {
            let others = dead.iter().filter(|property| Live::named(&property.name).is_none());
            others.for_each(|property| out.push_str(&property.xml));
            return missing;
        }
        for name in &self.dead {
            match dead.iter().find(|property| property.name == *name) {
                Some(property) => out.push_str(&property.xml),
                None => missing.push(name.clone()),
            }
        }
        missing
    }

    fn write_names(&self, out: &mut String, entry: &Entry<'_>, dead: &[DeadProperty]) {
        self.live.iter().filter(|live| live.exists(entry)).for_each(|live| push_name(out, &dav(*live)));
        let others = dead.iter().filter(|property| Live::named(&property.name).is_none());
        others.for_each(|property| push_name(out, &property.name));
    }
}

fn dav(live: Live) -> PropertyName {
    PropertyName::new("DAV:", live.local())
}

/// What a client has set in the place of a live property.
fn stored(live: Live, dead: &[DeadProperty]) -> Option<&DeadProperty> {
    let settable = || dead.iter().find(|property| Live::named(&property.name) == Some(live));
    live.is_settable().then(settable).flatten()
}

/// A listing under way.
struct Listing {
    visit: Arc<Visit>,
    plan: Plan,
    node: Node,
    quota: Quota,
    seq: Seq,
    /// The locks on the folder itself that its members see too, and those on its members.
    own_locks: Vec<(Lock, String)>,
    member_locks: Vec<Lock>,
    body: Multistatus,
    /// Members that are read and not yet written, and what comes after them.
    page: std::vec::IntoIter<Member>,
    stage: Stage,
}

/// What comes next.
#[derive(PartialEq)]
enum Stage {
    Itself { with_members: bool },
    PageAfter(Option<NodeName>),
    LastPage,
    Done,
}

impl Listing {
    async fn new(visit: Arc<Visit>, look: &Look, node: Node, plan: Plan, depth: Depth) -> Result<Self> {
        let with_members = depth == Depth::One && node.is_folder();
        let locate = |(depth, lock): (usize, &Lock)| (lock.clone(), visit.href_at(depth, Some(&node)));
        let own_locks = look.locks().map(locate).collect();
        let member_locks = match with_members && plan.wants_locks() {
            true => files::member_locks(&visit.caller, &visit.backends, &node).await?,
            false => Vec::new(),
        };
        let (quota, seq) = (look.quota(), look.space().seq);
        let (body, page) = (Multistatus::begin(), Vec::new().into_iter());
        let stage = Stage::Itself { with_members };
        Ok(Self { visit, plan, node, quota, seq, own_locks, member_locks, body, page, stage })
    }

    /// The next piece of the body: as many entries as make one, however long each of them is.
    async fn next(&mut self) -> Result<Option<Bytes>> {
        if self.stage == Stage::Done {
            return Ok(None);
        }
        while self.body.len() < PIECE_BYTES {
            if let Some(member) = self.page.next() {
                self.write_member(&member);
                continue;
            }
            match std::mem::replace(&mut self.stage, Stage::Done) {
                Stage::Itself { with_members } => {
                    self.write_itself().await?;
                    self.stage = if with_members { Stage::PageAfter(None) } else { Stage::LastPage };
                }
                Stage::PageAfter(name) => self.read_page(name.as_ref()).await?,
                Stage::LastPage | Stage::Done => {
                    return Ok(Some(std::mem::take(&mut self.body).end().into()));
                }
            }
        }
        Ok(Some(self.body.take().into()))
    }

    async fn write_itself(&mut self) -> Result<()> {
        let Visit { caller, backends, prefix, .. } = &*self.visit;
        let dead = match self.plan.wants_dead() {
            true => files::properties(caller, backends, &self.node).await?,
            false => Vec::new(),
        };
        let locks = self.own_locks.iter().map(|(lock, href)| (lock, href.as_str())).collect();
        let (node, quota, seq) = (&self.node, self.quota, self.seq);
        let entry = Entry { node, quota, seq, locks, now: caller.now, prefix };
        self.plan.write(&mut self.body, &self.visit.href(node), &entry, &dead);
        Ok(())
    }

    async fn read_page(&mut self, after: Option<&NodeName>) -> Result<()> {
        let Visit { caller, backends, .. } = &*self.visit;
        let wants_dead = self.plan.wants_dead();
        let members = files::members(caller, backends, &self.node, after, PAGE, wants_dead).await?;
        self.stage = match members.last() {
            Some(last) if members.len() == PAGE as usize => Stage::PageAfter(Some(last.node.name.clone())),
            _ => Stage::LastPage,
        };
        self.page = members.into_iter();
        Ok(())
    }

    fn write_member(&mut self, Member { node, properties }: &Member) {
        let mut href = self.visit.href(&self.node);
        push_segment(&mut href, &node.name);
        if node.is_folder() {
            href.push('/');
        }
        let inherited = self.own_locks.iter().map(|(lock, root)| (lock, root.as_str()));
        let inherited = inherited.filter(|(lock, _)| lock.depth == domain::LockDepth::Infinity);
        let own = self.member_locks.iter().filter(|lock| lock.node == node.id);
        let locks = inherited.chain(own.map(|lock| (lock, href.as_str()))).collect();
        let Visit { caller, prefix, .. } = &*self.visit;
        let (quota, seq) = (self.quota, self.seq);
        let entry = Entry { node, quota, seq, locks, now: caller.now, prefix };
        self.plan.write(&mut self.body, &href, &entry, properties);
    }
}
