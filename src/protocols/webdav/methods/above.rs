//! What lies above the drive on its address: folders that hold nothing but the way down to it.
//!
//! Windows walks to a drive segment by segment and believes in it only if every folder above answers too;
//! GNOME climbs up the same way and then shows what it finds there.

use axum::body::Body;
use axum::response::Response;
use domain::{Caller, NodePath};
use http::{HeaderMap, StatusCode};
use services::{Backends, files};

use super::propfind::{Plan, finite_depth};
use crate::answer::{self, Refusal};
use crate::body::read_xml;
use crate::client::Client;
use crate::headers::Depth;
use crate::live::Entry;
use crate::xml::multistatus::Multistatus;
use crate::xml::propfind::read_propfind;

/// A listing of the one folder above, with the drive in it if members are asked for. Both have the times and the quota
/// of the drive's top folder, as there is nothing else.
pub async fn listing(
    caller: &Caller,
    backends: &Backends,
    prefix: &str,
    headers: &HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let depth = finite_depth(headers)?;
    let client = Client::of(headers);
    let asked = read_propfind(&read_xml(headers, body).await?)?;
    let look = files::look(caller, backends, &NodePath::root()).await?;
    let (node, quota) = (look.get()?, look.quota());
    let entry = |name, seq| Entry {
        node,
        name,
        quota,
        seq,
        removal: None,
        read_only: false,
        prefix,
        locks: Vec::new(),
        now: caller.now,
    };
    let mut body = Multistatus::begin(client);
    Plan::new(&asked, client).write(&mut body, "/", &entry("", None), &[]);
    if depth == Depth::One {
        let name = prefix.trim_start_matches('/');
        Plan::of_members(&asked, client).write(
            &mut body,
            &format!("{prefix}/"),
            &entry(name, Some(look.space().seq)),
            &[],
        );
    }
    Ok(answer::xml(StatusCode::MULTI_STATUS, body.end()))
}
