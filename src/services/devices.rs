//! The devices that somebody uses, as an operator sees them; whether one more is let in is judged in [`auth`](crate::auth).

use domain::{Result, UserName};
use metadata::users;

use crate::Backends;

pub use coordination::Device;

/// The devices of a user, the one that was idle for longest first.
///
/// # Errors
/// [`NotFound`](domain::Error::NotFound) when nobody has this name, [`Unavailable`](domain::Error::Unavailable) when the
/// state that servers share cannot be read.
pub async fn list(backends: &Backends, user: &UserName) -> Result<Vec<Device>> {
    let owner = users::get(&backends.metadata, user).await?;
    backends.coordination.devices(owner.id).await
}

/// Forgets the devices of a user, or those that use the app password of this name, so that others have room; says how many
/// there were. One that goes on asks for room again.
///
/// # Errors
/// As for [`list`].
pub async fn forget(backends: &Backends, user: &UserName, app_password: Option<&str>) -> Result<usize> {
    let owner = users::get(&backends.metadata, user).await?;
    let is_meant = |device: &Device| app_password.is_none_or(|name| device.name == name);
    backends.coordination.forget_devices(owner.id, is_meant).await
}
