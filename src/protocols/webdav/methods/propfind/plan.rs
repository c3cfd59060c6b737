//! What is written of each entry of a listing, by what was asked for and by whom.

use domain::{DeadProperty, PropertyName};

use crate::client::Client;
use crate::live::{self, Entry, Live, Setting};
use crate::xml::multistatus::Multistatus;
use crate::xml::propfind::Asked;
use crate::xml::writer::Writer;

/// What is written of an entry.
pub struct Plan {
    shape: Shape,
    live: Vec<Live>,
    dead: Vec<PropertyName>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// What was named, and what of that is not there.
    Named,
    /// All that is there.
    Everything,
    /// The names of all that is there.
    Names,
    /// What Windows makes use of.
    Brief,
}

impl Plan {
    /// For what the request is about itself.
    pub fn new(asked: &Asked, client: Client) -> Self {
        match asked {
            Asked::Some(names) => Self::with(Shape::Named, Vec::new(), names),
            Asked::Names => Self::with(Shape::Names, Live::every().collect(), &[]),
            Asked::All(names) if client == Client::Windows => {
                Self::with(Shape::Everything, [&live::ALL[..], &live::WINDOWS].concat(), names)
            }
            Asked::All(names) => Self::with(Shape::Everything, live::ALL.to_vec(), names),
        }
    }

    /// For the members of a folder.
    pub fn of_members(asked: &Asked, client: Client) -> Self {
        match asked {
            Asked::All(names) if client == Client::Windows => {
                Self::with(Shape::Brief, live::BRIEF.to_vec(), names)
            }
            _ => Self::new(asked, client),
        }
    }

    fn with(shape: Shape, mut live: Vec<Live>, named: &[PropertyName]) -> Self {
        for wanted in named.iter().filter_map(Live::named) {
            if !live.contains(&wanted) {
                live.push(wanted);
            }
        }
        let dead = named.iter().filter(|name| Live::named(name).is_none()).cloned().collect();
        Self { shape, live, dead }
    }

    /// Whether stored properties matter.
    pub fn wants_dead(&self) -> bool {
        matches!(self.shape, Shape::Everything | Shape::Names)
            || !self.dead.is_empty()
            || self.live.iter().any(|live| live.setting() == Setting::Kept)
    }

    pub fn wants_locks(&self) -> bool {
        self.live.contains(&Live::LockDiscovery)
    }

    /// Writes one response.
    pub fn write(&self, body: &mut Multistatus, href: &str, entry: &Entry<'_>, dead: &[DeadProperty]) {
        body.open(href);
        if self.shape == Shape::Names {
            body.propstat("200 OK", |out| self.write_names(out, entry, dead));
        } else {
            // Clients read only the first propstat, and expect what was found in it.
            let mut missing = Vec::new();
            let mut found = false;
            body.propstat("200 OK", |out| {
                let begun = out.len();
                missing = self.write_found(out, entry, dead);
                found = out.len() > begun;
            });
            if !found && missing.is_empty() {
                body.empty_propstat("200 OK");
            }
            body.propstat("404 Not Found", |out| missing.iter().for_each(|name| out.name(name)));
        }
        body.close();
    }

    /// Gives the names of what was named and is not there.
    fn write_found(&self, out: &mut Writer, entry: &Entry<'_>, dead: &[DeadProperty]) -> Vec<PropertyName> {
        let mut missing = Vec::new();
        for live in &self.live {
            match kept(*live, dead) {
                Some(property) if self.shape == Shape::Brief && *live == Live::Win32FileAttributes => {
                    live.write_attributes(property, entry, out);
                }
                Some(property) => out.raw().push_str(&property.xml),
                None if live.exists(entry) => live.write(entry, out),
                None => missing.push(live.name()),
            }
        }
        if self.shape == Shape::Everything {
            self.others(dead).for_each(|property| out.raw().push_str(&property.xml));
            return Vec::new();
        }
        for name in &self.dead {
            match dead.iter().find(|property| property.name == *name) {
                Some(property) => out.raw().push_str(&property.xml),
                None => missing.push(name.clone()),
            }
        }
        if self.shape == Shape::Named { missing } else { Vec::new() }
    }

    fn write_names(&self, out: &mut Writer, entry: &Entry<'_>, dead: &[DeadProperty]) {
        self.live.iter().filter(|live| live.exists(entry)).for_each(|live| out.name(&live.name()));
        self.others(dead).for_each(|property| out.name(&property.name));
    }

    /// The stored properties that do not stand in the place of a live one that is written.
    fn others<'a>(&self, dead: &'a [DeadProperty]) -> impl Iterator<Item = &'a DeadProperty> {
        dead.iter()
            .filter(|property| Live::named(&property.name).is_none_or(|live| !self.live.contains(&live)))
    }
}

/// What a client has set in the place of a live property.
fn kept(live: Live, dead: &[DeadProperty]) -> Option<&DeadProperty> {
    let kept = || dead.iter().find(|property| Live::named(&property.name) == Some(live));
    (live.setting() == Setting::Kept).then(kept).flatten()
}
