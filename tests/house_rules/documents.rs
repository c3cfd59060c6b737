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
