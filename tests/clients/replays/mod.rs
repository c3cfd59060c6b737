//! Replays of clients that cannot run here, or whose own tests would not show it: each sends what the real one sends,
//! reads the answers as it does, and leaves behind what it means to leave behind.
//!
//! The lines come from recorded traffic and from the clients' own sources. What they have in common stands in
//! `script` (how to say it), `judge` (what must hold of every answer), `readers` (what each client sees in a
//! listing) and `state` (what the house holds afterwards).

mod android;
mod cyberduck;
mod davfs2;
mod finder;
mod finder_edits;
mod gnome;
mod ios;
mod kde;
mod office;
mod rclone;
mod transmit;
mod windows;
mod windows_edits;

mod judge;
mod readers;
mod script;
mod state;
mod xml;

use crate::support::TestHouse;

/// A house in which Ann lives.
fn house() -> TestHouse {
    TestHouse::new().with_user("ann")
}

/// Ann's house with a limit.
fn house_with_quota(bytes: u64) -> TestHouse {
    TestHouse::new().with_user_and_quota("ann", Some(bytes))
}

/// Bytes of which no two stretches are alike.
fn varied(count: usize) -> Vec<u8> {
    (0..count).map(|at| (at * 7 + at / 251 + at / 65_521) as u8).collect()
}
