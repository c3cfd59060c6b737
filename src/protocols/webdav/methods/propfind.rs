//! PROPFIND: the properties of a resource, or of a folder with its members (RFC 4918 §9.1).
//!
//! A folder is listed from one statement a page, and each page is on its way before the next is read, so
//! memory stays the same however many members there are.

mod plan;

use std::sync::Arc;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use domain::{Error, Lock, Node, NodeName, Quota, Removal, Result, Seq};
use http::{HeaderMap, StatusCode};
use services::files::{self, Look, Member};

use crate::answer::{self, Refusal};
use crate::body::read_xml;
use crate::headers::{self, Depth};
use crate::hidden::is_hidden;
use crate::live::Entry;
use crate::naming::Roll;
use crate::places;
use crate::visit::Visit;
use crate::xml::multistatus::Multistatus;
use crate::xml::propfind::read_propfind;
pub use plan::Plan;

/// Members read at once.
const PAGE: u32 = 500;
/// What is sent at once: a page of usual entries.
pub const PIECE_BYTES: usize = 256 * 1024;

/// Answers a PROPFIND.
pub async fn answer(visit: Arc<Visit>, headers: &HeaderMap, body: Body) -> Result<Response, Refusal> {
    let depth = finite_depth(headers)?;
    let asked = read_propfind(&read_xml(headers, body).await?)?;
    let look = visit.place.look(&visit).await?;
    let node = look.get()?.clone();
    let plans = [Plan::new(&asked, visit.client), Plan::of_members(&asked, visit.client)];
    let mut listing = Listing::new(visit, &look, node, plans, depth).await?;
    let first = listing.next().await?.unwrap_or_default();
    if listing.stage == Stage::Done {
        return Ok(answer::xml(StatusCode::MULTI_STATUS, first));
    }
    let rest = futures_util::stream::try_unfold(listing, async |mut listing| {
        Ok(listing.next().await?.map(|piece| (piece, listing)))
    });
    Ok(answer::in_pieces(StatusCode::MULTI_STATUS, first, rest))
}

/// How deep a listing goes.
pub fn finite_depth(headers: &HeaderMap) -> Result<Depth, Refusal> {
    match headers::depth(headers)? {
        Some(depth @ (Depth::Zero | Depth::One)) => Ok(depth),
        Some(Depth::Infinity) | None => {
            // RFC 4918 §9.1: a server may refuse this, and says so by this condition.
            let sentence = "Folders are listed one level at a time: ask with Depth 0 or 1.";
            Err(Refusal::from(Error::Forbidden(sentence.into())).naming("propfind-finite-depth"))
        }
    }
}

/// A listing under way.
struct Listing {
    visit: Arc<Visit>,
    plan: Plan,
    member_plan: Plan,
    node: Node,
    removal: Option<Removal>,
    quota: Quota,
    seq: Option<Seq>,
    /// The locks on the folder itself that its members see too, and those on its members.
    own_locks: Vec<(Lock, String)>,
    member_locks: Vec<Lock>,
    roll: Roll,
    body: Multistatus,
    /// The virtual folders among its members, which are written before all others.
    folders: Vec<Node>,
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
    async fn new(visit: Arc<Visit>, look: &Look, node: Node, plans: [Plan; 2], depth: Depth) -> Result<Self> {
        let [plan, member_plan] = plans;
        let with_members = depth == Depth::One && node.is_folder();
        let locate = |(depth, lock): (usize, &Lock)| (lock.clone(), visit.href_at(depth, Some(&node)));
        let own_locks = look.locks().map(locate).collect();
        let has_locks = with_members && member_plan.wants_locks() && visit.place.is_home();
        let member_locks = match has_locks {
            true => files::member_locks(&visit.caller, &visit.backends, &node).await?,
            false => Vec::new(),
        };
        let (quota, seq) = (look.quota(), Some(look.space().seq).filter(|_| visit.place.is_home()));
        let body = Multistatus::begin(visit.client);
        let folders = match with_members {
            true => places::listed(&visit, look).await?,
            false => Vec::new(),
        };
        let (stage, roll) =
            (Stage::Itself { with_members }, Roll::new(visit.client, visit.naming_of_listing()));
        Ok(Self {
            visit,
            plan,
            member_plan,
            node,
            removal: look.removal().cloned(),
            quota,
            seq,
            own_locks,
            member_locks,
            roll,
            body,
            page: Vec::new().into_iter(),
            folders,
            stage,
        })
    }

    /// The next piece of the body: as many entries as make one, however long each of them is.
    async fn next(&mut self) -> Result<Option<Bytes>> {
        if self.stage == Stage::Done {
            return Ok(None);
        }
        while self.body.len() < PIECE_BYTES {
            if let Some(member) = self.page.next() {
                if !is_hidden(self.visit.client, &member.node) {
                    self.write_member(&member);
                }
                continue;
            }
            match std::mem::replace(&mut self.stage, Stage::Done) {
                Stage::Itself { with_members } => {
                    self.write_itself().await?;
                    for node in std::mem::take(&mut self.folders) {
                        self.write_member(&Member::of(node));
                    }
                    self.stage = if with_members { Stage::PageAfter(None) } else { Stage::LastPage };
                }
                Stage::PageAfter(name) => self.read_page(name.as_ref()).await?,
                Stage::LastPage | Stage::Done => {
                    return Ok(Some(self.body.end().into()));
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
        let name = &self.visit.naming_of_listing().shown(&self.node.name, self.node.id);
        let (node, quota, seq, removal) = (&self.node, self.quota, self.seq, self.removal.as_ref());
        let read_only = self.visit.read_only;
        let entry = Entry { node, name, quota, seq, removal, locks, now: caller.now, read_only, prefix };
        self.plan.write(&mut self.body, &self.visit.href(node), &entry, &dead);
        Ok(())
    }

    async fn read_page(&mut self, after: Option<&NodeName>) -> Result<()> {
        let (place, wants_dead) = (self.visit.place, self.member_plan.wants_dead());
        let members = place.members(&self.visit, &self.node, after, PAGE, wants_dead).await?;
        self.stage = match members.last() {
            Some(last) if members.len() == PAGE as usize => Stage::PageAfter(Some(last.node.name.clone())),
            _ => Stage::LastPage,
        };
        self.page = members.into_iter();
        Ok(())
    }

    fn write_member(&mut self, Member { node, properties, removal, quota }: &Member) {
        let Some((href, name)) = self.roll.enter(self.visit.href(&self.node), node) else { return };
        let inherited = self.own_locks.iter().map(|(lock, root)| (lock, root.as_str()));
        let inherited = inherited.filter(|(lock, _)| lock.depth == domain::LockDepth::Infinity);
        let own = self.member_locks.iter().filter(|lock| lock.node == node.id);
        let locks = inherited.chain(own.map(|lock| (lock, href.as_str()))).collect();
        let Visit { caller, prefix, .. } = &*self.visit;
        let (quota, seq, removal) = (quota.unwrap_or(self.quota), self.seq, removal.as_deref());
        let read_only = self.visit.read_only;
        let entry =
            Entry { node, name: &name, quota, seq, removal, locks, now: caller.now, read_only, prefix };
        self.member_plan.write(&mut self.body, &href, &entry, properties);
    }
}
