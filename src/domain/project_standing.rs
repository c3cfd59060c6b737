//! What somebody is to a project, and what that lets them do: the rules of who may what, without a look at anything else.

use crate::{Code, Error, Message, OrganizationRole, ProjectRole, Result};

/// What somebody is to a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ProjectStanding {
    /// What they are in it, if they are a member.
    pub member: Option<ProjectRole>,
    /// What they are in its organization, if it has one and they are in that.
    pub organization: Option<OrganizationRole>,
    /// Whether they made it.
    pub is_creator: bool,
    /// Whether they are an admin of the whole house.
    pub is_house_admin: bool,
}

impl ProjectStanding {
    /// Whether they act as its admin without having to be a member: admins and owners of its organization, and admins of
    /// the house.
    pub fn overrides(&self) -> bool {
        self.is_house_admin || self.organization >= Some(OrganizationRole::Admin)
    }

    /// What they may do in it, by membership or without; nothing for a stranger.
    pub fn role(&self) -> Option<ProjectRole> {
        if self.overrides() { Some(ProjectRole::Admin) } else { self.member }
    }

    /// Whether they may know of it. What is inactive or removed is hidden from all but its admins.
    pub fn sees(&self, is_hidden: bool) -> bool {
        match self.role() {
            Some(ProjectRole::Admin) => true,
            Some(ProjectRole::Staff | ProjectRole::Viewer) => !is_hidden,
            None => false,
        }
    }

    /// Refuses whoever has less than this role.
    ///
    /// # Errors
    /// [`Forbidden`](Error::Forbidden), with what it takes.
    pub fn at_least(&self, role: ProjectRole) -> Result<()> {
        match self.role() >= Some(role) {
            true => Ok(()),
            false => Err(Error::Forbidden(match role {
                ProjectRole::Admin => "Only an admin of this project may do this; ask one of them.".into(),
                _ => "You may only read in this project; ask one of its admins for another role.".into(),
            })),
        }
    }

    /// Refuses whoever may not set the quota: those who pay for the room are an organization's, or the house's.
    ///
    /// # Errors
    /// [`Forbidden`](Error::Forbidden), with who may.
    pub fn may_set_quota(&self) -> Result<()> {
        match self.overrides() {
            true => Ok(()),
            false => Err(Error::Forbidden(
                "The quota of a project is set by an owner or admin of its organization, or by an admin of this server."
                    .into(),
            )),
        }
    }

    /// Refuses whoever may not purge it.
    ///
    /// # Errors
    /// [`Forbidden`](Error::Forbidden), with who may.
    pub fn may_purge(&self) -> Result<()> {
        match self.is_creator && self.role() == Some(ProjectRole::Admin) || self.overrides() {
            true => Ok(()),
            false => Err(Error::Forbidden(
                "Only who made this project and administers it, an owner or admin of its organization, or an admin of this server may \
                 purge it; you can remove it."
                    .into(),
            )),
        }
    }

    /// Refuses whoever may not change what somebody else is in it, from one role to another; none for no member.
    ///
    /// # Errors
    /// [`Forbidden`](Error::Forbidden), with the reason.
    pub fn may_change_member(&self, from: Option<ProjectRole>, to: Option<ProjectRole>) -> Result<()> {
        self.at_least(ProjectRole::Admin)?;
        let loses_admin = from == Some(ProjectRole::Admin) && to != Some(ProjectRole::Admin);
        match loses_admin && !self.is_creator && !self.overrides() {
            true => Err(Error::Forbidden(Message::coded(
                Code::CreatorOnly,
                "Only who made this project may remove another admin or take that role away.",
            ))),
            false => Ok(()),
        }
    }

    /// Refuses whoever may not change what they are themselves: everybody may leave or become less, and only those who
    /// administer it become more.
    ///
    /// # Errors
    /// [`Forbidden`](Error::Forbidden), with the reason.
    pub fn may_change_self(&self, to: Option<ProjectRole>) -> Result<()> {
        match to <= self.member {
            true => Ok(()),
            false => self.at_least(ProjectRole::Admin),
        }
    }
}

