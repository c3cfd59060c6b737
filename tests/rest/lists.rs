//! Every list of the API: what it costs does not grow with what is in it, and its pages give each entry once, in order.

use std::collections::BTreeSet;

use domain::{Role, Timestamp, UserName};
use serde_json::{Value, json};
use services::users::{self, NewUser};

use crate::support::{Api, TestHouse, database};

/// As many entries as the lists have in the end, or more.
const MANY: usize = 30;
/// So many entries a page has while paging; not a part of [`MANY`].
const PAGE: usize = 7;
/// So many statements a list may take: who asks, what they may see, the page, what belongs to its entries, and the total.
const STATEMENTS_MAX: u64 = 7;

/// Every list of the description, and how it is asked for in a [`Place`].
const LISTS: [(&str, &str); 22] = [
    ("/admin/audit", "/admin/audit?action=organization.create"),
    ("/admin/invitations", "/admin/invitations"),
    ("/admin/sign-ups", "/admin/sign-ups"),
    ("/admin/users", "/admin/users?q=guest"),
    ("/files/{id}/versions", "/files/FILE/versions"),
    ("/folders/{id}/children", "/folders/home/children"),
    ("/invitations", "/invitations"),
    ("/me/app-passwords", "/me/app-passwords"),
    ("/me/audit", "/me/audit"),
    ("/me/devices", "/me/devices"),
    ("/me/sessions", "/me/sessions"),
    ("/organizations", "/organizations"),
    ("/organizations/{id}/audit", "/organizations/ORGANIZATION/audit"),
    ("/organizations/{id}/invitations", "/organizations/ORGANIZATION/invitations"),
    ("/organizations/{id}/members", "/organizations/ORGANIZATION/members"),
    ("/projects", "/projects?order=created"),
    ("/projects/{id}/audit", "/projects/PROJECT/audit"),
    ("/projects/{id}/members", "/projects/PROJECT/members"),
    ("/projects/{id}/tasks", "/projects/PROJECT/tasks"),
    ("/search", "/search?q=a"),
    ("/tasks", "/tasks?order=title"),
    ("/trash", "/trash"),
];

/// A house in which all lists grow at once, as ann sees them, who is an admin of it.
struct Place {
    house: TestHouse,
    ann: Api,
    /// Who invites her.
    bob: Api,
    organization: String,
    project: String,
    /// A file of her own with versions.
    file: String,
    /// One of the project, for its tasks.
    project_file: String,
}

impl Place {
    fn new() -> Self {
        let house = TestHouse::with_mail(&[("login.devices_max", "100"), ("accounts.sign_up", "invited")]);
        let house = house.with_user("bob").with_user("ann");
        house.promote("ann");
        let (ann, bob) = (house.api("ann"), house.api("bob"));
        house.set_email("ann", "ann@example.org");
        let organization = made(&ann, "/organizations", &json!({"name": "Bakers"}));
        let project = made(&ann, "/projects", &json!({"name": "Ovens", "organization_id": organization}));
        let root = ann.get(&format!("/projects/{project}")).json()["root_folder_id"].clone();
        let project_file = upload(&ann, root.as_str().unwrap(), "plan");
        let file = upload(&ann, "home", "versions");
        Self { house, ann, bob, organization, project, file, project_file }
    }

    /// Adds one entry, of this number, to every list.
    fn grow(&self, number: usize) {
        let Self { house, ann, bob, organization, project, .. } = self;
        let [guest, newcomer] = ["guest", "newcomer"].map(|kind| {
            let name = UserName::parse(&format!("{kind}{number}")).unwrap();
            let new = NewUser { name, role: Role::User, password: None, quota_bytes: None };
            house.run(users::create(Timestamp::now(), house.backends(), new)).unwrap()
        });
        self.alter("UPDATE users SET approved = FALSE WHERE name = $1", newcomer.name.as_str());
        let member = format!("/organizations/{organization}/members/{}", guest.id.0);
        assert_eq!(ann.put(&member, &json!({"role": "member"})).status, 200);
        let member = format!("/projects/{project}/members/{}", guest.id.0);
        assert_eq!(ann.put(&member, &json!({"role": "viewer"})).status, 201);

        let stranger = format!("stranger{number}@example.org");
        made(ann, "/admin/invitations", &json!({"email": stranger}));
        let invitation = json!({"email": stranger, "role": "member"});
        made(ann, &format!("/organizations/{organization}/invitations"), &invitation);
        let bobs = made(bob, "/organizations", &json!({"name": format!("Cooks {number}")}));
        // So many mails to one address would be too many.
        let email = format!("ann{number}@example.org");
        made(bob, &format!("/organizations/{bobs}/invitations"), &json!({"email": email, "role": "member"}));
        self.alter("UPDATE invitations SET email = 'ann@example.org' WHERE email = $1", &email);
        made(ann, "/organizations", &json!({"name": format!("Millers {number}")}));
        made(ann, "/projects", &json!({"name": format!("Mill {number}")}));

        let task = json!({"title": format!("Knead {number}"), "assignee_id": ann.tokens["user_id"],
            "file_ids": [self.project_file]});
        made(ann, &format!("/projects/{project}/tasks"), &task);
        upload(ann, "home", &format!("a{number}"));
        let content = format!("/files/{}/content", self.file);
        assert_eq!(ann.ask("PUT", &content, &[], number.to_string()).status, 200);
        let removed = upload(ann, "home", "removed");
        assert_eq!(ann.delete(&format!("/files/{removed}")).status, 204);

        made(ann, "/me/app-passwords", &json!({"name": format!("laptop {number}")}));
        assert_eq!(
            house.ask("GET", "/versions", &[("User-Agent", &format!("program{number}/1"))], "").status,
            200
        );
        Api::log_in(house.address(), "ann", Api::PASSWORD);
    }

