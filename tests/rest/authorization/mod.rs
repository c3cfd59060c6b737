//! Who may do what: every route of the API, and every method of the drive, asked by everybody there is.
//!
//! The tables beside this file say what is expected; a route or method that has no row fails.

mod accounts;
mod drive;
mod files;
mod fresh;
mod organizations;
mod request;
mod table;
mod traces;
mod world;

use std::collections::BTreeSet;
use std::path::Path;

use request::Request;
use table::{Role, Row};
use world::World;

use crate::support::TestHouse;

/// What a row of a section sends, with everything made that it is about.
enum Ask {
    /// The same, whoever sends it.
    All(fn(&World, &Row) -> Request),
    /// What is one's own.
    Each(fn(&World, Role, &Row) -> Request),
}

use Ask::{All, Each};

const ACCOUNTS: [(&str, Ask); 4] = [
    ("Accounts", Each(accounts::open)),
    ("Oneself", Each(accounts::own)),
    ("The stranger's", All(accounts::strangers)),
    ("Administration", All(accounts::administered)),
];

const ORGANIZATIONS: [(&str, Ask); 6] = [
    ("Organizations", All(organizations::organization)),
    ("Owners of an organization", All(organizations::owner)),
    ("Newcomers to an organization", All(organizations::newcomer)),
    ("Invitations into the organization", All(organizations::invitation)),
    ("Invitations one has got", Each(organizations::received)),
    ("Invitations the stranger has got", All(organizations::received_by_the_stranger)),
];

const PROJECTS: [(&str, Ask); 8] = [
    ("Projects", All(organizations::project)),
    ("Admins of a project", All(organizations::project_admin)),
    ("Newcomers to a project", All(organizations::project_newcomer)),
    ("The quota of a project", All(organizations::project_quota)),
    ("Inactive projects", All(organizations::inactive_project)),
    ("Removed projects", All(organizations::removed_project)),
    ("Personal projects", All(organizations::personal_project)),
    ("Tasks", All(organizations::task)),
];

const FILES: [(&str, Ask); 2] =
    [("Files of the project", All(files::of_the_project)), ("From one place to another", All(files::across))];

const OWN_FILES: [(&str, Ask); 2] =
    [("Files of one's own", Each(files::own)), ("Files of the stranger", All(files::of_the_stranger))];

const DRIVE: [(&str, Ask); 4] = [
    ("One's own drive", Each(drive::request)),
    ("The project", Each(drive::request)),
    ("From one place to another", Each(drive::request)),
    ("For nobody", Each(drive::request)),
];

fn rows(file: &str) -> Vec<Row> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rest/authorization").join(file);
    table::read(&std::fs::read_to_string(path).unwrap())
}

/// Everybody sends every request of these sections.
#[track_caller]
fn check(file: &str, sections: &[(&str, Ask)]) {
    let (rows, world) = (rows(file), World::new());
    let mut wrong = Vec::new();
    for row in &rows {
        let Some((_, ask)) = sections.iter().find(|(title, _)| *title == row.section) else { continue };
        let mut left: Option<Request> = None;
        for (role, expected) in &row.cells {
            let request = match ask {
                All(make) => left.take().unwrap_or_else(|| make(&world, row)),
                Each(make) => make(&world, *role, row),
            };
            wrong.extend(world.judge(row, *role, *expected, &request));
            // What has changed nothing, as was seen, leaves everything to the next as it was.
            left = request.leaves_no_trace(*expected).then_some(request);
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn every_route_has_a_row_and_every_row_a_route() {
    let document = TestHouse::new().wire().ask("GET", "/api/v1/openapi.json", &[], "").json();
    let mut routes = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        routes.extend(
            methods.as_object().unwrap().keys().map(|method| format!("{} {path}", method.to_uppercase())),
        );
    }
    let rows = rows("rest.txt");
    let operations: BTreeSet<String> = rows.iter().map(Row::operation).collect();
    let missing: Vec<_> = routes.symmetric_difference(&operations).collect();
    assert!(
        missing.is_empty(),
        "without a row in tests/rest/authorization/rest.txt, or without a route: {missing:#?}"
    );

    let all = ACCOUNTS.iter().chain(&ORGANIZATIONS).chain(&PROJECTS).chain(&FILES).chain(&OWN_FILES);
    assert_eq!(table::sections(&rows), all.map(|(title, _)| *title).collect());
}

#[test]
fn every_method_of_the_drive_has_rows_in_ones_own_and_in_a_project() {
    let answer = TestHouse::new().wire().ask("OPTIONS", "/dav/", &[], "");
    let allowed: BTreeSet<_> = answer.header("allow").unwrap().split(", ").collect();
    let rows = rows("drive.txt");
    for section in ["One's own drive", "The project"] {
        let rows = rows.iter().filter(|row| row.section == section);
        assert_eq!(rows.map(|row| row.method.as_str()).collect::<BTreeSet<_>>(), allowed, "{section}");
    }
    assert_eq!(table::sections(&rows), DRIVE.iter().map(|(title, _)| *title).collect());
}

#[test]
fn drives_are_their_owners_and_projects_in_them_are_for_members() {
    check("drive.txt", &DRIVE);
}

#[test]
fn accounts_are_their_owners_and_the_admins() {
    check("rest.txt", &ACCOUNTS);
}

#[test]
fn organizations_are_for_who_is_in_them_as_their_role_says() {
    check("rest.txt", &ORGANIZATIONS);
}

#[test]
fn projects_and_tasks_are_for_who_is_in_them_as_their_role_says() {
    check("rest.txt", &PROJECTS);
}

#[test]
fn files_of_a_project_are_for_who_is_in_it_as_their_role_says() {
    check("rest.txt", &FILES);
}

#[test]
fn files_of_a_drive_are_its_owners_and_nobody_elses() {
    check("rest.txt", &OWN_FILES);
}
