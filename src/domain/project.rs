//! Projects: a team's workspace, with a tree of files of its own.

use std::collections::HashSet;
use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

use crate::{
    Error, NodeName, OrganizationId, ProjectStanding, Quota, Result, Timestamp, Tree, UserId, UserName,
    Version, text, windows_name,
};

/// The identity of a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ProjectId(pub Uuid);

/// A project in the drive of one of its members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MountedProject {
    /// The project.
    pub project: ProjectId,
    /// What it is called there.
    pub folder: NodeName,
    /// Its files.
    pub tree: Tree,
    /// What the member is in it.
    pub role: ProjectRole,
}

/// What a member is in a project, from the least to the most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProjectRole {
    /// Reads everything.
    Viewer,
    /// Writes files and tasks as well.
    Staff,
    /// Changes the project and its members as well.
    Admin,
}

impl ProjectRole {
    /// As rows and the API write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Staff => "staff",
            Self::Admin => "admin",
        }
    }
}

impl FromStr for ProjectRole {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "viewer" => Ok(Self::Viewer),
            // `editor` is another name of it.
            "staff" | "editor" => Ok(Self::Staff),
            "admin" => Ok(Self::Admin),
            _ => Err(Error::Invalid("A role in a project is `admin`, `staff` or `viewer`.".into())),
        }
    }
}

/// What a project is called.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProjectName(String);

impl ProjectName {
    /// The longest name in characters.
    pub const CHARS_MAX: usize = 120;

    /// Reads a name as somebody typed it.
    ///
    /// # Errors
    /// [`Invalid`](Error::Invalid) when it is empty, longer than [`CHARS_MAX`](Self::CHARS_MAX), or not one line.
    pub fn parse(typed: &str) -> Result<Self> {
        text::line("The name of a project", typed, Self::CHARS_MAX).map(Self)
    }

    /// A name that the house itself stored, taken as it is.
    pub fn stored(name: String) -> Self {
        Self(name)
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What the project is called in the drive of a member who has folders of these names there: its name as that of a
    /// folder or, where one of them is equal to it but perhaps for case, the first of `Name (2)`, `Name (3)` and so on
    /// that none is equal to.
    pub fn folder<'a>(&self, taken: impl IntoIterator<Item = &'a str>) -> NodeName {
        let taken: HashSet<String> = taken.into_iter().map(windows_name::folded).collect();
        let legal = legal(&self.0);
        let mut name = cut(&legal, NodeName::BYTES_MAX).to_owned();
        // One more name than are taken is free.
        for number in 2..taken.len() + 3 {
            if !taken.contains(&windows_name::folded(&name)) {
                break;
            }
            let mark = format!(" ({number})");
            name = format!("{}{mark}", cut(&legal, NodeName::BYTES_MAX - mark.len()));
        }
        NodeName::stored(name)
    }
}

impl fmt::Display for ProjectName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// Beside what no name of a node can hold, a folder of a project is neither hidden, by a dot in front, nor taken for what
/// operating systems and programs leave behind: its members are to see it.
fn legal(name: &str) -> String {
    let replaced = |letter: char| match letter {
        '/' | '\\' => '-',
        _ if letter.is_control() => '_',
        _ => letter,
    };
    let name: String = name.chars().map(replaced).collect();
    let shown = match name.strip_prefix('.') {
        Some(rest) => format!("_{rest}"),
        None => name,
    };
    // In NFC, in which names are kept.
    let Ok(name) = NodeName::parse(cut(&shown, NodeName::BYTES_MAX)) else { return "_".to_owned() };
    match name.system() {
        Some(_) => format!("_{name}"),
        None => name.to_string(),
    }
}

/// The beginning of a name, of so many bytes at most, without a blank at its end.
fn cut(name: &str, bytes_max: usize) -> &str {
    name[..name.floor_char_boundary(bytes_max)].trim_end()
}

