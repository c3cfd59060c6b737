//! People with an account.

mod by;
mod change;
mod export;
mod life_cycle;
mod look;
mod purge;
#[cfg(test)]
mod tests;

use domain::{
    Action, Caller, Door, Event, Powers, RequestId, Result, Role, SpaceId, Timestamp, User, UserId, UserName,
};
use metadata::{again, confirmations, sessions, users};
use uuid::Uuid;

use crate::Backends;
use crate::steps::hash_new;
pub use crate::steps::made_up_password;
use crate::steps::record_here;
pub use by::By;
pub use change::{UserChange, activate, change, create_by, deactivate, resume, suspend};
pub use export::{Export, export};
pub use life_cycle::{end_suspensions, end_unconfirmed};
pub use look::{UserOrder, UserQuery, get, page};
pub use purge::{PURGE, delete, delete_own, purge_batch, receipt};

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
    let new = row(backends, new).await?;
    again(|| async {
        let tx = backends.metadata.begin().await?;
        let user = users::insert(&tx, now, new.clone()).await?;
        let made = Event::nameless(Action::CreateUser, "user", user.id.0).detailed(user.role.as_str());
        record_here(&tx, now, Door::Command, made).await?;
        tx.commit().await?;
        Ok(user)
    })
    .await
}

/// What a row is made of.
async fn row(backends: &Backends, new: NewUser) -> Result<users::NewUser> {
    let password_hash = match &new.password {
        Some(password) => Some(hash_new(backends, password, &new.name).await?),
        None => None,
    };
    Ok(users::NewUser {
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
    })
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

/// Gives a user another account password, by whoever sits at the server. All their sessions end, since they may not have
/// been theirs, and links that would change the account work no longer; app passwords stay as they are.
///
/// # Errors
/// [`Invalid`](Error::Invalid) for one that is too short, [`NotFound`](Error::NotFound) when nobody has
/// this name.
pub async fn set_password(
    now: Timestamp,
    backends: &Backends,
    name: &UserName,
    password: &str,
) -> Result<()> {
    let hash = hash_new(backends, password, name).await?;
    again(|| async {
        let tx = backends.metadata.begin().await?;
        let user = users::get(&tx, name).await?;
        users::set_password(&tx, user.id, hash.clone()).await?;
        sessions::revoke_all(&tx, user.id, None, now).await?;
        confirmations::void_changes(&tx, user.id).await?;
        record_here(&tx, now, Door::Command, Event::nameless(Action::SetPassword, "user", user.id.0)).await?;
        tx.commit().await
    })
    .await
}
