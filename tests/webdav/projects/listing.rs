//! What `/` and `/Projects` show of them.

use super::Team;
use crate::webdav::MINI_REDIR;

#[test]
fn the_folder_is_listed_for_whoever_is_a_member_of_something_and_mounts_the_drive() {
    let (team, _) = Team::with_bridge();
    let ann = team.person("ann");
    assert!(ann.list("/").contains(&"/dav/Projects/".to_owned()));
    assert!(!team.person("oda").list("/").iter().any(|href| href.contains("Projects")));
    // A program that copies all it sees is not shown what is others'.
    assert!(!ann.propfind("/", "1", "").text().contains("Projects"));
    assert_eq!(ann.propfind("/Projects", "0", "").status, 207);
    assert_eq!(team.person("oda").list("/Projects"), Vec::<String>::new());
}

#[test]
fn each_project_is_a_folder_under_the_name_it_has_for_the_member() {
    let (team, _) = Team::with_bridge();
    let other = team.project("Bridge", Some(5000));
    team.admit(other, "ann", "viewer", "Bridge (2)");
    team.admit(other, "sam", "staff", "Brücke");
    assert_eq!(
        team.person("ann").list("/Projects"),
        ["/dav/Projects/Bridge/", "/dav/Projects/Bridge%20%282%29/"]
    );
    let sam = team.person("sam");
    assert_eq!(sam.list("/Projects/"), ["/dav/Projects/Bridge/", "/dav/Projects/Br%C3%BCcke/"]);
    assert_eq!(sam.put("/Projects/Br%C3%BCcke/a.txt", "three"), 201);
    assert_eq!(team.person("ann").get("/Projects/Bridge%20%282%29/a.txt"), (200, "three".to_owned()));
    assert_eq!(sam.get("/Projects/Bridge/a.txt").0, 404);
    let answer =
        sam.propfind("/Projects", "1", "<D:displayname/><D:quota-used-bytes/><D:getetag/><D:creationdate/>");
    assert_eq!(answer.texts("displayname"), ["Projects", "Bridge", "Brücke"]);
    assert_eq!(answer.texts("quota-used-bytes")[1..], ["0", "5"]);
    assert_eq!(answer.texts("creationdate")[1], "1970-01-01T00:00:01Z");
    let etag = sam.property("/Projects/Br%C3%BCcke", "getetag");
    assert_eq!(answer.texts("getetag")[2], etag);
    let above = sam.property("/Projects", "getetag");
    assert_eq!(sam.put("/Projects/Br%C3%BCcke/b.txt", "b"), 201);
    assert_ne!(sam.property("/Projects/Br%C3%BCcke", "getetag"), etag);
    assert_ne!(sam.property("/Projects", "getetag"), above);
    let above = sam.property("/Projects", "getetag");
    team.alter("UPDATE project_members SET folder = 'Most' WHERE folder = 'Brücke'");
    assert_ne!(sam.property("/Projects", "getetag"), above, "it is called something else");
}

#[test]
fn windows_finds_them_in_any_case_and_sees_what_it_may_only_read() {
    let (team, _) = Team::with_bridge();
    let (ann, vic) = (team.person("ann"), team.person("vic"));
    assert_eq!(ann.put("/Projects/Bridge/Plan.txt", "plan"), 201);
    for path in ["/projects/bridge/plan.txt", "/PROJECTS/Bridge/PLAN.TXT"] {
        assert_eq!(vic.ask("GET", path, &[MINI_REDIR], "").text(), "plan", "{path}");
    }
    let attributes = |who: &super::Person<'_>| {
        let answer = who.ask("PROPFIND", "/Projects/Bridge", &[MINI_REDIR, ("Depth", "1")], "");
        answer.texts("Win32FileAttributes")
    };
    // The folder, its trash, and the file.
    assert_eq!(attributes(&ann), ["00000010", "00000010", "00000020"]);
    assert_eq!(attributes(&vic), ["00000011", "00000011", "00000021"]);
}

#[test]
fn a_listing_of_a_folder_of_ones_own_costs_what_it_did() {
    let (team, _) = Team::with_bridge();
    let sam = team.person("sam");
    assert_eq!(sam.put("/Projects/Bridge/a.txt", "a"), 201);
    sam.list("/");
    let counted = |path: &str| team.house.statements(|| sam.list(path)).1;
    // One more at the top, for whether there are any.
    assert_eq!(counted("/"), 4 + 1);
    // Two for the projects and what they come to, and one for all of them.
    assert_eq!(counted("/Projects"), 2 + 2 + 1);
}
