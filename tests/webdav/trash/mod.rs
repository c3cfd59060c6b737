//! `/.Trash`: what was deleted is listed and read there, moved back out of it, and purged.

mod clients;
mod listing;
mod purge;
mod races;
mod refusals;
mod restore;

use domain::Timestamp;
use services::trash;

use super::{asking, number};
use crate::support::TestHouse;

/// Nodes that show in the trash or are about to be purged.
const IN_TRASH: &str = "SELECT COUNT(*) FROM nodes WHERE trash_name IS NOT NULL OR doomed";
/// Contents that somebody could still get.
const LIVE: &str = "SELECT COUNT(*) FROM blobs WHERE live";

const OURS: &str = "<L:trash-origin xmlns:L='urn:larder'/><L:trash-deleted-at xmlns:L='urn:larder'/>";

/// Where an entry was.
fn origin(house: &TestHouse, path: &str) -> String {
    house.propfind(path, "0", &asking(OURS)).first("trash-origin").unwrap()
}

/// Goes on with purging until nothing is left of it.
fn purge_all(house: &TestHouse) {
    let backends = house.backends();
    house.run(async { while trash::purge_batch(backends, Timestamp::now()).await.unwrap() {} });
    assert_eq!(number(house, "SELECT COUNT(*) FROM nodes WHERE doomed"), 0);
}
