//! What each role may do in a project, from the moment it is given to the moment it is taken away.

use super::Team;
use crate::webdav::{MINI_REDIR, lockinfo};

/// What changes something.
const CHANGES: [(&str, &str); 6] = [
    ("PUT", "/Projects/Bridge/new.txt"),
    ("PUT", "/Projects/Bridge/a.txt"),
    ("MKCOL", "/Projects/Bridge/folder"),
    ("DELETE", "/Projects/Bridge/a.txt"),
    ("PROPPATCH", "/Projects/Bridge/a.txt"),
    ("LOCK", "/Projects/Bridge/a.txt"),
];

fn body(method: &str) -> String {
    match method {
        "LOCK" => lockinfo("exclusive"),
        "PROPPATCH" => {
            "<D:propertyupdate xmlns:D='DAV:'><D:set><D:prop><x xmlns='urn:x'>1</x></D:prop></D:set>\
                        </D:propertyupdate>"
                .to_owned()
        }
        _ => String::new(),
    }
}

#[test]
fn a_viewer_reads_everything_and_changes_nothing() {
    let (team, _) = Team::with_bridge();
    assert_eq!(team.person("sam").put("/Projects/Bridge/a.txt", "a"), 201);
    let vic = team.person("vic");
    assert_eq!(vic.put("/mine.txt", "mine"), 201);
    let before = team.number("SELECT SUM(seq) FROM spaces");
    assert_eq!(vic.get("/Projects/Bridge/a.txt"), (200, "a".to_owned()));
    assert_eq!(vic.list("/Projects/Bridge"), ["/dav/Projects/Bridge/a.txt"]);
    for (method, path) in CHANGES {
        let answer = vic.ask(method, path, &[MINI_REDIR], body(method));
        assert_eq!(answer.status, 403, "{method} {path}");
        assert!(answer.text().contains("not change it"), "{method}: {}", answer.text());
    }
    for (method, from, to) in [
        ("MOVE", "/Projects/Bridge/a.txt", "/Projects/Bridge/b.txt"),
        ("MOVE", "/Projects/Bridge/a.txt", "/taken.txt"),
        ("MOVE", "/mine.txt", "/Projects/Bridge/mine.txt"),
        ("COPY", "/mine.txt", "/Projects/Bridge/mine.txt"),
    ] {
        assert_eq!(vic.relocate(method, from, to).status, 403, "{method} {from} {to}");
    }
    assert_eq!(team.number("SELECT SUM(seq) FROM spaces"), before);
    assert_eq!(vic.relocate("COPY", "/Projects/Bridge/a.txt", "/copy.txt").status, 201);
    assert_eq!(vic.get("/copy.txt"), (200, "a".to_owned()));
}

#[test]
fn staff_and_admins_write() {
    let (team, _) = Team::with_bridge();
    for name in ["ann", "sam"] {
        let person = team.person(name);
        assert_eq!(person.does("MKCOL", &format!("/Projects/Bridge/{name}")), 201);
        assert_eq!(person.put(&format!("/Projects/Bridge/{name}/a.txt"), name), 201);
    }
    let vic = team.person("vic");
    assert_eq!(vic.get("/Projects/Bridge/ann/a.txt"), (200, "ann".to_owned()));
    assert_eq!(team.person("ann").moves("/Projects/Bridge/sam/a.txt", "/Projects/Bridge/b.txt"), 201);
    assert_eq!(vic.get("/Projects/Bridge/b.txt"), (200, "sam".to_owned()));
}

#[test]
fn a_stranger_finds_nothing_whatever_they_ask() {
    let (team, _) = Team::with_bridge();
    assert_eq!(team.person("ann").put("/Projects/Bridge/a.txt", "a"), 201);
    let oda = team.person("oda");
    for method in ["GET", "PROPFIND", "DELETE", "PUT", "MKCOL", "LOCK", "UNLOCK", "PROPPATCH", "REPORT"] {
        for path in ["/Projects/Bridge/a.txt", "/Projects/Nothing/a.txt"] {
            let answer = oda.ask(method, path, &[("Depth", "0")], body(method));
            assert_eq!(answer.status, 404, "{method} {path}");
        }
    }
    for method in ["GET", "PROPFIND", "DELETE"] {
        assert_eq!(oda.does(method, "/Projects/Bridge"), 404, "{method}");
    }
    assert_eq!(oda.relocate("COPY", "/Projects/Bridge/a.txt", "/a.txt").status, 404);
    assert_eq!(oda.put("/b.txt", "b"), 201);
    assert_eq!(oda.moves("/b.txt", "/Projects/Bridge/b.txt"), 409);
    assert_eq!(oda.get("/b.txt").0, 200);
}

