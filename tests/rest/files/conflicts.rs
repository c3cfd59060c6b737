//! Two files that meet, folders, moving, the trash and versions.

use serde_json::{Value, json};

use super::{id, make_folder, names, put, upload};
use crate::support::TestHouse;

#[test]
fn a_file_that_meets_another_gets_a_number_replaces_it_or_is_refused() {
    let house = TestHouse::new().with_user("ann");
    let ann = house.api("ann");
    upload(&ann, "photo.jpg", "1");
    let second = upload(&ann, "photo.jpg", "2");
    assert_eq!(second["name"], "photo (1).jpg");
    assert_eq!(upload(&ann, "photo.jpg", "3")["name"], "photo (2).jpg");
    upload(&ann, "a.tar.gz", "1");
    assert_eq!(upload(&ann, "a.tar.gz", "2")["name"], "a (1).tar.gz");
    let refused = put(&ann, "home", "photo.jpg", "fail", "4");
    assert_eq!((refused.status, refused.code().as_str()), (409, "name_taken"));
    let replaced = put(&ann, "home", "photo.jpg", "replace", "5");
    assert_eq!((replaced.status, &replaced.json()["name"]), (201, &json!("photo.jpg")));
    assert_eq!(house.get("/photo.jpg").text(), "5");
    let folder = make_folder(&ann, "home", "photo.jpg");
    assert_eq!(ann.get(&format!("/folders/{folder}")).json()["name"], "photo.jpg (1)");
}

#[test]
fn what_is_meant_is_moved_renamed_copied_removed_and_restored_wherever_it_is() {
    let house = TestHouse::new().with_user("ann");
    let ann = house.api("ann");
    let (folder, file) = (make_folder(&ann, "home", "f"), id(&upload(&ann, "a.txt", "a")));
    let moved = ann.patch(&format!("/files/{file}"), &json!({"folder": folder, "name": "b.txt"}));
    assert_eq!((moved.status, &moved.json()["name"]), (200, &json!("b.txt")), "{moved:?}");
    assert_eq!(house.get("/f/b.txt").text(), "a");
    // Somebody moves the folder by the other door.
    assert_eq!(house.relocate("MOVE", "/f", "/g").status, 201);
    let copy = ann.post(&format!("/files/{file}/copy"), &json!({}));
    assert_eq!((copy.status, &copy.json()["name"]), (201, &json!("b (1).txt")), "{copy:?}");
    assert_eq!(names(&ann, &format!("/folders/{folder}/children")), ["b (1).txt", "b.txt"]);
    assert_eq!(ann.delete(&format!("/files/{file}")).status, 204);
    assert_eq!(ann.get(&format!("/files/{file}")).status, 404);
    let trash = ann.get("/trash").json();
    assert_eq!(
        (&trash["entries"][0]["id"], &trash["entries"][0]["origin"]),
        (&json!(file), &json!("/g/b.txt"))
    );
    let restored = ann.post(&format!("/trash/{file}/restore"), &json!({}));
    assert_eq!((restored.status, &restored.json()["folder"]), (200, &json!(folder)), "{restored:?}");
    assert_eq!(house.get("/g/b.txt").text(), "a");
    assert_eq!(ann.delete(&format!("/files/{file}?permanent=true")).status, 204);
    assert_eq!(ann.get("/trash").json()["entries"], json!([]));
    assert_eq!(ann.delete(&format!("/folders/{folder}")).status, 204);
    assert_eq!(ann.delete("/trash").json()["purged"], json!(1));
    assert_eq!(names(&ann, "/folders/home/children"), [""; 0]);
}

#[test]
fn an_entry_whose_folder_is_gone_is_restored_elsewhere() {
    let house = TestHouse::new().with_user("ann");
    let ann = house.api("ann");
    let folder = make_folder(&ann, "home", "f");
    let file = id(&put(&ann, &folder, "a", "fail", "a").json());
    assert_eq!(ann.delete(&format!("/files/{file}")).status, 204);
    assert_eq!(ann.delete(&format!("/folders/{folder}")).status, 204);
    let path = format!("/trash/{file}/restore");
    assert_eq!(ann.post(&path, &json!({})).code(), "parent_missing");
    let restored = ann.post(&path, &json!({"folder": "home", "name": "b"}));
    assert_eq!((restored.status, house.get("/b").text().as_str()), (200, "a"), "{restored:?}");
}

#[test]
fn an_earlier_version_is_listed_read_and_restored() {
    let house = TestHouse::new().with_user("ann");
    let ann = house.api("ann");
    let file = id(&upload(&ann, "a", "first"));
    assert_eq!(ann.ask("PUT", &format!("/files/{file}/content"), &[], "second").status, 200);
    let versions = ann.get(&format!("/files/{file}/versions")).json()["entries"].clone();
    assert_eq!(versions.as_array().map(Vec::len), Some(2), "{versions}");
    assert_eq!(versions[0]["replaced_at"], Value::Null);
    let first = format!("/files/{file}/versions/{}", versions[1]["id"]);
    assert_eq!(ann.get(&format!("{first}/content")).text(), "first");
    assert_eq!(ann.post(&format!("{first}/restore"), &Value::Null).status, 200);
    assert_eq!(ann.get(&format!("/files/{file}/content")).text(), "first");
    assert_eq!(ann.get(&format!("/files/{file}/versions/999999/content")).status, 404);
}

#[test]
fn names_are_found_in_any_case_a_page_at_a_time() {
    let house = TestHouse::new().with_user("ann");
    let ann = house.api("ann");
    let folder = make_folder(&ann, "home", "f");
    for name in ["%C3%9Cber*.txt", "%C3%BCBER*2", "uber*", "other"] {
        assert_eq!(put(&ann, &folder, name, "fail", name).status, 201);
    }
    assert_eq!(names(&ann, "/search?q=%C3%BCber*"), ["Über*.txt", "üBER*2"]);
    let page = ann.get("/search?q=BER&limit=2&order=-name&total=true").json();
    assert_eq!((page["entries"].as_array().map(Vec::len), &page["total"]), (Some(2), &json!(3)));
    let next = format!("/search?q=BER&limit=2&order=-name&cursor={}", page["next"].as_str().unwrap());
    assert_eq!(names(&ann, &next).len(), 1);
    assert_eq!(names(&ann, &format!("/folders/{folder}/children?order=-size&kind=file")).len(), 4);
    assert_eq!(ann.get("/search?q=").status, 400);
    assert_eq!(ann.get("/search?q=a/b").status, 400);
}

#[test]
fn a_list_costs_as_many_statements_however_much_is_in_it() {
    let house = TestHouse::new().with_user("ann");
    let ann = house.api("ann");
    let counted = |path: &str| {
        ann.get(path);
        house.statements(|| assert_eq!(ann.get(path).status, 200)).1
    };
    let lists = ["/folders/home/children?total=true", "/search?q=a&total=true", "/trash?total=true"];
    let few: Vec<u64> = {
        upload(&ann, "a", "1");
        assert_eq!(ann.delete(&format!("/files/{}", id(&upload(&ann, "ab", "2")))).status, 204);
        lists.iter().map(|path| counted(path)).collect()
    };
    for number in 0..12 {
        upload(&ann, &format!("a{number}"), "1");
        assert_eq!(
            ann.delete(&format!("/files/{}", id(&upload(&ann, &format!("ab{number}"), "2")))).status,
            204
        );
    }
    let many: Vec<u64> = lists.iter().map(|path| counted(path)).collect();
    assert_eq!(many, few);
}
