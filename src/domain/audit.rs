//! What is written down of every access and change: who, by which door, from where, what, to what, and when.

use std::net::IpAddr;

use crate::{Caller, Door, OrganizationId, ProjectId, RequestId, SpaceId, Timestamp, UserId, UserName};

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

            /// Reads its word.
            pub fn parse(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|action| action.as_str() == word)
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
    /// An account password was set by whoever sits at the server.
    SetPassword = "user.set_password",
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
    /// Something was asked for that whoever asked may not do.
    Refuse = "request.refuse",
}

/// Whether it was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It was.
    Done,
    /// It was asked for and refused.
    Refused,
}

impl Outcome {
    /// As rows and the API write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
        }
    }

    /// Reads its word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Done, Self::Refused].into_iter().find(|outcome| outcome.as_str() == word)
    }
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

/// How much is kept of a name; of a longer one the end, by which a path is known.
const NAME_CHARS_MAX: usize = 1_024;

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
    /// The space it was done in: that of a project says which one, and of which organization.
    pub space: Option<SpaceId>,
    /// What else there is to say, such as where something was moved to.
    pub detail: Option<String>,
}

impl Event {
    /// Something done to this.
    pub fn new(action: Action, kind: &'static str, id: impl ToString, name: impl Into<String>) -> Self {
        let subject = Subject { kind, id: id.to_string(), name: bounded(name.into()) };
        Self { action, subject, organization: None, project: None, space: None, detail: None }
    }

    /// The same, in an organization.
    pub fn in_organization(self, organization: Option<OrganizationId>) -> Self {
        Self { organization, ..self }
    }

    /// The same, in a project.
    pub fn in_project(self, project: ProjectId) -> Self {
        Self { project: Some(project), ..self }
    }

    /// The same, in a space.
    pub fn in_space(self, space: SpaceId) -> Self {
        Self { space: Some(space), ..self }
    }

    /// Something done to somebody, or to an invitation of somebody: without a name, which goes with its account.
    pub fn nameless(action: Action, kind: &'static str, id: impl ToString) -> Self {
        Self::new(action, kind, id, "")
    }

    /// The same, and this beside it, if it is any text.
    pub fn detailed(self, detail: impl Into<String>) -> Self {
        let detail = Some(detail.into()).filter(|detail| !detail.is_empty());
        Self { detail: detail.map(bounded), ..self }
    }
}

fn bounded(name: String) -> String {
    match name.char_indices().rev().nth(NAME_CHARS_MAX - 2) {
        Some((start, _)) if name[..start].chars().nth(1).is_some() => format!("\u{2026}{}", &name[start..]),
        _ => name,
    }
}

/// Who did something.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Actor {
    /// This user.
    User(UserId),
    /// Somebody who gave this name, which may be nobody's.
    Named(UserName),
    /// Nobody who is known: whoever works on the server's machine, or gave no name that could be one.
    Unknown,
}

/// Something that was done or refused, with who, when and from where, as it is to be written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deed {
    /// Who.
    pub actor: Actor,
    /// When.
    pub at: Timestamp,
    /// By which door.
    pub door: Door,
    /// From where, if from elsewhere.
    pub address: Option<IpAddr>,
    /// By which request, if by one.
    pub request: Option<RequestId>,
    /// Whether it was done.
    pub outcome: Outcome,
    /// What.
    pub event: Event,
}

impl Deed {
    /// What a caller did.
    pub fn of(caller: &Caller, event: Event) -> Self {
        // Nobody has to ask whose project a drive of one's own is.
        let space = event.space.filter(|space| *space != caller.home.space);
        let event = Event { space, ..event };
        Self {
            actor: Actor::User(caller.user),
            at: caller.now,
            door: caller.door,
            address: caller.address,
            request: Some(caller.request),
            outcome: Outcome::Done,
            event,
        }
    }

    /// What was done on the server itself: by a command, or by a job.
    pub fn here(now: Timestamp, door: Door, event: Event) -> Self {
        let (actor, outcome) = (Actor::Unknown, Outcome::Done);
        Self { actor, at: now, door, address: None, request: None, outcome, event }
    }

    /// The same, which was refused.
    pub fn refused(self) -> Self {
        Self { outcome: Outcome::Refused, ..self }
    }
}

/// What stands in the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its number.
    pub id: i64,
    /// When it was done.
    pub at: Timestamp,
    /// Who did it, if that is known.
    pub user: Option<UserId>,
    /// What they are called now, if they are still there.
    pub user_name: Option<String>,
    /// The word of the door.
    pub door: String,
    /// From where.
    pub address: Option<String>,
    /// By which request.
    pub request: Option<RequestId>,
    /// The word of the [`Action`]; a server of a newer version may have written one that is not known here.
    pub action: String,
    /// Whether it was done.
    pub outcome: Outcome,
    /// The organization it belongs to.
    pub organization: Option<OrganizationId>,
    /// The project it belongs to.
    pub project: Option<ProjectId>,
    /// What the thing is that it was done to.
    pub subject_kind: Option<String>,
    /// The identity of that as text.
    pub subject_id: Option<String>,
    /// What that was called then.
    pub subject_name: Option<String>,
    /// What else there is to say.
    pub detail: Option<String>,
}

/// Which entries are asked for; what is none does not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// What was done.
    pub action: Option<Action>,
    /// By which door.
    pub door: Option<Door>,
    /// By whom.
    pub user: Option<UserId>,
    /// To what, by its identity as text.
    pub subject: Option<String>,
    /// Whether it was done.
    pub outcome: Option<Outcome>,
    /// From this moment on.
    pub since: Option<Timestamp>,
    /// Before this moment.
    pub until: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_action_has_a_word_of_its_own() {
        let words: BTreeSet<_> = Action::ALL.iter().map(|action| action.as_str()).collect();
        assert_eq!(words.len(), Action::ALL.len());
        assert!(Action::ALL.iter().all(|action| Action::parse(action.as_str()) == Some(*action)));
        assert_eq!(Action::parse("file.guess"), None);
    }

    #[test]
    fn of_a_name_that_is_too_long_the_end_is_kept() {
        let name =
            |chars: usize| Event::new(Action::ReadFile, "file", 1, "\u{fc}".repeat(chars)).subject.name;
        assert_eq!(name(NAME_CHARS_MAX), "\u{fc}".repeat(NAME_CHARS_MAX));
        let cut = name(NAME_CHARS_MAX + 1);
        assert_eq!(cut.chars().count(), NAME_CHARS_MAX);
        assert!(cut.starts_with("\u{2026}\u{fc}") && name(0).is_empty() && name(1).len() == 2);
    }
}
