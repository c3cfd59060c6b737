//! What a request is about, made for it by somebody who may.

use serde_json::{Value, json};

use super::table::Role;
use super::world::{Person, World, done, made, text};
use crate::support::Api;

impl World {
    /// Somebody new who is what the person of this role is.
    pub fn another(&self, role: Role) -> Person {
        let person = self.newcomer(&format!("another{}", self.number()));
        let like = &self.person(role).id;
        if role == Role::SystemAdmin {
            self.alter("UPDATE users SET role = 'admin' WHERE name = $1", &[&person.name]);
            return person;
        }
        let ids = [person.id.as_str(), like];
        self.alter(
            "INSERT INTO organization_members (organization_id, user_id, role, since_ms, version) \
             SELECT organization_id, $1, role, 0, 0 FROM organization_members WHERE user_id = $2 AND organization_id = $3",
            &[ids[0], ids[1], &self.organization],
        );
        self.alter(
            "INSERT INTO project_members (project_id, user_id, role, folder, since_ms, version) \
             SELECT project_id, $1, role, folder, 0, 0 FROM project_members WHERE user_id = $2 AND project_id = $3",
            &[ids[0], ids[1], &self.project],
        );
        if role == Role::Suspended {
            done(&self.of("root").api.post(&format!("/admin/users/{}/suspend", person.id), &Value::Null));
        }
        person
    }

    /// An account that nobody uses: its identity and name.
    pub fn account(&self) -> (String, String) {
        let name = format!("account{}", self.number());
        let account = json!({"name": name, "email": format!("{name}@example.org")});
        (made(&self.of("root").api.post("/admin/users", &account)), name)
    }

    /// One more session of somebody: what the log-in answers.
    pub fn session(&self, person: &Person) -> Value {
        let sent = json!({"login": person.name, "password": Api::PASSWORD});
        done(&self.house.anonymous_api().post("/auth/log-in", &sent))
    }

    /// One more app password of somebody.
    pub fn app_password(&self, person: &Person) -> String {
        let id = uuid::Uuid::new_v4().to_string();
        self.alter(
            "INSERT INTO app_passwords (id, user_id, name, lookup, secret_hash, created_ms, read_only, version) \
             SELECT $1, u.id, $2, $2, '', 1, FALSE, 0 FROM users u WHERE u.name = $3",
            &[&id, &format!("spare-{}", self.number()), &person.name],
        );
        id
    }

    /// One more program that uses somebody's app password.
    pub fn device(&self, person: &Person) -> String {
        let product = format!("Program{}", self.number());
        let headers = [("Authorization", person.drive.as_str()), ("User-Agent", product.as_str())];
        let answer = self.house.wire().ask("GET", "/api/v1/me/quota", &headers, "");
        assert_eq!(answer.status, 200, "{answer:?}");
        let devices = done(&person.api.get("/me/devices"));
        let devices = devices["entries"].as_array().unwrap();
        let found = devices.iter().find(|device| device["product"].as_str().unwrap().starts_with(&product));
        text(found.unwrap_or_else(|| panic!("{product} is not in {devices:?}")), "id")
    }

    /// Somebody who has signed up and waits to be let in.
    pub fn sign_up(&self) -> String {
        let (id, _) = self.account();
        self.alter("UPDATE users SET approved = FALSE WHERE id = $1", &[&id]);
        id
    }

    /// An organization like the one of this world, without its project.
    pub fn another_organization(&self) -> String {
        let made = made(&self.of("oda").api.post("/organizations", &json!({"name": "Bridge Builders"})));
        self.alter(
            "INSERT INTO organization_members (organization_id, user_id, role, since_ms, version) \
             SELECT $1, user_id, role, 0, 0 FROM organization_members WHERE organization_id = $2 AND user_id <> $3",
            &[&made, &self.organization, &self.of("oda").id],
        );
        made
    }

    /// An organization that has nobody but Olga.
    pub fn foreign_organization(&self) -> String {
        made(&self.of("olga").api.post("/organizations", &json!({"name": "Ferry Owners"})))
    }

    /// A project like the one of this world: its identity and name.
    pub fn another_project(&self) -> (String, String) {
        let name = format!("Bridge {}", self.number());
        let new = json!({"name": name, "organization_id": self.organization});
        let made = made(&self.of("cora").api.post("/projects", &new));
        self.alter(
            "INSERT INTO project_members (project_id, user_id, role, folder, since_ms, version) \
             SELECT $1, user_id, role, $2, 0, 0 FROM project_members WHERE project_id = $3 AND user_id <> $4",
            &[&made, &name, &self.project, &self.of("cora").id],
        );
        (made, name)
    }

    /// A task of the project.
    pub fn task(&self) -> String {
        let new = json!({"title": format!("Task {}", self.number())});
        made(&self.of("cora").api.post(&format!("/projects/{}/tasks", self.project), &new))
    }

    /// A file in a folder of somebody: its identity and name.
    pub fn named_file(&self, person: &Person, folder: &str) -> (String, String) {
        let name = format!("file-{}.txt", self.number());
        (made(&person.api.ask("POST", &format!("/files?folder={folder}&name={name}"), &[], "one")), name)
    }

    pub fn file(&self, person: &Person, folder: &str) -> String {
        self.named_file(person, folder).0
    }

    /// A folder in a folder of somebody.
    pub fn folder(&self, person: &Person, folder: &str) -> String {
        let new = json!({"parent": folder, "name": format!("folder-{}", self.number())});
        made(&person.api.post("/folders", &new))
    }

    /// A file of a folder of somebody that is in the trash: its identity and name.
    pub fn named_trashed(&self, person: &Person, folder: &str) -> (String, String) {
        let (id, name) = self.named_file(person, folder);
        done(&person.api.delete(&format!("/files/{id}")));
        (id, name)
    }

    pub fn trashed(&self, person: &Person, folder: &str) -> String {
        self.named_trashed(person, folder).0
    }
}
