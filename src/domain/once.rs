//! A request that may come again because its answer was lost, and is to be carried out once
//! (draft-ietf-httpapi-idempotency-key-header).

/// The longest key a client may choose, in bytes.
pub const KEY_BYTES_MAX: usize = 200;

/// The key a client gave its request, and what the request was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Once {
    /// What the client calls it; it holds for its user alone.
    pub key: String,
    /// The SHA-256 of what was asked, which is kept nowhere as it is: another request under the same key is a mistake.
    pub fingerprint: [u8; 32],
}
