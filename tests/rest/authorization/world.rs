//! An organization with a project in it, and somebody in each role there is.

use std::cell::Cell as Counter;
use std::collections::BTreeMap;

use sea_orm::{DatabaseConnection, Value as SqlValue};
use serde_json::{Value, json};
use uuid::Uuid;

use super::request::{Request, anonymous, nowhere};
use super::table::{Cell, Role, Row};
use super::traces::{self, RECORD};
use crate::support::{Answer, Api, TestHouse, Wire, database};

/// Where the API is.
pub const API: &str = "/api/v1";

/// Everybody with an account, what they are in the organization, and in its project.
const PEOPLE: [(&str, Option<&str>, Option<&str>); 12] = [
    ("root", None, None),
    ("sid", None, None),
    ("cora", Some("member"), None),
    ("vic", Some("viewer"), Some("viewer")),
    ("sam", Some("viewer"), Some("staff")),
    ("pam", Some("viewer"), Some("admin")),
    ("mia", Some("member"), None),
    ("adi", Some("admin"), None),
    ("olga", Some("owner"), None),
    ("sue", Some("viewer"), Some("admin")),
    // Whom others do something to.
    ("tom", Some("viewer"), Some("viewer")),
    ("ada", Some("viewer"), Some("admin")),
];

/// Somebody with a session and an app password.
pub struct Person {
    pub name: String,
    pub id: String,
    pub api: Api,
    pub drive: String,
}

impl Person {
    /// What an `Authorization` header says in a session.
    pub fn session(&self) -> String {
        format!("Bearer {}", self.api.tokens["access_token"].as_str().unwrap())
    }

    pub fn email(&self) -> String {
        format!("{}@example.org", self.name)
    }
}

/// What somebody made before they were suspended.
#[derive(Default)]
pub struct Kept {
    /// With two versions.
    pub file: String,
    pub file_name: String,
    pub folder: String,
    pub trashed: String,
    pub trashed_name: String,
}

pub struct World {
    pub house: TestHouse,
    database: Option<DatabaseConnection>,
    people: BTreeMap<String, Person>,
    read_only: String,
    pub organization: String,
    pub project: String,
    /// The top folder of the project.
    pub root: String,
    pub kept: Kept,
    made: Counter<usize>,
}

impl World {
    pub fn new() -> Self {
        let house = TestHouse::with_mail(&[
            ("accounts.sign_up", "open"),
            ("accounts.approve", "true"),
            ("login.devices_max", "10000"),
        ])
        .with_user("root");
        house.promote("root");
        let api = house.api("root");
        let root = Person {
            name: "root".into(),
            id: text(&api.tokens, "user_id"),
            api,
            drive: house.authorization(),
        };
        let database = Some(house.run(database::connect(house.folder())));
        let none = String::new;
        let mut world = Self {
            house,
            database,
            people: BTreeMap::new(),
            read_only: none(),
            organization: none(),
            project: none(),
            root: none(),
            kept: Kept::default(),
            made: Counter::new(0),
        };
        world.people.insert(root.name.clone(), root);
        let address =
            "UPDATE users SET email = 'root@example.org', email_verified_ms = 1 WHERE name = 'root'";
        world.house.run(database::alter(world.house.folder(), address, []));
        for name in PEOPLE.iter().map(|(name, ..)| *name).skip(1).chain(["oda"]) {
            let person = world.newcomer(name);
            world.people.insert(name.to_owned(), person);
        }
        world.organization =
            made(&world.of("oda").api.post("/organizations", &json!({"name": "Bridge Builders"})));
        for (name, role, _) in PEOPLE {
            if let Some(role) = role {
                let member = format!("/organizations/{}/members/{}", world.organization, world.of(name).id);
                done(&world.of("root").api.put(&member, &json!({"role": role})));
            }
        }
        let project = world
            .of("cora")
            .api
            .post("/projects", &json!({"name": "Bridge", "organization_id": world.organization}));
        (world.project, world.root) = (made(&project), text(&project.json(), "root_folder_id"));
        for (name, _, role) in PEOPLE {
            if let Some(role) = role {
                done(
                    &world
                        .of("cora")
                        .api
                        .put(&format!("/projects/{}/members/{name}", world.project), &json!({"role": role})),
                );
            }
        }
        let read_only =
            world.of("pam").api.post("/me/app-passwords", &json!({"name": "reader", "read_only": true}));
        world.read_only = Wire::basic("pam", &text(&read_only.json(), "secret"));
        world.kept = world.keep(world.of("sue"));
        done(
            &world.of("root").api.post(&format!("/admin/users/{}/suspend", world.of("sue").id), &Value::Null),
        );
        world
    }

    fn keep(&self, person: &Person) -> Kept {
        let (file, file_name) = self.named_file(person, "home");
        done(&person.api.ask("PUT", &format!("/files/{file}/content"), &[], "one, two"));
        let (trashed, trashed_name) = self.named_trashed(person, "home");
        Kept { file, file_name, folder: self.folder(person, "home"), trashed, trashed_name }
    }

