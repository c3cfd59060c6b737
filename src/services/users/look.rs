//! Accounts as admins see them.

use domain::{Caller, Error, Page, Result, User, UserId};
use metadata::{Db, users};

use crate::Backends;
pub use metadata::users::{UserOrder, UserQuery};

/// A page of the accounts of the house; those that are being purged are in none.
///
/// # Errors
/// [`Forbidden`](Error::Forbidden) for whoever is no admin; [`Invalid`](Error::Invalid) for a cursor of another order.
pub async fn page(caller: &Caller, backends: &Backends, query: &UserQuery) -> Result<Page<User>> {
    caller.is_admin()?;
    users::page(&backends.metadata, query).await
}

/// One account.
///
/// # Errors
/// [`Forbidden`](Error::Forbidden) for whoever is no admin; [`NotFound`](Error::NotFound).
pub async fn get(caller: &Caller, backends: &Backends, id: UserId) -> Result<User> {
    caller.is_admin()?;
    by_id(&backends.metadata, id).await
}

pub(super) async fn by_id(db: &impl Db, id: UserId) -> Result<User> {
    let nobody = || Error::NotFound("There is no such user.".into());
    users::by_id(db, id).await?.ok_or_else(nobody)
}
