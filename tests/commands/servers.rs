//! `larder admin servers list`.

use super::Machine;

#[test]
fn who_serves_is_listed_as_long_as_it_does() {
    let machine = Machine::new();
    let list = ["admin", "servers", "list"];
    let server = machine.serve(&["--set", "server.name=attic"]);
    let listed = machine.run(&list).succeeded();
    let line: Vec<&str> = listed.lines().nth(1).unwrap().split_whitespace().collect();
    assert_eq!(line[..2], ["attic", "serves"], "{listed}");
    assert_eq!(line.last(), Some(&env!("CARGO_PKG_VERSION")), "{listed}");
    server.signal("TERM");
    assert!(server.ended().0.success());
    assert_eq!(machine.run(&list).succeeded(), "No server is running.\n");
}

#[test]
fn a_server_without_a_name_is_known_by_its_machine_and_port() {
    let machine = Machine::new();
    let server = machine.serve(&[]);
    let listed = machine.run(&["admin", "servers", "list"]).succeeded();
    let name = listed.lines().nth(1).unwrap().split_whitespace().next().unwrap();
    assert!(name.ends_with(&format!(":{}", server.socket().port())), "{listed}");
}
