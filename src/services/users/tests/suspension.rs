//! What becomes of suspended accounts with time.

use std::time::Duration;

use domain::{Email, UserState};

use super::*;

const DAY: Duration = Duration::from_secs(86_400);

fn day(number: u32) -> Timestamp {
    NOW.after(DAY * number)
}

async fn pass(house: &House, now: Timestamp) {
    while end_suspensions(now, &house.backends).await.unwrap() {}
}

async fn state(house: &House, admin: &Caller, user: UserId) -> Option<UserState> {
    get(admin, &house.backends, user).await.ok().map(|user| user.state())
}

async fn mails(house: &House) -> usize {
    let jobs = crate::jobs::list(NOW, &house.backends).await.unwrap();
    jobs.iter().filter(|job| job.kind == crate::mails::SEND_MAIL).count()
}

/// An admin, and somebody with an address who is suspended from `NOW` on.
async fn suspended() -> (House, Caller, Caller) {
    let house = House::new().await;
    let admin = enter(&house, "root", Role::Admin).await;
    let bob = enter(&house, "bob", Role::User).await;
    let email = Email::parse("bob@example.org").unwrap();
    let more = UserChange { email: Some(Some(email)), ..UserChange::default() };
    change(By::Caller(&admin), &house.backends, bob.user, &more, None).await.unwrap();
    suspend(By::Caller(&admin), &house.backends, bob.user, None).await.unwrap();
    (house, admin, bob)
}

#[tokio::test]
async fn who_is_suspended_is_locked_told_and_deleted_in_time() {
    let (house, admin, bob) = suspended().await;
    assert_eq!(mails(&house).await, 1, "that they are suspended");
    pass(&house, day(29)).await;
    assert_eq!(state(&house, &admin, bob.user).await, Some(UserState::Suspended));
    pass(&house, day(30)).await;
    assert_eq!(state(&house, &admin, bob.user).await, Some(UserState::Locked));
    pass(&house, day(82)).await;
    assert_eq!(mails(&house).await, 1);
    pass(&house, day(83)).await;
    assert_eq!(mails(&house).await, 2, "that the end is near");
    pass(&house, day(89)).await;
    assert_eq!(state(&house, &admin, bob.user).await, Some(UserState::Locked));
    pass(&house, day(90)).await;
    assert_eq!(state(&house, &admin, bob.user).await, None);
    assert_eq!(state(&house, &admin, admin.user).await, Some(UserState::Active));
}

#[tokio::test]
async fn who_is_resumed_starts_anew() {
    let (house, admin, bob) = suspended().await;
    pass(&house, day(85)).await;
    let admin = Caller { now: day(86), ..admin };
    let resumed = resume(By::Caller(&admin), &house.backends, bob.user, None).await.unwrap();
    assert_eq!(resumed.state(), UserState::Active);
    pass(&house, day(200)).await;
    let admin = Caller { now: day(200), ..admin };
    suspend(By::Caller(&admin), &house.backends, bob.user, None).await.unwrap();
    pass(&house, day(229)).await;
    assert_eq!(state(&house, &admin, bob.user).await, Some(UserState::Suspended));
    pass(&house, day(230)).await;
    assert_eq!(state(&house, &admin, bob.user).await, Some(UserState::Locked));
}

#[tokio::test]
async fn a_clock_that_leaps_ahead_deletes_nobody_before_they_were_told() {
    let (house, admin, bob) = suspended().await;
    pass(&house, day(5000)).await;
    assert_eq!(state(&house, &admin, bob.user).await, Some(UserState::Locked));
    // The clock is right again. They are told anew when it is time.
    pass(&house, day(83)).await;
    pass(&house, day(89)).await;
    assert_eq!(state(&house, &admin, bob.user).await, Some(UserState::Locked));
    pass(&house, day(90)).await;
    assert_eq!(state(&house, &admin, bob.user).await, None);
}

#[tokio::test]
async fn without_days_nothing_happens_by_itself() {
    let (mut house, admin, bob) = suspended().await;
    let accounts = &mut std::sync::Arc::get_mut(&mut house.backends).unwrap().accounts;
    (accounts.locked_after_days, accounts.deleted_after_days) = (0, 0);
    pass(&house, day(5000)).await;
    assert_eq!(state(&house, &admin, bob.user).await, Some(UserState::Suspended));
}

#[tokio::test]
async fn the_last_owner_who_is_deleted_in_time_leaves_an_heir() {
    let (house, admin, bob) = suspended().await;
    let (eve, may) = (enter(&house, "eve", Role::User).await, enter(&house, "may", Role::User).await);
    let shared = organization(
        &house,
        &[(&bob, OrganizationRole::Owner), (&eve, OrganizationRole::Member), (&may, OrganizationRole::Admin)],
    )
    .await;
    let alone = organization(&house, &[(&bob, OrganizationRole::Owner)]).await;
    pass(&house, day(85)).await;
    pass(&house, day(95)).await;
    assert_eq!(state(&house, &admin, bob.user).await, None);
    let metadata = &house.backends.metadata;
    let heir = organization_members::find(metadata, shared, may.user).await.unwrap().unwrap();
    assert_eq!(heir.role, OrganizationRole::Owner, "the admin before the member who is there for longer");
    ending::purge(&house).await;
    assert!(organizations::find(metadata, alone, may.user).await.unwrap().is_none(), "nobody was in it");
    assert!(organizations::find(metadata, shared, may.user).await.unwrap().is_some());
}
