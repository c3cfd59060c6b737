//! Moves and copies between trees: each is charged where it arrives, and what is moved lies in the trash it came from.

use std::thread;

use super::Team;

const USED: &str = "SELECT COALESCE(SUM(used_bytes), 0) FROM spaces WHERE owner_id IS";

fn used(team: &Team) -> (i64, i64) {
    (team.number(&format!("{USED} NOT NULL")), team.number(&format!("{USED} NULL")))
}

#[test]
fn a_folder_is_moved_into_a_project_and_can_be_taken_back_out_of_the_trash() {
    let (team, _) = Team::with_bridge();
    let sam = team.person("sam");
    for path in ["/f", "/f/g", "/f/empty"] {
        assert_eq!(sam.does("MKCOL", path), 201);
    }
    for (path, body) in
        [("/f/a.txt", "aaa"), ("/f/g/b.txt", "bbbb"), ("/f/.DS_Store", "ds"), ("/._f", "of f")]
    {
        assert_eq!(sam.put(path, body), 201);
    }
    let set = "<D:propertyupdate xmlns:D='DAV:'><D:set><D:prop><x xmlns='urn:x'>kept</x>\
               <D:creationdate>2020-01-02T03:04:05Z</D:creationdate></D:prop></D:set></D:propertyupdate>";
    assert_eq!(sam.ask("PROPPATCH", "/f/a.txt", &[], set).status, 207);
    assert_eq!(sam.moves("/f", "/Projects/Bridge/f"), 201);
    let vic = team.person("vic");
    assert_eq!(vic.get("/Projects/Bridge/f/g/b.txt"), (200, "bbbb".to_owned()));
    assert_eq!(vic.get("/Projects/Bridge/f/.DS_Store"), (200, "ds".to_owned()));
    assert_eq!(vic.get("/Projects/Bridge/._f"), (200, "of f".to_owned()));
    let found = vic.propfind("/Projects/Bridge/f/a.txt", "0", "<x xmlns='urn:x'/><D:creationdate/>");
    assert_eq!(found.first("x").as_deref(), Some("kept"));
    assert_eq!(found.first("creationdate").as_deref(), Some("2020-01-02T03:04:05Z"));
    for gone in ["/f", "/f/a.txt", "/._f"] {
        assert_eq!(sam.get(gone).0, 404, "{gone}");
    }
    // In the trash it counts as it did before, and in the project it is counted as well.
    assert_eq!(used(&team), (7, 7));
    assert_eq!(sam.moves("/.Trash/f", "/f"), 201);
    assert_eq!(sam.get("/f/g/b.txt"), (200, "bbbb".to_owned()));
    assert_eq!(sam.get("/._f"), (200, "of f".to_owned()));
    assert_eq!(used(&team), (7, 7));
}

#[test]
fn a_move_out_of_a_project_and_between_two_of_them_leaves_the_trash_of_each() {
    let (team, _) = Team::with_bridge();
    let tunnel = team.project("Tunnel", None);
    team.admit(tunnel, "sam", "staff", "Tunnel");
    let sam = team.person("sam");
    // The same path in both trees.
    assert_eq!(sam.put("/Projects/Bridge/a.txt", "a"), 201);
    assert_eq!(sam.moves("/Projects/Bridge/a.txt", "/Projects/Tunnel/a.txt"), 201);
    assert_eq!(sam.moves("/Projects/Tunnel/a.txt", "/a.txt"), 201);
    assert_eq!(sam.get("/a.txt"), (200, "a".to_owned()));
    for project in ["Bridge", "Tunnel"] {
        assert_eq!(
            sam.list(&format!("/Projects/{project}/.Trash")),
            [format!("/dav/Projects/{project}/.Trash/a.txt")]
        );
    }
    assert_eq!(used(&team), (1, 2));
    let blobs = team.number("SELECT COUNT(*) FROM blobs WHERE live");
    assert_eq!(blobs, 1);
}

#[test]
fn what_is_replaced_goes_into_the_trash_where_it_was() {
    let (team, _) = Team::with_bridge();
    let sam = team.person("sam");
    assert_eq!(sam.put("/a.txt", "new"), 201);
    assert_eq!(sam.put("/Projects/Bridge/a.txt", "old"), 201);
    let headers = [("Destination", "/dav/Projects/Bridge/a.txt"), ("Overwrite", "F")];
    assert_eq!(sam.ask("MOVE", "/a.txt", &headers, "").status, 412);
    assert_eq!(sam.moves("/a.txt", "/Projects/Bridge/a.txt"), 204);
    assert_eq!(sam.get("/Projects/Bridge/a.txt"), (200, "new".to_owned()));
    assert_eq!(sam.get("/Projects/Bridge/.Trash/a.txt"), (200, "old".to_owned()));
    assert_eq!(sam.get("/.Trash/a.txt"), (200, "new".to_owned()));
}

