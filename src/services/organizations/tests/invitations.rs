//! Who is invited into an organization, by whom, and what becomes of it.

use std::time::Duration;

use domain::{Code, Email, MailId, Once, OrganizationRole, PageRequest, Powers, Result};

use super::*;
use crate::organizations::invitations::{self, InvitationOrder, Invited, OpenInvitations};
use crate::organizations::received;

use OrganizationRole::{Admin, Member, Owner, Viewer};

fn zoe() -> Email {
    Email::parse("zoe@example.org").unwrap()
}

fn open() -> OpenInvitations {
    let page = PageRequest::default();
    OpenInvitations { text: None, order: InvitationOrder::Email, descending: false, page }
}

impl Bakers {
    async fn invite(&self, who: &Caller, role: OrganizationRole) -> Result<Invited> {
        invitations::invite(who, self.backends(), self.id, &zoe(), role).await
    }

    /// Zoe, whose address is known to be hers.
    async fn zoe(&self) -> Caller {
        let zoe_ = someone(&self.house, "zoe", Role::User).await;
        let tx = self.backends().metadata.begin().await.unwrap();
        assert!(metadata::users::set_email(&tx, zoe_.user, &zoe(), NOW).await.unwrap());
        tx.commit().await.unwrap();
        zoe_
    }

    async fn waiting(&self) -> usize {
        invitations::list(&self.owner, self.backends(), self.id, &open()).await.unwrap().entries.len()
    }

    async fn accept(&self, who: &Caller, token: &str) -> Result<Seen> {
        received::accept_token(who, self.backends(), token).await
    }
}

#[tokio::test]
async fn somebody_joins_by_the_token_they_were_sent_and_only_once() {
    let bakers = Bakers::new().await;
    // Without mail the token is passed on by who invites.
    let invited = bakers.invite(&bakers.owner, Member).await.unwrap();
    let token = invited.token.unwrap();
    assert_eq!(bakers.waiting().await, 1);
    let joined = bakers.accept(&bakers.stranger, &token).await.unwrap();
    assert_eq!((joined.role, joined.organization.name.as_str()), (Some(Member), "Bakers"));
    assert_eq!(bakers.waiting().await, 0);
    let zoe = bakers.zoe().await;
    assert_coded(bakers.accept(&zoe, &token).await, Code::LinkUnknown);
    for wrong in ["", "x", &token[1..]] {
        assert_coded(bakers.accept(&zoe, wrong).await, Code::LinkUnknown);
    }
    let invitation =
        invitations::get(&bakers.owner, bakers.backends(), bakers.id, invited.invitation.id).await;
    assert_eq!(invitation.unwrap().accepted_at, Some(NOW));
}

#[tokio::test]
async fn who_is_invited_gets_a_letter_and_who_invites_does_not_see_what_is_in_it() {
    let house = House::new().await;
    let ann = someone(&house, "ann", Role::User).await;
    let bakers = create(&ann, &house.backends, &named("Bakers & Sons")).await.unwrap().organization.id;
    let invite = async || invitations::invite(&ann, &house.backends, bakers, &zoe(), Member).await;
    assert_eq!(invite().await.unwrap().token, None);
    let database = &house.backends.metadata;
    let claim = metadata::jobs::take(database, &crate::steps::SEND_MAIL, NOW).await.unwrap().unwrap();
    let mail = metadata::mails::find(database, MailId(Uuid::parse_str(&claim.key).unwrap())).await;
    let mail = mail.unwrap().unwrap();
    assert_eq!(mail.to, zoe());
    assert!(mail.text.contains("Bakers & Sons") && mail.text.contains("ann"), "{}", mail.text);
    // An address is not made to drown in mail.
    let mut refused = None;
    for _ in 0..10 {
        refused = refused.or(invite().await.err());
    }
    assert!(matches!(refused, Some(Error::TooMany { .. })), "{refused:?}");
}

#[tokio::test]
async fn of_two_who_come_with_one_token_one_joins() {
    let bakers = Bakers::new().await;
    let token = bakers.invite(&bakers.owner, Member).await.unwrap().token.unwrap();
    let zoe = bakers.zoe().await;
    let (one, other) = tokio::join!(bakers.accept(&zoe, &token), bakers.accept(&bakers.stranger, &token));
    assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
    assert_eq!(bakers.roles().await.len(), 5);
}

