//! Clients that go away the moment they have asked for something: it is done, or it is not.

use super::{head, sent, varied_bytes, wait_for_uploads, wait_until};
use crate::support::TestHouse;

const ROUNDS: u64 = 20;

#[test]
fn a_folder_whose_mover_hangs_up_is_in_one_place_with_all_its_files() {
    let house = TestHouse::new().with_user("ann");
    house.mkcol("/a");
    for number in 0..5 {
        house.put(&format!("/a/{number}"), number.to_string());
    }
    for _ in 0..ROUNDS {
        let from = place(&house);
        let to = if from == "a" { "b" } else { "a" };
        let headers = [("Destination", format!("/dav/{to}")), ("Overwrite", "F".to_owned())];
        let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
        drop(sent(&house, head(&house, "MOVE", &format!("/{from}"), &headers)));
    }
    // The last one may still be on its way, so it is asked in both places until it is in one.
    let members =
        || ["/a", "/b"].map(|path| house.propfind(path, "1", "")).map(|answer| answer.texts("href").len());
    wait_until("the folder is whole in one place", || matches!(members(), [6, 0] | [0, 6]));
}

/// The one place the folder is in, at any moment.
#[track_caller]
fn place(house: &TestHouse) -> String {
    let names = house.list("/");
    assert!(names == ["a"] || names == ["b"], "{names:?}");
    names.into_iter().next().unwrap()
}

#[test]
fn a_file_whose_deleter_hangs_up_is_there_or_gone() {
    let house = TestHouse::new().with_user("ann");
    for round in 0..ROUNDS {
        let content = round.to_string();
        house.put("/file", &content);
        drop(sent(&house, head(&house, "DELETE", "/file", &[])));
        let answer = house.get("/file");
        assert!(answer.status == 404 || answer.text() == content, "{answer:?}");
    }
    house.delete("/file");
    wait_until("the file is gone", || house.list("/").is_empty());
}

#[test]
fn a_file_whose_uploader_hangs_up_after_the_last_byte_is_the_old_or_the_new_one() {
    let house = TestHouse::new().with_user("ann");
    let contents = (0..=ROUNDS).map(|seed| varied_bytes(seed, 300_000)).collect::<Vec<_>>();
    house.put("/file", &contents[0]);
    for content in &contents[1..] {
        let head = head(&house, "PUT", "/file", &[("Content-Length", &content.len().to_string())]);
        drop(sent(&house, [head.as_bytes(), content].concat()));
        let held = house.get("/file").body;
        assert!(contents.contains(&held), "a file of {} bytes that nobody sent", held.len());
    }
    wait_for_uploads(&house, 0);
    assert!(contents.contains(&house.get("/file").body));
    assert_eq!(house.list("/"), ["file"]);
}
