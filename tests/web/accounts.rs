//! The pages behind the links in mails, as a browser sees them.

use serde_json::{Value, json};

use crate::support::{Answer, Api, TestHouse};

const PAGES: [&str; 3] = ["verify", "reset", "invitation"];
const PASSWORD: &str = "another battery staple";
const HOSTILE: &str = "\"><script>alert(1)</script><img src=x onerror=alert(2)>{{7*7}}";

/// A house in which everybody signs up, with an admin.
fn house() -> (TestHouse, Api) {
    let house = TestHouse::with_mail(&[("accounts.sign_up", "open")]).with_user("root");
    house.promote("root");
    let root = house.api("root");
    (house, root)
}

/// The path of the latest link to an address.
#[track_caller]
fn link(house: &TestHouse, email: &str) -> String {
    let text = house.mails_to(email).last().unwrap_or_else(|| panic!("no mail came to {email}")).text();
    let (_, rest) = text.split_once("https://files.example.org").expect("a link");
    rest.split_whitespace().next().unwrap().to_owned()
}

fn token(link: &str) -> &str {
    link.split_once("?token=").unwrap().1
}

fn sign_up(house: &TestHouse, name: &str) -> String {
    let email = format!("{name}@example.org");
    let sent = json!({"user_name": name, "email": email, "password": Api::PASSWORD});
    assert_eq!(house.anonymous_api().post("/auth/sign-up", &sent).status, 202);
    link(house, &email)
}

/// Opens a link; whatever it is, the page is one that gives nothing away and takes nothing from elsewhere.
#[track_caller]
fn open(house: &TestHouse, path: &str) -> Answer {
    page(house.wire().ask("GET", path, &[("Accept", "text/html")], ""))
}

/// Presses the button of a page.
#[track_caller]
fn press(house: &TestHouse, path: &str, fields: &[(&str, &str)]) -> Answer {
    let form: Vec<String> = fields
        .iter()
        .map(|(name, value)| {
            let value = percent_encoding::utf8_percent_encode(value, percent_encoding::NON_ALPHANUMERIC);
            format!("{name}={value}")
        })
        .collect();
    let headers = [("Content-Type", "application/x-www-form-urlencoded")];
    page(house.wire().ask("POST", path, &headers, form.join("&")))
}

#[track_caller]
fn page(answer: Answer) -> Answer {
    assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"), "{answer:?}");
    let policy = answer.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
    assert!(policy.contains("form-action 'self'") && policy.contains("frame-ancestors 'none'"), "{policy}");
    assert!(!policy.contains("unsafe") && !policy.contains("script-src"), "{policy}");
    // The address has the code in it, so no other site is told of it and no cache keeps it.
    assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    assert!(answer.header("set-cookie").is_none() && answer.header("location").is_none());
    let text = answer.text();
    for fetched in ["<script", "<img", "@import", "url(", "<link rel=\"stylesheet", "http://", "https://"] {
        assert!(!text.contains(fetched), "{fetched} in\n{text}");
    }
    answer
}

#[track_caller]
fn shows(answer: &Answer, status: u16, says: &str) {
    let text = answer.text();
    assert!(answer.status == status && text.contains(says), "{says}: {}\n{text}", answer.status);
}

fn log_in(house: &TestHouse, login: &str, password: &str) -> u16 {
    house.anonymous_api().post("/auth/log-in", &json!({"login": login, "password": password})).status
}

#[test]
fn a_link_confirms_an_address_when_its_button_is_pressed_and_not_before() {
    let (house, _) = house();
    let link = sign_up(&house, "ann");
    assert!(link.starts_with("/account/verify?token="), "{link}");
    for _ in 0..2 {
        let form = open(&house, &link);
        shows(&form, 200, "Confirm this address");
        assert!(form.text().contains(&format!("name=\"token\" value=\"{}\"", token(&link))));
        assert_eq!(house.wire().ask("HEAD", &link, &[], "").status, 200);
    }
    assert_eq!(
        log_in(&house, "ann", Api::PASSWORD),
        403,
        "a mail scanner has opened the link, and nobody else"
    );
    shows(&press(&house, "/account/verify", &[("token", token(&link))]), 200, "Your address is confirmed");
    assert_eq!(log_in(&house, "ann@example.org", Api::PASSWORD), 200);
    let again = press(&house, "/account/verify", &[("token", token(&link))]);
    shows(&again, 400, "warning");
    assert!(!again.text().contains("<form"), "there is nothing more to press");
}

