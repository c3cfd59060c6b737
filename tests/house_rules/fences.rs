//! Law 3: each outside world is touched in one room only.

use std::path::Path;

use super::floors::dependencies;
use super::source::{code_only, holds, split_tests};
use super::{Findings, files_below, has_extension, read, rust_files};

const LAW: &str =
    "law 3: Protocols never touch backends; the database, the bytes and the engine have one room each.";

/// Names that only code below the listed paths may use.
struct Fence {
    names: &'static [&'static str],
    inside: &'static [&'static str],
}

/// The root crate reads its settings and makes its data folder before there is a blob store. `src/house` stands for
/// `house.rs` and its parts.
const ROOT_CRATE: [&str; 5] = ["src/main.rs", "src/lib.rs", "src/house", "src/config", "src/commands"];

const FENCES: &[Fence] = &[
    Fence {
        names: &["sea_orm", "sea_orm_migration", "sqlx"],
        inside: &["src/backends/metadata/", "migrations/"],
    },
    Fence {
        names: &["tokio::fs", "std::fs"],
        inside: &[
            "src/backends/blobs/",
            // A copy of the database is a file, as the database is.
            "src/backends/metadata/snapshots",
            // Whoever moves it away says so by a file that they hold.
            "src/backends/metadata/moves",
            ROOT_CRATE[0],
            ROOT_CRATE[1],
            ROOT_CRATE[2],
            ROOT_CRATE[3],
            ROOT_CRATE[4],
        ],
    },
    Fence { names: &["redis::"], inside: &["src/backends/coordination/"] },
    Fence { names: &["lettre"], inside: &["src/backends/outbound/"] },
    Fence { names: &["dav_server"], inside: &["src/protocols/webdav/"] },
    // Commands meet the backends as use cases, which the house furnishes; the settings name each room's own. The
    // doors, which have modules of these names, are kept out by their manifests.
    Fence {
        names: &["blobs::", "metadata::", "coordination::", "outbound::"],
        inside: &["src/backends/", "src/services/", "src/protocols/", "src/house", "src/config.rs"],
    },
    Fence {
        names: &["aws_config", "aws_sdk_s3", "aws_smithy_http_client", "aws_smithy_types"],
        inside: &["src/backends/blobs/"],
    },
    // Whoever takes the pen of a tree is asked under it whether they may: steps/authorize.rs. Counting again takes all of them.
    Fence {
        names: &["spaces::take_pen", "spaces::count_system"],
        inside: &["src/backends/", "src/services/steps/", "src/services/quotas.rs"],
    },
    // What is passed on to a bucket as it comes in is a body.
    Fence {
        names: &["http_body"],
        inside: &[
            "src/protocols/",
            "src/backends/blobs/",
            ROOT_CRATE[0],
            ROOT_CRATE[1],
            ROOT_CRATE[2],
            ROOT_CRATE[3],
            ROOT_CRATE[4],
        ],
    },
    Fence {
        names: &["axum", "hyper", "http::", "tower_http"],
        inside: &[
            "src/protocols/",
            ROOT_CRATE[0],
            ROOT_CRATE[1],
            ROOT_CRATE[2],
            ROOT_CRATE[3],
            ROOT_CRATE[4],
        ],
    },
];

#[test]
fn no_code_reaches_over_a_fence() {
    let mut findings = Findings::of(LAW);
    let product =
        rust_files().into_iter().filter(|file| file.starts_with("src") || file.starts_with("migrations"));
    for file in product {
        let code = code_only(&read(&file));
        // Unit tests may look behind the fence; the product may not.
        for (line, text) in with_imports_spelled_out(split_tests(&code).0) {
            for name in outside_of_fence(&file, |name| holds(&text, name)) {
                findings.add(&file, line, format!("`{name}` is not for this room"));
            }
        }
    }
    findings.none();
}

#[test]
fn no_crate_depends_on_what_its_fence_forbids() {
    let mut findings = Findings::of(LAW);
    for manifest in
        ["src", "migrations"].into_iter().flat_map(files_below).filter(|f| has_extension(f, "toml"))
    {
        for (line, dependency) in dependencies(&manifest) {
            let dependency = dependency.replace('-', "_");
            for name in outside_of_fence(&manifest, |name| name.trim_end_matches("::") == dependency) {
                findings.add(&manifest, line, format!("`{name}` is not for this room"));
            }
        }
    }
    findings.none();
}

fn outside_of_fence(file: &Path, uses: impl Fn(&str) -> bool) -> Vec<&'static str> {
    let path = file.to_str().unwrap();
    let fences = FENCES.iter().filter(|fence| !fence.inside.iter().any(|folder| path.starts_with(folder)));
    fences.flat_map(|fence| fence.names).copied().filter(|name| uses(name)).collect()
}

/// Numbered lines, with `use std::{fs, io};` (over any number of lines) as `std::fs std::io` on its first line.
fn with_imports_spelled_out(code: &str) -> Vec<(usize, String)> {
    let mut lines: Vec<_> =
        code.lines().enumerate().map(|(index, line)| (index + 1, line.to_owned())).collect();
    for crate_name in ["std", "tokio"] {
        let opening = format!("{crate_name}::{{");
        for (at, _) in code.match_indices(&opening) {
            let line = code[..at].matches('\n').count();
            for module in first_level(&code[at + opening.len()..]) {
                lines[line].1 += &format!(" {crate_name}::{module}");
            }
        }
    }
    lines
}

/// The items of an import group up to its closing brace, without what is nested in them.
fn first_level(group: &str) -> Vec<String> {
    let mut depth = 0;
    let mut items = vec![String::new()];
    for letter in group.chars() {
        match letter {
            '}' if depth == 0 => break,
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => items.push(String::new()),
            _ if depth == 0 && !letter.is_whitespace() => items.last_mut().unwrap().push(letter),
            _ => {}
        }
    }
    items
}

#[test]
fn a_grouped_import_is_no_way_around_a_fence() {
    let lines = with_imports_spelled_out("use std::{\n    fs::File,\n    io::{self, Read},\n};");
    assert!(
        holds(&lines[0].1, "std::fs") && holds(&lines[0].1, "std::io") && !holds(&lines[0].1, "std::Read")
    );
}
