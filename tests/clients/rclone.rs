//! rclone: a tree goes up, is compared, synchronised, moved, fetched again and purged.

use std::fs::{create_dir_all, read, remove_file, rename, write};
use std::path::{Path, PathBuf};

use super::remote::Remote;
use super::{require, text, varied_bytes};
use crate::support::TestHouse;

/// Names that a careless server decodes twice, cuts, or folds.
const NAMES: [&str; 8] = [
    "Überblick",
    "日本語の資料",
    "naïve 🎂",
    "with  two spaces",
    "50% off + more",
    "a#b & c;d",
    "it's (final)",
    "UPPER.lower",
];

#[test]
fn rclone_copies_checks_syncs_moves_and_purges_a_tree() {
    if !require("rclone") {
        return;
    }
    let house = TestHouse::new().with_user("ann");
    let larder = Remote::of(&house);
    let local = larder.path("tree");
    make_tree(&local);

    larder.rclone(&["copy", "--create-empty-src-dirs", text(&local), "larder:tree"]);
    larder.check(&local, "larder:tree");
    let listed = larder.rclone(&["lsf", "--recursive", "larder:tree"]);
    assert!(listed.contains("empty folder/\n") && listed.contains("empty file\n"), "{listed}");

    change_tree(&local);
    larder.rclone(&["sync", "--create-empty-src-dirs", text(&local), "larder:tree"]);
    larder.check(&local, "larder:tree");

    larder.rclone(&["moveto", "larder:tree", "larder:moved tree"]);
    larder.check(&local, "larder:moved tree");
    assert_eq!(larder.rclone(&["lsf", "larder:"]), "moved tree/\n");

    let fetched = larder.path("fetched");
    larder.rclone(&["copy", "--create-empty-src-dirs", "larder:moved tree", text(&fetched)]);
    assert_same(&local, &fetched);

    larder.rclone(&["purge", "larder:moved tree"]);
    assert_eq!(larder.rclone(&["lsf", "larder:"]), "");
}

fn make_tree(root: &Path) {
    for (number, name) in NAMES.iter().enumerate() {
        let folder = root.join(name).join(format!("{name} within"));
        create_dir_all(&folder).unwrap();
        for file in 0..25 {
            let place = if file % 2 == 0 { &folder } else { folder.parent().unwrap() };
            write(place.join(format!("{name} {file}.txt")), varied_bytes(number * 1000 + file * 37)).unwrap();
        }
    }
    create_dir_all(root.join("empty folder")).unwrap();
    write(root.join("empty file"), "").unwrap();
    write(root.join("five megabytes.bin"), varied_bytes(5 * 1024 * 1024)).unwrap();
}

/// One file grows, one goes, one comes, and a folder gets another name.
fn change_tree(root: &Path) {
    write(root.join("five megabytes.bin"), varied_bytes(5 * 1024 * 1024 + 1)).unwrap();
    remove_file(root.join("empty file")).unwrap();
    write(root.join("new file"), "new").unwrap();
    rename(root.join(NAMES[0]), root.join("Überblick von früher")).unwrap();
}

#[track_caller]
fn assert_same(left: &Path, right: &Path) {
    let names = entries(left);
    assert_eq!(names, entries(right));
    for name in names.iter().filter(|name| left.join(name).is_file()) {
        assert!(
            read(left.join(name)).unwrap() == read(right.join(name)).unwrap(),
            "{} differs",
            name.display()
        );
    }
}

/// Every file and folder below `root`, sorted.
fn entries(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in folder.read_dir().unwrap().map(Result::unwrap) {
            found.push(entry.path().strip_prefix(root).unwrap().to_owned());
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            }
        }
    }
    found.sort();
    found
}
