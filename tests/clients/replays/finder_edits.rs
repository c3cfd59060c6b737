//! macOS Finder changes things: copies in, saves, renames, deletes, and meets what is in its way.

use std::time::Duration;

use super::finder::{ask_for_lock, bare, is_empty, list, lock, mounted, stat, token, unlock, upload};
use super::readers::entry;
use super::script::Replay;
use super::state::{Held, age_locks, held, holds, revisions};
use super::{house, house_with_quota, varied};

/// Drops a file onto the volume, as recorded: requests 100 to 130 of the trace.
fn copy_in(mac: &mut Replay<'_>, folder: &str, name: &str, content: &[u8]) {
    let (file, double) = (format!("{folder}{name}"), format!("{folder}._{name}"));
    stat(mac, &file).gets(404);
    stat(mac, &file).gets(404);
    bare(mac, "PUT", &file).gets(201);
    stat(mac, &double).gets(404);
    lock_and_unlock(mac, &file);
    lock_and_unlock(mac, &file);
    stat(mac, &double).gets(404);
    bare(mac, "PUT", &double).gets(201);
    stat(mac, &double).gets(207);
    stat(mac, folder).gets(207);
    stat(mac, &file).gets(207);
    stat(mac, "/dav/._.").gets(404);
    // Begun anew: the attributes may stay, as they do here, or be gone with the empty file.
    bare(mac, "DELETE", &file).gets(204);
    let stayed = stat(mac, &double).gets_one_of(&[207, 404]) == 207;
    stat(mac, &file).gets(404);
    bare(mac, "PUT", &file).gets(201);
    let held = lock(mac, &file);
    upload(mac, &file, &held, content).gets(204);
    bare(mac, "PUT", &double).gets(if stayed { 204 } else { 201 });
    let attributes = lock(mac, &double);
    upload(mac, &double, &attributes, &varied(4096)).gets(204);
    unlock(mac, &double, &attributes);
    unlock(mac, &file, &held);
    lock_and_unlock(mac, &file);
    lock_and_unlock(mac, &file);
}

fn lock_and_unlock(mac: &mut Replay<'_>, target: &str) {
    let token = lock(mac, target);
    unlock(mac, target, &token);
}

#[test]
fn a_file_dropped_onto_the_volume_is_one_file_with_one_content() {
    let house = house();
    let mut mac = mounted(&house);
    bare(&mut mac, "MKCOL", "/dav/PDF%20Reports").gets(201);
    copy_in(&mut mac, "/dav/PDF%20Reports/", "Test%20File.txt", b"Nothing to see here!\n");
    assert_eq!(
        mac.ask("GET", "/dav/PDF%20Reports/Test%20File.txt").gets(200).text(),
        "Nothing to see here!\n"
    );
    assert!(mac.ask("GET", "/dav/PDF%20Reports/._Test%20File.txt").gets(200).body == varied(4096));
    let mut seen = list(&mut mac, "/dav/PDF%20Reports/");
    seen.sort_by_key(|entry| entry.bytes);
    assert_eq!(seen, [entry("Test File.txt", 21), entry("._Test File.txt", 4096)]);
    holds(&house, &[("PDF Reports/", 0, 0), ("PDF Reports/Test File.txt", 21, 1)]);
    assert_eq!(revisions(&house, "Test File.txt"), 1);
}

#[test]
fn a_large_file_comes_in_pieces_of_64_kib() {
    let house = house();
    let mut mac = mounted(&house);
    let film = varied(3_000_001);
    copy_in(&mut mac, "/dav/", "film.mov", &film);
    assert!(mac.ask("GET", "/dav/film.mov").gets(200).body == film);
    holds(&house, &[("film.mov", 3_000_001, 1)]);
}

#[test]
fn an_application_saves_a_file_in_place() {
    let house = house();
    house.put("/notes.txt", "first");
    let mut mac = mounted(&house);
    stat(&mut mac, "/dav/notes.txt").gets(207);
    // Opened without truncation: all of it is read first, and all of it is written.
    let held_token = lock(&mut mac, "/dav/notes.txt");
    assert_eq!(mac.ask("GET", "/dav/notes.txt").gets(200).text(), "first");
    let step = mac.ask("PUT", "/dav/notes.txt").with("If", format!("(<{held_token}>)"));
    let saved = step.body("first and second").gets(204);
    unlock(&mut mac, "/dav/notes.txt", &held_token);
    let read = mac.ask("GET", "/dav/notes.txt").gets(200);
    assert_eq!((read.text().as_str(), read.header("etag")), ("first and second", saved.header("etag")));
    let expected = Held::with(&[("notes.txt", 16, 2)]);
    assert_eq!(held(&house), expected.store(2, 21), "the first content is kept");
}

