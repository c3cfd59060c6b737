//! `larder admin`: people and their app passwords, beside a running server and without one.

use super::{Machine, labelled};
use crate::support::Wire;

/// The cells of the line of a table that begins with a word.
fn row<'a>(table: &'a str, first: &str) -> Vec<&'a str> {
    let line = table.lines().find(|line| line.split("  ").next() == Some(first));
    let line = line.unwrap_or_else(|| panic!("{first} is not in\n{table}"));
    line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect()
}

#[test]
fn people_come_are_limited_kept_out_and_let_in_again_while_the_server_runs() {
    let machine = Machine::new();
    let _server = machine.serve(&[]);
    let user = |arguments: &[&str]| machine.run(&[&["admin", "user"], arguments].concat());
    let created = user(&["create", "Ann", "--quota", "1.5 GiB"]).succeeded();
    assert!(labelled(&created, "User").unwrap().starts_with("ann "), "{created}");
    let password = labelled(&created, "Account password").and_then(|shown| shown.split_whitespace().next());
    assert!(password.is_some_and(|password| password.len() == 20 && !password.contains('-')), "{created}");
    let listed = user(&["list"]).succeeded();
    assert_eq!(row(&listed, "ann")[..6], ["ann", "user", "active", "0 B", "0 B", "1.5 GiB"]);
    assert_eq!(row(&listed, "larder")[..3], ["larder", "admin", "active"]);

    assert!(user(&["set-quota", "ann", "none"]).succeeded().contains("without limit"));
    user(&["disable", "ann"]).succeeded();
    let disabled = row(&user(&["list"]).succeeded(), "ann")[..6].join(" | ");
    assert_eq!(disabled, "ann | user | disabled | 0 B | 0 B | no limit");
    user(&["enable", "ann"]).succeeded();
    assert_eq!(row(&user(&["list"]).succeeded(), "ann")[2], "active");
    let last = user(&["set-role", "larder", "user"]).failed_with(1);
    assert!(last.contains("make somebody else an admin first"), "{last}");
    assert!(user(&["set-role", "ann", "admin"]).succeeded().contains("role admin"));
    user(&["set-role", "larder", "user"]).succeeded();
    assert_eq!(row(&user(&["list"]).succeeded(), "larder")[1], "user");

    let taken = user(&["create", "ann"]).failed_with(1);
    assert!(taken.contains("ann"), "{taken}");
    let unknown = user(&["disable", "bob"]).failed_with(1);
    assert!(unknown.contains("bob"), "{unknown}");
    let impossible = user(&["create", "a/b"]).failed_with(2);
    assert!(impossible.contains("a/b") && impossible.contains("letters"), "{impossible}");
}

#[test]
fn a_new_user_gets_the_quota_of_the_settings_unless_told_otherwise() {
    let machine = Machine::new();
    machine.run(&["migrate"]).succeeded();
    let create = |name, more: &[&str]| {
        let all = [&["admin", "user", "create", name, "--set", "files.quota_bytes=5GB"], more].concat();
        labelled(&machine.run(&all).succeeded(), "User").unwrap().to_owned()
    };
    assert_eq!(create("ann", &[]), "ann (user, 4.7 GiB)");
    assert_eq!(create("bob", &["--quota", "none", "--role", "admin"]), "bob (admin, no limit)");
}

#[test]
fn an_account_password_comes_from_the_standard_input() {
    let machine = Machine::new();
    machine.run(&["migrate"]).succeeded();
    let create = ["admin", "user", "create", "ann", "--password-stdin"];
    assert!(machine.run_with_input(&create, "short\n").failed_with(1).contains("at least 8"));
    assert!(machine.run(&create).failed_with(1).contains("standard input"));
    let created = machine.run_with_input(&create, "long enough\n").succeeded();
    assert_eq!(labelled(&created, "Account password"), None, "{created}");
    let set = ["admin", "user", "set-password", "ann"];
    machine.run_with_input(&set, "another one\n").succeeded();
    assert!(machine.run_with_input(&set, "short\n").failed_with(1).contains("at least 8"));
}

#[test]
fn an_app_password_is_shown_once_listed_and_revoked() {
    let machine = Machine::new();
    machine.run(&["migrate"]).succeeded();
    machine.run(&["admin", "user", "create", "ann"]).succeeded();
    let app_password = |arguments: &[&str]| machine.run(&[&["admin", "app-password"], arguments].concat());
    let created = app_password(&["create", "ann", "my laptop", "--expires", "30d"]).succeeded();
    let secret = labelled(&created, "Password").unwrap();
    assert!(
        created.contains(&format!("user=ann pass={secret} pacer_min_sleep=100us --obscure")),
        "{created}"
    );
    assert!(labelled(&created, "Expires").unwrap().ends_with(" UTC"));

    let listed = app_password(&["list", "ann"]).succeeded();
    assert!(!listed.contains(secret), "{listed}");
    assert_eq!(row(&listed, "my laptop")[1], "active");
    app_password(&["revoke", "ann", "my laptop"]).succeeded();
    assert_eq!(row(&app_password(&["list", "ann"]).succeeded(), "my laptop")[1], "revoked");
    app_password(&["create", "ann", "my laptop"]).succeeded();
    let taken = app_password(&["create", "ann", "my laptop"]).failed_with(1);
    assert!(taken.contains("my laptop") && taken.contains("revoke"), "{taken}");
    app_password(&["revoke", "ann", "my laptop"]).succeeded();
    let gone = app_password(&["revoke", "ann", "my laptop"]).failed_with(1);
    assert!(gone.contains("my laptop"), "{gone}");
    assert!(app_password(&["create", "ann", "phone", "--expires", "soon"]).failed_with(2).contains("30d"));
}

#[test]
fn without_data_nothing_is_made_and_the_folder_is_named() {
    let machine = Machine::new();
    let sentence = machine.run(&["admin", "user", "list"]).failed_with(1);
    assert!(sentence.contains("larder-data") && sentence.contains("--data"), "{sentence}");
    assert!(!machine.has_data());
}

#[test]
fn a_trash_is_listed_and_emptied_while_the_server_runs() {
    let machine = Machine::new();
    let server = machine.serve(&[]);
    let credentials = Wire::basic("larder", server.labelled("Password").unwrap());
    let ask = |method: &str, path: &str, body: &str| {
        let mut wire = Wire::open(server.socket());
        wire.ask(method, path, &[("Authorization", &credentials)], body).status
    };
    assert_eq!(ask("MKCOL", "/dav/Reports", ""), 201);
    assert_eq!(ask("PUT", "/dav/Reports/q3.pdf", "content"), 201);
    assert_eq!(ask("DELETE", "/dav/Reports/q3.pdf", ""), 204);
    let trash = |arguments: &[&str]| machine.run(&[&["admin", "trash"], arguments].concat());
    let listed = trash(&["list", "larder"]).succeeded();
    let cells = row(&listed, "q3.pdf");
    assert_eq!((cells[1], cells[3]), ("7 B", "/Reports/q3.pdf"), "{listed}");
    assert!(trash(&["empty", "larder"]).failed_with(1).contains("--yes"));
    assert_eq!(ask("GET", "/dav/.Trash/q3.pdf", ""), 200);
    assert!(trash(&["empty", "larder", "--yes"]).succeeded().contains("purged: 1"));
    assert_eq!(ask("GET", "/dav/.Trash/q3.pdf", ""), 404);
    assert!(trash(&["list", "nobody"]).failed_with(1).contains("nobody"));
}
