//! `larder doctor --deep`: rows, blobs and counters compared with each other, and what to do where they differ.

use domain::{Result, Timestamp};
use services::Backends;
use services::checkup::Finding;
use services::upkeep::{Aspect, Check, Found, Rule, Scrub, check};

use crate::commands::progress::bar;
use crate::config::Config;
use crate::house;

/// Looks at everything that is kept, and with `read` reads every content first.
///
/// # Errors
/// Whatever the database and the store say, and what [`house::visit`] does.
pub async fn examine(config: &Config, now: Timestamp, read: bool) -> Result<Vec<Finding>> {
    let backends = house::visit(config).await?;
    if read {
        read_everything(&backends, now).await?;
    }
    let bar = bar("{msg} {bar:30} {pos} of {len}");
    let check = check(&backends, now, |progress| {
        bar.set_message(progress.doing);
        bar.set_length(progress.total);
        bar.set_position(progress.done);
    });
    let check = check.await?;
    bar.finish_and_clear();
    backends.close().await?;
    Ok(findings(&check, read))
}

/// What was read is noted as a scrub notes it, so that what is damaged is known and what was mended is not any more.
async fn read_everything(backends: &Backends, now: Timestamp) -> Result<()> {
    let mut scrub = Scrub::everything(backends, now).await?;
    let bar = bar("reading everything {bar:30} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left");
    bar.set_length(scrub.total_bytes());
    while scrub.step(backends).await? {
        bar.set_position(scrub.read_bytes());
    }
    bar.finish_and_clear();
    Ok(())
}

fn findings(check: &Check, read: bool) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (subject, sound) in subjects(check, read) {
        let of_subject = |found: &&Found| self::subject(found.aspect) == subject;
        let bad: Vec<Finding> = check.found.iter().filter(of_subject).map(finding).collect();
        if bad.is_empty() {
            findings.push(Finding::good(subject, sound));
        }
        findings.extend(bad);
    }
    let strangers = &check.strangers;
    if strangers.count > 0 {
        let count = counted(strangers.count, "thing in the file store is", "things in the file store are");
        let says = format!("{count} not Larder's: {}", listed(strangers.count, &strangers.examples));
        let advice = "Larder leaves them alone; keep them elsewhere.";
        findings.push(Finding::warning("strangers", says, advice));
    }
    findings
}

/// What is looked at, in this order, and what is said of it when all is well.
fn subjects(check: &Check, read: bool) -> [(&'static str, String); 10] {
    let waiting = match check.condemned {
        0 => String::new(),
        count => format!(" {} removal.", counted(count, "more waits for its", "more wait for their")),
    };
    let damaged = match read {
        true => "Every content was read, and is what it was.",
        false => "None is known; `larder doctor --deep --read` reads everything to find out.",
    };
    [
        ("database file", "It is whole.".into()),
        ("tree", "Everything lies in a folder, up to the top of its drive.".into()),
        ("history", "Everything has one, and it ends with what there is now.".into()),
        ("references", "Every content that is kept belongs to a file.".into()),
        ("names", "No name stands for two things.".into()),
        ("people", "Every drive is somebody's, and what ended is being purged.".into()),
        ("quotas", "Every drive counts what it holds.".into()),
        ("orphans", format!("The database knows all that lies in the file store.{waiting}")),
        ("missing", format!("None of {}.", counted(check.blobs, "content", "contents"))),
        ("damaged", damaged.into()),
    ]
}

fn subject(aspect: Aspect) -> &'static str {
    match aspect {
        Aspect::Database => "database file",
        Aspect::Rows(Rule::Parents | Rule::Tops | Rule::Reach) => "tree",
        Aspect::Rows(Rule::Histories | Rule::Present | Rule::Overlaps) => "history",
        Aspect::Rows(Rule::References | Rule::Unreferenced) => "references",
        Aspect::Rows(Rule::Names) => "names",
        Aspect::Rows(Rule::Owners | Rule::Attachments | Rule::Ends) => "people",
        Aspect::Drift => "quotas",
        Aspect::Orphaned => "orphans",
        Aspect::Missing => "missing",
        Aspect::Damaged => "damaged",
    }
}

fn finding(found: &Found) -> Finding {
    let (one, many) = words(found.aspect);
    let says = format!("{}: {}", counted(found.count, one, many), listed(found.count, &found.examples));
    let advice = match found.aspect {
        Aspect::Rows(Rule::Ends) => {
            "`larder admin jobs list` says why its job was given up; see to it, then run `larder admin jobs retry all`."
        }
        Aspect::Database | Aspect::Rows(_) => {
            "Keep a copy of the data folder, go back to the last back-up that is sound, and report this."
        }
        Aspect::Drift => "A running server counts anew once a day.",
        Aspect::Orphaned => {
            "A running server removes them after blobs.orphan_grace_hours. If they are many, this database is perhaps \
             not that of this file store, or an old one."
        }
        Aspect::Missing | Aspect::Damaged => {
            "Put these files back from a back-up, at the same place in `blobs`, and run `larder doctor --deep --read`."
        }
    };
    Finding::bad(subject(found.aspect), says, advice)
}

/// What is said of one and of many.
fn words(aspect: Aspect) -> (&'static str, &'static str) {
    match aspect {
        Aspect::Database => ("fault", "faults"),
        Aspect::Rows(Rule::Parents) => ("lies in no folder of its drive", "lie in no folder of their drive"),
        Aspect::Rows(Rule::Tops) => ("drive has not one sound top", "drives have not one sound top"),
        Aspect::Rows(Rule::Reach) => ("is not below the top of a drive", "are not below the top of a drive"),
        Aspect::Rows(Rule::Histories) => ("has not one present revision", "have not one present revision"),
        Aspect::Rows(Rule::Present) => {
            ("is not what its history ends with", "are not what their histories end with")
        }
        Aspect::Rows(Rule::Overlaps) => ("has two revisions of one time", "have two revisions of one time"),
        Aspect::Rows(Rule::References) => {
            ("shows a content that is not kept", "show contents that are not kept")
        }
        Aspect::Rows(Rule::Unreferenced) => ("content belongs to no file", "contents belong to no file"),
        Aspect::Rows(Rule::Names) => ("has the name of another", "have the names of others"),
        Aspect::Rows(Rule::Owners) => {
            ("drive is not one user's or project's", "drives are not one user's or project's")
        }
        Aspect::Rows(Rule::Attachments) => {
            ("belongs to a task of another project", "belong to tasks of other projects")
        }
        Aspect::Rows(Rule::Ends) => {
            ("drive is not being purged to its end", "drives are not being purged to their ends")
        }
        Aspect::Drift => ("counter is wrong", "counters are wrong"),
        Aspect::Orphaned => ("blob is unknown to the database", "blobs are unknown to the database"),
        Aspect::Missing => ("content is missing or not whole", "contents are missing or not whole"),
        Aspect::Damaged => ("content is not what it was", "contents are not what they were"),
    }
}

/// "1 counter is wrong", "2 counters are wrong".
fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// The examples, and whether there are more.
fn listed(count: u64, examples: &[String]) -> String {
    let end = if count > examples.len() as u64 { "; …" } else { "." };
    format!("{}{end}", examples.join("; "))
}
