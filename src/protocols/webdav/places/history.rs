//! `/.History`, in the drive and in each project: how it was at a moment. Copying out of it restores; nothing in it can be changed.

use domain::{Error, Node, NodeName, NodePath, Result, VirtualFolder};
use futures_util::future::BoxFuture;
use http::Method;
use services::files::{Look, Member, Placed, Target};
use services::{Backends, history};

use super::Place;
use crate::client::Client;
use crate::visit::Visit;

const SENTENCE: &str = "Nothing in the history can be changed; copy what you want back out of it.";

pub struct History;

impl Place for History {
    fn folder(&self) -> Option<VirtualFolder> {
        Some(VirtualFolder::History)
    }

    fn refusal(&self, _: &NodePath, method: &Method) -> Option<Error> {
        match method.as_str() {
            "GET" | "HEAD" | "PROPFIND" | "COPY" => None,
            _ => Some(Error::Forbidden(SENTENCE.into())),
        }
    }

    fn is_listed(&self, client: Client, backends: &Backends) -> bool {
        backends.history.listed && client.mounts()
    }

    fn look<'a>(&'a self, visit: &'a Visit) -> BoxFuture<'a, Result<Look>> {
        Box::pin(history::look(&visit.caller, &visit.backends, &visit.path))
    }

    fn members<'a>(
        &'a self,
        Visit { caller, backends, .. }: &'a Visit,
        folder: &'a Node,
        after: Option<&'a NodeName>,
        count_max: u32,
        with_properties: bool,
    ) -> BoxFuture<'a, Result<Vec<Member>>> {
        Box::pin(history::members(caller, backends, folder, after, count_max, with_properties))
    }

    fn admit(&self, _: &NodePath, _: &dyn Place) -> Result<()> {
        Err(Error::Forbidden(SENTENCE.into()))
    }

    fn copy<'a>(&'a self, visit: &'a Visit, to: &'a Target, deep: bool) -> BoxFuture<'a, Result<Placed>> {
        let Visit { caller, backends, path, conditions, .. } = visit;
        Box::pin(history::copy(caller, backends, path, to, deep, conditions))
    }
}
