//! What is sent about accounts: one's own, the stranger's, and those an admin administers.

use domain::Timestamp;
use serde_json::{Value, json};

use super::request::Request;
use super::table::{Role, Row};
use super::world::{API, Person, World, done, made, text};
use crate::support::Api;

/// What needs no credential.
pub fn open(world: &World, role: Role, row: &Row) -> Request {
    let request = Request::to(API, row, &[]);
    let anonymous = world.house.anonymous_api();
    let email = format!("fresh{}@example.org", world.number());
    match row.operation().as_str() {
        "POST /auth/sign-up" => request.with(&sign_up(world, &email)),
        "POST /auth/verify-email" => {
            done(&anonymous.post("/auth/sign-up", &sign_up(world, &email)));
            request.with(&json!({"token": code(world, &email)}))
        }
        "POST /auth/password/reset" => {
            let (_, name) = world.account();
            let email = format!("{name}@example.org");
            done(&anonymous.post("/auth/password/forgot", &json!({"email": email})));
            world.house.run_due_jobs(Timestamp::now());
            request.with(&json!({"token": code(world, &email), "password": "another battery of horses"}))
        }
        "POST /auth/verify-email/resend" | "POST /auth/password/forgot" => {
            request.with(&json!({"email": email}))
        }
        "POST /auth/log-in" => {
            request.with(&json!({"login": world.person(role).name, "password": Api::PASSWORD}))
        }
        "POST /auth/refresh" => {
            request.with(&json!({"refresh_token": world.session(world.person(role))["refresh_token"]}))
        }
        "GET /errors" => request.naming("needs_session"),
        other => panic!("nothing is known of {other}"),
    }
}

fn sign_up(world: &World, email: &str) -> Value {
    json!({"user_name": format!("fresh{}", world.number()), "email": email, "password": Api::PASSWORD})
}

/// The code of the latest mail.
fn code(world: &World, email: &str) -> String {
    world.house.mails_to(email).last().unwrap_or_else(|| panic!("no mail to {email}")).code()
}

/// What is about oneself.
pub fn own(world: &World, role: Role, row: &Row) -> Request {
    let person = world.person(role);
    let request = || Request::to(API, row, &[]);
    match row.operation().as_str() {
        "POST /auth/log-out" | "POST /auth/log-out-everywhere" => by_another(world, role, request()),
        "POST /me/delete" => by_another(world, role, request().with(&json!({"password": Api::PASSWORD}))),
        "POST /me/password" => {
            let sent = json!({"current": Api::PASSWORD, "new": "another battery of horses"});
            by_another(world, role, request().with(&sent))
        }
        "GET /me" => request().naming(&person.id),
        "PATCH /me" => request().with(&json!({"display_name": format!("Name {}", world.number())})),
        "GET /me/export" | "GET /me/audit" => request(),
        "GET /me/quota" => request().naming("used_bytes"),
        "GET /me/sessions" => request().naming(&text(&person.api.tokens, "session_id")),
        "GET /me/devices" => request().naming(&world.device(person)),
        "GET /me/app-passwords" => request().naming(&world.app_password(person)).asking("limit=200"),
        "POST /me/app-passwords" => request().with(&json!({"name": format!("new {}", world.number())})),
        _ => of(world, person, row),
    }
}

/// What is about something of the stranger's.
pub fn strangers(world: &World, row: &Row) -> Request {
    of(world, world.of("sid"), row)
}

/// What is about something of somebody's.
fn of(world: &World, person: &Person, row: &Row) -> Request {
    let to = |id: &str| Request::to(API, row, &[id]);
    match row.operation().as_str() {
        "DELETE /me/sessions/{id}" => to(&text(&world.session(person), "session_id")),
        "DELETE /me/devices/{id}" => to(&world.device(person)),
        "GET /me/app-passwords/{id}" => {
            let id = world.app_password(person);
            to(&id).naming(&id)
        }
        "PATCH /me/app-passwords/{id}" => {
            to(&world.app_password(person)).with(&json!({"name": format!("renamed {}", world.number())}))
        }
        "DELETE /me/app-passwords/{id}" => to(&world.app_password(person)),
        other => panic!("nothing is known of {other}"),
    }
}

/// By somebody in the same role, who may lose their session or themselves.
fn by_another(world: &World, role: Role, request: Request) -> Request {
    if role == Role::Anonymous {
        return request;
    }
    let person = world.another(role);
    request.by(&world.credential(role, &person, false).unwrap())
}

/// What admins of the server do.
pub fn administered(world: &World, row: &Row) -> Request {
    let to = |ids: &[&str]| Request::to(API, row, ids);
    let root = &world.of("root").api;
    let account = || world.account().0;
    match row.operation().as_str() {
        "GET /admin/users" => {
            let (id, name) = world.account();
            to(&[]).asking(&format!("q={name}")).naming(&id)
        }
        "POST /admin/users" => to(&[]).with(&json!({"name": format!("made{}", world.number())})),
        "GET /admin/users/{id}" => {
            let id = account();
            to(&[&id]).naming(&id)
        }
        "PATCH /admin/users/{id}" => to(&[&account()]).with(&json!({"role": "admin"})),
        "POST /admin/users/{id}/activate" => to(&[&after(world, "deactivate")]),
        "POST /admin/users/{id}/resume" => to(&[&after(world, "suspend")]),
        "DELETE /admin/users/{id}"
        | "POST /admin/users/{id}/deactivate"
        | "POST /admin/users/{id}/suspend" => to(&[&account()]),
        "GET /admin/receipts/{id}" => {
            let receipt = text(&done(&root.delete(&format!("/admin/users/{}", account()))), "id");
            to(&[&receipt]).naming(&receipt)
        }
        "GET /admin/sign-ups" => to(&[]).asking("limit=200").naming(&world.sign_up()),
        "POST /admin/sign-ups/{id}/approve" | "POST /admin/sign-ups/{id}/refuse" => to(&[&world.sign_up()]),
        "GET /admin/invitations" => to(&[]).asking("limit=200").naming(&invitation(world)),
        "POST /admin/invitations" => {
            to(&[]).with(&json!({"email": format!("invited{}@example.org", world.number())}))
        }
        "GET /admin/invitations/{id}" => {
            let id = invitation(world);
            to(&[&id]).naming(&id)
        }
        "DELETE /admin/invitations/{id}" => to(&[&invitation(world)]),
        "GET /admin/audit" => {
            let id = account();
            to(&[]).asking(&format!("subject={id}")).naming(&id)
        }
        other => panic!("nothing is known of {other}"),
    }
}

/// An account to which this was done.
fn after(world: &World, verb: &str) -> String {
    let (id, _) = world.account();
    done(&world.of("root").api.post(&format!("/admin/users/{id}/{verb}"), &Value::Null));
    id
}

fn invitation(world: &World) -> String {
    let sent = json!({"email": format!("invited{}@example.org", world.number())});
    made(&world.of("root").api.post("/admin/invitations", &sent))
}
