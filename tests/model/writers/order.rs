//! The search for an order of what happened that explains every answer and what is there in the end.

use std::collections::HashSet;
use std::fmt::Write;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::event::{Event, happen};
use crate::model::drive::Sight;
use crate::model::node::Kind;
use crate::model::tree::Tree;

/// The tree after an order of the events that explains them and the sight of everything afterwards; or, in words,
/// that there is none. In a lane, one event comes after the other.
pub fn explain(start: &Tree, lanes: &[Vec<Event>], sight: &Sight) -> Result<Tree, String> {
    let mut search =
        Search { lanes, sight, order: Vec::new(), failed: HashSet::new(), nearest: Nearest::default() };
    search.go_on(&vec![0; lanes.len()], start).ok_or_else(|| search.report(start))
}

struct Search<'a> {
    lanes: &'a [Vec<Event>],
    sight: &'a Sight,
    /// What has happened, by its place in its lane.
    order: Vec<(usize, usize)>,
    /// How much has happened in each lane, with what came of it, from where there is no way to the end.
    failed: HashSet<(Vec<usize>, u64)>,
    nearest: Nearest,
}

/// The longest order that explains something, and why none goes further than that.
#[derive(Default)]
struct Nearest {
    order: Vec<(usize, usize)>,
    why: String,
}

impl Search<'_> {
    fn go_on(&mut self, done: &[usize], tree: &Tree) -> Option<Tree> {
        let key = (done.to_vec(), digest(tree));
        if self.failed.contains(&key) {
            return None;
        }
        let end = self.try_each(done, tree);
        if end.is_none() {
            self.failed.insert(key);
        }
        end
    }

    fn try_each(&mut self, done: &[usize], tree: &Tree) -> Option<Tree> {
        let may_be_next = self.may_be_next(done);
        if may_be_next.is_empty() {
            let difference = tree.difference(self.sight);
            difference.iter().for_each(|why| self.stuck(why.clone()));
            return difference.is_none().then(|| tree.clone());
        }
        let (mut ways, mut why) = (Vec::new(), String::new());
        for lane in may_be_next {
            let (event, mut after) = (&self.lanes[lane][done[lane]], tree.clone());
            let answer = happen(&mut after, event);
            if event.answer.as_ref().is_some_and(|told| *told != answer) {
                writeln!(why, "  would be told {answer:?}: {}", line(lane, event)).unwrap();
            } else if after == *tree && event.never_changes_more() {
                // It may as well be next.
                ways = vec![(lane, after)];
                break;
            } else {
                ways.push((lane, after));
            }
        }
        if ways.is_empty() {
            self.stuck(why);
        }
        for (lane, after) in ways {
            let mut done = done.to_vec();
            self.order.push((lane, done[lane]));
            done[lane] += 1;
            if let Some(end) = self.go_on(&done, &after) {
                return Some(end);
            }
            self.order.pop();
        }
        None
    }

    /// The lanes in which something has not happened yet that began before anything else that has not happened was over.
    fn may_be_next(&self, done: &[usize]) -> Vec<usize> {
        let left = || (0..done.len()).filter_map(|lane| Some((lane, self.lanes[lane].get(done[lane])?)));
        let first_end = left().map(|(_, event)| event.ended).min();
        let may_be = left().filter(|(_, event)| first_end.is_some_and(|end| event.began < end));
        may_be.map(|(lane, _)| lane).collect()
    }

    fn stuck(&mut self, why: String) {
        let nearest = &mut self.nearest;
        if nearest.why.is_empty() || self.order.len() > nearest.order.len() {
            *nearest = Nearest { order: self.order.clone(), why };
        } else if self.order.len() == nearest.order.len() && !nearest.why.contains(&why) {
            nearest.why += &format!("\nor, in another order, because:\n{why}");
        }
    }

    fn report(&self, start: &Tree) -> String {
        let mut text = String::from("No order explains what happened.\nBefore, there was:\n");
        for (path, node) in start.nodes() {
            let what = match &node.kind {
                Kind::Folder(_) => "a folder".to_owned(),
                Kind::File(content) => format!("a file with {:?}", content.text),
                Kind::System(text) => format!("a system file with {text:?}"),
            };
            writeln!(text, "  {path:?}: {what}, change {}", node.change).unwrap();
        }
        writeln!(text, "  change {}, {:?}", start.changes, start.quota()).unwrap();
        writeln!(text, "What happened, with the ticks between which it did:").unwrap();
        for (lane, events) in self.lanes.iter().enumerate() {
            for event in events {
                writeln!(text, "  {}", line(lane, event)).unwrap();
            }
        }
        writeln!(text, "The longest order that explains anything:").unwrap();
        for (lane, event) in &self.nearest.order {
            writeln!(text, "  {}", line(*lane, &self.lanes[*lane][*event])).unwrap();
        }
        writeln!(text, "It ends there because:\n{}", self.nearest.why).unwrap();
        text
    }
}

