//! App passwords: made, listed and revoked, each by itself.

use domain::{AppPassword, AppPasswordId, Error, Result, Timestamp, UserName};
use metadata::app_passwords::{self, NewAppPassword};
use metadata::users;
use uuid::Uuid;

use crate::Backends;
use crate::auth::secret::AppSecret;

const NAME_CHARS_MAX: usize = 64;

/// Among 2^25 lookup parts a user's next one is free at the first try; at the fifth something is broken.
const LOOKUPS_TRIED_MAX: usize = 5;

/// A new app password, the only time it can be read.
pub struct Issued {
    /// What is kept of it.
    pub app_password: AppPassword,
    /// The password itself.
    pub secret: String,
}

/// Makes an app password for a user.
///
/// # Errors
/// [`NotFound`](Error::NotFound) when nobody has this name, [`Invalid`](Error::Invalid) for an empty or overlong
/// name of the app password, or an end that has passed.
pub async fn create(
    now: Timestamp,
    backends: &Backends,
    user: &UserName,
    name: &str,
    expires_at: Option<Timestamp>,
) -> Result<Issued> {
    let name = valid_name(name)?;
    if expires_at.is_some_and(|end| end <= now) {
        return Err(Error::Invalid("This app password would have expired already; choose a later end.".into()));
    }
    let mut secret = AppSecret::generate();
    let hash = backends.memory.hashing.hash(secret.secret()).await?;
    let tx = backends.metadata.begin().await?;
    let owner = users::get(&tx, user).await?;
    for _ in 0..LOOKUPS_TRIED_MAX {
        let new = NewAppPassword {
            id: AppPasswordId(Uuid::new_v4()),
            user: owner.id,
            name,
            lookup: secret.lookup(),
            secret_hash: &hash,
            expires_at,
        };
        if let Some(app_password) = app_passwords::insert(&tx, now, new).await? {
            tx.commit().await?;
            return Ok(Issued { app_password, secret: secret.text() });
        }
        secret = secret.with_other_lookup();
    }
    Err(Error::internal("no free lookup part was found for an app password"))
}

/// All of a user's, revoked and expired ones too, oldest first.
///
/// # Errors
/// [`NotFound`](Error::NotFound) when nobody has this name.
pub async fn list(backends: &Backends, user: &UserName) -> Result<Vec<AppPassword>> {
    let owner = users::get(&backends.metadata, user).await?;
    app_passwords::list(&backends.metadata, owner.id).await
}

/// Ends an app password, known by its id or, among those that still open the door, by its name. It opens
/// nothing from the next request on.
///
/// # Errors
/// [`NotFound`](Error::NotFound) when the user or the app password is not there, [`Invalid`](Error::Invalid)
/// when several have the name.
pub async fn revoke(now: Timestamp, backends: &Backends, user: &UserName, which: &str) -> Result<AppPassword> {
    let tx = backends.metadata.begin().await?;
    let owner = users::get(&tx, user).await?;
    let app_password = pick(app_passwords::list(&tx, owner.id).await?, which, now)?;
    app_passwords::revoke(&tx, app_password.id, now).await?;
    tx.commit().await?;
    Ok(AppPassword { revoked_at: app_password.revoked_at.or(Some(now)), ..app_password })
}

fn pick(all: Vec<AppPassword>, which: &str, now: Timestamp) -> Result<AppPassword> {
    let id = Uuid::try_parse(which).ok().map(AppPasswordId);
    if let Some(known) = all.iter().find(|known| Some(known.id) == id) {
        return Ok(known.clone());
    }
    let mut named = all.into_iter().filter(|known| known.name == which.trim() && known.is_active(now));
    match (named.next(), named.next()) {
        (Some(one), None) => Ok(one),
        (Some(_), Some(_)) => {
            let text = format!("Several active app passwords are named `{which}`; give the id of one.");
            Err(Error::Invalid(text.into()))
        }
        (None, _) => {
            Err(Error::NotFound(format!("There is no active app password named `{which}`.").into()))
        }
    }
}

fn valid_name(name: &str) -> Result<&str> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > NAME_CHARS_MAX || name.contains(char::is_control) {
        let text = format!("The name of an app password has 1 to {NAME_CHARS_MAX} characters on one line.");
        return Err(Error::Invalid(text.into()));
    }
    Ok(name)
}
