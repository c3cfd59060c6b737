//! Who sees what of an organization, and who changes it.

mod invitations;

use std::sync::Arc;

use domain::{
    Code, ETagMatch, Error, Once, OrganizationId, OrganizationMember, OrganizationName, OrganizationRole,
    Page, PageRequest, Powers, Result, Role, UserId, UserName, Version,
};
use futures_util::future::join_all;
use uuid::Uuid;

use super::members::{MemberOrder, MemberQuery};
use super::*;
use crate::auth::tests::{House, NOW};
use crate::users::{self, NewUser};

use OrganizationRole::{Admin, Member, Owner, Viewer};

async fn someone(house: &House, name: &str, role: Role) -> Caller {
    let name = UserName::parse(name).unwrap();
    let new = NewUser { name: name.clone(), role, password: None, quota_bytes: None };
    users::create(NOW, &house.backends, new).await.unwrap();
    users::caller(NOW, &house.backends, &name).await.unwrap()
}

fn named(name: &str) -> OrganizationName {
    OrganizationName::parse(name).unwrap()
}

/// Takes somebody in, as accepting an invitation does.
async fn join(house: &House, organization: OrganizationId, who: &Caller, role: OrganizationRole) {
    let tx = house.backends.metadata.begin().await.unwrap();
    assert!(organization_members::insert(&tx, organization, who.user, role, NOW).await.unwrap());
    tx.commit().await.unwrap();
}

/// Bakers, which ann owns, with one more person of each role.
struct Bakers {
    house: House,
    id: OrganizationId,
    owner: Caller,
    admin: Caller,
    member: Caller,
    viewer: Caller,
    stranger: Caller,
    of_house: Caller,
}

impl Bakers {
    async fn new() -> Self {
        let mut house = House::new().await;
        // Without mail what accepts an invitation is in the answer to who invites.
        Arc::get_mut(&mut house.backends).unwrap().mailer = None;
        let owner = someone(&house, "ann", Role::User).await;
        let id = create(&owner, &house.backends, &named("Bakers")).await.unwrap().organization.id;
        let bakers = Self {
            id,
            owner,
            admin: someone(&house, "bob", Role::User).await,
            member: someone(&house, "cleo", Role::User).await,
            viewer: someone(&house, "dan", Role::User).await,
            stranger: someone(&house, "eve", Role::User).await,
            of_house: someone(&house, "root", Role::Admin).await,
            house,
        };
        for (who, role) in [(&bakers.admin, Admin), (&bakers.member, Member), (&bakers.viewer, Viewer)] {
            join(&bakers.house, id, who, role).await;
        }
        bakers
    }

    fn backends(&self) -> &Backends {
        &self.house.backends
    }

    /// All there is to see of it.
    async fn state(&self) -> (Result<Seen, String>, Vec<OrganizationMember>) {
        let seen = get(&self.of_house, self.backends(), self.id).await.map_err(|error| error.to_string());
        let members = match &seen {
            Ok(_) => members::list(&self.of_house, self.backends(), self.id, &everybody()).await.unwrap(),
            Err(_) => Page { entries: Vec::new(), next: None, total: None },
        };
        (seen, members.entries)
    }

    async fn roles(&self) -> Vec<(String, OrganizationRole)> {
        let (_, members) = self.state().await;
        members.into_iter().map(|member| (member.name.to_string(), member.role)).collect()
    }

    async fn change(
        &self,
        who: &Caller,
        whom: &Caller,
        role: OrganizationRole,
    ) -> Result<OrganizationMember> {
        members::change_role(who, self.backends(), self.id, whom.user, role, None).await
    }

    async fn remove(&self, who: &Caller, whom: &Caller) -> Result<()> {
        members::remove(who, self.backends(), self.id, whom.user, None).await
    }

