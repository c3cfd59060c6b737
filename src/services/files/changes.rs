//! Telling a client what has changed in a folder since it last asked.
//!
//! A round goes through the folder in the order of its paths and looks only where something changed. Each step is a
//! statement of its own, and the folder may go on changing between them: what changed since the round began is told
//! again in the next one, so in the end the client knows everything as it is. docs/decisions/0014-sync.md says why.

use std::collections::HashMap;
use std::ops::Bound;
use std::sync::Arc;
use std::vec;

use domain::{Caller, Error, Known, Node, NodeId, NodeName, Result, Round, Seq, SyncToken};
use metadata::changes::{self, Change, Former, Scope};

use super::Look;
use crate::Backends;
use crate::steps::may_read;

/// Entries told in one answer; whoever wants the rest asks again.
const ENTRIES_MAX: u32 = 5_000;
/// Entries read at once from one folder. A round holds a page of every folder on its way down, so pages begin small,
/// and become larger while no folder interrupts them: much that is gone is best read at once.
const PAGE: u32 = 100;
const PAGE_GROWTH: u32 = 4;
/// With dead properties, which may be large.
const PAGE_WITH_PROPERTIES_MAX: u32 = 500;
/// How many folders may have come and gone in the places of the folders of one page. What a client may know of all
/// of them has to be looked through, so beyond this it begins anew.
const FORMERS_MAX: u32 = 1_000;

/// What a client wants to be told.
#[derive(Debug, Clone)]
pub struct ChangesRequest {
    /// What it knows already; none for nothing.
    pub token: Option<SyncToken>,
    /// Whether everything below the folder matters, or only its members.
    pub deep: bool,
    /// How many entries it takes at once, if it says so; at least one.
    pub entries_max: Option<u32>,
    /// Whether it asks for dead properties.
    pub with_properties: bool,
}

/// What has changed in a folder, entry by entry. A folder comes before what is in it.
pub struct Changes {
    backends: Arc<Backends>,
    folder: Node,
    /// The latest change of the space when the request came.
    latest: Seq,
    round: Round,
    resumed: bool,
    deep: bool,
    with_properties: bool,
    /// The folders that are being gone through, from the one of the request down.
    open: Vec<Open>,
    /// The latest entry behind those it lies in, from the folder down.
    path: Vec<(NodeId, NodeName)>,
    /// Whether it is a folder that is gone through next.
    is_inside: bool,
    told: u32,
    told_max: u32,
    is_cut: bool,
}

/// A folder that is being gone through.
struct Open {
    folder: NodeId,
    /// Changes after this one matter; all there is, where the folder itself is new at its path.
    since: Option<Seq>,
    /// The folder itself first.
    formers: Vec<Former>,
    page: vec::IntoIter<Change>,
    page_size: u32,
    /// The folders that had the names of the page.
    formers_of: HashMap<NodeName, Vec<Former>>,
    /// Where the next page begins.
    from: Bound<NodeName>,
    is_complete: bool,
}

impl Changes {
    /// Begins, or goes on with, telling what has changed in the folder that a look has shown.
    ///
    /// # Errors
    /// [`Forbidden`](Error::Forbidden) when the token is none of this folder's, or too old: the client has to begin
    /// with nothing.
    pub async fn begin(
        caller: &Caller,
        backends: &Arc<Backends>,
        look: &Look,
        request: ChangesRequest,
    ) -> Result<Self> {
        let folder = look.get()?.clone();
        may_read(&backends.metadata, caller, folder.space).await?;
        let space = look.space();
        let begun = |since| Round { since, until: space.seq, within: Vec::new(), after: None };
        let round = match request.token {
            None => begun(None),
            Some(token) if token.folder != folder.uuid => return Err(unknown_token()),
            Some(SyncToken { known: Known::Everything(since), .. }) => begun(Some(since)),
            Some(SyncToken { known: Known::Part(round), .. }) => round,
        };
        let oldest = round.since.unwrap_or(round.until);
        if oldest < space.history.max(space.restored) || oldest > round.until || round.until > space.seq {
            return Err(unknown_token());
        }
        let mut changes = Self {
            backends: Arc::clone(backends),
            latest: space.seq,
            resumed: !round.within.is_empty() || round.after.is_some(),
            deep: request.deep,
            with_properties: request.with_properties,
            open: Vec::new(),
            path: Vec::new(),
            is_inside: false,
            told: 0,
            told_max: request.entries_max.map_or(ENTRIES_MAX, |count| count.clamp(1, ENTRIES_MAX)),
            is_cut: false,
            folder,
            round,
        };
        changes.open_first();
        changes.resume().await?;
        Ok(changes)
    }

