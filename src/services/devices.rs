//! The devices that somebody uses, as an operator sees them; whether one more is let in is judged in [`auth`](crate::auth).

use domain::{Caller, Error, Result, UserName};
use metadata::users;
use sha2::{Digest, Sha256};

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

/// What a device is known by among those of its user.
pub fn id(device: &Device) -> String {
    let mut digest = Sha256::new_with_prefix(device.app_password.0.as_bytes());
    digest.update(&device.product);
    digest.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// The devices of the caller, the one that was idle for longest first.
///
/// # Errors
/// [`Forbidden`](Error::Forbidden) for who came with an app password; as for [`list`] otherwise.
pub async fn list_own(caller: &Caller, backends: &Backends) -> Result<Vec<Device>> {
    caller.may_see()?;
    backends.coordination.devices(caller.user).await
}

/// Forgets a device of the caller, so that another one has room. One that goes on asks for room again.
///
/// # Errors
/// As for [`list_own`]; [`NotFound`](Error::NotFound).
pub async fn forget_own(caller: &Caller, backends: &Backends, known_by: &str) -> Result<()> {
    caller.may_see()?;
    match backends.coordination.forget_devices(caller.user, |device| id(device) == known_by).await? {
        0 => Err(Error::NotFound("You have no such device.".into())),
        _ => Ok(()),
    }
}
