//! litmus: the WebDAV conformance suite.

use std::process::Command;

use super::require;
use crate::support::TestHouse;

/// The suites of litmus 0.13 to 0.18 and how many tests each has at least; a version that lost some would prove less.
const SUITES: [(&str, u32); 5] = [("basic", 16), ("copymove", 13), ("props", 30), ("locks", 40), ("http", 4)];

#[test]
fn litmus_passes_every_suite_without_a_warning() {
    if !require("litmus") {
        return;
    }
    let house = TestHouse::new().with_user("ann");
    // litmus leaves its debug.log where it runs.
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new("litmus");
    command.arg("-k").arg(house.url()).args([house.user(), house.password()]).current_dir(folder.path());
    command.env("TESTS", SUITES.map(|(suite, _)| suite).join(" "));
    let output = command.output().unwrap();
    let printed = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).replace('\r', "\n");
    let faults = faults(&printed);
    assert!(faults.is_empty(), "{}\n\nlitmus printed:\n{printed}", faults.join("\n"));
}

/// What is not clean in litmus' output; its exit code tells nothing with `-k`, and never of skips and warnings.
fn faults(printed: &str) -> Vec<String> {
    let words = ["FAIL", "SKIP", "WARNING", "ERROR"];
    let lines = printed.lines().filter(|line| words.iter().any(|word| line.contains(word)));
    let mut faults: Vec<_> = lines.map(str::to_owned).collect();
    for (suite, tests) in SUITES {
        let opening = format!("<- summary for `{suite}': of ");
        let summary = printed.lines().find_map(|line| line.strip_prefix(&opening)).unwrap_or("0 tests run");
        let run: u32 = summary.split(' ').next().and_then(|count| count.parse().ok()).unwrap_or(0);
        if run < tests || !summary.contains(" 0 failed") {
            faults.push(format!("suite {suite} has {tests} tests: of {summary}"));
        }
    }
    faults
}

#[test]
fn a_warning_a_skip_a_failure_and_a_missing_suite_are_faults() {
    let clean: String = SUITES
        .map(|(suite, n)| {
            format!("<- summary for `{suite}': of {n} tests run: {n} passed, 0 failed. 100.0%\n")
        })
        .concat();
    assert_eq!(faults(&clean), [""; 0]);
    let spoiled = "18. cond_put_corrupt_token WARNING: PUT failed with 412 not 423\n24. notowner_modify....... SKIPPED\n";
    assert_eq!(faults(&(clean.clone() + spoiled)).len(), 2);
    assert_eq!(faults(&clean.replace("40 passed, 0 failed", "39 passed, 1 failed")).len(), 1);
    assert_eq!(faults(&clean.replace("`http'", "`other'")).len(), 1);
}
