//! Where the drive is, as the settings mean it.

use std::fs;

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

/// The scheme, host and port of an address, with no slash at the end.
pub(super) fn origin(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("https", url));
    format!("{scheme}://{}", rest.split(['/', '?', '#']).next().unwrap_or_default())
}

/// What this server is called among those of one house: as the settings say, or by its machine and port.
pub(super) fn server_name(config: &Config) -> String {
    if !config.server.name.is_empty() {
        return config.server.name.clone();
    }
    // proc(5); a system without it is known by its address.
    match fs::read_to_string("/proc/sys/kernel/hostname") {
        Ok(host) => format!("{}:{}", host.trim(), config.server.listen.port()),
        Err(_) => config.server.listen.to_string(),
    }
}