    /// Somebody new, with everything that lets them in.
    pub fn newcomer(&self, name: &str) -> Person {
        let account =
            json!({"name": name, "email": format!("{name}@example.org"), "password": Api::PASSWORD});
        let id = made(&self.of("root").api.post("/admin/users", &account));
        let answer = self
            .house
            .anonymous_api()
            .post("/auth/log-in", &json!({"login": name, "password": Api::PASSWORD}));
        let api = self.house.anonymous_api().with_tokens(answer.json());
        let issued = api.post("/me/app-passwords", &json!({"name": "drive"}));
        let drive = Wire::basic(name, &text(&issued.json(), "secret"));
        Person { name: name.to_owned(), id, api, drive }
    }

    pub fn of(&self, name: &str) -> &Person {
        &self.people[name]
    }

    /// Who asks; where nobody does, or something is not anybody's own, the stranger.
    pub fn person(&self, role: Role) -> &Person {
        self.of(match role {
            Role::Anonymous | Role::Stranger => "sid",
            Role::Viewer => "vic",
            Role::Staff => "sam",
            Role::ProjectAdmin | Role::AppPassword | Role::ReadOnly | Role::Session => "pam",
            Role::Creator => "cora",
            Role::Member => "mia",
            Role::OrganizationAdmin => "adi",
            Role::Owner => "oda",
            Role::Suspended => "sue",
            Role::SystemAdmin => "root",
        })
    }

    /// The credential of a role, or of somebody else in the same role.
    pub fn credential(&self, role: Role, person: &Person, is_drive: bool) -> Option<String> {
        match role {
            Role::Anonymous => None,
            Role::AppPassword => Some(person.drive.clone()),
            Role::ReadOnly => Some(self.read_only.clone()),
            Role::Session => Some(person.session()),
            _ if is_drive => Some(person.drive.clone()),
            _ => Some(person.session()),
        }
    }

    /// A number that nothing else has.
    pub fn number(&self) -> usize {
        self.made.set(self.made.get() + 1);
        self.made.get()
    }

    /// Changes the database behind the server's back.
    pub fn alter(&self, sql: &str, values: &[&str]) {
        let value =
            |text: &&str| Uuid::parse_str(text).map_or_else(|_| SqlValue::from(*text), SqlValue::from);
        self.house.run(database::alter(self.house.folder(), sql, values.iter().map(value)));
    }

    /// Sends a request of a row for somebody, and says what is wrong with the answer.
    pub fn judge(&self, row: &Row, role: Role, expected: Cell, request: &Request) -> Option<String> {
        let is_drive = !request.target.starts_with(API);
        let request = match self.credential(role, self.person(role), is_drive) {
            Some(credential) if !request.has_credential() => request.clone().by(&credential),
            _ => request.clone(),
        };
        let is_counted = request.leaves_no_trace(expected);
        let before = is_counted.then(|| self.count());
        let answer = request.send(self);
        let after = is_counted.then(|| self.count());
        let wrong = |what: String| {
            let body = String::from_utf8_lossy(&answer.body).chars().take(300).collect::<String>();
            Some(format!("{}: {} by {role:?}: {what}: {body}", row.section, row.request()))
        };
        let got = match request.outcome(&answer) {
            Ok(got) => got,
            Err(sentence) => return wrong(sentence),
        };
        let fits = match expected {
            Cell::PartMissing => got == Cell::Status(404),
            expected => got == expected,
        };
        if !fits {
            return wrong(format!("{expected} is expected, {got} came"));
        }
        if let (Some(before), Some(mut after)) = (before, after) {
            if !expected.is_refused() {
                // That something was read may be on record.
                after.extend(before.get_key_value(RECORD).map(|(table, numbers)| (table.clone(), *numbers)));
            }
            after.retain(|table, numbers| before[table] != *numbers);
            if !after.is_empty() {
                return wrong(format!("{got} left a trace in {after:?}"));
            }
        }
        if matches!(expected, Cell::Status(404 | 409) | Cell::PartMissing) {
            let elsewhere = request.elsewhere();
            let nothing = elsewhere.send(self);
            let is_same = nothing.status == answer.status
                && anonymous(&nothing.text()) == anonymous(&nowhere(&answer.text()));
            if is_same == (expected == Cell::PartMissing) {
                return wrong(format!("{} is answered by {}", elsewhere.target, nothing.text()));
            }
        }
        None
    }

    fn count(&self) -> BTreeMap<String, (i64, i64)> {
        self.house.run(traces::count(self.database.as_ref().unwrap()))
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if let Some(database) = self.database.take() {
            self.house.run(database.close()).unwrap();
        }
    }
}

/// The identity of what was made.
#[track_caller]
pub fn made(answer: &Answer) -> String {
    assert_eq!(answer.status, 201, "{answer:?}");
    text(&answer.json(), "id")
}

#[track_caller]
pub fn done(answer: &Answer) -> Value {
    assert!((200..300).contains(&answer.status), "{answer:?}");
    serde_json::from_slice(&answer.body).unwrap_or(Value::Null)
}

#[track_caller]
pub fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_else(|| panic!("no {key} in {value}")).to_owned()
}