#[test]
fn a_save_by_way_of_a_temporary_folder_replaces_the_original() {
    let house = house();
    house.put("/letter.txt", "draft");
    let mut mac = mounted(&house);
    stat(&mut mac, "/dav/letter.txt.sb-1a2b3c4d-x").gets(404);
    bare(&mut mac, "MKCOL", "/dav/letter.txt.sb-1a2b3c4d-x").gets(201);
    let folder = "/dav/letter.txt.sb-1a2b3c4d-x/";
    stat(&mut mac, folder).gets(207);
    copy_in(&mut mac, folder, "letter.txt", b"final words");
    let temporary = format!("{folder}letter.txt");
    let to = mac.url("/dav/letter.txt");
    stat(&mut mac, "/dav/letter.txt").gets(207);
    // No Overwrite header: the original is to be replaced.
    bare(&mut mac, "MOVE", &temporary).with("Destination", to).gets(204);
    // Whether its attributes came along or not, Finder moves them by name.
    let double = mac.url("/dav/._letter.txt");
    let moved = format!("{folder}._letter.txt");
    stat(&mut mac, &moved).gets(404);
    bare(&mut mac, "MOVE", &moved).with("Destination", double).gets(404);
    assert!(is_empty(&mut mac, folder));
    bare(&mut mac, "DELETE", folder).gets(204);
    assert_eq!(mac.ask("GET", "/dav/letter.txt").gets(200).text(), "final words");
    assert!(mac.ask("GET", "/dav/._letter.txt").gets(200).body == varied(4096));
    let state = held(&house);
    assert_eq!(state.tree, Held::with(&[("letter.txt", 11, 1)]).tree);
    assert!(state.trash.contains(&"letter.txt".to_owned()), "the original is recoverable: {state:?}");
    assert_eq!((state.blobs, state.used_bytes, state.locks), (2, 16, 0));
}

#[test]
fn files_and_folders_are_renamed_and_moved_with_their_attributes() {
    let house = house();
    let mut mac = mounted(&house);
    bare(&mut mac, "MKCOL", "/dav/images").gets(201);
    copy_in(&mut mac, "/dav/images/", "a.png", b"image");
    for probe in ["Green%20iPad.png", "Green%20iPad.png"] {
        stat(&mut mac, &format!("/dav/images/{probe}")).gets(404);
    }
    stat(&mut mac, "/dav/images/._a.png").gets(207);
    let to = mac.url("/dav/images/Green%20iPad.png");
    bare(&mut mac, "MOVE", "/dav/images/a.png").with("Destination", to).gets(201);
    // The attributes went along with the file, so what Finder does next finds nothing and harms nothing.
    let double = mac.url("/dav/images/._Green%20iPad.png");
    bare(&mut mac, "MOVE", "/dav/images/._a.png").with("Destination", double).gets(404);
    stat(&mut mac, "/dav/images/._Green%20iPad.png").gets(207);
    stat(&mut mac, "/dav/images/a.png").gets(404);
    stat(&mut mac, "/dav/images/").gets(207);
    assert!(mac.ask("GET", "/dav/images/._Green%20iPad.png").gets(200).body == varied(4096));

    // A folder: the source with a slash, the destination without.
    stat(&mut mac, "/dav/Pictures").gets(404);
    let to = mac.url("/dav/Pictures");
    bare(&mut mac, "MOVE", "/dav/images/").with("Destination", to).gets(201);
    stat(&mut mac, "/dav/Pictures/").gets(207);
    assert_eq!(list(&mut mac, "/dav/Pictures/").len(), 2);
    holds(&house, &[("Pictures/", 0, 0), ("Pictures/Green iPad.png", 5, 1)]);
}

#[test]
fn attributes_may_be_moved_before_their_file() {
    let house = house();
    let mut mac = mounted(&house);
    copy_in(&mut mac, "/dav/", "a", b"content");
    for (from, to) in [("/dav/._a", "/dav/._b"), ("/dav/a", "/dav/b")] {
        let to = mac.url(to);
        bare(&mut mac, "MOVE", from).with("Destination", to).gets(201);
    }
    assert!(mac.ask("GET", "/dav/._b").gets(200).body == varied(4096));
    stat(&mut mac, "/dav/._a").gets(404);
    holds(&house, &[("b", 7, 1)]);
}