fn line(lane: usize, event: &Event) -> String {
    let Event { began, ended, now, action, answer, .. } = event;
    let answer = answer.as_ref().map_or(String::new(), |answer| format!(" -> {answer:?}"));
    format!("writer {lane} [{began:>3}..{ended:>3}] at {}: {action:?}{answer}", now.millis())
}

fn digest(tree: &Tree) -> u64 {
    let mut hasher = DefaultHasher::new();
    tree.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use domain::{Quota, Timestamp};
    use services::files::Placed;

    use super::*;
    use crate::model::operation::Operation;
    use crate::model::tree::{Outcome, Refused};
    use crate::model::writers::event::{Action, Answer};

    const CREATED: Outcome = Ok(Some(Placed::Created));
    const FOLDER: fn() -> Operation = || Operation::CreateFolder(vec!["a".to_owned()]);
    const REMOVAL: fn() -> Operation = || Operation::Remove(vec!["a".to_owned()]);

    /// What was done and answered between two ticks, with nothing there before and afterwards.
    fn explanation(events: [(Operation, Outcome, u64, u64); 2]) -> Result<Tree, String> {
        let lane = |(number, (operation, outcome, began, ended))| {
            let (now, action) = (Timestamp::from_millis(0), Action::Do(operation));
            vec![Event { number, began, ended, now, action, answer: Some(Answer::Done(outcome)) }]
        };
        let lanes: Vec<Vec<Event>> = (1..).zip(events).map(lane).collect();
        let quota = Quota { used_bytes: 0, reserved_bytes: 0, limit_bytes: None };
        let sight = Sight { seq: 2, quota, nodes: BTreeMap::new(), trash: BTreeMap::new() };
        explain(&Tree::new(None), &lanes, &sight)
    }

    #[test]
    fn no_order_explains_that_two_made_the_same_folder() {
        let why = explanation([(FOLDER(), CREATED, 0, 2), (FOLDER(), CREATED, 1, 3)]).unwrap_err();
        assert!(why.contains("would be told Done(Err(Exists))"), "{why}");
    }

    #[test]
    fn no_order_lets_something_happen_after_what_began_when_it_was_over() {
        let late = explanation([(REMOVAL(), Ok(None), 0, 1), (FOLDER(), CREATED, 2, 3)]).unwrap_err();
        assert!(late.contains("would be told Done(Err(NotFound))"), "{late}");
        // At the same time both may happen; it is the sight afterwards that shows not even a top folder.
        let meanwhile = explanation([(REMOVAL(), Ok(None), 0, 2), (FOLDER(), CREATED, 1, 3)]).unwrap_err();
        assert!(meanwhile.contains("[] are listed, not [[]]"), "{meanwhile}");
    }

    #[test]
    fn no_order_explains_a_refusal_without_a_reason() {
        let refused = Err(Refused::QuotaExceeded);
        let why = explanation([(FOLDER(), refused, 0, 2), (REMOVAL(), Err(Refused::NotFound), 1, 3)]);
        assert!(why.is_err());
    }
}
