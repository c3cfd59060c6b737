//! Accounts that somebody else was in, and what is under way while their passwords change.

use std::pin::pin;

use domain::Role;
use metadata::Tx;

use super::*;
use crate::auth::tests::{House, NOW};
use crate::sign_ups::tests::{
    PASSWORD, admin, ask, assert_code, house, log_in, mails_to, sign, someone, token_to, visit,
};
use crate::sign_ups::{NewSignUp, verify_email};
use crate::users::{By, UserChange};
use crate::{app_passwords, me};

const ANOTHER: &str = "another horse";

/// A house with bob in it, whose address counts, and bob.
async fn with_bob() -> (House, Caller) {
    let house = house(|policy| policy.verify_email = false).await;
    sign(&house, someone("bob")).await.unwrap();
    let bob = log_in(&house, "bob", PASSWORD).await.unwrap();
    (house, bob)
}

fn address(email: &str) -> me::Change {
    me::Change { email: Some(email.to_owned()), password: Some(PASSWORD.to_owned()), ..me::Change::default() }
}

/// The token of a link that makes this the address of bob.
async fn moves(house: &House, bob: &Caller, email: &str) -> String {
    me::change(bob, &house.backends, &address(email), None).await.unwrap();
    token_to(house, email).await
}

#[tokio::test]
async fn an_address_that_somebody_else_asked_for_is_void_once_the_password_is_another_one() {
    let (house, bob) = with_bob().await;
    let backends = &house.backends;
    let mut links = vec![moves(&house, &bob, "thief@example.org").await];
    ask(&house, NOW, Asked::ResetPassword, "bob@example.org").await;
    let token = token_to(&house, "bob@example.org").await;
    reset(backends, &visit(NOW), &token, PASSWORD).await.unwrap();

    let bob = log_in(&house, "bob", PASSWORD).await.unwrap();
    links.push(moves(&house, &bob, "thief@example.org").await);
    change(&bob, backends, PASSWORD, PASSWORD).await.unwrap();

    links.push(moves(&house, &bob, "thief@example.org").await);
    crate::users::set_password(NOW, backends, &bob.name, PASSWORD).await.unwrap();
    for link in links {
        assert_code(verify_email(backends, &visit(NOW), &link).await, Code::LinkUnknown);
    }
    let bob = log_in(&house, "bob", PASSWORD).await.unwrap();
    let me = me::get(&bob, backends).await.unwrap();
    assert_eq!((me.user.email.unwrap().as_str(), me.pending_email), ("bob@example.org", None));
}

#[tokio::test]
async fn an_address_that_an_admin_replaced_opens_nothing_and_is_told() {
    let (house, bob) = with_bob().await;
    let (root, backends) = (admin(&house).await, &house.backends);
    ask(&house, NOW, Asked::ResetPassword, "bob@example.org").await;
    let token = token_to(&house, "bob@example.org").await;
    let link = moves(&house, &bob, "thief@example.org").await;
    let to =
        |email: &str| UserChange { email: Some(Some(Email::parse(email).unwrap())), ..UserChange::default() };
    let by = By::Caller(&root);
    crate::users::change(by, backends, bob.user, &to("new@example.org"), None).await.unwrap();
    assert_code(reset(backends, &visit(NOW), &token, ANOTHER).await, Code::LinkUnknown);
    assert_code(verify_email(backends, &visit(NOW), &link).await, Code::LinkUnknown);
    assert!(mails_to(&house, "bob@example.org").await.last().unwrap().subject.contains("changed"));
    // Their own takes the password.
    let own = crate::users::change(by, backends, root.user, &to("thief@example.org"), None).await;
    assert_code(own.map(drop), Code::OwnAccount);
}

#[tokio::test]
async fn whoever_may_only_read_by_now_gets_no_other_address() {
    let (house, bob) = with_bob().await;
    let link = moves(&house, &bob, "new@example.org").await;
    let by = By::House { now: NOW, door: domain::Door::Command };
    crate::users::suspend(by, &house.backends, bob.user, None).await.unwrap();
    assert_code(verify_email(&house.backends, &visit(NOW), &link).await, Code::LinkUnknown);
    crate::users::resume(by, &house.backends, bob.user, None).await.unwrap();
    verify_email(&house.backends, &visit(NOW), &link).await.expect("it was not used up");
}

