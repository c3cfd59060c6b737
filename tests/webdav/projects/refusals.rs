//! `/Projects` itself, and the folders in it, are not made, renamed, deleted or written in the drive.

use super::Team;

#[test]
fn the_folders_themselves_stay_as_they_are_and_the_answer_says_where_they_are_changed() {
    let (team, _) = Team::with_bridge();
    let ann = team.person("ann");
    assert_eq!(ann.put("/a.txt", "a"), 201);
    for (method, path) in [
        ("PUT", "/Projects"),
        ("DELETE", "/Projects"),
        ("PROPPATCH", "/Projects"),
        ("LOCK", "/Projects"),
        ("PUT", "/Projects/new.txt"),
        ("PUT", "/Projects/._Bridge"),
        ("PUT", "/Projects/.DS_Store"),
        ("MKCOL", "/Projects/New"),
        ("LOCK", "/Projects/New"),
        ("DELETE", "/Projects/Bridge"),
    ] {
        let answer = ann.ask(method, path, &[], "");
        assert_eq!(answer.status, 403, "{method} {path}: {}", answer.text());
    }
    assert!(ann.ask("MKCOL", "/Projects/New", &[], "").text().contains("by the REST API"));
    for (from, to) in [
        ("/Projects", "/Mine"),
        ("/Projects/Bridge", "/Mine"),
        ("/Projects/Bridge", "/Projects/Other"),
        ("/a.txt", "/Projects"),
        ("/a.txt", "/Projects/a.txt"),
        ("/a.txt", "/Projects/Bridge"),
    ] {
        assert_eq!(ann.moves(from, to), 403, "{from} {to}");
    }
    assert_eq!(ann.does("MKCOL", "/Projects"), 405);
    assert_eq!(ann.does("MKCOL", "/Projects/Bridge"), 405);
    for probe in ["/._Projects", "/Projects/._Bridge", "/Projects/.DS_Store", "/Projects/desktop.ini"] {
        assert_eq!(ann.does("PROPFIND", probe), 404, "{probe}");
    }
    assert_eq!(ann.list("/Projects"), ["/dav/Projects/Bridge/"]);
    assert_eq!(ann.get("/a.txt").0, 200);
}

#[test]
fn nothing_of_ones_own_gets_the_name_and_in_a_project_it_is_one_like_any_other() {
    let (team, _) = Team::with_bridge();
    let oda = team.person("oda");
    assert_eq!(oda.does("MKCOL", "/Mine"), 201);
    assert_eq!(oda.moves("/Mine", "/Projects"), 403);
    assert_eq!(oda.does("MKCOL", "/projects"), 201);
    assert_eq!(oda.does("MKCOL", "/Mine/Projects"), 201);
    let ann = team.person("ann");
    assert_eq!(ann.does("MKCOL", "/Projects/Bridge/Projects"), 201);
    assert_eq!(ann.put("/Projects/Bridge/Projects/a.txt", "a"), 201);
    assert_eq!(team.person("vic").get("/Projects/Bridge/Projects/a.txt"), (200, "a".to_owned()));
    assert_eq!(ann.does("MKCOL", "/Projects/Bridge/.Trash"), 405);
}
