//! What a writer may do, made up so that all of them meet all the time.

use rand::RngExt;
use rand::rngs::StdRng;

use crate::model::operation::{Operation, pick, property_changes, quota_bytes, times};
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
            45..60 => Self::Do(Operation::Move { from: path, to, overwrite }),
            60..70 => {
                let deep = random.random_bool(0.7);
                Self::Do(Operation::Copy { from: path, to, overwrite, deep })
            }
            70..82 => Self::Do(Operation::Remove(path)),
            82..87 => Self::Do(Operation::SetProperties(path, property_changes(random), times(random))),
            87..90 => Self::Do(Operation::SetQuota(quota_bytes(random, tree))),
            90..96 => Self::Look(path),
            _ => Self::List,
        }
    }
}

fn path(random: &mut StdRng) -> Names {
    let depth = if random.random_bool(0.6) { 1 } else { 2 };
    (0..depth).map(|_| pick(random, &NAMES).to_owned()).collect()
}
