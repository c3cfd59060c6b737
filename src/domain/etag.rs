//! Entity tags.

use std::fmt;

/// An entity tag in quotes, as headers and `DAV:getetag` carry it (RFC 9110 §8.8.3, RFC 4918 §15.6).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ETag(String);

impl ETag {
    /// The strong tag with this opaque text, which must not contain a quote.
    pub fn strong(opaque: &str) -> Self {
        Self(format!("\"{opaque}\""))
    }

    /// Reads a tag as a client sent it, weak or strong; nothing if it is not one.
    ///
    /// A tag of ours that came back marked weak (a compressing proxy does that) compares as ours: all tags
    /// of this house are strong, so the mark carries no knowledge.
    pub fn parse(sent: &str) -> Option<Self> {
        let opaque = sent.trim();
        let opaque = opaque.strip_prefix("W/").unwrap_or(opaque);
        let inner = opaque.strip_prefix('"')?.strip_suffix('"')?;
        (!inner.contains('"')).then(|| Self(opaque.to_owned()))
    }

    /// With its quotes.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Without its quotes.
    pub fn opaque(&self) -> &str {
        self.0.trim_matches('"')
    }
}

impl fmt::Display for ETag {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weak_and_strong_spellings_are_the_same_tag() {
        assert_eq!(ETag::parse("W/\"x\""), ETag::parse(" \"x\""));
        assert_eq!(ETag::parse("x"), None);
        assert_eq!(ETag::parse("\"x\"y\""), None);
    }
}
