//! Moments on the wire.

use std::borrow::Cow;

use chrono::{DateTime, SecondsFormat, Utc};
use domain::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// A moment in RFC 3339, written in UTC with milliseconds: `2026-11-22T03:14:15.926Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Time(pub Timestamp);

impl From<Timestamp> for Time {
    fn from(moment: Timestamp) -> Self {
        Self(moment)
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let time = DateTime::<Utc>::from_timestamp_millis(self.0.millis()).unwrap_or_default();
        out.serialize_str(&time.to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(input)?;
        let time = DateTime::parse_from_rfc3339(&text)
            .map_err(|_| de::Error::custom("a time looks like 2026-11-22T03:14:15Z"))?;
        Ok(Self(Timestamp::from_millis(time.timestamp_millis())))
    }
}

impl PartialSchema for Time {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .examples(["2026-11-22T03:14:15.926Z"])
            .into()
    }
}

impl ToSchema for Time {
    fn name() -> Cow<'static, str> {
        "Time".into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_read_in_any_zone_and_written_in_utc_with_milliseconds() {
        for (sent, written) in [
            ("\"2026-11-22T03:14:15.926Z\"", "\"2026-11-22T03:14:15.926Z\""),
            ("\"2026-11-22T04:14:15+01:00\"", "\"2026-11-22T03:14:15.000Z\""),
        ] {
            let time: Time = serde_json::from_str(sent).unwrap();
            assert_eq!(serde_json::to_string(&time).unwrap(), written);
        }
        assert!(serde_json::from_str::<Time>("\"yesterday\"").is_err());
    }
}