/// A project, as somebody sees it.
#[derive(Debug, Clone)]
pub struct Project {
    /// Which one.
    pub id: ProjectId,
    /// The organization it belongs to; none for a personal one.
    pub organization: Option<OrganizationId>,
    /// Where its files are.
    pub tree: Tree,
    /// Its top folder in links.
    pub root_uuid: Uuid,
    /// What it is called.
    pub name: ProjectName,
    /// What it is about.
    pub description: String,
    /// Who made it; they may be gone.
    pub creator: UserId,
    /// Whether others than its admins see it.
    pub active: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed; what is done with its files and tasks is no change of it.
    pub changed_at: Timestamp,
    /// Since when it is removed, and can be restored.
    pub removed_at: Option<Timestamp>,
    /// How often it was changed.
    pub version: Version,
    /// What its files take, and may take.
    pub quota: Quota,
    /// How many members it has.
    pub members: u64,
    /// What whoever sees it is to it.
    pub standing: ProjectStanding,
    /// What it is called in their drive, if they are a member.
    pub folder: Option<NodeName>,
}

impl Project {
    /// The longest description in characters.
    const DESCRIPTION_CHARS_MAX: usize = 10_000;

    /// Reads a description as somebody typed it.
    ///
    /// # Errors
    /// [`Invalid`](Error::Invalid) when it is too long, or cannot be kept.
    pub fn description(typed: &str) -> Result<String> {
        text::lines("The description of a project", typed, Self::DESCRIPTION_CHARS_MAX)
    }

    /// Whether it is hidden from all but those who administer it.
    pub fn is_hidden(&self) -> bool {
        !self.active || self.removed_at.is_some()
    }
}

/// Somebody who is in a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectMember {
    /// Who.
    pub user: UserId,
    /// What they log in with.
    pub name: UserName,
    /// What they are called.
    pub display_name: String,
    /// What they are there.
    pub role: ProjectRole,
    /// Since when.
    pub since: Timestamp,
    /// How often this was changed.
    pub version: Version,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str, taken: &[&str]) -> String {
        ProjectName::stored(name.to_owned()).folder(taken.iter().copied()).to_string()
    }

    #[test]
    fn a_role_is_read_as_it_is_written_and_an_editor_is_staff() {
        for role in [ProjectRole::Viewer, ProjectRole::Staff, ProjectRole::Admin] {
            assert_eq!(role.as_str().parse::<ProjectRole>().unwrap(), role);
        }
        assert_eq!("editor".parse::<ProjectRole>().unwrap(), ProjectRole::Staff);
        assert!("Admin".parse::<ProjectRole>().is_err() && "owner".parse::<ProjectRole>().is_err());
    }

    #[test]
    fn a_project_is_a_folder_of_its_name_or_of_one_that_can_be_shown() {
        for (name, shown) in [
            ("Alps 2027", "Alps 2027"),
            ("A/B \\ C", "A-B - C"),
            ("a\u{1}b", "a_b"),
            (".Trash", "_Trash"),
            (".", "_"),
            ("..", "_."),
            ("._x", "__x"),
            (".DS_Store", "_DS_Store"),
            ("Thumbs.db", "_Thumbs.db"),
            ("~$x", "_~$x"),
            ("u\u{308}ber", "über"),
            ("con: a?", "con: a?"),
        ] {
            assert_eq!(folder(name, &[]), shown, "{name:?}");
            assert_eq!(NodeName::parse(shown).unwrap().as_str(), shown, "{name:?}");
        }
    }

    #[test]
    fn a_second_project_of_a_name_gets_a_number_whatever_the_case() {
        assert_eq!(folder("Alps", &["Alps"]), "Alps (2)");
        assert_eq!(folder("Alps", &["alps", "Alps (2)", "Andes"]), "Alps (3)");
        assert_eq!(folder("ÜBER", &["über", "ÜBER (3)"]), "ÜBER (2)");
        assert_eq!(folder("Alps (2)", &["Alps", "alps (2)"]), "Alps (2) (2)");
    }

    #[test]
    fn a_long_name_is_cut_between_letters_and_leaves_room_for_its_number() {
        let long = "日".repeat(ProjectName::CHARS_MAX);
        let (first, second) = (folder(&long, &[]), folder(&long, &[&folder(&long, &[])]));
        assert_eq!(first, "日".repeat(85));
        assert_eq!(second, format!("{} (2)", "日".repeat(83)));
        assert!(NodeName::parse(&second).is_ok());
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for typed in ["", "  ", "a\nb", "a\0", &"n".repeat(121)] {
            assert!(matches!(ProjectName::parse(typed), Err(Error::Invalid(_))), "{typed:?}");
        }
        assert_eq!(ProjectName::parse(" Alps ").unwrap().as_str(), "Alps");
    }
}
