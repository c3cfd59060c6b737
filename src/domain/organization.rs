//! Organizations: tenants with members and projects. Whoever is not in one does not learn that it is there.

use std::fmt;
use std::str::FromStr;

use unicode_normalization::UnicodeNormalization;
use uuid::Uuid;

use crate::{Email, Error, Result, Role, Timestamp, UserId, UserName, Version};

/// The identity of an organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct OrganizationId(pub Uuid);

/// What an organization is called: 1 to 100 characters on one line, in NFC. Several may have one name, since a name that
/// is taken would tell strangers that there is such an organization.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OrganizationName(String);

impl OrganizationName {
    /// The longest name in characters.
    pub const CHARS_MAX: usize = 100;

    /// Reads a name as somebody typed it.
    ///
    /// # Errors
    /// [`Invalid`](Error::Invalid) when it is empty, too long or of several lines.
    pub fn parse(typed: &str) -> Result<Self> {
        let name: String = typed.trim().nfc().collect();
        let breaks = |letter: char| letter.is_control() || matches!(letter, '\u{2028}' | '\u{2029}');
        if name.is_empty() || name.chars().count() > Self::CHARS_MAX || name.contains(breaks) {
            let limit = Self::CHARS_MAX;
            let text = format!("The name of an organization has 1 to {limit} characters on one line.");
            return Err(Error::Invalid(text.into()));
        }
        Ok(Self(name))
    }

    /// A name that the house itself stored, taken as it is.
    pub fn stored(name: String) -> Self {
        Self(name)
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for OrganizationName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// A tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    /// Which one.
    pub id: OrganizationId,
    /// What it is called.
    pub name: OrganizationName,
    /// Since when there is one.
    pub created_at: Timestamp,
    /// How often it or its members were changed.
    pub version: Version,
}

/// Somebody in an organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganizationMember {
    /// Who.
    pub user: UserId,
    /// What they log in with.
    pub name: UserName,
    /// What they are called; empty when they have not said.
    pub display_name: String,
    /// Their e-mail address, once it is known to be theirs.
    pub email: Option<Email>,
    /// What they are there.
    pub role: OrganizationRole,
    /// Since when.
    pub since: Timestamp,
    /// How often the membership was changed.
    pub version: Version,
}

/// What a member is in an organization, from the least to the most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OrganizationRole {
    /// Sees the organization and who is in it.
    Viewer,
    /// Makes projects in it.
    Member,
    /// Sees and administers all its projects, and its members but for owners.
    Admin,
    /// Does everything, also delete it. There is always one.
    Owner,
}

impl OrganizationRole {
    /// As rows and the API write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Member => "member",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }

    /// As what somebody acts who has this role there, if any: an admin of the house administers every organization.
    pub fn acting(own: Option<Self>, of_house: Role) -> Option<Self> {
        match of_house {
            Role::Admin => Some(Self::Owner),
            Role::User => own,
        }
    }

    /// Refuses whoever does not administer the organization.
    ///
    /// # Errors
    /// [`Forbidden`](Error::Forbidden), with the reason.
    pub fn may_administer(self) -> Result<()> {
        match self >= Self::Admin {
            true => Ok(()),
            false => refuse("Only an owner or admin of this organization may do this."),
        }
    }

    /// Refuses whoever may not delete the organization.
    ///
    /// # Errors
    /// [`Forbidden`](Error::Forbidden), with the reason.
    pub fn may_delete(self) -> Result<()> {
        match self >= Self::Owner {
            true => Ok(()),
            false => refuse("Only an owner may delete an organization."),
        }
    }

    /// Refuses whoever may not make somebody this there: by invitation, or by changing what they are.
    ///
    /// # Errors
    /// [`Forbidden`](Error::Forbidden), with the reason.
    pub fn may_give(self, role: Self) -> Result<()> {
        self.may_administer()?;
        match role <= self {
            true => Ok(()),
            false => refuse("Only an owner may make somebody an owner."),
        }
    }

