//! What is in a project is a tree like one's own: with a trash, a history and changes to be synchronized.

use super::Team;

#[test]
fn a_project_has_a_trash_of_its_own() {
    let (team, _) = Team::with_bridge();
    let (ann, sam, vic) = (team.person("ann"), team.person("sam"), team.person("vic"));
    assert_eq!(sam.put("/Projects/Bridge/a.txt", "a"), 201);
    assert_eq!(sam.does("DELETE", "/Projects/Bridge/a.txt"), 204);
    assert_eq!(ann.list("/Projects/Bridge/.Trash"), ["/dav/Projects/Bridge/.Trash/a.txt"]);
    assert_eq!(sam.list("/.Trash"), Vec::<String>::new());
    assert_eq!(vic.get("/Projects/Bridge/.Trash/a.txt"), (200, "a".to_owned()));
    assert_eq!(vic.moves("/Projects/Bridge/.Trash/a.txt", "/Projects/Bridge/a.txt"), 403);
    assert_eq!(vic.does("DELETE", "/Projects/Bridge/.Trash/a.txt"), 403);
    // It is copied out of there, or goes back to where it was.
    assert_eq!(ann.moves("/Projects/Bridge/.Trash/a.txt", "/a.txt"), 403);
    assert_eq!(ann.relocate("COPY", "/Projects/Bridge/.Trash/a.txt", "/a.txt").status, 201);
    assert_eq!(ann.moves("/Projects/Bridge/.Trash/a.txt", "/Projects/Bridge/a.txt"), 201);
    assert_eq!(vic.get("/Projects/Bridge/a.txt"), (200, "a".to_owned()));
    assert_eq!(sam.does("DELETE", "/Projects/Bridge/a.txt"), 204);
    assert_eq!(sam.does("DELETE", "/Projects/Bridge/.Trash/a.txt"), 204);
    assert_eq!(team.number("SELECT SUM(used_bytes) FROM spaces WHERE owner_id IS NULL"), 0);
}

#[test]
fn a_project_has_a_history_of_its_own() {
    let (team, _) = Team::with_bridge();
    let (sam, vic) = (team.person("sam"), team.person("vic"));
    assert_eq!(sam.put("/Projects/Bridge/a.txt", "one"), 201);
    team.alter("UPDATE revisions SET at_ms = at_ms - 7200000 WHERE from_seq > 0");
    assert_eq!(sam.put("/Projects/Bridge/a.txt", "two"), 204);
    assert!(vic.list("/Projects/Bridge/.History").contains(&"/dav/Projects/Bridge/.History/1h/".to_owned()));
    assert_eq!(vic.list("/Projects/Bridge/.History/1h"), ["/dav/Projects/Bridge/.History/1h/a.txt"]);
    assert_eq!(vic.get("/Projects/Bridge/.History/1h/a.txt"), (200, "one".to_owned()));
    assert_eq!(vic.relocate("COPY", "/Projects/Bridge/.History/1h/a.txt", "/a.txt").status, 201);
    assert_eq!(vic.get("/a.txt"), (200, "one".to_owned()));
    assert_eq!(
        vic.relocate("COPY", "/Projects/Bridge/.History/1h/a.txt", "/Projects/Bridge/b.txt").status,
        403
    );
}

#[test]
fn a_project_is_synchronized_by_itself() {
    let (team, _) = Team::with_bridge();
    let (sam, vic) = (team.person("sam"), team.person("vic"));
    let sync = |token: &str| {
        let body = format!(
            "<D:sync-collection xmlns:D='DAV:'><D:sync-token>{token}</D:sync-token>\
             <D:sync-level>infinite</D:sync-level><D:prop><D:getetag/></D:prop></D:sync-collection>"
        );
        let answer = vic.ask("REPORT", "/Projects/Bridge", &[], body);
        assert_eq!(answer.status, 207, "{}", answer.text());
        (answer.first("sync-token").unwrap(), answer.texts("href"))
    };
    assert_eq!(sam.does("MKCOL", "/Projects/Bridge/f"), 201);
    assert_eq!(sam.put("/Projects/Bridge/f/a.txt", "a"), 201);
    let (token, told) = sync("");
    assert_eq!(told, ["/dav/Projects/Bridge/f/", "/dav/Projects/Bridge/f/a.txt"]);
    assert_eq!(sam.put("/elsewhere.txt", "x"), 201);
    assert_eq!(sync(&token).1, Vec::<String>::new());
    assert_eq!(sam.moves("/Projects/Bridge/f/a.txt", "/a.txt"), 201);
    assert_eq!(sync(&token).1, ["/dav/Projects/Bridge/f/", "/dav/Projects/Bridge/f/a.txt"]);
}
