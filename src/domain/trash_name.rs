//! The names of things in the trash, where many folders' things lie side by side.

use chrono::DateTime;

use crate::name::cut;
use crate::{NodeId, NodeName, RequestId, Timestamp};

/// The names that an entry of the trash may get, best first: its own, with the day, with its number too, and one that
/// nothing can have that was there before the request.
pub fn trash_names(name: &NodeName, id: NodeId, at: Timestamp, request: RequestId) -> [NodeName; 4] {
    let day = DateTime::from_timestamp(at.seconds(), 0).unwrap_or_default().format("%Y-%m-%d");
    [
        name.clone(),
        with(name, &format!(" {day}")),
        with(name, &format!(" {day} ({})", id.0)),
        with(name, &format!(" {day} ({} {request})", id.0)),
    ]
}

/// The name with something before its extension, and the end of its stem cut off if that does not fit.
fn with(name: &NodeName, more: &str) -> NodeName {
    let (stem, extension) = name.parts();
    let room = NodeName::BYTES_MAX.saturating_sub(more.len() + extension.len());
    let stem = cut(stem, room);
    NodeName::stored(format!("{stem}{more}{extension}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    const AT: Timestamp = Timestamp::from_millis(1_795_248_959_999);
    const REQUEST: RequestId = RequestId(Uuid::nil());

    fn names(name: &str) -> [String; 3] {
        let name = NodeName::parse(name).unwrap();
        let [plain, day, number, _] = trash_names(&name, NodeId(7), AT, REQUEST);
        [plain, day, number].map(|name| name.to_string())
    }

    #[test]
    fn the_day_and_the_number_stand_before_the_extension() {
        let pdf = ["q3.pdf", "q3 2026-11-21.pdf", "q3 2026-11-21 (7).pdf"];
        assert_eq!(names("q3.pdf"), pdf);
        assert_eq!(names("Reports"), ["Reports", "Reports 2026-11-21", "Reports 2026-11-21 (7)"]);
        assert_eq!(names(".bashrc")[1], ".bashrc 2026-11-21");
        assert_eq!(names("a.")[1], "a 2026-11-21.");
    }

    #[test]
    fn the_last_one_says_by_which_request() {
        let name = NodeName::parse("a.txt").unwrap();
        let last =
            |request| trash_names(&name, NodeId(7), AT, RequestId(Uuid::from_u128(request)))[3].clone();
        assert_ne!(last(1), last(2));
    }

    proptest! {
        #[test]
        fn every_one_is_a_name(name in "\\PC{1,200}", id in 1..i64::MAX, millis in any::<i64>()) {
            if let Ok(name) = NodeName::parse(&name) {
                for made in trash_names(&name, NodeId(id), Timestamp::from_millis(millis), REQUEST) {
                    prop_assert_eq!(NodeName::parse(made.as_str()).ok(), Some(made));
                }
            }
        }
    }
}
