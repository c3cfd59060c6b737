//! Hashing an account password that somebody chooses.

use domain::{Code, Error, Message, Result, UserName};

use crate::Backends;

/// Shorter account passwords are guessed, whatever the settings say (NIST SP 800-63B §5.1.1.2).
const CHARS_MIN: usize = 8;

/// More than anybody types or pastes; hashing more would be work for nothing.
const CHARS_MAX: usize = 1024;

/// Hashes an account password for who has this name; never inside of a transaction.
///
/// # Errors
/// [`Invalid`](Error::Invalid) for one that is too short or too long, or is the name.
pub(crate) async fn hash_new(backends: &Backends, password: &str, name: &UserName) -> Result<String> {
    let chars_min = backends.accounts.password_chars_min.max(CHARS_MIN);
    let chars = password.chars().count();
    if chars > CHARS_MAX {
        return Err(unfit(format!("This password is too long; take at most {CHARS_MAX} characters.")));
    }
    if chars < chars_min {
        return Err(unfit(format!("This password is too short; take at least {chars_min} characters.")));
    }
    if password.to_lowercase() == name.as_str() {
        return Err(unfit("The password must not be the user name; take another one.".to_owned()));
    }
    backends.hashing.hash(password).await
}

fn unfit(sentence: String) -> Error {
    Error::Invalid(Message::coded(Code::PasswordUnfit, sentence))
}
