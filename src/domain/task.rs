//! Tasks: what is to be done in a project, by whom and until when.

use std::str::FromStr;

use uuid::Uuid;

use crate::{Error, ProjectId, Result, Timestamp, UserId, UserName, Version, text};

/// The identity of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TaskId(pub Uuid);

/// How far a task has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TaskStatus {
    /// Nobody has begun with it.
    Open,
    /// Somebody is at it.
    InProgress,
    /// It is done.
    Done,
    /// Nobody will do it.
    Cancelled,
}

impl TaskStatus {
    /// As rows and the API write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::InProgress => "in_progress",
            Self::Done => "done",
            Self::Cancelled => "cancelled",
        }
    }
}

impl FromStr for TaskStatus {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let all = [Self::Open, Self::InProgress, Self::Done, Self::Cancelled];
        all.into_iter().find(|status| status.as_str() == text).ok_or_else(|| {
            Error::Invalid("The status of a task is `open`, `in_progress`, `done` or `cancelled`.".into())
        })
    }
}

/// How much a task presses, from the least to the most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TaskPriority {
    /// It can wait.
    Low,
    /// As most do.
    Normal,
    /// Before others.
    High,
    /// Before everything else.
    Urgent,
}

impl TaskPriority {
    const ALL: [Self; 4] = [Self::Low, Self::Normal, Self::High, Self::Urgent];

    /// As the API writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Normal => "normal",
            Self::High => "high",
            Self::Urgent => "urgent",
        }
    }

    /// As rows have it, so that they can be sorted by it.
    pub fn rank(self) -> i64 {
        match self {
            Self::Low => 0,
            Self::Normal => 1,
            Self::High => 2,
            Self::Urgent => 3,
        }
    }

    /// What has this rank.
    pub fn ranked(rank: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|priority| priority.rank() == rank)
    }
}

impl FromStr for TaskPriority {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|priority| priority.as_str() == text).ok_or_else(|| {
            Error::Invalid("The priority of a task is `low`, `normal`, `high` or `urgent`.".into())
        })
    }
}

/// What a task is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskTitle(String);

impl TaskTitle {
    /// Reads a title as somebody typed it.
    ///
    /// # Errors
    /// [`Invalid`](Error::Invalid) when it is empty, longer than 200 characters, or not one line.
    pub fn parse(typed: &str) -> Result<Self> {
        text::line("The title of a task", typed, 200).map(Self)
    }

    /// A title that the house itself stored, taken as it is.
    pub fn stored(title: String) -> Self {
        Self(title)
    }

    /// The title as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a task says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TaskText(String);

impl TaskText {
    /// Reads a text as somebody typed it.
    ///
    /// # Errors
    /// [`Invalid`](Error::Invalid) when it is longer than 50,000 characters, or cannot be kept.
    pub fn parse(typed: &str) -> Result<Self> {
        text::lines("The text of a task", typed, 50_000).map(Self)
    }

    /// A text that the house itself stored, taken as it is.
    pub fn stored(text: String) -> Self {
        Self(text)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// Which one.
    pub id: TaskId,
    /// The project it is a task of.
    pub project: ProjectId,
    /// What it is called.
    pub title: TaskTitle,
    /// What it says.
    pub text: TaskText,
    /// How far it has come.
    pub status: TaskStatus,
    /// How much it presses.
    pub priority: TaskPriority,
    /// Until when it is to be done.
    pub due_at: Option<Timestamp>,
    /// Who is to do it.
    pub assignee: Option<Assignee>,
    /// Who made it; they may be gone.
    pub creator: UserId,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub changed_at: Timestamp,
    /// How often it was changed.
    pub version: Version,
    /// The files that belong to it, of its project; those that are gone are left out.
    pub files: Vec<TaskFile>,
}

impl Task {
    /// How many files a task can have.
    pub const FILES_MAX: u64 = 50;
}

/// Who is to do a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignee {
    /// Who.
    pub user: UserId,
    /// What they log in with.
    pub name: UserName,
    /// What they are called.
    pub display_name: String,
}

/// A file or folder that belongs to a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskFile {
    /// Its identity in links.
    pub uuid: Uuid,
    /// What it is called.
    pub name: String,
    /// Whether it is a folder.
    pub is_folder: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_as_they_are_written() {
        for status in ["open", "in_progress", "done", "cancelled"] {
            assert_eq!(status.parse::<TaskStatus>().unwrap().as_str(), status);
        }
        for priority in ["low", "normal", "high", "urgent"] {
            let read = priority.parse::<TaskPriority>().unwrap();
            assert_eq!((read.as_str(), TaskPriority::ranked(read.rank())), (priority, Some(read)));
        }
        assert!("Open".parse::<TaskStatus>().is_err() && "".parse::<TaskPriority>().is_err());
        assert_eq!(TaskPriority::ranked(4), None);
    }

    #[test]
    fn more_pressing_is_more() {
        assert!(TaskPriority::ALL.is_sorted_by_key(|priority| priority.rank()));
    }

    #[test]
    fn a_title_is_one_line_and_a_text_any_number() {
        assert!(TaskTitle::parse(" Book a hut ").is_ok_and(|title| title.as_str() == "Book a hut"));
        for wrong in ["", "a\nb", &"n".repeat(201)] {
            assert!(matches!(TaskTitle::parse(wrong), Err(Error::Invalid(_))), "{wrong:?}");
        }
        assert!(TaskText::parse("a\nb").is_ok() && TaskText::parse("").is_ok());
        assert!(TaskText::parse(&"n".repeat(50_001)).is_err() && TaskText::parse("a\0").is_err());
    }
}
