//! Where the drive is, as the settings mean it.

use web::{Address, Drive};

use super::DRIVE;
use crate::config::Config;

/// The drive's address as people reach it: the public one, the drive's own, or `/dav/` on the server's.
pub fn drive_address(config: &Config) -> Address {
    match (&config.public_url, config.webdav.listen) {
        (Some(url), _) => Address::parse(url),
        (None, Some(own)) => Address::listening(own, "/", config.tls.is_on()),
        (None, None) => Address::listening(config.server.listen, &format!("{DRIVE}/"), config.tls.is_on()),
    }
}

/// The same for the page, whose visitors know this machine by names that the settings do not.
pub(super) fn drive_of_the_page(config: &Config) -> Drive {
    let address = drive_address(config);
    match (&config.public_url, config.webdav.listen) {
        (Some(_), _) => Drive::At(address),
        (None, None) => Drive::BesideThePage(address),
        (None, Some(own)) if own.ip().is_unspecified() || own.ip() == config.server.listen.ip() => {
            Drive::OnAPortOfItsOwn(address)
        }
        // Whoever reaches the page need not reach the drive's own address by the same name.
        (None, Some(_)) => Drive::At(address),
    }
}
