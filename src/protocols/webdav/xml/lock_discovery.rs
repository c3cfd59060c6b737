//! Locks as answers show them (RFC 4918 §14.1, §15.8).

use domain::{Lock, LockDepth, LockScope, Timestamp};

use super::writer::Writer;
use crate::client::Client;

/// Appends a `DAV:activelock`; `href` is the percent-encoded path of the node the lock lies on.
pub fn push_active_lock(out: &mut Writer, lock: &Lock, href: &str, now: Timestamp) {
    out.open("activelock");
    push_kind(
        out,
        match lock.scope {
            LockScope::Exclusive => "exclusive",
            LockScope::Shared => "shared",
        },
    );
    out.leaf(
        "depth",
        match lock.depth {
            LockDepth::Zero => "0",
            LockDepth::Infinity => "infinity",
        },
    );
    out.raw().push_str(&lock.owner_xml);
    out.leaf("timeout", &format!("Second-{}", now.until(lock.expires_at).as_secs()));
    for (local, inner) in [("locktoken", lock.token.to_string().as_str()), ("lockroot", href)] {
        out.open(local);
        out.leaf("href", inner);
        out.close(local);
    }
    out.close("activelock");
}

/// Appends the scope and type of a write lock.
pub fn push_kind(out: &mut Writer, scope: &str) {
    for (local, inner) in [("lockscope", scope), ("locktype", "write")] {
        out.open(local);
        out.empty(inner);
        out.close(local);
    }
}

/// The body of an answer to LOCK (§9.10.1).
pub fn lock_body(client: Client, lock: &Lock, href: &str, now: Timestamp) -> String {
    let mut out = Writer::begin(client, "prop", &[]);
    out.open("lockdiscovery");
    push_active_lock(&mut out, lock, href, now);
    out.close("lockdiscovery");
    out.end("prop")
}
