//! Whatever is done, the history shows what was there, and who synchronizes is told of what is kept.

use std::collections::{BTreeMap, BTreeSet};

use domain::Timestamp;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use services::versions;

use super::super::sync::sync;
use super::{an_hour_passes, days_pass, house};
use crate::support::TestHouse;

const STEPS: usize = 40;

/// Few names, so that most operations hit something.
const NAMES: [&str; 4] = ["a", "b", "c", "ü"];

/// Shows the seed when something went wrong.
struct Seed(u64);

impl Drop for Seed {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("LARDER_HISTORY_SEED={} does it again", self.0);
        }
    }
}

fn seed() -> Seed {
    let given = std::env::var("LARDER_HISTORY_SEED").ok();
    Seed(given.map_or_else(|| rand::rng().random(), |seed| seed.parse().unwrap()))
}

fn path(random: &mut StdRng) -> String {
    let depth = random.random_range(1..4);
    (0..depth).map(|_| format!("/{}", NAMES[random.random_range(0..NAMES.len())])).collect()
}

/// One operation, refused or not. No file is empty: the beginning of a creation has no history.
fn act(house: &TestHouse, random: &mut StdRng) {
    let (from, to) = (path(random).replace('ü', "%C3%BC"), path(random).replace('ü', "%C3%BC"));
    match random.random_range(0..10) {
        0..3 => house.put(&from, random.random_range(1..1000).to_string()),
        3 | 4 => house.mkcol(&from),
        5 | 6 => house.relocate("MOVE", &from, &to),
        7 | 8 => house.relocate("COPY", &from, &to),
        _ => house.delete(&from),
    };
}

/// Everything below a folder: files with their content and time.
fn tree(house: &TestHouse, top: &str) -> BTreeMap<String, Option<(String, String)>> {
    let (mut found, mut folders) = (BTreeMap::new(), vec![String::new()]);
    while let Some(folder) = folders.pop() {
        let listed = house.propfind(&format!("{top}{folder}/"), "1", "");
        assert_eq!(listed.status, 207, "{top}{folder}");
        for href in &listed.texts("href")[1..] {
            let inner = href.strip_prefix("/dav").unwrap().strip_prefix(top).unwrap();
            if let Some(folder) = inner.strip_suffix('/') {
                folders.push(folder.to_owned());
                found.insert(folder.to_owned(), None);
            } else {
                let got = house.get(&format!("{top}{inner}"));
                assert_eq!(got.status, 200, "{top}{inner}");
                let modified = got.header("last-modified").unwrap().to_owned();
                found.insert(inner.to_owned(), Some((got.text(), modified)));
            }
        }
    }
    found
}

#[test]
fn a_moment_shows_what_was_there_then_whatever_happened_before_and_since() {
    let seed = seed();
    let mut random = StdRng::seed_from_u64(seed.0);
    let house = house();
    let mut snapshots = Vec::new();
    for _ in 0..STEPS {
        for _ in 0..random.random_range(1..4) {
            act(&house, &mut random);
        }
        snapshots.push(tree(&house, ""));
        an_hour_passes(&house);
    }
    for (ago, snapshot) in (1..).zip(snapshots.iter().rev()) {
        assert_eq!(tree(&house, &format!("/.History/{ago}h")), *snapshot, "{ago} hours ago");
    }
    // And comes back as it was.
    let ago = random.random_range(1..=STEPS);
    let copied = house.relocate("COPY", &format!("/.History/{ago}h"), "/back");
    assert_eq!(copied.status, 201);
    assert_eq!(tree(&house, "/back"), snapshots[STEPS - ago]);
}

#[test]
fn who_knows_the_drive_as_history_begins_is_told_of_everything_since() {
    let seed = seed();
    let mut random = StdRng::seed_from_u64(seed.0);
    for _ in 0..4 {
        let house = house();
        let act = |random: &mut StdRng| (0..12).for_each(|_| act(&house, random));
        act(&mut random);
        let (_, early) = sync(&house, "/", "");
        house.put("/between", "so that something lies between the two");
        act(&mut random);
        let (told, token) = sync(&house, "/", "");
        let mut known: BTreeSet<String> = told.into_iter().collect();
        days_pass(&house);
        act(&mut random);
        while house.run(versions::forget(house.backends(), Timestamp::now())).unwrap() {}
        let (told, _) = sync(&house, "/", &token);
        for entry in told {
            match entry.strip_prefix('-') {
                Some(gone) => forget(&mut known, gone),
                None => {
                    // A file that took the place of a folder, or the reverse.
                    let other = match entry.strip_suffix('/') {
                        Some(file) => file.to_owned(),
                        None => format!("{entry}/"),
                    };
                    forget(&mut known, &other);
                    known.insert(entry);
                }
            }
        }
        let (now, _) = sync(&house, "/", "");
        assert_eq!(known, now.into_iter().collect(), "{token}");
        assert_eq!(house.ask("REPORT", "/", &[], super::report_body(&early)).status, 403, "{early}");
    }
}

/// What is told as gone went with everything below it.
fn forget(known: &mut BTreeSet<String>, gone: &str) {
    let inside = format!("{}/", gone.trim_end_matches('/'));
    known.retain(|known| known != gone && !(gone.ends_with('/') && known.starts_with(&inside)));
}