#[test]
fn a_link_sets_a_new_password_once() {
    let (house, _) = house();
    let verify = sign_up(&house, "ann");
    press(&house, "/account/verify", &[("token", token(&verify))]);
    let anonymous = house.anonymous_api();
    assert_eq!(anonymous.post("/auth/password/forgot", &json!({"email": "ann@example.org"})).status, 202);
    let link = link(&house, "ann@example.org");
    assert!(link.starts_with("/account/reset?token="), "{link}");
    shows(&open(&house, &link), 200, "type=\"password\"");
    let send =
        |password: &str| press(&house, "/account/reset", &[("token", token(&link)), ("password", password)]);
    let unfit = send("short");
    shows(&unfit, 400, "8 characters");
    assert!(unfit.text().contains(token(&link)), "whoever chose a short one tries again");
    assert_eq!(log_in(&house, "ann", Api::PASSWORD), 200, "nothing has happened yet");
    let done = send(PASSWORD);
    shows(&done, 200, "Your new password holds");
    assert!(!done.text().contains(PASSWORD));
    assert_eq!((log_in(&house, "ann", PASSWORD), log_in(&house, "ann", Api::PASSWORD)), (200, 401));
    shows(&send("a third battery staple"), 400, "warning");
    assert_eq!(log_in(&house, "ann", PASSWORD), 200);
}

#[test]
fn a_link_of_an_invitation_makes_an_account_once() {
    let (house, root) = house();
    assert_eq!(root.post("/admin/invitations", &json!({"email": "bob@example.org"})).status, 201);
    let link = link(&house, "bob@example.org");
    assert!(link.starts_with("/account/invitation?token="), "{link}");
    let form = open(&house, &link);
    shows(&form, 200, "bob@example.org");
    for field in ["name=\"user_name\"", "name=\"display_name\"", "name=\"password\""] {
        assert!(form.text().contains(field), "{field}");
    }
    let send = |name: &str, display_name: &str, password: &str| {
        let fields = [
            ("token", token(&link)),
            ("user_name", name),
            ("display_name", display_name),
            ("password", password),
        ];
        press(&house, "/account/invitation", &fields)
    };
    let taken = send("root", "Bob & Sons", PASSWORD);
    shows(&taken, 409, "Somebody else has this user name");
    shows(&taken, 409, "value=\"Bob &#38; Sons\"");
    assert!(!taken.text().contains(PASSWORD), "a password is never sent back");
    shows(&send("bob", "", "short"), 400, "8 characters");
    assert_eq!(log_in(&house, "bob", PASSWORD), 401);
    shows(&send("bob", "Bob", PASSWORD), 200, "You can log in now.");
    assert_eq!(log_in(&house, "bob@example.org", PASSWORD), 200);
    shows(&send("bob2", "Bob", PASSWORD), 400, "This invitation is not known");
    shows(&open(&house, &link), 400, "This invitation is not known");
}

#[test]
fn codes_that_are_none_and_hostile_input_do_nothing_and_are_never_repeated_as_they_are() {
    let (house, root) = house();
    let before = root.get("/admin/users?total=true").json()["total"].clone();
    let long = "x".repeat(10_000);
    for page in PAGES {
        let path = format!("/account/{page}");
        for token in ["", "x", HOSTILE, "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA", &long, "a\0b\r\nX: y"]
        {
            let encoded = percent_encoding::utf8_percent_encode(token, percent_encoding::NON_ALPHANUMERIC);
            if token.len() < 5000 {
                let form = open(&house, &format!("{path}?token={encoded}"));
                assert!(matches!(form.status, 200 | 400), "{page} {token}: {form:?}");
            }
            let fields = [
                ("token", token),
                ("password", PASSWORD),
                ("user_name", HOSTILE),
                ("display_name", HOSTILE),
                ("email", "eve@example.org"),
            ];
            shows(&press(&house, &path, &fields), 400, "warning");
        }
        shows(&press(&house, &path, &[]), 400, "warning");
        shows(&press(&house, &path, &[("token", &"x".repeat(20_000))]), 413, "too long");
        shows(&open(&house, &path), if page == "invitation" { 400 } else { 200 }, "");
        let binary = house.wire().ask("POST", &path, &[], [0xff, 0x00, 0x3c, 0x26, 0x25, 0x25]);
        assert_eq!(binary.status, 400, "{binary:?}");
        for method in ["PUT", "DELETE"] {
            assert_eq!(house.wire().ask(method, &path, &[], "").status, 405, "{method} {page}");
        }
    }
    // One that is good, with hostile fields beside it.
    assert_eq!(root.post("/admin/invitations", &json!({"email": "bob@example.org"})).status, 201);
    let link = link(&house, "bob@example.org");
    let fields =
        [("token", token(&link)), ("user_name", HOSTILE), ("display_name", HOSTILE), ("password", PASSWORD)];
    let form = press(&house, "/account/invitation", &fields);
    shows(&form, 400, "&#60;script&#62;");
    assert!(!form.text().contains("<img"), "{}", form.text());
    assert_eq!(root.get("/admin/users?total=true").json()["total"], before);
}

