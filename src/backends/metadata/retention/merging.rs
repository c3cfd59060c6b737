//! What becomes of the revisions of a file when some of its earlier contents are taken away.

use std::collections::BTreeSet;

use domain::Timestamp;
use uuid::Uuid;

/// A row of the history of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Revision {
    pub(super) id: i64,
    pub(super) from: i64,
    pub(super) to: Option<i64>,
    pub(super) parent: Option<i64>,
    pub(super) name: String,
    pub(super) blob: Option<Uuid>,
    pub(super) trashed: bool,
    pub(super) modified_ms: i64,
    /// When the content came, as far as this revision says.
    pub(super) came: Timestamp,
}

/// What is to be done.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Merged {
    /// How many contents go.
    pub(super) contents: usize,
    /// Whether more are to go than may at once.
    pub(super) more: bool,
    /// Revisions that become a part of the one before them.
    pub(super) gone: Vec<i64>,
    /// Revisions that stay and say something else now.
    pub(super) changed: Vec<Revision>,
    /// What the file holds at no time any more.
    pub(super) lost: Vec<Uuid>,
}

/// Takes contents away from the revisions of a file, oldest first. A content is what stands in a row of revisions,
/// whatever its name and place; the current one is not asked about. Where the file was and what it was called stays
/// known for every change, because clients that synchronize ask for it.
pub(super) fn merge(
    revisions: &[Revision],
    kept: impl FnOnce(&[Timestamp]) -> Vec<bool>,
    contents_max: usize,
) -> Merged {
    let runs: Vec<&[Revision]> = revisions.chunk_by(|one, next| one.blob == next.blob).collect();
    let earlier = runs.len().saturating_sub(1);
    let kept = kept(&runs[..earlier].iter().map(|run| run[0].came).collect::<Vec<_>>());
    let unwanted: Vec<usize> = (0..earlier).filter(|run| !kept[*run]).collect();
    let goes = &unwanted[..unwanted.len().min(contents_max)];
    let mut merged = Merged { contents: goes.len(), more: goes.len() < unwanted.len(), ..Merged::default() };
    if goes.is_empty() {
        return merged;
    }
    let mut after: Vec<Revision> = Vec::with_capacity(revisions.len());
    for (index, run) in runs.iter().enumerate() {
        let shown = shown_for(&runs, goes, index);
        for revision in *run {
            let revision = match shown {
                Some(shown) => {
                    Revision { blob: shown.blob, modified_ms: shown.modified_ms, ..revision.clone() }
                }
                None => revision.clone(),
            };
            match after.last_mut().filter(|last| shown.is_some() && last.goes_on_as(&revision)) {
                Some(last) => {
                    last.to = revision.to;
                    merged.gone.push(revision.id);
                }
                None => after.push(revision),
            }
        }
    }
    let mut before = revisions.iter();
    let is_new = |revision: &&Revision| before.find(|old| old.id == revision.id) != Some(*revision);
    merged.changed = after.iter().filter(is_new).cloned().collect();
    let held = |revisions: &[Revision]| revisions.iter().filter_map(|one| one.blob).collect::<BTreeSet<_>>();
    merged.lost = held(revisions).difference(&held(&after)).copied().collect();
    merged
}

/// What is shown in the place of a content that goes: the last before it that stays, or the first after it.
fn shown_for<'a>(runs: &[&'a [Revision]], goes: &[usize], index: usize) -> Option<&'a Revision> {
    let stays = |run: &usize| goes.binary_search(run).is_err();
    if stays(&index) {
        return None;
    }
    let before = (0..index).rev().find(stays).and_then(|run| runs[run].last());
    before.or_else(|| (index..runs.len()).find(stays).and_then(|run| runs[run].first()))
}

