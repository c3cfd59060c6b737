//! Tasks of projects.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::{Change, Time, sent};

/// How far a task has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TaskStatus {
    /// Nobody has begun with it.
    #[default]
    Open,
    /// Somebody is at it.
    InProgress,
    /// It is done.
    Done,
    /// Nobody will do it.
    Cancelled,
}

impl From<domain::TaskStatus> for TaskStatus {
    fn from(status: domain::TaskStatus) -> Self {
        match status {
            domain::TaskStatus::Open => Self::Open,
            domain::TaskStatus::InProgress => Self::InProgress,
            domain::TaskStatus::Done => Self::Done,
            domain::TaskStatus::Cancelled => Self::Cancelled,
        }
    }
}

impl From<TaskStatus> for domain::TaskStatus {
    fn from(status: TaskStatus) -> Self {
        match status {
            TaskStatus::Open => Self::Open,
            TaskStatus::InProgress => Self::InProgress,
            TaskStatus::Done => Self::Done,
            TaskStatus::Cancelled => Self::Cancelled,
        }
    }
}

/// How much a task presses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TaskPriority {
    /// It can wait.
    Low,
    /// As most do.
    #[default]
    Normal,
    /// Before others.
    High,
    /// Before everything else.
    Urgent,
}

impl From<domain::TaskPriority> for TaskPriority {
    fn from(priority: domain::TaskPriority) -> Self {
        match priority {
            domain::TaskPriority::Low => Self::Low,
            domain::TaskPriority::Normal => Self::Normal,
            domain::TaskPriority::High => Self::High,
            domain::TaskPriority::Urgent => Self::Urgent,
        }
    }
}

impl From<TaskPriority> for domain::TaskPriority {
    fn from(priority: TaskPriority) -> Self {
        match priority {
            TaskPriority::Low => Self::Low,
            TaskPriority::Normal => Self::Normal,
            TaskPriority::High => Self::High,
            TaskPriority::Urgent => Self::Urgent,
        }
    }
}

/// A task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Task {
    /// Its identity.
    pub id: Uuid,
    /// The project it is a task of.
    pub project_id: Uuid,
    /// What it is called.
    #[schema(example = "Book a hut")]
    pub title: String,
    /// What it says.
    #[schema(example = "The one above the lake.")]
    pub text: String,
    /// How far it has come.
    pub status: TaskStatus,
    /// How much it presses.
    pub priority: TaskPriority,
    /// Until when it is to be done; null where this does not matter.
    #[schema(required = true)]
    pub due_at: Option<Time>,
    /// Who is to do it; null for nobody.
    #[schema(required = true)]
    pub assignee: Option<Assignee>,
    /// Who made it; they may be gone.
    pub creator_id: Uuid,
    /// When it was made.
    pub created_at: Time,
    /// When it was last changed.
    pub changed_at: Time,
    /// The files that belong to it; those in the trash are left out.
    pub files: Vec<TaskFile>,
}

/// Who is to do a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Assignee {
    /// Who.
    pub user_id: Uuid,
    /// What they log in with.
    #[schema(example = "bob")]
    pub user_name: String,
    /// What they are called.
    #[schema(example = "Bob Baker")]
    pub display_name: String,
}

/// A file or folder that belongs to a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TaskFile {
    /// Its identity.
    pub id: Uuid,
    /// What it is called.
    #[schema(example = "hut.pdf")]
    pub name: String,
    /// Whether it is a folder.
    pub is_folder: bool,
}

impl From<domain::Task> for Task {
    fn from(task: domain::Task) -> Self {
        let assignee = |assignee: domain::Assignee| Assignee {
            user_id: assignee.user.0,
            user_name: assignee.name.as_str().to_owned(),
            display_name: assignee.display_name,
        };
        let file =
            |file: domain::TaskFile| TaskFile { id: file.uuid, name: file.name, is_folder: file.is_folder };
        Self {
            id: task.id.0,
            project_id: task.project.0,
            title: task.title.as_str().to_owned(),
            text: task.text.as_str().to_owned(),
            status: task.status.into(),
            priority: task.priority.into(),
            due_at: task.due_at.map(Time::from),
            assignee: task.assignee.map(assignee),
            creator_id: task.creator.0,
            created_at: task.created_at.into(),
            changed_at: task.changed_at.into(),
            files: task.files.into_iter().map(file).collect(),
        }
    }
}

