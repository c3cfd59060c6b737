//! Logging in with the account password, and what becomes of tokens.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::support::{Api, TestHouse};

fn refresh(house: &TestHouse, tokens: &Value) -> crate::support::Answer {
    house.anonymous_api().post("/auth/refresh", &json!({"refresh_token": tokens["refresh_token"]}))
}

#[test]
fn somebody_logs_in_goes_on_and_logs_out() {
    let house = TestHouse::new().with_user("ann");
    let ann = house.api("ann");
    assert_eq!((&ann.tokens["user_name"], &ann.tokens["token_type"]), (&json!("ann"), &json!("Bearer")));
    let renewed = refresh(&house, &ann.tokens);
    assert_eq!(renewed.status, 200, "{renewed:?}");
    let later = ann.with_tokens(renewed.json());
    assert_eq!(later.tokens["session_id"], ann.tokens["session_id"]);
    assert_eq!(later.post("/auth/log-out", &Value::Null).status, 204);
    for api in [&ann, &later] {
        let refused = api.post("/auth/log-out", &Value::Null);
        assert_eq!((refused.status, refused.code().as_str()), (401, "session_ended"));
    }
    assert_eq!(refresh(&house, &later.tokens).code(), "session_ended");
}

#[test]
fn a_wrong_password_and_an_unknown_name_are_refused_alike() {
    let house = TestHouse::new().with_user("ann");
    house.api("ann");
    let sent = |login: &str, password: &str| {
        let answer =
            house.anonymous_api().post("/auth/log-in", &json!({"login": login, "password": password}));
        (answer.status, answer.text())
    };
    let (wrong, unknown) = (sent("ann", "wrong"), sent("nobody", Api::PASSWORD));
    assert_eq!(wrong.0, 401);
    assert_eq!(wrong, unknown);
    assert_eq!(sent("a\u{0}b", "x"), unknown);
    // The password of a program is none of the account.
    assert_eq!(sent("ann", house.password()), unknown);
}

#[test]
fn a_refresh_token_that_comes_twice_ends_its_session() {
    let house = TestHouse::new().with_user("ann");
    let (ann, elsewhere) = (house.api("ann"), house.api("ann"));
    let renewed = ann.with_tokens(refresh(&house, &ann.tokens).json());
    let reused = refresh(&house, &ann.tokens);
    assert_eq!((reused.status, reused.code().as_str()), (401, "refresh_reused"));
    assert_eq!(renewed.post("/auth/log-out", &Value::Null).code(), "session_ended");
    assert_eq!(refresh(&house, &renewed.tokens).code(), "session_ended");
    assert_eq!(elsewhere.post("/auth/log-out", &Value::Null).status, 204, "another session goes on");
}

#[test]
fn logging_out_everywhere_ends_every_session_and_no_app_password() {
    let house = TestHouse::new().with_user("ann");
    let (here, there) = (house.api("ann"), house.api("ann"));
    assert_eq!(here.post("/auth/log-out-everywhere", &Value::Null).status, 204);
    for api in [&here, &there] {
        assert_eq!(api.post("/auth/log-out", &Value::Null).code(), "session_ended");
    }
    assert_eq!(house.propfind("/", "0", "").status, 207);
}

#[test]
fn tokens_that_are_none_are_refused_each_with_its_own_code() {
    let house = TestHouse::with_settings(&[("accounts.access_token_minutes", "0")]).with_user("ann");
    let expired = house.api("ann");
    assert_eq!(expired.post("/auth/log-out", &Value::Null).code(), "token_expired");

    let house = TestHouse::new().with_user("ann");
    let ann = house.api("ann");
    let token = ann.tokens["access_token"].as_str().unwrap();
    let [header, claims, signature] = token.split('.').collect::<Vec<_>>().try_into().unwrap();
    let with_header = |alg: &str| {
        let mut read: Value =
            serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap();
        read["alg"] = json!(alg);
        BASE64_URL_SAFE_NO_PAD.encode(read.to_string())
    };
    let other = TestHouse::new().with_user("ann").api("ann");
    let mut changed: Value = serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
    changed["exp"] = json!(9_999_999_999_i64);
    let changed = BASE64_URL_SAFE_NO_PAD.encode(changed.to_string());
    for (token, code) in [
        (format!("{header}.{changed}.{signature}"), "token_forged"),
        (format!("{header}.{claims}."), "token_forged"),
        ("abc".to_owned(), "token_forged"),
        (other.tokens["access_token"].as_str().unwrap().to_owned(), "token_forged"),
        (format!("{}.{claims}.{signature}", with_header("none")), "token_algorithm"),
        (format!("{}.{claims}.{signature}", with_header("HS384")), "token_algorithm"),
        (format!("{}.{claims}.{signature}", with_header("RS256")), "token_algorithm"),
    ] {
        let refused = ann.with_authorization(&format!("Bearer {token}")).post("/auth/log-out", &Value::Null);
        assert_eq!((refused.status, refused.code().as_str()), (401, code), "{token}");
        assert!(refused.header("www-authenticate").unwrap().starts_with("Bearer "));
    }
    for (sent, code) in
        [("abc", "refresh_unknown"), (&BASE64_URL_SAFE_NO_PAD.encode([7; 32]), "refresh_unknown")]
    {
        assert_eq!(refresh(&house, &json!({"refresh_token": sent})).code(), code, "{sent}");
    }
    assert_eq!(house.anonymous_api().post("/auth/log-out", &Value::Null).code(), "unauthenticated");
}

#[test]
fn who_is_kept_out_is_out_at_once() {
    let house = TestHouse::new().with_user("ann");
    let ann = house.api("ann");
    house.set_active("ann", false);
    let refused = ann.post("/auth/log-out", &Value::Null);
    assert_eq!((refused.status, refused.code().as_str()), (403, "account_inactive"));
    assert_eq!(refresh(&house, &ann.tokens).code(), "account_inactive");
    let again = json!({"login": "ann", "password": Api::PASSWORD});
    assert_eq!(house.anonymous_api().post("/auth/log-in", &again).code(), "account_inactive");
    house.set_active("ann", true);
    assert_eq!(refresh(&house, &ann.tokens).status, 200, "what was refused has spent nothing");
}

#[test]
fn an_app_password_ends_no_session() {
    let house = TestHouse::new().with_user("ann");
    let drive = house.anonymous_api().with_authorization(&house.authorization());
    let refused = drive.post("/auth/log-out", &Value::Null);
    assert_eq!((refused.status, refused.code().as_str()), (403, "needs_session"));
}