    fn open_first(&mut self) {
        let since = self.round.since;
        // Where nothing has changed there is nothing to look for.
        if since.is_none_or(|since| self.folder.tree_seq > since) {
            let itself = |since| Former { folder: self.folder.id, since };
            self.open.push(Open::new(self.folder.id, since, since.map(itself).into_iter().collect()));
        }
    }

    /// Goes down again to where the last answer was cut. A folder that was told and is not there any more is told so
    /// now: what it held before the round began would be forgotten by the next one.
    async fn resume(&mut self) -> Result<()> {
        for name in self.round.within.clone() {
            let (Some(top), db) = (self.open.last_mut(), &self.backends.metadata) else { return Ok(()) };
            let found = changes::list(db, top.scope(), Bound::Included(&name), 1, false).await?;
            top.formers_of = formers_of(&self.backends, top, &found).await?;
            let same = found.first().filter(|change| self.deep && *change.name() == name);
            let Some(inside) = same.and_then(|change| top.enter(change, self.round.since)) else {
                top.from = Bound::Included(name);
                return Ok(());
            };
            top.from = Bound::Excluded(name.clone());
            self.path.push((inside.folder, name));
            self.open.push(inside);
        }
        if let (Some(top), Some(after)) = (self.open.last_mut(), self.round.after.clone()) {
            top.from = Bound::Excluded(after);
        }
        Ok(())
    }

    /// The next entry; none when the round is over, or as much has been told as one answer may hold.
    ///
    /// # Errors
    /// Whatever the database says; [`Forbidden`](Error::Forbidden) before the first entry only.
    pub async fn next(&mut self) -> Result<Option<Change>> {
        loop {
            let Some(top) = self.open.last_mut() else { return self.end().await.map(|()| None) };
            let Some(change) = top.page.next() else {
                if top.is_complete {
                    self.open.pop();
                } else {
                    self.read_page().await?;
                }
                continue;
            };
            if self.told == self.told_max {
                self.cut();
                return Ok(None);
            }
            self.told += 1;
            let inside = if self.deep { top.enter(&change, self.round.since) } else { None };
            if inside.is_some() {
                top.page_size = PAGE;
                if self.with_properties {
                    top.forget_page(change.name());
                }
            }
            self.path.truncate(self.open.len() - 1);
            self.path.push((change.id(), change.name().clone()));
            self.is_inside = inside.is_some();
            self.open.extend(inside);
            return Ok(Some(change));
        }
    }

    /// What was gone may have been forgotten while it was being told: then the client has to begin with nothing, and
    /// hears of it when it goes on from here.
    async fn end(&mut self) -> Result<()> {
        let Some(since) = self.round.since.filter(|since| self.folder.tree_seq > *since) else {
            return Ok(());
        };
        match changes::oldest(&self.backends.metadata, self.folder.space).await? > since {
            true if self.told == 0 => return Err(unknown_token()),
            true => self.cut(),
            false => {}
        }
        Ok(())
    }

    fn cut(&mut self) {
        self.is_cut = true;
        self.open.clear();
    }

    async fn read_page(&mut self) -> Result<()> {
        let Some(top) = self.open.last_mut() else { return Ok(()) };
        // One more than may be told shows whether there is more.
        let mut count = top.page_size.min(self.told_max - self.told + 1);
        top.page_size = top.page_size.saturating_mul(PAGE_GROWTH);
        if self.with_properties {
            count = count.min(PAGE_WITH_PROPERTIES_MAX);
        }
        let (db, from) = (&self.backends.metadata, top.from.as_ref());
        let page = changes::list(db, top.scope(), from, count, self.with_properties).await?;
        top.is_complete = page.len() < count as usize;
        if self.deep {
            match formers_of(&self.backends, top, &page).await {
                Ok(formers_of) => top.formers_of = formers_of,
                // The client hears of it when it goes on from here.
                Err(Error::Forbidden(_)) if self.told > 0 => {
                    self.cut();
                    return Ok(());
                }
                Err(error) => return Err(error),
            }
        }
        if let Some(last) = page.last() {
            top.from = Bound::Excluded(last.name().clone());
        }
        top.page = page.into_iter();
        Ok(())
    }

