//! What is sent to the drive: one's own, and the project in it.

use super::request::Request;
use super::table::{Role, Row};
use super::world::{Person, World};

/// Where the drive is.
const DRIVE: &str = "/dav";
/// What the project is called in it.
pub const PROJECT: &str = "/Projects/Bridge";

const LOCK: &str = "<D:lockinfo xmlns:D='DAV:'><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/>\
                    </D:locktype></D:lockinfo>";
const PROPERTIES: &str = "<D:propertyupdate xmlns:D='DAV:'><D:set><D:prop><x xmlns='urn:x'>1</x></D:prop></D:set>\
                          </D:propertyupdate>";
const CHANGES: &str = "<D:sync-collection xmlns:D='DAV:'><D:sync-token/><D:sync-level>1</D:sync-level>\
                       <D:prop><D:getetag/></D:prop></D:sync-collection>";

/// A request of any section.
pub fn request(world: &World, role: Role, row: &Row) -> Request {
    let path = filled(world, role, &row.path);
    let (at, to) = path.split_once(" to ").map_or((path.as_str(), None), |(at, to)| (at, Some(to)));
    let request = Request::at(DRIVE, &row.method, at);
    match (row.method.as_str(), to) {
        (_, Some(to)) => request.header("Destination", &format!("{DRIVE}{to}")),
        ("PUT", _) => request.with_bytes("new"),
        ("PROPPATCH", _) => request.with_bytes(PROPERTIES),
        ("REPORT", _) => request.with_bytes(CHANGES),
        ("LOCK", _) => request.header("Depth", "0").with_bytes(LOCK),
        ("UNLOCK", _) => request.header("Lock-Token", &locked(world, role, at)),
        ("PROPFIND", _) if at == "/Projects/" => request.header("Depth", "1").naming("Bridge"),
        ("PROPFIND", _) => request.header("Depth", "1"),
        _ => request,
    }
}

/// The paths of a row with something there in the place of each placeholder.
fn filled(world: &World, role: Role, path: &str) -> String {
    let mut filled = path.to_owned();
    while let Some((before, rest)) = filled.split_once('{') {
        let (what, after) = rest.split_once('}').unwrap();
        let is_project = before.rsplit(' ').next().unwrap().starts_with(PROJECT);
        let (person, folder) = match is_project {
            true => (world.of("cora"), world.root.as_str()),
            false => (world.person(role), "home"),
        };
        let name = match what {
            "new" => format!("new-{}", world.number()),
            "file" if is_closed(world, person) => world.kept.file_name.clone(),
            "trashed" if is_closed(world, person) => world.kept.trashed_name.clone(),
            "file" => world.named_file(person, folder).1,
            "trashed" => world.named_trashed(person, folder).1,
            other => panic!("`{other}` is no place"),
        };
        filled = format!("{before}{name}{after}");
    }
    filled
}

/// Whether nothing can be made there any more.
fn is_closed(world: &World, person: &Person) -> bool {
    person.name == world.of("sue").name
}

/// Locks a file, as who asks if they may, and gives the token as a header says it.
fn locked(world: &World, role: Role, path: &str) -> String {
    let person = match role {
        // Nobody has a lock there: they never could make one.
        Role::Suspended if !path.starts_with(PROJECT) => {
            return "<urn:uuid:00000000-0000-4000-8000-000000000000>".to_owned();
        }
        Role::Staff | Role::ProjectAdmin | Role::Creator | Role::ReadOnly => world.person(role),
        _ if path.starts_with(PROJECT) => world.of("cora"),
        _ => world.person(role),
    };
    let headers = [("Authorization", person.drive.as_str()), ("Depth", "0")];
    let answer = world.house.wire().ask("LOCK", &format!("{DRIVE}{path}"), &headers, LOCK);
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.header("lock-token").unwrap().to_owned()
}
