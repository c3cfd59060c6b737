//! What goes on on a connection that serves many requests at once, to know when its client has gone quiet.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use parking_lot::Mutex;
use tokio::time::{Instant, sleep};

/// The house's part in a connection: as long as it works on a request, the client may be quiet.
#[derive(Debug, Clone)]
pub(crate) struct Activity(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    /// How many requests wait for the house: for an answer, or for the next piece of one.
    working: usize,
    /// When it last did something.
    last: Instant,
}

/// Something the house does for a request.
pub(crate) struct Work(Activity);

impl Activity {
    pub(crate) fn begin() -> Self {
        Self(Arc::new(Mutex::new(State { working: 0, last: Instant::now() })))
    }

    pub(crate) fn work(&self) -> Work {
        self.0.lock().working += 1;
        Work(self.clone())
    }

    /// Comes back once the client has asked for nothing and taken nothing of what it asked for, for this long.
    pub(crate) async fn quiet(&self, patience: Duration) {
        loop {
            let quiet = {
                let state = self.0.lock();
                if state.working > 0 { Duration::ZERO } else { state.last.elapsed() }
            };
            if quiet >= patience {
                return;
            }
            sleep(patience - quiet).await;
        }
    }

    /// Sees each piece of an answer go.
    pub(crate) fn watch(&self, answer: Response) -> Response {
        answer.map(|body| Body::new(Sending { body, activity: self.clone(), work: None }))
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        let state = &mut *self.0.0.lock();
        state.working -= 1;
        state.last = Instant::now();
    }
}

/// The body of an answer. That it is asked for its next piece means that the client made room for it.
struct Sending {
    body: Body,
    activity: Activity,
    /// The piece that is asked for and not there yet.
    work: Option<Work>,
}

impl http_body::Body for Sending {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let work = self.work.take().unwrap_or_else(|| self.activity.work());
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        if frame.is_pending() {
            self.work = Some(work);
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;
    use http_body_util::channel::Channel;
    use tokio::time::timeout;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(60);

    async fn is_quiet_within(activity: &Activity, time: Duration) -> bool {
        timeout(time, activity.quiet(PATIENCE)).await.is_ok()
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_asks_for_nothing_is_quiet_and_one_that_waits_is_not() {
        let activity = Activity::begin();
        assert!(!is_quiet_within(&activity, Duration::from_secs(59)).await);
        let work = activity.work();
        assert!(!is_quiet_within(&activity, Duration::from_secs(3600)).await);
        drop(work);
        assert!(!is_quiet_within(&activity, Duration::from_secs(59)).await);
        assert!(is_quiet_within(&activity, Duration::from_secs(2)).await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_takes_no_more_of_its_answer_is_quiet() {
        let activity = Activity::begin();
        let (mut house, body) = Channel::<Bytes>::new(1);
        let mut body = activity.watch(Response::new(Body::new(body))).into_body();
        house.send_data(Bytes::from_static(b"x")).await.unwrap();
        assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "x");
        assert!(is_quiet_within(&activity, Duration::from_secs(61)).await);
        let asked = tokio::spawn(async move { body.frame().await.is_some() });
        tokio::task::yield_now().await;
        assert!(!is_quiet_within(&activity, Duration::from_secs(3600)).await, "it waits for the house");
        house.send_data(Bytes::from_static(b"y")).await.unwrap();
        assert!(asked.await.unwrap());
        assert!(is_quiet_within(&activity, Duration::from_secs(61)).await);
    }
}
