//! How many devices one may use at the same time, and what the one too many hears.

use domain::{Timestamp, UserName};
use services::{app_passwords, devices};

use super::assert_refused;
use super::statements::warm;
use crate::support::{Answer, TestHouse, Wire};

fn ann() -> UserName {
    UserName::parse("ann").unwrap()
}

fn house(settings: &[(&str, &str)]) -> TestHouse {
    TestHouse::with_settings(&[&[("login.devices_max", "2")], settings].concat()).with_user("ann")
}

fn look(house: &TestHouse, agent: &str) -> Answer {
    house.ask("PROPFIND", "/", &[("Depth", "0"), ("User-Agent", agent)], "")
}

fn known(house: &TestHouse) -> Vec<String> {
    let known = house.run(devices::list(house.backends(), &ann())).unwrap();
    known.into_iter().map(|device| device.product).collect()
}

#[test]
fn a_device_too_many_hears_which_ones_are_in_use() {
    let house = house(&[]);
    assert_eq!(look(&house, "davfs2/1.7.1 neon/0.34.0").status, 207);
    assert_eq!(look(&house, "rclone/v1.75.0").status, 207);
    for method in ["PROPFIND", "GET", "PUT", "MOVE"] {
        let refused = house.ask(method, "/a", &[("User-Agent", "WebDAVFS/3.0.0 (03008000)")], "");
        assert_refused(&refused, 403);
        let text = refused.text();
        for part in [
            "Your devices are all in use",
            "test",
            "(davfs2)",
            "(rclone)",
            "127.0.0.1, just now",
            "15 minutes later",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(text.len() < 4096);
    }
    assert_eq!(look(&house, "davfs2/1.8.0").status, 207, "another version is the same device");
    assert_eq!(look(&house, "rclone/v1.75.0").status, 207);
    assert_eq!(known(&house), ["davfs2", "rclone"]);
    assert_eq!(house.run(devices::forget(house.backends(), &ann(), Some("other"))).unwrap(), 0);
    assert_eq!(house.run(devices::forget(house.backends(), &ann(), Some("test"))).unwrap(), 2);
    assert_eq!(look(&house, "WebDAVFS/3.0.0 (03008000)").status, 207);
}

#[test]
fn a_device_that_rests_makes_room() {
    let house = house(&[("login.device_idle_minutes", "0")]);
    for agent in ["a/1", "b/1", "c/1"] {
        assert_eq!(look(&house, agent).status, 207);
        // Its moment is another one than that of the next.
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    assert_eq!(known(&house), ["b", "c"]);
}

#[test]
fn one_drive_that_calls_itself_by_several_names_is_one_device() {
    let house = house(&[]);
    for agent in ["WebDAVFS/3.0.0 (03008000) Darwin/25.5.0 (arm64)", "WebDAVLib/1.3", "DavClnt"] {
        assert_eq!(look(&house, agent).status, 207, "{agent}");
    }
    for agent in ["Microsoft-WebDAV-MiniRedir/10.0.26200", "Microsoft Office Word 2016"] {
        assert_eq!(look(&house, agent).status, 207, "{agent}");
    }
    assert_eq!(known(&house), ["WebDAVFS", "Microsoft"]);
}

#[test]
fn every_app_password_is_a_device_of_its_own() {
    let house = house(&[]);
    assert_eq!(look(&house, "rclone/v1").status, 207);
    for (name, status) in [("second", 207), ("third", 403)] {
        let issued = house.run(app_passwords::create(Timestamp::now(), house.backends(), &ann(), name, None));
        let credentials = Wire::basic("ann", &issued.unwrap().secret);
        let headers = [("Authorization", &*credentials), ("Depth", "0"), ("User-Agent", "rclone/v1")];
        assert_eq!(house.wire().ask("PROPFIND", "/dav/", &headers, "").status, status, "{name}");
    }
    assert_eq!(look(&house, "davfs2/1").status, 403);
    house.run(app_passwords::revoke(Timestamp::now(), house.backends(), &ann(), "second")).unwrap();
    assert_eq!(look(&house, "davfs2/1").status, 207, "what was revoked makes room");
}

#[test]
fn a_device_costs_the_database_nothing() {
    let (limited, free) = (house(&[]), house(&[("login.devices_max", "0")]));
    let statements = [&limited, &free].map(|house| {
        warm(house);
        house.statements(|| look(house, "b/1")).1
    });
    assert_eq!(statements[0], statements[1]);
    for agent in 0..10 {
        assert_eq!(look(&free, &format!("agent{agent}/1")).status, 207);
    }
    assert!(known(&free).is_empty());
}
