//! What is left of an account that was deleted: a receipt.

use uuid::Uuid;

use crate::{Timestamp, UserId};

/// The identity of a receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ReceiptId(pub Uuid);

/// That somebody's account, with everything in it, is being purged or was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Which one.
    pub id: ReceiptId,
    /// Whose account; nobody has this identity any more once it is done.
    pub user: UserId,
    /// Who asked for it; none where it was the command line, or the end of a suspension.
    pub by: Option<UserId>,
    /// When.
    pub asked_at: Timestamp,
    /// When nothing was left.
    pub done_at: Option<Timestamp>,
    /// How many files of their own drive were purged so far, those in the trash too.
    pub files: u64,
    /// How many bytes those took of quotas, with their earlier contents.
    pub bytes: u64,
}