#[test]
fn an_invitation_into_an_organization_leads_newcomers_to_an_account_first() {
    let (house, root) = house();
    let made = root.post("/organizations", &json!({"name": HOSTILE}));
    let path = format!("/organizations/{}/invitations", made.json()["id"].as_str().unwrap());
    let sent = json!({"email": "cleo@example.org", "role": "viewer"});
    assert_eq!(root.post(&path, &sent).status, 201);
    let mail = house.mails_to("cleo@example.org").remove(0);
    assert!(!mail.html().contains("<script>") && mail.html().contains("&#60;script&#62;"), "{}", mail.html());
    let link = link(&house, "cleo@example.org");
    shows(&open(&house, &link), 200, "cleo@example.org");
    let fields = [("token", token(&link)), ("user_name", "cleo"), ("password", PASSWORD)];
    shows(&press(&house, "/account/invitation", &fields), 200, "You can log in now.");
    let answer = house.anonymous_api().post("/auth/log-in", &json!({"login": "cleo", "password": PASSWORD}));
    let cleo = house.anonymous_api().with_tokens(answer.json());
    // Whether joining was part of it or waits for her, she is a viewer there and nothing more in the end.
    if let Some(waiting) = cleo.get("/invitations").json()["entries"].as_array().unwrap().first() {
        let path = format!("/invitations/{}/accept", waiting["id"].as_str().unwrap());
        assert_eq!(cleo.post(&path, &Value::Null).status, 200);
    }
    let organizations = cleo.get("/organizations").json();
    assert_eq!(organizations["entries"][0]["role"], "viewer", "{organizations}");
}

#[test]
fn whoever_has_an_account_joins_an_organization_on_the_page_of_the_invitation() {
    let house = TestHouse::with_mail(&[]).with_user("root").with_user("bob");
    house.promote("root");
    let (root, bob) = (house.api("root"), house.api("bob"));
    let made = root.post("/organizations", &json!({"name": "Bakers"}));
    let path = format!("/organizations/{}/invitations", made.json()["id"].as_str().unwrap());
    assert_eq!(root.post(&path, &json!({"email": "bob@example.org", "role": "member"})).status, 201);
    let link = link(&house, "bob@example.org");
    let form = open(&house, &link);
    shows(&form, 200, "Join with it");
    assert!(!form.text().contains("Make the account"), "nobody can sign up here");
    let send = |password: &str| {
        let fields = [("token", token(&link)), ("login", "bob"), ("password", password)];
        press(&house, "/account/invitation", &fields)
    };
    let wrong = send("a guess");
    shows(&wrong, 401, "value=\"bob\"");
    assert!(!wrong.text().contains("a guess"));
    assert_eq!(bob.get("/organizations").json()["entries"], json!([]));
    shows(&send(Api::PASSWORD), 200, "You are in the organization Bakers now.");
    assert_eq!(bob.get("/organizations").json()["entries"][0]["role"], "member");
    assert_eq!(
        bob.get("/me/sessions").json()["entries"].as_array().map(Vec::len),
        Some(1),
        "that is bob's own"
    );
    shows(&open(&house, &link), 400, "This invitation is not known");
}

#[test]
fn whoever_guesses_at_links_is_kept_from_it_as_from_guessing_at_passwords() {
    let house = TestHouse::with_settings(&[("limits.log_in_per_minute", "1"), ("limits.log_in_burst", "2")]);
    for _ in 0..2 {
        assert_eq!(press(&house, "/account/verify", &[("token", "guess")]).status, 400);
    }
    for path in PAGES {
        let refused = press(&house, &format!("/account/{path}"), &[("token", "guess")]);
        assert_eq!(refused.status, 429, "{refused:?}");
        assert!(refused.header("retry-after").is_some(), "{refused:?}");
    }
}
