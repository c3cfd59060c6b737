//! Who comes without a session, and shows who they are by something else.

use domain::{Caller, Door, Error, Powers, Result, User};
use metadata::{Db, users};

use crate::auth::sessions::Visit;

/// The longest name that people are called by.
const DISPLAY_NAME_CHARS_MAX: usize = 128;

/// The name that somebody wants to be called by; an empty one for that they log in with.
///
/// # Errors
/// [`Invalid`](Error::Invalid) for one that is too long, or more than a line.
pub(crate) fn display_name(typed: &str) -> Result<String> {
    let name = typed.trim();
    if name.chars().count() > DISPLAY_NAME_CHARS_MAX || name.contains(char::is_control) {
        let text = format!("A display name has at most {DISPLAY_NAME_CHARS_MAX} characters on one line.");
        return Err(Error::Invalid(text.into()));
    }
    Ok(name.to_owned())
}

/// Somebody who has just signed up, or followed a link that was sent to them.
///
/// # Errors
/// Whatever the database says.
pub(crate) async fn newcomer(db: &impl Db, visit: &Visit<'_>, user: &User) -> Result<Caller> {
    Ok(Caller {
        user: user.id,
        name: user.name.clone(),
        role: user.role,
        home: users::home(db, user.id).await?,
        powers: Powers::Full,
        session: None,
        now: visit.now,
        request: visit.request,
        door: Door::Rest,
        address: Some(visit.address),
        once: None,
    })
}
