//! How far the clock of the store is from this machine's, by the `Date` of its answers.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use aws_sdk_s3::config::interceptors::BeforeDeserializationInterceptorContextRef;
use aws_sdk_s3::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_s3::error::BoxError;
use aws_sdk_s3::primitives::{DateTime, DateTimeFormat};
use domain::Timestamp;

/// Listens to answers; each copy of it hears what the others hear.
#[derive(Debug, Clone)]
pub(super) struct Clock(Arc<AtomicI64>);

impl Default for Clock {
    fn default() -> Self {
        Self(Arc::new(AtomicI64::new(i64::MIN)))
    }
}

impl Clock {
    /// By how many milliseconds the store is ahead, as its last answer says.
    pub(super) fn ahead_ms(&self) -> Option<i64> {
        Some(self.0.load(Ordering::Relaxed)).filter(|ahead| *ahead != i64::MIN)
    }
}

impl Intercept for Clock {
    fn name(&self) -> &'static str {
        "the clock of the store"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let date = context.response().headers().get("date");
        let date = date.and_then(|date| DateTime::from_str(date, DateTimeFormat::HttpDate).ok());
        if let Some(said) = date.and_then(|date| date.to_millis().ok()) {
            self.0.store(said - Timestamp::now().millis(), Ordering::Relaxed);
        }
        Ok(())
    }
}