impl Revision {
    /// Whether the next revision says nothing that this one does not say.
    fn goes_on_as(&self, next: &Self) -> bool {
        self.to == Some(next.from)
            && (self.parent, &self.name, self.trashed) == (next.parent, &next.name, next.trashed)
            && (self.blob, self.modified_ms) == (next.blob, next.modified_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A history in letters: each a content, `-` an empty one, a digit a new name, `!` the trash.
    fn history(letters: &str) -> Vec<Revision> {
        let (mut blob, mut name, mut trashed) = (None, "0".to_owned(), false);
        let mut revisions: Vec<Revision> = Vec::new();
        for (at, letter) in (1..).zip(letters.chars()) {
            match letter {
                '-' => blob = None,
                '!' => trashed = !trashed,
                '0'..='9' => name = letter.to_string(),
                letter => blob = Some(Uuid::from_u128(letter as u128)),
            }
            if let Some(last) = revisions.last_mut() {
                last.to = Some(at);
            }
            revisions.push(Revision {
                id: 100 + at,
                from: at,
                to: None,
                parent: Some(1),
                name: name.clone(),
                blob,
                trashed,
                modified_ms: at * 10,
                came: Timestamp::from_millis(at),
            });
        }
        revisions
    }

    /// What is seen after each change.
    fn seen(revisions: &[Revision]) -> String {
        let last = revisions.iter().map(|revision| revision.from).max().unwrap();
        let letter = |revision: &Revision| match revision.blob {
            Some(blob) => char::from(u8::try_from(blob.as_u128()).unwrap()).to_string(),
            None => "-".to_owned(),
        };
        let at = |seq: i64| {
            let is_open = |one: &&Revision| one.from <= seq && one.to.is_none_or(|to| to > seq);
            let found: Vec<&Revision> = revisions.iter().filter(is_open).collect();
            assert_eq!(found.len(), 1, "at {seq} in {revisions:?}");
            let mark = if found[0].trashed { "!" } else { "" };
            format!("{}{}{mark}", letter(found[0]), found[0].name)
        };
        (1..=last).map(at).collect::<Vec<_>>().join(" ")
    }

    /// Keeps the contents of these numbers, and shows what is seen, how many rows are left, and what is lost.
    fn thinned(letters: &str, keep: &[usize]) -> (String, usize, String) {
        let before = history(letters);
        let kept = |came: &[Timestamp]| (0..came.len()).map(|run| keep.contains(&run)).collect();
        let merged = merge(&before, kept, usize::MAX);
        assert!(!merged.more);
        let mut after = before;
        after.retain(|revision| !merged.gone.contains(&revision.id));
        for revision in &mut after {
            *revision = merged.changed.iter().find(|one| one.id == revision.id).unwrap_or(revision).clone();
        }
        let lost = merged.lost.iter().map(|blob| char::from(u8::try_from(blob.as_u128()).unwrap())).collect();
        (seen(&after), after.len(), lost)
    }

    fn is(seen: &str, rows: usize, lost: &str) -> (String, usize, String) {
        (seen.to_owned(), rows, lost.to_owned())
    }

    #[test]
    fn a_moment_shows_the_last_content_kept_before_it() {
        assert_eq!(thinned("abcd", &[0, 1, 2]), is("a0 b0 c0 d0", 4, ""));
        assert_eq!(thinned("abcd", &[0, 2]), is("a0 a0 c0 d0", 3, "b"));
        assert_eq!(thinned("abcd", &[0]), is("a0 a0 a0 d0", 2, "bc"));
    }

    #[test]
    fn where_none_is_kept_before_it_shows_the_first_that_is_kept() {
        assert_eq!(thinned("abcd", &[2]), is("c0 c0 c0 d0", 3, "ab"));
        assert_eq!(thinned("abcd", &[]), is("d0 d0 d0 d0", 2, "abc"));
        assert_eq!(thinned("a", &[]), is("a0", 1, ""));
    }

    #[test]
    fn names_and_the_trash_stay_known_for_every_change() {
        assert_eq!(thinned("ab1cd", &[0, 2]), is("a0 a0 a1 c1 d1", 4, "b"));
        assert_eq!(thinned("a1b2c!!d", &[1]), is("b0 b1 b1 b2 b2 b2! b2 d2", 7, "ac"));
    }

    #[test]
    fn what_is_held_at_another_time_is_not_lost() {
        assert_eq!(thinned("abac", &[0]), is("a0 a0 a0 c0", 2, "b"));
        assert_eq!(thinned("aba", &[1]), is("b0 b0 a0", 3, ""));
        assert_eq!(thinned("a-b", &[1]), is("-0 -0 b0", 3, "a"));
        assert_eq!(thinned("a-b", &[0]), is("a0 a0 b0", 2, ""));
    }

    #[test]
    fn no_more_goes_at_once_than_may() {
        let merged = merge(&history("abcde"), |came| vec![false; came.len()], 2);
        assert_eq!((merged.contents, merged.more, merged.lost.len()), (2, true, 2));
    }
}
