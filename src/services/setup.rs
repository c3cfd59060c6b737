//! The first start: somebody has to be able to come in.

use domain::{
    Action, AppPasswordId, Door, Error, Event, Result, Role, SpaceId, Timestamp, User, UserId, UserName,
};
use metadata::again;
use metadata::app_passwords::{self, NewAppPassword};
use metadata::users::{self, NewUser};
use uuid::Uuid;

use crate::Backends;
use crate::app_passwords::Issued;
use crate::steps::{AppSecret, made_up_password, record_here};

/// The first account, and what opens it; neither password can be read again.
pub struct Welcome {
    /// The user, an administrator.
    pub user: User,
    /// Their account password, which does not open WebDAV.
    pub password: String,
    /// Their first app password, which does.
    pub app_password: Issued,
}

/// Makes the first account, with an app password named `first`, in one transaction; nothing when there is any
/// account already.
///
/// # Errors
/// Whatever the database says.
pub async fn welcome(now: Timestamp, backends: &Backends, user_name: &UserName) -> Result<Option<Welcome>> {
    if users::any(&backends.metadata).await? {
        return Ok(None);
    }
    let password = made_up_password();
    let secret = AppSecret::generate();
    let hashing = &backends.hashing;
    let (password_hash, secret_hash) = (hashing.hash(&password).await?, hashing.hash(secret.secret()).await?);
    again(|| async {
        let tx = backends.metadata.begin().await?;
        // Two first starts at once would both have found nobody.
        users::wait_for_first(&tx).await?;
        if users::any(&tx).await? {
            return Ok(None);
        }
        let user = users::insert(&tx, now, first_user(backends, user_name, password_hash.clone())).await?;
        let made = Event::nameless(Action::CreateUser, "user", user.id.0).detailed(user.role.as_str());
        record_here(&tx, now, Door::Command, made).await?;
        let first = NewAppPassword {
            id: AppPasswordId(Uuid::new_v4()),
            user: user.id,
            name: "first",
            lookup: secret.lookup(),
            secret_hash: &secret_hash,
            expires_at: None,
            read_only: false,
        };
        let app_password = app_passwords::insert(&tx, now, first).await?;
        let app_password =
            app_password.ok_or_else(|| Error::internal("the first app password has a rival"))?;
        tx.commit().await?;
        Ok(Some(Welcome {
            user,
            password: password.clone(),
            app_password: Issued { app_password, secret: secret.text() },
        }))
    })
    .await
}

fn first_user(backends: &Backends, name: &UserName, password_hash: String) -> NewUser {
    let quota_bytes = backends.files.quota_bytes;
    NewUser {
        id: UserId(Uuid::new_v4()),
        name: name.clone(),
        display_name: String::new(),
        role: Role::Admin,
        confirmed: true,
        approved: true,
        password_hash: Some(password_hash),
        space: SpaceId(Uuid::new_v4()),
        root_uuid: Uuid::new_v4(),
        // 0 in the settings means no limit.
        quota_bytes: (quota_bytes > 0).then_some(quota_bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::tests::{House, NOW, ann};

    #[tokio::test]
    async fn the_first_start_makes_an_administrator_who_can_log_in_and_the_second_nobody() {
        let house = House::new().await;
        let first = welcome(NOW, &house.backends, &ann()).await.unwrap().unwrap();
        assert_eq!((first.user.role, first.user.quota.limit_bytes), (Role::Admin, Some(1000)));
        assert_eq!(house.ann_tries(&first.app_password.secret).await.unwrap().user, first.user.id);
        assert!(house.ann_tries(&first.password).await.is_err());
        assert!(welcome(NOW, &house.backends, &ann()).await.unwrap().is_none());
    }
}