    /// Everything that can be done with an organization.
    async fn all_of(&self, who: &Caller, id: OrganizationId) -> Vec<(&'static str, Result<()>)> {
        let (backends, viewer) = (self.backends(), self.viewer.user);
        let rename = rename(who, backends, id, &named("Thieves"), None).await.map(drop);
        let change = members::change_role(who, backends, id, viewer, Viewer, None).await.map(drop);
        vec![
            ("get", get(who, backends, id).await.map(drop)),
            ("members", members::list(who, backends, id, &everybody()).await.map(drop)),
            ("member", members::get(who, backends, id, viewer).await.map(drop)),
            ("rename", rename),
            ("change role", change),
            ("remove", members::remove(who, backends, id, viewer, None).await),
            ("leave", members::remove(who, backends, id, who.user, None).await),
            ("delete", delete(who, backends, id, None).await),
        ]
    }
}

fn everybody() -> MemberQuery {
    MemberQuery {
        role: None,
        text: None,
        order: MemberOrder::Name,
        descending: false,
        page: PageRequest::default(),
    }
}

fn mine() -> OrganizationQuery {
    OrganizationQuery {
        all: false,
        text: None,
        order: OrganizationOrder::Name,
        descending: false,
        page: PageRequest::default(),
    }
}

async fn names(who: &Caller, house: &House, query: &OrganizationQuery) -> Vec<String> {
    let page = list(who, &house.backends, query).await.unwrap();
    page.entries.iter().map(|seen| seen.organization.name.to_string()).collect()
}

#[track_caller]
fn assert_coded<T: std::fmt::Debug>(result: Result<T>, code: Code) {
    assert_eq!(result.as_ref().map_err(Error::code).err(), Some(code), "{result:?}");
}

#[tokio::test]
async fn whoever_makes_an_organization_owns_it_and_several_have_one_name() {
    let house = House::new().await;
    let (ann, bob) = (someone(&house, "ann", Role::User).await, someone(&house, "bob", Role::User).await);
    let of_ann = create(&ann, &house.backends, &named("Bakers")).await.unwrap();
    let of_bob = create(&bob, &house.backends, &named("Bakers")).await.unwrap();
    assert_eq!((of_ann.role, of_ann.organization.version), (Some(Owner), Version(0)));
    assert_eq!(get(&ann, &house.backends, of_ann.organization.id).await.unwrap(), of_ann);
    assert_ne!(of_ann.organization.id, of_bob.organization.id);
    assert_eq!(names(&ann, &house, &mine()).await, ["Bakers"]);
}

#[tokio::test]
async fn a_request_that_comes_again_makes_one_organization() {
    let house = House::new().await;
    let mut ann = someone(&house, "ann", Role::User).await;
    ann.once = Some(Once { key: "k".to_owned(), fingerprint: [1; 32] });
    let first = create(&ann, &house.backends, &named("Bakers")).await.unwrap();
    assert_eq!(create(&ann, &house.backends, &named("Bakers")).await.unwrap(), first);
    assert_eq!(names(&ann, &house, &mine()).await, ["Bakers"]);
    ann.once = Some(Once { key: "k".to_owned(), fingerprint: [2; 32] });
    assert_coded(create(&ann, &house.backends, &named("Others")).await, Code::KeyReused);
}

#[tokio::test]
async fn a_stranger_finds_nothing_and_changes_nothing_of_what_is_there() {
    let bakers = Bakers::new().await;
    let before = bakers.state().await;
    let nowhere = OrganizationId(Uuid::from_u128(7));
    let of_nothing = bakers.all_of(&bakers.stranger, nowhere).await;
    for ((what, result), (_, expected)) in
        bakers.all_of(&bakers.stranger, bakers.id).await.into_iter().zip(of_nothing)
    {
        let (error, expected) = (result.unwrap_err(), expected.unwrap_err());
        assert!(matches!(error, Error::NotFound(_)), "{what}: {error}");
        assert_eq!(error.to_string(), expected.to_string(), "{what} tells that there is one");
    }
    assert!(names(&bakers.stranger, &bakers.house, &mine()).await.is_empty());
    assert_eq!(bakers.state().await, before);
}

#[tokio::test]
async fn an_app_password_opens_no_organization() {
    let bakers = Bakers::new().await;
    let before = bakers.state().await;
    let device = Caller { powers: Powers::Files, ..bakers.owner.clone() };
    for (what, result) in bakers.all_of(&device, bakers.id).await {
        assert_eq!(result.map_err(|error| error.code()), Err(Code::NeedsSession), "{what}");
    }
    assert_coded(create(&device, bakers.backends(), &named("Others")).await, Code::NeedsSession);
    assert_coded(list(&device, bakers.backends(), &mine()).await, Code::NeedsSession);
    assert_eq!(bakers.state().await, before);
}

