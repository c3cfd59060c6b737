//! The Windows network drive: saving, renaming, deleting, and what is in the way.

use super::readers::{property, windows};
use super::state::{Held, held, holds};
use super::windows::{
    MODIFIED, ask_for_lock, head, lock, mapped, propfind, put_content, set_properties, shows_its_times,
    unlock, write,
};
use super::{house, house_with_quota, varied};

#[test]
fn a_file_is_saved_in_place() {
    let house = house();
    house.put("/notes.txt", "first");
    let mut pc = mapped(&house);
    propfind(&mut pc, "/dav/notes.txt", "0").gets(207);
    let token = lock(&mut pc, "/dav/notes.txt");
    assert_eq!(pc.ask("GET", "/dav/notes.txt").gets(200).text(), "first");
    put_content(&mut pc, "/dav/notes.txt", &token, b"first and second").gets(204);
    set_properties(&mut pc, "/dav/notes.txt", Some(&token), "00000020");
    unlock(&mut pc, "/dav/notes.txt", &token);
    assert_eq!(pc.ask("GET", "/dav/notes.txt").gets(200).text(), "first and second");
    shows_its_times(&mut pc, "/dav/notes.txt", "00000020");
    let expected = Held::with(&[("notes.txt", 16, 2)]);
    assert_eq!(held(&house), expected.store(2, 21), "the first content is kept");
}

#[test]
fn properties_are_set_without_a_lock_too_and_leave_the_content_alone() {
    let house = house();
    house.put("/ten", "ten bytes!");
    let before = house.get("/ten");
    let mut pc = mapped(&house);
    set_properties(&mut pc, "/dav/ten", None, "00000021");
    let after = pc.ask("GET", "/dav/ten").gets(200);
    assert_eq!((after.text().as_str(), after.header("etag")), ("ten bytes!", before.header("etag")));
    assert_eq!(after.header("last-modified"), Some(MODIFIED));
    shows_its_times(&mut pc, "/dav/ten", "00000021");
    holds(&house, &[("ten", 10, 1)]);
}

#[test]
fn a_file_is_renamed_and_does_not_replace_another_by_accident() {
    let house = house();
    house.put("/Novo.txt", "content");
    house.put("/taken.txt", "other");
    let mut pc = mapped(&house);
    let (test, taken) = (pc.url("/dav/test%20%28caf%C3%A9%29.txt"), pc.url("/dav/taken.txt"));
    pc.ask("MOVE", "/dav/Novo.txt").with("Destination", &taken).with("Overwrite", "F").body("").gets(412);
    pc.ask("MOVE", "/dav/Novo.txt").with("Destination", &test).with("Overwrite", "F").body("").gets(201);
    propfind(&mut pc, "/dav/test%20%28caf%C3%A9%29.txt", "0").gets(207);
    // The user has said yes to replacing.
    let from = "/dav/test%20%28caf%C3%A9%29.txt";
    pc.ask("MOVE", from).with("Destination", &taken).with("Overwrite", "T").body("").gets(204);
    let expected = Held::with(&[("taken.txt", 7, 1)]);
    assert_eq!(held(&house), expected.trash(&["taken.txt"]).store(2, 12));
}

#[test]
fn a_name_may_change_its_case_only() {
    let house = house();
    house.put("/readme.txt", "content");
    house.mkcol("/folder");
    let mut pc = mapped(&house);
    for (from, to) in [("/dav/readme.txt", "/dav/README.txt"), ("/dav/folder", "/dav/Folder")] {
        let to = pc.url(to);
        pc.ask("MOVE", from).with("Destination", to).with("Overwrite", "F").body("").gets(201);
    }
    holds(&house, &[("Folder/", 0, 0), ("README.txt", 7, 1)]);
}

#[test]
fn a_file_that_is_open_is_moved_with_its_own_lock_only() {
    let house = house();
    house.put("/a", "content");
    house.mkcol("/folder");
    let mut pc = mapped(&house);
    let token = lock(&mut pc, "/dav/a");
    let to = pc.url("/dav/folder/a");
    let step = pc.ask("MOVE", "/dav/a").with("Destination", &to).with("Overwrite", "F");
    step.body("").gets(423);
    let step = pc.ask("MOVE", "/dav/a").with("Destination", &to).with("Overwrite", "F");
    step.with("If", format!("(<{token}>)")).body("").gets(201);
    // Locks do not move along.
    write(&mut pc, "UNLOCK", "/dav/folder/a").with("Lock-Token", format!("<{token}>")).gets(409);
    holds(&house, &[("folder/", 0, 0), ("folder/a", 7, 1)]);
}

