//! What is sent about organizations, their members, and invitations into them.

use serde_json::{Value, json};

use super::request::Request;
use super::table::{Role, Row};
use super::world::{API, Person, World, done, made, text};

/// What is about the organization, and somebody in it who is a viewer.
pub fn organization(world: &World, row: &Row) -> Request {
    let to = |ids: &[&str]| Request::to(API, row, ids);
    let organization = world.organization.as_str();
    match row.operation().as_str() {
        "POST /organizations" => to(&[]).with(&json!({"name": "Tunnel Diggers"})),
        // It was the first that was made.
        "GET /organizations" => to(&[]).asking("order=created_at").naming(organization),
        "GET /organizations/{id}" => to(&[organization]).naming(organization),
        "PATCH /organizations/{id}" => {
            to(&[organization]).with(&json!({"name": format!("Bridge Builders {}", world.number())}))
        }
        "DELETE /organizations/{id}" | "POST /organizations/{id}/leave" => {
            to(&[&world.another_organization()])
        }
        "GET /organizations/{id}/audit" => to(&[organization]).naming(organization),
        "GET /organizations/{id}/members" => to(&[organization]).asking("q=tom").naming(&world.of("tom").id),
        _ => member(world, row, "tom"),
    }
}

/// What is about one of two owners.
pub fn owner(world: &World, row: &Row) -> Request {
    member(world, row, "olga")
}

/// What is about somebody who is not in it.
pub fn newcomer(world: &World, row: &Row) -> Request {
    let request = |who: &str| Request::to(API, row, &[&world.organization, who]);
    match row.method.as_str() {
        "GET" => request(&world.of("sid").id),
        _ => request(&world.account().0).with(&json!({"role": "viewer"})),
    }
}

fn member(world: &World, row: &Row, who: &str) -> Request {
    let who = &world.of(who).id;
    let to = |organization: &str| Request::to(API, row, &[organization, who]);
    match row.operation().as_str() {
        "GET /organizations/{id}/members/{user_id}" => to(&world.organization).naming(who),
        "PUT /organizations/{id}/members/{user_id}" | "PATCH /organizations/{id}/members/{user_id}" => {
            to(&world.another_organization()).with(&json!({"role": "member"}))
        }
        "DELETE /organizations/{id}/members/{user_id}" => to(&world.another_organization()),
        other => panic!("nothing is known of {other}"),
    }
}

/// What is about invitations into the organization.
pub fn invitation(world: &World, row: &Row) -> Request {
    let to = |ids: &[&str]| Request::to(API, row, ids);
    let organization = world.organization.as_str();
    let (id, email) = invited(world, organization);
    match row.operation().as_str() {
        "GET /organizations/{id}/invitations" => {
            to(&[organization]).asking(&format!("q={email}")).naming(&id)
        }
        "POST /organizations/{id}/invitations" => {
            let email = format!("friend{}@example.org", world.number());
            to(&[organization]).with(&json!({"email": email, "role": "member"}))
        }
        "GET /organizations/{id}/invitations/{invitation_id}" => to(&[organization, &id]).naming(&id),
        "DELETE /organizations/{id}/invitations/{invitation_id}" => to(&[organization, &id]),
        other => panic!("nothing is known of {other}"),
    }
}

/// What is about an invitation that one has got oneself.
pub fn received(world: &World, role: Role, row: &Row) -> Request {
    received_by(world, world.person(role), row)
}

/// What is about one that the stranger has got.
pub fn received_by_the_stranger(world: &World, row: &Row) -> Request {
    received_by(world, world.of("sid"), row)
}

fn received_by(world: &World, person: &Person, row: &Row) -> Request {
    let to = |ids: &[&str]| Request::to(API, row, ids);
    let (id, email) = invited(world, &world.foreign_organization());
    if row.operation() == "POST /invitations/accept" {
        let token = world.house.mails_to(&email).last().unwrap().code();
        return to(&[]).with(&json!({"token": token}));
    }
    // An address is not sent as many mails as that.
    world.alter("UPDATE invitations SET email = $1 WHERE id = $2", &[&person.email(), &id]);
    match row.operation().as_str() {
        "GET /invitations" => to(&[]).naming(&id),
        "POST /invitations/{id}/accept" | "POST /invitations/{id}/decline" => to(&[&id]),
        other => panic!("nothing is known of {other}"),
    }
}

/// An invitation of an address of its own.
fn invited(world: &World, organization: &str) -> (String, String) {
    let email = format!("guest{}@example.org", world.number());
    let sent = json!({"email": email, "role": "member"});
    (made(&world.of("olga").api.post(&format!("/organizations/{organization}/invitations"), &sent)), email)
}

