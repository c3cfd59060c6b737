//! The tree as it is: the same operations through the use cases, and a look at everything afterwards.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::Arc;

use domain::{
    Caller, Conditions, DeadProperty, Door, Error, Node, NodeName, NodePath, NodeTimes, PropertyName, Quota,
    RequestId, SyncToken, Timestamp,
};
use metadata::nodes;
use services::auth::{self, Attempt};
use services::files::{
    self, Change, Changes, ChangesRequest, Download, Placed, Target, Upload, UploadRequest, Uploaded,
};
use services::{Backends, users};
use uuid::Uuid;

use super::operation::{Ending, Operation, Text};
use super::tree::{Names, Outcome, Refused};
use crate::support::TestHouse;

/// Small, so that listings end within a folder.
const PAGE: u32 = 2;

/// One user's files.
#[derive(Clone)]
pub struct Drive {
    caller: Caller,
    backends: Arc<Backends>,
}

/// Everything somebody can see.
pub struct Sight {
    /// The number of the latest change of the space.
    pub seq: i64,
    pub quota: Quota,
    pub nodes: BTreeMap<Names, Seen>,
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
}

impl Drive {
    /// The drive of whoever came last into the house.
    pub async fn enter(house: &TestHouse) -> Self {
        Self { caller: caller(house).await, backends: Arc::clone(house.backends()) }
    }

    pub async fn perform(&mut self, operation: &Operation, now: Timestamp) -> Outcome {
        self.caller.now = now;
        let (caller, backends, any) = (&self.caller, &self.backends, &Conditions::default());
        let target = |path: &Names, overwrite: &bool| Target { path: parsed(path), overwrite: *overwrite };
        match operation {
            Operation::CreateFolder(path) => {
                files::create_folder(caller, backends, &parsed(path), any).await?;
                Ok(Some(Placed::Created))
            }
            Operation::Upload { path, text, ending } => self.upload(path, *text, *ending).await,
            Operation::Move { from, to, overwrite } => {
                let to = target(to, overwrite);
                Ok(Some(files::relocate(caller, backends, &parsed(from), &to, any).await?))
            }
            Operation::Copy { from, to, overwrite, deep } => {
                let to = target(to, overwrite);
                Ok(Some(files::copy(caller, backends, &parsed(from), &to, *deep, any).await?))
            }
            Operation::Remove(path) => {
                files::remove(caller, backends, &parsed(path), any).await?;
                Ok(None)
            }
            Operation::SetProperties(path, changes, times) => {
                files::set_properties(caller, backends, &parsed(path), changes, *times, any).await?;
                Ok(None)
            }
            Operation::SetQuota(limit_bytes) => {
                users::set_quota(backends, &caller.name, *limit_bytes).await?;
                Ok(None)
            }
        }
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
            path: parsed(path),
            declared_bytes: ending.declared_bytes(text),
            times: NodeTimes::default(),
            checksums: Vec::new(),
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
            let look = files::look(&self.caller, &self.backends, &parsed(path)).await.unwrap();
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
        let look = files::look(&self.caller, &self.backends, &parsed(path)).await.unwrap();
        look.get().unwrap().clone()
    }

    /// One answer about what has changed in a folder, entry by entry with their paths in it.
    pub async fn changes(&self, path: &Names, request: ChangesRequest) -> domain::Result<Told> {
        let look = files::look(&self.caller, &self.backends, &parsed(path)).await?;
        let mut changes = Changes::begin(&self.caller, &self.backends, &look, request).await?;
        let mut entries = Vec::new();
        while let Some(change) = changes.next().await? {
            let path = changes.path().iter().map(|(_, name)| name.as_str().to_owned()).collect();
            entries.push((path, change));
        }
        let (token, is_all) = changes.known();
        Ok(Told { entries, token, is_all })
    }

    /// Looks into every folder by its path, and into every file.
    pub async fn see(&self) -> Sight {
        let (caller, backends) = (&self.caller, &self.backends);
        let home = caller.home.root;
        let located = nodes::locate(&backends.metadata, home, &NodePath::root(), caller.now).await.unwrap();
        let mut nodes = BTreeMap::new();
        let root = located.node().unwrap();
        let properties = files::properties(caller, backends, root).await.unwrap();
        nodes.insert(Names::new(), self.seen(root, properties).await);
        let mut folders = vec![Names::new()];
        while let Some(path) = folders.pop() {
            let folder = self.look(&path).await;
            assert_eq!(folder, nodes[&path].node, "the listing and the path show different things");
            for (name, seen) in self.members(&folder).await {
                let path = [path.as_slice(), &[name]].concat();
                if seen.node.is_folder() {
                    folders.push(path.clone());
                }
                assert!(nodes.insert(path, seen).is_none(), "a listing shows a name twice");
            }
        }
        Sight { seq: located.space.seq.0, quota: located.space.quota, nodes }
    }

    async fn members(&self, folder: &Node) -> Vec<(String, Seen)> {
        let mut all = Vec::new();
        let mut after: Option<NodeName> = None;
        loop {
            let page = files::members(&self.caller, &self.backends, folder, after.as_ref(), PAGE, true);
            let page = page.await.unwrap();
            let Some(last) = page.last() else { return all };
            let last = last.node.name.clone();
            assert!(
                after.is_none_or(|after| after.as_str() < last.as_str()),
                "a listing goes back to {last}"
            );
            after = Some(last);
            for member in page {
                let name = member.node.name.as_str().to_owned();
                all.push((name, self.seen(&member.node, member.properties).await));
            }
        }
    }

    async fn seen(&self, node: &Node, properties: Vec<DeadProperty>) -> Seen {
        self.try_seen(node, properties).await.unwrap()
    }

    /// Reads what a look has shown; nothing if it is a system file that was replaced meanwhile.
    async fn try_seen(&self, node: &Node, properties: Vec<DeadProperty>) -> Option<Seen> {
        let mut bytes = Vec::new();
        if !node.is_folder() {
            let mut download = match Download::open(&self.caller, &self.backends, node).await {
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
        Some(Seen { node: node.clone(), properties, bytes })
    }
}

/// Whoever came last into the house.
pub async fn caller(house: &TestHouse) -> Caller {
    let attempt = Attempt {
        name: house.user(),
        secret: house.password(),
        address: Ipv4Addr::LOCALHOST.into(),
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
