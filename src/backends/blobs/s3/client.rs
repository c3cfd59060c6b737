//! How the store is reached: where it is, who asks, how long that may take, and how often it is tried.

use std::time::Duration;

use aws_config::Region;
use aws_sdk_s3::config::interceptors::InterceptorContext;
use aws_sdk_s3::config::retry::{ClassifyRetry, RetryAction, RetryConfig};
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{
    BehaviorVersion, Credentials, RequestChecksumCalculation, ResponseChecksumValidation,
    StalledStreamProtectionConfig,
};
use aws_sdk_s3::{Client, config};
use aws_smithy_http_client::{Builder, tls};

use crate::config::S3Config;

/// Pinned: another one may send what other stores do not take.
const BEHAVIOR: fn() -> BehaviorVersion = BehaviorVersion::v2026_01_12;
/// Where nobody says a region, stores at an endpoint take this one.
const REGION: &str = "us-east-1";

const CONNECT_MAX: Duration = Duration::from_secs(5);
/// How long a small question may take, from its first byte to the first one of its answer.
const ANSWER_MAX: Duration = Duration::from_secs(60);
/// What is sent beside gets longer: whoever sends slower than this is not waited for.
const SENT_BYTES_PER_SECOND: u64 = 256 * 1024;
/// How often a question is asked before it counts as unanswered.
const ATTEMPTS: u32 = 4;
const WAIT_FIRST: Duration = Duration::from_millis(250);
const WAIT_MAX: Duration = Duration::from_secs(5);
/// A client that reads slowly makes the store stand still; that is no fault of the store.
const STALLED_MAX: Duration = Duration::from_secs(60);

/// A client for the store that the settings name.
pub(super) async fn build(settings: &S3Config) -> Client {
    let http = Builder::new().tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring));
    let mut surroundings = aws_config::defaults(BEHAVIOR()).http_client(http.build_https());
    if !settings.profile.is_empty() {
        surroundings = surroundings.profile_name(&settings.profile);
    }
    if !settings.access_key.is_empty() {
        let secret = settings.secret_key.expose();
        let key = Credentials::new(&settings.access_key, secret, None, None, "settings");
        surroundings = surroundings.credentials_provider(key);
    }
    let named = (!settings.region.is_empty()).then(|| settings.region.clone());
    // With a key and a region there is nothing to look for in the surroundings.
    let assumed = (!settings.endpoint.is_empty() && !settings.access_key.is_empty()).then(|| REGION.into());
    if let Some(region) = named.or(assumed) {
        surroundings = surroundings.region(Region::new(region));
    }
    let surroundings = surroundings.load().await;
    let mut config = config::Builder::from(&surroundings)
        .behavior_version(BEHAVIOR())
        .retry_config(retries())
        .retry_classifier(TooMany)
        .timeout_config(patience(0))
        .stalled_stream_protection(StalledStreamProtectionConfig::enabled().grace_period(STALLED_MAX).build())
        // Checksums beyond those of the protocol are refused by several stores.
        .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
        .response_checksum_validation(ResponseChecksumValidation::WhenRequired);
    if surroundings.region().is_none() {
        config = config.region(Region::new(REGION));
    }
    // Nor is it anywhere else than they say: what is exposed on its way is judged by them.
    config.set_endpoint_url((!settings.endpoint.is_empty()).then(|| settings.endpoint.clone()));
    if !settings.endpoint.is_empty() {
        config = config.force_path_style(settings.path_style);
    }
    Client::from_conf(config.build())
}

/// How long a question may take that sends so many bytes along. The time until the answer begins counts from the start,
/// so it has to be as long.
pub(super) fn patience(sent_bytes: u64) -> TimeoutConfig {
    let attempt = ANSWER_MAX + Duration::from_secs(sent_bytes / SENT_BYTES_PER_SECOND);
    TimeoutConfig::builder()
        .connect_timeout(CONNECT_MAX)
        .read_timeout(attempt)
        .operation_attempt_timeout(attempt)
        .build()
}

fn retries() -> RetryConfig {
    RetryConfig::standard()
        .with_max_attempts(ATTEMPTS)
        .with_initial_backoff(WAIT_FIRST)
        .with_max_backoff(WAIT_MAX)
}

/// Some stores say 429 with a word of their own, which the engine does not know for what it is.
#[derive(Debug)]
struct TooMany;

impl ClassifyRetry for TooMany {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        match context.response().map(|response| response.status().as_u16()) {
            Some(429) => RetryAction::throttling_error(),
            _ => RetryAction::NoActionIndicated,
        }
    }

    fn name(&self) -> &'static str {
        "429 is too many"
    }
}
