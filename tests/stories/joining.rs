//! From signing up to working together and leaving again: by mail, over REST, by the pages behind links, and in drives.

use serde_json::{Value, json};

use crate::support::{Answer, Api, TestHouse, Wire};

/// Somebody with a session, and an app password for their drive.
struct Person {
    api: Api,
    drive: String,
}

impl Person {
    /// Signs up, shows that the address is theirs by the code of the mail, is let in by the admin, and mounts.
    fn join(house: &TestHouse, admin: &Api, name: &str) -> Self {
        let email = format!("{name}@example.org");
        let anonymous = house.anonymous_api();
        let sign_up = json!({"user_name": name, "email": email, "password": Api::PASSWORD});
        let answer = anonymous.post("/auth/sign-up", &sign_up);
        assert_eq!((answer.status, &answer.json()["next"]), (202, &json!("verify_email")), "{answer:?}");
        let log_in = json!({"login": name, "password": Api::PASSWORD});
        assert_eq!(anonymous.post("/auth/log-in", &log_in).code(), "email_not_verified");

        let mails = house.mails_to(&email);
        let [mail] = mails.as_slice() else { panic!("{mails:?}") };
        assert!(mail.html().contains("https://files.example.org/account/verify?token="), "{mail:?}");
        let answer = anonymous.post("/auth/verify-email", &json!({"token": mail.code()}));
        assert_eq!((answer.status, &answer.json()["next"]), (200, &json!("approval")), "{answer:?}");
        assert_eq!(anonymous.post("/auth/log-in", &log_in).code(), "waiting_for_approval");

        let waiting = admin.get("/admin/sign-ups").json();
        assert_eq!((&waiting["entries"][0]["user_name"], &waiting["next"]), (&json!(name), &Value::Null));
        let id = waiting["entries"][0]["id"].as_str().unwrap();
        assert_eq!(admin.post(&format!("/admin/sign-ups/{id}/approve"), &Value::Null).status, 200);

        let answer = anonymous.post("/auth/log-in", &json!({"login": email, "password": Api::PASSWORD}));
        assert_eq!(answer.status, 200, "{answer:?}");
        let api = anonymous.with_tokens(answer.json());
        let made = api.post("/me/app-passwords", &json!({"name": "laptop"}));
        assert_eq!(made.status, 201, "{made:?}");
        let drive = Wire::basic(name, made.json()["secret"].as_str().unwrap());
        Self { api, drive }
    }

    fn id(&self) -> &str {
        self.api.tokens["user_id"].as_str().unwrap()
    }

    fn ask(&self, house: &TestHouse, method: &str, path: &str, body: &str) -> Answer {
        let headers = [("Authorization", self.drive.as_str()), ("Depth", "1")];
        house.wire().ask(method, &format!("/dav{path}"), &headers, body)
    }
}

#[track_caller]
fn made(answer: &Answer) -> String {
    assert_eq!(answer.status, 201, "{answer:?}");
    assert!(answer.header("location").unwrap().ends_with(answer.json()["id"].as_str().unwrap()));
    answer.json()["id"].as_str().unwrap().to_owned()
}

#[test]
fn people_sign_up_work_together_as_their_roles_say_leave_and_nothing_is_left_behind() {
    let house = TestHouse::with_mail(&[("accounts.sign_up", "open"), ("accounts.approve", "true")]);
    let house = house.with_user("root");
    house.promote("root");
    let admin = house.api("root");
    let [ann, ben, cleo] = ["ann", "ben", "cleo"].map(|name| Person::join(&house, &admin, name));

    let studio = made(&ann.api.post("/organizations", &json!({"name": "Studio"})));
    let organization = format!("/organizations/{studio}");
    assert_eq!(ben.api.get(&organization).status, 404, "nobody outside sees it");
    let film = made(&ann.api.post("/projects", &json!({"name": "Film", "organization_id": studio})));
    for (person, name) in [(&ben, "ben"), (&cleo, "cleo")] {
        let email = format!("{name}@example.org");
        made(
            &ann.api.post(&format!("{organization}/invitations"), &json!({"email": email, "role": "member"})),
        );
        let token = house.mails_to(&email).last().unwrap().code();
        let answer = person.api.post("/invitations/accept", &json!({"token": token}));
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    let project = format!("/projects/{film}");
    assert_eq!(
        ben.api.get(&project).status,
        404,
        "nor does a member of the organization alone see the project"
    );
    for (person, role) in [(&ben, "viewer"), (&cleo, "staff")] {
        let member = format!("{project}/members/{}", person.id());
        let answer = ann.api.put(&member, &json!({"role": role}));
        assert!(matches!(answer.status, 200 | 201), "{answer:?}");
    }

    assert_eq!(cleo.ask(&house, "PUT", "/Projects/Film/scene.txt", "a door opens").status, 201);
    assert_eq!(ben.ask(&house, "GET", "/Projects/Film/scene.txt", "").text(), "a door opens");
    let names = ben.ask(&house, "PROPFIND", "/Projects/Film/", "").texts("href");
    assert_eq!(names, ["/dav/Projects/Film/", "/dav/Projects/Film/scene.txt"]);
    for (method, path) in [
        ("PUT", "/Projects/Film/scene.txt"),
        ("PUT", "/Projects/Film/other.txt"),
        ("DELETE", "/Projects/Film/scene.txt"),
        ("MKCOL", "/Projects/Film/Takes"),
    ] {
        assert_eq!(ben.ask(&house, method, path, "").status, 403, "{method} {path}");
    }
    let task = json!({"title": "Cut", "assignee_id": cleo.id()});
    assert_eq!(ben.api.post(&format!("{project}/tasks"), &task).status, 403);
    let task = made(&cleo.api.post(&format!("{project}/tasks"), &task));

    // Whoever leaves the organization is out of its projects, by every door and at once.
    assert_eq!(cleo.api.post(&format!("{organization}/leave"), &Value::Null).status, 204);
    assert_eq!(cleo.ask(&house, "GET", "/Projects/Film/scene.txt", "").status, 404);
    assert_eq!(cleo.api.get(&project).status, 404);
    assert_eq!(ann.api.get(&format!("/tasks/{task}")).json()["assignee"], Value::Null);
    let refused = ann.api.post(&format!("{organization}/leave"), &Value::Null);
    assert_eq!((refused.status, refused.code().as_str()), (403, "last_owner"));

    assert_eq!(ann.api.delete(&project).status, 204);
    assert_eq!(ben.ask(&house, "GET", "/Projects/Film/scene.txt", "").status, 404);
    let purged = ann.api.post(&format!("{project}/purge"), &json!({"raw_objects": true}));
    assert!(matches!(purged.status, 200 | 202 | 204), "{purged:?}");
    house.run_due_jobs(domain::Timestamp::now());
    assert_eq!(ann.api.delete(&organization).status, 204);
    for path in [&project, &organization] {
        assert_eq!(ann.api.get(path).status, 404);
    }
    assert!(!house.mail_server().heard().contains(Api::PASSWORD));
    // And the house asserts in the end that everything is in order.
}
