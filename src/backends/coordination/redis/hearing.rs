//! What other servers say: that access has changed, and that there is work to do.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::StreamExt;
use redis::aio::PubSubSink;
use redis::{Msg, RedisError, RedisResult, Value};
use tokio::time::{sleep, timeout};

use super::Inner;
use super::link::{ANSWER_MAX, CONNECTING_MAX, PING_EVERY, RETRY_AFTER};

/// How many revocations were heard, as an odd number as long as everything is heard, and an even one while it is not.
#[derive(Default)]
pub(super) struct Heard(AtomicU64);

impl Heard {
    /// A number that has not changed as long as no revocation came; none while some may go unheard.
    pub(super) fn number(&self) -> Option<u64> {
        let number = self.0.load(Ordering::SeqCst);
        (number % 2 == 1).then_some(number)
    }

    pub(super) fn revocation(&self) {
        self.0.fetch_add(2, Ordering::SeqCst);
    }

    fn begin(&self) {
        self.0.fetch_or(1, Ordering::SeqCst);
    }

    /// The next number is another one, since nobody knows what was missed.
    fn end(&self) {
        if self.number().is_some() {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
}

impl Inner {
    pub(super) fn jobs_channel(&self) -> String {
        self.key("wake")
    }

    pub(super) fn revocations_channel(&self) -> String {
        self.key("revoked")
    }

    /// Listens, and listens again whenever the connection is lost. It never ends.
    pub(super) async fn listen(self: Arc<Self>) {
        loop {
            if let Err(error) = self.listen_once().await {
                // That Redis is gone is said once, by whoever keeps the other connection.
                tracing::debug!("messages of other servers are not heard: {error}");
            }
            self.heard.end();
            sleep(RETRY_AFTER).await;
        }
    }

    async fn listen_once(&self) -> RedisResult<()> {
        let (mut sink, mut messages) = in_time(CONNECTING_MAX, self.client.get_async_pubsub()).await?.split();
        let channels = [self.jobs_channel(), self.revocations_channel()];
        in_time(ANSWER_MAX, sink.subscribe(&channels)).await?;
        self.heard.begin();
        // Somebody may have called meanwhile.
        self.local.wake_jobs();
        let mut lost = std::pin::pin!(silence(sink));
        loop {
            tokio::select! {
                message = messages.next() => match message {
                    Some(message) => self.hear(&message),
                    None => return Ok(()),
                },
                error = &mut lost => return error.map_or(Ok(()), Err),
            }
        }
    }

    fn hear(&self, message: &Msg) {
        if message.get_channel_name() == self.revocations_channel() {
            self.heard.revocation();
        } else if message.get_payload_bytes() != self.process.as_bytes() {
            self.local.wake_jobs();
        }
    }
}

/// Waits until nothing comes over a connection any more, though nobody has closed it.
async fn silence(mut sink: PubSubSink) -> Option<RedisError> {
    loop {
        sleep(PING_EVERY).await;
        if let Err(error) = in_time(ANSWER_MAX, sink.ping::<Value>()).await {
            return Some(error);
        }
    }
}

async fn in_time<T>(
    limit: std::time::Duration,
    asking: impl Future<Output = RedisResult<T>>,
) -> RedisResult<T> {
    timeout(limit, asking)
        .await
        .unwrap_or_else(|_| Err(std::io::Error::from(std::io::ErrorKind::TimedOut).into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_missed_something_does_not_take_it_for_nothing_having_happened() {
        let heard = Heard::default();
        assert_eq!(heard.number(), None);
        heard.begin();
        let before = heard.number().unwrap();
        assert_eq!(heard.number(), Some(before));
        heard.revocation();
        let after = heard.number().unwrap();
        assert_ne!(after, before);
        heard.end();
        heard.end();
        assert_eq!(heard.number(), None);
        heard.revocation();
        heard.begin();
        assert!(![before, after].contains(&heard.number().unwrap()));
    }
}