#[tokio::test]
async fn somebody_finds_what_they_are_invited_to_without_any_mail() {
    let bakers = Bakers::new().await;
    let id = bakers.invite(&bakers.admin, Viewer).await.unwrap().invitation.id;
    let (zoe, page) = (bakers.zoe().await, PageRequest::default());
    let before = bakers.backends().metadata.statements();
    let mine = received::list(&zoe, bakers.backends(), &page).await.unwrap().entries;
    assert_eq!(bakers.backends().metadata.statements() - before, 1);
    assert_eq!(mine.len(), 1);
    assert_eq!((mine[0].invitation.id, mine[0].organization_name.as_str()), (id, "Bakers"));
    // Others neither see it nor answer it.
    let backends = bakers.backends();
    assert!(received::list(&bakers.stranger, backends, &page).await.unwrap().entries.is_empty());
    assert_coded(received::accept(&bakers.stranger, backends, id).await, Code::NotFound);
    assert_coded(received::decline(&bakers.stranger, backends, id).await, Code::NotFound);
    assert_eq!(received::accept(&zoe, backends, id).await.unwrap().role, Some(Viewer));
    assert_coded(received::accept(&zoe, backends, id).await, Code::NotFound);
    assert!(received::list(&zoe, backends, &page).await.unwrap().entries.is_empty());
}

#[tokio::test]
async fn what_was_declined_taken_back_replaced_or_is_too_old_is_accepted_no_more() {
    let bakers = Bakers::new().await;
    let (backends, zoe) = (bakers.backends(), bakers.zoe().await);
    let invite = async || bakers.invite(&bakers.owner, Viewer).await.unwrap();
    let first = invite().await;
    received::decline(&zoe, backends, first.invitation.id).await.unwrap();
    assert_coded(received::decline(&zoe, backends, first.invitation.id).await, Code::NotFound);
    let second = invite().await;
    invitations::revoke(&bakers.admin, backends, bakers.id, second.invitation.id, None).await.unwrap();
    invitations::revoke(&bakers.admin, backends, bakers.id, second.invitation.id, None).await.unwrap();
    let third = invite().await;
    let fourth = invite().await;
    assert_eq!(bakers.waiting().await, 1, "the fourth has replaced the third");
    let days = Duration::from_secs(backends.accounts.invitation_days * 24 * 3600);
    let late = Caller { now: NOW.after(days), ..zoe.clone() };
    assert_coded(bakers.accept(&late, fourth.token.as_deref().unwrap()).await, Code::LinkUnknown);
    assert_coded(received::accept(&late, backends, fourth.invitation.id).await, Code::NotFound);
    for gone in [first, second, third] {
        assert_coded(bakers.accept(&zoe, &gone.token.unwrap()).await, Code::LinkUnknown);
        assert_coded(received::accept(&zoe, backends, gone.invitation.id).await, Code::NotFound);
    }
    assert_eq!(bakers.roles().await.len(), 4);
    bakers.accept(&zoe, &fourth.token.unwrap()).await.unwrap();
}

#[tokio::test]
async fn members_are_not_invited_again_and_stay_what_they_are() {
    let bakers = Bakers::new().await;
    let zoe = bakers.zoe().await;
    join(&bakers.house, bakers.id, &zoe, Viewer).await;
    assert_coded(bakers.invite(&bakers.owner, Admin).await, Code::AlreadyMember);
    // Invited under another address.
    let other = Email::parse("zoe@example.com").unwrap();
    let invited = invitations::invite(&bakers.owner, bakers.backends(), bakers.id, &other, Admin).await;
    let token = invited.unwrap().token.unwrap();
    assert_coded(bakers.accept(&zoe, &token).await, Code::AlreadyMember);
    assert!(bakers.roles().await.contains(&("zoe".to_owned(), Viewer)));
    assert_eq!(bakers.waiting().await, 1, "it is somebody else's to accept");
}