#[test]
fn a_destination_may_name_the_scheme_and_port_that_a_proxy_shows() {
    let house = house();
    house.put("/a", "content");
    let mut mac = mounted(&house);
    let host = mac.host();
    let name = host.split(':').next().unwrap().to_owned();
    for (from, to) in
        [("/dav/a", format!("https://{host}/dav/b")), ("/dav/b", format!("https://{name}:443/dav/c"))]
    {
        bare(&mut mac, "MOVE", from).with("Destination", to).gets(201);
    }
    holds(&house, &[("c", 7, 1)]);
}

#[test]
fn a_move_over_a_folder_looks_first_whether_that_is_empty() {
    let house = house();
    for folder in ["/new", "/old", "/full"] {
        house.mkcol(folder);
    }
    house.put("/new/a", "content");
    house.put("/full/b", "other");
    let mut mac = mounted(&house);
    assert!(!is_empty(&mut mac, "/dav/full/"));
    assert!(is_empty(&mut mac, "/dav/old/"));
    let to = mac.url("/dav/old/");
    bare(&mut mac, "MOVE", "/dav/new/").with("Destination", to).gets(204);
    let expected = Held::with(&[("full/", 0, 0), ("full/b", 5, 1), ("old/", 0, 0), ("old/a", 7, 1)]);
    assert_eq!(held(&house), expected.trash(&["old"]).store(2, 12));
}

#[test]
fn a_file_is_deleted_and_then_its_attributes() {
    let house = house();
    let mut mac = mounted(&house);
    copy_in(&mut mac, "/dav/", "a", b"content");
    bare(&mut mac, "DELETE", "/dav/a").gets(204);
    stat(&mut mac, "/dav/._a").gets(404);
    bare(&mut mac, "DELETE", "/dav/._a").gets(404);
    stat(&mut mac, "/dav/").gets(207);
    assert_eq!(list(&mut mac, "/dav/"), [entry(".Trash/", 0)]);
    assert_eq!(held(&house), Held::default().trash(&["a"]).store(1, 7));
}

#[test]
fn a_folder_is_emptied_name_by_name_and_deleted() {
    let house = house();
    let mut mac = mounted(&house);
    bare(&mut mac, "MKCOL", "/dav/images").gets(201);
    bare(&mut mac, "PUT", "/dav/images/.DS_Store").gets(201);
    copy_in(&mut mac, "/dav/images/", "a", b"content");
    assert!(!is_empty(&mut mac, "/dav/images/"));
    for entry in list(&mut mac, "/dav/images/") {
        // The attributes may be gone with their file when their turn comes.
        let target = format!("/dav/images/{}", entry.name);
        let status = if entry.name.starts_with("._") && is_gone(&mut mac, &target) { 404 } else { 204 };
        bare(&mut mac, "DELETE", &target).gets(status);
    }
    assert!(is_empty(&mut mac, "/dav/images/"));
    bare(&mut mac, "DELETE", "/dav/images/").gets(204);
    assert_eq!(held(&house), Held::default().trash(&["a", "images"]).store(1, 7));
}

fn is_gone(mac: &mut Replay<'_>, target: &str) -> bool {
    let house = mac.house;
    house.ask("HEAD", target.strip_prefix("/dav").unwrap(), &[], "").status == 404
}

#[test]
fn a_new_folder_gets_its_name() {
    let house = house();
    let mut mac = mounted(&house);
    stat(&mut mac, "/dav/untitled%20folder").gets(404);
    bare(&mut mac, "MKCOL", "/dav/untitled%20folder").gets(201);
    stat(&mut mac, "/dav/untitled%20folder/").gets(207);
    assert_eq!(list(&mut mac, "/dav/untitled%20folder/"), []);
    stat(&mut mac, "/dav/Backup").gets(404);
    let to = mac.url("/dav/Backup");
    bare(&mut mac, "MOVE", "/dav/untitled%20folder/").with("Destination", to).gets(201);
    bare(&mut mac, "MKCOL", "/dav/Backup").gets(405);
    holds(&house, &[("Backup/", 0, 0)]);
}

#[test]
fn a_lock_is_kept_alive_while_the_file_is_open() {
    let house = house();
    house.put("/a", "first");
    let mut mac = mounted(&house);
    let taken = lock(&mut mac, "/dav/a");
    for _ in 0..2 {
        // Every 300 seconds of the 600 it was granted for.
        age_locks(&house, Duration::from_secs(300));
        let step = mac.ask("LOCK", "/dav/a").with("Depth", "0").with("Timeout", "Second-600");
        let step = step.with("Content-Type", "text/xml").with("If", format!("(<{taken}>)"));
        let refreshed = step.body("").gets(200);
        assert_eq!(token(&refreshed), taken);
        assert!(refreshed.text().contains("<D:timeout>Second-600</D:timeout>"), "{}", refreshed.text());
    }
    upload(&mut mac, "/dav/a", &taken, b"second").gets(204);
    unlock(&mut mac, "/dav/a", &taken);
    assert_eq!(held(&house), Held::with(&[("a", 6, 2)]).store(2, 11));
}

