//! `/Projects`: a folder for each project in use that the person is a member of. What is in one of them is no part of this
//! place, but a tree like the person's own.

use domain::{Error, Node, NodeName, NodePath, Result, VirtualFolder};
use futures_util::future::BoxFuture;
use http::Method;
use services::files::{Look, Member};
use services::{Backends, mounted};

use super::Place;
use crate::client::Client;
use crate::visit::Visit;

const SENTENCE: &str = "Projects are made, renamed and removed by the REST API, and their members are, too; \
    in a project you can change what your role there allows.";

pub struct Projects;

impl Place for Projects {
    fn folder(&self) -> Option<VirtualFolder> {
        Some(VirtualFolder::Projects)
    }

    fn refusal(&self, path: &NodePath, method: &Method) -> Option<Error> {
        match (path.depth(), method.as_str()) {
            (_, "GET" | "HEAD" | "PROPFIND") => None,
            (1, _) | (2, "PUT" | "MKCOL" | "LOCK") => Some(Error::Forbidden(SENTENCE.into())),
            // Whoever is no member of a project does not learn whether there is one.
            _ => Some(not_here()),
        }
    }

    fn is_listed(&self, client: Client, _: &Backends) -> bool {
        client.mounts()
    }

    fn listed<'a>(&'a self, visit: &'a Visit, top: &'a Look) -> BoxFuture<'a, Result<Option<Node>>> {
        Box::pin(async move {
            match visit.path.tree() {
                None => mounted::folder(&visit.caller, &visit.backends, top).await,
                Some(_) => Ok(None),
            }
        })
    }

    fn look<'a>(&'a self, visit: &'a Visit) -> BoxFuture<'a, Result<Look>> {
        Box::pin(mounted::look(&visit.caller, &visit.backends, &visit.path))
    }

    fn members<'a>(
        &'a self,
        Visit { caller, backends, .. }: &'a Visit,
        _: &'a Node,
        after: Option<&'a NodeName>,
        count_max: u32,
        with_properties: bool,
    ) -> BoxFuture<'a, Result<Vec<Member>>> {
        Box::pin(mounted::members(caller, backends, after, count_max, with_properties))
    }

    fn admit(&self, to: &NodePath, _: &dyn Place) -> Result<()> {
        match to.depth() {
            1 | 2 => Err(Error::Forbidden(SENTENCE.into())),
            // RFC 4918 §9.8.5
            _ => Err(Error::ParentMissing("There is no project of this name in your drive.".into())),
        }
    }
}

fn not_here() -> Error {
    Error::NotFound("There is no project of this name in your drive.".into())
}
