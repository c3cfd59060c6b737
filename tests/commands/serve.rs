//! `larder serve`: the first start, the later ones, and the end.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;

use super::{Machine, Outcome, get, labelled, read};
use crate::support::{Wire, database, ground, wait_until};

#[test]
fn the_first_start_tells_everything_and_the_second_keeps_the_passwords_to_itself() {
    let machine = Machine::new();
    let server = machine.serve(&[]);
    let address = server.labelled("Address").unwrap().to_owned();
    assert!(address.starts_with("http://127.0.0.1:") && address.ends_with("/dav/"), "{address}");
    assert_eq!(server.labelled("User"), Some("larder"));
    let password = server.labelled("Password").unwrap().to_owned();
    let account_password = server.labelled("Account password").unwrap().to_owned();
    assert!(
        password.split('-').count() == 5 && account_password.len() == 20 && !account_password.contains('-')
    );
    server.signal("TERM");
    let (_, said) = server.ended();
    assert!(said.starts_with("Address:"), "{said}");
    let clients =
        ["Finder", "Windows Explorer", "rclone", "davfs2", "GNOME", "KDE", "Cyberduck", "iPhone and iPad"];
    for client in clients.into_iter().chain(["Android"]) {
        let steps = said.split(&format!("\n{client}\n")).nth(1).and_then(|rest| rest.split("\n\n").next());
        assert!(steps.is_some_and(|steps| steps.contains(&password)), "{client} has no steps in\n{said}");
    }

    let (_, said) = {
        let server = machine.serve(&[]);
        server.signal("TERM");
        server.ended()
    };
    assert!(said.starts_with("Address:") && said.contains("admin app-password create"), "{said}");
    assert!(!said.contains(&password) && !said.contains(&account_password), "{said}");
}

#[test]
fn the_printed_command_works_from_another_folder() {
    let machine = Machine::new();
    machine.write("it's mine.toml", "data_folder = \"from file\"\npublic_url = \"https://a.example/dav/\"\n");
    let elsewhere = tempfile::tempdir().unwrap();
    for (flags, address) in [
        (&["--data", "ann's data"][..], "http://127.0.0.1:"),
        (&["--config", "it's mine.toml"], "https://a.example/dav/"),
        (&["--data", "third", "--set", "public_url=https://b.example/$x&y/"], "https://b.example/$x&y/"),
    ] {
        let server = machine.serve(flags);
        let line = server.labelled("Another app password").unwrap();
        let line = line.replace("USER NAME", "larder laptop");
        let mut shell = std::process::Command::new("sh");
        ground::prepare(&mut shell, &machine.path(if flags[0] == "--data" { flags[1] } else { "" }));
        shell.args(["-c", &line]).current_dir(elsewhere.path());
        let said = Outcome::of(shell).succeeded();
        assert!(labelled(&said, "Address").is_some_and(|shown| shown.starts_with(address)), "{line}\n{said}");
    }
}

#[test]
fn the_data_folder_is_for_its_owner_alone() {
    let machine = Machine::new();
    let _server = machine.serve(&["--data", "deep/down"]);
    let folder = machine.path("deep/down").metadata().unwrap();
    assert_eq!(folder.permissions().mode() & 0o777, 0o700);
}

