//! A TOML document as a list of values, each with its dotted key and its line.

use serde::Deserialize;
use toml::Value;
use toml::de::{DeTable, ValueDeserializer};

/// One value of a document; an empty table counts as one.
pub(super) struct Entry {
    /// Its tables and name, such as `server.listen`.
    pub key: String,
    /// What it is.
    pub value: Value,
    /// Where its name stands, counted from 1.
    pub line: usize,
}

/// Reads a document into its values, in the order of their lines, or says in which line it is no TOML and why.
pub(super) fn read(text: &str) -> Result<Vec<Entry>, (Option<usize>, String)> {
    let table = DeTable::parse(text).map_err(|error| {
        let line = error.span().map(|span| line_at(text, span.start));
        (line, error.message().trim_end().replace('\n', ", "))
    })?;
    let mut entries = Vec::new();
    collect(text, "", table.get_ref(), &mut entries);
    entries.sort_by_key(|entry| entry.line);
    Ok(entries)
}

fn collect(text: &str, above: &str, table: &DeTable<'_>, entries: &mut Vec<Entry>) {
    for (name, value) in table {
        let line = line_at(text, name.span().start);
        let name = name.get_ref();
        let key = if above.is_empty() { name.to_string() } else { format!("{above}.{name}") };
        match value.get_ref().as_table() {
            Some(table) if !table.is_empty() => collect(text, &key, table, entries),
            // What was parsed as a value can be read as one.
            _ => entries.extend(
                Value::deserialize(ValueDeserializer::from(value.clone())).ok().map(|value| Entry {
                    key,
                    value,
                    line,
                }),
            ),
        }
    }
}

fn line_at(text: &str, offset: usize) -> usize {
    1 + text.bytes().take(offset).filter(|byte| *byte == b'\n').count()
}
