//! LOCK and UNLOCK (RFC 4918 §9.10, §9.11).

use axum::body::Body;
use axum::response::Response;
use domain::{Error, LockDepth};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use services::files::{self, LockRequest, Locked};

use crate::answer::{self, Refusal};
use crate::body::read_xml;
use crate::headers::{self, Depth};
use crate::visit::Visit;
use crate::xml::lock_discovery::lock_body;
use crate::xml::lockinfo::read_lockinfo;

const LOCK_TOKEN: HeaderName = HeaderName::from_static("lock-token");

/// Takes a lock, or refreshes one when there is no body.
pub async fn lock(visit: &Visit, headers: &HeaderMap, body: Body) -> Result<Response, Refusal> {
    let body = read_xml(headers, body).await?;
    let timeout = headers::timeout(headers);
    let Visit { caller, backends, path, conditions, .. } = visit;
    if body.is_empty() {
        let locked = files::refresh_lock(caller, backends, path, timeout, conditions).await?;
        return describe(visit, &locked);
    }
    let depth = match headers::depth(headers)? {
        Some(Depth::Zero) => LockDepth::Zero,
        Some(Depth::Infinity) | None => LockDepth::Infinity,
        Some(Depth::One) => {
            return Err(Error::Invalid("A lock has Depth 0 or infinity.".into()).into());
        }
    };
    let (scope, owner_xml) = read_lockinfo(&body)?;
    let wanted = LockRequest { scope, depth, owner_xml, timeout };
    let locked = files::lock(caller, backends, path, wanted, conditions).await;
    let locked = locked.map_err(|error| match error {
        Error::Locked(_) => Refusal::from(error).naming("no-conflicting-lock"),
        _ => error.into(),
    })?;
    let mut answer = describe(visit, &locked)?;
    // RFC 4918 §9.10.1; Finder reads the token from the body only, Windows and davfs2 from here.
    let token = HeaderValue::from_str(&format!("<{}>", locked.lock.token)).map_err(Error::internal)?;
    answer.headers_mut().insert(LOCK_TOKEN, token);
    if locked.created {
        *answer.status_mut() = StatusCode::CREATED;
    }
    Ok(answer)
}

fn describe(visit: &Visit, locked: &Locked) -> Result<Response, Refusal> {
    let href = visit.href_at(locked.root_depth, locked.node.as_ref());
    Ok(answer::xml(StatusCode::OK, lock_body(visit.client, &locked.lock, &href, visit.caller.now)))
}

/// Ends a lock.
pub async fn unlock(visit: &Visit, headers: &HeaderMap) -> Result<Response, Refusal> {
    let Visit { caller, backends, path, .. } = visit;
    let not_here =
        |error| Refusal::with_status(error, StatusCode::CONFLICT).naming("lock-token-matches-request-uri");
    let Some(token) = headers::lock_token(headers)? else {
        return Err(not_here(Error::Stale("This is no lock of this server.".into())));
    };
    files::unlock(caller, backends, path, token).await.map_err(|error| match error {
        // RFC 4918 §9.11.1
        Error::Stale(_) => not_here(error),
        _ => error.into(),
    })?;
    Ok(answer::empty(StatusCode::NO_CONTENT))
}
