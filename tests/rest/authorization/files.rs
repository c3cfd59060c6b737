//! What is sent about files and folders: of the project, of one's own, and of the stranger.

use serde_json::json;

use super::request::Request;
use super::table::{Role, Row};
use super::world::{API, Person, World, done, text};

/// Where files lie, and who makes them there.
struct Place<'a> {
    world: &'a World,
    person: &'a Person,
    /// The folder.
    folder: String,
    /// The project, for what takes one beside files.
    project: Option<&'a str>,
}

pub fn of_the_project(world: &World, row: &Row) -> Request {
    let (person, folder) = (world.of("cora"), world.root.clone());
    Place { world, person, folder, project: Some(&world.project) }.request(row)
}

pub fn own(world: &World, role: Role, row: &Row) -> Request {
    Place::home(world, world.person(role)).request(row)
}

pub fn of_the_stranger(world: &World, row: &Row) -> Request {
    Place::home(world, world.of("sid")).request(row)
}

/// A file of the project goes into one's own drive.
pub fn across(world: &World, row: &Row) -> Request {
    let file = world.file(world.of("cora"), &world.root);
    Request::to(API, row, &[&file]).with(&json!({"folder": "home"}))
}

impl<'a> Place<'a> {
    fn home(world: &'a World, person: &'a Person) -> Self {
        let folder = text(&done(&person.api.get("/folders/home")), "id");
        Self { world, person, folder, project: None }
    }

    /// Whether nothing can be made here any more, because whose it is was suspended; then there is what they had made.
    fn is_closed(&self) -> bool {
        self.person.name == "sue" && self.project.is_none()
    }

    fn file(&self) -> String {
        match self.is_closed() {
            true => self.world.kept.file.clone(),
            false => self.world.file(self.person, &self.folder),
        }
    }

    fn subfolder(&self) -> String {
        match self.is_closed() {
            true => self.world.kept.folder.clone(),
            false => self.world.folder(self.person, &self.folder),
        }
    }

    fn trashed(&self) -> String {
        match self.is_closed() {
            true => self.world.kept.trashed.clone(),
            false => self.world.trashed(self.person, &self.folder),
        }
    }

    /// A file, and the number of what it held before.
    fn with_versions(&self) -> (String, String) {
        let file = self.file();
        if !self.is_closed() {
            done(&self.person.api.ask("PUT", &format!("/files/{file}/content"), &[], "two"));
        }
        let versions = done(&self.person.api.get(&format!("/files/{file}/versions")));
        let versions = versions["entries"].as_array().unwrap();
        assert_eq!(versions.len(), 2, "{versions:?}");
        (file, versions[1]["id"].to_string())
    }

    fn request(&self, row: &Row) -> Request {
        let to = |ids: &[&str]| Request::to(API, row, ids);
        let name = format!("new-{}", self.world.number());
        let elsewhere = json!({"name": name});
        match row.operation().as_str() {
            "POST /files" => {
                to(&[]).asking(&format!("folder={}&name={name}.txt", self.folder)).with_bytes("new")
            }
            "GET /files/{id}" => {
                let file = self.file();
                to(&[&file]).naming(&file)
            }
            "PATCH /files/{id}" => to(&[&self.file()]).with(&elsewhere),
            "DELETE /files/{id}" => to(&[&self.file()]),
            "POST /files/{id}/copy" => to(&[&self.file()]).with(&json!({})),
            "GET /files/{id}/content" => to(&[&self.file()]).naming("one"),
            "PUT /files/{id}/content" => to(&[&self.file()]).with_bytes("three"),
            "POST /batch" => to(&[]).with(&json!({"operation": "remove", "ids": [self.file()]})).of_many(),
            "POST /folders" => to(&[]).with(&json!({"parent": self.folder, "name": name})),
            "GET /folders/{id}" => to(&[&self.folder]).naming(&self.folder),
            "PATCH /folders/{id}" => to(&[&self.subfolder()]).with(&elsewhere),
            "DELETE /folders/{id}" => to(&[&self.subfolder()]),
            "POST /folders/{id}/copy" => to(&[&self.subfolder()]).with(&json!({})),
            "GET /folders/{id}/children" => {
                let file = self.file();
                to(&[&self.folder]).asking("order=-modified").naming(&file)
            }
            _ => self.request_of_the_past(row),
        }
    }

    fn request_of_the_past(&self, row: &Row) -> Request {
        let to = |ids: &[&str]| Request::to(API, row, ids);
        let within = |request: Request| match self.project {
            Some(project) => request.asking(&format!("project={project}")),
            None => request,
        };
        match row.operation().as_str() {
            "GET /files/{id}/versions" => to(&[&self.with_versions().0]).naming("replaced_at"),
            "GET /files/{id}/versions/{version}/content" => {
                let (file, version) = self.with_versions();
                to(&[&file, &version]).naming("one")
            }
            "POST /files/{id}/versions/{version}/restore" => {
                let (file, version) = self.with_versions();
                to(&[&file, &version])
            }
            "GET /trash" => within(to(&[])).asking("order=-removed").naming(&self.trashed()),
            "DELETE /trash" => {
                self.trashed();
                within(to(&[]))
            }
            "POST /trash/{id}/restore" => to(&[&self.trashed()]).with(&json!({})),
            "DELETE /trash/{id}" => to(&[&self.trashed()]),
            "GET /search" => {
                let file = self.file();
                let beneath = match self.project {
                    Some(project) => format!("project={project}"),
                    None => format!("folder={}", self.folder),
                };
                to(&[]).asking(&format!("q=file-&order=-modified&{beneath}")).naming(&file)
            }
            other => panic!("nothing is known of {other}"),
        }
    }
}
