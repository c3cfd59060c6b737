//! What happened in a session, in the order in which it ended: the latest exchanges, and what the server noticed.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::time::timeout;

use super::exchange::Exchange;

/// Ten thousand of the longest exchanges are about 25 MB; a session of a person is far shorter.
const EXCHANGES_MAX: usize = 10_000;
const NOTICES_MAX: usize = 100;

/// What happened so far; every clone is the same one.
#[derive(Clone)]
pub struct Transcript(Arc<Shared>);

struct Shared {
    began: Instant,
    seen: Mutex<Seen>,
    running: AtomicUsize,
    print: fn(&str),
    stirred: Notify,
}

/// What was seen.
#[derive(Debug, Default)]
pub struct Seen {
    /// The latest exchanges.
    pub exchanges: VecDeque<Exchange>,
    /// How many there were before those.
    pub forgotten: u64,
    /// What the server noticed beside answering, each once.
    pub notices: Vec<Notice>,
}

/// A sentence of the server's own log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The sentence.
    pub says: String,
    /// Whether somebody has to do something about it.
    pub is_problem: bool,
}

impl Transcript {
    /// An empty one that begins now; each line goes to whoever looks on.
    pub fn begin(print: fn(&str)) -> Self {
        Self(Arc::new(Shared {
            began: Instant::now(),
            seen: Mutex::default(),
            running: AtomicUsize::new(0),
            print,
            stirred: Notify::new(),
        }))
    }

    /// A request has come; how long after the beginning.
    pub fn enter(&self) -> Duration {
        self.0.running.fetch_add(1, Ordering::Relaxed);
        self.0.stirred.notify_one();
        self.0.began.elapsed()
    }

    /// The request has been answered, or its client has left. Its line is printed.
    pub fn leave(&self, exchange: Exchange) {
        let mut seen = self.0.seen.lock();
        if seen.exchanges.back().is_none_or(|last| last.agent != exchange.agent) {
            (self.0.print)(&format!(
                "-- {}",
                if exchange.agent.is_empty() { "no name" } else { &exchange.agent }
            ));
        }
        (self.0.print)(&exchange.to_string());
        if seen.exchanges.len() == EXCHANGES_MAX {
            seen.exchanges.pop_front();
            seen.forgotten += 1;
        }
        seen.exchanges.push_back(exchange);
        drop(seen);
        self.0.running.fetch_sub(1, Ordering::Relaxed);
        self.0.stirred.notify_one();
    }

    /// The server said something.
    pub fn notice(&self, notice: Notice) {
        let mut seen = self.0.seen.lock();
        (self.0.print)(&format!("-- the server: {}", notice.says));
        if seen.notices.len() < NOTICES_MAX && !seen.notices.contains(&notice) {
            seen.notices.push(notice);
        }
    }

    /// Waits until somebody has been here and nothing happened for so long.
    pub async fn quiet(&self, span: Duration) {
        while timeout(span, self.0.stirred.notified()).await.is_ok() || self.is_waiting() {}
    }

    /// Everything so far, in the order in which it began.
    pub fn end(self) -> Seen {
        let mut seen = std::mem::take(&mut *self.0.seen.lock());
        seen.exchanges.make_contiguous().sort_by_key(|exchange| exchange.at);
        seen
    }

    /// Whether nobody has come yet, or a request is under way.
    fn is_waiting(&self) -> bool {
        self.0.running.load(Ordering::Relaxed) > 0 || self.0.seen.lock().exchanges.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::answered;
    use super::*;

    fn begin() -> Transcript {
        Transcript::begin(|_| {})
    }

    #[test]
    fn a_session_without_end_keeps_its_latest_part() {
        let transcript = begin();
        for number in 0..EXCHANGES_MAX + 5 {
            transcript.enter();
            transcript.leave(answered("GET", &format!("/dav/{number}"), 200));
        }
        let seen = transcript.end();
        assert_eq!((seen.exchanges.len(), seen.forgotten), (EXCHANGES_MAX, 5));
        assert_eq!(seen.exchanges[0].path, "/dav/5");
    }

    #[test]
    fn what_the_server_repeats_is_noted_once() {
        let transcript = begin();
        for number in 0..NOTICES_MAX * 2 {
            transcript.notice(Notice { says: "again".into(), is_problem: false });
            transcript.notice(Notice { says: number.to_string(), is_problem: true });
        }
        assert_eq!(transcript.end().notices.len(), NOTICES_MAX);
    }

    #[tokio::test]
    async fn it_is_quiet_once_somebody_came_and_every_request_has_ended() {
        let transcript = begin();
        let is_quiet = async || {
            let quiet = transcript.quiet(Duration::from_millis(5));
            timeout(Duration::from_millis(100), quiet).await.is_ok()
        };
        assert!(!is_quiet().await, "nobody has come");
        transcript.enter();
        assert!(!is_quiet().await, "a request is under way");
        transcript.leave(answered("GET", "/dav/", 200));
        transcript.quiet(Duration::from_millis(5)).await;
    }
}