/// What somebody hears who would leave a personal project without an admin.
pub fn last_admin() -> Error {
    Error::Forbidden(Message::coded(
        Code::LastAdmin,
        "A personal project needs an admin; make somebody else one first, or purge the project.",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    use OrganizationRole as Org;
    use ProjectRole::{Admin, Staff, Viewer};

    fn member(role: ProjectRole) -> ProjectStanding {
        ProjectStanding { member: Some(role), ..ProjectStanding::default() }
    }

    fn of_organization(role: Org) -> ProjectStanding {
        ProjectStanding { organization: Some(role), ..ProjectStanding::default() }
    }

    fn creator() -> ProjectStanding {
        ProjectStanding { is_creator: true, ..member(Admin) }
    }

    fn house_admin() -> ProjectStanding {
        ProjectStanding { is_house_admin: true, ..ProjectStanding::default() }
    }

    #[test]
    fn who_sees_what_and_may_do_what() {
        // Who, sees it, sees it hidden, writes, administers, purges, sets the quota.
        for (who, sees, hidden, writes, administers, purges, quota) in [
            (ProjectStanding::default(), false, false, false, false, false, false),
            (member(Viewer), true, false, false, false, false, false),
            (member(Staff), true, false, true, false, false, false),
            (member(Admin), true, true, true, true, false, false),
            (creator(), true, true, true, true, true, false),
            (ProjectStanding { is_creator: true, ..member(Viewer) }, true, false, false, false, false, false),
            (ProjectStanding { is_creator: true, ..member(Staff) }, true, false, true, false, false, false),
            (of_organization(Org::Viewer), false, false, false, false, false, false),
            (of_organization(Org::Member), false, false, false, false, false, false),
            (of_organization(Org::Admin), true, true, true, true, true, true),
            (of_organization(Org::Owner), true, true, true, true, true, true),
            (house_admin(), true, true, true, true, true, true),
            (ProjectStanding { is_house_admin: true, ..member(Viewer) }, true, true, true, true, true, true),
        ] {
            assert_eq!((who.sees(false), who.sees(true)), (sees, hidden), "{who:?}");
            assert_eq!(who.at_least(Staff).is_ok(), writes, "{who:?}");
            assert_eq!(who.at_least(Admin).is_ok(), administers, "{who:?}");
            assert_eq!(who.may_purge().is_ok(), purges, "{who:?}");
            assert_eq!(who.may_set_quota().is_ok(), quota, "{who:?}");
        }
    }

    #[test]
    fn only_who_made_it_takes_another_admin_away_unless_somebody_overrides() {
        // Who, whose role goes from what to what, whether they may.
        for (who, from, to, may) in [
            (member(Admin), None, Some(Admin), true),
            (member(Admin), Some(Viewer), Some(Admin), true),
            (member(Admin), Some(Staff), None, true),
            (member(Admin), Some(Admin), Some(Admin), true),
            (member(Admin), Some(Admin), Some(Staff), false),
            (member(Admin), Some(Admin), None, false),
            (creator(), Some(Admin), Some(Viewer), true),
            (creator(), Some(Admin), None, true),
            (of_organization(Org::Admin), Some(Admin), None, true),
            (of_organization(Org::Member), Some(Viewer), None, false),
            (house_admin(), Some(Admin), None, true),
            (member(Staff), None, Some(Viewer), false),
            (member(Viewer), Some(Viewer), None, false),
            (ProjectStanding { is_creator: true, ..member(Staff) }, Some(Admin), None, false),
        ] {
            assert_eq!(who.may_change_member(from, to).is_ok(), may, "{who:?} {from:?} {to:?}");
        }
    }

    #[test]
    fn everybody_may_leave_or_become_less_and_nobody_promotes_themselves() {
        for (who, to, may) in [
            (member(Viewer), None, true),
            (member(Staff), Some(Viewer), true),
            (member(Admin), Some(Staff), true),
            (member(Viewer), Some(Staff), false),
            (member(Staff), Some(Admin), false),
            (of_organization(Org::Owner), Some(Admin), true),
            (of_organization(Org::Member), Some(Viewer), false),
        ] {
            assert_eq!(who.may_change_self(to).is_ok(), may, "{who:?} {to:?}");
        }
    }
}
