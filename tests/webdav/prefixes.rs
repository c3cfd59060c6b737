//! The prefix of `DAV:`, which naive clients take for a part of the names.

use super::{asking, house_with, lockinfo, seen};
use crate::support::{Answer, TestHouse};

const NEXTCLOUD: (&str, &str) = ("User-Agent", "Mozilla/5.0 (iOS) Nextcloud-iOS/6.4.0");
const OWNCLOUD: (&str, &str) = ("User-Agent", "Mozilla/5.0 (Linux) mirall/3.7.3 (ownCloud, ubuntu-22.04)");
const OTHER: (&str, &str) = ("User-Agent", "rclone/v1.75.0");

const SET: &str = "<D:propertyupdate xmlns:D='DAV:'><D:set><D:prop><d:x xmlns:d='urn:d'><D:y/></d:x>\
    <D:z xmlns:D='urn:z'/></D:prop></D:set></D:propertyupdate>";

/// One of each body that the door writes.
fn answers(house: &TestHouse, agent: (&str, &str)) -> Vec<(&'static str, Answer)> {
    let ask = |method, path, headers: &[(&str, &str)], body: &str| {
        house.ask(method, path, &[&[agent][..], headers].concat(), body)
    };
    let depth = [("Depth", "1")];
    let above = {
        let authorization = house.authorization();
        let headers = [agent, depth[0], ("Authorization", authorization.as_str())];
        house.wire().ask("PROPFIND", "/", &headers, "")
    };
    let everything = asking("<D:lockdiscovery/><D:supportedlock/><D:getetag/><D:nothing/><D:resourcetype/>");
    let names = "<D:propfind xmlns:D='DAV:'><D:propname/></D:propfind>";
    vec![
        ("multistatus", ask("PROPPATCH", "/a", &[], SET)),
        ("prop", ask("LOCK", "/a", &[("Depth", "0")], &lockinfo("exclusive"))),
        ("multistatus", ask("PROPFIND", "/", &depth, "")),
        ("multistatus", ask("PROPFIND", "/", &depth, &everything)),
        ("multistatus", ask("PROPFIND", "/a", &depth, names)),
        ("multistatus", above),
        ("error", ask("PUT", "/a", &[], "locked")),
        ("error", ask("PROPFIND", "/missing", &depth, "")),
    ]
}

#[test]
fn the_apps_of_nextcloud_and_owncloud_read_a_small_d_and_all_others_a_large_one() {
    for (agent, prefix, other) in [(NEXTCLOUD, "d", "D"), (OWNCLOUD, "d", "D"), (OTHER, "D", "d")] {
        let house = house_with(&["/a", "/folder/"]);
        for (root, answer) in answers(&house, agent) {
            let text = answer.text();
            let begin =
                format!("<?xml version=\"1.0\" encoding=\"utf-8\"?><{prefix}:{root} xmlns:{prefix}=\"DAV:\"");
            assert!(text.starts_with(&begin) && text.ends_with(&format!("</{prefix}:{root}>")), "{text}");
            // What clients have stored keeps its own prefixes and says what they mean.
            let stored = text.replace("<d:x xmlns:d=\"urn:d\"><D:y xmlns:D=\"DAV:\"/></d:x>", "");
            let stored = stored.replace("<D:z xmlns:D=\"urn:z\"/>", "");
            let owner = "<D:owner xmlns:D=\"DAV:\"><D:href>http://ann.example/</D:href></D:owner>";
            let ours = stored.replace(owner, "");
            assert!(!ours.contains(&format!("<{other}:")), "{agent:?}: {}", seen(&answer));
        }
    }
}
