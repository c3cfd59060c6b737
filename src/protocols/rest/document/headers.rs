//! The headers of requests and answers, each described once.

use domain::KEY_BYTES_MAX;
use utoipa::openapi::header::{Header, HeaderBuilder};
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{Ref, RefOr, Required};

const TAG: &str = r#"^(W/)?"[!#-~]*"$"#;
const TAGS: &str = r#"^(\*|(W/)?"[!#-~]*"( ?, ?(W/)?"[!#-~]*")*)$"#;
const KEY: &str = r#"^("[ !#-~]+"|[!#-~]([ !#-~]*[!#-~])?)$"#;

/// Of requests: what each means, how it is written, and an example.
const OF_REQUESTS: [(&str, &str, Option<&str>, &str); 5] = [
    ("If-Match", "Only if it still has one of these ETags; `*` for any.", Some(TAGS), "*"),
    ("If-None-Match", "Only if it has none of these ETags: those of what you have already.", None, r#""1""#),
    ("Range", "The part that is wanted; what cannot be read asks for the whole.", None, "bytes=0-1023"),
    ("If-Range", "The ETag, or the last change, of the content that `Range` is meant of.", None, r#""1""#),
    (
        "Idempotency-Key",
        "Makes it once, however often this is sent under the same key.",
        Some(KEY),
        "8e03978e-40d5-43dd-bc93-6894a57f9324",
    ),
];

/// Of answers: what each means, and how it is written.
const OF_ANSWERS: [(&str, &str, Option<&str>); 7] = [
    ("ETag", "Its version, for `If-Match` and `If-None-Match`.", Some(TAG)),
    ("Location", "Where it is.", None),
    ("Accept-Ranges", "That parts can be asked for.", Some("^bytes$")),
    ("Last-Modified", "When the content last changed.", None),
    ("Content-Range", "Which part it is.", Some(r"^bytes \d+-\d+/\d+$")),
    ("RateLimit", "How many requests are left, and for how long.", None),
    ("RateLimit-Policy", "How many requests there may be.", None),
];

/// All of requests, by their names.
pub fn of_requests() -> impl Iterator<Item = (&'static str, Parameter)> {
    OF_REQUESTS.into_iter().map(|(name, means, pattern, example)| {
        let longest = (pattern == Some(KEY)).then_some(KEY_BYTES_MAX);
        let schema = text().pattern(pattern).min_length(longest.map(|_| 1)).max_length(longest);
        let header = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Header);
        let header = header.required(Required::False).description(Some(means));
        (name, header.schema(Some(schema.examples([example]))).build())
    })
}

/// All of answers, by their names.
pub fn of_answers() -> impl Iterator<Item = (&'static str, Header)> {
    OF_ANSWERS.into_iter().map(|(name, means, pattern)| {
        (name, HeaderBuilder::new().schema(Some(text().pattern(pattern))).description(Some(means)).build())
    })
}

/// The header of a request with this name.
pub fn of_request(name: &str) -> RefOr<Parameter> {
    RefOr::Ref(Ref::new(format!("#/components/parameters/{name}")))
}

/// The header of an answer with this name.
pub fn of_answer(name: &str) -> RefOr<Header> {
    RefOr::Ref(Ref::new(format!("#/components/headers/{name}")))
}

fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}