#[test]
fn nobody_else_reads_the_database_in_a_folder_that_is_open_to_all() {
    if ground::only_alone("the database is no file in the data folder") {
        return;
    }
    let machine = Machine::new();
    std::fs::create_dir(machine.path("larder-data")).unwrap();
    std::fs::set_permissions(machine.path("larder-data"), PermissionsExt::from_mode(0o755)).unwrap();
    let server = machine.serve(&[]);
    for file in ["metadata.db", "metadata.db-wal", "metadata.db-shm"] {
        let mode = machine.path("larder-data").join(file).metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
    let log = read(&server.log);
    assert!(log.contains("Other users can read") && log.contains("chmod 700"), "{log}");
}

#[test]
fn the_log_says_where_it_serves() {
    let machine = Machine::new();
    let server = machine.serve(&["--set", "webdav.listen=127.0.0.1:0"]);
    let serving = format!("webdav={}", server.socket());
    server.signal("TERM");
    let log = server.log.clone();
    server.ended();
    let log = read(&log);
    assert!(log.contains(&serving) && log.contains("main=127.0.0.1:") && !log.contains("Some("), "{log}");
}

#[test]
fn the_log_names_the_client_behind_a_trusted_proxy() {
    let machine = Machine::new();
    for (trusted, peer) in [("127.0.0.1", "peer=203.0.113.7"), ("10.0.0.0/8", "peer=127.0.0.1")] {
        let server = machine.serve(&["--set", &format!("server.trusted_proxies={trusted}")]);
        let said = [("X-Forwarded-For", "198.51.100.1, 203.0.113.7")];
        assert_eq!(Wire::open(server.socket()).ask("GET", "/health/live", &said, "").status, 200);
        server.signal("TERM");
        let log = server.log.clone();
        server.ended();
        let log = read(&log);
        let line = log.lines().find(|line| line.contains("/health/live")).unwrap_or_else(|| panic!("{log}"));
        assert!(line.ends_with(peer), "{line}");
    }
}

#[test]
fn asked_to_stop_it_ends_with_success_and_a_hang_up_changes_nothing() {
    let machine = Machine::new();
    for signal in ["TERM", "INT"] {
        let server = machine.serve(&[]);
        server.signal("HUP");
        assert!(server.get("/health/live").contains("200 OK"));
        server.signal(signal);
        let log = server.log.clone();
        assert_eq!(server.ended().0.code(), Some(0), "{signal}: {}", read(&log));
    }
}

#[test]
fn asked_a_second_time_it_does_not_wait_for_running_requests() {
    let machine = Machine::new();
    let server = machine.serve(&[]);
    let mut upload = TcpStream::connect(server.socket()).unwrap();
    let credentials = Wire::basic("larder", server.labelled("Password").unwrap());
    let head = format!(
        "PUT /dav/a HTTP/1.1\r\nHost: larder\r\nAuthorization: {credentials}\r\n\
         Content-Length: 5\r\nExpect: 100-continue\r\n\r\n"
    );
    upload.write_all(head.as_bytes()).unwrap();
    // The server asks for the body: the request runs, and never ends.
    upload.read_exact(&mut [0; 25]).unwrap();
    server.signal("TERM");
    // Two signals at once may arrive as one; the log says when the first has been taken.
    wait_until("the first signal was taken", || read(&server.log).contains("ask again"));
    server.signal("TERM");
    assert_eq!(server.ended().0.code(), Some(1));
}

#[test]
fn whoever_comes_with_a_browser_learns_what_this_is() {
    let machine = Machine::new();
    let server = machine.serve(&[]);
    let page = server.get("/");
    assert!(page.starts_with("HTTP/1.1 200") && page.contains("Larder") && page.contains("/dav/"), "{page}");
    assert!(server.get("/davx").starts_with("HTTP/1.1 404"));
    assert!(server.get("/metrics").starts_with("HTTP/1.1 404"));
}

#[test]
fn metrics_are_on_the_administration_address() {
    let machine = Machine::new();
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let server = machine.serve(&["--set", &format!("server.admin_listen={free}")]);
    server.get("/");
    assert!(get(free, "/metrics").starts_with("HTTP/1.1 200"));
    assert!(get(free, "/health/ready").contains("ready"));
    assert!(get(free, "/dav/").starts_with("HTTP/1.1 404"));
}

#[test]
fn a_drive_with_an_address_of_its_own_is_at_its_root() {
    let machine = Machine::new();
    let server = machine.serve(&["--set", "webdav.listen=127.0.0.1:0"]);
    let address = server.labelled("Address").unwrap();
    assert_eq!(address.matches('/').count(), 3, "{address}");
    assert!(server.get("/").starts_with("HTTP/1.1 401"));
}

#[test]
fn behind_a_proxy_the_public_address_is_printed() {
    let machine = Machine::new();
    let server = machine.serve(&["--set", "public_url=https://files.example.org/dav/"]);
    assert_eq!(server.labelled("Address"), Some("https://files.example.org/dav/"));
}

#[test]
fn listening_to_the_network_says_what_that_means() {
    let machine = Machine::new();
    let serve = |address| {
        let server = machine.serve(&["--listen", address]);
        server.signal("TERM");
        server.ended().1
    };
    let (open, closed) = (serve("0.0.0.0:0"), serve("127.0.0.1:0"));
    assert!(open.contains("without TLS") && open.contains("http://127.0.0.1:"), "{open}");
    assert!(open.contains("From another machine"), "{open}");
    assert!(!closed.contains("without TLS") && !closed.contains("From another machine"), "{closed}");
}

#[test]
fn two_servers_never_share_a_data_folder() {
    let machine = Machine::new();
    let _first = machine.serve(&[]);
    let sentence = machine.run(&["serve", "--listen", "127.0.0.1:0"]).failed_with(1);
    assert!(sentence.contains("larder-data") && sentence.contains("--data"), "{sentence}");
}

#[test]
fn a_port_in_use_is_named_and_nothing_is_made() {
    let machine = Machine::new();
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = other.local_addr().unwrap().to_string();
    let sentence = machine.run(&["serve", "--listen", &address]).failed_with(1);
    assert!(sentence.contains(&address) && sentence.contains("--listen"), "{sentence}");
    assert!(!machine.has_data());
}

#[tokio::test]
async fn the_data_of_a_newer_larder_is_left_alone() {
    let machine = Machine::new();
    machine.run(&["migrate"]).succeeded();
    let newer = "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9999_from_the_future', 0)";
    database::alter(&machine.path("larder-data"), newer, []).await;
    for command in [&["serve", "--listen", "127.0.0.1:0"][..], &["migrate"], &["admin", "user", "list"]] {
        let sentence = machine.run(command).failed_with(1);
        assert!(
            sentence.contains("newer Larder") && sentence.contains("m9999_from_the_future"),
            "{sentence}"
        );
    }
    assert_eq!(machine.run(&["doctor"]).code, Some(1));
}

fn empty(machine: &Machine) {
    let data = machine.path("larder-data");
    let empty = database::empty(&data);
    tokio::runtime::Runtime::new().unwrap().block_on(empty);
}

#[test]
fn a_database_that_no_server_has_migrated_yet_is_left_to_migrate() {
    let machine = Machine::new();
    machine.run(&["migrate"]).succeeded();
    empty(&machine);
    let sentence = machine.run(&["admin", "user", "list"]).failed_with(1);
    assert!(sentence.contains("larder migrate"), "{sentence}");
}

#[test]
fn migrating_says_which_steps_were_taken_and_then_that_there_are_none() {
    let machine = Machine::new();
    std::fs::create_dir(machine.path("larder-data")).unwrap();
    empty(&machine);
    assert!(machine.run(&["migrate"]).succeeded().contains("m0001_people"));
    assert!(machine.run(&["migrate"]).succeeded().starts_with("Nothing to do"));
    // Migrating beforehand takes nothing from the first start.
    assert_eq!(machine.serve(&[]).labelled("User"), Some("larder"));
}

#[test]
fn a_log_for_machines_is_one_object_a_line() {
    let machine = Machine::new();
    let server = machine.serve(&["--set", "log.format=json"]);
    server.signal("TERM");
    let log = server.log.clone();
    server.ended();
    for line in read(&log).lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(line["level"].is_string() && line["message"].is_string(), "{line}");
    }
}
