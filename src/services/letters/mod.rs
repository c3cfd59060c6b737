//! What is written to people by e-mail. A letter's words stand in one place, from which its text and its HTML are made.

mod words;

use std::time::Duration;

use askama::Template as _;
use domain::{Email, Error, Mail, MailId, OrganizationRole, Result, Timestamp};

use words::Words;

/// A letter to one person.
pub struct Letter<'a> {
    /// To whom.
    pub to: Email,
    /// What it says.
    pub template: Template<'a>,
}

/// What a letter says. Tokens are letters, digits, `-` and `_`; everything else may be whatever people have typed.
#[derive(Debug, Clone, Copy)]
pub enum Template<'a> {
    /// That an address is to be confirmed by its owner.
    VerifyEmail {
        /// What they are called.
        name: &'a str,
        /// What shows that they got it.
        token: &'a str,
        /// For how long it does.
        valid: Duration,
    },
    /// That a password can be set anew.
    ResetPassword {
        /// What they are called.
        name: &'a str,
        /// What allows it.
        token: &'a str,
        /// For how long it does.
        valid: Duration,
    },
    /// That they may become a member of an organization.
    InviteToOrganization {
        /// Which one.
        organization: &'a str,
        /// As what.
        role: OrganizationRole,
        /// What the one is called who invites them.
        invited_by: &'a str,
        /// What allows it.
        token: &'a str,
        /// For how long it does.
        valid: Duration,
    },
    /// That they may make an account.
    InviteToAccount {
        /// What the one is called who invites them.
        invited_by: &'a str,
        /// What allows it.
        token: &'a str,
        /// For how long it does.
        valid: Duration,
    },
    /// That an admin has let them in.
    AccountApproved {
        /// What they are called.
        name: &'a str,
    },
    /// To an admin: that somebody waits to be let in.
    WaitingForApproval {
        /// What they are called.
        name: &'a str,
        /// Their address.
        email: &'a Email,
    },
    /// That their account only reads from now on.
    AccountSuspended {
        /// What they are called.
        name: &'a str,
        /// From when on they cannot come in, if ever.
        locked_at: Option<Timestamp>,
        /// From when on everything of theirs is purged, if ever.
        deleted_at: Option<Timestamp>,
    },
    /// That everything of theirs is going to be purged.
    AccountWillBeDeleted {
        /// What they are called.
        name: &'a str,
        /// From when on.
        deleted_at: Timestamp,
    },
    /// To the address they had: that they have another one now.
    AddressChanged {
        /// What they are called.
        name: &'a str,
    },
    /// That somebody wanted to use their address for an account, which is that of theirs already.
    AddressInUse {
        /// What they are called.
        name: &'a str,
    },
    /// That their account has another password now.
    PasswordChanged {
        /// What they are called.
        name: &'a str,
    },
    /// That an admin has not let them in.
    SignUpRefused {
        /// What they are called.
        name: &'a str,
    },
    /// That mails arrive.
    Test,
}

impl Letter<'_> {
    /// Writes it. Its links lead to `origin`, the address of this house as people reach it, such as `https://files.example.org`.
    ///
    /// # Errors
    /// [`Internal`](Error::Internal) when a template fails.
    pub(crate) fn write(&self, id: MailId, now: Timestamp, origin: &str) -> Result<Mail> {
        let words = &Words::of(&self.template, origin);
        let text = AsText { words, origin }.render().map_err(Error::internal)?;
        let html = AsHtml { words, origin }.render().map_err(Error::internal)?;
        Ok(Mail { id, to: self.to.clone(), subject: words.subject.clone(), text, html, created_at: now })
    }
}

#[derive(askama::Template)]
#[template(path = "letter.txt")]
struct AsText<'a> {
    words: &'a Words,
    origin: &'a str,
}

