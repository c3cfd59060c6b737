//! The tree as it is: the same operations through the use cases, and a look at everything afterwards.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::Arc;

use domain::{
    Caller, Conditions, DeadProperty, Door, Error, Moment, Node, NodeId, NodeName, NodePath, NodeTimes,
    OnConflict, PropertyName, Quota, RequestId, SyncToken, Timestamp,
};
use metadata::nodes;
use services::auth::{self, Attempt};
use services::files::{
    self, Change, Changes, ChangesRequest, Download, Placed, Target, Upload, UploadRequest, Uploaded,
};
use services::{Backends, trash, versions};
use uuid::Uuid;

use super::looking_back::written;
use super::node;
use super::numbers::Numbers;
use super::operation::{Ending, Operation, Text};
use super::trash::TRASH;
use super::tree::{Names, Outcome, Refused, is_in_trash};
use crate::support::{TestHouse, set_quota};

/// Small, so that listings end within a folder.
const PAGE: u32 = 2;

/// One user's files.
#[derive(Clone)]
pub struct Drive {
    pub(super) caller: Caller,
    pub(super) backends: Arc<Backends>,
    pub(super) numbers: Numbers,
}

/// Everything somebody can see.
pub struct Sight {
    /// The number of the latest change of the space.
    pub seq: i64,
    pub quota: Quota,
    pub nodes: BTreeMap<Names, Seen>,
    /// What is in the trash, with its path there.
    pub trash: BTreeMap<Names, Seen>,
}

/// What one look tells.
pub struct Glance {
    pub seq: i64,
    pub quota: Quota,
    pub seen: Option<Seen>,
}

/// What one answer tells of the changes in a folder.
pub struct Told {
    pub entries: Vec<(Names, Change)>,
    pub token: SyncToken,
    pub is_all: bool,
}

/// What somebody sees at one path.
#[derive(Debug)]
pub struct Seen {
    pub node: Node,
    pub properties: BTreeMap<PropertyName, String>,
    pub bytes: Vec<u8>,
    /// Where an entry of the trash was, and when it was removed.
    pub removal: Option<(Names, Timestamp)>,
}

impl Drive {
    /// The drive of whoever came last into the house.
    pub async fn enter(house: &TestHouse) -> Self {
        Self {
            caller: caller(house).await,
            backends: Arc::clone(house.backends()),
            numbers: Numbers::default(),
        }
    }

    pub async fn perform(&mut self, operation: &Operation, now: Timestamp) -> Outcome {
        self.caller.now = now;
        let (caller, backends, any) = (&self.caller, &self.backends, &Conditions::default());
        let target = |path: &Names, overwrite: &bool| {
            let on_conflict = if *overwrite { OnConflict::Replace } else { OnConflict::Fail };
            Target::new(self.real(path), on_conflict)
        };
        match operation {
            Operation::CreateFolder(path) => {
                files::create_folder(caller, backends, &target(path, &false), any).await?;
                Ok(Some(Placed::Created))
            }
            Operation::Upload { path, text, ending } => self.upload(path, *text, *ending).await,
            Operation::Move { from, to, overwrite } => {
                let to = target(to, overwrite);
                Ok(Some(files::relocate(caller, backends, &self.real(from), &to, any).await?))
            }
            Operation::Copy { from, to, overwrite, deep } => {
                let to = target(to, overwrite);
                Ok(Some(files::copy(caller, backends, &self.real(from), &to, *deep, any).await?.1))
            }
            Operation::Remove(path) if is_in_trash(path) => {
                trash::purge(caller, backends, &self.real(path), any).await?;
                Ok(None)
            }
            Operation::Remove(path) => {
                files::remove(caller, backends, &self.real(path), any).await?;
                Ok(None)
            }
            Operation::SetProperties(path, changes, times) => {
                files::set_properties(caller, backends, &self.real(path), changes, *times, any).await?;
                Ok(None)
            }
            Operation::RestoreVersion(path, at, _) => {
                let moment = Moment::parse(&written(*at), now).unwrap();
                versions::restore(caller, backends, &self.real(path), versions::Earlier::At(moment), any)
                    .await?;
                Ok(None)
            }
            Operation::SetQuota(limit_bytes) => {
                set_quota(backends, caller.name.as_str(), *limit_bytes).await?;
                Ok(None)
            }
        }
    }

    pub(super) fn real(&self, path: &[String]) -> NodePath {
        parsed(&path.iter().map(|name| self.numbers.real(name)).collect::<Vec<_>>())
    }

    /// The change that history begins with.
    pub async fn history_begins(&self) -> i64 {
        let look = files::look(&self.caller, &self.backends, &NodePath::root()).await.unwrap();
        look.space().history.0
    }

