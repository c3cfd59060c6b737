//! Forgetting what is over and of use to nobody any more.

use std::time::Duration;

use domain::{Result, Timestamp};
use metadata::{again, app_passwords, invitations, once, sessions};

use crate::Backends;

const DAY: Duration = Duration::from_secs(86_400);
/// How long what came with an Idempotency-Key is known by it, and a session that has ended.
const KEPT_FOR: Duration = DAY;
/// How long whoever has invited somebody sees what became of it.
const INVITATIONS_KEPT_FOR: Duration = Duration::from_secs(30 * 86_400);
/// How long it is shown of an app password that it was revoked or has expired.
const APP_PASSWORDS_KEPT_FOR: Duration = Duration::from_secs(90 * 86_400);
/// How many rows of a kind one transaction removes.
const ROWS_MAX: u32 = 1_000;

/// Forgets some idempotency keys, sessions, invitations and app passwords whose time is over; whether there is more.
///
/// # Errors
/// Whatever the database says.
pub async fn forget_expired(now: Timestamp, backends: &Backends) -> Result<bool> {
    let before = now.before(KEPT_FOR);
    again(|| async {
        let tx = backends.metadata.begin().await?;
        let forgotten = [
            once::forget(&tx, before, ROWS_MAX).await?,
            sessions::forget_next(&tx, before, ROWS_MAX).await?,
            invitations::forget(&tx, now.before(INVITATIONS_KEPT_FOR), ROWS_MAX).await?,
            app_passwords::forget(&tx, now.before(APP_PASSWORDS_KEPT_FOR), ROWS_MAX).await?,
        ];
        tx.commit().await?;
        Ok(forgotten.contains(&u64::from(ROWS_MAX)))
    })
    .await
}

#[cfg(test)]
mod tests {
    use domain::{
        Email, InvitationId, InvitedTo, Once, OrganizationId, OrganizationName, OrganizationRole, Session,
        SessionId,
    };
    use metadata::invitations::NewInvitation;
    use metadata::organizations;
    use uuid::Uuid;

    use super::*;
    use crate::auth::tests::{House, NOW};

    #[tokio::test]
    async fn what_is_over_goes_by_and_by_although_nobody_comes_back() {
        let (house, secret) = House::with_ann().await;
        let ann = house.ann_tries(&secret).await.unwrap();
        let metadata = &house.backends.metadata;
        let organization = OrganizationId(Uuid::new_v4());
        let email = Email::parse("bob@example.org").unwrap();
        let new = NewInvitation {
            id: InvitationId(Uuid::new_v4()),
            to: InvitedTo::Organization(organization, OrganizationRole::Viewer),
            email,
            token_hash: [1; 32],
            invited_by: ann.user,
            expires_at: NOW.after(DAY),
        };
        let session = Session {
            id: SessionId(Uuid::new_v4()),
            user: ann.user,
            created_at: NOW,
            used_at: NOW,
            expires_at: NOW.after(DAY),
            revoked_at: None,
            address: String::new(),
            product: String::new(),
        };
        let once_only = Once { key: "k".to_owned(), fingerprint: [7; 32] };
        let tx = metadata.begin().await.unwrap();
        let name = OrganizationName::parse("Bakers").unwrap();
        organizations::insert(&tx, organization, &name, ann.user, NOW).await.unwrap();
        invitations::insert(&tx, NOW, &new).await.unwrap();
        sessions::insert(&tx, &session).await.unwrap();
        sessions::add_token(&tx, session.id, [2; 32], NOW, NOW).await.unwrap();
        once::claim(&tx, ann.user, &once_only, Uuid::nil(), NOW).await.unwrap();
        tx.commit().await.unwrap();
        let rows = async || {
            let sessions = sessions::list(metadata, ann.user, NOW).await.unwrap().len();
            let invitation = invitations::find(metadata, new.id).await.unwrap();
            let tx = metadata.begin().await.unwrap();
            let known = once::claim(&tx, ann.user, &once_only, Uuid::nil(), NOW).await.unwrap();
            (sessions, usize::from(invitation.is_some()), usize::from(known.is_some()))
        };
        for (days, left) in [(0, (1, 1, 1)), (2, (1, 1, 0)), (3, (0, 1, 0)), (32, (0, 0, 0))] {
            assert!(!forget_expired(NOW.after(DAY * days), &house.backends).await.unwrap());
            assert_eq!(rows().await, left, "on day {days}");
        }
    }
}