#[test]
fn files_and_whole_folders_are_deleted() {
    let house = house();
    for path in ["/folder", "/folder/below"] {
        house.mkcol(path);
    }
    house.put("/folder/below/a", "content");
    house.put("/b", "other");
    let mut pc = mapped(&house);
    pc.ask("DELETE", "/dav/b").gets(204);
    pc.ask("DELETE", "/dav/folder").gets(204);
    for target in ["/dav/b", "/dav/folder", "/dav/folder/below/a"] {
        propfind(&mut pc, target, "0").gets(404);
    }
    assert_eq!(held(&house), Held::default().trash(&["b", "folder"]).store(2, 12));
}

#[test]
fn a_folder_with_a_locked_file_in_it_stays_whole() {
    let house = house();
    house.mkcol("/folder");
    house.put("/folder/a", "content");
    house.put("/folder/b", "other");
    let mut pc = mapped(&house);
    let token = lock(&mut pc, "/dav/folder/a");
    pc.ask("DELETE", "/dav/folder").gets(423);
    unlock(&mut pc, "/dav/folder/a", &token);
    holds(&house, &[("folder/", 0, 0), ("folder/a", 7, 1), ("folder/b", 5, 1)]);
}

#[test]
fn a_new_folder_gets_its_attributes_and_its_name() {
    let house = house();
    let mut pc = mapped(&house);
    propfind(&mut pc, "/dav/Nova%20pasta", "0").gets(404);
    pc.ask("MKCOL", "/dav/Nova%20pasta").body("").gets(201);
    set_properties(&mut pc, "/dav/Nova%20pasta", None, "00000010");
    shows_its_times(&mut pc, "/dav/Nova%20pasta", "00000010");
    let to = pc.url("/dav/Fotos");
    pc.ask("MOVE", "/dav/Nova%20pasta").with("Destination", to).with("Overwrite", "F").body("").gets(201);
    propfind(&mut pc, "/dav/Fotos", "0").gets(207);
    pc.ask("MKCOL", "/dav/Fotos").body("").gets(405);
    holds(&house, &[("Fotos/", 0, 0)]);
}

/// Older Windows misses a 401 that comes while it is still sending.
#[test]
fn an_upload_without_credentials_hears_so_and_is_repeated() {
    let house = house();
    let mut pc = mapped(&house);
    for (name, size) in [("/dav/small", 300_000), ("/dav/large", 3_000_000)] {
        let content = varied(size);
        let refused = pc.ask("PUT", name).without_login().body(&content).gets(401);
        assert!(refused.header("connection").is_none() || size > 1_000_000, "{refused:?}");
        pc.ask("PUT", name).body(&content).gets(201);
    }
    holds(&house, &[("large", 3_000_000, 1), ("small", 300_000, 1)]);
}

#[test]
fn a_lock_is_ended_with_or_without_brackets_and_also_after_a_reconnect() {
    let house = house();
    house.put("/a", "content");
    let mut pc = mapped(&house);
    let token = lock(&mut pc, "/dav/a");
    pc.reconnect();
    write(&mut pc, "UNLOCK", "/dav/a")
        .with("Lock-Token", "<urn:uuid:0192f5e0-0000-7000-8000-000000000000>")
        .gets(409);
    write(&mut pc, "UNLOCK", "/dav/a").with("Lock-Token", &token).gets(204);
    holds(&house, &[("a", 7, 1)]);
}

