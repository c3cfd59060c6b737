//! What somebody may do with the files of a project.

use crate::{Caller, ProjectId, ProjectRole, ProjectStanding, Role, Tree};

/// What somebody is to a project, as its rows say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectRights {
    /// The project.
    pub project: ProjectId,
    /// Its files.
    pub tree: Tree,
    /// Whether it is in use.
    pub active: bool,
    /// Whether it was removed, and may still be restored.
    pub removed: bool,
    /// What they are to it, but for what they are in the house.
    pub standing: ProjectStanding,
}

impl ProjectRights {
    /// The role the caller has in it; none where they may not know of it. A credential that opens files only gives what
    /// a member has, and does not reach as far as those above the members do.
    pub fn role(&self, caller: &Caller) -> Option<ProjectRole> {
        let standing = match caller.may_see() {
            Ok(()) => ProjectStanding { is_house_admin: caller.role == Role::Admin, ..self.standing },
            Err(_) => ProjectStanding { member: self.standing.member, ..ProjectStanding::default() },
        };
        standing.role().filter(|_| standing.sees(!self.active || self.removed))
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::{Door, NodeId, OrganizationRole, Powers, RequestId, SpaceId, Timestamp, UserId, UserName};

    fn rights(member: Option<ProjectRole>, organization: Option<OrganizationRole>) -> ProjectRights {
        ProjectRights {
            project: ProjectId(Uuid::nil()),
            tree: Tree { space: SpaceId(Uuid::nil()), root: NodeId(1) },
            active: true,
            removed: false,
            standing: ProjectStanding { member, organization, ..ProjectStanding::default() },
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