#[tokio::test]
async fn each_role_may_do_what_it_may_and_nothing_more() {
    // Seeing it, its members, one of them; renaming it, changing and removing a viewer, leaving, deleting.
    for (role, may) in [
        (Viewer, [true, true, true, false, false, false, true, false]),
        (Member, [true, true, true, false, false, false, true, false]),
        (Admin, [true, true, true, true, true, true, true, false]),
    ] {
        let bakers = Bakers::new().await;
        let who = someone(&bakers.house, "zoe", Role::User).await;
        join(&bakers.house, bakers.id, &who, role).await;
        let done = bakers.all_of(&who, bakers.id).await;
        for ((what, result), may) in done.into_iter().zip(may) {
            assert_eq!(result.is_ok(), may, "{role:?} {what}: {result:?}");
            // Whoever has left is a stranger.
            let refused = |error: &Error| matches!(error, Error::Forbidden(_)) || what == "delete";
            assert!(result.as_ref().err().is_none_or(refused), "{role:?} {what}: {result:?}");
        }
    }
    let bakers = Bakers::new().await;
    let done = bakers.all_of(&bakers.owner, bakers.id).await;
    let refused: Vec<_> = done.iter().filter(|(_, result)| result.is_err()).map(|(what, _)| *what).collect();
    assert_eq!(refused, ["leave"]);
    assert!(bakers.state().await.0.is_err(), "it is gone");
}

#[tokio::test]
async fn an_admin_of_the_house_administers_every_organization() {
    let bakers = Bakers::new().await;
    let root = &bakers.of_house;
    let seen = get(root, bakers.backends(), bakers.id).await.unwrap();
    assert_eq!(seen.role, None);
    assert!(names(root, &bakers.house, &mine()).await.is_empty());
    let all = OrganizationQuery { all: true, ..mine() };
    assert_eq!(names(root, &bakers.house, &all).await, ["Bakers"]);
    assert_coded(list(&bakers.owner, bakers.backends(), &all).await, Code::NeedsAdmin);
    bakers.change(root, &bakers.viewer, Owner).await.unwrap();
    bakers.remove(root, &bakers.owner).await.unwrap();
    assert_coded(bakers.remove(root, &bakers.viewer).await, Code::LastOwner);
    let put = async |who, whom: UserId, role| {
        members::put(who, bakers.backends(), bakers.id, whom, role, None).await
    };
    assert_eq!(put(root, bakers.stranger.user, Viewer).await.unwrap().role, Viewer);
    assert_eq!(put(root, bakers.stranger.user, Member).await.unwrap().role, Member);
    assert_coded(put(root, UserId(Uuid::from_u128(7)), Viewer).await, Code::NotFound);
    assert_coded(put(&bakers.viewer, root.user, Viewer).await, Code::NotFound);
    delete(root, bakers.backends(), bakers.id, None).await.unwrap();
}

#[tokio::test]
async fn an_admin_gives_roles_up_to_their_own_and_leaves_owners_alone() {
    let bakers = Bakers::new().await;
    bakers.change(&bakers.admin, &bakers.viewer, Admin).await.unwrap();
    assert_coded(bakers.change(&bakers.admin, &bakers.viewer, Owner).await, Code::Forbidden);
    assert_coded(bakers.change(&bakers.admin, &bakers.owner, Member).await, Code::Forbidden);
    assert_coded(bakers.remove(&bakers.admin, &bakers.owner).await, Code::Forbidden);
    assert_coded(bakers.change(&bakers.admin, &bakers.stranger, Viewer).await, Code::NotFound);
    bakers.change(&bakers.admin, &bakers.admin, Viewer).await.unwrap();
    assert_coded(bakers.change(&bakers.admin, &bakers.member, Viewer).await, Code::Forbidden);
    let roles = [("ann", Owner), ("bob", Viewer), ("cleo", Member), ("dan", Admin)];
    assert_eq!(bakers.roles().await, roles.map(|(name, role)| (name.to_owned(), role)));
}