#[test]
fn a_project_takes_no_more_than_its_quota_and_nothing_happens_when_it_is_full() {
    let team = Team::new();
    let small = team.project("Small", Some(10));
    team.admit(small, "sam", "staff", "Small");
    let sam = team.person("sam");
    assert_eq!(sam.property("/Projects/Small", "quota-available-bytes"), "10");
    for (path, body) in [("/six", "123456"), ("/five", "12345")] {
        assert_eq!(sam.put(path, body), 201);
    }
    assert_eq!(sam.moves("/six", "/Projects/Small/six"), 201);
    assert_eq!(sam.property("/Projects/Small", "quota-available-bytes"), "4");
    for method in ["MOVE", "COPY"] {
        assert_eq!(sam.relocate(method, "/five", "/Projects/Small/five").status, 507, "{method}");
    }
    assert_eq!(sam.put("/Projects/Small/five", "12345"), 507);
    assert_eq!(sam.get("/five").0, 200);
    assert_eq!(used(&team), (11, 6));
    assert_eq!(sam.put("/Projects/Small/four", "1234"), 201);
    assert_eq!(sam.property("/Projects/Small", "quota-available-bytes"), "0");
    // What its owner has of their own is not asked.
    assert_eq!(sam.put("/more", "more than ten bytes"), 201);
}

#[test]
fn a_system_file_that_gets_an_ordinary_name_in_another_tree_is_an_ordinary_file_there() {
    let (team, _) = Team::with_bridge();
    let sam = team.person("sam");
    assert_eq!(sam.put("/._a", "companion"), 201);
    assert_eq!(sam.relocate("COPY", "/._a", "/Projects/Bridge/copied").status, 201);
    assert_eq!(sam.moves("/._a", "/Projects/Bridge/moved"), 201);
    assert_eq!(sam.get("/._a").0, 404);
    for path in ["/Projects/Bridge/copied", "/Projects/Bridge/moved"] {
        assert_eq!(sam.get(path), (200, "companion".to_owned()));
    }
    assert_eq!(used(&team), (0, 18));
}

#[test]
fn a_whole_project_can_be_copied_and_not_moved() {
    let (team, _) = Team::with_bridge();
    let vic = team.person("vic");
    assert_eq!(team.person("sam").put("/Projects/Bridge/a.txt", "a"), 201);
    assert_eq!(vic.relocate("COPY", "/Projects/Bridge", "/Bridge").status, 201);
    assert_eq!(vic.get("/Bridge/a.txt"), (200, "a".to_owned()));
    assert_eq!(team.person("sam").moves("/Projects/Bridge", "/Bridge"), 403);
}

#[test]
fn a_move_costs_as_many_statements_for_a_hundred_files_as_for_one() {
    let (team, _) = Team::with_bridge();
    let sam = team.person("sam");
    let costs = |folder: &str, files: usize| {
        assert_eq!(sam.does("MKCOL", folder), 201);
        for number in 0..files {
            assert_eq!(sam.put(&format!("{folder}/{number}"), "x"), 201);
        }
        let to = format!("/Projects/Bridge{folder}");
        let (status, statements) = team.house.statements(|| sam.moves(folder, &to));
        assert_eq!(status, 201);
        statements
    };
    let one = costs("/one", 1);
    assert_eq!(costs("/many", 100), one);
}

#[test]
fn moves_in_opposite_directions_all_come_to_their_end() {
    let (team, _) = Team::with_bridge();
    let tunnel = team.project("Tunnel", None);
    team.admit(tunnel, "sam", "staff", "Tunnel");
    let sam = team.person("sam");
    const FILES: usize = 8;
    for project in ["Bridge", "Tunnel"] {
        for number in 0..FILES {
            assert_eq!(sam.put(&format!("/Projects/{project}/of-{project}-{number}"), "x"), 201);
        }
    }
    thread::scope(|scope| {
        for (from, to) in [("Bridge", "Tunnel"), ("Tunnel", "Bridge")] {
            let sam = &sam;
            scope.spawn(move || {
                for number in 0..FILES {
                    let name = format!("of-{from}-{number}");
                    let (from, to) = (format!("/Projects/{from}/{name}"), format!("/Projects/{to}/{name}"));
                    assert_eq!(sam.moves(&from, &to), 201);
                }
            });
        }
    });
    // Each counts where it is, and in the trash it came from.
    assert_eq!(used(&team), (0, 4 * FILES as i64));
    for (project, other) in [("Bridge", "Tunnel"), ("Tunnel", "Bridge")] {
        let expected: Vec<String> =
            (0..FILES).map(|number| format!("/dav/Projects/{project}/of-{other}-{number}")).collect();
        assert_eq!(sam.list(&format!("/Projects/{project}")), expected);
    }
}
