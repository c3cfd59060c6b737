//! A field of a PATCH: left out it stays, null clears it, anything else takes its place.

use serde::de::Error;
use serde::{Deserialize, Deserializer};
use serde_json::Number;

/// What is to become of a field that may be empty: none for nothing, and within it none for being cleared.
pub type Change<T> = Option<Option<T>>;

/// Reads a field that was sent; for `#[serde(default, deserialize_with = "sent")]`, which leaves one that was not at none.
///
/// # Errors
/// Whatever the format says.
pub fn sent<'de, T: Deserialize<'de>, D: Deserializer<'de>>(input: D) -> Result<Change<T>, D::Error> {
    Option::deserialize(input).map(Some)
}

/// The same for a number of bytes. JSON knows no whole numbers of their own: `28.0` is one.
///
/// # Errors
/// For what is no whole number, or less than nothing.
pub fn sent_bytes<'de, D: Deserializer<'de>>(input: D) -> Result<Change<u64>, D::Error> {
    let Some(number) = Option::<Number>::deserialize(input)? else { return Ok(Some(None)) };
    let text = number.to_string();
    let bytes = text.strip_suffix(".0").unwrap_or(&text).parse();
    bytes.map(|bytes| Some(Some(bytes))).map_err(|_| D::Error::custom("it is a whole number of bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Patch {
        #[serde(default, deserialize_with = "sent")]
        due: Change<u8>,
        #[serde(default, deserialize_with = "sent_bytes")]
        quota: Change<u64>,
    }

    #[test]
    fn a_field_is_kept_cleared_or_set() {
        for (sent, change) in [("{}", None), (r#"{"due":null}"#, Some(None)), (r#"{"due":7}"#, Some(Some(7)))]
        {
            assert_eq!(serde_json::from_str::<Patch>(sent).unwrap().due, change, "{sent}");
        }
    }

    #[test]
    fn a_number_of_bytes_is_whole_however_it_is_written() {
        let read = |quota: &str| serde_json::from_str::<Patch>(&format!(r#"{{"quota":{quota}}}"#));
        let most = u64::MAX.to_string();
        for (sent, bytes) in [("null", None), ("0", Some(0)), ("1e3", Some(1_000)), (&most, Some(u64::MAX))] {
            assert_eq!(read(sent).unwrap().quota, Some(bytes), "{sent}");
        }
        for wrong in ["-1", "0.5", "1e300", "\"1\"", "true"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
