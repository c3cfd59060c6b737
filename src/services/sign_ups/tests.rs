//! Signing up, and what people do with their accounts from then on.

use std::sync::Arc;
use std::time::Duration;

use domain::{
    Caller, Code, Door, Email, Error, Mail, MailId, OrganizationId, OrganizationName, OrganizationRole,
    PageRequest, RequestId, Result, Role, Timestamp, UserId, UserName,
};
use metadata::{mails, users};
use uuid::Uuid;

use super::*;
use crate::auth::sessions;
use crate::auth::tests::{House, NOW};
use crate::passwords::{self, Asked};
use crate::{AccountsConfig, app_passwords, invitations, me, organizations};

pub(crate) const PASSWORD: &str = "correct horse";

pub(crate) async fn house(policy: impl FnOnce(&mut AccountsConfig)) -> House {
    let mut house = House::new().await;
    policy(&mut Arc::get_mut(&mut house.backends).unwrap().accounts);
    house
}

pub(crate) fn visit(now: Timestamp) -> Visit<'static> {
    let address = "192.0.2.7".parse().unwrap();
    Visit { address, product: "tests", request: RequestId(Uuid::from_u128(1)), now }
}

pub(crate) fn someone(name: &str) -> NewSignUp {
    NewSignUp {
        name: name.to_owned(),
        email: format!("{name}@example.org"),
        password: PASSWORD.to_owned(),
        display_name: String::new(),
        invitation: None,
    }
}

pub(crate) async fn sign(house: &House, new: NewSignUp) -> Result<Next> {
    sign_up(&house.backends, &visit(NOW), new).await
}

pub(crate) async fn log_in(house: &House, login: &str, password: &str) -> Result<Caller> {
    let begun = sessions::begin(&house.backends, &visit(NOW), login, password).await;
    begun.map(|tokens| tokens.caller)
}

#[track_caller]
pub(crate) fn assert_code<T: std::fmt::Debug>(result: Result<T>, code: Code) {
    assert_eq!(result.as_ref().map_err(Error::code).unwrap_err(), code, "{result:?}");
}

/// The mails that wait to be sent to an address, the oldest first.
pub(crate) async fn mails_to(house: &House, email: &str) -> Vec<Mail> {
    let email = Email::parse(email).unwrap();
    let mut found = Vec::new();
    for job in metadata::jobs::list(&house.backends.metadata, NOW, 1000).await.unwrap() {
        if let Ok(id) = Uuid::parse_str(&job.key) {
            found.extend(mails::find(&house.backends.metadata, MailId(id)).await.unwrap());
        }
    }
    found.retain(|mail| mail.to == email);
    found
}

/// The token in the last mail to an address that has one.
pub(crate) async fn token_to(house: &House, email: &str) -> String {
    let all = mails_to(house, email).await;
    let mut tokens = all.iter().filter_map(|mail| mail.text.split_once("?token=")).map(|(_, rest)| rest);
    tokens.next_back().unwrap().split_whitespace().next().unwrap().to_owned()
}

pub(crate) async fn ask(house: &House, now: Timestamp, asked: Asked, email: &str) {
    passwords::ask(&house.backends, now, asked, email).await.unwrap();
    let word = if asked == Asked::VerifyEmail { "verify" } else { "reset" };
    passwords::send_link(now, &house.backends, &format!("{word} {email}")).await.unwrap();
}

pub(crate) async fn admin(house: &House) -> Caller {
    let name = UserName::parse("root").unwrap();
    let new =
        crate::users::NewUser { name: name.clone(), role: Role::Admin, password: None, quota_bytes: None };
    let user = crate::users::create(NOW, &house.backends, new).await.unwrap();
    let tx = house.backends.metadata.begin().await.unwrap();
    let email = Email::parse("root@example.org").unwrap();
    assert!(users::set_email(&tx, user.id, &email, NOW).await.unwrap());
    tx.commit().await.unwrap();
    let caller = crate::users::caller(NOW, &house.backends, &name).await.unwrap();
    Caller { door: Door::Rest, ..caller }
}

