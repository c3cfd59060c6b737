//! A running product for each test, and a client that says exactly what it is told to say.

mod accounts;
mod api;
mod certificate;
pub mod database;
mod drive;
pub mod ground;
mod house;
mod machine;
mod mail_server;
mod pooler;
mod postgres_server;
mod postgres_wire;
mod program;
mod redis_server;
mod wire;

pub use accounts::{set_active, set_email, set_quota};
pub use api::Api;
pub use certificate::Certificate;
pub use drive::Drive;
pub use house::{TestHouse, settled};
pub use machine::{Machine, Outcome, Server, get, labelled, read};
pub use mail_server::{Encryption, MailServer, Manner};
pub use pooler::Pooler;
pub use postgres_server::PostgresServer;
pub use postgres_wire::PostgresWire;
pub use program::Program;
pub use redis_server::RedisServer;
pub use wire::{Answer, Wire};

/// Waits for a state that comes by itself, for half a minute at most.
#[track_caller]
pub fn wait_until(what: &str, holds: impl Fn() -> bool) {
    for _ in 0..3000 {
        if holds() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    panic!("it never came to be that {what}");
}
