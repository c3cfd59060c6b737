//! What a client may do in its folder, drawn at random, and how that goes over the wire.

use std::io;

use rand::RngExt;
use rand::rngs::StdRng;

use super::line::Line;
use super::state::{Entry, LARGE, content, system_name};

/// One request. Paths are below the client's folder; every name begins with that of the client, so that it is known in
/// the trash.
#[derive(Debug, Clone)]
pub enum Operation {
    Put {
        path: String,
        seed: u64,
        sending: Sending,
    },
    MakeFolder(String),
    Remove(String),
    Relocate {
        from: String,
        to: String,
        overwrite: bool,
        copy: bool,
    },
    /// MOVE out of the trash of what has this name there.
    Restore {
        name: String,
        entry: Entry,
        to: String,
    },
    /// DELETE there.
    Purge {
        name: String,
        entry: Entry,
    },
}

/// How a file is sent.
#[derive(Debug, Clone, Copy)]
pub enum Sending {
    Length,
    Chunks,
    /// With a checksum of other bytes.
    Damaged,
    /// With `If-None-Match: *`.
    OnlyNew,
}

impl Operation {
    /// Something outside of the trash.
    pub fn random(random: &mut StdRng, client: &str, seed: u64) -> Self {
        let overwrite = random.random_ratio(2, 3);
        match random.random_range(0..20) {
            0..8 => {
                let sending = match random.random_range(0..8) {
                    0..4 => Sending::Length,
                    4..6 => Sending::Chunks,
                    6 => Sending::Damaged,
                    _ => Sending::OnlyNew,
                };
                Self::Put { path: file(random, client), seed, sending }
            }
            8..10 => Self::MakeFolder(folder(random, client)),
            10..12 => Self::Remove(file(random, client)),
            12 => Self::Remove(folder(random, client)),
            13..15 => {
                let (from, to) = (file(random, client), file(random, client));
                Self::Relocate { from, to, overwrite, copy: random.random() }
            }
            15..17 => {
                let (from, to) = (folder(random, client), folder(random, client));
                Self::Relocate { from, to, overwrite, copy: random.random() }
            }
            17 => Self::Put {
                path: system(random, client),
                seed: (seed & !LARGE) | 1,
                sending: Sending::Length,
            },
            18 => Self::Remove(system(random, client)),
            // A system file under an ordinary name becomes an ordinary file.
            _ => {
                let (from, to) = (system(random, client), file(random, client));
                Self::Relocate { from, to, overwrite, copy: random.random() }
            }
        }
    }

    /// Something with what is in the trash under this name.
    pub fn in_trash(random: &mut StdRng, client: &str, name: String, entry: Entry) -> Self {
        match random.random() {
            true => Self::Purge { name, entry },
            false => {
                let to = match entry {
                    Entry::File(_) => file(random, client),
                    Entry::Folder(_) => folder(random, client),
                };
                Self::Restore { name, entry, to }
            }
        }
    }

    /// The status of the answer, if there is one.
    pub fn perform(&self, line: &Line, client: &str) -> io::Result<u16> {
        let below = |path: &str| format!("/{client}/{path}");
        let in_trash = |name: &str| format!("/.Trash/{}", name.trim_end_matches('/'));
        let answer = match self {
            Self::Put { path, seed, sending } => {
                let header = match sending {
                    Sending::Length => None,
                    Sending::Chunks => Some(("Transfer-Encoding", "chunked")),
                    Sending::Damaged => Some(("OC-Checksum", "ADLER32:01234567")),
                    Sending::OnlyNew => Some(("If-None-Match", "*")),
                };
                line.ask("PUT", &below(path), header.as_slice(), &content(*seed))
            }
            Self::MakeFolder(path) => line.ask("MKCOL", &below(path), &[], b""),
            Self::Remove(path) => line.ask("DELETE", &below(path), &[], b""),
            Self::Relocate { from, to, overwrite, copy } => {
                let method = if *copy { "COPY" } else { "MOVE" };
                line.relocate(method, &below(from), &below(to), *overwrite)
            }
            Self::Restore { name, to, .. } => line.relocate("MOVE", &in_trash(name), &below(to), true),
            Self::Purge { name, .. } => line.ask("DELETE", &in_trash(name), &[], b""),
        };
        Ok(answer?.status)
    }
}

/// Few names, so that things meet again and again.
fn file(random: &mut StdRng, client: &str) -> String {
    let name = format!("{client}-f{}", random.random_range(0..3));
    match random.random() {
        true => name,
        false => format!("{}/{name}", top_folder(random, client)),
    }
}

fn folder(random: &mut StdRng, client: &str) -> String {
    let top = top_folder(random, client);
    match random.random_ratio(1, 4) {
        true => format!("{top}/{client}-d9"),
        false => top,
    }
}

fn system(random: &mut StdRng, client: &str) -> String {
    format!("{}/{}", top_folder(random, client), system_name(client))
}

fn top_folder(random: &mut StdRng, client: &str) -> String {
    format!("{client}-d{}", random.random_range(0..2))
}
