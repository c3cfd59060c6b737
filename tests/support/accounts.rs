//! Accounts as whoever sits at the server changes them.

use domain::{Door, Email, Result, Timestamp, UserId, UserName};
use services::Backends;
use services::users::{self, By, UserChange};

/// Keeps somebody out, or lets them in again.
pub async fn set_active(backends: &Backends, user: &str, active: bool) -> Result<()> {
    let id = identity(backends, user).await?;
    let changed = match active {
        true => users::activate(by(), backends, id, None).await,
        false => users::deactivate(by(), backends, id, None).await,
    };
    changed.map(drop)
}

/// Sets what somebody may store; none for no limit.
pub async fn set_quota(backends: &Backends, user: &str, quota_bytes: Option<u64>) -> Result<()> {
    let id = identity(backends, user).await?;
    let change = UserChange { quota_bytes: Some(quota_bytes), ..UserChange::default() };
    users::change(by(), backends, id, &change, None).await.map(drop)
}

/// Gives somebody an e-mail address that counts at once.
pub async fn set_email(backends: &Backends, user: &str, email: &str) -> Result<()> {
    let id = identity(backends, user).await?;
    let change = UserChange { email: Some(Some(Email::parse(email)?)), ..UserChange::default() };
    users::change(by(), backends, id, &change, None).await.map(drop)
}

async fn identity(backends: &Backends, user: &str) -> Result<UserId> {
    Ok(users::caller(Timestamp::now(), backends, &UserName::parse(user)?).await?.user)
}

fn by() -> By<'static> {
    By::House { now: Timestamp::now(), door: Door::Command }
}
