//! The description of the API, and the page to try it out.

use crate::support::TestHouse;

#[test]
fn the_description_is_served_and_whole() {
    let house = TestHouse::new();
    let answer = house.wire().ask("GET", "/api/v1/openapi.json", &[], "");
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    let document = answer.json();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let said = |key: &str| operation[key].as_str().is_some_and(|text| !text.is_empty());
            assert!(said("summary") && said("operationId"), "{method} {path} says nothing of itself");
            assert_eq!(operation["tags"].as_array().map(Vec::len), Some(1), "{method} {path}");
            assert!(operation["responses"]["default"].is_object(), "{method} {path} tells of no errors");
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
