//! GET of a large file by a client that can fetch it from the file store itself.

use std::sync::Arc;

use axum::response::Response;
use domain::Node;
use gate::Origin;
use http::header::{
    CACHE_CONTROL, IF_MATCH, IF_MODIFIED_SINCE, IF_RANGE, IF_UNMODIFIED_SINCE, LOCATION, RANGE,
    REFERRER_POLICY,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use services::files;

use super::library;
use crate::answer::{self, Refusal};
use crate::redirects::Redirects;
use crate::visit::Visit;

/// Conditions a client would put to the store as well, which knows other tags and dates than the drive. An
/// `If-None-Match` it answers right: none of its tags is one of the drive's.
const HERE_ONLY: [HeaderName; 4] = [IF_MATCH, IF_MODIFIED_SINCE, IF_UNMODIFIED_SINCE, IF_RANGE];

/// Sends the client to the file store, if it can go there and the file is one for that; otherwise nothing is said. It
/// hears first whether it has the file already.
pub async fn elsewhere(
    visit: &Arc<Visit>,
    node: &Node,
    method: &Method,
    headers: &HeaderMap,
    drive: Option<&Origin>,
    redirects: &Redirects,
) -> Result<Option<Response>, Refusal> {
    let Some(drive) = drive.filter(|_| method == Method::GET && redirects.allow(headers)) else {
        return Ok(None);
    };
    if HERE_ONLY.iter().any(|name| headers.contains_key(name)) {
        return Ok(None);
    }
    let address = files::redirect(&visit.caller, &visit.backends, &visit.path, node).await?;
    let Some(address) = address.filter(|address| redirects.fit(drive, address)) else { return Ok(None) };
    let Ok(location) = HeaderValue::from_str(&address) else { return Ok(None) };
    let judged = library::read(Arc::clone(visit), node.clone(), Method::HEAD, &whole(headers)).await?;
    if judged.status() != StatusCode::OK {
        return Ok(Some(judged));
    }
    let mut answer = answer::empty(StatusCode::FOUND);
    let headers = answer.headers_mut();
    headers.insert(LOCATION, location);
    // Whoever knows the address can read the file.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    Ok(Some(answer))
}

/// The same request for the whole file: which part of it the client wants, it tells the store.
fn whole(headers: &HeaderMap) -> HeaderMap {
    let mut headers = headers.clone();
    headers.remove(RANGE);
    headers
}
