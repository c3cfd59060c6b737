//! Each named step of the work is one at which a test lets the process die.

use std::collections::BTreeSet;

use super::{Findings, files_below, has_extension, read};
use crate::crash;

const LAW: &str = "tests: Each `failpoint::reach` is in the table of tests/crash/steps.rs.";

#[test]
fn the_process_is_killed_at_each_named_step() {
    let mut findings = Findings::of(LAW);
    let tested: BTreeSet<&str> = crash::steps().chain(crash::ELSEWHERE.iter().copied()).collect();
    let mut reached = 0;
    for file in files_below("src").into_iter().filter(|file| has_extension(file, "rs")) {
        let text = read(&file);
        for (index, line) in text.lines().enumerate() {
            let Some((_, rest)) = line.split_once("failpoint::reach(\"") else { continue };
            let step = rest.split('"').next().unwrap_or_default();
            reached += 1;
            if !tested.contains(step) {
                findings.add(&file, index + 1, format!("nobody is killed at `{step}`"));
            }
        }
    }
    assert!(reached > 20, "the steps were not found");
    findings.none();
}
