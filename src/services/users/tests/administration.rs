//! Admins at work on accounts.

use std::time::Duration;

use domain::{Code, ETagMatch, Email, PageRequest, UserState};

use super::*;

fn by_name() -> UserQuery {
    UserQuery {
        role: None,
        state: None,
        organization: None,
        text: None,
        order: UserOrder::Name,
        descending: false,
        page: PageRequest::default(),
    }
}

async fn names(house: &House, admin: &Caller, query: UserQuery) -> Vec<String> {
    let page = page(admin, &house.backends, &query).await.unwrap();
    page.entries.iter().map(|user| user.name.to_string()).collect()
}

fn role(role: Role) -> UserChange {
    UserChange { role: Some(role), ..UserChange::default() }
}

#[track_caller]
fn refused<T: std::fmt::Debug>(result: Result<T>, code: Code) {
    match result {
        Err(error @ Error::Forbidden(_)) => assert_eq!(error.code(), code),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn accounts_are_listed_in_pages_of_one_statement_each() {
    let house = House::new().await;
    let admin = enter(&house, "root", Role::Admin).await;
    for number in 0..7 {
        enter(&house, &format!("user{number}"), Role::User).await;
    }
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let request = PageRequest { after, entries: 3, with_total: false };
        let before = house.backends.metadata.statements();
        let query = UserQuery { order: UserOrder::Used, descending: true, page: request, ..by_name() };
        let page = page(&admin, &house.backends, &query).await.unwrap();
        assert_eq!(house.backends.metadata.statements() - before, 1);
        seen.extend(page.entries.iter().map(|user| user.name.to_string()));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    seen.sort();
    assert_eq!((seen.len(), seen[0].as_str(), seen[7].as_str()), (8, "root", "user6"));
    let request = PageRequest { entries: 2, with_total: true, ..PageRequest::default() };
    let query = UserQuery { page: request, ..by_name() };
    assert_eq!(page(&admin, &house.backends, &query).await.unwrap().total, Some(8));
}

#[tokio::test]
async fn accounts_are_found_by_what_is_known_of_them() {
    let house = House::new().await;
    let admin = enter(&house, "root", Role::Admin).await;
    let (bob, eve) = (enter(&house, "bob", Role::User).await, enter(&house, "eve", Role::User).await);
    let bakers = organization(&house, &[(&bob, OrganizationRole::Owner)]).await;
    let email = Email::parse("robert@example.org").unwrap();
    let more = UserChange {
        email: Some(Some(email)),
        display_name: Some("Robert_B".to_owned()),
        quota_bytes: Some(Some(5)),
        ..UserChange::default()
    };
    let by = By::Caller(&admin);
    let changed = change(by, &house.backends, bob.user, &more, None).await.unwrap();
    assert_eq!((changed.quota.limit_bytes, changed.display_name.as_str()), (Some(5), "Robert_B"));
    suspend(by, &house.backends, eve.user, None).await.unwrap();
    for (query, found) in [
        (UserQuery { text: Some("ROBERT".to_owned()), ..by_name() }, vec!["bob"]),
        (UserQuery { text: Some("t_b".to_owned()), ..by_name() }, vec!["bob"]),
        (UserQuery { text: Some("t%b".to_owned()), ..by_name() }, vec![]),
        (UserQuery { organization: Some(bakers), ..by_name() }, vec!["bob"]),
        (UserQuery { role: Some(Role::Admin), ..by_name() }, vec!["root"]),
        (UserQuery { state: Some(UserState::Suspended), ..by_name() }, vec!["eve"]),
        (UserQuery { state: Some(UserState::Active), ..by_name() }, vec!["bob", "root"]),
        (UserQuery { state: Some(UserState::Deactivated), ..by_name() }, vec![]),
        (UserQuery { order: UserOrder::Email, descending: true, ..by_name() }, vec!["bob"]),
    ] {
        let listed = names(&house, &admin, query.clone()).await;
        assert_eq!(listed[..found.len()], found, "{query:?}");
        assert!(query.order == UserOrder::Email || listed.len() == found.len(), "{query:?}: {listed:?}");
    }
    let taken = change(by, &house.backends, eve.user, &UserChange { display_name: None, ..more }, None).await;
    assert!(matches!(taken, Err(Error::Exists(_))), "{taken:?}");
}

#[tokio::test]
async fn who_is_no_admin_or_reads_only_administers_nothing() {
    let house = House::new().await;
    let admin = enter(&house, "root", Role::Admin).await;
    let bob = enter(&house, "bob", Role::User).await;
    let suspended = Caller { powers: Powers::ReadFiles, ..admin.clone() };
    for caller in [&bob, &suspended] {
        assert!(matches!(page(caller, &house.backends, &by_name()).await, Err(Error::Forbidden(_))));
        assert!(matches!(get(caller, &house.backends, bob.user).await, Err(Error::Forbidden(_))));
        let result = suspend(By::Caller(caller), &house.backends, bob.user, None).await;
        assert!(matches!(result, Err(Error::Forbidden(_))), "{result:?}");
        let result = delete(By::Caller(caller), &house.backends, bob.user, None).await;
        assert!(matches!(result, Err(Error::Forbidden(_))), "{result:?}");
    }
}

#[tokio::test]
async fn nobody_changes_their_own_role_and_the_last_admin_stays() {
    let house = House::new().await;
    let admin = enter_with_password(&house, "root", Role::Admin).await;
    let other = enter(&house, "eve", Role::Admin).await;
    let (by, backends) = (By::Caller(&admin), &house.backends);
    refused(change(by, backends, admin.user, &role(Role::User), None).await, Code::OwnAccount);
    refused(deactivate(by, backends, admin.user, None).await, Code::OwnAccount);
    refused(suspend(by, backends, admin.user, None).await, Code::OwnAccount);
    refused(delete(by, backends, admin.user, None).await, Code::OwnAccount);
    deactivate(by, backends, other.user, None).await.unwrap();
    let house_itself = By::House { now: NOW, door: Door::Command };
    refused(suspend(house_itself, backends, admin.user, None).await, Code::LastServerAdmin);
    refused(delete(house_itself, backends, admin.user, None).await, Code::LastServerAdmin);
    refused(delete_own(&admin, backends, PASSWORD, None).await, Code::LastServerAdmin);
    activate(by, backends, other.user, None).await.unwrap();
    suspend(house_itself, backends, admin.user, None).await.unwrap();
    refused(change(by, backends, other.user, &role(Role::User), None).await, Code::NeedsAdmin);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_admins_who_take_each_others_role_away_one_stays() {
    let house = House::new().await;
    for round in 0..5 {
        let ann = enter(&house, &format!("ann{round}"), Role::Admin).await;
        let bob = enter(&house, &format!("bob{round}"), Role::Admin).await;
        let (user, backends) = (role(Role::User), &house.backends);
        let (first, second) = tokio::join!(
            change(By::Caller(&ann), backends, bob.user, &user, None),
            change(By::Caller(&bob), backends, ann.user, &user, None),
        );
        assert!(first.is_ok() != second.is_ok(), "{first:?} {second:?}");
        let left = names(&house, &ann, UserQuery { role: Some(Role::Admin), ..by_name() }).await;
        assert_eq!(left.len(), 1 + round, "{left:?}");
    }
}

#[tokio::test]
async fn what_was_read_before_somebody_else_changed_it_is_not_changed() {
    let house = House::new().await;
    let admin = enter(&house, "root", Role::Admin).await;
    let bob = enter(&house, "bob", Role::User).await;
    let (by, backends) = (By::Caller(&admin), &house.backends);
    let read = get(&admin, backends, bob.user).await.unwrap();
    let tag = ETagMatch::OneOf(vec![read.version.etag()]);
    let suspended = suspend(by, backends, bob.user, Some(&tag)).await.unwrap();
    assert!(suspended.version > read.version);
    assert!(matches!(resume(by, backends, bob.user, Some(&tag)).await, Err(Error::Stale(_))));
    assert!(matches!(delete(by, backends, bob.user, Some(&tag)).await, Err(Error::Stale(_))));
    // What is so already changes nothing, and goes on from when it was.
    let admin = Caller { now: NOW.after(Duration::from_secs(60)), ..admin.clone() };
    let again = suspend(By::Caller(&admin), backends, bob.user, None).await.unwrap();
    assert_eq!((again.version, again.suspended_at), (suspended.version, Some(NOW)));
}

#[tokio::test]
async fn an_admin_makes_an_account_once() {
    let house = House::new().await;
    let once = domain::Once { key: "k".to_owned(), fingerprint: [7; 32] };
    let admin = Caller { once: Some(once), ..enter(&house, "root", Role::Admin).await };
    let more = UserChange {
        email: Some(Some(Email::parse("bob@example.org").unwrap())),
        display_name: Some("Bob".to_owned()),
        ..UserChange::default()
    };
    let made = create_by(&admin, &house.backends, someone("bob", None), more.clone()).await.unwrap();
    let again = create_by(&admin, &house.backends, someone("bob", None), more.clone()).await.unwrap();
    assert_eq!((made.id, made.display_name.as_str()), (again.id, "Bob"));
    assert_eq!(made.email.unwrap().as_str(), "bob@example.org");
    let admin = Caller { once: None, ..admin };
    let taken = create_by(&admin, &house.backends, someone("eve", None), more).await;
    assert!(matches!(taken, Err(Error::Exists(_))), "{taken:?}");
    assert_eq!(names(&house, &admin, by_name()).await, ["bob", "root"]);
}

#[tokio::test]
async fn who_is_deactivated_or_suspended_feels_it_at_once() {
    let (house, secret) = House::with_ann().await;
    let admin = enter(&house, "root", Role::Admin).await;
    let (by, backends) = (By::Caller(&admin), &house.backends);
    let ann = as_caller(&house, "ann").await;
    let opens = async || house.ann_tries(&secret).await.map(|caller| caller.powers);
    assert!(matches!(opens().await, Ok(Powers::Files)));
    suspend(by, backends, ann.user, None).await.unwrap();
    assert!(matches!(opens().await, Ok(Powers::ReadFiles)));
    deactivate(by, backends, ann.user, None).await.unwrap();
    assert!(opens().await.is_err());
    activate(by, backends, ann.user, None).await.unwrap();
    resume(by, backends, ann.user, None).await.unwrap();
    assert!(matches!(opens().await, Ok(Powers::Files)));
    delete(by, backends, ann.user, None).await.unwrap();
    assert!(opens().await.is_err());
}