#[tokio::test]
async fn somebody_signs_up_verifies_and_logs_in_by_name_and_by_address() {
    let house = house(|_| ()).await;
    assert_eq!(sign(&house, someone("bob")).await.unwrap(), Next::VerifyEmail);
    assert_code(log_in(&house, "bob", PASSWORD).await, Code::EmailNotVerified);
    assert_code(log_in(&house, "bob", "wrong horse").await, Code::WrongCredentials);
    let token = token_to(&house, "bob@example.org").await;
    assert_eq!(verify_email(&house.backends, &visit(NOW), &token).await.unwrap(), Next::LogIn);
    assert_code(verify_email(&house.backends, &visit(NOW), &token).await, Code::LinkUnknown);
    for login in ["bob", "Bob@Example.org"] {
        assert_eq!(log_in(&house, login, PASSWORD).await.unwrap().name.as_str(), "bob");
    }
}

#[tokio::test]
async fn nothing_tells_whether_an_address_is_taken() {
    let house = house(|_| ()).await;
    sign(&house, someone("bob")).await.unwrap();
    let token = token_to(&house, "bob@example.org").await;
    verify_email(&house.backends, &visit(NOW), &token).await.unwrap();

    let before = house.backends.hashing.done();
    let rival = NewSignUp { email: "bob@example.org".to_owned(), ..someone("eve") };
    assert_eq!(sign(&house, rival).await.unwrap(), Next::VerifyEmail);
    assert_eq!(house.backends.hashing.done(), before + 1, "the work is the same");
    // The name is taken as it would be, and nobody comes in by it.
    assert_code(sign(&house, someone("eve")).await, Code::UserNameTaken);
    assert_code(log_in(&house, "eve", PASSWORD).await, Code::EmailNotVerified);
    let mails = mails_to(&house, "bob@example.org").await;
    assert!(
        mails.last().unwrap().subject.contains("already") && !mails.last().unwrap().text.contains("token")
    );
    assert_eq!(log_in(&house, "bob@example.org", PASSWORD).await.unwrap().name.as_str(), "bob");
    // Nor can they have a link sent that would.
    let count = mails.len();
    ask(&house, NOW, Asked::VerifyEmail, "bob@example.org").await;
    assert_eq!(mails_to(&house, "bob@example.org").await.len(), count);
}

#[tokio::test]
async fn who_verifies_first_has_the_address() {
    let house = house(|_| ()).await;
    sign(&house, someone("bob")).await.unwrap();
    let first = token_to(&house, "bob@example.org").await;
    sign(&house, NewSignUp { email: "bob@example.org".to_owned(), ..someone("eve") }).await.unwrap();
    let second = token_to(&house, "bob@example.org").await;
    assert_ne!(first, second);
    verify_email(&house.backends, &visit(NOW), &second).await.unwrap();
    assert_code(verify_email(&house.backends, &visit(NOW), &first).await, Code::EmailTaken);
    assert_eq!(log_in(&house, "bob@example.org", PASSWORD).await.unwrap().name.as_str(), "eve");
}

#[tokio::test]
async fn a_link_works_once_for_its_time_and_until_the_next_is_sent() {
    let house = house(|_| ()).await;
    sign(&house, someone("bob")).await.unwrap();
    let first = token_to(&house, "bob@example.org").await;
    ask(&house, NOW, Asked::VerifyEmail, "bob@example.org").await;
    let second = token_to(&house, "bob@example.org").await;
    for wrong in [&first, "", "x", "\u{fc}", &second[1..]] {
        assert_code(verify_email(&house.backends, &visit(NOW), wrong).await, Code::LinkUnknown);
    }
    let late = visit(NOW.after(Duration::from_secs(48 * 3600)));
    assert_code(verify_email(&house.backends, &late, &second).await, Code::LinkUnknown);
    // A link is good for what it was sent for.
    assert_code(
        passwords::reset(&house.backends, &visit(NOW), &second, "another horse").await,
        Code::LinkUnknown,
    );
    verify_email(&house.backends, &visit(NOW), &second).await.unwrap();
}