/// A Mac that slept: Finder knows its token and the lock has run out. It would not tell the user that the save failed.
#[test]
fn a_save_with_a_lock_that_ran_out_meanwhile_is_not_lost() {
    let house = house();
    house.put("/a", "first");
    let mut mac = mounted(&house);
    let slept = lock(&mut mac, "/dav/a");
    age_locks(&house, Duration::from_secs(600 + 50 * 60));
    upload(&mut mac, "/dav/a", &slept, b"second").gets(204);
    assert_eq!(mac.ask("GET", "/dav/a").gets(200).text(), "second");

    let changed_by_others = lock(&mut mac, "/dav/a");
    age_locks(&house, Duration::from_secs(601));
    house.put("/a", "third");
    upload(&mut mac, "/dav/a", &changed_by_others, b"fourth").gets(412);

    let too_late = lock(&mut mac, "/dav/a");
    age_locks(&house, Duration::from_secs(600 + 61 * 60));
    upload(&mut mac, "/dav/a", &too_late, b"fifth").gets(412);
    assert_eq!(mac.ask("GET", "/dav/a").gets(200).text(), "third");
    let state = held(&house);
    assert_eq!((state.tree, state.blobs, state.used_bytes), (Held::with(&[("a", 5, 3)]).tree, 3, 16));
}

#[test]
fn a_full_quota_is_told_before_the_first_byte() {
    let house = house_with_quota(1000);
    house.put("/kept", varied(900));
    let mut mac = mounted(&house);
    let before = held(&house);
    for name in ["/dav/large.mov", "/dav/other.mov"] {
        stat(&mut mac, name).gets(404);
        bare(&mut mac, "PUT", name).gets(201);
        let taken = lock(&mut mac, name);
        upload(&mut mac, name, &taken, &varied(300_000)).gets_before_its_body(507);
        unlock(&mut mac, name, &taken);
        bare(&mut mac, "DELETE", name).gets(204);
    }
    // What was there is whole, and a refused overwrite leaves it so.
    let taken = lock(&mut mac, "/dav/kept");
    upload(&mut mac, "/dav/kept", &taken, &varied(300_000)).gets_before_its_body(507);
    unlock(&mut mac, "/dav/kept", &taken);
    assert!(mac.ask("GET", "/dav/kept").gets(200).body == varied(900));
    assert_eq!(held(&house), before);
}

#[test]
fn a_file_that_somebody_else_has_locked_stays_as_it_is() {
    let house = house();
    house.put("/a", "first");
    let other = house.ask("LOCK", "/a", &[("Depth", "0")], super::finder::LOCK_OF_ANOTHER);
    assert_eq!(other.status, 200);
    let mut mac = mounted(&house);
    ask_for_lock(&mut mac, "/dav/a").gets(423);
    let step =
        mac.ask("PUT", "/dav/a").with("X-Expected-Entity-Length", "300000").with("Connection", "close");
    step.coded("Chunked", varied(300_000), 64 * 1024).gets_before_its_body(423);
    bare(&mut mac, "DELETE", "/dav/a").gets(423);
    let to = mac.url("/dav/b");
    bare(&mut mac, "MOVE", "/dav/a").with("Destination", to).gets(423);
    assert_eq!(mac.ask("GET", "/dav/a").gets(200).text(), "first");
    let state = held(&house);
    assert_eq!((state.tree, state.locks), (Held::with(&[("a", 5, 1)]).tree, 1));
}

#[test]
fn an_upload_that_a_proxy_cut_changes_nothing() {
    let house = house();
    house.put("/a", "first");
    let mut mac = mounted(&house);
    let taken = lock(&mut mac, "/dav/a");
    for content in [&b""[..], b"cut"] {
        let step = mac.ask("PUT", "/dav/a").with("X-Expected-Entity-Length", "21");
        let step = step.with("If", format!("(<{taken}>)")).with("Connection", "close");
        step.coded("Chunked", content, 64 * 1024).gets(400);
    }
    unlock(&mut mac, "/dav/a", &taken);
    holds(&house, &[("a", 5, 1)]);
}