/// What a task is to be.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTask {
    /// What it is to be called.
    #[schema(
        example = "Book a hut",
        max_length = 200,
        pattern = r"^[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u001f\u007f-\u009f]*$"
    )]
    pub title: String,
    /// What it says.
    #[serde(default)]
    #[schema(example = "The one above the lake.", max_length = 50_000, pattern = r"^[^\u0000]*$")]
    pub text: String,
    /// How far it has come.
    #[serde(default)]
    pub status: TaskStatus,
    /// How much it presses.
    #[serde(default)]
    pub priority: TaskPriority,
    /// Until when it is to be done.
    #[serde(default)]
    pub due_at: Option<Time>,
    /// Who is to do it: a member of the project or of its organization.
    #[serde(default)]
    pub assignee_id: Option<Uuid>,
    /// The files of its project that belong to it.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub file_ids: Vec<Uuid>,
}

/// What of a task is to be different.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TaskPatch {
    /// What it is to be called.
    #[serde(default)]
    #[schema(
        example = "Book two huts",
        max_length = 200,
        pattern = r"^[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u001f\u007f-\u009f]*$"
    )]
    pub title: Option<String>,
    /// What it says.
    #[serde(default)]
    #[schema(example = "The one above the lake.", max_length = 50_000, pattern = r"^[^\u0000]*$")]
    pub text: Option<String>,
    /// How far it has come.
    #[serde(default)]
    pub status: Option<TaskStatus>,
    /// How much it presses.
    #[serde(default)]
    pub priority: Option<TaskPriority>,
    /// Until when it is to be done; null where this does not matter.
    #[serde(default, deserialize_with = "sent", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Time>)]
    pub due_at: Change<Time>,
    /// Who is to do it; null for nobody.
    #[serde(default, deserialize_with = "sent", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Uuid>)]
    pub assignee_id: Change<Uuid>,
}

/// In which order tasks are listed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
pub enum TaskOrder {
    /// The soonest due first, and those that are never due last.
    #[default]
    #[serde(rename = "due")]
    Due,
    /// The latest due first, and those that are never due before them.
    #[serde(rename = "-due")]
    DueDown,
    /// The least pressing first.
    #[serde(rename = "priority")]
    Priority,
    /// The most pressing first.
    #[serde(rename = "-priority")]
    PriorityDown,
    /// The oldest first.
    #[serde(rename = "created")]
    Created,
    /// The newest first.
    #[serde(rename = "-created")]
    CreatedDown,
    /// The longest unchanged first.
    #[serde(rename = "changed")]
    Changed,
    /// The latest changed first.
    #[serde(rename = "-changed")]
    ChangedDown,
    /// By title.
    #[serde(rename = "title")]
    Title,
    /// By title, backwards.
    #[serde(rename = "-title")]
    TitleDown,
}

/// Which tasks are asked for.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TaskParams {
    /// Those assigned to this user, to `me`, or to `none`.
    #[param(
        pattern = "^(me|none|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$",
        example = "me"
    )]
    pub assignee: Option<String>,
    /// Those that have come so far.
    #[param(inline)]
    pub status: Option<TaskStatus>,
    /// Those that press so much.
    #[param(inline)]
    pub priority: Option<TaskPriority>,
    /// Those that are to be done before this moment.
    #[param(value_type = Option<String>, format = DateTime)]
    pub due_before: Option<Time>,
    /// Those with this text in title or text.
    #[param(max_length = 200, pattern = r"^[^\u0000]*$")]
    pub q: Option<String>,
    /// In which order.
    #[param(inline)]
    pub order: Option<TaskOrder>,
}

/// Of which projects tasks are asked for.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TaskPlaceParams {
    /// Those of this project.
    pub project: Option<Uuid>,
    /// Those of the projects of this organization.
    pub organization: Option<Uuid>,
}
