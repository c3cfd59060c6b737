//! Accounts that end, and what is left of them.

use bytes::Bytes;
use domain::audit::Filter;
use domain::{Code, Conditions, NodeName, NodePath, NodeTimes, Receipt};
use metadata::audit::{self, Scope};
use metadata::jobs;

use super::*;
use crate::files::{self, UploadRequest};
use crate::projects::{self, NewProject};
use crate::{organizations as of_bakers, upkeep};

fn at(path: &str) -> NodePath {
    let names = path.split('/').filter(|name| !name.is_empty()).map(|name| NodeName::parse(name).unwrap());
    NodePath::new(names.collect(), 1024).unwrap()
}

/// Writes a file.
pub(super) async fn put(house: &House, caller: &Caller, path: &str, content: &[u8]) {
    let times = NodeTimes { created_at: None, modified_at: Some(Timestamp::from_millis(1_700_000_000_000)) };
    let request = UploadRequest {
        path: at(path),
        declared_bytes: None,
        times,
        checksums: Vec::new(),
        on_conflict: domain::OnConflict::Replace,
        conditions: Conditions::default(),
    };
    let mut upload = files::upload(caller, &house.backends, request).await.unwrap();
    upload.write(Bytes::copy_from_slice(content)).await.unwrap();
    upload.finish().await.unwrap();
}

pub(super) async fn make_folder(house: &House, caller: &Caller, path: &str) {
    let path = at(path);
    files::create_folder(
        caller,
        &house.backends,
        &files::Target::new(path.clone(), domain::OnConflict::Fail),
        &Conditions::default(),
    )
    .await
    .unwrap();
}

/// Purges what ended: accounts, and then the projects that go with them.
pub(super) async fn purge(house: &House) {
    let (metadata, late) = (&house.backends.metadata, NOW.after(std::time::Duration::from_secs(1 << 40)));
    for kind in [PURGE, projects::PURGE] {
        while let Some(claim) = jobs::take(metadata, &kind, late).await.unwrap() {
            while match kind == PURGE {
                true => purge_batch(NOW, &house.backends, &claim.key).await.unwrap(),
                false => projects::purge_batch(&house.backends, &claim.key).await.unwrap(),
            } {}
            jobs::settle(metadata, &claim, NOW, &jobs::Ending::Finished).await.unwrap();
        }
    }
}

async fn in_order(house: &House) {
    let check = upkeep::check(&house.backends, NOW, |_| ()).await.unwrap();
    assert_eq!(check.found, []);
}

#[tokio::test]
async fn everything_of_an_account_goes_and_a_receipt_stays() {
    let (house, secret) = House::with_ann().await;
    let admin = enter(&house, "root", Role::Admin).await;
    let ann_herself = house.ann_tries(&secret).await.unwrap();
    make_folder(&house, &ann_herself, "/a").await;
    make_folder(&house, &ann_herself, "/a/b").await;
    put(&house, &ann_herself, "/a/b/one.txt", b"one").await;
    put(&house, &ann_herself, "/a/b/one.txt", b"other").await;
    put(&house, &ann_herself, "/two.txt", b"two").await;
    put(&house, &admin, "/two.txt", b"mine").await;
    files::remove(&ann_herself, &house.backends, &at("/two.txt"), &Conditions::default()).await.unwrap();
    let asked = delete(By::Caller(&admin), &house.backends, ann_herself.user, None).await.unwrap();
    let seen = async || receipt(&admin, &house.backends, asked.id).await.unwrap();
    assert_eq!(seen().await, asked);
    assert!(matches!(get(&admin, &house.backends, ann_herself.user).await, Err(Error::NotFound(_))));
    in_order(&house).await;
    purge(&house).await;
    in_order(&house).await;
    let bytes = (b"one".len() + b"other".len() + b"two".len()) as u64;
    assert_eq!(seen().await, Receipt { done_at: Some(NOW), files: 2, bytes, ..asked });
    // Nobody has the name any more.
    enter(&house, "ann", Role::User).await;
    assert_eq!(list(&house.backends).await.unwrap().len(), 2);
    let (scope, page) = (Scope::Of(ann_herself.user), domain::PageRequest::default());
    let deeds = audit::list(&house.backends.metadata, scope, &Filter::default(), &page).await.unwrap();
    assert_eq!(deeds.entries, [], "nothing is said any more of what they did in their own drive");
    in_order(&house).await;
}

