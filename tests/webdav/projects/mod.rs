//! `/Projects/<name>/`: the trees of projects in the drives of their members, with the rights of each.

mod listing;
mod locks;
mod moves;
mod refusals;
mod rights;
mod tree;

use sea_orm::Value;
use uuid::Uuid;

use crate::support::{Answer, TestHouse, database};

/// Somebody at the door.
struct Person<'a> {
    house: &'a TestHouse,
    authorization: String,
}

impl Person<'_> {
    fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Answer {
        let mut all = vec![("Authorization", self.authorization.as_str())];
        all.extend(headers);
        self.house.wire().ask(method, &format!("/dav{path}"), &all, body)
    }

    fn does(&self, method: &str, path: &str) -> u16 {
        let depth = if method == "PROPFIND" { "0" } else { "infinity" };
        self.ask(method, path, &[("Depth", depth)], "").status
    }

    fn put(&self, path: &str, body: &str) -> u16 {
        self.ask("PUT", path, &[], body).status
    }

    fn get(&self, path: &str) -> (u16, String) {
        let answer = self.ask("GET", path, &[], "");
        (answer.status, answer.text())
    }

    fn relocate(&self, method: &str, from: &str, to: &str) -> Answer {
        self.ask(method, from, &[("Destination", &format!("/dav{to}"))], "")
    }

    fn moves(&self, from: &str, to: &str) -> u16 {
        self.relocate("MOVE", from, to).status
    }

    fn propfind(&self, path: &str, depth: &str, elements: &str) -> Answer {
        let body = if elements.is_empty() { String::new() } else { super::asking(elements) };
        self.ask("PROPFIND", path, &[("Depth", depth)], body)
    }

    fn property(&self, path: &str, local: &str) -> String {
        let answer = self.propfind(path, "0", &format!("<D:{local}/>"));
        answer.first(local).unwrap_or_else(|| panic!("no {local} in {}", super::seen(&answer)))
    }

    /// The hrefs below a folder, as a program sees it that shows a drive in a desktop; without `.Trash` and `.History`.
    fn list(&self, path: &str) -> Vec<String> {
        let gnome = [("Depth", "1"), ("User-Agent", "gvfs/1.54.4")];
        let answer = self.ask("PROPFIND", path, &gnome, "");
        assert_eq!(answer.status, 207, "{}", super::seen(&answer));
        let hrefs = answer.texts("href").into_iter().skip(1);
        hrefs.filter(|href| !href.ends_with("/.Trash/") && !href.ends_with("/.History/")).collect()
    }
}

/// A house in which Ann, Sam, Vic and Oda live.
struct Team {
    house: TestHouse,
    people: Vec<(&'static str, String)>,
}

impl Team {
    fn new() -> Self {
        let mut house = TestHouse::new();
        let mut people = Vec::new();
        for name in ["ann", "sam", "vic", "oda"] {
            house = house.with_user(name);
            people.push((name, house.authorization()));
        }
        Self { house, people }
    }

    fn person(&self, name: &str) -> Person<'_> {
        let found = self.people.iter().find(|(known, _)| *known == name);
        Person { house: &self.house, authorization: found.unwrap().1.clone() }
    }

    fn number(&self, sql: &str) -> i64 {
        super::number(&self.house, sql)
    }

    fn alter(&self, sql: &str) {
        super::alter(&self.house, sql);
    }

    fn run(&self, sql: &str, values: Vec<Value>) {
        self.house.run(database::alter(self.house.folder(), sql, values));
    }

    /// A project of Ann's, called so, with no members.
    fn project(&self, name: &str, quota_bytes: Option<i64>) -> Uuid {
        let (id, space) = (Uuid::new_v4(), Uuid::new_v4());
        let sql = "INSERT INTO spaces (id, seq, used_bytes, quota_bytes) VALUES ($1, 0, 0, $2)";
        self.run(sql, vec![space.into(), quota_bytes.into()]);
        let sql = "INSERT INTO nodes (uuid, space_id, name, folder, created_ms, modified_ms, created_seq, changed_seq, \
                     tree_seq) VALUES ($1, $2, '', TRUE, 1000, 2000, 0, 0, 0)";
        self.run(sql, vec![Uuid::new_v4().into(), space.into()]);
        let root = "SELECT id FROM nodes WHERE space_id = $1 AND parent_id IS NULL";
        self.run(&format!("UPDATE spaces SET root_id = ({root}) WHERE id = $1"), vec![space.into()]);
        let sql = "INSERT INTO revisions (space_id, node_id, from_seq, name, trashed, modified_ms, by_user, at_ms) \
                   SELECT n.space_id, n.id, 0, '', FALSE, 2000, u.id, 1000 FROM nodes n, users u \
                   WHERE n.space_id = $1 AND n.parent_id IS NULL AND u.name = 'ann'";
        self.run(sql, vec![space.into()]);
        let sql = "INSERT INTO projects (id, space_id, name, description, creator_id, active, created_ms, changed_ms, \
                     version) SELECT $1, $2, $3, '', u.id, TRUE, 1000, 1000, 0 FROM users u WHERE u.name = 'ann'";
        self.run(sql, vec![id.into(), space.into(), name.into()]);
        id
    }

    /// Takes somebody in, who has the project under this name.
    fn admit(&self, project: Uuid, name: &str, role: &str, folder: &str) {
        let sql = "INSERT INTO project_members (project_id, user_id, role, folder, since_ms, version) \
                   SELECT $1, u.id, $2, $3, 0, 0 FROM users u WHERE u.name = $4";
        self.run(sql, vec![project.into(), role.into(), folder.into(), name.into()]);
    }

    /// A house with the project `Bridge`, of which Ann is an admin, Sam staff, and Vic a viewer.
    fn with_bridge() -> (Self, Uuid) {
        let team = Self::new();
        let bridge = team.project("Bridge", None);
        for (name, role) in [("ann", "admin"), ("sam", "staff"), ("vic", "viewer")] {
            team.admit(bridge, name, role, "Bridge");
        }
        (team, bridge)
    }
}
