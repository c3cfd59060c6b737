//! How often a row was changed, as its ETag and as what a caller expects before changing it.

use crate::{ETag, ETagMatch, Error, Result};

/// How often something was changed since it was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub i64);

impl Version {
    /// The entity tag of something that has changed so often.
    pub fn etag(self) -> ETag {
        ETag::strong(&format!("v{}", self.0))
    }

    /// The entity tag of what is shown of it as well, told from others by this.
    pub fn etag_with(self, shown: &str) -> ETag {
        ETag::strong(&format!("v{}-{shown}", self.0))
    }

    /// The entity tag of the version alone, of one that [`etag_with`](Self::etag_with) made; any other one as it is.
    pub fn tag_alone(tag: ETag) -> ETag {
        match tag.opaque().strip_prefix('v').and_then(|rest| rest.split_once('-')) {
            Some((count, _)) if count.parse::<u64>().is_ok() => ETag::strong(&format!("v{count}")),
            _ => tag,
        }
    }

    /// Refuses a change of what is not as the caller knows it (RFC 9110 §13.1.1).
    ///
    /// # Errors
    /// [`Stale`](Error::Stale) when `If-Match` names other tags.
    pub fn expect(self, if_match: Option<&ETagMatch>) -> Result<()> {
        match if_match {
            Some(wanted) if !wanted.holds(Some(&self.etag())) => Err(Error::Stale(
                "Somebody has changed this since you read it; read it again, then change it.".into(),
            )),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_made_from_an_old_reading_is_refused() {
        let read = ETagMatch::OneOf(vec![Version(3).etag()]);
        assert!(Version(3).expect(Some(&read)).is_ok() && Version(3).expect(None).is_ok());
        assert!(Version(4).expect(Some(&ETagMatch::Any)).is_ok());
        assert!(matches!(Version(4).expect(Some(&read)), Err(Error::Stale(_))));
    }

    #[test]
    fn a_tag_of_what_is_shown_holds_its_version() {
        assert_eq!(Version::tag_alone(Version(3).etag_with("a-b")), Version(3).etag());
        for other in ["v3", "v-a", "vx-a", "3-a", "", "e3b0-1"] {
            assert_eq!(Version::tag_alone(ETag::strong(other)), ETag::strong(other));
        }
    }
}
