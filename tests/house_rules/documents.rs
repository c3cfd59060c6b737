//! Documents lead to files that exist, and nothing leads out of the repository.

use std::path::{Path, PathBuf};

use super::{Findings, files_below, has_extension, read, root};

const LAW: &str = "law 7: Rules that matter are tests; the documents are current";

#[test]
fn every_link_leads_to_a_file() {
    let mut findings = Findings::of(LAW);
    for file in documents() {
        for (line, target) in links(&read(&file)) {
            let path = target.split('#').next().unwrap_or_default().replace("%20", " ");
            let leads_outside = target.contains("://") || target.starts_with("mailto:");
            let beside = root().join(file.parent().unwrap_or(Path::new("")));
            if !leads_outside && !path.is_empty() && !beside.join(&path).exists() {
                findings.add(&file, line, format!("the link to `{target}` leads nowhere"));
            }
        }
    }
    findings.none();
}

#[test]
fn nothing_names_a_folder_outside_of_the_repository() {
    let mut findings = Findings::of(LAW);
    let outside = [concat!("../", "shared"), concat!("/work/", "shared")];
    for file in files_below("") {
        // What is not text names nothing.
        let Ok(text) = std::fs::read_to_string(root().join(&file)) else { continue };
        for (index, line) in text.lines().enumerate() {
            for folder in outside.iter().filter(|folder| line.contains(**folder)) {
                findings.add(&file, index + 1, format!("`{folder}` is no part of the repository"));
            }
        }
    }
    findings.none();
}

/// The table of what clients need, where each row ends with the tests that show it.
const CLIENTS: &str = "docs/webdav/clients.md";
const NEEDS: usize = 60;

#[test]
fn everything_a_client_needs_is_shown_by_a_test() {
    let mut findings = Findings::of(LAW);
    let (file, text) = (Path::new(CLIENTS), read(Path::new(CLIENTS)));
    let mut needs = 0;
    for (index, line) in text.lines().enumerate() {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").collect();
        let [number, .., tests] = cells.as_slice() else { continue };
        if number.trim().parse() != Ok(needs + 1) {
            continue;
        }
        needs += 1;
        let tests: Vec<&str> = tests.split_whitespace().collect();
        if tests.is_empty() {
            findings.add(file, index + 1, "no test shows it");
        }
        for test in tests.into_iter().filter(|test| !is_test(test.trim_matches('`'))) {
            findings.add(file, index + 1, format!("{test} is no test"));
        }
    }
    if needs != NEEDS {
        findings.add(file, 0, format!("{needs} needs are listed, not {NEEDS}"));
    }
    findings.none();
}

/// Whether there is such a test, named by its file below `tests/` and its function.
fn is_test(name: &str) -> bool {
    let Some((file, function)) = name.split_once("::") else { return false };
    let file = root().join("tests").join(file).with_extension("rs");
    let declared = format!("#[test]\nfn {function}()");
    std::fs::read_to_string(file).is_ok_and(|text| text.contains(&declared))
}

fn documents() -> Vec<PathBuf> {
    let top = root().read_dir().unwrap().map(|entry| PathBuf::from(entry.unwrap().file_name()));
    top.chain(files_below("docs")).filter(|file| has_extension(file, "md")).collect()
}

/// The targets of `[text](target)` with their lines; what stands in a code block is an example.
fn links(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut in_code = false;
    for (index, line) in text.lines().enumerate() {
        in_code ^= line.trim_start().starts_with("```");
        let targets = line.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
        if !in_code {
            found.extend(targets.map(|(target, _)| (index + 1, target.to_owned())));
        }
    }
    found
}

#[test]
fn links_are_found() {
    let text = "see [a](docs/a.md#top) and [b](b.md)\n```\n[c](c.md)\n```\n[d](http://x)";
    let expected = [(1, "docs/a.md#top"), (1, "b.md"), (5, "http://x")];
    assert_eq!(links(text), expected.map(|(line, target)| (line, target.to_owned())));
}
