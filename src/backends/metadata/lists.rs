//! Lists of values in a statement.

/// So many values of a list go into one statement, which is fewer than SQLite takes.
pub(crate) const AT_ONCE: usize = 500;

/// The places of so many values, from this one on: `$2, $3, $4`.
pub(crate) fn slots(count: usize, first: usize) -> String {
    (first..first + count).map(|at| format!("${at}")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_value_has_its_place() {
        assert_eq!((slots(3, 2).as_str(), slots(0, 1).as_str()), ("$2, $3, $4", ""));
    }
}