/// What comes of something that has looked at a password, when the account changes before it has its turn.
async fn meanwhile<T: std::fmt::Debug>(
    house: &House,
    bob: &Caller,
    under_way: impl Future<Output = T>,
    deed: impl AsyncFnOnce(&Tx),
) -> T {
    let before = house.backends.hashing.done();
    let tx = house.backends.metadata.begin().await.unwrap();
    users::take_turn(&tx, bob.user).await.unwrap();
    let mut under_way = pin!(under_way);
    while house.backends.hashing.done() == before {
        assert!(futures_util::poll!(under_way.as_mut()).is_pending());
        tokio::task::yield_now().await;
    }
    deed(&tx).await;
    tx.commit().await.unwrap();
    under_way.await
}

#[tokio::test]
async fn what_is_under_way_when_the_password_is_set_anew_comes_to_nothing() {
    let (house, bob) = with_bob().await;
    let backends = &house.backends;
    let hash = backends.hashing.hash(ANOTHER).await.unwrap();
    let old = users::password_hash(&backends.metadata, bob.user).await.unwrap().unwrap();
    let set = async |tx: &Tx| users::set_password(tx, bob.user, hash.clone()).await.unwrap();
    let set_back = async || {
        let tx = backends.metadata.begin().await.unwrap();
        users::set_password(&tx, bob.user, old.clone()).await.unwrap();
        tx.commit().await.unwrap();
    };
    let entered = meanwhile(&house, &bob, log_in(&house, "bob", PASSWORD), set).await;
    assert_code(entered, Code::WrongCredentials);
    set_back().await;
    let changed = change(&bob, backends, PASSWORD, "a third horse");
    assert_code(meanwhile(&house, &bob, changed, set).await, Code::WrongPassword);
    set_back().await;
    let moved = address("thief@example.org");
    let moved = async { me::change(&bob, backends, &moved, None).await.map(drop) };
    assert_code(meanwhile(&house, &bob, moved, set).await, Code::WrongPassword);
    set_back().await;
    let deleted = async { crate::users::delete_own(&bob, backends, PASSWORD, None).await.map(drop) };
    assert_code(meanwhile(&house, &bob, deleted, set).await, Code::WrongPassword);
    log_in(&house, "bob", ANOTHER).await.expect("the new one holds");
    assert!(mails_to(&house, "thief@example.org").await.is_empty());
}

#[tokio::test]
async fn what_is_under_way_when_its_session_ends_comes_to_nothing() {
    let (house, bob) = with_bob().await;
    let backends = &house.backends;
    let all = async |tx: &Tx| sessions::revoke_all(tx, bob.user, None, NOW).await.unwrap();
    let issued = async { app_passwords::create_own(&bob, backends, "laptop", false, None).await.map(drop) };
    assert_code(meanwhile(&house, &bob, issued, all).await, Code::SessionEnded);
    let changed = change(&bob, backends, PASSWORD, ANOTHER);
    assert_code(meanwhile(&house, &bob, changed, all).await, Code::SessionEnded);
    assert!(app_passwords::list(backends, &bob.name).await.unwrap().is_empty());
    log_in(&house, "bob", PASSWORD).await.unwrap();
}

#[tokio::test]
async fn being_made_to_wait_tells_nobody_who_has_an_account() {
    let (house, _) = with_bob().await;
    for login in ["bob", "nobody", "bob@example.org", "nobody@example.org"] {
        for typed in [login.to_owned(), format!(" {login}"), login.to_uppercase()] {
            assert_code(log_in(&house, &typed, "a wrong horse").await, Code::WrongCredentials);
        }
        assert_code(log_in(&house, login, "a wrong horse").await, Code::TooMany);
    }
}

