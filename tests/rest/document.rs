//! The description of the API, and the page to try it out.

use std::collections::BTreeSet;
use std::path::Path;

use domain::Code;
use serde_json::Value;

use crate::support::{Answer, Api, TestHouse, Wire};

const METHODS: [&str; 5] = ["get", "put", "post", "delete", "patch"];

/// Takes the place of every identity in a path.
const NOBODY: &str = "01a1f6e0-8c5e-7d4a-9b1c-2f3a4b5c6d7e";

/// An operation of the description.
struct Operation<'a> {
    method: String,
    path: &'a str,
    says: &'a Value,
}

impl Operation<'_> {
    fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// What it asks for that is missing here: the name of a file, and what is searched for.
    fn address(&self) -> String {
        let parts = self.path.split('/').map(|part| match part {
            "{version}" => "1",
            part if part.starts_with('{') => NOBODY,
            part => part,
        });
        format!("{}?q=a&name=a", parts.collect::<Vec<_>>().join("/"))
    }

    /// Asks for it with the body of its example.
    fn ask(&self, api: &Api) -> Answer {
        let Some(content) = self.says["requestBody"]["content"].as_object() else {
            return api.ask(&self.method, &self.address(), &[], "");
        };
        let (kind, body) = content.iter().next().unwrap();
        let body = body["example"].as_str().map_or_else(|| body["example"].to_string(), str::to_owned);
        api.ask(&self.method, &self.address(), &[("Content-Type", kind)], body)
    }
}

fn description(house: &TestHouse) -> Value {
    let answer = house.wire().ask("GET", "/api/v1/openapi.json", &[], "");
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    answer.json()
}

fn operations(document: &Value) -> Vec<Operation<'_>> {
    let paths = document["paths"].as_object().unwrap().iter();
    paths
        .flat_map(|(path, methods)| {
            methods.as_object().unwrap().iter().map(move |(method, says)| {
                assert!(METHODS.contains(&method.as_str()), "{method} {path}");
                Operation { method: method.to_uppercase(), path, says }
            })
        })
        .collect()
}

#[test]
fn the_description_is_the_one_that_is_written_down() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rest/openapi.json");
    let now = format!("{}\n", serde_json::to_string_pretty(&description(&TestHouse::new())).unwrap());
    if std::env::var_os("LARDER_RENEW").is_some() {
        std::fs::write(&file, &now).unwrap();
    }
    let then = std::fs::read_to_string(&file).unwrap_or_default();
    let changed = now.lines().zip(then.lines()).find(|(now, then)| now != then);
    assert!(
        now == then,
        "the description of the API has changed, first here: {changed:?}. If it is to, look at what \
         `LARDER_RENEW=1 cargo nextest run --workspace -E 'test(the_description_is_the_one)'` changes, and commit it"
    );
}

#[test]
fn every_operation_says_what_it_does_who_may_ask_and_how_it_is_refused() {
    let document = description(&TestHouse::new());
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let mut names = BTreeSet::new();
    for operation in operations(&document) {
        let (says, name) = (operation.says, operation.name());
        let said = |key: &str| says[key].as_str().is_some_and(|text| !text.is_empty());
        assert!(said("summary") && said("operationId"), "{name} says nothing of itself");
        assert!(names.insert(says["operationId"].as_str().unwrap()), "{name} is called as another one");
        assert_eq!(says["tags"].as_array().map(Vec::len), Some(1), "{name}");
        assert!(says["security"].is_array(), "{name} does not say who may ask");
        assert!(says["responses"]["default"].is_object(), "{name} tells of no errors");
        for (status, answer) in says["responses"].as_object().unwrap() {
            let is_error = status.starts_with(['4', '5']) || status == "default";
            assert_eq!(is_error, answer["$ref"].is_string(), "{name} answers {status} in a way of its own");
        }
    }
}

#[test]
fn everything_that_is_referred_to_is_there() {
    let document = description(&TestHouse::new());
    let mut left = vec![&document];
    while let Some(value) = left.pop() {
        match value {
            Value::Array(items) => left.extend(items),
            Value::Object(fields) => {
                if let Some(place) = fields.get("$ref").and_then(Value::as_str) {
                    assert!(document.pointer(place.strip_prefix('#').unwrap()).is_some(), "{place}");
                }
                left.extend(fields.values());
            }
            _ => {}
        }
    }
}

#[test]
fn every_body_has_an_example() {
    let document = description(&TestHouse::new());
    for operation in operations(&document) {
        let (says, name) = (operation.says, operation.name());
        let answers = says["responses"].as_object().unwrap().values();
        let refusals = document["components"]["responses"].as_object().unwrap().values();
        for body in answers.chain(refusals).chain([&says["requestBody"]]) {
            for (kind, content) in body["content"].as_object().into_iter().flatten() {
                assert!(!content["example"].is_null(), "{name}: no example of {kind}");
            }
        }
    }
}

#[test]
fn every_code_is_in_the_catalogue() {
    let errors = TestHouse::new().anonymous_api().get("/errors").json();
    let listed: Vec<_> =
        errors.as_array().unwrap().iter().map(|error| error["code"].as_str().unwrap()).collect();
    assert_eq!(listed, Code::ALL.iter().map(|code| code.as_str()).collect::<Vec<_>>());
}

#[test]
fn credentials_are_asked_for_where_the_description_says_so() {
    let house = TestHouse::new().with_user("ann");
    let document = description(&house);
    let stranger = house.anonymous_api();
    let program = stranger.with_authorization(&Wire::basic(house.user(), house.password()));
    for operation in operations(&document) {
        let (schemes, name) = (operation.says["security"].as_array().unwrap(), operation.name());
        let takes = |scheme: &str| schemes.iter().any(|one| one[scheme].is_array());
        assert!(schemes.is_empty() || takes("session"), "{name}");
        let asked = operation.ask(&stranger);
        let wants_one = asked.status == 401 && asked.code() == "unauthenticated";
        assert_eq!(wants_one, takes("session"), "{name}: {asked:?}");
        if takes("session") {
            let asked = operation.ask(&program);
            let wants_session = asked.status == 403 && asked.code() == "needs_session";
            assert_eq!(wants_session, !takes("app_password"), "{name}: {asked:?}");
        }
    }
}

#[test]
fn the_page_needs_nothing_from_elsewhere() {
    let house = TestHouse::new();
    let page = house.wire().ask("GET", "/api/docs/", &[], "");
    assert_eq!(page.status, 200, "{page:?}");
    let text = page.text();
    assert!(!text.contains("http://") && !text.contains("https://"), "{text}");
    let script = house.wire().ask("GET", "/api/docs/swagger-initializer.js", &[], "").text();
    assert!(script.contains("/api/v1/openapi.json"), "{script}");
    assert_eq!(house.wire().ask("GET", "/api/docs/swagger-ui-bundle.js", &[], "").status, 200);
}
