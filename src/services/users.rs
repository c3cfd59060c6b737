//! People with an account.

use domain::{
    Action, Caller, Door, Event, Powers, RequestId, Result, Role, SpaceId, Timestamp, User, UserId, UserName,
};
use metadata::{Tx, again, users};
use uuid::Uuid;

use crate::Backends;
use crate::steps::hash_new;
pub use crate::steps::made_up_password;
use crate::steps::record_here;

/// Who is to get an account.
pub struct NewUser {
    /// What they will log in with.
    pub name: UserName,
    /// What they will be.
    pub role: Role,
    /// The account password, if they are to have one; it never opens WebDAV.
    pub password: Option<String>,
    /// What their personal space may hold in bytes; none for no limit.
    pub quota_bytes: Option<u64>,
}

/// Makes a user with an empty personal space.
///
/// # Errors
/// [`Exists`](Error::Exists) when the name is taken, [`Invalid`](Error::Invalid) for a password that is too
/// short.
pub async fn create(now: Timestamp, backends: &Backends, new: NewUser) -> Result<User> {
    let password_hash = match &new.password {
        Some(password) => Some(hash_new(backends, password, &new.name).await?),
        None => None,
    };
    let new = users::NewUser {
        id: UserId(Uuid::new_v4()),
        name: new.name,
        display_name: String::new(),
        role: new.role,
        confirmed: true,
        approved: true,
        password_hash,
        space: SpaceId(Uuid::new_v4()),
        root_uuid: Uuid::new_v4(),
        quota_bytes: new.quota_bytes,
    };
    again(|| async {
        let tx = backends.metadata.begin().await?;
        let user = users::insert(&tx, now, new.clone()).await?;
        let made = Event::new(Action::CreateUser, "user", user.id.0, user.name.as_str());
        record_here(&tx, now, Door::Command, made).await?;
        tx.commit().await?;
        Ok(user)
    })
    .await
}

/// Everybody, in the order of their names.
///
/// # Errors
/// Whatever the database says.
pub async fn list(backends: &Backends) -> Result<Vec<User>> {
    users::list(&backends.metadata).await
}

/// A user as the one who does what a command is told to do in their drive.
///
/// # Errors
/// [`NotFound`](Error::NotFound) when nobody has this name.
pub async fn caller(now: Timestamp, backends: &Backends, name: &UserName) -> Result<Caller> {
    let user = users::get(&backends.metadata, name).await?;
    let home = users::home(&backends.metadata, user.id).await?;
    let (request, door) = (RequestId(Uuid::new_v4()), Door::Command);
    Ok(Caller {
        user: user.id,
        name: user.name,
        role: user.role,
        home,
        powers: Powers::Full,
        session: None,
        now,
        request,
        door,
        address: None,
        once: None,
    })
}

/// Lets a user in or keeps them out, from their next request on.
///
/// # Errors
/// [`NotFound`](Error::NotFound) when nobody has this name.
pub async fn set_active(backends: &Backends, name: &UserName, active: bool) -> Result<User> {
    let user = again(|| async {
        let tx = backends.metadata.begin().await?;
        users::set_active(&tx, users::get(&tx, name).await?.id, active).await?;
        changed(tx, name).await
    })
    .await?;
    backends.coordination.announce_revocation().await;
    Ok(user)
}

/// Sets what the personal space of a user may hold, in bytes; none for no limit. What is there already stays,
/// even if it is more.
///
/// # Errors
/// [`NotFound`](Error::NotFound) when nobody has this name.
pub async fn set_quota(backends: &Backends, name: &UserName, quota_bytes: Option<u64>) -> Result<User> {
    again(|| async {
        let tx = backends.metadata.begin().await?;
        users::set_quota(&tx, users::get(&tx, name).await?.id, quota_bytes).await?;
        changed(tx, name).await
    })
    .await
}

/// Gives a user another account password. Their app passwords stay as they are.
///
/// # Errors
/// [`Invalid`](Error::Invalid) for one that is too short, [`NotFound`](Error::NotFound) when nobody has
/// this name.
pub async fn set_password(backends: &Backends, name: &UserName, password: &str) -> Result<()> {
    let hash = hash_new(backends, password, name).await?;
    again(|| async {
        let tx = backends.metadata.begin().await?;
        users::set_password(&tx, users::get(&tx, name).await?.id, hash.clone()).await?;
        tx.commit().await
    })
    .await
}

async fn changed(tx: Tx, name: &UserName) -> Result<User> {
    let user = users::get(&tx, name).await?;
    tx.commit().await?;
    Ok(user)
}

#[cfg(test)]
mod tests {
    use domain::Error;

    use super::*;
    use crate::auth::tests::{House, NOW, ann};

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
        assert!(matches!(set_password(&house.backends, &bob, "seven77").await, Err(Error::Invalid(_))));
        set_password(&house.backends, &bob, "eight888").await.unwrap();
    }

    #[tokio::test]
    async fn a_quota_is_changed_and_lifted() {
        let (house, _) = House::with_ann().await;
        let user = set_quota(&house.backends, &ann(), Some(5)).await.unwrap();
        assert_eq!(user.quota.limit_bytes, Some(5));
        assert_eq!(set_quota(&house.backends, &ann(), None).await.unwrap().quota.limit_bytes, None);
        let too_large = set_quota(&house.backends, &ann(), Some(u64::MAX)).await;
        assert!(matches!(too_large, Err(Error::Invalid(_))), "{too_large:?}");
    }

    #[tokio::test]
    async fn nobody_is_changed_who_is_not_there() {
        let house = House::new().await;
        let result = set_active(&house.backends, &ann(), false).await;
        assert!(matches!(result, Err(Error::NotFound(_))), "{result:?}");
    }
}