#[tokio::test]
async fn the_last_owner_stays_one() {
    let bakers = Bakers::new().await;
    let (ann, bob) = (&bakers.owner, &bakers.admin);
    let before = bakers.state().await;
    assert_coded(bakers.remove(ann, ann).await, Code::LastOwner);
    assert_coded(bakers.change(ann, ann, Admin).await, Code::LastOwner);
    assert_coded(bakers.change(&bakers.of_house, ann, Viewer).await, Code::LastOwner);
    assert_eq!(bakers.state().await, before);
    bakers.change(ann, ann, Owner).await.unwrap();
    bakers.change(ann, bob, Owner).await.unwrap();
    bakers.remove(ann, ann).await.unwrap();
    assert_coded(get(ann, bakers.backends(), bakers.id).await, Code::NotFound);
    assert_coded(bakers.remove(bob, bob).await, Code::LastOwner);
}

#[tokio::test]
async fn of_owners_who_leave_at_once_one_stays() {
    let bakers = Bakers::new().await;
    let owners = [&bakers.owner, &bakers.admin, &bakers.member, &bakers.viewer];
    for who in &owners[1..] {
        bakers.change(&bakers.owner, who, Owner).await.unwrap();
    }
    let left = join_all(owners.map(|who| bakers.remove(who, who))).await;
    let refused: Vec<_> = left.into_iter().filter_map(Result::err).map(|error| error.code()).collect();
    assert_eq!(refused, [Code::LastOwner]);
    assert_eq!(bakers.roles().await.len(), 1);
}

#[tokio::test]
async fn owners_who_demote_each_other_at_once_leave_one() {
    let bakers = Bakers::new().await;
    let (ann, bob) = (&bakers.owner, &bakers.admin);
    bakers.change(ann, bob, Owner).await.unwrap();
    let (one, other) = tokio::join!(bakers.change(ann, bob, Viewer), bakers.change(bob, ann, Viewer));
    assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
    let owners = bakers.roles().await.into_iter().filter(|(_, role)| *role == Owner).count();
    assert_eq!(owners, 1);
}

#[tokio::test]
async fn a_change_made_from_an_old_reading_is_refused() {
    let bakers = Bakers::new().await;
    let read = get(&bakers.owner, bakers.backends(), bakers.id).await.unwrap().organization.version;
    let known = |version: Version| Some(ETagMatch::OneOf(vec![version.etag()]));
    let (cooks, if_match) = (named("Cooks"), known(read));
    let renamed = rename(&bakers.owner, bakers.backends(), bakers.id, &cooks, if_match.as_ref()).await;
    let renamed = renamed.unwrap().organization;
    assert_eq!((renamed.name.as_str(), renamed.version), ("Cooks", Version(read.0 + 1)));
    let stale = rename(&bakers.owner, bakers.backends(), bakers.id, &named("x"), known(read).as_ref()).await;
    assert_coded(stale, Code::Stale);
    let stale = delete(&bakers.owner, bakers.backends(), bakers.id, known(read).as_ref()).await;
    assert_coded(stale, Code::Stale);

    let viewer = bakers.viewer.user;
    let read = bakers.change(&bakers.owner, &bakers.viewer, Member).await.unwrap().version;
    bakers.change(&bakers.owner, &bakers.viewer, Viewer).await.unwrap();
    let (backends, if_match) = (bakers.backends(), known(read));
    let stale =
        members::change_role(&bakers.owner, backends, bakers.id, viewer, Admin, if_match.as_ref()).await;
    assert_coded(stale, Code::Stale);
    let stale = members::remove(&bakers.owner, backends, bakers.id, viewer, if_match.as_ref()).await;
    assert_coded(stale, Code::Stale);
    let gone = bakers.stranger.user;
    let stale = members::put(&bakers.of_house, backends, bakers.id, gone, Member, if_match.as_ref()).await;
    assert_coded(stale, Code::Stale);
    let (now, _) = bakers.state().await;
    assert_eq!(now.unwrap().organization.name.as_str(), "Cooks");
}

