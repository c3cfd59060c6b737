//! Each named step of the work is one at which a test lets the process die.

use super::{Findings, files_below, has_extension, read};

const LAW: &str = "tests: Each step named by `failpoint::reach` is one at which a test lets the process die.";

#[test]
fn the_process_is_killed_at_each_named_step() {
    let mut findings = Findings::of(LAW);
    let is_rust = |file: &std::path::PathBuf| has_extension(file, "rs");
    let tests: String =
        files_below("tests").iter().filter(|file| is_rust(file)).map(|file| read(file)).collect();
    let mut reached = 0;
    for file in files_below("src").into_iter().filter(is_rust) {
        for (index, line) in read(&file).lines().enumerate() {
            let Some((_, rest)) = line.split_once("failpoint::reach(\"") else { continue };
            let step = rest.split('"').next().unwrap_or_default();
            reached += 1;
            if !tests.contains(&format!("\"{step}\"")) {
                findings.add(
                    &file,
                    index + 1,
                    format!("no test names `{step}`: tests/crash/steps.rs is the table"),
                );
            }
        }
    }
    assert!(reached > 20, "the steps were not found");
    findings.none();
}
