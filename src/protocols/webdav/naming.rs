//! How the names of one request are shown, and what the names in it mean (docs/decisions/0013-shown-names.md).

use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use domain::{Caller, Node, NodeId, NodeName, NodePath, Result, VirtualFolder, ascii_name, windows_name};
use percent_encoding::percent_decode_str;
use services::mounted::Alike;
use services::{Backends, NamesConfig, files};

use crate::client::Client;
use crate::xml::href::push_segment;

/// Finder gives up a whole listing over one text of 3,073 bytes or more.
const FINDER_HREF_BYTES_MAX: usize = 3000;
/// How many names of a listing are held against each other; Windows reads no folder that is as large.
const SEEN_MAX: usize = 20_000;

/// How a client is shown names, and writes them.
#[derive(Debug, Clone, Copy, Default)]
pub struct Naming {
    windows: bool,
    ascii_safe: bool,
}

impl Naming {
    /// As this client needs it, and the settings say.
    pub fn new(client: Client, config: &NamesConfig) -> Self {
        Self { windows: client == Client::Windows, ascii_safe: config.ascii_safe }
    }

    /// The same where names in ASCII would lead nowhere: what they are made of are the names of today.
    pub fn of_the_past(self) -> Self {
        Self { ascii_safe: false, ..self }
    }

    /// The name a node is shown by.
    pub fn shown(self, name: &NodeName, id: NodeId) -> Cow<'_, str> {
        let name = match self.ascii_safe {
            true => ascii_name::shown(name, id),
            false => Cow::Borrowed(name.as_str()),
        };
        if self.windows { rewrite(name, windows_name::shown) } else { name }
    }

    /// A name as the client wrote it, in the letters of the house.
    pub fn read(self, name: Cow<'_, str>) -> Cow<'_, str> {
        if self.windows { rewrite(name, windows_name::read) } else { name }
    }

    /// How the name of a project may be spelled in a path that was sent so.
    pub fn alike(self, as_sent: &str) -> Alike {
        Alike { any_case: self.windows && !is_exact(as_sent), ascii: self.ascii_safe }
    }

    /// What the client means by a path, which it sent so.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn meant(
        self,
        caller: &Caller,
        backends: &Backends,
        path: NodePath,
        as_sent: &str,
    ) -> Result<NodePath> {
        if VirtualFolder::of(&path).is_some_and(|folder| folder != VirtualFolder::Trash) {
            return Ok(path);
        }
        let path = self.named(caller, backends, path).await?;
        let path = self.respelled(caller, backends, path, as_sent).await?;
        // Behind a folder in another case there may be more names in ASCII.
        if self.windows { self.named(caller, backends, path).await } else { Ok(path) }
    }

    /// What the client means by the place something moves to. If that is the source in another case, it is to
    /// be spelled so from now on.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn meant_by_move(
        self,
        caller: &Caller,
        backends: &Backends,
        from: &NodePath,
        to: NodePath,
        as_sent: &str,
    ) -> Result<NodePath> {
        if VirtualFolder::of(&to).is_some() {
            return Ok(to);
        }
        let to = self.named(caller, backends, to).await?;
        let name = to.name().cloned();
        let mut to = self.respelled(caller, backends, to, as_sent).await?;
        if let (true, Some(name)) = (to == *from, name) {
            to.rename(to.depth().saturating_sub(1), name);
        }
        Ok(to)
    }

    async fn named(self, caller: &Caller, backends: &Backends, path: NodePath) -> Result<NodePath> {
        match self.ascii_safe {
            true => files::from_ascii_names(caller, backends, path, self.windows).await,
            false => Ok(path),
        }
    }

    async fn respelled(
        self,
        caller: &Caller,
        backends: &Backends,
        path: NodePath,
        as_sent: &str,
    ) -> Result<NodePath> {
        if !self.windows || path.is_root() || is_exact(as_sent) {
            return Ok(path);
        }
        files::in_any_case(caller, backends, path).await
    }
}

/// A name that was shown apart from its like in another case never means the other one.
fn is_exact(as_sent: &str) -> bool {
    percent_decode_str(as_sent).decode_utf8_lossy().contains(windows_name::NOTHING)
}

fn rewrite<'a>(name: Cow<'a, str>, rule: for<'b> fn(&'b str) -> Cow<'b, str>) -> Cow<'a, str> {
    match name {
        Cow::Borrowed(name) => rule(name),
        Cow::Owned(name) => Cow::Owned(rule(&name).into_owned()),
    }
}

/// The members of one listing as the client is shown them.
pub struct Roll {
    naming: Naming,
    href_bytes_max: usize,
    /// How many names so far are the same to Windows, by the digest of what they have in common: two that share
    /// a digest by chance are told apart without need, which does no harm.
    seen: HashMap<u64, usize>,
    digest: RandomState,
}

impl Roll {
    /// The beginning of a listing.
    pub fn new(client: Client, naming: Naming) -> Self {
        let href_bytes_max = if client == Client::Finder { FINDER_HREF_BYTES_MAX } else { usize::MAX };
        Self { naming, href_bytes_max, seen: HashMap::new(), digest: RandomState::new() }
    }

    /// The href and the name of the next member of the folder with this href; nothing when the client could not
    /// read the whole listing with it, and it is left out.
    pub fn enter<'a>(&mut self, folder: String, node: &'a Node) -> Option<(String, Cow<'a, str>)> {
        let mut name = self.naming.shown(&node.name, node.id);
        if self.naming.windows {
            let number = self.number(&name);
            name = windows_name::apart(name, number)?;
        }
        let mut href = folder;
        push_segment(&mut href, &name);
        if node.is_folder() {
            href.push('/');
        }
        (href.len() <= self.href_bytes_max).then_some((href, name))
    }

    /// How many names so far are this one in another case.
    fn number(&mut self, name: &str) -> usize {
        let digest = self.digest.hash_one(windows_name::folded(name));
        if self.seen.len() >= SEEN_MAX && !self.seen.contains_key(&digest) {
            return 0;
        }
        let seen = self.seen.entry(digest).or_default();
        *seen += 1;
        *seen - 1
    }
}