    /// Takes note of the numbers that nodes have.
    pub fn learn<'a>(&self, nodes: impl IntoIterator<Item = (&'a node::Node, NodeId)>) {
        nodes.into_iter().for_each(|(node, id)| self.numbers.learn(node.identity, id));
    }

    /// For what is done without a moment of its own.
    pub fn set_clock(&mut self, now: Timestamp) {
        self.caller.now = now;
    }

    /// In two pieces, so that what is too much shows at different moments.
    async fn upload(&self, path: &Names, text: Text, ending: Ending) -> Outcome {
        let mut upload = self.begin_upload(path, text, ending).await?;
        for piece in text.halves() {
            upload.write(piece.into()).await?;
        }
        if ending == Ending::BrokenOff {
            drop(upload);
            self.settle().await;
            return Err(Refused::BrokenOff);
        }
        let uploaded = upload.finish().await?;
        let node = self.look(path).await;
        assert_eq!(
            (uploaded.id, uploaded.etag.clone(), uploaded.modified_at),
            (node.id, node.etag(), node.modified_at)
        );
        Ok(Self::placed(uploaded))
    }

    pub async fn begin_upload(&self, path: &Names, text: Text, ending: Ending) -> Result<Upload, Refused> {
        let request = UploadRequest {
            path: self.real(path),
            declared_bytes: ending.declared_bytes(text),
            times: NodeTimes::default(),
            checksums: Vec::new(),
            on_conflict: OnConflict::Replace,
            conditions: Conditions::default(),
        };
        Ok(files::upload(&self.caller, &self.backends, request).await?)
    }

    /// Waits until nothing is left of uploads whose callers went away: that happens behind their backs.
    pub async fn settle(&self) {
        let everything = Timestamp::from_millis(i64::MAX);
        while !metadata::blobs::pending(&self.backends.metadata, everything).await.unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
    }

    pub fn placed(uploaded: Uploaded) -> Option<Placed> {
        Some(if uploaded.created { Placed::Created } else { Placed::Replaced })
    }

    /// One look at a path, with the content of what is there; who is overtaken while they read look again.
    pub async fn glance(&self, path: &Names) -> Glance {
        loop {
            let look = files::look(&self.caller, &self.backends, &self.real(path)).await.unwrap();
            let seen = match look.node() {
                None => None,
                Some(node) => match self.try_seen(node, Vec::new()).await {
                    Some(seen) => Some(seen),
                    None => continue,
                },
            };
            return Glance { seq: look.space().seq.0, quota: look.quota(), seen };
        }
    }

    /// The top folder in one page, with the contents of the files.
    pub async fn list_top(&self) -> Vec<(String, Seen)> {
        let top = self.look(&Names::new()).await;
        'again: loop {
            let page = files::members(&self.caller, &self.backends, &top, None, 1_000, true).await.unwrap();
            let mut all = Vec::new();
            for member in page {
                let name = member.node.name.as_str().to_owned();
                match self.try_seen(&member.node, member.properties).await {
                    Some(seen) => all.push((name, seen)),
                    None => continue 'again,
                }
            }
            return all;
        }
    }

    async fn look(&self, path: &Names) -> Node {
        let real = self.real(path);
        let look = match is_in_trash(path) {
            true => trash::look(&self.caller, &self.backends, &real).await,
            false => files::look(&self.caller, &self.backends, &real).await,
        };
        look.unwrap().get().unwrap().clone()
    }

    /// One answer about what has changed in a folder, entry by entry with their paths in it.
    pub async fn changes(&self, path: &Names, request: ChangesRequest) -> domain::Result<Told> {
        let look = files::look(&self.caller, &self.backends, &self.real(path)).await?;
        let mut changes = Changes::begin(&self.caller, &self.backends, &look, request).await?;
        let mut entries = Vec::new();
        while let Some(change) = changes.next().await? {
            let path = changes.path().iter().map(|(_, name)| self.numbers.modelled(name.as_str())).collect();
            entries.push((path, change));
        }
        let (token, is_all) = changes.known();
        Ok(Told { entries, token, is_all })
    }

    /// Looks into every folder by its path, and into every file, in the trash too.
    pub async fn see(&self) -> Sight {
        let (caller, backends) = (&self.caller, &self.backends);
        let home = caller.home.root;
        let located = nodes::locate(&backends.metadata, home, &NodePath::root(), caller.now).await.unwrap();
        let root = located.node().unwrap();
        let properties = files::properties(caller, backends, root).await.unwrap();
        let mut nodes = BTreeMap::from([(Names::new(), self.seen(root, properties).await)]);
        self.walk(Names::new(), &mut nodes).await;
        let mut trash = BTreeMap::new();
        self.walk(vec![TRASH.to_owned()], &mut trash).await;
        let trash = trash.into_iter().map(|(path, seen)| (path[1..].to_vec(), seen)).collect();
        Sight { seq: located.space.seq.0, quota: located.space.quota, nodes, trash }
    }

    /// Everything below a folder.
    async fn walk(&self, top: Names, nodes: &mut BTreeMap<Names, Seen>) {
        let mut folders = vec![top];
        while let Some(path) = folders.pop() {
            let folder = self.look(&path).await;
            if let Some(listed) = nodes.get(&path) {
                let mut listed = listed.node.clone();
                listed.name = folder.name.clone();
                assert_eq!(folder, listed, "the listing and the path show different things");
            }
            for (name, seen) in self.members(&folder, is_in_trash(&path)).await {
                let path = [path.as_slice(), &[name]].concat();
                if seen.node.is_folder() {
                    folders.push(path.clone());
                }
                assert!(nodes.insert(path, seen).is_none(), "a listing shows a name twice");
            }
        }
    }

    /// The numbers of everything at and below the top, quickly.
    pub async fn ids(&self) -> BTreeMap<Names, NodeId> {
        let mut ids = BTreeMap::new();
        let mut folders = vec![(Names::new(), self.look(&Names::new()).await)];
        while let Some((path, folder)) = folders.pop() {
            let members = files::members(&self.caller, &self.backends, &folder, None, 1_000, false).await;
            for member in members.unwrap() {
                let name = self.numbers.modelled(member.node.name.as_str());
                let path = [path.as_slice(), &[name]].concat();
                ids.insert(path.clone(), member.node.id);
                if member.node.is_folder() {
                    folders.push((path, member.node));
                }
            }
            ids.insert(path, folder.id);
        }
        ids
    }

    async fn members(&self, folder: &Node, in_trash: bool) -> Vec<(String, Seen)> {
        let (caller, backends) = (&self.caller, &self.backends);
        let mut all = Vec::new();
        let mut after: Option<NodeName> = None;
        loop {
            let page = match in_trash {
                true => trash::members(caller, backends, folder, after.as_ref(), PAGE, true).await,
                false => files::members(caller, backends, folder, after.as_ref(), PAGE, true).await,
            };
            let page = page.unwrap();
            let Some(last) = page.last() else { return all };
            let last = last.node.name.clone();
            assert!(
                after.is_none_or(|after| after.as_str() < last.as_str()),
                "a listing goes back to {last}"
            );
            after = Some(last);
            for member in page {
                let name = self.numbers.modelled(member.node.name.as_str());
                let mut seen = self.seen(&member.node, member.properties).await;
                seen.removal = member.removal.map(|removal| (self.modelled(&removal.origin), removal.at));
                all.push((name, seen));
            }
        }
    }

    fn modelled(&self, path: &NodePath) -> Names {
        path.names().iter().map(|name| self.numbers.modelled(name.as_str())).collect()
    }

    pub(super) async fn seen(&self, node: &Node, properties: Vec<DeadProperty>) -> Seen {
        self.try_seen(node, properties).await.unwrap()
    }

    /// Reads what a look has shown; nothing if it is a system file that was replaced meanwhile.
    async fn try_seen(&self, node: &Node, properties: Vec<DeadProperty>) -> Option<Seen> {
        let mut bytes = Vec::new();
        if !node.is_folder() {
            let mut download =
                match Download::open(&self.caller, &self.backends, &NodePath::root(), node).await {
                    Err(Error::Unavailable(_)) if node.is_system() => return None,
                    opened => opened.unwrap(),
                };
            loop {
                let piece = download.read(4096).await.unwrap();
                if piece.is_empty() {
                    break;
                }
                bytes.extend_from_slice(&piece);
            }
        }
        let properties = properties.into_iter().map(|property| (property.name, property.xml)).collect();
        Some(Seen { node: node.clone(), properties, bytes, removal: None })
    }
}

/// Whoever came last into the house.
pub async fn caller(house: &TestHouse) -> Caller {
    let attempt = Attempt {
        name: house.user(),
        secret: house.password(),
        address: Ipv4Addr::LOCALHOST.into(),
        product: "",
        door: Door::Command,
        request: RequestId(Uuid::nil()),
        now: Timestamp::now(),
    };
    auth::log_in(house.backends(), attempt).await.unwrap()
}

pub fn parsed(path: &[String]) -> NodePath {
    let names = path.iter().map(|name| NodeName::parse(name).unwrap()).collect();
    NodePath::new(names, 1024).unwrap()
}
