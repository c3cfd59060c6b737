//! What follows for an operation from its shape: who may ask, what headers it takes and gives, and how it is refused.

use http::{Method, StatusCode};
use utoipa::openapi::path::{Operation, ParameterIn};
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{RefOr, Required, Response};

use super::{headers, refusals};

/// The access token of a session.
pub const SESSION: &str = "session";
/// User name and app password.
pub const APP_PASSWORD: &str = "app_password";

/// What an app password opens.
const TAGS_OF_FILES: [&str; 4] = ["Files", "Folders", "Versions", "Trash"];
/// What is done to something under a condition, though it is a POST.
const CONDITIONAL_VERBS: [&str; 7] =
    ["activate", "deactivate", "suspend", "resume", "restore", "purge", "copy"];
/// What has no version that could be expected of it.
const WITHOUT_VERSION: [&str; 3] = ["/me/sessions/{id}", "/me/devices/{id}", "/trash"];
/// What sends a mail or nothing.
const MAILING: [&str; 3] = ["/admin/invitations", "/auth/password/forgot", "/auth/verify-email/resend"];

/// Adds what follows from the shape of an operation.
pub fn complete(method: Method, path: &str, operation: &mut Operation) {
    let shape = Shape::of(method, path, operation);
    operation.security = Some(shape.security());
    if let Some(RefOr::T(body)) = operation.request_body.as_mut().filter(|_| shape.takes_bytes) {
        // A file may be empty.
        body.required = Some(Required::False);
    }
    operation.parameters.get_or_insert_default().extend(shape.heeds().map(headers::of_request));
    for status in shape.refusals() {
        let key = status.as_u16().to_string();
        operation.responses.responses.entry(key).or_insert_with(|| refusals::reference(Some(status)));
    }
    let others = || refusals::reference(None);
    operation.responses.responses.entry("default".to_owned()).or_insert_with(others);
    for (status, response) in &mut operation.responses.responses {
        if let RefOr::T(response) = response {
            let told = shape.tells(status, !response.content.is_empty());
            response.headers.extend(told.map(|name| (name.to_owned(), headers::of_answer(name))));
        }
    }
    if shape.gives_json {
        let unchanged = Response::new("You have it already.");
        operation.responses.responses.insert("304".to_owned(), RefOr::T(unchanged));
    }
}

/// What is known of an operation.
struct Shape<'a> {
    method: Method,
    path: &'a str,
    is_public: bool,
    is_of_files: bool,
    has_question: bool,
    asks_of_project: bool,
    takes_json: bool,
    takes_bytes: bool,
    gives_json: bool,
    gives_bytes: bool,
    creates: bool,
    is_conditional: bool,
}

impl<'a> Shape<'a> {
    fn of(method: Method, path: &'a str, operation: &Operation) -> Self {
        let tags = operation.tags.iter().flatten();
        let body = match &operation.request_body {
            Some(RefOr::T(body)) => body.content.keys().next().map(String::as_str),
            _ => None,
        };
        let answer = match operation.responses.responses.get("200") {
            Some(RefOr::T(answer)) => answer.content.keys().next().map(String::as_str),
            _ => None,
        };
        let reads = method == Method::GET;
        let verb = path.rsplit('/').next().unwrap_or_default();
        Self {
            path,
            // Said by the route itself: `security(())`.
            is_public: operation
                .security
                .as_ref()
                .is_some_and(|all| *all == [SecurityRequirement::default()]),
            is_of_files: tags.into_iter().any(|tag| TAGS_OF_FILES.contains(&tag.as_str())),
            has_question: question(operation).next().is_some(),
            asks_of_project: question(operation).any(|name| name == "project"),
            takes_json: body == Some("application/json"),
            takes_bytes: body.is_some_and(|kind| kind != "application/json"),
            gives_json: reads && answer == Some("application/json"),
            gives_bytes: reads && answer == Some("*/*"),
            creates: method == Method::POST && operation.responses.responses.contains_key("201"),
            is_conditional: match method {
                Method::GET => false,
                Method::POST => {
                    path == "/me/delete" || (path.contains('{') && CONDITIONAL_VERBS.contains(&verb))
                }
                _ => !WITHOUT_VERSION.contains(&path),
            },
            method,
        }
    }

