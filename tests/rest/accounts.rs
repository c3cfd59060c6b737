//! Signing up, and what the codes of mails do.

use serde_json::{Value, json};

use crate::support::{Answer, Api, TestHouse, database};

/// A house that sends mail, with an admin, `root`, whose address is known.
fn house(settings: &[(&str, &str)]) -> (TestHouse, Api) {
    let house = TestHouse::with_mail(settings).with_user("root");
    house.promote("root");
    let root = house.api("root");
    house.set_email("root", "root@example.org");
    (house, root)
}

fn open(settings: &[(&str, &str)]) -> (TestHouse, Api) {
    house(&[&[("accounts.sign_up", "open")], settings].concat())
}

fn sign_up(house: &TestHouse, name: &str, email: &str, more: Value) -> Answer {
    let mut sent = json!({"user_name": name, "email": email, "password": Api::PASSWORD});
    sent.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
    house.anonymous_api().post("/auth/sign-up", &sent)
}

fn log_in(house: &TestHouse, login: &str, password: &str) -> Answer {
    house.anonymous_api().post("/auth/log-in", &json!({"login": login, "password": password}))
}

fn post(house: &TestHouse, path: &str, sent: Value) -> Answer {
    house.anonymous_api().post(path, &sent)
}

#[track_caller]
fn refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!((answer.status, answer.code().as_str()), (status, code), "{answer:?}");
}

#[track_caller]
fn next(answer: &Answer, status: u16, step: &str) {
    assert_eq!((answer.status, &answer.json()["next"]), (status, &json!(step)), "{answer:?}");
}

/// The code of the latest mail to an address.
#[track_caller]
fn code(house: &TestHouse, email: &str) -> String {
    house.mails_to(email).last().unwrap_or_else(|| panic!("no mail came to {email}")).code()
}

/// Signs up and shows that the address is theirs.
fn settle(house: &TestHouse, name: &str) -> Api {
    let email = format!("{name}@example.org");
    next(&sign_up(house, name, &email, json!({})), 202, "verify_email");
    next(&post(house, "/auth/verify-email", json!({"token": code(house, &email)})), 200, "log_in");
    let answer = log_in(house, name, Api::PASSWORD);
    assert_eq!(answer.status, 200, "{answer:?}");
    house.anonymous_api().with_tokens(answer.json())
}

/// What of an answer must not tell one address from another.
fn seen(answer: &Answer) -> (u16, Vec<String>, Vec<u8>) {
    let names = answer.headers.iter().filter(|(name, _)| name != "date" && name != "x-request-id");
    let headers = names.map(|(name, value)| format!("{name}: {value}")).collect();
    (answer.status, headers, answer.body.clone())
}

#[test]
fn where_signing_up_is_closed_nobody_does() {
    let (house, root) = house(&[]);
    for more in [json!({}), json!({"invitation": "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA"})] {
        refused(&sign_up(&house, "ann", "ann@example.org", more), 403, "sign_up_closed");
    }
    refused(&root.post("/admin/invitations", &json!({"email": "ann@example.org"})), 403, "sign_up_closed");
    assert_eq!(root.get("/admin/users?total=true").json()["total"], 1);
    assert!(house.mails_to("ann@example.org").is_empty());
}