#[tokio::test]
async fn the_last_owner_of_an_organization_gives_it_away_first() {
    let house = House::new().await;
    let admin = enter(&house, "root", Role::Admin).await;
    let bob = enter_with_password(&house, "bob", Role::User).await;
    let bakers =
        organization(&house, &[(&bob, OrganizationRole::Owner), (&admin, OrganizationRole::Viewer)]).await;
    for refused in [
        delete(By::Caller(&admin), &house.backends, bob.user, None).await,
        delete_own(&bob, &house.backends, PASSWORD, None).await,
    ] {
        match refused {
            Err(error) => {
                assert_eq!(error.code(), Code::LastOwner);
                assert!(error.message().user().contains("`Bakers`"), "{error}");
            }
            Ok(receipt) => panic!("{receipt:?}"),
        }
    }
    let tx = house.backends.metadata.begin().await.unwrap();
    organization_members::set_role(&tx, bakers, admin.user, OrganizationRole::Owner).await.unwrap();
    tx.commit().await.unwrap();
    delete_own(&bob, &house.backends, PASSWORD, None).await.unwrap();
    purge(&house).await;
    in_order(&house).await;
}

#[tokio::test]
async fn whoever_has_only_the_token_cannot_end_an_account() {
    let house = House::new().await;
    let bob = enter_with_password(&house, "bob", Role::User).await;
    let refused = delete_own(&bob, &house.backends, "a guess", None).await;
    assert_eq!(refused.unwrap_err().code(), Code::WrongPassword);
    assert_eq!(as_caller(&house, "bob").await.user, bob.user);
    delete_own(&bob, &house.backends, PASSWORD, None).await.unwrap();
}

#[tokio::test]
async fn an_account_ends_once() {
    let house = House::new().await;
    let admin = enter(&house, "root", Role::Admin).await;
    let bob = enter_with_password(&house, "bob", Role::User).await;
    let (first, second) = tokio::join!(
        delete(By::Caller(&admin), &house.backends, bob.user, None),
        delete_own(&bob, &house.backends, PASSWORD, None),
    );
    assert!(first.is_ok() != second.is_ok(), "{first:?} {second:?}");
    purge(&house).await;
    let again = delete(By::Caller(&admin), &house.backends, bob.user, None).await;
    assert!(matches!(again, Err(Error::NotFound(_))), "{again:?}");
    // A job that runs again finds nothing to do.
    let receipt = first.or(second).unwrap().id.0.to_string();
    assert!(!purge_batch(NOW, &house.backends, &receipt).await.unwrap());
}

#[tokio::test]
async fn what_is_uploaded_to_the_very_end_leaves_nothing() {
    let house = House::new().await;
    let admin = enter(&house, "root", Role::Admin).await;
    let bob = enter(&house, "bob", Role::User).await;
    let request = UploadRequest {
        path: at("/late.txt"),
        declared_bytes: Some(4),
        times: NodeTimes::default(),
        checksums: Vec::new(),
        on_conflict: domain::OnConflict::Replace,
        conditions: Conditions::default(),
    };
    let mut late = files::upload(&bob, &house.backends, request.clone()).await.unwrap();
    late.write(Bytes::from_static(b"late")).await.unwrap();
    delete(By::Caller(&admin), &house.backends, bob.user, None).await.unwrap();
    // Still before the last batch: it is purged with the others.
    put(&house, &bob, "/between.txt", b"between").await;
    purge(&house).await;
    assert!(late.finish().await.is_err());
    in_order(&house).await;
    let check = upkeep::check(&house.backends, NOW, |_| ()).await.unwrap();
    assert_eq!(check.pending, 0);
}

