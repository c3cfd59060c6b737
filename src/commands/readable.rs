//! Times, spans and tables as people read and type them.

use std::time::Duration;

use chrono::DateTime;
use domain::{NodeName, NodePath, Timestamp};

/// A moment such as `2026-11-21 08:15 UTC`.
pub fn time(time: Timestamp) -> String {
    DateTime::from_timestamp_millis(time.millis())
        .map_or_else(String::new, |time| time.format("%Y-%m-%d %H:%M UTC").to_string())
}

/// A moment, or that there is none.
pub fn time_or(time_or_none: Option<Timestamp>, none: &str) -> String {
    time_or_none.map_or_else(|| none.to_owned(), time)
}

/// A text that others have written, without anything that a terminal would obey: names may have control characters.
pub fn harmless(text: &str) -> String {
    let shown = |letter: char| match letter.is_control() {
        true => letter.escape_default().to_string(),
        false => letter.to_string(),
    };
    text.chars().map(shown).collect()
}

/// A number of things: `1 file`, `12 files`.
pub fn count(number: u64, thing: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {thing}{plural}")
}

/// How long something took: `0.4 s`, `3 min 20 s`.
pub fn took(span: Duration) -> String {
    match span.as_secs() {
        0..60 => format!("{:.1} s", span.as_secs_f64()),
        seconds @ 60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        seconds => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

const UNITS: [(char, u64); 4] = [('m', 60), ('h', 3_600), ('d', 86_400), ('w', 604_800)];

/// A span of time such as `30d`, in the largest unit that says it exactly.
pub fn span(span: Duration) -> String {
    let seconds = span.as_secs();
    let unit = UNITS.iter().rev().find(|(_, unit)| seconds > 0 && seconds.is_multiple_of(*unit));
    unit.map_or_else(|| format!("{seconds}s"), |(name, unit)| format!("{}{name}", seconds / unit))
}

/// Reads a span of time such as `30d`.
pub fn parse_span(text: &str) -> Result<Duration, String> {
    let read = || {
        let unit = text.chars().next_back()?;
        let (_, seconds) = UNITS.iter().find(|(name, _)| *name == unit)?;
        let count: u64 = text.strip_suffix(unit)?.trim().parse().ok()?;
        count.checked_mul(*seconds).filter(|seconds| *seconds > 0).map(Duration::from_secs)
    };
    read().ok_or_else(|| "write a number and a unit: 12h, 30d or 8w".to_owned())
}

/// Reads a path in a drive, such as `/Reports/q3.pdf`.
pub fn parse_path(text: &str) -> domain::Result<NodePath> {
    let names = text.split('/').filter(|name| !name.is_empty()).map(NodeName::parse);
    NodePath::new(names.collect::<domain::Result<_>>()?, usize::MAX)
}

/// Columns as wide as their widest cell, two spaces apart; the first row is the heading.
pub fn table<const COLUMNS: usize>(rows: &[[String; COLUMNS]]) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; COLUMNS] = std::array::from_fn(width);
    let line = |row: &[String; COLUMNS]| {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_shows_its_minute_and_zone() {
        assert_eq!(time(Timestamp::from_millis(1_795_248_959_999)), "2026-11-21 08:15 UTC");
        assert_eq!(time_or(None, "never"), "never");
    }

    #[test]
    fn a_span_is_a_number_and_a_unit() {
        for (text, hours) in [("12h", 12), ("30d", 720), ("1w", 168), ("120 m", 2)] {
            assert_eq!(parse_span(text), Ok(Duration::from_secs(hours * 3600)), "{text}");
        }
        for text in ["12h", "30d", "8w", "90m"] {
            assert_eq!(span(parse_span(text).unwrap()), text);
        }
        assert_eq!((span(Duration::from_secs(90)).as_str(), span(Duration::ZERO).as_str()), ("90s", "0s"));
        for text in
            ["", "d", "30", "-1d", "0d", "1y", "1.5d", "99999999999999999999w", "9999999999999999999w"]
        {
            assert!(parse_span(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_columns_of_a_table_stand_below_each_other() {
        let rows = [["USER", "QUOTA"], ["zoë", "no limit"], ["annabel", ""]];
        let rows = rows.map(|row| row.map(str::to_owned));
        assert_eq!(table(&rows), "USER     QUOTA\nzoë      no limit\nannabel");
    }
}
