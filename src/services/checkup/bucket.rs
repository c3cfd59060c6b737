//! What an operator has to know of the bucket that files lie in.

use std::time::Duration;

use blobs::{Probed, Tried, Trouble};
use domain::Timestamp;

use super::Finding;

const BUCKET: &str = "bucket";
const RIGHTS: &str = "bucket rights";
const CLOCK: &str = "bucket clock";
const VERSIONS: &str = "bucket versions";
const RULES: &str = "bucket rules";
const ENCRYPTION: &str = "bucket encryption";
const UPLOADS: &str = "bucket uploads";

/// Stores refuse what is signed at another time than theirs by more than this.
const SKEW_MAX: Duration = Duration::from_secs(5 * 60);
/// More than this is on its way there.
const SKEW_USUAL: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// Rights without which files are kept all the same.
const DISPENSABLE: [&str; 3] =
    ["s3:ListBucketMultipartUploads", "s3:AbortMultipartUpload", "s3:GetObject and s3:PutObject"];

/// Everything there is to say of a bucket.
pub(super) fn findings(now: Timestamp, probed: &Probed) -> Vec<Finding> {
    let mut findings = vec![bucket(probed)];
    if probed.unusable.is_none() {
        findings.extend(rights(probed));
        findings.push(versions(probed));
        findings.push(rules(probed));
        findings.extend(encryption(probed));
        findings.push(uploads(now, probed));
    }
    findings.extend(clock(probed));
    findings
}

fn bucket(probed: &Probed) -> Finding {
    let (says, advice) = match &probed.unusable {
        None if probed.is_exposed => {
            return Finding::warning(
                BUCKET,
                "It answers, by http and without encryption, on an address beyond this machine.",
                "Give the store a certificate and begin s3.endpoint with https://: files cross the network readable.",
            );
        }
        None => return Finding::good(BUCKET, "It answers."),
        Some(Trouble::Unreachable(says)) => (
            format!("Nothing answers: {says}."),
            "See that the store runs, and to s3.endpoint and the network between them.".to_owned(),
        ),
        Some(Trouble::NoBucket) => (
            "The store answers and has no such bucket.".to_owned(),
            "Make the bucket, or correct s3.bucket; Larder makes none by itself.".to_owned(),
        ),
        Some(Trouble::OtherStyle) => (
            "It answers when it is named the other way, in the path or before the host.".to_owned(),
            "Turn s3.path_style round.".to_owned(),
        ),
        Some(Trouble::OtherRegion(region)) => (
            "It is in another region.".to_owned(),
            match region {
                Some(region) => format!("Set s3.region to \"{region}\"."),
                None => "Correct s3.region, and s3.endpoint with it.".to_owned(),
            },
        ),
        Some(Trouble::BadKey(says)) => (
            format!("The store does not take the key: {says}."),
            "Correct s3.access_key and s3.secret_key, or what the AWS settings of this machine say."
                .to_owned(),
        ),
        Some(Trouble::BadClock) => (
            "The store refuses what this machine signs, because its clock says another time.".to_owned(),
            "Let both set their clocks by the network.".to_owned(),
        ),
        Some(Trouble::Denied) => (
            "The key may do nothing in it.".to_owned(),
            "Give it the rights that docs/operations.md lists.".to_owned(),
        ),
        Some(Trouble::Unknown) => (
            "What answers is no S3 store, or is reached the wrong way.".to_owned(),
            "See to s3.endpoint.".to_owned(),
        ),
        Some(Trouble::Other(says)) => (
            format!("The store is in trouble: {says}."),
            "See what its own log says, and try again.".to_owned(),
        ),
    };
    Finding::bad(BUCKET, says, &advice)
}

fn rights(probed: &Probed) -> Vec<Finding> {
    let found: Vec<Finding> = probed.tried.iter().filter_map(right).collect();
    match found.is_empty() {
        true => {
            let says = "The key may do everything that is needed: a small object was written, read, copied and removed, \
                        and an upload in parts begun and ended.";
            vec![Finding::good(RIGHTS, says)]
        }
        false => found,
    }
}

