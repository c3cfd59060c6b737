//! The record of who did what.

use domain::audit::{Entry, Filter, Outcome};
use domain::{Action, Door, Error, Result, UserId};
use serde::{Deserialize, Serialize};
use utoipa::openapi::Schema;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::Time;

/// An entry of the record. It stays what it was written as.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuditEntry {
    /// Its number.
    #[schema(example = 4711)]
    pub id: i64,
    /// When it was done.
    pub at: Time,
    /// Who did it; null for nobody who is known, such as a job or a command on the server.
    #[schema(required = true)]
    pub user_id: Option<Uuid>,
    /// What they are called now; null when they are gone.
    #[schema(required = true, example = "ann")]
    pub user_name: Option<String>,
    /// By which door: `webdav`, `rest`, `command` or `job`.
    #[schema(example = "webdav")]
    pub door: String,
    /// From where.
    #[schema(required = true, example = "192.0.2.1")]
    pub address: Option<String>,
    /// By which request: its `X-Request-Id`.
    #[schema(required = true, example = "01a201f56af97177946773f2a06813ba")]
    pub request_id: Option<String>,
    /// What was done.
    #[schema(example = "node.move")]
    pub action: String,
    /// Whether it was `done` or `refused`.
    #[schema(example = "done")]
    pub outcome: String,
    /// The organization it belongs to.
    #[schema(required = true)]
    pub organization_id: Option<Uuid>,
    /// The project it belongs to.
    #[schema(required = true)]
    pub project_id: Option<Uuid>,
    /// What it was done to: `file`, `folder`, `user`, `project` and so on.
    #[schema(required = true, example = "file")]
    pub subject_kind: Option<String>,
    /// The identity of that.
    #[schema(required = true, example = "01a1f6e0-8c5e-7d4a-9b1c-2f3a4b5c6d7e")]
    pub subject_id: Option<String>,
    /// What that was called then; of a file or folder its path in its drive or project.
    #[schema(required = true, example = "/Reports/q3.pdf")]
    pub subject_name: Option<String>,
    /// What else there is to say, such as where something was moved to.
    #[schema(required = true, example = "/Archive/q3.pdf")]
    pub detail: Option<String>,
}

impl From<Entry> for AuditEntry {
    fn from(entry: Entry) -> Self {
        Self {
            id: entry.id,
            at: entry.at.into(),
            user_id: entry.user.map(|user| user.0),
            user_name: entry.user_name,
            door: entry.door,
            address: entry.address,
            request_id: entry.request.map(|request| request.to_string()),
            action: entry.action,
            outcome: entry.outcome.as_str().to_owned(),
            organization_id: entry.organization.map(|organization| organization.0),
            project_id: entry.project.map(|project| project.0),
            subject_kind: entry.subject_kind,
            subject_id: entry.subject_id,
            subject_name: entry.subject_name,
            detail: entry.detail,
        }
    }
}

/// Which entries are asked for.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AuditParams {
    /// What was done, such as `file.read`.
    #[param(schema_with = actions)]
    pub action: Option<String>,
    /// By which door.
    #[param(pattern = "^(webdav|rest|command|job)$")]
    pub door: Option<String>,
    /// By whom.
    pub user: Option<Uuid>,
    /// To what, by its identity.
    #[param(pattern = r"^[^\u0000]*$")]
    pub subject: Option<String>,
    /// Whether it was `done` or `refused`.
    #[param(pattern = "^(done|refused)$")]
    pub outcome: Option<String>,
    /// From this moment on.
    #[param(value_type = Option<String>, format = DateTime)]
    pub since: Option<Time>,
    /// Before this moment.
    #[param(value_type = Option<String>, format = DateTime)]
    pub until: Option<Time>,
}

impl AuditParams {
    /// The same in the words of the house.
    ///
    /// # Errors
    /// [`Invalid`](Error::Invalid) for a word that is none of those there are.
    pub fn filter(self) -> Result<Filter> {
        // Neither database takes a zero in a text.
        if self.subject.as_ref().is_some_and(|subject| subject.contains('\0')) {
            return Err(Error::Invalid("`subject` is the identity of something, as an entry has it.".into()));
        }
        Ok(Filter {
            action: word("action", self.action.as_deref(), Action::parse)?,
            door: word("door", self.door.as_deref(), Door::parse)?,
            user: self.user.map(UserId),
            subject: self.subject,
            outcome: word("outcome", self.outcome.as_deref(), Outcome::parse)?,
            since: self.since.map(|time| time.0),
            until: self.until.map(|time| time.0),
        })
    }
}

fn actions() -> Schema {
    let words = Action::ALL.iter().map(|action| action.as_str());
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words)).into()
}

fn word<T>(field: &str, word: Option<&str>, parse: impl Fn(&str) -> Option<T>) -> Result<Option<T>> {
    let unknown =
        || Error::Invalid(format!("`{field}` is none of the words that entries have there.").into());
    word.map(|word| parse(word).ok_or_else(unknown)).transpose()
}
