//! One request of the table, and what its answer says.

use serde_json::Value;
use uuid::Uuid;

use super::drive;
use super::table::{Cell, Row};
use super::world::World;
use crate::support::Answer;

/// What is sent.
#[derive(Clone)]
pub struct Request {
    pub method: String,
    /// With the prefix of its door.
    pub target: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    /// What the answer holds for whoever gets what they ask for, and for nobody else.
    names: Option<String>,
    /// Whether the statuses that count stand in the answer.
    is_of_many: bool,
}

impl Request {
    /// The request of a row, with these in the place of its placeholders.
    pub fn to(prefix: &str, row: &Row, ids: &[&str]) -> Self {
        let mut path = row.path.clone();
        for id in ids {
            let (Some(from), Some(to)) = (path.find('{'), path.find('}')) else {
                panic!("{path} has no place for {id}")
            };
            path.replace_range(from..=to, id);
        }
        assert!(!path.contains('{'), "{path} is not complete");
        Self::at(prefix, &row.method, &path)
    }

    pub fn at(prefix: &str, method: &str, path: &str) -> Self {
        Self {
            method: method.to_owned(),
            target: format!("{prefix}{path}"),
            headers: Vec::new(),
            body: Vec::new(),
            names: None,
            is_of_many: false,
        }
    }

    pub fn with(mut self, body: &Value) -> Self {
        self.body = body.to_string().into_bytes();
        self.header("Content-Type", "application/json")
    }

    pub fn with_bytes(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With one more thing behind the path.
    pub fn asking(mut self, parameter: &str) -> Self {
        self.target.push(if self.target.contains('?') { '&' } else { '?' });
        self.target.push_str(parameter);
        self
    }

    pub fn naming(mut self, what: &str) -> Self {
        self.names = Some(what.to_owned());
        self
    }

    pub fn of_many(mut self) -> Self {
        self.is_of_many = true;
        self
    }

    /// With another credential than that of the role.
    pub fn by(self, authorization: &str) -> Self {
        self.header("Authorization", authorization)
    }

    pub fn has_credential(&self) -> bool {
        self.headers.iter().any(|(name, _)| name == "Authorization")
    }

    pub fn send(&self, world: &World) -> Answer {
        let headers: Vec<_> =
            self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        world.house.wire().ask(&self.method, &self.target, &headers, &self.body)
    }

    /// Whether it only reads.
    fn is_safe(&self) -> bool {
        matches!(self.method.as_str(), "GET" | "HEAD" | "OPTIONS" | "PROPFIND" | "REPORT")
    }

    /// Whether nothing may have changed once it got this answer.
    pub fn leaves_no_trace(&self, answered: Cell) -> bool {
        answered.is_refused() || self.is_safe()
    }

    /// The same about something that is nowhere.
    pub fn elsewhere(&self) -> Self {
        let headers = self.headers.iter().map(|(name, value)| (name.clone(), nowhere(value))).collect();
        let body = match std::str::from_utf8(&self.body) {
            Ok(text) => elsewhere(text).into_bytes(),
            Err(_) => self.body.clone(),
        };
        Self { target: elsewhere(&nowhere(&self.target)), headers, body, ..self.clone() }
    }

    /// The answer in the words of the table; a sentence for one that is none of those.
    pub fn outcome(&self, answer: &Answer) -> Result<Cell, String> {
        if self.is_of_many && answer.status == 200 {
            let status = answer.json()["outcomes"][0]["status"].as_u64();
            return Ok(Cell::Status(status.and_then(|status| status.try_into().ok()).unwrap_or_default()));
        }
        if answer.status == 207 && self.method == "PROPPATCH" {
            let statuses = answer.texts("status");
            let status = statuses.iter().find_map(|status| status.split(' ').nth(1)?.parse().ok());
            return Ok(Cell::Status(status.unwrap_or_default()));
        }
        let Some(name) = &self.names else { return Ok(Cell::Status(answer.status)) };
        let is_named = String::from_utf8_lossy(&answer.body).contains(name.as_str());
        match answer.status {
            200 | 207 if !is_named => Ok(Cell::Without),
            400.. if is_named => Err(format!("a refusal that names {name}")),
            status => Ok(Cell::Status(status)),
        }
    }
}

/// A text in which the project has a name that none has.
pub fn nowhere(text: &str) -> String {
    text.replace(drive::PROJECT, "/Projects/Nowhere")
}

/// A text in which every identity is nobody's.
fn elsewhere(text: &str) -> String {
    with_identities(text, Uuid::new_v4)
}

/// A text in which no identity can be told from another.
pub fn anonymous(text: &str) -> String {
    with_identities(text, Uuid::nil)
}

fn with_identities(text: &str, other: fn() -> Uuid) -> String {
    let (mut written, mut rest) = (String::new(), text);
    while let Some(next) = rest.chars().next() {
        let is_identity = rest.get(..36).is_some_and(|part| Uuid::try_parse(part).is_ok());
        let length = if is_identity { 36 } else { next.len_utf8() };
        match is_identity {
            true => written.push_str(&other().to_string()),
            false => written.push(next),
        }
        rest = &rest[length..];
    }
    written
}