fn a_project(organization: Option<OrganizationId>) -> NewProject {
    NewProject { organization, name: domain::ProjectName::parse("Alps").unwrap(), description: String::new() }
}

#[tokio::test]
async fn whose_account_has_ended_is_taken_in_nowhere_any_more() {
    let house = House::new().await;
    let admin = enter(&house, "root", Role::Admin).await;
    let bob = enter(&house, "bob", Role::User).await;
    let bakers = organization(&house, &[(&admin, OrganizationRole::Owner)]).await;
    let project = projects::create(&admin, &house.backends, &a_project(None)).await.unwrap();
    // What bob asks for was let in before.
    delete(By::Caller(&admin), &house.backends, bob.user, None).await.unwrap();
    let name = OrganizationName::parse("Bobs").unwrap();
    let refused = [
        of_bakers::create(&bob, &house.backends, &name).await.err(),
        projects::create(&bob, &house.backends, &a_project(None)).await.err(),
    ];
    for error in refused {
        assert_eq!(error.unwrap().code(), Code::AccountGone);
    }
    let role = OrganizationRole::Viewer;
    let taken = of_bakers::members::put(&admin, &house.backends, bakers, bob.user, role, None).await;
    assert!(matches!(taken, Err(Error::NotFound(_))), "{taken:?}");
    let whom = projects::members::Whom::Id(bob.user);
    let role = domain::ProjectRole::Viewer;
    let taken = projects::members::put(&admin, &house.backends, project.id, &whom, role, None).await;
    assert!(matches!(taken, Err(Error::NotFound(_))), "{taken:?}");
    purge(&house).await;
    in_order(&house).await;
}

#[tokio::test]
async fn an_account_that_was_taken_in_after_its_end_goes_all_the_same() {
    let house = House::new().await;
    let admin = enter(&house, "root", Role::Admin).await;
    let bob = enter(&house, "bob", Role::User).await;
    let bakers = organization(&house, &[(&admin, OrganizationRole::Owner)]).await;
    let asked = delete(By::Caller(&admin), &house.backends, bob.user, None).await.unwrap();
    let tx = house.backends.metadata.begin().await.unwrap();
    organization_members::insert(&tx, bakers, bob.user, OrganizationRole::Viewer, NOW).await.unwrap();
    tx.commit().await.unwrap();
    purge(&house).await;
    assert_eq!(receipt(&admin, &house.backends, asked.id).await.unwrap().done_at, Some(NOW));
    in_order(&house).await;
}

#[tokio::test]
async fn a_project_that_nobody_is_left_in_is_purged_and_nobody_sees_it_before() {
    let house = House::new().await;
    let admin = enter(&house, "root", Role::Admin).await;
    let bob = enter(&house, "bob", Role::User).await;
    let shared = enter(&house, "eve", Role::User).await;
    let alone = projects::create(&bob, &house.backends, &a_project(None)).await.unwrap();
    let left = projects::create(&shared, &house.backends, &a_project(None)).await.unwrap();
    let whom = projects::members::Whom::Id(bob.user);
    let role = domain::ProjectRole::Admin;
    projects::members::put(&shared, &house.backends, left.id, &whom, role, None).await.unwrap();
    put(&house, &bob, "/own", b"own").await;
    let asked = delete(By::Caller(&admin), &house.backends, bob.user, None).await.unwrap();
    assert!(matches!(projects::get(&admin, &house.backends, alone.id).await, Err(Error::NotFound(_))));
    assert!(projects::get(&admin, &house.backends, left.id).await.is_ok());
    in_order(&house).await;
    purge(&house).await;
    assert!(metadata::places::owner(&house.backends.metadata, alone.tree.space).await.unwrap().is_none());
    let name = metadata::places::owner(&house.backends.metadata, left.tree.space).await.unwrap();
    assert_eq!(name.as_deref(), Some("Alps"));
    let receipt = receipt(&admin, &house.backends, asked.id).await.unwrap();
    assert_eq!((receipt.files, receipt.bytes), (1, 3));
    in_order(&house).await;
}
