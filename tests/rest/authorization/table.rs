//! The tables as they are written: what is asked, by whom, and what the answer is to be.

use std::collections::BTreeSet;
use std::fmt;

/// Somebody who asks, and with what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Anonymous,
    Stranger,
    Viewer,
    Staff,
    ProjectAdmin,
    Creator,
    Member,
    OrganizationAdmin,
    Owner,
    Suspended,
    SystemAdmin,
    /// An app password of the project's admin.
    AppPassword,
    /// One that only reads.
    ReadOnly,
    /// A session of the project's admin, at the door where an app password is asked for.
    Session,
}

impl Role {
    const WORDS: [(&str, Self); 14] = [
        ("anon", Self::Anonymous),
        ("strg", Self::Stranger),
        ("view", Self::Viewer),
        ("staf", Self::Staff),
        ("padm", Self::ProjectAdmin),
        ("crea", Self::Creator),
        ("memb", Self::Member),
        ("oadm", Self::OrganizationAdmin),
        ("ownr", Self::Owner),
        ("susp", Self::Suspended),
        ("sysa", Self::SystemAdmin),
        ("full", Self::AppPassword),
        ("read", Self::ReadOnly),
        ("sess", Self::Session),
    ];

    fn parse(word: &str) -> Self {
        let found = Self::WORDS.iter().find(|(known, _)| *known == word);
        found.unwrap_or_else(|| panic!("`{word}` is no column")).1
    }
}

/// What an answer is to be, or was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cell {
    Status(u16),
    /// Not found, though the caller knows of what it would be a part of.
    PartMissing,
    /// A list without what is looked for.
    Without,
}

impl Cell {
    fn parse(word: &str) -> Self {
        match word {
            "[]" => Self::Without,
            "404*" => Self::PartMissing,
            word => Self::Status(word.parse().unwrap_or_else(|_| panic!("`{word}` is no answer"))),
        }
    }

    /// Whether it is an answer to somebody who gets what they ask for.
    pub fn is_granted(self) -> bool {
        matches!(self, Self::Status(200..300))
    }

    pub fn is_refused(self) -> bool {
        matches!(self, Self::Status(400..) | Self::PartMissing)
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => write!(out, "{status}"),
            Self::PartMissing => out.write_str("404*"),
            Self::Without => out.write_str("[]"),
        }
    }
}

/// One request, and the answer to each who sends it.
pub struct Row {
    /// The title of its section, up to the colon.
    pub section: String,
    pub method: String,
    /// With its placeholders.
    pub path: String,
    pub cells: Vec<(Role, Cell)>,
}

impl Row {
    /// Method and path, as one reads them.
    pub fn request(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// The same without what comes behind the path.
    pub fn operation(&self) -> String {
        self.request().split(['?', ' ']).take(2).collect::<Vec<_>>().join(" ")
    }
}

/// Reads a table: prose, then sections that begin with `# Title: what it is about` and a line of columns.
pub fn read(text: &str) -> Vec<Row> {
    let (mut rows, mut section, mut roles): (Vec<Row>, _, Vec<Role>) = (Vec::new(), None, Vec::new());
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        if let Some(title) = line.strip_prefix("# ") {
            section = Some(title.split(':').next().unwrap_or_default().to_owned());
            roles = Vec::new();
            continue;
        }
        let (Some(section), false) = (&section, words.is_empty()) else { continue };
        if roles.is_empty() {
            roles = words.into_iter().map(Role::parse).collect();
            continue;
        }
        let (request, cells) = words.split_at(words.len() - roles.len().min(words.len()));
        let (method, path) = request.split_first().unwrap_or_else(|| panic!("`{line}` is no row"));
        let cells = roles.iter().copied().zip(cells.iter().map(|word| Cell::parse(word))).collect();
        let (method, path) = ((*method).to_owned(), path.join(" "));
        rows.push(Row { section: section.clone(), method, path, cells });
    }
    for row in &rows {
        let is_for_nobody = row.section.starts_with("For nobody");
        let someone = is_for_nobody != row.cells.iter().any(|(_, cell)| cell.is_granted());
        assert!(someone, "{}, {}: somebody may, or the request may be wrong", row.section, row.request());
    }
    rows
}

/// The titles of the sections.
pub fn sections(rows: &[Row]) -> BTreeSet<&str> {
    rows.iter().map(|row| row.section.as_str()).collect()
}
