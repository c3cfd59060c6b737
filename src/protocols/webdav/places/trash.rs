//! `/.Trash`, in the drive and in each project: what was removed. Moving out of it restores, deleting in it is final.

use domain::{Error, Node, NodeName, NodePath, Result, VirtualFolder};
use futures_util::future::BoxFuture;
use http::Method;
use services::files::{self, Look, Member, Placed, Target};
use services::{Backends, trash};

use super::Place;
use crate::client::Client;
use crate::visit::Visit;

const SENTENCE: &str = "Nothing in the trash can be changed; move what you want back out of it.";

pub struct Trash;

impl Place for Trash {
    fn folder(&self) -> Option<VirtualFolder> {
        Some(VirtualFolder::Trash)
    }

    fn refusal(&self, _: &NodePath, method: &Method) -> Option<Error> {
        let sentence = match method.as_str() {
            "GET" | "HEAD" | "PROPFIND" | "DELETE" | "COPY" | "MOVE" => return None,
            "PUT" | "MKCOL" => "Nothing can be made in the trash; delete something and it goes there.",
            _ => SENTENCE,
        };
        Some(Error::Forbidden(sentence.into()))
    }

    fn is_listed(&self, client: Client, backends: &Backends) -> bool {
        backends.trash.listed && client.mounts()
    }

    fn look<'a>(&'a self, visit: &'a Visit) -> BoxFuture<'a, Result<Look>> {
        Box::pin(trash::look(&visit.caller, &visit.backends, &visit.path))
    }

    fn members<'a>(
        &'a self,
        Visit { caller, backends, .. }: &'a Visit,
        folder: &'a Node,
        after: Option<&'a NodeName>,
        count_max: u32,
        with_properties: bool,
    ) -> BoxFuture<'a, Result<Vec<Member>>> {
        Box::pin(trash::members(caller, backends, folder, after, count_max, with_properties))
    }

    fn admit(&self, _: &NodePath, _: &dyn Place) -> Result<()> {
        let sentence = "Nothing can be moved or copied into the trash; delete it, and it goes there.";
        Err(Error::Forbidden(sentence.into()))
    }
    fn remove<'a>(&'a self, visit: &'a Visit) -> BoxFuture<'a, Result<()>> {
        let Visit { caller, backends, path, conditions, .. } = visit;
        Box::pin(trash::purge(caller, backends, path, conditions))
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
