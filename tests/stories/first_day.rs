//! Somebody starts Larder, gives each device a password of its own, loses one of them, and restarts the server.

use crate::support::{Answer, Machine, Server, Wire, labelled};

const LOCK: &str = "<D:lockinfo xmlns:D='DAV:'><D:lockscope><D:exclusive/></D:lockscope>\
                    <D:locktype><D:write/></D:locktype></D:lockinfo>";

/// A device with its own password.
struct Device<'a>(&'a Server, String);

impl Device<'_> {
    fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let credentials = Wire::basic("larder", &self.1);
        let headers = [&[("Authorization", credentials.as_str())], headers].concat();
        Wire::open(self.0.socket()).ask(method, &format!("/dav{path}"), &headers, body)
    }
}

#[test]
fn a_lost_phone_opens_nothing_any_more_and_the_laptop_goes_on_after_a_restart() {
    let machine = Machine::new();
    let server = machine.serve(&[]);
    let laptop_password = server.labelled("Password").unwrap().to_owned();
    let laptop = Device(&server, laptop_password.clone());
    assert_eq!(laptop.ask("MKCOL", "/letters", &[], "").status, 201);
    assert_eq!(laptop.ask("PUT", "/letters/ann.txt", &[], "Dear Ann").status, 201);

    let made = machine.run(&["admin", "app-password", "create", "larder", "phone"]).succeeded();
    let phone = Device(&server, labelled(&made, "Password").unwrap().to_owned());
    assert_eq!(phone.ask("GET", "/letters/ann.txt", &[], "").text(), "Dear Ann");

    let locked = laptop.ask("LOCK", "/letters/ann.txt", &[("Timeout", "Second-3600")], LOCK);
    assert_eq!(locked.status, 200, "{locked:?}");
    let token = locked.header("lock-token").unwrap().to_owned();
    assert_eq!(phone.ask("PUT", "/letters/ann.txt", &[], "Scribble").status, 423);

    machine.run(&["admin", "app-password", "revoke", "larder", "phone"]).succeeded();
    assert_eq!(phone.ask("GET", "/letters/ann.txt", &[], "").status, 401);
    assert_eq!(laptop.ask("GET", "/letters/ann.txt", &[], "").status, 200);

    server.signal("TERM");
    assert!(server.ended().0.success());
    let server = machine.serve(&[]);
    let laptop = Device(&server, laptop_password);
    assert_eq!(laptop.ask("PUT", "/letters/ann.txt", &[], "No token").status, 423);
    let condition = format!("({token})");
    let with_token = laptop.ask("PUT", "/letters/ann.txt", &[("If", &condition)], "Dear Ann, goodbye");
    assert_eq!(with_token.status, 204);
    assert_eq!(laptop.ask("UNLOCK", "/letters/ann.txt", &[("Lock-Token", &token)], "").status, 204);
    assert_eq!(laptop.ask("GET", "/letters/ann.txt", &[], "").text(), "Dear Ann, goodbye");

    let refused = machine.run(&["admin", "user", "disable", "larder"]).failed_with(1);
    assert!(refused.contains("the last admin"), "{refused}");
    machine.run(&["admin", "user", "create", "eve", "--role", "admin"]).succeeded();
    machine.run(&["admin", "user", "disable", "larder"]).succeeded();
    assert_eq!(laptop.ask("GET", "/letters/ann.txt", &[], "").status, 401);
    machine.run(&["admin", "user", "enable", "larder"]).succeeded();
    assert_eq!(laptop.ask("GET", "/letters/ann.txt", &[], "").status, 200);
}
