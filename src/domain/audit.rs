//! What is written down of every access and change: who, by which door, from where, what, to what, and when.

use crate::{OrganizationId, ProjectId};

/// Defines the actions with the words that rows and the API have for them.
macro_rules! actions {
    ($($(#[$meaning:meta])* $action:ident = $word:literal,)*) => {
        /// Something that somebody did.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Action {
            $($(#[$meaning])* $action,)*
        }

        impl Action {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$action,)*];

            /// As rows and the API write it.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$action => $word,)*
                }
            }
        }
    };
}

actions! {
    /// An account was made by its owner.
    SignUp = "account.sign_up",
    /// An e-mail address was shown to be its account's.
    VerifyEmail = "account.verify_email",
    /// A session began.
    LogIn = "account.log_in",
    /// Somebody gave a wrong password.
    LogInRefused = "account.log_in_refused",
    /// A session ended.
    LogOut = "account.log_out",
    /// All sessions ended.
    LogOutEverywhere = "account.log_out_everywhere",
    /// A refresh token came a second time, so its session was ended.
    TokenReused = "account.token_reused",
    /// The account password was changed by its owner.
    ChangePassword = "account.change_password",
    /// The account password was set by whoever reads the account's mail.
    ResetPassword = "account.reset_password",
    /// Name or e-mail address were changed.
    ChangeProfile = "account.change_profile",
    /// An app password was made.
    CreateAppPassword = "app_password.create",
    /// An app password was renamed.
    RenameAppPassword = "app_password.rename",
    /// An app password was revoked.
    RevokeAppPassword = "app_password.revoke",
    /// Everything of an account was asked for as an archive.
    Export = "account.export",
    /// An account was made by an admin.
    CreateUser = "user.create",
    /// An admin let somebody in who had signed up.
    ApproveUser = "user.approve",
    /// An account was changed by an admin: its role, quota or name.
    ChangeUser = "user.change",
    /// Somebody was let in again.
    ActivateUser = "user.activate",
    /// Somebody was kept out.
    DeactivateUser = "user.deactivate",
    /// Somebody was suspended.
    SuspendUser = "user.suspend",
    /// Somebody's suspension ended.
    ResumeUser = "user.resume",
    /// An account was deleted, with everything in it.
    PurgeUser = "user.purge",
    /// An organization was made.
    CreateOrganization = "organization.create",
    /// An organization was renamed.
    ChangeOrganization = "organization.change",
    /// An organization was deleted.
    DeleteOrganization = "organization.delete",
    /// A member of an organization got another role.
    ChangeOrganizationMember = "organization_member.change",
    /// A member of an organization was removed or left.
    RemoveOrganizationMember = "organization_member.remove",
    /// Somebody was invited.
    Invite = "invitation.create",
    /// An invitation was taken back.
    RevokeInvitation = "invitation.revoke",
    /// An invitation was accepted.
    AcceptInvitation = "invitation.accept",
    /// A project was made.
    CreateProject = "project.create",
    /// A project was changed.
    ChangeProject = "project.change",
    /// A project was removed; it can be restored.
    RemoveProject = "project.remove",
    /// A project was restored.
    RestoreProject = "project.restore",
    /// A project was purged, with everything in it.
    PurgeProject = "project.purge",
    /// Somebody became a member of a project.
    AddProjectMember = "project_member.add",
    /// A member of a project got another role.
    ChangeProjectMember = "project_member.change",
    /// A member of a project was removed or left.
    RemoveProjectMember = "project_member.remove",
    /// A task was made.
    CreateTask = "task.create",
    /// A task was changed.
    ChangeTask = "task.change",
    /// A task was deleted.
    DeleteTask = "task.delete",
    /// The content of a file was read.
    ReadFile = "file.read",
    /// A file was written.
    WriteFile = "file.write",
    /// A folder was made.
    CreateFolder = "folder.create",
    /// A file or folder was moved or renamed.
    MoveNode = "node.move",
    /// A file or folder was copied.
    CopyNode = "node.copy",
    /// A file or folder went into the trash.
    RemoveNode = "node.remove",
    /// A file or folder came back out of the trash.
    RestoreNode = "node.restore",
    /// A file or folder was purged.
    PurgeNode = "node.purge",
    /// A file got an earlier content back.
    RestoreVersion = "version.restore",
    /// A part of a drive was put back to an earlier moment.
    Rewind = "history.rewind",
}

/// What an action was done to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Subject {
    /// What it is: `file`, `folder`, `project`, `user` and so on.
    pub kind: &'static str,
    /// Its identity as text.
    pub id: String,
    /// What it was called.
    pub name: String,
}

/// Something that was done, to be written down in the transaction that does it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// What.
    pub action: Action,
    /// To what.
    pub subject: Subject,
    /// The organization it belongs to, whose admins may read of it.
    pub organization: Option<OrganizationId>,
    /// The project it belongs to.
    pub project: Option<ProjectId>,
}

impl Event {
    /// Something done to this.
    pub fn new(action: Action, kind: &'static str, id: impl ToString, name: impl Into<String>) -> Self {
        let subject = Subject { kind, id: id.to_string(), name: name.into() };
        Self { action, subject, organization: None, project: None }
    }

    /// The same, in an organization.
    pub fn in_organization(self, organization: Option<OrganizationId>) -> Self {
        Self { organization, ..self }
    }

    /// The same, in a project.
    pub fn in_project(self, project: ProjectId) -> Self {
        Self { project: Some(project), ..self }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_action_has_a_word_of_its_own() {
        let words: BTreeSet<_> = Action::ALL.iter().map(|action| action.as_str()).collect();
        assert_eq!(words.len(), Action::ALL.len());
    }
}
