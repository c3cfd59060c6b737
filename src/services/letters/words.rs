//! The words of each letter.

use std::time::Duration;

use chrono::DateTime;
use domain::{OrganizationRole, Timestamp};

use super::Template;

/// Of what people have typed, a letter shows so much.
const TYPED_CHARS_MAX: usize = 80;

/// What a letter says, in the order in which it says it.
#[derive(Default)]
pub(super) struct Words {
    pub(super) subject: String,
    pub(super) greeting: String,
    pub(super) before: Vec<String>,
    pub(super) link: Option<Link>,
    pub(super) after: Vec<String>,
}

/// Where a letter leads.
pub(super) struct Link {
    pub(super) label: &'static str,
    pub(super) address: String,
    pub(super) code: String,
}

impl Words {
    pub(super) fn of(template: &Template<'_>, origin: &str) -> Self {
        let link = |label, page: &str, token: &str| {
            Some(Link { label, address: format!("{origin}/{page}?token={token}"), code: token.to_owned() })
        };
        let words = match *template {
            Template::VerifyEmail { name, token, valid } => Self {
                subject: "Please confirm your e-mail address".into(),
                greeting: hello(name),
                before: vec![format!(
                    "with this link you confirm that this address is yours. It works for {}.",
                    span(valid)
                )],
                link: link("Confirm this address", "account/verify", token),
                after: vec![UNASKED.into()],
            },
            Template::ResetPassword { name, token, valid } => Self {
                subject: "Set a new password".into(),
                greeting: hello(name),
                before: vec![format!(
                    "somebody, probably you, asked to set a new password for your account. This link does it once, within \
                     {}.",
                    span(valid)
                )],
                link: link("Set a new password", "account/reset", token),
                after: vec!["If it was not you, do nothing: your password stays as it is.".into()],
            },
            Template::InviteToOrganization { organization, role, invited_by, token, valid } => Self {
                subject: format!(
                    "{} invites you to \u{201c}{}\u{201d}",
                    typed(invited_by),
                    typed(organization)
                ),
                greeting: "Hello,".into(),
                before: vec![format!(
                    "{} invites you to the organization \u{201c}{}\u{201d} on this file server, as {}. The invitation is open for {}.",
                    typed(invited_by),
                    typed(organization),
                    role_name(role),
                    span(valid)
                )],
                link: link("Accept the invitation", "account/invitation", token),
                after: vec![UNKNOWN.into()],
            },
            Template::InviteToAccount { invited_by, token, valid } => Self {
                subject: format!("{} invites you to an account", typed(invited_by)),
                greeting: "Hello,".into(),
                before: vec![format!(
                    "{} invites you to make an account on this file server. The invitation is open for {}.",
                    typed(invited_by),
                    span(valid)
                )],
                link: link("Make an account", "account/invitation", token),
                after: vec![UNKNOWN.into()],
            },
            _ => Self::without_link(template),
        };
        debug_assert!(!words.subject.contains(char::is_control));
        words
    }

    fn without_link(template: &Template<'_>) -> Self {
        let (subject, greeting, before) = match *template {
            Template::AccountApproved { name } => (
                "Your account is open",
                hello(name),
                vec!["an admin has let you in: you can log in now.".into()],
            ),
            Template::WaitingForApproval { name, email } => (
                "Somebody waits for an account",
                "Hello,".into(),
                vec![
                    format!("{} ({email}) has signed up and waits until an admin lets them in.", typed(name)),
                    "You get this mail because you are an admin of this file server.".into(),
                ],
            ),
            Template::AccountSuspended { name, locked_at, deleted_at } => {
                let mut says = vec![
                    "an admin has suspended your account. You can still read your files, but change nothing."
                        .into(),
                ];
                says.extend(locked_at.map(|at| format!("From {} on you cannot log in any more.", date(at))));
                says.extend(deleted_at.map(|at| {
                    format!("On {} the account and all its files are deleted for good.", date(at))
                }));
                says.push("Please copy what you need, and turn to an admin if you want to go on.".into());
                ("Your account is suspended", hello(name), says)
            }
            Template::AccountWillBeDeleted { name, deleted_at } => (
                "Your account will be deleted",
                hello(name),
                vec![
                    format!("on {} your account and all its files are deleted for good.", date(deleted_at)),
                    "Please copy what you need, and turn to an admin if you want to keep the account.".into(),
                ],
            ),
            _ => return Self::about_log_in(template),
        };
        Self { subject: subject.into(), greeting, before, ..Self::default() }
    }

    fn about_log_in(template: &Template<'_>) -> Self {
        let (subject, greeting, before) = match *template {
            Template::AddressChanged { name } => (
                "Your e-mail address was changed",
                hello(name),
                vec![
                    "your account has another e-mail address now, and mails no longer come to this one."
                        .into(),
                    "If that was not you, turn to an admin of this file server at once.".into(),
                ],
            ),
            Template::AddressInUse { name } => (
                "You have an account already",
                hello(name),
                vec![
                    "somebody, probably you, wanted to use this address for an account. It is that of your account \
                     already, and nothing was changed."
                        .into(),
                    "If it was you and you do not know your password any more, have a new one set. If it was not, do \
                     nothing."
                        .into(),
                ],
            ),
            Template::PasswordChanged { name } => (
                "Your password was changed",
                hello(name),
                vec![
                    "the password of your account was changed, and everybody who was logged in by it is logged out. App \
                     passwords go on."
                        .into(),
                    "If that was not you, have a new one set at once and turn to an admin of this file server.".into(),
                ],
            ),
            Template::SignUpRefused { name } => (
                "Your account is not opened",
                hello(name),
                vec!["an admin has not let you in.".into()],
            ),
            _ => (
                "A test mail",
                "Hello,".into(),
                vec!["this file server can send mails: this is one. Nothing is to be done.".into()],
            ),
        };
        Self { subject: subject.into(), greeting, before, ..Self::default() }
    }
}

const UNASKED: &str =
    "If you know nothing of this, do nothing: somebody has probably mistyped their address.";
const UNKNOWN: &str = "If you know nothing of this, do nothing, and no account is made.";

fn hello(name: &str) -> String {
    match typed(name).as_str() {
        "" => "Hello,".to_owned(),
        name => format!("Hello {name},"),
    }
}

/// What people have typed, on one line and not too long.
fn typed(text: &str) -> String {
    let words: Vec<&str> = text.split(|letter: char| letter.is_control() || letter.is_whitespace()).collect();
    let line = words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    match line.chars().count() > TYPED_CHARS_MAX {
        true => line.chars().take(TYPED_CHARS_MAX - 1).chain(['\u{2026}']).collect(),
        false => line,
    }
}

fn role_name(role: OrganizationRole) -> &'static str {
    match role {
        OrganizationRole::Viewer => "a viewer",
        OrganizationRole::Member => "a member",
        OrganizationRole::Admin => "an admin",
        OrganizationRole::Owner => "an owner",
    }
}

fn span(duration: Duration) -> String {
    let minutes = duration.as_secs() / 60;
    let (count, unit) = match minutes {
        0..120 => (minutes, "minute"),
        120..2880 => (minutes / 60, "hour"),
        _ => (minutes / 1440, "day"),
    };
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{plural}")
}

fn date(moment: Timestamp) -> String {
    DateTime::from_timestamp_millis(moment.millis())
        .map_or_else(|| "a later day".to_owned(), |moment| moment.format("%-d %B %Y").to_string())
}
