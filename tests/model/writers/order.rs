//! The search for an order of what happened that explains every answer and what is there in the end.

use std::collections::HashSet;
use std::fmt::Write;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::event::{Event, State};
use crate::model::drive::Sight;
use crate::model::node::Kind;
use crate::model::tree::Tree;

/// The tree after an order of the events that explains them and the sight of everything afterwards; or, in words,
/// that there is none.
pub fn explain(start: &Tree, events: &[Event], sight: &Sight) -> Result<Tree, String> {
    assert!(events.len() < 64, "an event is a bit");
    let mut search =
        Search { events, sight, order: Vec::new(), failed: HashSet::new(), nearest: Nearest::default() };
    let start = State::new(start.clone());
    search.go_on(0, &start).map(|end| end.tree).ok_or_else(|| search.report(&start))
}

struct Search<'a> {
    /// By when they began.
    events: &'a [Event],
    sight: &'a Sight,
    order: Vec<usize>,
    /// What has happened, with what came of it, from where there is no way to the end.
    failed: HashSet<(u64, u64)>,
    nearest: Nearest,
}

/// The longest order that explains something, and why none goes further than that.
#[derive(Default)]
struct Nearest {
    order: Vec<usize>,
    why: String,
}

impl Search<'_> {
    fn go_on(&mut self, done: u64, state: &State) -> Option<State> {
        let key = (done, digest(state));
        if self.failed.contains(&key) {
            return None;
        }
        let end = self.try_each(done, state);
        if end.is_none() {
            self.failed.insert(key);
        }
        end
    }

    fn try_each(&mut self, done: u64, state: &State) -> Option<State> {
        let may_be_next = self.may_be_next(done);
        if may_be_next.is_empty() {
            let difference = state.tree.difference(self.sight);
            difference.iter().for_each(|why| self.stuck(why.clone()));
            return difference.is_none().then(|| state.clone());
        }
        let (mut ways, mut why) = (Vec::new(), String::new());
        for next in may_be_next {
            let (event, mut after) = (&self.events[next], state.clone());
            let answer = after.happen(event);
            if answer != event.answer {
                writeln!(why, "  writer {}'s {:?} would be told {answer:?}", event.writer, event.action)
                    .unwrap();
            } else if after == *state {
                // What changes nothing may as well be next.
                ways = vec![(next, after)];
                break;
            } else {
                ways.push((next, after));
            }
        }
        if ways.is_empty() {
            self.stuck(why);
        }
        for (next, after) in ways {
            self.order.push(next);
            if let Some(end) = self.go_on(done | 1 << next, &after) {
                return Some(end);
            }
            self.order.pop();
        }
        None
    }

    /// What has not happened yet and began before anything else that has not happened was over.
    fn may_be_next(&self, done: u64) -> Vec<usize> {
        let left = || (0..self.events.len()).filter(|event| done & 1 << event == 0);
        let first_end = left().map(|event| self.events[event].ended).min();
        left().filter(|event| first_end.is_some_and(|end| self.events[*event].began < end)).collect()
    }

    fn stuck(&mut self, why: String) {
        if self.nearest.why.is_empty() || self.order.len() > self.nearest.order.len() {
            self.nearest = Nearest { order: self.order.clone(), why };
        }
    }

    fn report(&self, start: &State) -> String {
        let mut text = String::from("No order explains what happened.\nBefore, there was:\n");
        for (path, node) in start.tree.nodes() {
            let what = match &node.kind {
                Kind::Folder(_) => "a folder".to_owned(),
                Kind::File(content) => format!("a file with {:?}", content.text),
                Kind::System(text) => format!("a system file with {text:?}"),
            };
            writeln!(text, "  {path:?}: {what}, change {}", node.change).unwrap();
        }
        let tree = &start.tree;
        let (used, limit) = (tree.used_bytes(), tree.limit_bytes);
        writeln!(text, "  change {}, {used} bytes of {limit:?} used", tree.changes).unwrap();
        writeln!(text, "What happened, with the ticks between which it did:").unwrap();
        for event in self.events {
            writeln!(text, "  {}", line(event)).unwrap();
        }
        writeln!(text, "The longest order that explains anything:").unwrap();
        for event in &self.nearest.order {
            writeln!(text, "  {}", line(&self.events[*event])).unwrap();
        }
        writeln!(text, "It ends there because:\n{}", self.nearest.why).unwrap();
        text
    }
}

fn line(event: &Event) -> String {
    let Event { writer, began, ended, now, action, answer, .. } = event;
    format!("writer {writer} [{began:>3}..{ended:>3}] at {}: {action:?} -> {answer:?}", now.millis())
}

fn digest(state: &State) -> u64 {
    let mut hasher = DefaultHasher::new();
    state.hash(&mut hasher);
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
        let events: Vec<Event> = events
            .into_iter()
            .zip(0..)
            .map(|((operation, outcome, began, ended), writer)| Event {
                number: writer as u64,
                writer,
                began,
                ended,
                now: Timestamp::from_millis(0),
                action: Action::Do(operation),
                answer: Answer::Done(outcome),
            })
            .collect();
        let quota = Quota { used_bytes: 0, limit_bytes: None };
        let sight = Sight { seq: 2, quota, nodes: BTreeMap::new() };
        explain(&Tree::new(None), &events, &sight)
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
