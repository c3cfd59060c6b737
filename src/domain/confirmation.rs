//! What somebody is sent by e-mail, to show that they got it.

use crate::{Email, UserId};

/// What is shown by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ConfirmationKind {
    /// That who signed up reads what is sent to the address they gave.
    SignUp,
    /// That who wants another address reads what is sent to it.
    ChangeEmail,
    /// That who has forgotten a password reads what is sent to the account's address.
    ResetPassword,
}

impl ConfirmationKind {
    /// As rows write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SignUp => "sign_up",
            Self::ChangeEmail => "change_email",
            Self::ResetPassword => "reset_password",
        }
    }
}

/// What was shown by a token that somebody came with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirmation {
    /// Who was sent it.
    pub user: UserId,
    /// Where to.
    pub email: Email,
}
