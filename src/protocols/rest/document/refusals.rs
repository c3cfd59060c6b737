//! The answers to what is refused, which all operations have in common.

use api_types::Problem;
use domain::Code;
use http::StatusCode;
use serde_json::json;
use utoipa::ToSchema;
use utoipa::openapi::header::{Header, HeaderBuilder};
use utoipa::openapi::schema::{Object, Type};
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder};

use crate::PREFIX;

/// Each status with a code that it comes with, and what it means.
const REFUSALS: [(StatusCode, Code, &str); 13] = [
    (StatusCode::BAD_REQUEST, Code::Invalid, "Something in the request cannot be read, or cannot be."),
    (StatusCode::UNAUTHORIZED, Code::Unauthenticated, "There is no credential, or one that holds no more."),
    (StatusCode::FORBIDDEN, Code::Forbidden, "You may not do this."),
    (StatusCode::NOT_FOUND, Code::NotFound, "There is no such thing, or you may not know of it."),
    (StatusCode::CONFLICT, Code::NameTaken, "It does not go together with what is there."),
    (
        StatusCode::PRECONDITION_FAILED,
        Code::Stale,
        "It is not as you expect it: it was changed since you read it.",
    ),
    (StatusCode::PAYLOAD_TOO_LARGE, Code::TooLarge, "The body is larger than it may be."),
    (
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Code::UnsupportedMediaType,
        "The body is of a type that is not read here.",
    ),
    (StatusCode::RANGE_NOT_SATISFIABLE, Code::Invalid, "The content has no such part."),
    (StatusCode::LOCKED, Code::Locked, "Somebody's lock is in the way."),
    (
        StatusCode::TOO_MANY_REQUESTS,
        Code::TooMany,
        "There were too many requests; wait as `Retry-After` says.",
    ),
    (StatusCode::NOT_IMPLEMENTED, Code::MailNotSent, "It needs mail, and this server sends none."),
    (StatusCode::INSUFFICIENT_STORAGE, Code::QuotaExceeded, "There is no room for it."),
];

/// What any other refusal is called.
const OTHERS: &str = "Refused";

/// All of them, each under the name that [`reference`] knows it by.
pub fn all() -> impl Iterator<Item = (String, Response)> {
    let named = REFUSALS.iter().map(|(status, code, means)| {
        let mut response = response(means, *status, *code);
        if *status == StatusCode::TOO_MANY_REQUESTS || *status == StatusCode::UNAUTHORIZED {
            response.headers.insert("Retry-After".to_owned(), RefOr::T(retry_after()));
        }
        (name(*status), response)
    });
    let means = "Refused, or something went wrong; `code` says what.";
    let others = (OTHERS.to_owned(), response(means, StatusCode::SERVICE_UNAVAILABLE, Code::Unavailable));
    named.chain([others])
}

/// The refusal with this status; none for all others.
pub fn reference(status: Option<StatusCode>) -> RefOr<Response> {
    let name = status.map_or_else(|| OTHERS.to_owned(), name);
    RefOr::Ref(Ref::from_response_name(name))
}

fn name(status: StatusCode) -> String {
    format!("{OTHERS}{}", status.as_u16())
}

fn response(means: &str, status: StatusCode, code: Code) -> Response {
    let example = json!({
        "type": format!("{PREFIX}/errors#{}", code.as_str()),
        "title": code.meaning().trim(),
        "status": status.as_u16(),
        "detail": means,
        "code": code.as_str(),
    });
    let schema = Ref::from_schema_name(Problem::name());
    let content = ContentBuilder::new().schema(Some(schema)).example(Some(example)).build();
    ResponseBuilder::new().description(means).content("application/problem+json", content).build()
}

fn retry_after() -> Header {
    let seconds = Object::with_type(Type::Integer);
    HeaderBuilder::new()
        .schema(Some(seconds))
        .description(Some("After how many seconds to try again."))
        .build()
}
