//! What stands in `docker/` sets what there is to set, to what it takes.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use larder::config::{Config, Sources};

use super::{Findings, files_below, has_extension, read};

const LAW: &str = "settings: Each LARDER_ variable in docker/ is a setting, with a value that it takes.";

fn files() -> Vec<PathBuf> {
    files_below("docker").into_iter().filter(|file| has_extension(file, "yml")).collect()
}

/// The names of variables in a line.
fn variables(line: &str) -> impl Iterator<Item = &str> {
    let words = line.split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_'));
    words.filter(|word| word.starts_with("LARDER_"))
}

/// The variable that a line gives a value to, where `${…}` stands for something.
fn assignment(line: &str) -> Option<(String, String)> {
    let (name, value) = line.trim().split_once(": ")?;
    let value = value.trim().trim_matches('"');
    let value = match value.split_once("${") {
        Some((before, rest)) => {
            let (inside, after) = rest.split_once('}')?;
            let default = inside.split_once(":-").map_or("something", |(_, default)| default);
            format!("{before}{default}{after}")
        }
        None => value.to_owned(),
    };
    name.starts_with("LARDER_").then(|| (name.to_owned(), value))
}

#[test]
fn what_deployments_set_are_settings() {
    let mut findings = Findings::of(LAW);
    let nothing = Sources { file: None, environment: Vec::new(), command_line: Vec::new() };
    let known: BTreeSet<String> =
        Config::load(&nothing).unwrap().1.iter().map(|setting| setting.variable()).collect();
    let mut seen = 0;
    for file in files().iter().map(PathBuf::as_path).chain([Path::new("docker/Dockerfile")]) {
        for (index, line) in read(file).lines().enumerate() {
            for name in variables(line) {
                seen += 1;
                if !known.contains(name) {
                    findings.add(file, index + 1, format!("{name} is no setting"));
                }
            }
        }
    }
    assert!(seen > 30, "the variables were not found");
    findings.none();
}

#[test]
fn deployments_give_settings_values_that_they_take() {
    for file in files() {
        let environment: Vec<_> = read(&file).lines().filter_map(assignment).collect();
        let sources = Sources { file: None, environment, command_line: Vec::new() };
        if let Err(problems) = Config::load(&sources) {
            panic!("{}: {problems}", file.display());
        }
    }
}
