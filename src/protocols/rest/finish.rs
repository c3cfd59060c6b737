//! Carrying on with what was begun for a client that has hung up.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::Error;
use http::Method;
use tracing::Instrument;

use crate::problem::Refusal;

/// Runs whatever may change something in a task of its own: when the client hangs up its request is dropped, and what
/// follows a commit, such as telling the other servers, would be left out.
pub async fn to_the_end(request: Request, next: Next) -> Response {
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        return next.run(request).await;
    }
    let task = tokio::spawn(next.run(request).in_current_span());
    task.await.unwrap_or_else(|error| Refusal::from(Error::internal(error)).into_response())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::task::{Context, Poll, Waker};

    use axum::Router;
    use axum::body::Body;
    use axum::middleware::from_fn;
    use axum::routing::any;
    use tokio::sync::{Notify, Semaphore};
    use tower::ServiceExt;

    use super::*;

    #[tokio::test]
    async fn what_a_client_began_is_finished_after_it_has_hung_up() {
        let (is_committed, is_told) = (Arc::new(Notify::new()), Arc::new(Semaphore::new(0)));
        let (committed, told) = (Arc::clone(&is_committed), Arc::clone(&is_told));
        let change = any(move || async move {
            committed.notified().await;
            told.add_permits(1);
        });
        let router = Router::new().route("/", change).layer(from_fn(to_the_end));
        let mut asked = Box::pin(router.oneshot(Request::post("/").body(Body::empty()).unwrap()));
        let is_waiting = asked.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert!(matches!(is_waiting, Poll::Pending));
        drop(asked);
        is_committed.notify_one();
        is_told.acquire().await.unwrap().forget();
    }
}
