//! The devices that somebody uses at the same time, and which of them makes room for another one.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use domain::{AppPasswordId, Timestamp, UserId};
use parking_lot::Mutex;

/// How long a device is known after its last request, however many there may be.
pub(crate) const KNOWN_FOR: Duration = Duration::from_secs(24 * 3600);

/// So many people's devices are known in one process; past that, all of them are forgotten and known again with their
/// next request.
const PEOPLE_MAX: usize = 10_000;

/// What can be told apart of what somebody uses: the app password and the program it is used by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// The app password.
    pub app_password: AppPasswordId,
    /// What its owner calls the app password.
    pub name: String,
    /// The name of the program, without its version; empty when it gives none.
    pub product: String,
    /// Where its last request came from.
    pub address: IpAddr,
    /// When that was, to within a few seconds.
    pub seen_at: Timestamp,
}

/// How many there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeviceLimits {
    /// At the same time.
    pub count_max: usize,
    /// One that has been idle for this long makes room for another.
    pub idle: Duration,
}

impl Device {
    fn is(&self, other: &Self) -> bool {
        self.app_password == other.app_password && self.product == other.product
    }
}

/// The devices of everybody, in memory.
#[derive(Default)]
pub(crate) struct Devices(Mutex<HashMap<UserId, Vec<Device>>>);

impl Devices {
    pub(crate) fn admit(
        &self,
        user: UserId,
        device: Device,
        limits: DeviceLimits,
    ) -> Result<(), Vec<Device>> {
        let mut everybody = self.0.lock();
        if everybody.len() >= PEOPLE_MAX && !everybody.contains_key(&user) {
            everybody.clear();
        }
        admit(everybody.entry(user).or_default(), device, limits)
    }

    pub(crate) fn list(&self, user: UserId) -> Vec<Device> {
        self.0.lock().get(&user).cloned().unwrap_or_default()
    }

    pub(crate) fn forget(&self, user: UserId, which: impl Fn(&Device) -> bool) -> usize {
        let mut everybody = self.0.lock();
        let Some(known) = everybody.get_mut(&user) else { return 0 };
        let before = known.len();
        known.retain(|device| !which(device));
        before - known.len()
    }
}

/// What `ADMIT` in redis/scripts.rs does, too.
fn admit(known: &mut Vec<Device>, device: Device, limits: DeviceLimits) -> Result<(), Vec<Device>> {
    let now = device.seen_at;
    known.retain(|other| now.millis().abs_diff(other.seen_at.millis()) <= KNOWN_FOR.as_millis() as u64);
    if let Some(same) = known.iter_mut().find(|other| other.is(&device)) {
        *same = device;
        return Ok(());
    }
    known.sort_by_key(|other| other.seen_at);
    let surplus = (known.len() + 1).saturating_sub(limits.count_max);
    // The one of them that was seen last decides whether all of them have been idle for long enough.
    if let Some(last) = surplus.checked_sub(1).and_then(|index| known.get(index))
        && last.seen_at.until(now) < limits.idle
    {
        return Err(known.clone());
    }
    known.drain(..surplus.min(known.len()));
    known.push(device);
    Ok(())
}
