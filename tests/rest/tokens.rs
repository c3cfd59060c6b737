//! Tokens that are no good, or none any more: each is refused with a code of its own.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use domain::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use crate::support::{Answer, Api, TestHouse, database};

fn refresh(api: &Api) -> Answer {
    let sent = json!({"refresh_token": api.tokens["refresh_token"]});
    api.post("/auth/refresh", &sent)
}

#[track_caller]
fn refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!((answer.status, answer.code().as_str()), (status, code), "{answer:?}");
    let challenge = answer.header("www-authenticate").unwrap_or_default();
    assert_eq!(challenge.starts_with("Bearer "), status == 401, "{answer:?}");
}

/// Asserts that both tokens of a session are refused with these codes.
#[track_caller]
fn out(api: &Api, access: &str, renewal: &str) {
    refused(&api.get("/me"), 401, access);
    refused(&refresh(api), 401, renewal);
}

/// The claims of a good token, and the key that signed it.
struct Forge {
    ann: Api,
    header: Header,
    claims: Value,
    secret: Vec<u8>,
}

impl Forge {
    fn at(house: &TestHouse) -> Self {
        let ann = house.api("ann");
        let token = ann.tokens["access_token"].as_str().unwrap();
        let claims = BASE64_URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
        let claims = serde_json::from_slice(&claims).unwrap();
        let header = jsonwebtoken::decode_header(token).unwrap();
        let sql = "SELECT secret FROM signing_keys";
        let [secret] = house.run(database::column::<Vec<u8>>(house.folder(), sql)).try_into().unwrap();
        Self { header, claims, secret, ann }
    }

    fn signed(&self, header: &Header, claims: &Value, secret: &[u8]) -> String {
        jsonwebtoken::encode(header, claims, &EncodingKey::from_secret(secret)).unwrap()
    }

    /// One with another claim, signed by the right key.
    fn claiming(&self, name: &str, value: Value) -> String {
        let mut claims = self.claims.clone();
        claims[name] = value;
        self.signed(&self.header, &claims, &self.secret)
    }

    fn without(&self, name: &str) -> String {
        let mut claims = self.claims.clone();
        claims.as_object_mut().unwrap().remove(name);
        self.signed(&self.header, &claims, &self.secret)
    }

    /// One of an algorithm, with the right claims and key.
    fn by(&self, algorithm: Algorithm) -> String {
        let header = Header { alg: algorithm, ..self.header.clone() };
        self.signed(&header, &self.claims, &self.secret)
    }

    /// One that says it needs no signature.
    fn unsigned(&self, algorithm: &str) -> String {
        let header = json!({"alg": algorithm, "kid": self.header.kid, "typ": "JWT"});
        let part = |json: &Value| BASE64_URL_SAFE_NO_PAD.encode(json.to_string());
        format!("{}.{}.", part(&header), part(&self.claims))
    }

    #[track_caller]
    fn shows(&self, token: &str) -> Answer {
        self.ann.with_authorization(&format!("Bearer {token}")).get("/me")
    }
}

#[test]
fn an_access_token_that_is_not_as_the_server_made_it_is_refused_whatever_is_changed() {
    let house = TestHouse::new().with_user("ann");
    let forge = Forge::at(&house);
    assert_eq!(forge.shows(&forge.signed(&forge.header, &forge.claims, &forge.secret)).status, 200);
    let kid = |kid: Option<&str>| Header { kid: kid.map(str::to_owned), ..forge.header.clone() };
    let unknown = "00000000-0000-4000-8000-000000000000";
    let now = Timestamp::now().millis() / 1000;
    for (token, code) in [
        (forge.signed(&forge.header, &forge.claims, &[7; 32]), "token_forged"),
        (forge.signed(&forge.header, &forge.claims, b""), "token_forged"),
        (forge.signed(&kid(Some(unknown)), &forge.claims, &forge.secret), "token_forged"),
        (forge.signed(&kid(Some("' OR ''='")), &forge.claims, &forge.secret), "token_forged"),
        (forge.signed(&kid(None), &forge.claims, &forge.secret), "token_forged"),
        (forge.claiming("iss", json!("elsewhere")), "token_forged"),
        (forge.claiming("iss", json!(["larder"])), "token_forged"),
        (forge.without("iss"), "token_forged"),
        (forge.without("exp"), "token_forged"),
        (forge.without("sid"), "token_forged"),
        (forge.claiming("exp", json!("never")), "token_forged"),
        (forge.claiming("exp", json!(now - 1)), "token_expired"),
        (forge.claiming("exp", json!(0)), "token_expired"),
        (forge.claiming("sub", json!(unknown)), "account_gone"),
        (forge.claiming("sid", json!(unknown)), "session_ended"),
        (forge.by(Algorithm::HS384), "token_algorithm"),
        (forge.by(Algorithm::HS512), "token_algorithm"),
        (forge.unsigned("none"), "token_algorithm"),
        (forge.unsigned("None"), "token_algorithm"),
        (forge.unsigned("RS256"), "token_algorithm"),
        (forge.unsigned("HS256"), "token_forged"),
        ("a.b.c".to_owned(), "token_forged"),
        (".".repeat(1000), "token_forged"),
    ] {
        let answer = forge.shows(&token);
        assert_eq!((answer.status, answer.code().as_str()), (401, code), "{token}");
    }
    // A token says whose session it is of, and no other's.
    let eve = house.with_user("eve");
    let other = eve.api("eve").tokens["session_id"].clone();
    refused(&forge.shows(&forge.claiming("sid", other)), 401, "session_ended");
}

