//! Troubles of logging in.

use super::super::exchange::{Exchange, Login};
use super::super::program::Kind;
use super::super::session::Session;
use super::{Advice, Scene, problem};

pub fn no_password(session: &Session, scene: &Scene) -> Option<Advice> {
    let is_without = |exchange: &&Exchange| exchange.login == Login::None;
    if !session.exchanges.iter().all(is_without) || !session.any(|exchange| exchange.status == Some(401)) {
        return None;
    }
    problem(match session.program.kind {
        Kind::Windows if !scene.address.starts_with("https:") => {
            "Windows was asked for a password and sent none: it sends passwords only over https until BasicAuthLevel \
             is 2. Run the lines under \"Windows Explorer\" above as administrator, which set it and restart WebClient, \
             and mount again; or put TLS before the server."
        }
        Kind::Windows => {
            "Windows was asked for a password and sent none. Remove what it has stored for this address in the \
             Credential Manager, mount again, and enter the user name and the app password."
        }
        Kind::Finder => {
            "Finder was asked for a password and sent none: choose Registered User, not Guest, and enter the user name \
             and the app password."
        }
        _ => {
            "It was asked for a password and sent none: enter the user name and the app password in its settings."
        }
    })
}

pub fn other_scheme(session: &Session, _: &Scene) -> Option<Advice> {
    let schemes = session.exchanges.iter().find_map(|exchange| match &exchange.login {
        Login::OtherScheme(scheme) => Some(scheme),
        _ => None,
    });
    let scheme = schemes?;
    problem(format!(
        "It tried to log in by {scheme}. Larder takes a user name and an app password by Basic: choose Basic, or \
         \"password\", as the kind of authentication, and no token, Digest or single sign-on."
    ))
}

/// Whether a log-in like this was refused, and none ever succeeded.
fn was_refused_as(session: &Session, login: &Login) -> bool {
    !session.came_in() && session.any(|exchange| exchange.login == *login && exchange.status == Some(401))
}

pub fn wrong_name(session: &Session, scene: &Scene) -> Option<Advice> {
    let user = scene.user;
    was_refused_as(session, &Login::WrongName).then_some(())?;
    problem(format!(
        "It logged in with another user name than `{user}`. Enter `{user}`; if the client never asks, remove the \
         password it has stored for this address (on Windows in the Credential Manager, on macOS in Passwords)."
    ))
}

pub fn wrong_password(session: &Session, _: &Scene) -> Option<Advice> {
    was_refused_as(session, &Login::WrongPassword).then_some(())?;
    problem(
        "It sent an app password, and not the one printed above: perhaps one of another server, or one it has stored. \
         Enter the one printed above; on a real server make a new one with `larder admin app-password create`.",
    )
}

pub fn no_app_password(session: &Session, _: &Scene) -> Option<Advice> {
    was_refused_as(session, &Login::NoAppPassword).then_some(())?;
    problem(
        "It sent something that is no app password, such as an account password, or an app password with a letter \
         missing. Only app passwords open the drive: enter the one printed above; on a real server make one with \
         `larder admin app-password create`.",
    )
}

pub fn too_many_failures(session: &Session, _: &Scene) -> Option<Advice> {
    session.first(|exchange| exchange.status == Some(429))?;
    problem(
        "So many wrong passwords came that further ones have to wait. Stop this and begin again with the right one; on a \
         real server wait, and look for a device that still has an old password.",
    )
}

#[cfg(test)]
mod tests {
    use super::super::super::samples::{FINDER, WINDOWS, answered, by, session};
    use super::super::tests::{about, assert_advised};
    use super::*;

    fn of_windows(exchange: Exchange) -> Exchange {
        by(WINDOWS.0, exchange)
    }

    #[test]
    fn windows_keeps_its_password_back_without_tls() {
        let stranger: Vec<_> = session(WINDOWS).into_iter().take(2).collect();
        assert_advised(&stranger, true, "BasicAuthLevel");
        let secure = about(&stranger, "https://files.example.org/dav/");
        assert!(secure[0].says.contains("Credential Manager"), "{secure:#?}");
    }

    #[test]
    fn a_guest_in_finder_is_told_how_to_come_in() {
        let guest: Vec<_> = session(FINDER).into_iter().take(2).collect();
        assert_advised(&guest, true, "Registered User");
    }

    #[test]
    fn every_way_to_log_in_wrongly_has_its_advice() {
        for (login, part) in [
            (Login::WrongName, "another user name than `larder`"),
            (Login::WrongPassword, "not the one printed above"),
            (Login::NoAppPassword, "account password"),
            (Login::OtherScheme("NTLM".into()), "log in by NTLM"),
        ] {
            let refused = of_windows(answered("PROPFIND", "/dav", 401)).saying(login.clone());
            assert_advised(std::slice::from_ref(&refused), true, part);
            let then_right = [refused, of_windows(answered("PROPFIND", "/dav", 207))];
            let advice = about(&then_right, "http://127.0.0.1:8080/dav/");
            let still_said = advice.iter().any(|advice| advice.says.contains(part));
            assert_eq!(still_said, matches!(login, Login::OtherScheme(_)), "{advice:#?}");
        }
        assert_advised(
            &[answered("PROPFIND", "/dav", 429).saying(Login::WrongPassword)],
            true,
            "have to wait",
        );
    }
}
