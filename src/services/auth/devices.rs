//! The devices that somebody uses at the same time: a new one may have to wait until another one rests.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use coordination::{Device, DeviceLimits};
use domain::{Error, Result, Timestamp};
use metadata::app_passwords::Access;

use super::Attempt;
use crate::Backends;

/// How exactly it is known when a device was last used: so often one of them asks the state that servers share.
const NOTE_EVERY: Duration = Duration::from_secs(5);

/// So many letters of a program's name tell it from others.
const PRODUCT_CHARS_MAX: usize = 32;

/// So many devices are named in a refusal: it has to fit what Finder reads of an answer.
const NAMED_MAX: usize = 10;

/// When a device was last noted, in milliseconds.
pub(super) struct Noted(AtomicI64);

/// Before every moment there is.
const NEVER: i64 = i64::MIN;

impl Default for Noted {
    fn default() -> Self {
        Self(AtomicI64::new(NEVER))
    }
}

impl Noted {
    /// Whether this request is the one that has to ask. Of those that come at once with a device that was let in before,
    /// one does.
    fn take_turn(&self, now: Timestamp) -> bool {
        let last = self.0.load(Ordering::SeqCst);
        if last == NEVER {
            return true;
        }
        let is_due = u128::from(now.millis().abs_diff(last)) >= NOTE_EVERY.as_millis();
        is_due && self.0.compare_exchange(last, now.millis(), Ordering::SeqCst, Ordering::SeqCst).is_ok()
    }

    fn set(&self, millis: i64) {
        self.0.store(millis, Ordering::SeqCst);
    }
}

/// Lets a device in.
///
/// # Errors
/// [`Forbidden`](Error::Forbidden), with the devices that are in use, when there are too many.
pub(super) async fn admit(backends: &Backends, attempt: &Attempt<'_>, access: &Access) -> Result<()> {
    let login = &backends.login;
    if login.devices_max == 0 {
        return Ok(());
    }
    let app_password = &access.app_password;
    let product: String = attempt.product.chars().take(PRODUCT_CHARS_MAX).collect();
    let noted = backends.memory.device(app_password.id, &product).await;
    if !noted.take_turn(attempt.now) {
        return Ok(());
    }
    let device = Device {
        app_password: app_password.id,
        name: app_password.name.clone(),
        product,
        address: attempt.address,
        seen_at: attempt.now,
    };
    let limits = DeviceLimits {
        count_max: login.devices_max as usize,
        idle: Duration::from_secs(login.device_idle_minutes.saturating_mul(60)),
    };
    match backends.coordination.admit_device(app_password.user, device, limits).await {
        Ok(()) => {
            noted.set(attempt.now.millis());
            Ok(())
        }
        Err(others) => {
            noted.set(NEVER);
            Err(refused(&others, login.device_idle_minutes, attempt.now))
        }
    }
}

fn refused(others: &[Device], idle_minutes: u64, now: Timestamp) -> Error {
    let named: Vec<String> =
        others.iter().rev().take(NAMED_MAX).map(|device| described(device, now)).collect();
    let more = match others.len().saturating_sub(NAMED_MAX) {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    let text = format!(
        "Your devices are all in use: {}{more}. Disconnect one of them and try again {idle_minutes} minutes later, or \
         ask whoever runs the server to forget one.",
        named.join(", ")
    );
    Error::Forbidden(text.into())
}

fn described(device: &Device, now: Timestamp) -> String {
    let product = match device.product.as_str() {
        "" => "no name",
        product => product,
    };
    let ago = match device.seen_at.until(now).as_secs() / 60 {
        0 => "just now".to_owned(),
        1 => "a minute ago".to_owned(),
        minutes => format!("{minutes} minutes ago"),
    };
    format!("\u{201c}{}\u{201d} ({product}) at {}, {ago}", device.name, device.address)
}
