//! Files as they are now, the person's own or those of a project: everything that is in no virtual folder.

use domain::{Error, Node, NodeName, NodePath, Result, VirtualFolder};
use futures_util::future::BoxFuture;
use http::Method;
use services::Backends;
use services::files::{self, Look, Member, Placed, Target};

use super::Place;
use crate::client::Client;
use crate::visit::Visit;

pub struct Home;

impl Place for Home {
    fn folder(&self) -> Option<VirtualFolder> {
        None
    }

    fn refusal(&self, _: &NodePath, _: &Method) -> Option<Error> {
        None
    }

    fn is_listed(&self, _: Client, _: &Backends) -> bool {
        false
    }

    fn look<'a>(&'a self, visit: &'a Visit) -> BoxFuture<'a, Result<Look>> {
        Box::pin(files::look(&visit.caller, &visit.backends, &visit.path))
    }

    fn members<'a>(
        &'a self,
        Visit { caller, backends, .. }: &'a Visit,
        folder: &'a Node,
        after: Option<&'a NodeName>,
        count_max: u32,
        with_properties: bool,
    ) -> BoxFuture<'a, Result<Vec<Member>>> {
        Box::pin(files::members(caller, backends, folder, after, count_max, with_properties))
    }

    fn admit(&self, _: &NodePath, _: &dyn Place) -> Result<()> {
        Ok(())
    }

    fn remove<'a>(&'a self, visit: &'a Visit) -> BoxFuture<'a, Result<()>> {
        let Visit { caller, backends, path, conditions, .. } = visit;
        Box::pin(files::remove(caller, backends, path, conditions))
    }

    fn relocate<'a>(&'a self, visit: &'a Visit, to: &'a Target) -> BoxFuture<'a, Result<Placed>> {
        let Visit { caller, backends, path, conditions, .. } = visit;
        Box::pin(files::relocate(caller, backends, path, to, conditions))
    }

    fn copy<'a>(&'a self, visit: &'a Visit, to: &'a Target, deep: bool) -> BoxFuture<'a, Result<Placed>> {
        let Visit { caller, backends, path, conditions, .. } = visit;
        Box::pin(async move { Ok(files::copy(caller, backends, path, to, deep, conditions).await?.1) })
    }
}