fn right(tried: &Tried) -> Option<Finding> {
    let Tried { right, purpose, trouble } = tried;
    let (says, advice) = match trouble.as_ref()? {
        Trouble::Denied => (
            format!("The key may not do what is needed to {purpose}."),
            format!("Give it the right {right} (docs/operations.md has a policy with all of them)."),
        ),
        Trouble::Unknown => (
            format!("The store does not know what is needed to {purpose}."),
            match *right {
                "s3:ListBucketMultipartUploads" => {
                    "Have the bucket itself end uploads in parts after some days, by a lifecycle rule."
                        .to_owned()
                }
                _ => "Use a store, or a version of it, that does.".to_owned(),
            },
        ),
        other => (
            format!("An attempt to {purpose} failed: {}.", words(other).trim_end_matches('.')),
            "See what the log of the store says.".to_owned(),
        ),
    };
    Some(match DISPENSABLE.contains(right) {
        true => Finding::warning(RIGHTS, says, &advice),
        false => Finding::bad(RIGHTS, says, &advice),
    })
}

fn words(trouble: &Trouble) -> String {
    match trouble {
        Trouble::Unreachable(says) | Trouble::BadKey(says) | Trouble::Other(says) => says.clone(),
        other => format!("{other:?}"),
    }
}

fn versions(probed: &Probed) -> Finding {
    match probed.keeps_deleted {
        Some(true) => Finding::warning(
            VERSIONS,
            "It keeps versions: what Larder removes stays there, and is paid for.",
            "Suspend versioning, for Larder keeps earlier contents itself; or let a lifecycle rule expire noncurrent \
             versions after some days.",
        ),
        Some(false) => Finding::good(VERSIONS, "It keeps none: what Larder removes is gone."),
        None => Finding::good(VERSIONS, "Whether it keeps any, the store does not say."),
    }
}

fn rules(probed: &Probed) -> Finding {
    match &probed.expiring {
        Some(rules) if rules.is_empty() => Finding::good(RULES, "No lifecycle rule deletes files."),
        Some(rules) => Finding::bad(
            RULES,
            format!("By its lifecycle rules the bucket deletes files that are in use: {}.", rules.join(", ")),
            "Take these rules away, or let them leave out what begins with s3.prefix and files/.",
        ),
        None => Finding::good(
            RULES,
            "Whether a lifecycle rule deletes files, the store does not say; see that none does.",
        ),
    }
}

fn encryption(probed: &Probed) -> Option<Finding> {
    let found = probed.encrypted.as_ref()?;
    Some(match found {
        Some(word) if probed.asked_encryption.as_ref() == Some(word) => {
            Finding::good(ENCRYPTION, format!("What is stored is encrypted: {word}."))
        }
        found => Finding::bad(
            ENCRYPTION,
            match found {
                Some(word) => format!("The store encrypts with {word}, not as s3.encryption says."),
                None => {
                    "The store does not say that it has encrypted what it was told to encrypt.".to_owned()
                }
            },
            "See whether it can, and to s3.encryption and s3.kms_key; \"\" leaves it to the bucket.",
        ),
    })
}

fn uploads(now: Timestamp, probed: &Probed) -> Finding {
    if probed.unfinished.is_none() {
        return Finding::good(UPLOADS, "Which uploads in parts were not ended, the store does not say.");
    }
    match probed.left_over(now.before(DAY), now) {
        None => Finding::good(UPLOADS, "None in parts was left unended for a day."),
        Some((count, oldest)) => Finding::warning(
            UPLOADS,
            format!(
                "{count} in parts were begun more than a day ago and not ended, the oldest {} days ago; they take room.",
                oldest.as_secs() / DAY.as_secs()
            ),
            "The job `sweep` of `larder serve` ends them: see that it runs. `larder admin jobs run sweep` does it now.",
        ),
    }
}

fn clock(probed: &Probed) -> Option<Finding> {
    let ahead_ms = probed.clock_ahead_ms?;
    let skew = Duration::from_millis(ahead_ms.unsigned_abs());
    let says = format!(
        "That of the store is {} s {} this machine's.",
        skew.as_secs(),
        if ahead_ms < 0 { "behind" } else { "ahead of" }
    );
    let advice =
        "Let both set their clocks by the network: more than five minutes, and the store refuses everything.";
    Some(match skew {
        skew if skew > SKEW_MAX => Finding::bad(CLOCK, says, advice),
        skew if skew > SKEW_USUAL => Finding::warning(CLOCK, says, advice),
        _ => Finding::good(CLOCK, "It agrees with this machine's."),
    })
}
