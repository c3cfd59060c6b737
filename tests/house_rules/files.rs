//! "Names, files, comments", and nothing unfinished: what a reader meets in every file.

use std::path::Path;

use super::source::{code_only, holds, split_tests};
use super::{Findings, read, rust_files};

const LAW: &str = "\"Names, files, comments\"";

const LINES_MAX: usize = 500;

/// Words that say nothing about what is inside.
const EMPTY_WORDS: &[&str] = &[
    "util", "utils", "helper", "helpers", "common", "misc", "manager", "managers", "handler", "handlers",
    "base", "core",
];

#[test]
fn every_file_says_first_what_it_is() {
    let mut findings = Findings::of(LAW);
    for file in rust_files() {
        if !read(&file).starts_with("//! ") {
            findings.add(&file, 1, "opens without a `//!` sentence");
        }
    }
    findings.none();
}

#[test]
fn no_file_is_too_long_to_read() {
    let mut findings = Findings::of(LAW);
    for file in rust_files() {
        let lines = read(&file).lines().count();
        if lines > LINES_MAX {
            findings.add(&file, lines, format!("longer than {LINES_MAX} lines: split it by noun or verb"));
        }
    }
    findings.none();
}

#[test]
fn no_file_or_module_has_an_empty_name() {
    let mut findings = Findings::of(LAW);
    for file in rust_files() {
        for part in file.with_extension("").iter().filter_map(|part| part.to_str()) {
            if is_empty_word(part) {
                findings.add(&file, 1, format!("`{part}` says nothing: name the noun or the verb"));
            }
        }
        for (index, line) in code_only(&read(&file)).lines().enumerate() {
            let declared = line.trim_start().trim_start_matches("pub ").strip_prefix("mod ");
            if declared.is_some_and(|name| is_empty_word(name.trim_end_matches([' ', '{', ';']))) {
                findings.add(&file, index + 1, "the module's name says nothing: name the noun or the verb");
            }
        }
    }
    findings.none();
}

fn is_empty_word(name: &str) -> bool {
    name.split('_').any(|word| EMPTY_WORDS.contains(&word))
}

#[test]
fn nothing_is_left_unfinished_or_unrun() {
    let mut findings = Findings::of("law 7: Rules that matter are tests, and tests run");
    for file in rust_files() {
        for (index, line) in code_only(&read(&file)).lines().enumerate() {
            for word in ["todo!", "unimplemented!", "dbg!", "#[ignore"] {
                if holds(line, word) {
                    findings.add(&file, index + 1, format!("`{word}`"));
                }
            }
        }
    }
    findings.none();
}

/// A test may wait until a deadline, but a measured time proves the machine's mood: speed is for `cargo xtask bench`.
#[test]
fn no_test_measures_time() {
    let mut findings =
        Findings::of("law 7: Rules that matter are tests; limits of time are shown by a benchmark");
    for file in rust_files() {
        let code = code_only(&read(&file));
        let (product, unit_tests) = split_tests(&code);
        let (first, tests) = match file.starts_with("tests") {
            true => (1, code.as_str()),
            false => (product.lines().count() + 1, unit_tests),
        };
        for (index, line) in tests.lines().enumerate() {
            let asserts = line.contains("assert") && line.contains("Instant");
            if asserts || line.contains(".elapsed()") || line.contains("duration_since(") {
                findings.add(&file, first + index, "a test depends on how long something took");
            }
        }
    }
    findings.none();
}

/// docs/adding: the file of settings is their documentation.
#[test]
fn every_setting_is_explained() {
    let mut findings =
        Findings::of("\"A newcomer adds …\": a setting comes with its default and one sentence");
    let file = Path::new("config/larder.toml");
    let text = read(file);
    let lines: Vec<_> = text.lines().map(str::trim).collect();
    let mut settings = 0;
    for (index, line) in lines.iter().enumerate().filter(|(_, line)| is_setting(line)) {
        settings += 1;
        let above = index.checked_sub(1).map(|above| lines[above]).unwrap_or_default();
        if !above.starts_with("# ") || !above.ends_with('.') || is_setting(above) {
            findings.add(
                file,
                index + 1,
                format!("`{line}` has no sentence, ending with a period, directly above it"),
            );
        }
    }
    assert!(settings > 0, "config/larder.toml holds no settings");
    findings.none();
}

/// `key = value`, or `#key = value` for a setting that has no default.
fn is_setting(line: &str) -> bool {
    let line = line.strip_prefix('#').unwrap_or(line);
    let key = line.split_once('=').map_or("", |(key, _)| key).trim_end();
    !key.is_empty()
        && key
            .chars()
            .all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || "_.".contains(letter))
}
