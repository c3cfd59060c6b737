//! How the bucket is set up, which s3s-fs knows nothing of.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

use http::header::DATE;
use http::{HeaderMap, HeaderValue};
use parking_lot::Mutex;
use s3s::dto::{Timestamp, TimestampFormat};

/// What somebody has chosen for it.
#[derive(Default)]
pub struct Setup {
    clock_ahead_seconds: AtomicI64,
    versioning: Mutex<Option<bool>>,
    rules: Mutex<Option<String>>,
}

impl Setup {
    /// Puts the clock forward.
    pub fn set_clock(&self, ahead_seconds: i64) {
        self.clock_ahead_seconds.store(ahead_seconds, Ordering::SeqCst);
    }

    /// Whether what is deleted is kept.
    pub fn set_versioning(&self, is_on: bool) {
        *self.versioning.lock() = Some(is_on);
    }

    /// What is deleted by itself.
    pub fn set_rules(&self, rules: &[(&str, &str)]) {
        let rule = |(name, prefix): &(&str, &str)| {
            format!(
                "<Rule><ID>{name}</ID><Filter><Prefix>{prefix}</Prefix></Filter><Status>Enabled</Status>\
                 <Expiration><Days>30</Days></Expiration></Rule>"
            )
        };
        *self.rules.lock() = Some(rules.iter().map(rule).collect());
    }

    /// Says what time it is.
    pub fn date(&self, answer: &mut HeaderMap) {
        let ahead = self.clock_ahead_seconds.load(Ordering::SeqCst);
        let by = Duration::from_secs(ahead.unsigned_abs());
        #[expect(clippy::disallowed_methods, reason = "a server has a clock of its own")]
        let now = SystemTime::now();
        let now = if ahead < 0 { now - by } else { now + by };
        let mut text = Vec::new();
        Timestamp::from(now).format(TimestampFormat::HttpDate, &mut text).unwrap();
        answer.insert(DATE, HeaderValue::from_bytes(&text).unwrap());
    }

    /// The answer to a question about this; none to others, and where nobody has chosen anything.
    pub fn answer(&self, operation: &str) -> Option<(u16, String)> {
        match operation {
            "GetBucketVersioning" => self.versioning.lock().map(|is_on| {
                let status = if is_on { "<Status>Enabled</Status>" } else { "" };
                (200, format!("<VersioningConfiguration>{status}</VersioningConfiguration>"))
            }),
            "GetBucketLifecycle" => self.rules.lock().as_ref().map(|rules| match rules.is_empty() {
                true => (404, "<Error><Code>NoSuchLifecycleConfiguration</Code></Error>".to_owned()),
                false => (200, format!("<LifecycleConfiguration>{rules}</LifecycleConfiguration>")),
            }),
            _ => None,
        }
    }
}