#[derive(askama::Template)]
#[template(path = "letter.html")]
struct AsHtml<'a> {
    words: &'a Words,
    origin: &'a str,
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const ORIGIN: &str = "https://files.example.org";
    const DAY: Duration = Duration::from_secs(86_400);

    fn write(template: Template<'_>) -> Mail {
        let letter = Letter { to: Email::parse("ann@example.org").unwrap(), template };
        letter.write(MailId(Uuid::from_u128(1)), Timestamp::from_millis(0), ORIGIN).unwrap()
    }

    /// One of each, with this in the place of all that people type.
    fn all<'a>(typed: &'a str, email: &'a Email) -> Vec<Template<'a>> {
        let (name, organization, invited_by, token, valid) = (typed, typed, typed, "t0k-_n", DAY);
        let deleted_at = Timestamp::from_millis(0).after(90 * DAY);
        let (locked, deleted) = (Some(Timestamp::from_millis(0).after(30 * DAY)), Some(deleted_at));
        let role = OrganizationRole::Member;
        vec![
            Template::VerifyEmail { name, token, valid },
            Template::ResetPassword { name, token, valid: Duration::from_secs(3600) },
            Template::InviteToOrganization { organization, role, invited_by, token, valid: 7 * DAY },
            Template::InviteToAccount { invited_by, token, valid: 7 * DAY },
            Template::AccountApproved { name },
            Template::WaitingForApproval { name, email },
            Template::AccountSuspended { name, locked_at: locked, deleted_at: deleted },
            Template::AccountSuspended { name, locked_at: None, deleted_at: None },
            Template::AccountWillBeDeleted { name, deleted_at },
            Template::AddressChanged { name },
            Template::AddressInUse { name },
            Template::PasswordChanged { name },
            Template::SignUpRefused { name },
            Template::Test,
        ]
    }

    #[test]
    fn a_letter_says_the_same_as_text_and_as_html() {
        let email = Email::parse("bob@example.org").unwrap();
        for template in all("Bob", &email) {
            let Mail { subject, text, html, .. } = write(template);
            let plain = |html: &str| html.replace("&#39;", "'").replace("&#34;", "\"");
            for line in text.lines().filter(|line| !line.is_empty() && *line != "-- ") {
                assert!(plain(&html).contains(line), "{line}\nis not in\n{html}");
            }
            assert!(html.contains(&subject) && !subject.is_empty() && text.ends_with("files.example.org"));
            assert!(!text.contains("\n\n\n"), "{text}");
        }
    }

    #[test]
    fn a_link_leads_to_where_the_house_is_reached_and_is_there_as_a_code_too() {
        let Mail { text, html, .. } =
            write(Template::VerifyEmail { name: "Ann", token: "t0k-_n", valid: DAY });
        let link = "https://files.example.org/account/verify?token=t0k-_n";
        assert!(text.contains(&format!("\n{link}\n")) && text.contains("\nt0k-_n\n"), "{text}");
        assert!(html.contains(&format!("href=\"{link}\"")) && html.contains("<code>t0k-_n</code>"), "{html}");
        assert!(text.contains("24 hours"), "{text}");
    }

    #[test]
    fn what_people_type_is_text_and_neither_html_nor_a_line_of_its_own() {
        let email = Email::parse("bob@example.org").unwrap();
        let typed = "<b onclick=x>&\"'\r\nBcc: eve@example.org\r\n\r\nYour account is locked";
        for template in all(typed, &email) {
            let Mail { subject, text, html, .. } = write(template);
            assert!(!subject.contains(char::is_control), "{subject:?}");
            assert!(!html.contains("<b ") && !html.contains("onclick=x>"), "{html}");
            for line in text.lines().chain(html.lines()) {
                assert!(!line.starts_with("Bcc") && !line.starts_with("Your account is"), "{line}");
            }
        }
    }

    #[test]
    fn nothing_in_a_letter_is_fetched_from_anywhere() {
        let email = Email::parse("bob@example.org").unwrap();
        for template in all("Bob", &email) {
            let html = write(template).html;
            assert!(!html.contains("<img") && !html.contains("url(") && !html.contains("src="), "{html}");
            assert_eq!(html.matches("http").count(), html.matches(ORIGIN).count());
        }
    }

    #[test]
    fn a_name_of_any_length_leaves_room_for_the_rest() {
        let name = "n".repeat(10_000);
        assert!(
            write(Template::InviteToAccount { invited_by: &name, token: "t", valid: DAY }).subject.len()
                < 200
        );
    }
}