    /// Refuses whoever may not make somebody who is one thing there another.
    ///
    /// # Errors
    /// [`Forbidden`](Error::Forbidden), with the reason.
    pub fn may_change(self, now: Self, role: Self) -> Result<()> {
        self.may_give(role)?;
        match now <= self {
            true => Ok(()),
            false => refuse("Only an owner may change what an owner is."),
        }
    }

    /// Refuses whoever may not end the membership of somebody else.
    ///
    /// # Errors
    /// [`Forbidden`](Error::Forbidden), with the reason.
    pub fn may_remove(self, whom: Self) -> Result<()> {
        self.may_administer()?;
        match whom <= self {
            true => Ok(()),
            false => refuse("Only an owner may remove an owner."),
        }
    }
}

fn refuse(why: &'static str) -> Result<()> {
    Err(Error::Forbidden(why.into()))
}

impl FromStr for OrganizationRole {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "viewer" => Ok(Self::Viewer),
            "member" => Ok(Self::Member),
            "admin" => Ok(Self::Admin),
            "owner" => Ok(Self::Owner),
            _ => Err(Error::Invalid(
                "A role in an organization is `owner`, `admin`, `member` or `viewer`.".into(),
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::OrganizationRole::{Admin, Member, Owner, Viewer};
    use super::*;

    const ALL: [OrganizationRole; 4] = [Viewer, Member, Admin, Owner];

    #[test]
    fn a_name_is_one_line_of_1_to_100_characters() {
        let longest = "ü".repeat(100);
        for (typed, read) in [
            (" Bakers & Sons ", "Bakers & Sons"),
            ("u\u{308}ber", "über"),
            (longest.as_str(), longest.as_str()),
        ] {
            assert_eq!(OrganizationName::parse(typed).unwrap().as_str(), read);
        }
        for wrong in ["", "  ", "a\nb", "a\0b", "a\u{2028}b", "a\tb", &"n".repeat(101)] {
            assert!(matches!(OrganizationName::parse(wrong), Err(Error::Invalid(_))), "{wrong:?}");
        }
    }

    #[test]
    fn a_role_is_read_as_it_is_written() {
        for role in ALL {
            assert_eq!(role.as_str().parse::<OrganizationRole>().unwrap(), role);
        }
        assert!(matches!("boss".parse::<OrganizationRole>(), Err(Error::Invalid(_))));
    }

    #[test]
    fn an_admin_of_the_house_acts_as_owner_and_everybody_else_as_what_they_are() {
        for own in ALL.map(Some).into_iter().chain([None]) {
            assert_eq!(OrganizationRole::acting(own, Role::User), own);
            assert_eq!(OrganizationRole::acting(own, Role::Admin), Some(Owner));
        }
    }

    #[test]
    fn owners_and_admins_administer_and_owners_delete() {
        assert_eq!(ALL.map(|role| role.may_administer().is_ok()), [false, false, true, true]);
        assert_eq!(ALL.map(|role| role.may_delete().is_ok()), [false, false, false, true]);
    }

    #[test]
    fn nobody_gives_more_than_they_have_and_only_administrators_give() {
        // Who gives what: viewer, member, admin, owner.
        for (who, may) in [
            (Viewer, [false; 4]),
            (Member, [false; 4]),
            (Admin, [true, true, true, false]),
            (Owner, [true; 4]),
        ] {
            assert_eq!(ALL.map(|role| who.may_give(role).is_ok()), may, "{who:?}");
        }
    }

    #[test]
    fn owners_are_changed_and_removed_by_owners_alone() {
        for who in ALL {
            for whom in ALL {
                let above = who == Owner || (who == Admin && whom != Owner);
                assert_eq!(who.may_remove(whom).is_ok(), above, "{who:?} removes {whom:?}");
                for role in ALL {
                    let may = above && (who == Owner || role != Owner);
                    assert_eq!(who.may_change(whom, role).is_ok(), may, "{who:?}: {whom:?} -> {role:?}");
                }
            }
        }
    }
}