#[test]
fn where_people_are_invited_the_code_of_the_mail_makes_one_account() {
    let (house, root) = house(&[("accounts.sign_up", "invited"), ("accounts.approve", "true")]);
    let invite = |email: &str| root.post("/admin/invitations", &json!({"email": email, "role": "admin"}));
    let invited = invite("Ann@Example.org");
    assert_eq!((invited.status, &invited.json()["email"]), (201, &json!("ann@example.org")), "{invited:?}");
    let mail = house.mails_to("ann@example.org").remove(0);
    assert!(mail.text().contains("https://files.example.org/account/invitation?token="), "{mail:?}");
    let with = |token: &str| json!({"invitation": token});
    refused(&sign_up(&house, "ann", "ann@example.org", json!({})), 403, "invitation_needed");
    for (email, token) in [
        ("ann@example.org", "x"),
        ("ann@example.org", "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA"),
        ("eve@example.org", mail.code().as_str()),
    ] {
        refused(&sign_up(&house, "ann", email, with(token)), 400, "invitation_unknown");
    }
    // Who is invited by an admin waits for none, and the code shows that the address is theirs.
    next(&sign_up(&house, "ann", "ann@example.org", with(&mail.code())), 202, "log_in");
    refused(&sign_up(&house, "ann2", "ann@example.org", with(&mail.code())), 400, "invitation_unknown");
    for login in ["ann", "ANN", "ann@example.org", " Ann@example.org "] {
        let answer = log_in(&house, login, Api::PASSWORD);
        assert_eq!((answer.status, &answer.json()["user_name"]), (200, &json!("ann")), "{login}: {answer:?}");
    }
    let ann = house.anonymous_api().with_tokens(log_in(&house, "ann", Api::PASSWORD).json());
    assert_eq!(ann.get("/admin/users").status, 200, "she was invited as an admin");

    invite("bob@example.org");
    let (first, again) = (code(&house, "bob@example.org"), invite("bob@example.org").json());
    refused(&sign_up(&house, "bob", "bob@example.org", with(&first)), 400, "invitation_unknown");
    let second = code(&house, "bob@example.org");
    let path = format!("/admin/invitations/{}", again["id"].as_str().unwrap());
    assert_eq!(root.delete(&path).status, 204);
    refused(&sign_up(&house, "bob", "bob@example.org", with(&second)), 400, "invitation_unknown");
}

#[test]
fn where_everybody_signs_up_an_address_is_shown_first_and_then_an_admin_lets_in() {
    let (house, root) = open(&[("accounts.approve", "true")]);
    for name in ["ann", "eve"] {
        let email = format!("{name}@example.org");
        next(&sign_up(&house, name, &email, json!({"display_name": "A. Lee"})), 202, "verify_email");
        refused(&log_in(&house, name, Api::PASSWORD), 403, "email_not_verified");
        refused(&log_in(&house, name, "a wrong password"), 401, "wrong_credentials");
        refused(&log_in(&house, &email, Api::PASSWORD), 401, "wrong_credentials");
        assert_eq!(root.get("/admin/sign-ups").json()["entries"], json!([]), "whoever waits has verified");
        let token = json!({"token": code(&house, &email)});
        next(&post(&house, "/auth/verify-email", token.clone()), 200, "approval");
        refused(&post(&house, "/auth/verify-email", token), 400, "link_unknown");
        refused(&log_in(&house, name, Api::PASSWORD), 403, "waiting_for_approval");
        assert!(house.mails_to("root@example.org").last().unwrap().text().contains(&email));
        let waiting = root.get("/admin/sign-ups?total=true").json();
        assert_eq!((&waiting["total"], &waiting["entries"][0]["user_name"]), (&json!(1), &json!(name)));
        let path = format!("/admin/sign-ups/{}", waiting["entries"][0]["id"].as_str().unwrap());
        let (verb, status) = if name == "ann" { ("approve", 200) } else { ("refuse", 204) };
        assert_eq!(root.post(&format!("{path}/{verb}"), &Value::Null).status, status);
        refused(&root.post(&format!("{path}/{verb}"), &Value::Null), 404, "not_found");
        assert_eq!(house.mails_to(&email).len(), 2, "the link, and what became of it");
    }
    assert_eq!(log_in(&house, "ann@example.org", Api::PASSWORD).status, 200);
    refused(&log_in(&house, "eve", Api::PASSWORD), 403, "account_inactive");
    assert!(!house.mail_server().heard().contains(Api::PASSWORD));
}

