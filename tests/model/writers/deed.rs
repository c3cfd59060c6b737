//! What a writer may do, made up so that all of them meet all the time.

use rand::RngExt;
use rand::rngs::StdRng;

use crate::model::operation::{Operation, pick, property_changes, quota_bytes, times};
use crate::model::trash::TRASH;
use crate::model::tree::{Names, Tree};

/// The last one belongs to the first.
const NAMES: [&str; 3] = ["a", "b", "._a"];

#[derive(Debug)]
pub enum Deed {
    Do(Operation),
    /// Asks what is at a path and reads it.
    Look(Names),
    /// Asks what is in the top folder.
    List,
}

impl Deed {
    pub fn random(random: &mut StdRng, tree: &Tree) -> Self {
        let (path, to, overwrite) = (path(random), path(random), random.random_bool(0.7));
        match random.random_range(0..100) {
            0..15 => Self::Do(Operation::CreateFolder(path)),
            15..45 => Self::Do(Operation::random_upload(random, path)),
            45..55 => Self::Do(Operation::Move { from: path, to, overwrite }),
            55..63 => {
                let from = removed(random, tree);
                let back = vec![from[1].clone()];
                let to = if random.random_bool(0.5) && !back[0].contains(' ') { back } else { to };
                Self::Do(Operation::Move { from, to, overwrite })
            }
            63..70 => {
                let from = if random.random_bool(0.3) { removed(random, tree) } else { path };
                let deep = random.random_bool(0.7);
                Self::Do(Operation::Copy { from, to, overwrite, deep })
            }
            70..79 => Self::Do(Operation::Remove(path)),
            79..82 => Self::Do(Operation::Remove(removed(random, tree))),
            82..87 => Self::Do(Operation::SetProperties(path, property_changes(random), times(random))),
            87..90 => Self::Do(Operation::SetQuota(quota_bytes(random, tree))),
            90..96 => Self::Look(path),
            _ => Self::List,
        }
    }
}

/// Something that is in the trash, or may be there in a moment.
fn removed(random: &mut StdRng, tree: &Tree) -> Names {
    let nodes: Vec<Names> = tree.trashed_nodes().into_keys().collect();
    let path = match random.random_bool(0.5) && !nodes.is_empty() {
        true => nodes[random.random_range(0..nodes.len())].clone(),
        false => vec![pick(random, &NAMES).to_owned()],
    };
    [vec![TRASH.to_owned()], path].concat()
}

fn path(random: &mut StdRng) -> Names {
    let depth = if random.random_bool(0.6) { 1 } else { 2 };
    (0..depth).map(|_| pick(random, &NAMES).to_owned()).collect()
}
