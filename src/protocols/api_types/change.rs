//! A field of a PATCH: left out it stays, null clears it, anything else takes its place.

use serde::{Deserialize, Deserializer};

/// What is to become of a field that may be empty: none for nothing, and within it none for being cleared.
pub type Change<T> = Option<Option<T>>;

/// Reads a field that was sent; for `#[serde(default, deserialize_with = "sent")]`, which leaves one that was not at none.
///
/// # Errors
/// Whatever the format says.
pub fn sent<'de, T: Deserialize<'de>, D: Deserializer<'de>>(input: D) -> Result<Change<T>, D::Error> {
    Option::deserialize(input).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Patch {
        #[serde(default, deserialize_with = "sent")]
        due: Change<u8>,
    }

    #[test]
    fn a_field_is_kept_cleared_or_set() {
        for (sent, change) in [("{}", None), (r#"{"due":null}"#, Some(None)), (r#"{"due":7}"#, Some(Some(7)))]
        {
            assert_eq!(serde_json::from_str::<Patch>(sent).unwrap().due, change, "{sent}");
        }
    }
}