#[tokio::test]
async fn an_admin_lets_in_who_has_verified() {
    let house = house(|policy| policy.approve = true).await;
    let root = admin(&house).await;
    sign(&house, someone("bob")).await.unwrap();
    let waiting = async || list(&root, &house.backends, &PageRequest::default()).await.unwrap().entries;
    assert!(waiting().await.is_empty());
    let token = token_to(&house, "bob@example.org").await;
    assert_eq!(verify_email(&house.backends, &visit(NOW), &token).await.unwrap(), Next::Approval);
    assert_code(log_in(&house, "bob", PASSWORD).await, Code::WaitingForApproval);
    assert_eq!(mails_to(&house, "root@example.org").await.len(), 1);
    let bob = waiting().await.remove(0);
    assert_code(
        approve(&Caller { role: Role::User, ..root.clone() }, &house.backends, bob.id).await,
        Code::NeedsAdmin,
    );
    approve(&root, &house.backends, bob.id).await.unwrap();
    assert_code(approve(&root, &house.backends, bob.id).await, Code::NotFound);
    assert_code(approve(&root, &house.backends, UserId(Uuid::from_u128(9))).await, Code::NotFound);
    log_in(&house, "bob", PASSWORD).await.unwrap();
    assert!(mails_to(&house, "bob@example.org").await.last().unwrap().subject.contains("open"));
}

#[tokio::test]
async fn an_app_password_opens_nothing_before_its_owner_may_come_in() {
    let house = house(|_| ()).await;
    sign(&house, someone("ann")).await.unwrap();
    let secret = house.issue("laptop", None).await;
    assert!(house.ann_tries(&secret).await.is_err());
    let token = token_to(&house, "ann@example.org").await;
    verify_email(&house.backends, &visit(NOW), &token).await.unwrap();
    house.ann_tries(&secret).await.unwrap();
}

#[tokio::test]
async fn addresses_are_taken_at_their_word_where_that_is_the_policy() {
    let house = house(|policy| policy.verify_email = false).await;
    assert_eq!(sign(&house, someone("bob")).await.unwrap(), Next::LogIn);
    log_in(&house, "bob@example.org", PASSWORD).await.unwrap();
    let rival = NewSignUp { email: "bob@example.org".to_owned(), ..someone("eve") };
    assert_eq!(sign(&house, rival).await.unwrap(), Next::LogIn);
    let eve = log_in(&house, "eve", PASSWORD).await.unwrap();
    assert!(me::get(&eve, &house.backends).await.unwrap().user.email.is_none());
}

#[tokio::test]
async fn nobody_signs_up_where_it_is_closed_and_the_invited_alone_where_they_must_be() {
    let closed = house(|policy| policy.sign_up = SignUp::Closed).await;
    assert_code(sign(&closed, someone("bob")).await, Code::SignUpClosed);
    let root = admin(&closed).await;
    let invited = invitations::create(&root, &closed.backends, "bob@example.org", Role::User).await;
    assert_code(invited, Code::SignUpClosed);

    let house = house(|policy| (policy.sign_up, policy.approve) = (SignUp::Invited, true)).await;
    let root = admin(&house).await;
    assert_code(sign(&house, someone("bob")).await, Code::InvitationNeeded);
    let with = |token: &str, name: &str| NewSignUp { invitation: Some(token.to_owned()), ..someone(name) };
    assert_code(sign(&house, with("x", "bob")).await, Code::InvitationUnknown);
    invitations::create(&root, &house.backends, "bob@example.org", Role::User).await.unwrap();
    let earlier = token_to(&house, "bob@example.org").await;
    let invited = invitations::create(&root, &house.backends, "bob@example.org", Role::Admin).await.unwrap();
    let token = token_to(&house, "bob@example.org").await;
    assert_code(sign(&house, with(&earlier, "bob")).await, Code::InvitationUnknown);
    assert_code(sign(&house, with(&token, "eve")).await, Code::InvitationUnknown);
    assert_eq!(sign(&house, with(&token, "bob")).await.unwrap(), Next::LogIn);
    assert_eq!(log_in(&house, "bob@example.org", PASSWORD).await.unwrap().role, Role::Admin);
    assert_code(sign(&house, with(&token, "bob2")).await, Code::InvitationUnknown);
    assert_code(invitations::revoke(&root, &house.backends, invited.id, None).await, Code::NotFound);
    let again = invitations::create(&root, &house.backends, "bob@example.org", Role::User).await;
    assert_code(again, Code::EmailTaken);
}

#[tokio::test]
async fn an_invitation_that_was_taken_back_opens_nothing() {
    let house = house(|policy| policy.sign_up = SignUp::Invited).await;
    let root = admin(&house).await;
    let invited = invitations::create(&root, &house.backends, "bob@example.org", Role::User).await.unwrap();
    let stale = domain::ETagMatch::OneOf(vec![domain::Version(1).etag()]);
    assert_code(invitations::revoke(&root, &house.backends, invited.id, Some(&stale)).await, Code::Stale);
    invitations::revoke(&root, &house.backends, invited.id, None).await.unwrap();
    let token = token_to(&house, "bob@example.org").await;
    let sent = NewSignUp { invitation: Some(token), ..someone("bob") };
    assert_code(sign(&house, sent).await, Code::InvitationUnknown);
}

