//! What should be in a folder that one client has for itself, and in the trash of it; and what is there.

use std::collections::BTreeMap;
use std::io;

use super::line::Line;
use super::operation::{Operation, Sending};
use crate::faults::varied_bytes;

/// A file by the seed of its content, or a folder.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Entry {
    File(u64),
    Folder(Members),
}

pub type Members = BTreeMap<String, Entry>;

/// The folder of one client, and what of it was deleted or replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    pub members: Members,
    /// Sorted.
    pub trash: Vec<Entry>,
}

/// What the seed of a large content has in it.
pub const LARGE: u64 = 1 << 59;

/// The part of a path that tells what is a system file: gone for good when it goes, and not listed to everybody.
const SYSTEM: &str = "~$";

/// The system file of whoever has this name; it may be in any of their folders.
pub fn system_name(client: &str) -> String {
    format!("{SYSTEM}{client}")
}

/// Bytes that tell their seed.
pub fn content(seed: u64) -> Vec<u8> {
    if seed & LARGE != 0 {
        // More than an S3 store is sent at once.
        let block = varied_bytes(seed, 100_000);
        let mut bytes = seed.to_le_bytes().to_vec();
        for number in 0..120_u64 {
            bytes.extend_from_slice(&number.to_le_bytes());
            bytes.extend_from_slice(&block);
        }
        return bytes;
    }
    // Mostly less than a system file may have; sometimes more than the house writes to the disk at once.
    let length = seed.wrapping_mul(7919) % if seed.is_multiple_of(16) { 600_000 } else { 8_000 };
    [&seed.to_le_bytes()[..], &varied_bytes(seed, length as usize)].concat()
}

/// The seed of a content that somebody has sent.
#[track_caller]
pub fn seed_of(body: &[u8]) -> u64 {
    let seed = body.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
    assert!(body == content(seed), "{} bytes that nobody sent: they begin with {seed}", body.len());
    seed
}

impl State {
    pub fn new() -> Self {
        Self { members: Members::new(), trash: Vec::new() }
    }

    /// What there is once this has been done; nothing if it is refused.
    pub fn after(&self, operation: &Operation) -> Option<Self> {
        let mut after = self.clone();
        after.carry_out(operation)?;
        after.trash.sort();
        Some(after)
    }

    fn carry_out(&mut self, operation: &Operation) -> Option<()> {
        match operation {
            Operation::Put { path, seed, sending } => {
                let old = self.find(path).cloned();
                let refused = match sending {
                    Sending::Damaged => true,
                    Sending::OnlyNew => old.is_some(),
                    Sending::Length | Sending::Chunks => false,
                };
                if refused || matches!(old, Some(Entry::Folder(_))) {
                    return None;
                }
                self.place(path, Entry::File(*seed)).map(drop)
            }
            Operation::MakeFolder(path) => match self.find(path) {
                Some(_) => None,
                None => self.place(path, Entry::Folder(Members::new())).map(drop),
            },
            Operation::Remove(path) => {
                let gone = self.take(path)?;
                self.throw_away(path, gone);
                Some(())
            }
            Operation::Relocate { from, to, overwrite, copy } => {
                let source = self.find(from)?.clone();
                let within = |a: &str, b: &str| format!("{a}/").starts_with(&format!("{b}/"));
                if within(from, to) || within(to, from) || (!overwrite && self.find(to).is_some()) {
                    return None;
                }
                let replaced = self.place(to, source)?;
                if !copy {
                    self.take(from);
                }
                if let Some(replaced) = replaced {
                    self.throw_away(to, replaced);
                }
                Some(())
            }
            Operation::Restore { entry, to, .. } => {
                self.trash.remove(self.trash.iter().position(|there| there == entry)?);
                if let Some(replaced) = self.place(to, entry.clone())? {
                    self.throw_away(to, replaced);
                }
                Some(())
            }
            Operation::Purge { entry, .. } => {
                self.trash.remove(self.trash.iter().position(|there| there == entry)?);
                Some(())
            }
        }
    }

    fn throw_away(&mut self, path: &str, entry: Entry) {
        if !name_of(path).starts_with(SYSTEM) {
            self.trash.push(entry);
        }
    }

    pub fn find(&self, path: &str) -> Option<&Entry> {
        let mut names = path.split('/');
        let mut entry = self.members.get(names.next()?)?;
        for name in names {
            entry = match entry {
                Entry::Folder(members) => members.get(name)?,
                Entry::File(_) => return None,
            };
        }
        Some(entry)
    }

    /// What was there before, if the folder around it is there.
    fn place(&mut self, path: &str, entry: Entry) -> Option<Option<Entry>> {
        Some(self.folder_around(path)?.insert(name_of(path).to_owned(), entry))
    }

    fn take(&mut self, path: &str) -> Option<Entry> {
        self.folder_around(path)?.remove(name_of(path))
    }

    fn folder_around(&mut self, path: &str) -> Option<&mut Members> {
        let mut members = &mut self.members;
        if let Some((folders, _)) = path.rsplit_once('/') {
            for name in folders.split('/') {
                members = match members.get_mut(name)? {
                    Entry::Folder(members) => members,
                    Entry::File(_) => return None,
                };
            }
        }
        Some(members)
    }

    /// What is there.
    pub fn see(line: &Line, client: &str) -> io::Result<Self> {
        let members = members(line, client, &format!("/{client}"))?;
        let mut trash = Vec::new();
        for name in trashed(line, client)? {
            trash.push(entry(line, client, "/.Trash", &name)?);
        }
        trash.sort();
        Ok(Self { members, trash })
    }
}

fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The names in the trash that are a client's, with a slash behind those of folders.
pub fn trashed(line: &Line, client: &str) -> io::Result<Vec<String>> {
    let names = line.list("/.Trash")?.expect("every drive has a trash");
    Ok(names.into_iter().filter(|name| name.starts_with(&format!("{client}-"))).collect())
}

/// What is under this name, which has a slash at its end if it is a folder.
pub fn entry(line: &Line, client: &str, folder: &str, name: &str) -> io::Result<Entry> {
    match name.strip_suffix('/') {
        Some(name) => members(line, client, &format!("{folder}/{name}")).map(Entry::Folder),
        None => {
            let answer = line.ask("GET", &format!("{folder}/{name}"), &[], b"")?;
            assert_eq!(answer.status, 200, "{folder}/{name}: {answer:?}");
            Ok(Entry::File(seed_of(&answer.body)))
        }
    }
}

fn members(line: &Line, client: &str, folder: &str) -> io::Result<Members> {
    let listed = line.list(folder)?.unwrap_or_else(|| panic!("{folder} is not there"));
    let mut members = Members::new();
    for name in listed {
        members.insert(name.trim_end_matches('/').to_owned(), entry(line, client, folder, &name)?);
    }
    // Who gives no name of a program is listed no system files.
    let system = system_name(client);
    let answer = line.ask("GET", &format!("{folder}/{system}"), &[], b"")?;
    match answer.status {
        200 => members.insert(system, Entry::File(seed_of(&answer.body))),
        404 => None,
        _ => panic!("{answer:?}"),
    };
    Ok(members)
}