#[test]
fn nothing_tells_whether_an_address_is_known() {
    let (house, _) = open(&[]);
    settle(&house, "ann");
    let known = sign_up(&house, "eve", "ANN@example.org", json!({}));
    let unknown = sign_up(&house, "eva", "eva@example.org", json!({}));
    next(&known, 202, "verify_email");
    assert_eq!(seen(&known), seen(&unknown));
    let mails = house.mails_to("ann@example.org");
    assert_eq!(mails.len(), 2);
    assert!(!mails[1].message.contains("token="), "its owner is told and gets no code: {:?}", mails[1]);
    refused(&log_in(&house, "eve", Api::PASSWORD), 403, "email_not_verified");
    refused(&log_in(&house, "eva", Api::PASSWORD), 403, "email_not_verified");

    for path in ["/auth/password/forgot", "/auth/verify-email/resend"] {
        let [known, waiting, unknown] = ["ann@example.org", "eva@example.org", "nobody@example.org"]
            .map(|email| post(&house, path, json!({"email": email})));
        assert_eq!(known.status, 202, "{known:?}");
        assert_eq!((seen(&known), seen(&waiting)), (seen(&unknown), seen(&unknown)), "{path}");
    }
    // The one of a known account sets a password, the one of who waits verifies; all others send nothing.
    assert_eq!(house.mails_to("ann@example.org").len(), 3);
    assert_eq!(house.mails_to("eva@example.org").len(), 2);
    assert!(house.mails_to("nobody@example.org").is_empty());
}

#[test]
fn a_code_is_good_once_for_its_purpose_until_the_next_one_is_sent() {
    let (house, _) = open(&[]);
    next(&sign_up(&house, "ann", "ann@example.org", json!({})), 202, "verify_email");
    let first = code(&house, "ann@example.org");
    let reset = |token: &str, password: &str| {
        post(&house, "/auth/password/reset", json!({"token": token, "password": password}))
    };
    refused(&reset(&first, "another battery staple"), 400, "link_unknown");
    assert_eq!(post(&house, "/auth/verify-email/resend", json!({"email": "Ann@example.org"})).status, 202);
    let second = code(&house, "ann@example.org");
    refused(&post(&house, "/auth/verify-email", json!({"token": first})), 400, "link_unknown");
    next(&post(&house, "/auth/verify-email", json!({"token": second})), 200, "log_in");

    let mounted = house.with_user("bob");
    let house = mounted;
    let ann = house.anonymous_api().with_tokens(log_in(&house, "ann", Api::PASSWORD).json());
    assert_eq!(post(&house, "/auth/password/forgot", json!({"email": "ann@example.org"})).status, 202);
    let forgotten = code(&house, "ann@example.org");
    refused(&post(&house, "/auth/verify-email", json!({"token": forgotten})), 400, "link_unknown");
    let reset = |token: &str, password: &str| {
        post(&house, "/auth/password/reset", json!({"token": token, "password": password}))
    };
    for unfit in ["short", "", &"long".repeat(300)] {
        refused(&reset(&forgotten, unfit), 400, "password_unfit");
    }
    assert_eq!(ann.get("/me").status, 200, "nothing has happened yet");
    assert_eq!(reset(&forgotten, "another battery staple").status, 204);
    refused(&reset(&forgotten, "a third battery staple"), 400, "link_unknown");
    refused(&ann.get("/me"), 401, "session_ended");
    refused(&log_in(&house, "ann", Api::PASSWORD), 401, "wrong_credentials");
    assert_eq!(log_in(&house, "ann", "another battery staple").status, 200);
    let told = house.mails_to("ann@example.org").last().unwrap().clone();
    assert!(!told.message.contains("token=") && told.header("Subject").unwrap().contains("password"));

    assert_eq!(post(&house, "/auth/password/forgot", json!({"email": "ann@example.org"})).status, 202);
    let late = code(&house, "ann@example.org");
    let sql = "UPDATE confirmations SET expires_ms = $1 WHERE used_ms IS NULL";
    house.run(database::alter(house.folder(), sql, [1_i64.into()]));
    refused(&reset(&late, "a third battery staple"), 400, "link_unknown");
}