    /// The latest entry behind those it lies in, from the folder down, each by its number and name.
    pub fn path(&self) -> &[(NodeId, NodeName)] {
        &self.path
    }

    /// What the client knows once it has been told everything up to here, and whether that is all there is to know.
    pub fn known(&self) -> (SyncToken, bool) {
        let Round { since, until, .. } = self.round;
        let (known, is_all) = if self.is_cut {
            let mut within: Vec<NodeName> = self.path.iter().map(|(_, name)| name.clone()).collect();
            let after = if self.is_inside { None } else { within.pop() };
            (Known::Part(Round { since, until, within, after }), false)
        } else if self.resumed && self.folder.tree_seq > until {
            // What changed since the round began may lie behind.
            (Known::Everything(until), false)
        } else {
            (Known::Everything(self.latest), true)
        };
        (SyncToken { folder: self.folder.uuid, known }, is_all)
    }
}

impl Open {
    fn new(folder: NodeId, since: Option<Seq>, formers: Vec<Former>) -> Self {
        let (page, formers_of) = (Vec::new().into_iter(), HashMap::new());
        Self {
            folder,
            since,
            formers,
            page,
            page_size: PAGE,
            formers_of,
            from: Bound::Unbounded,
            is_complete: false,
        }
    }

    fn scope(&self) -> Scope<'_> {
        Scope { folder: self.folder, since: self.since, formers: &self.formers }
    }

    /// Forgets what comes after a name, to read it again later: properties may be large, and there may be many
    /// folders on the way down.
    fn forget_page(&mut self, after: &NodeName) {
        self.page = Vec::new().into_iter();
        self.from = Bound::Excluded(after.clone());
        self.is_complete = false;
    }

    /// The folder that an entry is, to be gone through as well; `since` is where the round began.
    fn enter(&mut self, change: &Change, since: Option<Seq>) -> Option<Self> {
        let Change::Changed { member, placed } = change else { return None };
        if !member.node.is_folder() {
            return None;
        }
        let (folder, own) = (member.node.id, self.formers.first());
        let (Some(own), Some(placed)) = (own, *placed) else {
            return Some(Self::new(folder, None, Vec::new()));
        };
        let mut itself = Former { folder, since: own.since.max(placed) };
        let (same, others): (Vec<_>, Vec<_>) = self
            .formers_of
            .remove(&member.node.name)
            .unwrap_or_default()
            .into_iter()
            .partition(|former| former.folder == folder);
        // It may have been here before.
        same.into_iter().for_each(|before| itself.since = itself.since.min(before.since));
        let is_new = self.since.is_none() || since.is_none_or(|since| placed > since);
        Some(Self::new(folder, if is_new { None } else { since }, [vec![itself], others].concat()))
    }
}

/// The folders that had the names of a page before those that have them now; nothing is asked where there can be none.
async fn formers_of(
    backends: &Backends,
    open: &Open,
    page: &[Change],
) -> Result<HashMap<NodeName, Vec<Former>>> {
    let mut formers_of: HashMap<NodeName, Vec<Former>> = HashMap::new();
    let came_later = |change: &Change| match (change, open.formers.first()) {
        (Change::Changed { placed: Some(placed), .. }, Some(own)) => {
            open.formers.len() > 1 || *placed > own.since
        }
        _ => false,
    };
    let mut later = page.iter().filter(|change| came_later(change));
    let Some(first) = later.next() else { return Ok(formers_of) };
    let last = later.next_back().unwrap_or(first);
    let db = &backends.metadata;
    let found = changes::formers(db, open.scope(), first.name(), last.name(), FORMERS_MAX + 1).await?;
    if found.len() > FORMERS_MAX as usize {
        return Err(unknown_token());
    }
    for (name, former) in found {
        formers_of.entry(name).or_default().push(former);
    }
    Ok(formers_of)
}

fn unknown_token() -> Error {
    let sentence =
        "From this sync token on it cannot be told what has changed; synchronize from the beginning.";
    Error::Forbidden(sentence.into())
}
