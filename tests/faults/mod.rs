//! What goes wrong around the house: disks, databases, connections and the process itself. Nothing half-done
//! remains, and the house lives on.

mod broken_uploads;
pub mod clock;
mod database;
mod full_backups;
mod full_disk;
mod hang_up;
mod jobs;
mod lost_bytes;
mod power_loss;
mod redis;
mod reservations;
mod self_check;
mod store;

use std::path::Path;

use larder::config::{Config, Sources};
use metadata::blobs::State;

use crate::support::{TestHouse, Wire, ground, wait_until};

/// A request of the user's as it goes over the wire, without its body.
fn head(house: &TestHouse, method: &str, path: &str, headers: &[(&str, &str)]) -> String {
    let authorization = house.authorization();
    let mut head =
        format!("{method} /dav{path} HTTP/1.1\r\nHost: larder\r\nAuthorization: {authorization}\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head + "\r\n"
}

/// Sends this over a connection of its own, which stays open.
fn sent(house: &TestHouse, bytes: impl AsRef<[u8]>) -> Wire {
    let mut wire = house.wire();
    wire.send(bytes);
    wire
}

/// Waits until this many uploads are being received; one is as long as it is registered and not yet live.
fn wait_for_uploads(house: &TestHouse, count: usize) {
    let are_there = || house.blobs(State::Pending).len() == count;
    wait_until(&format!("{count} uploads are under way"), are_there);
}

/// The settings of a house on this folder.
pub fn config(folder: &Path) -> Config {
    let mut settings = ground::settings(folder);
    settings.push(("data_folder".to_owned(), folder.to_str().unwrap().to_owned()));
    let command_line = settings.into_iter().map(|(key, value)| ("test".to_owned(), key, value)).collect();
    Config::load(&Sources { file: None, environment: Vec::new(), command_line }).unwrap().0
}

/// Bytes of which no long part repeats, so that a lost or swapped block shows.
pub fn varied_bytes(seed: u64, length: usize) -> Vec<u8> {
    let mixed = |n: u64| n.wrapping_add(seed << 32).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56;
    (0..length as u64).map(|n| mixed(n) as u8).collect()
}