#[tokio::test]
async fn only_who_administers_an_organization_invites_and_nobody_to_more_than_they_are() {
    let bakers = Bakers::new().await;
    let backends = bakers.backends();
    let id = bakers.invite(&bakers.owner, Owner).await.unwrap().invitation.id;
    for (who, code) in [
        (&bakers.stranger, Code::NotFound),
        (&bakers.viewer, Code::Forbidden),
        (&bakers.member, Code::Forbidden),
        (&Caller { powers: Powers::Files, ..bakers.owner.clone() }, Code::NeedsSession),
    ] {
        assert_coded(bakers.invite(who, Viewer).await, code);
        assert_coded(invitations::list(who, backends, bakers.id, &open()).await, code);
        assert_coded(invitations::get(who, backends, bakers.id, id).await, code);
        assert_coded(invitations::revoke(who, backends, bakers.id, id, None).await, code);
    }
    assert_coded(bakers.invite(&bakers.admin, Owner).await, Code::Forbidden);
    assert_eq!(bakers.waiting().await, 1);
    bakers.invite(&bakers.of_house, Owner).await.unwrap();
    // An invitation is one of its organization's alone.
    let other = create(&bakers.stranger, backends, &named("Thieves")).await.unwrap().organization.id;
    assert_coded(invitations::get(&bakers.stranger, backends, other, id).await, Code::NotFound);
    assert_coded(invitations::revoke(&bakers.stranger, backends, other, id, None).await, Code::NotFound);
}

#[tokio::test]
async fn who_goes_or_becomes_less_takes_their_invitations_along() {
    let bakers = Bakers::new().await;
    let token = bakers.invite(&bakers.admin, Admin).await.unwrap().token.unwrap();
    bakers.change(&bakers.owner, &bakers.admin, Viewer).await.unwrap();
    assert_coded(bakers.accept(&bakers.stranger, &token).await, Code::LinkUnknown);
    bakers.change(&bakers.owner, &bakers.admin, Admin).await.unwrap();
    let token = bakers.invite(&bakers.admin, Admin).await.unwrap().token.unwrap();
    bakers.remove(&bakers.owner, &bakers.admin).await.unwrap();
    assert_coded(bakers.accept(&bakers.admin, &token).await, Code::LinkUnknown);
}

#[tokio::test]
async fn an_admin_of_the_server_who_is_none_any_more_does_not_come_back_by_an_invitation() {
    let bakers = Bakers::new().await;
    let backends = &bakers.house.backends;
    let by = users::By::House { now: NOW, door: domain::Door::Command };
    someone(&bakers.house, "last", Role::Admin).await;
    // A member who may give the role still may.
    let kept = bakers.invite(&bakers.owner, Member).await.unwrap().token.unwrap();
    users::deactivate(by, backends, bakers.owner.user, None).await.unwrap();
    bakers.accept(&bakers.stranger, &kept).await.unwrap();
    for (name, how) in [("ina", "demoted"), ("jon", "deactivated"), ("kim", "deleted")] {
        let admin = someone(&bakers.house, name, Role::Admin).await;
        let token = bakers.invite(&admin, Owner).await.unwrap().token.unwrap();
        match how {
            "demoted" => {
                let wanted = users::UserChange { role: Some(Role::User), ..users::UserChange::default() };
                users::change(by, backends, admin.user, &wanted, None).await.map(drop)
            }
            "deactivated" => users::deactivate(by, backends, admin.user, None).await.map(drop),
            _ => users::delete(by, backends, admin.user, None).await.map(drop),
        }
        .unwrap();
        assert_coded(bakers.accept(&bakers.member, &token).await, Code::LinkUnknown);
    }
}

#[tokio::test]
async fn a_request_that_comes_again_invites_once_and_a_deleted_organization_nobody() {
    let bakers = Bakers::new().await;
    let once = Some(Once { key: "k".to_owned(), fingerprint: [1; 32] });
    let owner = Caller { once, ..bakers.owner.clone() };
    let first = bakers.invite(&owner, Member).await.unwrap();
    let again = bakers.invite(&owner, Member).await.unwrap();
    assert_eq!((again.invitation.id, again.token), (first.invitation.id, None));
    let token = first.token.unwrap();
    delete(&bakers.owner, bakers.backends(), bakers.id, None).await.unwrap();
    assert_coded(bakers.accept(&bakers.stranger, &token).await, Code::LinkUnknown);
}
