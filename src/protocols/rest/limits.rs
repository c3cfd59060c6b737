//! Of which kind a request is, as far as limits are concerned.

use axum::extract::MatchedPath;
use http::Method;
use http::request::Parts;
use services::limits::Class;

/// Routes whose address ends like this are about contents.
const CONTENTS: [&str; 4] = ["/content", "/archive", "/export", "/download"];

/// The kind of a request of somebody who is known.
pub fn class(parts: &Parts) -> Class {
    let path = parts.extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let is_content = CONTENTS.iter().any(|end| path.ends_with(end));
    match parts.method {
        Method::GET if is_content => Class::Download,
        Method::GET | Method::HEAD | Method::OPTIONS => Class::Read,
        _ if is_content => Class::Upload,
        _ => Class::Write,
    }
}
