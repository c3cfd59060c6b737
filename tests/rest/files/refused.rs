//! What is refused, and how.

use serde_json::json;

use super::{id, make_folder, upload};
use crate::support::TestHouse;

const UNKNOWN: &str = "0192f5e0-0000-7000-8000-000000000000";

#[test]
fn names_that_are_none_are_refused() {
    let house = TestHouse::new().with_user("ann");
    let ann = house.api("ann");
    let file = id(&upload(&ann, "a", "1"));
    let long = "n".repeat(256);
    for (name, code) in [
        ("a/b", "invalid"),
        ("a\0b", "invalid"),
        ("", "invalid"),
        (".", "invalid"),
        ("..", "invalid"),
        (long.as_str(), "name_too_long"),
    ] {
        let renamed = ann.patch(&format!("/files/{file}"), &json!({"name": name}));
        assert_eq!((renamed.status, renamed.code().as_str()), (400, code), "{name:?}");
        let made = ann.post("/folders", &json!({"parent": "home", "name": name}));
        assert_eq!((made.status, made.code().as_str()), (400, code), "{name:?}");
    }
    assert_eq!(ann.ask("POST", "/files", &[], "1").status, 400, "a file without a name");
    assert_eq!(ann.ask("POST", "/files?name=a%2Fb", &[], "1").status, 400);
    let virtual_name = ann.post("/folders", &json!({"parent": "home", "name": ".Trash"}));
    assert_eq!(virtual_name.status, 403);
}

#[test]
fn what_is_unknown_or_anothers_is_not_found() {
    let house = TestHouse::new().with_user("bob").with_user("ann");
    let (ann, bob) = (house.api("ann"), house.api("bob"));
    let (file, folder) = (id(&upload(&ann, "a", "1")), make_folder(&ann, "home", "f"));
    let own = id(&upload(&bob, "b", "1"));
    for (file, folder) in [(file.as_str(), folder.as_str()), (UNKNOWN, UNKNOWN), ("x", "x")] {
        for path in [
            format!("/files/{file}"),
            format!("/files/{file}/content"),
            format!("/files/{file}/versions"),
            format!("/folders/{folder}"),
            format!("/folders/{folder}/children"),
        ] {
            assert_eq!((bob.get(&path).status, bob.get(&path).code().as_str()), (404, "not_found"), "{path}");
        }
        assert_eq!(bob.delete(&format!("/files/{file}")).status, 404);
        assert_eq!(bob.patch(&format!("/files/{file}"), &json!({"name": "x"})).status, 404);
        assert_eq!(bob.patch(&format!("/files/{own}"), &json!({"folder": folder})).status, 404);
        assert_eq!(bob.ask("POST", &format!("/files?folder={folder}&name=x"), &[], "x").status, 404);
        assert_eq!(bob.ask("PUT", &format!("/files/{file}/content"), &[], "x").status, 404);
    }
    assert_eq!(house.anonymous_api().get(&format!("/files/{file}")).status, 401);
    assert_eq!(house.get("/a").text(), "1");
}

#[test]
fn a_folder_is_no_file_and_the_top_stays() {
    let house = TestHouse::new().with_user("ann");
    let ann = house.api("ann");
    let (file, folder) = (id(&upload(&ann, "a", "1")), make_folder(&ann, "home", "f"));
    assert_eq!(ann.get(&format!("/files/{folder}/content")).status, 404);
    assert_eq!(ann.get(&format!("/folders/{file}")).status, 404);
    assert_eq!(ann.get(&format!("/folders/{file}/children")).status, 400);
    assert_eq!(ann.patch(&format!("/files/{file}"), &json!({"folder": file})).status, 400);
    let below = make_folder(&ann, &folder, "below");
    assert_eq!(ann.patch(&format!("/folders/{folder}"), &json!({"folder": below})).status, 403);
    assert_eq!(ann.delete("/folders/home").status, 403);
    assert_eq!(ann.delete("/folders/home?permanent=true").status, 403);
    assert_eq!(ann.patch("/folders/home", &json!({"name": "x"})).status, 403);
    assert_eq!(ann.get("/folders/home/children?order=removed").status, 400);
    assert_eq!(ann.get("/folders/home/children?limit=0").status, 400);
}