    fn alter(&self, sql: &str, value: &str) {
        self.house.run(database::alter(self.house.folder(), sql, [value.into()]));
    }

    /// The path of a list, with what stands for something in it.
    fn path(&self, asked: &str) -> String {
        let named = [("FILE", &self.file), ("ORGANIZATION", &self.organization), ("PROJECT", &self.project)];
        named.iter().fold(asked.to_owned(), |path, (word, id)| path.replace(word, id))
    }

    /// How many statements each list takes, and how many entries it gives.
    fn costs(&self, query: &str) -> Vec<(&'static str, u64, usize)> {
        let cost = |(_, asked): &(&str, &'static str)| {
            let path = and(&self.path(asked), query);
            let (list, statements) = self.house.statements(|| read(&self.ann, &path));
            (*asked, statements, list["entries"].as_array().unwrap().len())
        };
        LISTS.iter().map(cost).collect()
    }
}

#[track_caller]
fn made(api: &Api, path: &str, sent: &Value) -> String {
    let answer = api.post(path, sent);
    assert_eq!(answer.status, 201, "{path}: {answer:?}");
    answer.json()["id"].as_str().unwrap().to_owned()
}

#[track_caller]
fn upload(api: &Api, folder: &str, name: &str) -> String {
    let answer = api.ask("POST", &format!("/files?folder={folder}&name={name}"), &[], name);
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.json()["id"].as_str().unwrap().to_owned()
}

#[track_caller]
fn read(api: &Api, path: &str) -> Value {
    let answer = api.get(path);
    assert_eq!(answer.status, 200, "{path}: {answer:?}");
    answer.json()
}

fn and(path: &str, query: &str) -> String {
    if query.is_empty() {
        return path.to_owned();
    }
    format!("{path}{}{query}", if path.contains('?') { '&' } else { '?' })
}

/// The lists that the description tells of, and whether they come in pages.
fn described(house: &TestHouse) -> Vec<(String, bool)> {
    let document = house.anonymous_api().get("/openapi.json").json();
    let mut lists = Vec::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        let answer = &operations["get"]["responses"]["200"]["content"]["application/json"]["schema"]["$ref"];
        if answer.as_str().is_some_and(|schema| schema.starts_with("#/components/schemas/List")) {
            let params = operations["get"]["parameters"].as_array().cloned().unwrap_or_default();
            let path = path.strip_prefix("/api/v1").unwrap_or(path).to_owned();
            lists.push((path, params.iter().any(|param| param["name"] == "limit")));
        }
    }
    lists
}

#[test]
fn a_list_takes_as_many_statements_for_many_entries_as_for_one_and_its_pages_give_each_once() {
    let place = Place::new();
    let described = described(&place.house);
    let known: Vec<&str> = LISTS.iter().map(|(list, _)| *list).collect();
    let told: Vec<&str> = described.iter().map(|(list, _)| list.as_str()).collect();
    assert_eq!(BTreeSet::from_iter(told), BTreeSet::from_iter(known), "each list has its row above");

    place.grow(0);
    // Once for whatever is looked up only the first time.
    place.costs("total=true");
    let queries = ["", "total=true"];
    let few = queries.map(|query| place.costs(query));
    for number in 1..MANY {
        place.grow(number);
    }
    for (query, few) in queries.into_iter().zip(few) {
        for ((list, before, some), (_, statements, entries)) in few.into_iter().zip(place.costs(query)) {
            assert!(some >= 1 && entries >= MANY && entries >= some + MANY - 1, "{list}: {some}, {entries}");
            assert_eq!(statements, before, "{list} {query} of {some} and {entries} entries");
            assert!(statements <= STATEMENTS_MAX, "{list} {query}: {statements}");
        }
    }
    for (list, _) in described.iter().filter(|(_, in_pages)| *in_pages) {
        let (_, asked) = LISTS.iter().find(|(known, _)| known == list).unwrap();
        assert_pages_add_up(&place.ann, &place.path(asked));
    }
}

/// Asserts that the pages of a list give what one page gives that has room for all.
#[track_caller]
fn assert_pages_add_up(api: &Api, path: &str) {
    let whole = read(api, &and(path, "limit=500&total=true"));
    let whole_entries = whole["entries"].as_array().unwrap();
    assert_eq!((&whole["next"], &whole["total"]), (&Value::Null, &json!(whole_entries.len())), "{path}");
    let first = and(path, &format!("limit={PAGE}"));
    let (mut entries, mut page) = (Vec::new(), read(api, &first));
    while let Some(next) = page["next"].as_str() {
        assert_eq!(page["entries"].as_array().unwrap().len(), PAGE, "{path}");
        assert_eq!(page.get("total"), None, "{path}: nobody asked");
        entries.extend(page["entries"].as_array().unwrap().iter().cloned());
        assert!(entries.len() <= whole_entries.len(), "{path} does not end");
        page = read(api, &and(&first, &format!("cursor={next}")));
    }
    entries.extend(page["entries"].as_array().unwrap().iter().cloned());
    assert_eq!(&entries, whole_entries, "{path}");
}
