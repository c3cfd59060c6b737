//! What the house holds after a client is done: the tree as others see it, and what no door shows.

use std::collections::BTreeMap;
use std::time::Duration;

use percent_encoding::percent_decode_str;
use sea_orm::QueryResult;

use crate::support::{TestHouse, database};

/// What there is to hold.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Every file and folder that a client of no special kind sees, by its path in the drive, folders with a slash at
    /// the end: how many bytes it has and how many contents are kept of it, the present one included.
    pub tree: Vec<(String, u64, i64)>,
    /// The names of what was put into the trash.
    pub trash: Vec<String>,
    /// Contents in the store.
    pub blobs: i64,
    /// What the owner's quota is charged.
    pub used_bytes: i64,
    pub locks: i64,
}

/// Asserts that the drive holds these files and folders, that nobody holds a lock, and that the store holds the
/// contents of these files and no others: nothing is in the trash.
#[track_caller]
pub fn holds(house: &TestHouse, tree: &[(&str, u64, i64)]) {
    let contents = tree.iter().filter(|(_, bytes, _)| *bytes > 0);
    let (blobs, used_bytes) = contents.fold((0, 0), |(blobs, used), (_, bytes, contents)| {
        assert_eq!(*contents, 1, "say what the store holds by `Held`");
        (blobs + 1, used + *bytes as i64)
    });
    let expected = Held { blobs, used_bytes, ..Held::with(tree) };
    assert_eq!(held(house), expected);
}

impl Held {
    /// A tree and nothing else.
    pub fn with(tree: &[(&str, u64, i64)]) -> Self {
        let tree = tree.iter().map(|(path, bytes, contents)| ((*path).to_owned(), *bytes, *contents));
        Self { tree: tree.collect(), ..Self::default() }
    }

    pub fn trash(mut self, names: &[&str]) -> Self {
        self.trash = names.iter().map(|name| (*name).to_owned()).collect();
        self
    }

    /// What the store holds: how many contents with how many bytes.
    pub fn store(mut self, blobs: i64, used_bytes: i64) -> Self {
        (self.blobs, self.used_bytes) = (blobs, used_bytes);
        self
    }
}

/// Looks.
pub fn held(house: &TestHouse) -> Held {
    let contents = contents(house);
    let mut tree = Vec::new();
    let mut folders = vec!["/".to_owned()];
    while let Some(folder) = folders.pop() {
        let answer = house.propfind(&folder, "1", ASKED);
        let hrefs = answer.texts("href");
        // A folder's length is not found and comes as an empty element.
        for (href, bytes) in hrefs.iter().zip(answer.texts("getcontentlength")).skip(1) {
            let path = href.strip_prefix("/dav").unwrap();
            if path.ends_with('/') {
                folders.push(path.to_owned());
            }
            let path = percent_decode_str(&path[1..]).decode_utf8().unwrap().into_owned();
            let kept = contents.get(path.trim_end_matches('/')).copied().unwrap_or_default();
            let kept = if path.ends_with('/') { 0 } else { kept };
            tree.push((path, bytes.parse().unwrap_or_default(), kept));
        }
    }
    tree.sort();
    Held {
        tree,
        trash: column(house, TRASH),
        blobs: number(house, "SELECT COUNT(*) FROM blobs WHERE live"),
        used_bytes: number(house, "SELECT SUM(used_bytes) FROM spaces"),
        locks: number(house, "SELECT COUNT(*) FROM locks"),
    }
}

/// What goes into the trash with something else is no entry of it.
const TRASH: &str =
    "SELECT name FROM nodes WHERE trashed_ms IS NOT NULL AND trashed_with IS NULL ORDER BY name";

const ASKED: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?><D:propfind xmlns:D=\"DAV:\"><D:prop>\
    <D:getcontentlength/></D:prop></D:propfind>";

/// How many different contents, an empty one among them, the revisions of every living file show.
fn contents(house: &TestHouse) -> BTreeMap<String, i64> {
    let sql = "WITH RECURSIVE tree (id, path) AS ( \
                 SELECT id, name FROM nodes WHERE parent_id IS NULL \
                 UNION ALL SELECT n.id, t.path || '/' || n.name FROM nodes n JOIN tree t ON n.parent_id = t.id \
                 WHERE n.trashed_ms IS NULL) \
               SELECT t.path, (SELECT COUNT(*) FROM (SELECT DISTINCT r.blob_id FROM revisions r WHERE r.node_id = t.id) c) \
               FROM tree t";
    let rows = house.run(database::rows(house.folder(), sql, []));
    let path = |row: &QueryResult| row.try_get_by_index::<String>(0).unwrap();
    rows.iter()
        .map(|row| (path(row).trim_start_matches('/').to_owned(), row.try_get_by_index(1).unwrap()))
        .collect()
}

/// How often what happened to the file of this name has been written down.
pub fn revisions(house: &TestHouse, name: &str) -> i64 {
    let sql = "SELECT COUNT(*) FROM revisions WHERE node_id IN \
               (SELECT id FROM nodes WHERE name = $1 AND trashed_ms IS NULL)";
    house.run(database::rows(house.folder(), sql, [name.into()]))[0].try_get_by_index(0).unwrap()
}

/// Lets all locks have been taken this much earlier.
pub fn age_locks(house: &TestHouse, by: Duration) {
    let by = i64::try_from(by.as_millis()).unwrap();
    house.run(database::alter(house.folder(), "UPDATE locks SET expires_ms = expires_ms - $1", [by.into()]));
}

/// Lets all contents have come a minute earlier: a date stands for a content only when no other can have come within
/// its second.
pub fn a_minute_passes(house: &TestHouse) {
    house.run(database::alter(house.folder(), "UPDATE blobs SET created_ms = created_ms - 60000", []));
}

pub fn number(house: &TestHouse, sql: &str) -> i64 {
    house.run(database::number(house.folder(), sql))
}

fn column(house: &TestHouse, sql: &str) -> Vec<String> {
    house.run(database::column(house.folder(), sql))
}
