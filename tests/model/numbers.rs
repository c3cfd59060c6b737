//! Which number in the house each node of the model has. Names in the trash may hold it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use domain::NodeId;

/// A name with the number of a node in the model, `a (#7)`, is in the house one with its number there, `a (1041)`.
#[derive(Clone, Default)]
pub struct Numbers(Arc<Mutex<Pairs>>);

#[derive(Default)]
struct Pairs {
    real: HashMap<u64, i64>,
    modelled: HashMap<i64, u64>,
}

impl Numbers {
    pub fn learn(&self, identity: u64, id: NodeId) {
        let mut pairs = self.0.lock().unwrap();
        pairs.real.insert(identity, id.0);
        pairs.modelled.insert(id.0, identity);
    }

    /// A name of the model as it is in the house.
    pub fn real(&self, name: &str) -> String {
        let pairs = self.0.lock().unwrap();
        replaced(name, "(#", |number| Some(format!("({})", pairs.real.get(&number.parse().ok()?)?)))
    }

    /// A name of the house as it is in the model.
    pub fn modelled(&self, name: &str) -> String {
        let pairs = self.0.lock().unwrap();
        replaced(name, "(", |number| Some(format!("(#{})", pairs.modelled.get(&number.parse().ok()?)?)))
    }
}

fn replaced(name: &str, open: &str, other: impl Fn(&str) -> Option<String>) -> String {
    let mut pieces = name.split(open);
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |text, piece| {
        let replaced = piece.split_once(')').and_then(|(number, rest)| Some(other(number)? + rest));
        text + &replaced.unwrap_or_else(|| format!("{open}{piece}"))
    })
}
