//! The uploads in parts that were begun and not ended, which s3s-fs does not list.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use parking_lot::Mutex;
use s3s::dto::{Timestamp, TimestampFormat};

/// Key, begun at, by what it is known.
#[derive(Default)]
pub struct Uploads {
    open: Mutex<BTreeMap<(String, String), SystemTime>>,
    is_unlisted: AtomicBool,
}

impl Uploads {
    #[expect(clippy::disallowed_methods, reason = "a server beside the house has a clock of its own")]
    /// One was begun: the answer says by what it is known.
    pub fn begin(&self, key: &str, answer: &Bytes) {
        let text = String::from_utf8_lossy(answer);
        if let Some(upload) = text.split("<UploadId>").nth(1).and_then(|rest| rest.split('<').next()) {
            self.open.lock().insert((key.to_owned(), upload.to_owned()), SystemTime::now());
        }
    }

    /// One was ended.
    pub fn end(&self, upload: &str) {
        self.open.lock().retain(|(_, open), _| open != upload);
    }

    /// Whether one is open.
    pub fn is_open(&self, upload: &str) -> bool {
        self.open.lock().keys().any(|(_, open)| open == upload)
    }

    /// The keys of those that are open.
    pub fn keys(&self) -> Vec<String> {
        self.open.lock().keys().map(|(key, _)| key.clone()).collect()
    }

    /// Lets all of them have been begun so much earlier.
    pub fn age(&self, by: Duration) {
        self.open.lock().values_mut().for_each(|begun| *begun -= by);
    }

    /// Whether anybody is told.
    pub fn set_listed(&self, does: bool) {
        self.is_unlisted.store(!does, Ordering::SeqCst);
    }

    /// Whether anybody is told.
    pub fn is_listed(&self) -> bool {
        !self.is_unlisted.load(Ordering::SeqCst)
    }

    /// The answer to `ListMultipartUploads`, two at a time, so that whoever asks has to go on.
    pub fn list(&self, prefix: &str, after: Option<(String, String)>) -> String {
        const PAGE: usize = 2;
        let open = self.open.lock();
        let mut left = open.iter().filter(|(name, _)| {
            name.0.starts_with(prefix) && after.as_ref().is_none_or(|after| *name > after)
        });
        let page: Vec<_> = left.by_ref().take(PAGE).collect();
        let is_truncated = left.next().is_some();
        let mut text = format!("<ListMultipartUploadsResult><IsTruncated>{is_truncated}</IsTruncated>");
        for ((key, upload), begun) in &page {
            let mut at = Vec::new();
            Timestamp::from(**begun).format(TimestampFormat::DateTime, &mut at).unwrap();
            let at = String::from_utf8(at).unwrap();
            text += &format!(
                "<Upload><Key>{key}</Key><UploadId>{upload}</UploadId><Initiated>{at}</Initiated></Upload>"
            );
        }
        if let Some(((key, upload), _)) = page.last().filter(|_| is_truncated) {
            text += &format!(
                "<NextKeyMarker>{key}</NextKeyMarker><NextUploadIdMarker>{upload}</NextUploadIdMarker>"
            );
        }
        text + "</ListMultipartUploadsResult>"
    }
}