/// An organization, and what `bob` signs up with by an invitation into it.
async fn invited_into_an_organization(house: &House, root: &Caller) -> (OrganizationId, NewSignUp) {
    let name = OrganizationName::parse("Bakers").unwrap();
    let bakers = organizations::create(root, &house.backends, &name).await.unwrap().organization.id;
    let (email, role) = (Email::parse("bob@example.org").unwrap(), OrganizationRole::Member);
    organizations::invitations::invite(root, &house.backends, bakers, &email, role).await.unwrap();
    let token = token_to(house, email.as_str()).await;
    (bakers, NewSignUp { invitation: Some(token), ..someone("bob") })
}

#[tokio::test]
async fn who_signs_up_by_an_invitation_into_an_organization_is_in_it() {
    let house = house(|policy| policy.sign_up = SignUp::Invited).await;
    let root = admin(&house).await;
    let (bakers, sent) = invited_into_an_organization(&house, &root).await;
    assert_eq!(sign(&house, sent.clone()).await.unwrap(), Next::LogIn);
    let bob = log_in(&house, "bob", PASSWORD).await.unwrap();
    let seen = organizations::get(&bob, &house.backends, bakers).await.unwrap();
    assert_eq!(seen.role, Some(OrganizationRole::Member));
    let again = NewSignUp { name: "eve".to_owned(), ..sent };
    assert_code(sign(&house, again).await, Code::InvitationUnknown);
}

#[tokio::test]
async fn an_invitation_into_an_organization_waits_until_an_admin_lets_its_bearer_in() {
    let house = house(|policy| (policy.sign_up, policy.approve) = (SignUp::Invited, true)).await;
    let root = admin(&house).await;
    let (bakers, sent) = invited_into_an_organization(&house, &root).await;
    assert_eq!(sign(&house, sent).await.unwrap(), Next::Approval);
    let waiting = list(&root, &house.backends, &PageRequest::default()).await.unwrap().entries;
    approve(&root, &house.backends, waiting[0].id).await.unwrap();
    let bob = log_in(&house, "bob", PASSWORD).await.unwrap();
    assert_code(organizations::get(&bob, &house.backends, bakers).await, Code::NotFound);
    let page = PageRequest::default();
    let received = organizations::received::list(&bob, &house.backends, &page).await.unwrap().entries;
    organizations::received::accept(&bob, &house.backends, received[0].invitation.id).await.unwrap();
    organizations::get(&bob, &house.backends, bakers).await.unwrap();
}

#[tokio::test]
async fn a_name_is_free_again_a_week_after_the_last_link_of_whoever_never_opened_it() {
    let house = house(|_| ()).await;
    sign(&house, someone("bob")).await.unwrap();
    sign(&house, someone("eve")).await.unwrap();
    let token = token_to(&house, "eve@example.org").await;
    verify_email(&house.backends, &visit(NOW), &token).await.unwrap();
    let link = Duration::from_secs(3600 * house.backends.accounts.verification_hours);
    let gone_at = NOW.after(link).after(Duration::from_secs(7 * 86_400));
    let before = gone_at.before(Duration::from_secs(1));
    assert!(!crate::users::end_unconfirmed(before, &house.backends).await.unwrap());
    while crate::users::end_unconfirmed(gone_at, &house.backends).await.unwrap() {}
    let again = sign(&house, someone("bob")).await;
    assert_code(again, Code::UserNameTaken);
    for job in metadata::jobs::list(&house.backends.metadata, gone_at, 1000).await.unwrap() {
        let is_purge = job.kind == crate::users::PURGE;
        while is_purge && crate::users::purge_batch(gone_at, &house.backends, &job.key).await.unwrap() {}
    }
    sign(&house, someone("bob")).await.unwrap();
    log_in(&house, "eve", PASSWORD).await.unwrap();
}

