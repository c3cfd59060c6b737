//! What the first name of a path leads to: the person's own files, or one of the virtual folders at the top.
//!
//! A method asks the place of its path, so that listings, properties and downloads are the same everywhere. What is
//! moved or copied from one place into another is decided by both: the target says whether it takes anything from
//! there, and the source does it.

mod history;
mod home;
mod projects;
mod trash;

use domain::{Error, Node, NodeName, NodePath, Result, VirtualFolder};
use futures_util::future::BoxFuture;
use http::{Method, StatusCode};
use services::Backends;
use services::files::{Look, Member, Placed, Target};

use crate::answer::Refusal;
use crate::client::Client;
use crate::visit::Visit;

/// The virtual folders there are, in the order in which the top folder lists them.
static PLACES: [&dyn Place; 3] = [&history::History, &trash::Trash, &projects::Projects];

/// A place in a drive. What it does not say otherwise it refuses.
pub trait Place: Send + Sync {
    /// The virtual folder it is; none for the person's own files.
    fn folder(&self) -> Option<VirtualFolder>;

    /// Why this method is refused at a path in it, if it is.
    fn refusal(&self, path: &NodePath, method: &Method) -> Option<Error>;

    /// Whether the top folder lists it for this client.
    fn is_listed(&self, client: Client, backends: &Backends) -> bool;

    /// The folder as a top folder that a look has shown lists it, if there is anything in it.
    fn listed<'a>(&'a self, _: &'a Visit, top: &'a Look) -> BoxFuture<'a, Result<Option<Node>>> {
        let node = self.folder().zip(top.node()).map(|(folder, node)| folder.node(top.space(), node));
        Box::pin(async { Ok(node) })
    }

    /// What is at the path of the request.
    fn look<'a>(&'a self, visit: &'a Visit) -> BoxFuture<'a, Result<Look>>;

    /// The next members of a folder that a look has shown, in the order of their names, with their dead properties if
    /// asked.
    fn members<'a>(
        &'a self,
        visit: &'a Visit,
        folder: &'a Node,
        after: Option<&'a NodeName>,
        count_max: u32,
        with_properties: bool,
    ) -> BoxFuture<'a, Result<Vec<Member>>>;

    /// Refuses at a path in it what comes from that place, unless it may come in.
    ///
    /// # Errors
    /// [`Forbidden`](Error::Forbidden), with the reason.
    fn admit(&self, to: &NodePath, from: &dyn Place) -> Result<()>;

    /// Deletes what is at the path of the request.
    fn remove<'a>(&'a self, _: &'a Visit) -> BoxFuture<'a, Result<()>> {
        refused()
    }

    /// Moves what is at the path of the request to a path that has admitted it.
    fn relocate<'a>(&'a self, _: &'a Visit, _: &'a Target) -> BoxFuture<'a, Result<Placed>> {
        refused()
    }

    /// Copies what is at the path of the request, with all that is below it or not, to a path that has admitted it.
    fn copy<'a>(&'a self, _: &'a Visit, _: &'a Target, _deep: bool) -> BoxFuture<'a, Result<Placed>> {
        refused()
    }
}

impl dyn Place {
    /// Whether files are here as they are now, the person's own or those of a project.
    pub fn is_home(&self) -> bool {
        self.folder().is_none()
    }
}

/// The place of a path.
pub fn of(path: &NodePath) -> &'static dyn Place {
    let folder = VirtualFolder::of(path);
    let place = PLACES.iter().find(|place| folder.is_some() && place.folder() == folder);
    place.map_or(&home::Home, |place| *place)
}

/// The virtual folders in the top folder of a drive, as this client is shown it.
///
/// # Errors
/// Whatever the database says.
pub async fn listed(visit: &Visit, look: &Look) -> Result<Vec<Node>> {
    let mut folders = Vec::new();
    for place in PLACES.iter().filter(|place| place.is_listed(visit.client, &visit.backends)) {
        if visit.path.is_root() {
            folders.extend(place.listed(visit, look).await?);
        }
    }
    Ok(folders)
}

/// Refuses a method that the place of the request does not know, before its body is read.
///
/// # Errors
/// 403 with the reason; 405 for MKCOL where something is (RFC 4918 §9.3.1).
pub async fn judge(visit: &Visit, method: &Method) -> Result<(), Refusal> {
    let Some(error) = visit.place.refusal(&visit.path, method) else { return Ok(()) };
    match method.as_str() {
        "MKCOL" if visit.place.look(visit).await.is_ok_and(|look| look.node().is_some()) => {
            Err(Refusal::with_status(error, StatusCode::METHOD_NOT_ALLOWED))
        }
        _ => Err(error.into()),
    }
}

fn refused<'a, T>() -> BoxFuture<'a, Result<T>> {
    Box::pin(async { Err(Error::Forbidden("This cannot be done in this folder.".into())) })
}
