//! The name somebody probably meant.

/// The candidate that takes the fewest changed letters to become, if that is close enough to be a slip.
///
/// A last part that is spelled right counts as one letter off: people forget the section.
pub fn nearest<'a>(typed: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let letters_max = (typed.chars().count() / 3).max(2);
    candidates
        .map(|candidate| match candidate.rsplit_once('.') {
            Some((_, last)) if last == typed => (1, candidate),
            _ => (distance(typed, candidate), candidate),
        })
        .min_by_key(|(letters, _)| *letters)
        .filter(|(letters, _)| *letters <= letters_max)
        .map(|(_, candidate)| candidate)
}

/// How many letters must be added, dropped or replaced (Levenshtein), row by row of the usual table.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (above, letter) in from.chars().enumerate() {
        let mut diagonal = above;
        row[0] = above + 1;
        for (column, other) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != *other);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_its_key_and_something_else_finds_none() {
        let keys = ["data_folder", "server.listen", "server.admin_listen", "login.failures_max"];
        for (typed, meant) in [
            ("servr.listen", Some("server.listen")),
            ("server.listne", Some("server.listen")),
            ("failures_max", Some("login.failures_max")),
            ("data-folder", Some("data_folder")),
            ("listen", Some("server.listen")),
            ("colour", None),
            ("", None),
        ] {
            assert_eq!(nearest(typed, keys.into_iter()), meant, "{typed}");
        }
    }
}