#[tokio::test]
async fn what_cannot_be_an_account_is_refused() {
    let house = house(|_| ()).await;
    for (new, code) in [
        (NewSignUp { name: "bob@example.org".into(), ..someone("bob") }, Code::Invalid),
        (NewSignUp { name: "b b".into(), ..someone("bob") }, Code::Invalid),
        (NewSignUp { email: "bob".into(), ..someone("bob") }, Code::Invalid),
        (NewSignUp { display_name: "a\nb".into(), ..someone("bob") }, Code::Invalid),
        (NewSignUp { display_name: "b".repeat(129), ..someone("bob") }, Code::Invalid),
        (NewSignUp { password: "seven77".into(), ..someone("bob") }, Code::PasswordUnfit),
        (NewSignUp { password: "p".repeat(1025), ..someone("bob") }, Code::PasswordUnfit),
        (NewSignUp { password: "Roberta-1".into(), ..someone("roberta-1") }, Code::PasswordUnfit),
    ] {
        assert_code(sign(&house, new).await, code);
    }
    assert!(crate::users::list(&house.backends).await.unwrap().is_empty());
    sign(&house, NewSignUp { password: "p".repeat(1024), ..someone("bob") }).await.unwrap();
}

#[tokio::test]
async fn a_forgotten_password_is_set_anew_and_ends_every_session_and_no_app_password() {
    let house = house(|policy| policy.verify_email = false).await;
    sign(&house, someone("ann")).await.unwrap();
    let secret = house.issue("laptop", None).await;
    let tokens = sessions::begin(&house.backends, &visit(NOW), "ann", PASSWORD).await.unwrap();
    for nobody in ["nobody@example.org", "ann@example.org"] {
        ask(&house, NOW, Asked::ResetPassword, nobody).await;
    }
    assert!(mails_to(&house, "nobody@example.org").await.is_empty());
    let token = token_to(&house, "ann@example.org").await;
    let reset = async |token: &str, password: &str| {
        passwords::reset(&house.backends, &visit(NOW), token, password).await
    };
    assert_code(reset(&token, "short").await, Code::PasswordUnfit);
    reset(&token, "another horse").await.unwrap();
    assert_code(reset(&token, "a third horse").await, Code::LinkUnknown);
    assert_code(log_in(&house, "ann", PASSWORD).await, Code::WrongCredentials);
    log_in(&house, "ann", "another horse").await.unwrap();
    let old = sessions::enter(&house.backends, &visit(NOW), &tokens.access_token).await;
    assert_code(old, Code::SessionEnded);
    house.ann_tries(&secret).await.unwrap();
}

#[tokio::test]
async fn nobody_is_flooded_with_mails_that_anybody_can_ask_for() {
    let house = house(|policy| policy.verify_email = false).await;
    sign(&house, someone("bob")).await.unwrap();
    for _ in 0..20 {
        ask(&house, NOW, Asked::ResetPassword, "bob@example.org").await;
    }
    assert!(mails_to(&house, "bob@example.org").await.len() <= 5);
    let later = NOW.after(Duration::from_secs(3600));
    ask(&house, later, Asked::ResetPassword, "bob@example.org").await;
    passwords::reset(
        &house.backends,
        &visit(later),
        &token_to(&house, "bob@example.org").await,
        "another horse",
    )
    .await
    .unwrap();
}

#[tokio::test]
async fn a_password_is_changed_by_who_knows_it_and_guesses_count() {
    let house = house(|policy| policy.verify_email = false).await;
    sign(&house, someone("bob")).await.unwrap();
    let here = log_in(&house, "bob", PASSWORD).await.unwrap();
    let there = sessions::begin(&house.backends, &visit(NOW), "bob", PASSWORD).await.unwrap();
    let change =
        async |current: &str, new: &str| passwords::change(&here, &house.backends, current, new).await;
    assert_code(change(PASSWORD, "short").await, Code::PasswordUnfit);
    change(PASSWORD, "another horse").await.unwrap();
    assert_code(sessions::enter(&house.backends, &visit(NOW), &there.access_token).await, Code::SessionEnded);
    assert_eq!(me::list_sessions(&here, &house.backends).await.unwrap().len(), 1);
    for _ in 0..3 {
        assert_code(change(PASSWORD, "a third horse").await, Code::WrongPassword);
    }
    assert_code(change("another horse", "a third horse").await, Code::TooMany);
}