#[tokio::test]
async fn of_more_sessions_than_there_may_be_the_one_used_longest_ago_ends() {
    let (house, bob) = with_bob().await;
    let backends = &house.backends;
    let tx = backends.metadata.begin().await.unwrap();
    for number in 1..100 {
        let used_at = NOW.before(Duration::from_secs(number));
        let session = domain::Session {
            id: domain::SessionId(uuid::Uuid::new_v4()),
            user: bob.user,
            created_at: used_at,
            used_at,
            expires_at: NOW.after(Duration::from_secs(number)),
            revoked_at: None,
            address: String::new(),
            product: number.to_string(),
        };
        sessions::insert(&tx, &session).await.unwrap();
    }
    tx.commit().await.unwrap();
    let listed = async || me::list_sessions(&bob, backends).await.unwrap();
    assert_eq!(listed().await.last().unwrap().product, "99");
    let new = log_in(&house, "bob", PASSWORD).await.unwrap();
    let after = listed().await;
    assert_eq!((after.len(), after.last().unwrap().product.as_str()), (100, "98"));
    assert!(after.iter().any(|session| Some(session.id) == new.session));
}

#[tokio::test]
async fn strangers_who_sign_up_with_an_address_keep_no_other_mail_away_and_write_nothing_in_theirs() {
    let house = house(|_| ()).await;
    for number in 0..7 {
        let advert = NewSignUp {
            email: "bob@example.org".to_owned(),
            display_name: "Cheap pills".to_owned(),
            ..someone(&format!("eve{number}"))
        };
        sign(&house, advert).await.unwrap();
    }
    ask(&house, NOW, Asked::VerifyEmail, "bob@example.org").await;
    let mails = mails_to(&house, "bob@example.org").await;
    assert_eq!(mails.len(), 6);
    assert!(mails.iter().all(|mail| !mail.text.contains("pills") && mail.text.contains("eve")));
    let token = token_to(&house, "bob@example.org").await;
    verify_email(&house.backends, &visit(NOW), &token).await.unwrap();
    ask(&house, NOW, Asked::ResetPassword, "bob@example.org").await;
    let last = mails_to(&house, "bob@example.org").await.pop().unwrap();
    assert!(last.text.contains("reset") && last.text.contains("Cheap pills"), "{}", last.text);
}

#[tokio::test]
async fn an_invitation_lasts_no_longer_than_the_power_of_who_invited() {
    let house = house(|policy| policy.sign_up = crate::SignUp::Invited).await;
    let (root, backends) = (admin(&house).await, &house.backends);
    crate::invitations::create(&root, backends, "bob@example.org", Role::Admin).await.unwrap();
    let token = token_to(&house, "bob@example.org").await;
    let set = async |role| {
        let tx = backends.metadata.begin().await.unwrap();
        let role = UserChange { role: Some(role), ..UserChange::default() };
        users::change(&tx, NOW, root.user, &role).await.unwrap();
        tx.commit().await.unwrap();
    };
    let sent = || NewSignUp { invitation: Some(token.clone()), ..someone("bob") };
    set(Role::User).await;
    assert_code(sign(&house, sent()).await, Code::InvitationUnknown);
    set(Role::Admin).await;
    sign(&house, sent()).await.expect("nothing refused leaves a trace");
}

#[tokio::test]
async fn whom_one_admin_has_refused_another_does_not_let_in_by_mistake() {
    let house = house(|policy| (policy.verify_email, policy.approve) = (false, true)).await;
    let (root, backends) = (admin(&house).await, &house.backends);
    sign(&house, someone("bob")).await.unwrap();
    let bob = crate::sign_ups::list(&root, backends, &Default::default()).await.unwrap().entries.remove(0);
    crate::sign_ups::refuse(&root, backends, bob.id).await.unwrap();
    assert_code(crate::sign_ups::approve(&root, backends, bob.id).await.map(drop), Code::NotFound);
    let refused = crate::users::get(&root, backends, bob.id).await.unwrap();
    assert!(!refused.approved && refused.version > bob.version, "{refused:?}");
    assert!(!mails_to(&house, "bob@example.org").await.iter().any(|mail| mail.subject.contains("is open")));
}

#[tokio::test]
async fn an_account_that_is_being_purged_is_nobodys_and_keeps_its_name() {
    let (house, bob) = with_bob().await;
    let backends = &house.backends;
    crate::users::delete_own(&bob, backends, PASSWORD, None).await.unwrap();
    assert!(crate::users::list(backends).await.unwrap().is_empty());
    let set = crate::users::set_password(NOW, backends, &bob.name, ANOTHER).await;
    assert_code(set, Code::NotFound);
    assert_code(sign(&house, someone("bob")).await, Code::UserNameTaken);
}
