//! The contents of one file: listed, and taken back.

use domain::{Caller, Conditions, Error, Moment, NodeName, NodePath, Timestamp, UserName};
use services::{users, versions};

use super::{an_hour_passes, house_with, lock, text, used_bytes};
use crate::support::TestHouse;

pub(super) fn caller(house: &TestHouse) -> Caller {
    let name = UserName::parse(house.user()).unwrap();
    house.run(users::caller(Timestamp::now(), house.backends(), &name)).unwrap()
}

pub(super) fn path(text: &str) -> NodePath {
    let names = text.split('/').filter(|name| !name.is_empty());
    NodePath::new(names.map(|name| NodeName::parse(name).unwrap()).collect(), 1024).unwrap()
}

fn restore(house: &TestHouse, file: &str, moment: &str) -> Result<(), Error> {
    let caller = caller(house);
    let moment = Moment::parse(moment, caller.now)?;
    let any = Conditions::default();
    house
        .run(versions::restore(&caller, house.backends(), &path(file), versions::Earlier::At(moment), &any))
        .map(drop)
}

#[test]
fn the_versions_of_a_file_are_its_contents_and_not_its_moves() {
    let house = house_with(&["/file"]);
    house.put("/file", "/file");
    house.relocate("MOVE", "/file", "/moved");
    an_hour_passes(&house);
    house.put("/moved", "second");
    house.put("/moved", "");
    house.put("/moved", "second");
    let listed = house.run(versions::list(&caller(&house), house.backends(), &path("/moved"))).unwrap();
    assert_eq!(listed.iter().map(|version| version.size_bytes).collect::<Vec<_>>(), [5, 6, 0, 6]);
    assert!(listed.windows(2).all(|pair| pair[0].until == Some(pair[1].from) && pair[0].seq < pair[1].seq));
    assert_eq!((listed[3].until, listed[3].by.as_str()), (None, "ann"));
    assert_eq!(listed[1].sha256, listed[3].sha256);
    for not_a_file in ["/", "/nothing"] {
        house.run(versions::list(&caller(&house), house.backends(), &path(not_a_file))).unwrap_err();
    }
}

#[test]
fn a_version_taken_back_is_a_new_one_and_costs_nothing() {
    let house = house_with(&["/file"]);
    an_hour_passes(&house);
    house.put("/file", "second");
    let before = (used_bytes(&house), super::property(&house, "/", "getetag"));
    restore(&house, "/file", "1h").unwrap();
    assert_eq!(text(&house, "/file").unwrap(), "/file");
    assert_eq!(used_bytes(&house), before.0);
    assert_ne!(super::property(&house, "/", "getetag"), before.1);
    an_hour_passes(&house);
    restore(&house, "/file", "2h").unwrap();
    assert_eq!(used_bytes(&house), before.0, "the same content is only touched");
    let listed = house.run(versions::list(&caller(&house), house.backends(), &path("/file"))).unwrap();
    assert_eq!(listed.len(), 3);
    restore(&house, "/file", &listed[1].from.moment()).unwrap();
    assert_eq!(text(&house, "/file").unwrap(), "second");
}

#[test]
fn taking_a_version_back_is_judged_like_an_upload() {
    let house = house_with(&["/file", "/folder/"]);
    an_hour_passes(&house);
    house.put("/file", "second");
    house.put("/new", "new");
    assert!(matches!(restore(&house, "/new", "1h"), Err(Error::NotFound(_))));
    assert!(matches!(restore(&house, "/file", "2h"), Err(Error::NotFound(_))));
    assert!(matches!(restore(&house, "/folder", "1h"), Err(Error::Invalid(_))));
    assert!(matches!(restore(&house, "/nothing", "1h"), Err(Error::NotFound(_))));
    lock(&house, "/file", "0");
    assert!(matches!(restore(&house, "/file", "1h"), Err(Error::Locked(_))));
    assert_eq!(text(&house, "/file").unwrap(), "second");
}
