//! Files and folders by a part of their names.

use domain::{Node, NodeFilter, NodeId, NodeOrder, Page, PageRequest, Result};
use sea_orm::{ConnectionTrait, DbBackend, QueryResult};
use uuid::Uuid;

use crate::Db;
use crate::error::DbResult;
use crate::listing::{Id, Listing};
use crate::members::{by, shown};
use crate::nodes::{COLUMNS, read_node};

/// Everything below the folder `$1` that is in no trash.
const BELOW: &str = "(WITH RECURSIVE tree (id) AS ( \
      SELECT CAST($1 AS BIGINT) UNION ALL \
      SELECT f.id FROM tree JOIN nodes f ON f.parent_id = tree.id AND f.folder AND f.trashed_ms IS NULL \
    ) SELECT id FROM tree) t \
    JOIN nodes p ON p.id = t.id JOIN nodes n ON n.parent_id = t.id AND n.trashed_ms IS NULL \
    LEFT JOIN blobs b ON b.id = n.blob_id";

/// Something that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// What.
    pub node: Node,
    /// The folder it lies in.
    pub folder: Uuid,
}

/// A page of what lies below a folder, at whatever depth, and has a text in its name, in upper or lower case.
///
/// # Errors
/// [`Invalid`](domain::Error::Invalid) for a cursor of another order; whatever the database says.
pub async fn page(
    db: &impl Db,
    folder: NodeId,
    text: &str,
    filter: NodeFilter,
    order: NodeOrder,
    request: &PageRequest,
) -> Result<Page<Hit>> {
    let (alike, pattern) = match db.raw().get_database_backend() {
        DbBackend::Postgres => ("n.name ~ CAST(? AS TEXT)", regular(text)),
        _ => ("n.name GLOB ?", glob(text)),
    };
    let read = |row: &QueryResult| {
        Ok(Hit { node: read_node(row)?, folder: row.try_get("", "folder_uuid").or_domain()? })
    };
    let columns = format!("{COLUMNS}, p.uuid AS folder_uuid");
    let below = Listing::of(columns, BELOW, Id::Number("n.id")).given(folder.0).only(alike, pattern);
    shown(below, filter).page(db, by(order.key), order.is_descending, request, read).await
}

/// What `GLOB` finds a text by, wherever it stands. Neither engine knows by itself which letters beyond ASCII belong
/// together.
fn glob(text: &str) -> String {
    let letter = |letter: char| match cases(letter) {
        Some(cases) => format!("[{cases}]"),
        None if matches!(letter, '*' | '?' | '[') => format!("[{letter}]"),
        None => letter.to_string(),
    };
    format!("*{}*", text.chars().map(letter).collect::<String>())
}

/// The same as a regular expression of PostgreSQL.
fn regular(text: &str) -> String {
    let letter = |letter: char| match cases(letter) {
        Some(cases) => format!("[{cases}]"),
        None if letter.is_ascii_punctuation() => format!("\\{letter}"),
        None => letter.to_string(),
    };
    text.chars().map(letter).collect()
}

/// A letter in all its cases, where it has more than one.
fn cases(letter: char) -> Option<String> {
    let mut cases = vec![letter];
    let (mut lower, mut upper) = (letter.to_lowercase(), letter.to_uppercase());
    for (other, rest) in [(lower.next(), lower.next()), (upper.next(), upper.next())] {
        // The capital of one letter can be two, for which a pattern has no word.
        cases.extend(other.filter(|other| rest.is_none() && *other != letter));
    }
    (cases.len() > 1).then(|| cases.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_looked_for_in_both_cases_and_signs_as_they_are() {
        assert_eq!(glob("üB*[1"), "*[üÜ][Bb][*][[]1*");
        assert_eq!(regular("üB*.ß_1"), r"[üÜ][Bb]\*\.ß\_1");
    }
}
