//! `larder doctor` on a house that keeps its files in a bucket: what is wrong with it, and what to do.

use std::time::Duration;

use bucket::{Bucket, Fault};

use super::{Machine, Outcome};

/// What it says of a bucket, with settings that differ from the right ones.
fn look(machine: &Machine, bucket: &Bucket, settings: &[&str]) -> Outcome {
    let mut arguments = vec!["doctor".to_owned(), "--set".to_owned(), "server.listen=127.0.0.1:0".to_owned()];
    let is_other = |key: &str| settings.iter().any(|setting| setting.split('=').next() == Some(key));
    for (key, value) in bucket.settings().into_iter().filter(|(key, _)| !is_other(key)) {
        arguments.extend(["--set".to_owned(), format!("{key}={value}")]);
    }
    for setting in settings {
        arguments.extend(["--set".to_owned(), (*setting).to_owned()]);
    }
    machine.run(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Its mark and sentence about a subject, and what to do, in one line.
#[track_caller]
fn about(outcome: &Outcome, subject: &str) -> String {
    let mut lines = outcome.out.lines().skip_while(|line| {
        line.split_once(' ').is_none_or(|(_, rest)| !rest.starts_with(&format!("{subject}  ")))
    });
    let first = lines.next().unwrap_or_else(|| panic!("nothing about {subject} in {outcome:#?}"));
    let advice = lines.take_while(|line| line.starts_with("  "));
    std::iter::once(first).chain(advice).map(str::trim).collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn assert_says(outcome: &Outcome, subject: &str, mark: char, words: &[&str]) {
    let said = about(outcome, subject);
    assert!(said.starts_with(mark), "{said}");
    words.iter().for_each(|word| assert!(said.contains(word), "{word:?} is not in {said}"));
    let is_bad = mark == '\u{2717}';
    assert!(!is_bad || outcome.code == Some(1), "{outcome:#?}");
}

const GOOD: char = '\u{2713}';
const WARNING: char = '!';
const BAD: char = '\u{2717}';

#[test]
fn a_bucket_that_is_well_is_said_to_be_and_nothing_is_left_in_it() {
    let (machine, bucket) = (Machine::new(), Bucket::start_on_thread());
    bucket.set_versioning(false);
    bucket.set_rules(&[]);
    // Before the first start, too.
    for _ in 0..2 {
        let outcome = look(&machine, &bucket, &[]);
        for subject in
            ["bucket", "bucket rights", "bucket clock", "bucket versions", "bucket rules", "bucket uploads"]
        {
            assert_says(&outcome, subject, GOOD, &[]);
        }
        assert_eq!(outcome.code, Some(0), "{outcome:#?}");
        assert!(!outcome.out.contains(bucket::SECRET_KEY), "{outcome:#?}");
        assert_eq!((bucket.objects().len(), bucket.unfinished()), (0, Vec::new()));
        machine.run(&["migrate"]).succeeded();
    }
}

#[test]
fn each_right_that_is_missing_is_named() {
    let (machine, bucket) = (Machine::new(), Bucket::start_on_thread());
    for (operation, mark, right) in [
        ("ListObjectsV2", BAD, "s3:ListBucket"),
        ("PutObject", BAD, "s3:PutObject"),
        ("HeadObject", BAD, "s3:GetObject"),
        ("GetObject", BAD, "s3:GetObject"),
        ("CopyObject", WARNING, "s3:GetObject and s3:PutObject"),
        ("DeleteObject", BAD, "s3:DeleteObject"),
        ("CreateMultipartUpload", BAD, "s3:PutObject"),
        ("ListMultipartUploads", WARNING, "s3:ListBucketMultipartUploads"),
        ("AbortMultipartUpload", WARNING, "s3:AbortMultipartUpload"),
    ] {
        bucket.fail(operation, u64::MAX, Fault::FORBIDDEN);
        let outcome = look(&machine, &bucket, &[]);
        assert_says(&outcome, "bucket rights", mark, &["The key may not", right]);
        assert_says(&outcome, "bucket", GOOD, &[]);
        bucket.mend();
    }
    bucket.lists_unfinished(false);
    let outcome = look(&machine, &bucket, &[]);
    assert_says(&outcome, "bucket rights", WARNING, &["does not know", "lifecycle rule"]);
}

#[test]
fn what_keeps_the_bucket_from_being_used_is_said_with_the_setting() {
    let (machine, bucket) = (Machine::new(), Bucket::start_on_thread());
    let says = |settings: &[&str], words: &[&str]| {
        assert_says(&look(&machine, &bucket, settings), "bucket", BAD, words);
    };
    says(&["s3.secret_key=wrong"], &["SignatureDoesNotMatch", "s3.secret_key"]);
    says(&["s3.access_key=nobody"], &["does not take the key", "s3.access_key"]);
    says(&["s3.bucket=elsewhere"], &["no such bucket", "s3.bucket"]);
    says(&["s3.endpoint=http://127.0.0.1:1"], &["Nothing answers", "s3.endpoint"]);
    for (status, code, words) in [
        (301, "PermanentRedirect", ["another region", "s3.region"]),
        (400, "AuthorizationHeaderMalformed", ["another region", "s3.region"]),
        (403, "RequestTimeTooSkewed", ["clock", "by the network"]),
        (503, "SlowDown", ["in trouble", "SlowDown"]),
        (403, "InvalidAccessKeyId", ["does not take the key", "s3.access_key"]),
    ] {
        bucket.fail("ListObjectsV2", u64::MAX, Fault::Refused(status, code));
        says(&[], &words);
        bucket.mend();
    }
    bucket.fail("*", u64::MAX, Fault::FORBIDDEN);
    says(&[], &["may do nothing", "operations.md"]);
    assert_eq!(bucket.objects().len(), 0);
}

#[test]
fn a_bucket_that_is_named_the_other_way_is_found() {
    let (machine, bucket) = (Machine::new(), Bucket::start_on_thread());
    // Of an endpoint that is a number the bucket is always in the path.
    let endpoint = format!("s3.endpoint={}", bucket.endpoint().replace("127.0.0.1", "localhost"));
    let outcome = look(&machine, &bucket, &["s3.path_style=false", &endpoint]);
    assert_says(&outcome, "bucket", BAD, &["the other way", "s3.path_style"]);
}

#[test]
fn clocks_that_differ_are_told() {
    let (machine, bucket) = (Machine::new(), Bucket::start_on_thread());
    for (ahead, mark, words) in
        [(400, BAD, "ahead of"), (-400, BAD, "behind"), (120, WARNING, "ahead of"), (0, GOOD, "agrees")]
    {
        bucket.set_clock(ahead);
        assert_says(&look(&machine, &bucket, &[]), "bucket clock", mark, &[words]);
    }
}

#[test]
fn what_is_kept_deleted_and_left_over_by_the_bucket_is_told() {
    let (machine, bucket) = (Machine::new(), Bucket::start_on_thread());
    let silent = look(&machine, &bucket, &[]);
    assert_says(&silent, "bucket versions", GOOD, &["does not say"]);
    assert_says(&silent, "bucket rules", GOOD, &["does not say"]);
    bucket.set_versioning(true);
    bucket.set_rules(&[("old logs", "logs/"), ("all", ""), ("of files", "files/")]);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let client = bucket.client();
        for number in 0..3 {
            let key = format!("files/00000000-0000-4000-8000-00000000000{number}/content");
            client.create_multipart_upload().bucket(bucket::NAME).key(key).send().await.unwrap();
        }
    });
    assert_says(&look(&machine, &bucket, &[]), "bucket uploads", GOOD, &[]);
    bucket.age_unfinished(Duration::from_secs(3 * 24 * 3600 + 60));
    let outcome = look(&machine, &bucket, &[]);
    assert_says(&outcome, "bucket versions", WARNING, &["keeps versions", "Suspend"]);
    assert_says(&outcome, "bucket rules", BAD, &[": all, of files."]);
    assert_says(&outcome, "bucket uploads", WARNING, &["3 in parts", "3 days ago", "admin jobs run sweep"]);
    assert_eq!(bucket.unfinished().len(), 3, "it looks and does not touch");
}

#[test]
fn encryption_that_is_asked_for_is_read_back() {
    let (machine, bucket) = (Machine::new(), Bucket::start_on_thread());
    let outcome = look(&machine, &bucket, &["s3.encryption=AES256"]);
    assert_says(&outcome, "bucket encryption", BAD, &["does not say that it has encrypted", "s3.encryption"]);
    assert!(!look(&machine, &bucket, &[]).out.contains("bucket encryption"));
}