#[test]
fn tokens_of_a_session_that_was_ended_are_refused_however_it_was() {
    let house = TestHouse::new().with_user("ann");
    let [first, second, third] = [(); 3].map(|()| house.api("ann"));
    assert_eq!(first.post("/auth/log-out", &Value::Null).status, 204);
    out(&first, "session_ended", "session_ended");
    let path = format!("/me/sessions/{}", second.tokens["session_id"].as_str().unwrap());
    assert_eq!(third.delete(&path).status, 204);
    out(&second, "session_ended", "session_ended");

    let fourth = house.api("ann");
    let sent = json!({"current": Api::PASSWORD, "new": "another battery staple"});
    assert_eq!(third.post("/me/password", &sent).status, 204);
    out(&fourth, "session_ended", "session_ended");
    let third = third.with_tokens(refresh(&third).json());
    assert_eq!(third.get("/me").status, 200, "the session that changed the password goes on");
    assert_eq!(third.post("/auth/log-out-everywhere", &Value::Null).status, 204);
    out(&third, "session_ended", "session_ended");
}

#[test]
fn tokens_that_are_too_old_are_refused() {
    let house = TestHouse::with_settings(&[("accounts.access_token_minutes", "0")]).with_user("ann");
    let ann = house.api("ann");
    refused(&ann.get("/me"), 401, "token_expired");
    assert_eq!(refresh(&ann).status, 200);

    let house = TestHouse::new().with_user("ann");
    let ann = house.api("ann");
    let sql = "UPDATE sessions SET expires_ms = $1";
    house.run(database::alter(house.folder(), sql, [1_i64.into()]));
    out(&ann, "session_ended", "refresh_expired");
}

#[test]
fn tokens_of_an_account_that_was_deleted_are_refused_while_it_is_purged_and_afterwards() {
    let house = TestHouse::new().with_user("root").with_user("ann");
    house.promote("root");
    let (root, ann) = (house.api("root"), house.api("ann"));
    let spent = ann.clone();
    let ann = ann.with_tokens(refresh(&ann).json());
    let path = format!("/admin/users/{}", ann.tokens["user_id"].as_str().unwrap());
    assert_eq!(root.delete(&path).status, 202);
    out(&ann, "account_gone", "account_gone");
    refused(&refresh(&spent), 401, "account_gone");
    house.run_due_jobs(Timestamp::now());
    // Of refresh tokens nothing is left to tell them by.
    out(&ann, "account_gone", "refresh_unknown");
    // Somebody else of that name is somebody else.
    let house = house.with_user("ann");
    out(&ann, "account_gone", "refresh_unknown");
    assert_eq!(house.api("ann").get("/me").status, 200);
}

#[test]
fn a_session_of_whoever_is_kept_out_or_suspended_is_worth_what_they_are() {
    let house = TestHouse::new().with_user("root").with_user("ann");
    house.promote("root");
    let (root, ann) = (house.api("root"), house.api("ann"));
    let path = format!("/admin/users/{}", ann.tokens["user_id"].as_str().unwrap());
    assert_eq!(root.post(&format!("{path}/deactivate"), &Value::Null).status, 200);
    refused(&ann.get("/me"), 403, "account_inactive");
    refused(&refresh(&ann), 403, "account_inactive");
    assert_eq!(root.post(&format!("{path}/activate"), &Value::Null).status, 200);
    assert_eq!(root.post(&format!("{path}/suspend"), &Value::Null).status, 200);
    let ann = ann.with_tokens(refresh(&house.api("ann")).json());
    assert_eq!(ann.get("/me").status, 200);
    refused(&ann.post("/projects", &json!({"name": "Alps"})), 403, "account_suspended");
}
