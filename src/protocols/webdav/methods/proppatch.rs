//! PROPPATCH: sets and removes properties, all or none (RFC 4918 §9.2).

use std::collections::BTreeSet;

use axum::body::Body;
use axum::response::Response;
use domain::{PropertyChange, PropertyName};
use http::{HeaderMap, StatusCode};
use services::files;

use crate::answer::{self, Refusal};
use crate::body::read_xml;
use crate::live::Live;
use crate::visit::Visit;
use crate::xml::multistatus::{Multistatus, push_name};
use crate::xml::proppatch::read_proppatch;

/// Answers a PROPPATCH.
pub async fn answer(visit: &Visit, headers: &HeaderMap, body: Body) -> Result<Response, Refusal> {
    let changes = read_proppatch(&read_xml(headers, body).await?)?;
    let Visit { caller, backends, path, conditions, .. } = visit;
    let look = files::look(caller, backends, path).await?;
    let href = visit.href(look.get()?);
    let names: BTreeSet<_> = changes.iter().map(PropertyChange::name).collect();
    let protected = |name: &PropertyName| Live::named(name).is_some_and(|live| !live.is_settable());
    let (refused, allowed): (Vec<_>, Vec<_>) = names.into_iter().partition(|name| protected(name));
    if refused.is_empty() {
        files::set_properties(caller, backends, path, &changes, conditions).await?;
    }
    let mut body = Multistatus::begin();
    body.open(&href);
    let mut group = |status: &str, names: &[&PropertyName]| {
        body.propstat(status, |out| names.iter().for_each(|name| push_name(out, name)));
    };
    if refused.is_empty() {
        group("200 OK", &allowed);
    } else {
        group("403 Forbidden", &refused);
        group("424 Failed Dependency", &allowed);
    }
    body.close();
    Ok(answer::xml(StatusCode::MULTI_STATUS, body.end()))
}