#[test]
fn what_cannot_be_an_account_is_refused_and_leaves_none() {
    let (house, root) = open(&[]);
    settle(&house, "ann");
    let long = "n".repeat(65);
    for (name, email, status, code) in [
        ("ann", "eve@example.org", 409, "user_name_taken"),
        ("ANN", "eve@example.org", 409, "user_name_taken"),
        ("eve@example.org", "eve@example.org", 400, "invalid"),
        ("", "eve@example.org", 400, "invalid"),
        ("a\u{0}b", "eve@example.org", 400, "invalid"),
        ("<script>", "eve@example.org", 400, "invalid"),
        (&long, "eve@example.org", 400, "invalid"),
        ("eve", "eve", 400, "invalid"),
        ("eve", "eve@example.org\r\nBcc: all@example.org", 400, "invalid"),
        ("eve", "eve@example.org, all@example.org", 400, "invalid"),
        ("eve", "", 400, "invalid"),
    ] {
        refused(&sign_up(&house, name, email, json!({})), status, code);
    }
    for (more, code) in [
        (json!({"password": "short"}), "password_unfit"),
        (json!({"password": "p".repeat(1025)}), "password_unfit"),
        (json!({"display_name": "a\nb"}), "invalid"),
        (json!({"display_name": "n".repeat(10_000)}), "invalid"),
        (json!({"invitation": "x"}), "invitation_unknown"),
        (json!({"role": "admin"}), "invalid"),
    ] {
        refused(&sign_up(&house, "eve", "eve@example.org", more), 400, code);
    }
    assert_eq!(root.get("/admin/users?total=true").json()["total"], 2);
    assert!(house.mails_to("eve@example.org").is_empty());
    for token in [json!(""), json!("x"), json!("x".repeat(5000)), json!("\u{0}")] {
        refused(&post(&house, "/auth/verify-email", json!({"token": token})), 400, "link_unknown");
        let sent = json!({"token": token, "password": Api::PASSWORD});
        refused(&post(&house, "/auth/password/reset", sent), 400, "link_unknown");
    }
}

#[test]
fn where_no_mail_is_sent_nobody_is_promised_one() {
    let house = TestHouse::new().with_user("ann");
    for path in ["/auth/password/forgot", "/auth/verify-email/resend"] {
        for email in ["ann@example.org", "nobody@example.org"] {
            refused(&post(&house, path, json!({"email": email})), 501, "mail_not_sent");
        }
        refused(&post(&house, path, json!({"email": "nobody"})), 400, "invalid");
    }
}

#[test]
fn another_address_counts_once_its_mail_was_read() {
    let (house, _) = open(&[]);
    let ann = settle(&house, "ann");
    let sent = json!({"email": "lee@example.org", "password": Api::PASSWORD});
    refused(&ann.patch("/me", &json!({"email": "lee@example.org"})), 403, "wrong_password");
    let changed = ann.patch("/me", &sent);
    assert_eq!((changed.status, &changed.json()["email"]), (200, &json!("ann@example.org")), "{changed:?}");
    refused(&log_in(&house, "lee@example.org", Api::PASSWORD), 401, "wrong_credentials");
    let token = json!({"token": code(&house, "lee@example.org")});
    next(&post(&house, "/auth/verify-email", token.clone()), 200, "log_in");
    refused(&post(&house, "/auth/verify-email", token), 400, "link_unknown");
    assert_eq!(ann.get("/me").json()["email"], "lee@example.org");
    assert_eq!(log_in(&house, "lee@example.org", Api::PASSWORD).status, 200);
    refused(&log_in(&house, "ann@example.org", Api::PASSWORD), 401, "wrong_credentials");
    let told = house.mails_to("ann@example.org");
    assert!(!told.last().unwrap().message.contains("token="), "the old address is told: {told:?}");
}
