//! Locks between the members of a project, and conditions that speak of other trees.

use super::Team;
use crate::webdav::{holding, lockinfo, token_of};

#[test]
fn what_one_member_has_locked_the_others_find_locked() {
    let (team, _) = Team::with_bridge();
    let (ann, sam) = (team.person("ann"), team.person("sam"));
    let path = "/Projects/Bridge/report.docx";
    assert_eq!(ann.put(path, "one"), 201);
    let locked = ann.ask("LOCK", path, &[("Depth", "0")], lockinfo("exclusive"));
    assert_eq!(locked.status, 200);
    assert!(locked.text().contains("<D:href>/dav/Projects/Bridge/report.docx</D:href>"), "{}", locked.text());
    let token = token_of(&locked);
    assert_eq!(sam.put(path, "two"), 423);
    assert_eq!(sam.ask("PUT", path, &[("If", &holding(&token))], "two").status, 423);
    assert_eq!(sam.moves(path, "/mine.docx"), 423);
    assert!(sam.propfind("/Projects/Bridge", "1", "<D:lockdiscovery/>").text().contains(&token));
    assert_eq!(ann.ask("PUT", path, &[("If", &holding(&token))], "three").status, 204);
    assert_eq!(ann.ask("UNLOCK", path, &[("Lock-Token", &format!("<{token}>"))], "").status, 204);
    assert_eq!(sam.put(path, "four"), 204);
}

#[test]
fn the_root_of_a_lock_above_is_named_as_the_client_knows_it() {
    let (team, _) = Team::with_bridge();
    let ann = team.person("ann");
    assert_eq!(ann.does("MKCOL", "/Projects/Bridge/f"), 201);
    assert_eq!(ann.put("/Projects/Bridge/f/a.txt", "a"), 201);
    let locked = ann.ask("LOCK", "/Projects/Bridge/f", &[], lockinfo("exclusive"));
    assert_eq!(locked.status, 200);
    let found = ann.propfind("/Projects/Bridge/f/a.txt", "0", "<D:lockdiscovery/>");
    assert!(
        found.text().contains("<D:lockroot><D:href>/dav/Projects/Bridge/f/</D:href>"),
        "{}",
        found.text()
    );
}

#[test]
fn a_condition_may_speak_of_a_file_in_another_tree() {
    let (team, _) = Team::with_bridge();
    let (ann, oda) = (team.person("ann"), team.person("oda"));
    assert_eq!(ann.put("/Projects/Bridge/a.txt", "a"), 201);
    let etag = ann.property("/Projects/Bridge/a.txt", "getetag");
    let tagged = format!("</dav/Projects/Bridge/a.txt> ([{etag}])");
    assert_eq!(ann.ask("PUT", "/b.txt", &[("If", &tagged)], "b").status, 201);
    assert_eq!(ann.put("/Projects/Bridge/a.txt", "changed"), 204);
    assert_eq!(ann.ask("PUT", "/b.txt", &[("If", &tagged)], "c").status, 412);
    // To somebody else there is nothing.
    assert_eq!(oda.ask("PUT", "/b.txt", &[("If", &tagged)], "b").status, 412);
}

#[test]
fn a_lock_does_not_move_into_another_tree() {
    let (team, _) = Team::with_bridge();
    let (ann, sam) = (team.person("ann"), team.person("sam"));
    let from = "/Projects/Bridge/a.txt";
    assert_eq!(ann.put(from, "a"), 201);
    let token = token_of(&ann.ask("LOCK", from, &[("Depth", "0")], lockinfo("exclusive")));
    let headers = [("Destination", "/dav/a.txt"), ("If", &holding(&token))];
    assert_eq!(ann.ask("MOVE", from, &headers, "").status, 201);
    assert_eq!(team.number("SELECT COUNT(*) FROM locks"), 0);
    assert_eq!(sam.put(from, "of Sam"), 201);
    assert_eq!(ann.put("/a.txt", "free"), 204);
}
