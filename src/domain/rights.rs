//! What somebody may do in a project, by what they are in it, in its organization and in the house.

use crate::{Caller, OrganizationId, OrganizationRole, Powers, ProjectId, ProjectRole, Role, Tree, UserId};

/// What somebody is to a project, as its rows say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectRights {
    /// The project.
    pub project: ProjectId,
    /// Its files.
    pub tree: Tree,
    /// The organization it belongs to; none of a personal one.
    pub organization: Option<OrganizationId>,
    /// Who made it.
    pub creator: UserId,
    /// Whether it is in use.
    pub active: bool,
    /// Whether it was removed, and may still be restored.
    pub removed: bool,
    /// What they are among its members.
    pub member: Option<ProjectRole>,
    /// What they are in its organization.
    pub in_organization: Option<OrganizationRole>,
}

impl ProjectRights {
    /// Whether the caller acts as an admin of the project without being a member: as an admin or owner of its
    /// organization, or as an admin of the house. A credential that opens files only does not reach so far.
    pub fn overrides(&self, caller: &Caller) -> bool {
        let is_above = self.in_organization >= Some(OrganizationRole::Admin);
        caller.powers == Powers::Full && (caller.role == Role::Admin || is_above)
    }

    /// The role the caller has in it; none where they may not know of it. One that is not in use, or removed, is there
    /// for its admins only.
    pub fn role(&self, caller: &Caller) -> Option<ProjectRole> {
        let role = if self.overrides(caller) { Some(ProjectRole::Admin) } else { self.member };
        let is_open = self.active && !self.removed;
        role.filter(|role| is_open || *role == ProjectRole::Admin)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::{Door, NodeId, RequestId, SpaceId, Timestamp, UserName};

    fn rights(member: Option<ProjectRole>, in_organization: Option<OrganizationRole>) -> ProjectRights {
        ProjectRights {
            project: ProjectId(Uuid::nil()),
            tree: Tree { space: SpaceId(Uuid::nil()), root: NodeId(1) },
            organization: in_organization.map(|_| OrganizationId(Uuid::nil())),
            creator: UserId(Uuid::nil()),
            active: true,
            removed: false,
            member,
            in_organization,
        }
    }

    fn caller(role: Role, powers: Powers) -> Caller {
        Caller {
            user: UserId(Uuid::nil()),
            name: UserName::parse("ann").unwrap(),
            role,
            home: Tree { space: SpaceId(Uuid::nil()), root: NodeId(2) },
            powers,
            session: None,
            now: Timestamp::from_millis(0),
            request: RequestId(Uuid::nil()),
            door: Door::Rest,
            address: None,
            once: None,
        }
    }

    #[test]
    fn members_have_their_role_and_those_above_are_admins() {
        use OrganizationRole as In;
        let ann = caller(Role::User, Powers::Full);
        assert_eq!(rights(None, None).role(&ann), None);
        assert_eq!(rights(None, Some(In::Member)).role(&ann), None);
        assert_eq!(rights(Some(ProjectRole::Viewer), Some(In::Member)).role(&ann), Some(ProjectRole::Viewer));
        assert_eq!(rights(Some(ProjectRole::Viewer), Some(In::Admin)).role(&ann), Some(ProjectRole::Admin));
        assert_eq!(rights(None, Some(In::Owner)).role(&ann), Some(ProjectRole::Admin));
        let admin = caller(Role::Admin, Powers::Full);
        assert_eq!(rights(None, None).role(&admin), Some(ProjectRole::Admin));
    }

    #[test]
    fn a_credential_for_files_gives_what_a_member_has_and_no_more() {
        for powers in [Powers::Files, Powers::ReadFiles] {
            let admin = caller(Role::Admin, powers);
            assert_eq!(rights(None, Some(OrganizationRole::Owner)).role(&admin), None);
            assert_eq!(rights(Some(ProjectRole::Staff), None).role(&admin), Some(ProjectRole::Staff));
        }
    }

    #[test]
    fn one_that_is_not_in_use_or_removed_is_there_for_admins_only() {
        let ann = caller(Role::User, Powers::Full);
        for (active, removed) in [(false, false), (true, true)] {
            for (role, seen) in [(ProjectRole::Staff, None), (ProjectRole::Admin, Some(ProjectRole::Admin))] {
                let rights = ProjectRights { active, removed, ..rights(Some(role), None) };
                assert_eq!(rights.role(&ann), seen);
            }
        }
    }
}