#[tokio::test]
async fn what_somebody_is_told_of_an_organization_is_new_when_their_role_is() {
    let bakers = Bakers::new().await;
    let before = get(&bakers.viewer, bakers.backends(), bakers.id).await.unwrap();
    bakers.change(&bakers.owner, &bakers.viewer, Member).await.unwrap();
    let after = get(&bakers.viewer, bakers.backends(), bakers.id).await.unwrap();
    assert_eq!((before.role, after.role), (Some(Viewer), Some(Member)));
    assert_ne!(before.organization.version.etag(), after.organization.version.etag());
}

#[tokio::test]
async fn members_are_searched_ordered_and_paged_in_one_statement_each() {
    let bakers = Bakers::new().await;
    let backends = bakers.backends();
    let listed = async |query: MemberQuery| {
        let page = members::list(&bakers.viewer, backends, bakers.id, &query).await.unwrap();
        let names: Vec<_> = page.entries.iter().map(|member| member.name.to_string()).collect();
        (names.join(" "), page.next, page.total)
    };
    let expected = ("ann bob cleo dan".to_owned(), None, None);
    assert_eq!(listed(everybody()).await, expected);
    assert_eq!(listed(MemberQuery { descending: true, ..everybody() }).await.0, "dan cleo bob ann");
    assert_eq!(listed(MemberQuery { text: Some("LE".to_owned()), ..everybody() }).await.0, "cleo");
    assert_eq!(listed(MemberQuery { text: Some("%".to_owned()), ..everybody() }).await.0, "");
    assert_eq!(listed(MemberQuery { role: Some(Admin), ..everybody() }).await.0, "bob");

    let page = PageRequest { entries: 3, with_total: true, after: None };
    let (first, next, total) = listed(MemberQuery { page: page.clone(), ..everybody() }).await;
    assert_eq!((first.as_str(), total), ("ann bob cleo", Some(4)));
    let page = PageRequest { after: next, ..page };
    assert_eq!(listed(MemberQuery { page, ..everybody() }).await, ("dan".to_owned(), None, Some(4)));

    for order in [MemberOrder::Since, MemberOrder::DisplayName] {
        let page = PageRequest { entries: 1, ..PageRequest::default() };
        let mut query = MemberQuery { order, page, ..everybody() };
        let mut seen = 0;
        loop {
            let before = backends.metadata.statements();
            let (_, next, _) = listed(query.clone()).await;
            // Who asks, and the page.
            assert_eq!(backends.metadata.statements() - before, 2);
            seen += 1;
            match next {
                Some(after) => query.page.after = Some(after),
                None => break,
            }
        }
        assert_eq!(seen, 4, "{order:?}");
    }
}

#[tokio::test]
async fn organizations_are_searched_ordered_and_paged_in_one_statement() {
    let house = House::new().await;
    let ann = someone(&house, "ann", Role::User).await;
    for name in ["Cooks", "Bakers", "100% Tea"] {
        create(&ann, &house.backends, &named(name)).await.unwrap();
    }
    let before = house.backends.metadata.statements();
    assert_eq!(names(&ann, &house, &mine()).await, ["100% Tea", "Bakers", "Cooks"]);
    assert_eq!(house.backends.metadata.statements() - before, 1);
    let descending = OrganizationQuery { descending: true, ..mine() };
    assert_eq!(names(&ann, &house, &descending).await, ["Cooks", "Bakers", "100% Tea"]);
    for (text, found) in [("bak", vec!["Bakers"]), ("%", vec!["100% Tea"]), ("_", vec![])] {
        let query = OrganizationQuery { text: Some(text.to_owned()), ..mine() };
        assert_eq!(names(&ann, &house, &query).await, found);
    }
    let page = PageRequest { entries: 2, with_total: true, after: None };
    let query = OrganizationQuery { order: OrganizationOrder::Created, page, ..mine() };
    let first = list(&ann, &house.backends, &query).await.unwrap();
    assert_eq!((first.entries.len(), first.total), (2, Some(3)));
    let page = PageRequest { after: first.next, ..query.page };
    let last = list(&ann, &house.backends, &OrganizationQuery { page, ..query }).await.unwrap();
    assert_eq!((last.entries.len(), last.next, last.total), (1, None, Some(3)));
}