#[test]
fn members_see_a_project_at_once_and_not_any_more_once_they_are_out() {
    let (team, bridge) = Team::with_bridge();
    let (ann, oda) = (team.person("ann"), team.person("oda"));
    assert_eq!(ann.put("/Projects/Bridge/a.txt", "a"), 201);
    assert_eq!(oda.get("/Projects/Bridge/a.txt").0, 404);
    team.admit(bridge, "oda", "editor", "Bridge");
    assert_eq!(oda.put("/Projects/Bridge/a.txt", "of Oda"), 204);
    team.alter("DELETE FROM project_members WHERE user_id = (SELECT id FROM users WHERE name = 'oda')");
    assert_eq!(oda.get("/Projects/Bridge/a.txt").0, 404);
    assert_eq!(oda.put("/Projects/Bridge/a.txt", "again"), 404);
    assert_eq!(ann.get("/Projects/Bridge/a.txt"), (200, "of Oda".to_owned()));
}

#[test]
fn a_project_that_is_not_in_use_or_was_removed_is_in_nobodys_drive() {
    let (team, _) = Team::with_bridge();
    let (ann, vic) = (team.person("ann"), team.person("vic"));
    assert_eq!(ann.put("/Projects/Bridge/a.txt", "a"), 201);
    for (hide, show) in [
        ("UPDATE projects SET active = FALSE", "UPDATE projects SET active = TRUE"),
        ("UPDATE projects SET removed_ms = 1", "UPDATE projects SET removed_ms = NULL"),
    ] {
        team.alter(hide);
        for person in [&ann, &vic] {
            assert_eq!(person.get("/Projects/Bridge/a.txt").0, 404);
            assert_eq!(person.list("/Projects"), Vec::<String>::new());
        }
        assert_eq!(ann.put("/Projects/Bridge/a.txt", "b"), 404);
        team.alter(show);
        assert_eq!(vic.get("/Projects/Bridge/a.txt"), (200, "a".to_owned()));
    }
}

#[test]
fn an_admin_of_the_house_has_no_more_in_the_drive_than_a_member_has() {
    let (team, _) = Team::with_bridge();
    team.alter("UPDATE users SET role = 'admin' WHERE name IN ('oda', 'vic')");
    assert_eq!(team.person("oda").does("PROPFIND", "/Projects/Bridge"), 404);
    assert_eq!(team.person("vic").put("/Projects/Bridge/a.txt", "a"), 403);
}

#[test]
fn a_read_only_app_password_reads_and_changes_nothing_anywhere() {
    let (team, _) = Team::with_bridge();
    let sam = team.person("sam");
    for path in ["/a.txt", "/Projects/Bridge/a.txt"] {
        assert_eq!(sam.put(path, "a"), 201);
    }
    team.alter("UPDATE app_passwords SET read_only = TRUE");
    team.house.run(team.house.backends().coordination.announce_revocation());
    for path in ["/a.txt", "/Projects/Bridge/a.txt"] {
        assert_eq!(sam.get(path), (200, "a".to_owned()));
        for method in ["PUT", "DELETE", "LOCK", "PROPPATCH"] {
            assert_eq!(sam.ask(method, path, &[], body(method)).status, 403, "{method} {path}");
        }
        assert_eq!(sam.moves(path, "/b.txt"), 403);
        assert_eq!(sam.relocate("COPY", path, "/b.txt").status, 403);
    }
    assert_eq!(sam.does("MKCOL", "/folder"), 403);
    assert_eq!(sam.does("DELETE", "/.Trash/none"), 403);
}
