//! What kind of file it is, by its first bytes and by its name.

use std::borrow::Cow;

use domain::{Node, NodePath};

/// Wrappings that say little of what is inside: documents, packages and pictures come in them, and their
/// names know better.
const WRAPPINGS: [&str; 5] =
    ["application/zip", "application/gzip", "application/x-ole-storage", "text/xml", "text/html"];

const UNKNOWN: &str = "application/octet-stream";

/// Types that have more than one name.
const ALIASES: [(&str, &str); 8] = [
    ("audio/x-wav", "audio/wav"),
    ("audio/x-flac", "audio/flac"),
    ("audio/m4a", "audio/mp4"),
    ("audio/x-aiff", "audio/aiff"),
    ("image/vnd.microsoft.icon", "image/x-icon"),
    ("application/x-gzip", "application/gzip"),
    ("application/x-7z-compressed", "application/7z"),
    ("video/x-m4v", "video/mp4"),
];

/// What a file is served as: what its bytes show, else what its name says. A system file has a name that says
/// nothing: `._photo.jpg` is no picture.
pub fn media_type(node: &Node) -> Cow<'_, str> {
    if node.is_system() {
        return UNKNOWN.into();
    }
    let detected = node.blob().and_then(|blob| blob.content.media_type.as_deref());
    match (detected, by_name(node.name.as_str())) {
        (Some(detected), None) => detected.into(),
        (Some(detected), Some(_)) if !WRAPPINGS.contains(&detected) => detected.into(),
        (_, Some(named)) => named.into(),
        (None, None) => UNKNOWN.into(),
    }
}

/// What the first bytes of a file show it to be, if they show anything.
pub(super) fn of_bytes(head: &[u8]) -> Option<&'static str> {
    infer::get(head).map(|kind| kind.mime_type())
}

/// Notes in the log that a name says something else than the bytes; the name is kept.
pub(super) fn warn_of_mismatch(path: &NodePath, detected: Option<&str>) {
    let named = path.name().and_then(|name| by_name(name.as_str()));
    if let (Some(detected), Some(named)) = (detected, named)
        && !WRAPPINGS.contains(&detected)
        && plain(detected) != plain(named)
    {
        tracing::warn!(%path, detected, named, "a file's name says something else than its content");
    }
}

/// What the name of a file says it is, if it says anything.
pub(super) fn by_name(name: &str) -> Option<&'static str> {
    mime_guess::from_path(name).first_raw()
}

fn plain(media_type: &str) -> &str {
    ALIASES.iter().find(|(alias, _)| *alias == media_type).map_or(media_type, |(_, plain)| plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_show_a_picture_whatever_its_name_says() {
        assert_eq!(of_bytes(b"\x89PNG\r\n\x1a\n0000"), Some("image/png"));
        assert_eq!(of_bytes(b"just text"), None);
    }

    #[test]
    fn two_names_of_one_type_are_no_mismatch() {
        assert_eq!(plain("audio/x-wav"), plain("audio/wav"));
        assert_ne!(plain("image/png"), plain("image/jpeg"));
    }
}