    fn changes(&self) -> bool {
        self.method != Method::GET
    }

    fn security(&self) -> Vec<SecurityRequirement> {
        let by = |scheme: &str| SecurityRequirement::new(scheme, Vec::<String>::new());
        match (self.is_public, self.is_of_files) {
            (true, _) => Vec::new(),
            (false, true) => vec![by(SESSION), by(APP_PASSWORD)],
            (false, false) => vec![by(SESSION)],
        }
    }

    /// The headers of the request that count.
    fn heeds(&self) -> impl Iterator<Item = &'static str> {
        let heeded = [
            (self.is_conditional, "If-Match"),
            (!self.changes(), "If-None-Match"),
            (self.gives_bytes, "Range"),
            (self.gives_bytes, "If-Range"),
            (self.creates, "Idempotency-Key"),
        ];
        heeded.into_iter().filter_map(|(is_heeded, name)| is_heeded.then_some(name))
    }

    /// The headers of an answer that is no refusal.
    fn tells(&self, status: &str, has_content: bool) -> impl Iterator<Item = &'static str> {
        let is_deletion = status == "202" && self.method == Method::DELETE;
        let has_bytes = self.gives_bytes && matches!(status, "200" | "206");
        let is_limited = !self.is_public && status.starts_with('2');
        let told = [
            ((has_content && self.has_tag(status)) || has_bytes, "ETag"),
            (matches!(status, "201" | "302") || is_deletion, "Location"),
            (has_bytes, "Accept-Ranges"),
            (has_bytes, "Last-Modified"),
            (status == "206", "Content-Range"),
            (is_limited, "RateLimit"),
            (is_limited, "RateLimit-Policy"),
        ];
        told.into_iter().filter_map(|(is_told, name)| is_told.then_some(name))
    }

    fn has_tag(&self, status: &str) -> bool {
        let is_read = (self.gives_json || self.gives_bytes) && status == "200";
        is_read
            || (self.changes() && matches!(status, "200" | "201") && (self.creates || self.is_conditional))
    }

    /// How it can be refused, beside what can happen to any request.
    fn refusals(&self) -> Vec<StatusCode> {
        let reads_something = self.has_question || self.takes_json || self.takes_bytes || self.gives_json;
        let writes_files = self.is_of_files && self.changes();
        let refers = self.path.contains('{')
            || self.is_of_files
            || self.asks_of_project
            || (self.creates && self.takes_json);
        let clashes = self.creates || writes_files || (self.changes() && self.path.contains('{'));
        [
            (reads_something || self.is_conditional || self.creates, StatusCode::BAD_REQUEST),
            (!self.is_public || self.path.starts_with("/auth/"), StatusCode::UNAUTHORIZED),
            (!self.is_public || self.path.starts_with("/auth/"), StatusCode::FORBIDDEN),
            (refers, StatusCode::NOT_FOUND),
            (clashes || (self.takes_json && self.changes()), StatusCode::CONFLICT),
            (self.is_conditional || self.gives_bytes, StatusCode::PRECONDITION_FAILED),
            (self.takes_json || self.takes_bytes, StatusCode::PAYLOAD_TOO_LARGE),
            (self.takes_json, StatusCode::UNSUPPORTED_MEDIA_TYPE),
            (self.gives_bytes, StatusCode::RANGE_NOT_SATISFIABLE),
            (writes_files, StatusCode::LOCKED),
            (self.path != "/errors", StatusCode::TOO_MANY_REQUESTS),
            (MAILING.contains(&self.path) && self.changes(), StatusCode::NOT_IMPLEMENTED),
            (writes_files && self.method != Method::DELETE, StatusCode::INSUFFICIENT_STORAGE),
        ]
        .into_iter()
        .filter_map(|(can_be, status)| can_be.then_some(status))
        .collect()
    }
}

/// The names of what is asked behind the address.
fn question(operation: &Operation) -> impl Iterator<Item = &str> {
    operation.parameters.iter().flatten().filter_map(|parameter| match parameter {
        RefOr::T(parameter) if parameter.parameter_in == ParameterIn::Query => Some(parameter.name.as_str()),
        _ => None,
    })
}
