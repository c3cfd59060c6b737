//! Locks as answers show them (RFC 4918 §14.1, §15.8).

use std::fmt::Write as _;

use domain::{Lock, LockDepth, LockScope, Timestamp};

/// Appends a `DAV:activelock`; `href` is the percent-encoded path of the node the lock lies on.
pub fn push_active_lock(out: &mut String, lock: &Lock, href: &str, now: Timestamp) {
    let scope = match lock.scope {
        LockScope::Exclusive => "<D:exclusive/>",
        LockScope::Shared => "<D:shared/>",
    };
    let depth = match lock.depth {
        LockDepth::Zero => "0",
        LockDepth::Infinity => "infinity",
    };
    // A String takes everything that is written to it.
    let _ = write!(
        out,
        "<D:activelock><D:lockscope>{scope}</D:lockscope><D:locktype><D:write/></D:locktype>\
         <D:depth>{depth}</D:depth>{owner}<D:timeout>Second-{seconds}</D:timeout>\
         <D:locktoken><D:href>{token}</D:href></D:locktoken>\
         <D:lockroot><D:href>{href}</D:href></D:lockroot></D:activelock>",
        owner = lock.owner_xml,
        seconds = now.until(lock.expires_at).as_secs(),
        token = lock.token,
    );
}

/// The body of an answer to LOCK (§9.10.1).
pub fn lock_body(lock: &Lock, href: &str, now: Timestamp) -> String {
    let mut out =
        String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?><D:prop xmlns:D=\"DAV:\"><D:lockdiscovery>");
    push_active_lock(&mut out, lock, href, now);
    out.push_str("</D:lockdiscovery></D:prop>");
    out
}
