//! Accounts as their house knows them.

mod administration;
mod ending;
mod exporting;
mod suspension;

use domain::audit::Filter;
use domain::{Error, OrganizationId, OrganizationName, OrganizationRole};
use metadata::{organization_members, organizations};

use super::*;
use crate::auth::tests::{House, NOW};

const PASSWORD: &str = "correct horse battery";

const AT_THE_SERVER: By<'static> = By::House { now: NOW, door: Door::Command };

fn someone(name: &str, password: Option<&str>) -> NewUser {
    let name = UserName::parse(name).unwrap();
    NewUser { name, role: Role::User, password: password.map(str::to_owned), quota_bytes: Some(10) }
}

#[tokio::test]
async fn a_new_user_has_an_empty_space_of_their_own() {
    let house = House::new().await;
    let user = create(NOW, &house.backends, someone("bob", None)).await.unwrap();
    let listed = list(&house.backends).await.unwrap();
    assert_eq!(format!("{listed:?}"), format!("{:?}", [&user]));
    assert!(user.active && user.quota.fits(10) && !user.quota.fits(11));
}

#[tokio::test]
async fn a_name_belongs_to_one_user_in_whatever_case() {
    let (house, _) = House::with_ann().await;
    let result = create(NOW, &house.backends, someone("ANN", None)).await;
    assert!(matches!(result, Err(Error::Exists(_))), "{result:?}");
    assert_eq!(list(&house.backends).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_short_account_password_is_refused() {
    let house = House::new().await;
    let result = create(NOW, &house.backends, someone("bob", Some("seven77"))).await;
    assert!(matches!(result, Err(Error::Invalid(_))), "{result:?}");
    create(NOW, &house.backends, someone("bob", Some("\u{fc}".repeat(8).as_str()))).await.unwrap();
    let bob = UserName::parse("bob").unwrap();
    assert!(matches!(set_password(NOW, &house.backends, &bob, "seven77").await, Err(Error::Invalid(_))));
    set_password(NOW, &house.backends, &bob, "eight888").await.unwrap();
}

#[tokio::test]
async fn a_quota_is_changed_and_lifted() {
    let house = House::new().await;
    let ann = enter(&house, "ann", Role::User).await;
    let set = async |quota: Option<u64>| {
        let wanted = UserChange { quota_bytes: Some(quota), ..UserChange::default() };
        change(AT_THE_SERVER, &house.backends, ann.user, &wanted, None).await
    };
    assert_eq!(set(Some(5)).await.unwrap().quota.limit_bytes, Some(5));
    assert_eq!(set(None).await.unwrap().quota.limit_bytes, None);
    let too_large = set(Some(u64::MAX)).await;
    assert!(matches!(too_large, Err(Error::Invalid(_))), "{too_large:?}");
}

#[tokio::test]
async fn nobody_is_changed_who_is_not_there() {
    let house = House::new().await;
    let result = deactivate(AT_THE_SERVER, &house.backends, UserId(Uuid::from_u128(9)), None).await;
    assert!(matches!(result, Err(Error::NotFound(_))), "{result:?}");
}

#[tokio::test]
async fn what_is_done_at_the_server_is_in_the_record_and_names_nobody() {
    let house = House::new().await;
    let ann = enter_with_password(&house, "ann", Role::Admin).await;
    let bob = enter(&house, "bob", Role::User).await;
    let backends = &house.backends;
    let wanted = UserChange { quota_bytes: Some(Some(5)), ..UserChange::default() };
    change(AT_THE_SERVER, backends, bob.user, &wanted, None).await.unwrap();
    deactivate(AT_THE_SERVER, backends, bob.user, None).await.unwrap();
    activate(AT_THE_SERVER, backends, bob.user, None).await.unwrap();
    set_password(NOW, backends, &bob.name, PASSWORD).await.unwrap();
    let page = domain::PageRequest::default();
    let seen = crate::audit::everything(&ann, backends, &Filter::default(), &page).await.unwrap().entries;
    let said =
        |entry: &domain::audit::Entry| (entry.action.clone(), entry.detail.clone().unwrap_or_default());
    let seen: Vec<_> = seen.iter().rev().map(said).collect();
    let expected = [
        ("user.create", "admin"),
        ("user.create", "user"),
        ("user.change", "quota of 5 bytes"),
        ("user.deactivate", ""),
        ("user.activate", ""),
        ("user.set_password", ""),
    ];
    assert_eq!(seen, expected.map(|(action, name)| (action.to_owned(), name.to_owned())));
}

/// An account of this name, and whoever it is as a caller.
pub(super) async fn enter(house: &House, name: &str, role: Role) -> Caller {
    let new = NewUser { role, quota_bytes: None, ..someone(name, None) };
    create(NOW, &house.backends, new).await.unwrap();
    as_caller(house, name).await
}

/// The same with an account password.
pub(super) async fn enter_with_password(house: &House, name: &str, role: Role) -> Caller {
    let new = NewUser { role, quota_bytes: None, ..someone(name, Some(PASSWORD)) };
    create(NOW, &house.backends, new).await.unwrap();
    as_caller(house, name).await
}

pub(super) async fn as_caller(house: &House, name: &str) -> Caller {
    caller(NOW, &house.backends, &UserName::parse(name).unwrap()).await.unwrap()
}

/// The organization of this name, with these members.
pub(super) async fn organization(house: &House, members: &[(&Caller, OrganizationRole)]) -> OrganizationId {
    let id = OrganizationId(Uuid::new_v4());
    let name = OrganizationName::parse("Bakers").unwrap();
    let tx = house.backends.metadata.begin().await.unwrap();
    organizations::insert(&tx, id, &name, members[0].0.user, NOW).await.unwrap();
    for (at, (member, role)) in members.iter().enumerate() {
        let since = NOW.after(std::time::Duration::from_secs(at as u64));
        organization_members::insert(&tx, id, member.user, *role, since).await.unwrap();
    }
    tx.commit().await.unwrap();
    id
}