#[test]
fn a_file_in_use_by_another_is_refused_at_once() {
    let house = house();
    house.put("/a", "content");
    let mut mac = super::finder::mounted(&house);
    let token = super::finder::lock(&mut mac, "/dav/a");
    let mut pc = mapped(&house);
    ask_for_lock(&mut pc, "/dav/a").gets(423);
    write(&mut pc, "PUT", "/dav/a").body(varied(100)).gets(423);
    pc.ask("DELETE", "/dav/a").gets(423);
    assert_eq!(head(&mut pc, "/dav/a", 200).header("content-length"), Some("7"));
    super::finder::unlock(&mut mac, "/dav/a", &token);
    holds(&house, &[("a", 7, 1)]);
}

#[test]
fn a_file_that_does_not_fit_leaves_nothing_behind() {
    let house = house_with_quota(1000);
    let mut pc = mapped(&house);
    propfind(&mut pc, "/dav/large", "0").gets(404);
    pc.ask("PUT", "/dav/large").body("").gets(201);
    let token = lock(&mut pc, "/dav/large");
    put_content(&mut pc, "/dav/large", &token, &varied(2_000_000)).gets_before_its_body(507);
    unlock(&mut pc, "/dav/large", &token);
    pc.ask("DELETE", "/dav/large").gets(204);
    holds(&house, &[]);
}

/// One name that Windows cannot have makes the whole folder unusable, and so do two that differ in case only.
#[test]
fn names_that_windows_cannot_have_do_not_close_a_folder() {
    let house = house();
    house.put("/plain.txt", "plain");
    let mut kept = 1;
    for name in
        ["what%3F.txt", "a%3Ab.txt", "con.txt", "trailing.", "space%20", "a%7Cb", "PLAIN.TXT", "Icon%0D"]
    {
        let answer = house.put(&format!("/{name}"), "four");
        assert!(matches!(answer.status, 201 | 403 | 409), "{name}: {answer:?}");
        kept += usize::from(answer.status == 201);
    }
    let mut pc = mapped(&house);
    let mut listed = windows(&propfind(&mut pc, "/dav", "1").gets(207), "/dav");
    listed.retain(|shown| shown.entry.name != ".Trash");
    assert_eq!(listed.len(), kept);
    for shown in listed {
        let name =
            percent_encoding::utf8_percent_encode(&shown.entry.name, percent_encoding::NON_ALPHANUMERIC);
        let seen = propfind(&mut pc, &format!("/dav/{name}"), "0").gets(207);
        assert_eq!(property(&seen, "getcontentlength"), shown.entry.bytes.to_string(), "{name}");
    }
}

#[test]
fn junk_that_explorer_writes_is_taken_and_shown_to_nobody_else() {
    let house = house();
    house.mkcol("/Fotos");
    let mut pc = mapped(&house);
    for name in ["desktop.ini", "Thumbs.db"] {
        let target = format!("/dav/Fotos/{name}");
        propfind(&mut pc, &target, "0").gets(404);
        pc.ask("PUT", &target).body("").gets(201);
        let token = lock(&mut pc, &target);
        put_content(&mut pc, &target, &token, &varied(282)).gets(204);
        set_properties(&mut pc, &target, Some(&token), "00000026");
        unlock(&mut pc, &target, &token);
        assert!(pc.ask("GET", &target).gets(200).body == varied(282), "{name}");
    }
    holds(&house, &[("Fotos/", 0, 0)]);
    pc.ask("DELETE", "/dav/Fotos/desktop.ini").gets(204);
    propfind(&mut pc, "/dav/Fotos/desktop.ini", "0").gets(404);
    holds(&house, &[("Fotos/", 0, 0)]);
}

#[test]
fn programs_ask_for_a_file_in_whatever_case() {
    let house = house();
    house.mkcol("/Plans");
    house.put("/Plans/Plan.txt", "content");
    let mut pc = mapped(&house);
    assert_eq!(pc.ask("GET", "/dav/PLANS/plan.TXT").gets(200).text(), "content");
    propfind(&mut pc, "/dav/plans", "1").gets(207);
    let token = lock(&mut pc, "/dav/PLANS/PLAN.TXT");
    put_content(&mut pc, "/dav/PLANS/PLAN.TXT", &token, b"saved").gets(204);
    unlock(&mut pc, "/dav/PLANS/PLAN.TXT", &token);
    let expected = Held::with(&[("Plans/", 0, 0), ("Plans/Plan.txt", 5, 2)]);
    assert_eq!(held(&house), expected.store(2, 12));
}
