//! Of which kind a request is, as far as limits are concerned.

use axum::extract::MatchedPath;
use http::Method;
use http::request::Parts;
use services::limits::Class;

use crate::PREFIX;

/// The kind of a request of somebody who is known.
pub fn class(parts: &Parts) -> Class {
    let path = parts.extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let route = path.strip_prefix(PREFIX).unwrap_or(path);
    match parts.method {
        Method::GET if route.ends_with("/content") || route == "/me/export" => Class::Download,
        Method::GET | Method::HEAD | Method::OPTIONS => Class::Read,
        Method::PUT if route.ends_with("/content") => Class::Upload,
        Method::POST if route == "/files" => Class::Upload,
        _ => Class::Write,
    }
}
