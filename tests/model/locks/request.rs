//! What a device asks, made up at random so that locks, tokens and paths meet often.

use std::time::Duration;

use domain::{Conditions, LockDepth, LockScope, LockToken, StateList, StateTest, Tested};
use rand::RngExt;
use rand::rngs::StdRng;

use super::super::drive::parsed;
use super::super::tree::Names;
use super::rules::Rules;

/// Two names at three depths: most requests meet what another one made.
const NAMES: [&str; 2] = ["a", "b"];
const DEPTH_MAX: usize = 3;
/// Some end before the next request, some never do in a run of usual length.
const TIMEOUTS: [u64; 3] = [30, 1800, 7200];

#[derive(Debug, Clone)]
pub struct Request {
    pub path: Names,
    pub action: Action,
    /// The lists of the `If` header; none if it is not sent.
    pub lists: Option<Vec<List>>,
}

/// One list: what it is about, if not the path of the request, and its tokens, each with whether it must hold.
#[derive(Debug, Clone)]
pub struct List {
    pub about: Option<Names>,
    pub tokens: Vec<(bool, LockToken)>,
}

#[derive(Debug, Clone)]
pub enum Action {
    Put(String),
    Delete,
    MakeFolder,
    Move(Names),
    Copy(Names),
    Lock { scope: LockScope, depth: LockDepth, timeout: Duration },
    Refresh(Duration),
    Unlock(LockToken),
}

impl Request {
    /// A request of somebody who knows every token that was ever given out, as a device that stole one does. Every
    /// other one is about a lock the user has or had.
    pub fn random(random: &mut StdRng, rules: &Rules, user: usize) -> Self {
        let locks = rules.locks_of(user);
        let lock = (!locks.is_empty() && random.random_bool(0.6)).then(|| pick(random, &locks));
        let at = match &lock {
            Some((root, _)) if random.random_bool(0.7) => root.clone(),
            _ => path(random, rules),
        };
        let known = lock.map(|(_, token)| token);
        let timeout = Duration::from_secs(pick(random, &TIMEOUTS));
        let action = match random.random_range(0..100) {
            0..22 => Action::Put(random.random_range(0..1000).to_string()),
            22..27 => Action::Delete,
            27..38 => Action::MakeFolder,
            38..48 => Action::Move(path(random, rules)),
            48..56 => Action::Copy(path(random, rules)),
            56..78 => {
                let scope = if random.random_bool(0.6) { LockScope::Exclusive } else { LockScope::Shared };
                let depth = if random.random_bool(0.5) { LockDepth::Zero } else { LockDepth::Infinity };
                Action::Lock { scope, depth, timeout }
            }
            78..90 => Action::Refresh(timeout),
            _ => Action::Unlock(token(random, rules, known)),
        };
        let asks = matches!(action, Action::Refresh(_)) || random.random_bool(0.6);
        let lists = asks.then(|| {
            let count = random.random_range(1..=3);
            (0..count).map(|_| list(random, rules, known)).collect()
        });
        Self { path: at, action, lists }
    }

    /// The same as the door would say it.
    pub fn conditions(&self) -> Conditions {
        let lists = self.lists.as_ref().map(|lists| lists.iter().map(List::parsed).collect());
        Conditions { lists, ..Conditions::default() }
    }

    /// Every token that stands in the `If` header.
    pub fn tokens(&self) -> impl Iterator<Item = LockToken> {
        self.lists.iter().flatten().flat_map(|list| list.tokens.iter().map(|(_, token)| *token))
    }
}

impl List {
    fn parsed(&self) -> StateList {
        let about = self.about.as_deref().map_or(Tested::Target, |path| Tested::Path(parsed(path)));
        let state = |(wanted, token): &(bool, LockToken)| (*wanted, StateTest::Token(Some(*token)));
        StateList { about, states: self.tokens.iter().map(state).collect() }
    }
}

fn list(random: &mut StdRng, rules: &Rules, known: Option<LockToken>) -> List {
    let mut states = |_| (random.random_bool(0.85), token(random, rules, known));
    let tokens = (0..=usize::from(known.is_none())).map(&mut states).collect();
    List { about: random.random_bool(0.3).then(|| path(random, rules)), tokens }
}

/// Mostly the one the request is about.
fn token(random: &mut StdRng, rules: &Rules, known: Option<LockToken>) -> LockToken {
    match known.filter(|_| random.random_bool(0.85)) {
        Some(token) => token,
        None if rules.tokens().is_empty() => LockToken(uuid::Uuid::nil()),
        None => pick(random, rules.tokens()),
    }
}

/// Mostly something that is there.
fn path(random: &mut StdRng, rules: &Rules) -> Names {
    let paths = rules.paths();
    if !paths.is_empty() && random.random_bool(0.6) {
        return pick(random, &paths);
    }
    let depth = random.random_range(1..=DEPTH_MAX);
    (0..depth).map(|_| pick(random, &NAMES).to_owned()).collect()
}

fn pick<T: Clone>(random: &mut StdRng, from: &[T]) -> T {
    from[random.random_range(0..from.len())].clone()
}
