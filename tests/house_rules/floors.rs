//! Law 1: a crate depends on the floors below it, and on no other room of its own floor.

use std::path::{Path, PathBuf};

use super::{Findings, files_below, read};

const LAW: &str =
    "law 1: Down only. A floor imports floors below it; the rooms of one floor do not import each other.";

#[test]
fn every_crate_depends_only_on_floors_below_it() {
    let mut findings = Findings::of(LAW);
    let rooms = rooms();
    assert!(rooms.len() >= 8, "the crates were not found: {rooms:?}");
    for room in &rooms {
        for (line, dependency) in dependencies(&room.manifest) {
            let Some(below) = rooms.iter().find(|other| other.name == dependency) else { continue };
            if !may_depend(room, below) {
                findings.add(&room.manifest, line, format!("{} must not depend on {dependency}", room.name));
            }
        }
    }
    findings.none();
}

#[derive(Debug)]
struct Room {
    name: String,
    manifest: PathBuf,
    floor: Floor,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Floor {
    Domain,
    Migrations,
    Backends,
    Services,
    Gate,
    Types,
    Doors,
}

fn may_depend(room: &Room, below: &Room) -> bool {
    match room.floor {
        Floor::Domain | Floor::Migrations => false,
        // Only the room that owns the database knows its history.
        Floor::Backends => {
            below.floor == Floor::Domain || room.name == "metadata" && below.name == "migrations"
        }
        Floor::Services => matches!(below.floor, Floor::Domain | Floor::Backends),
        Floor::Gate => matches!(below.floor, Floor::Domain | Floor::Services),
        Floor::Types => below.floor == Floor::Domain,
        Floor::Doors => {
            matches!(below.floor, Floor::Domain | Floor::Services | Floor::Gate | Floor::Types)
        }
    }
}

/// The crates below the root crate, each with the floor that its folder stands for.
fn rooms() -> Vec<Room> {
    let manifests = ["src", "migrations"].into_iter().flat_map(files_below);
    let manifests = manifests.filter(|file| file.ends_with("Cargo.toml"));
    manifests
        .map(|manifest| Room { name: package_name(&manifest), floor: floor(&manifest), manifest })
        .collect()
}

fn floor(manifest: &Path) -> Floor {
    let folder = manifest.parent().and_then(Path::to_str).unwrap();
    match folder {
        "src/domain" | "src/failpoint" => Floor::Domain,
        "migrations" => Floor::Migrations,
        "src/services" => Floor::Services,
        "src/protocols/gate" => Floor::Gate,
        // What goes over the wire is the same for whoever sends it and whoever reads it.
        "src/protocols/api_types" => Floor::Types,
        _ if folder.starts_with("src/backends/") => Floor::Backends,
        _ if folder == "src/jobs" || folder.starts_with("src/protocols/") => Floor::Doors,
        _ => panic!("{folder} is on no floor: give it one in tests/house_rules/floors.rs ({LAW})"),
    }
}

fn package_name(manifest: &Path) -> String {
    let text = read(manifest);
    let name = text.lines().find_map(|line| line.strip_prefix("name = "));
    name.unwrap_or_else(|| panic!("{} names no package", manifest.display())).trim_matches('"').to_owned()
}

/// The dependencies of the product's code with their lines. Those of tests are free: a test may build the whole house.
pub fn dependencies(manifest: &Path) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut section = String::new();
    for (index, line) in read(manifest).lines().enumerate() {
        if let Some(header) = line.strip_prefix('[') {
            section = header.trim_end_matches(']').to_owned();
            continue;
        }
        let name = line.split(['=', '.']).next().unwrap_or_default().trim();
        let of_product = section.ends_with("dependencies") && !section.ends_with("dev-dependencies");
        if of_product && !name.is_empty() && !name.starts_with('#') {
            found.push((index + 1, name.to_owned()));
        }
    }
    found
}
