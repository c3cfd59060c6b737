//! Paths as they stand in hrefs.

use domain::NodePath;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Everything but what RFC 3986 §2.3 calls unreserved: some clients cut an href at anything else.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Appends a name as a segment of an href.
pub fn push_segment(out: &mut String, name: &str) {
    out.extend(utf8_percent_encode(name, RESERVED));
}

/// A path from the root of a space as an href.
pub fn encode_path(path: &NodePath) -> String {
    let mut out = String::new();
    for name in path.names() {
        out.push('/');
        push_segment(&mut out, name.as_str());
    }
    if out.is_empty() { "/".to_owned() } else { out }
}