#[tokio::test]
async fn another_address_counts_once_it_is_shown_and_the_old_one_is_told() {
    let house = house(|policy| policy.verify_email = false).await;
    sign(&house, someone("bob")).await.unwrap();
    let bob = log_in(&house, "bob", PASSWORD).await.unwrap();
    let email = Some("new@example.org".to_owned());
    let change = me::Change { email, ..me::Change::default() };
    assert_code(me::change(&bob, &house.backends, &change, None).await.map(drop), Code::WrongPassword);
    let change = me::Change { password: Some(PASSWORD.to_owned()), ..change };
    let changed = me::change(&bob, &house.backends, &change, None).await.unwrap();
    assert_eq!(changed.user.email.unwrap().as_str(), "bob@example.org");
    assert_eq!(changed.pending_email.unwrap().as_str(), "new@example.org");
    verify_email(&house.backends, &visit(NOW), &token_to(&house, "new@example.org").await).await.unwrap();
    let now = me::get(&bob, &house.backends).await.unwrap();
    assert_eq!((now.user.email.unwrap().as_str(), now.pending_email), ("new@example.org", None));
    assert!(mails_to(&house, "bob@example.org").await.last().unwrap().subject.contains("changed"));
}

#[tokio::test]
async fn a_display_name_is_changed_by_who_has_read_the_account_as_it_is() {
    let house = house(|policy| policy.verify_email = false).await;
    sign(&house, someone("bob")).await.unwrap();
    let bob = log_in(&house, "bob", PASSWORD).await.unwrap();
    let read = me::get(&bob, &house.backends).await.unwrap().user.version;
    let as_read = domain::ETagMatch::OneOf(vec![read.etag()]);
    let change = me::Change { display_name: Some(" Bob B. ".to_owned()), ..me::Change::default() };
    let changed = me::change(&bob, &house.backends, &change, Some(&as_read)).await.unwrap();
    assert_eq!(changed.user.display_name, "Bob B.");
    assert_code(me::change(&bob, &house.backends, &change, Some(&as_read)).await.map(drop), Code::Stale);
}

#[tokio::test]
async fn app_passwords_are_made_renamed_and_revoked_by_their_owner_alone() {
    let house = house(|policy| policy.verify_email = false).await;
    for name in ["ann", "bob"] {
        sign(&house, someone(name)).await.unwrap();
    }
    let ann = log_in(&house, "ann", PASSWORD).await.unwrap();
    let bob = log_in(&house, "bob", PASSWORD).await.unwrap();
    let once = domain::Once { key: "k".to_owned(), fingerprint: [1; 32] };
    let ann = Caller { once: Some(once), ..ann };
    let made = app_passwords::create_own(&ann, &house.backends, "laptop", true, None).await.unwrap();
    let again = app_passwords::create_own(&ann, &house.backends, "laptop", true, None).await;
    assert_code(again.map(|issued| issued.secret), Code::SecretShown);
    let id = made.app_password.id;
    assert!(house.ann_tries(&made.secret).await.unwrap().may_write().is_err());
    for result in [
        app_passwords::get_own(&bob, &house.backends, id).await.map(drop),
        app_passwords::rename(&bob, &house.backends, id, "mine", None).await.map(drop),
        app_passwords::revoke_own(&bob, &house.backends, id, None).await,
    ] {
        assert_code(result, Code::NotFound);
    }
    let renamed = app_passwords::rename(&ann, &house.backends, id, "old laptop", None).await.unwrap();
    assert_eq!((renamed.name.as_str(), renamed.version), ("old laptop", domain::Version(1)));
    let page = app_passwords::page(&ann, &house.backends, &PageRequest::default()).await.unwrap();
    assert_eq!(page.entries.len(), 1);
    app_passwords::revoke_own(&ann, &house.backends, id, None).await.unwrap();
    assert!(house.ann_tries(&made.secret).await.is_err());
}

#[tokio::test]
async fn a_session_is_ended_by_who_is_in_it_alone() {
    let house = house(|policy| policy.verify_email = false).await;
    for name in ["ann", "bob"] {
        sign(&house, someone(name)).await.unwrap();
    }
    let ann = log_in(&house, "ann", PASSWORD).await.unwrap();
    let bob = log_in(&house, "bob", PASSWORD).await.unwrap();
    let session = ann.session.unwrap();
    assert_code(me::end_session(&bob, &house.backends, session).await, Code::NotFound);
    me::end_session(&ann, &house.backends, session).await.unwrap();
    assert_code(me::end_session(&ann, &house.backends, session).await, Code::NotFound);
}