/// What is about the project, and somebody in it who is a viewer.
pub fn project(world: &World, row: &Row) -> Request {
    let to = |ids: &[&str]| Request::to(API, row, ids);
    let project = world.project.as_str();
    match row.operation().as_str() {
        "POST /projects" => to(&[]).with(&json!({"name": "Tunnel", "organization_id": world.organization})),
        // It was the first that was made.
        "GET /projects" => to(&[]).asking("order=created").naming(project),
        "GET /projects/{id}" => to(&[project]).naming(project),
        "PATCH /projects/{id}" => to(&[project]).with(&json!({"description": format!("{}", world.number())})),
        "DELETE /projects/{id}" | "POST /projects/{id}/leave" => to(&[&world.another_project().0]),
        "POST /projects/{id}/purge" => to(&[&world.another_project().0]).with(&json!({})),
        "GET /projects/{id}/audit" => to(&[project]).naming(project),
        "GET /projects/{id}/members" => to(&[project]).naming(&world.of("tom").id),
        _ => project_member(world, row, "tom", "viewer"),
    }
}

/// What is about an admin of a project, who did not make it.
pub fn project_admin(world: &World, row: &Row) -> Request {
    project_member(world, row, "ada", "admin")
}

fn project_member(world: &World, row: &Row, who: &str, role: &str) -> Request {
    let who = &world.of(who).id;
    let request = Request::to(API, row, &[&world.project, who]);
    let member = format!("/projects/{}/members/{who}", world.project);
    done(&world.of("cora").api.put(&member, &json!({"role": role})));
    match row.method.as_str() {
        "GET" => request.naming(who),
        "PUT" => request.with(&json!({"role": "staff"})),
        _ => request,
    }
}

/// What is about somebody in the organization who comes into the project.
pub fn project_newcomer(world: &World, row: &Row) -> Request {
    let ids = [world.another_project().0, world.of("olga").id.clone()];
    Request::to(API, row, &[&ids[0], &ids[1]]).with(&json!({"role": "viewer"}))
}

pub fn project_quota(world: &World, row: &Row) -> Request {
    let quota_bytes = 1_000_000_000 + world.number();
    Request::to(API, row, &[&world.project]).with(&json!({"quota_bytes": quota_bytes}))
}

pub fn personal_project(_: &World, row: &Row) -> Request {
    Request::to(API, row, &[]).with(&json!({"name": "Diary"}))
}

/// What is about a project that only its admins see.
pub fn inactive_project(world: &World, row: &Row) -> Request {
    let (id, name) = world.another_project();
    done(&world.of("cora").api.patch(&format!("/projects/{id}"), &json!({"active": false})));
    hidden(row, &id, &name)
}

/// What is about a project that was removed.
pub fn removed_project(world: &World, row: &Row) -> Request {
    let (id, name) = world.another_project();
    done(&world.of("cora").api.delete(&format!("/projects/{id}")));
    hidden(row, &id, &name)
}

fn hidden(row: &Row, id: &str, name: &str) -> Request {
    let to = |ids: &[&str]| Request::to(API, row, ids);
    match row.operation().as_str() {
        "GET /projects" => to(&[]).asking(&format!("q={}", name.replace(' ', "%20"))).naming(id),
        "GET /projects/{id}" => to(&[id]).naming(id),
        "PATCH /projects/{id}" => to(&[id]).with(&json!({"active": true})),
        _ => to(&[id]),
    }
}

/// What is about a task of the project.
pub fn task(world: &World, row: &Row) -> Request {
    let to = |ids: &[&str]| Request::to(API, row, ids);
    let cora = world.of("cora");
    let task = world.task();
    match row.operation().as_str() {
        "GET /tasks" => to(&[]).asking("order=-created").naming(&task),
        "GET /projects/{id}/tasks" => to(&[&world.project]).asking("order=-created").naming(&task),
        "POST /projects/{id}/tasks" => to(&[&world.project]).with(&json!({"title": "New"})),
        "GET /tasks/{id}" => to(&[&task]).naming(&task),
        "PATCH /tasks/{id}" => to(&[&task]).with(&json!({"status": "done"})),
        "DELETE /tasks/{id}" => to(&[&task]),
        "PUT /tasks/{id}/files/{file_id}" => to(&[&task, &world.file(cora, &world.root)]),
        "DELETE /tasks/{id}/files/{file_id}" => {
            let file = world.file(cora, &world.root);
            let attached = done(&cora.api.put(&format!("/tasks/{task}/files/{file}"), &Value::Null));
            assert_eq!(text(&attached, "id"), task);
            to(&[&task, &file])
        }
        other => panic!("nothing is known of {other}"),
    }
}
