//! One request from its headers to the last byte of its answer, and the line the log keeps of it.

use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};
use std::time::Instant;

use ::metrics::gauge;
use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use domain::{Caller, Error, RequestId};
use http::header::CONTENT_LENGTH;
use http::{Method, StatusCode, request};
use http_body::{Body as _, Frame, SizeHint};
use services::{Backends, audit};
use tracing::Span;

use crate::body::Progress;
use crate::metrics;
use crate::origin::Peer;

/// Where the gate leaves the caller, for the line in the log and the record of what was refused.
#[derive(Clone, Default)]
pub(crate) struct Visitor(Arc<OnceLock<(Caller, Arc<Backends>)>>);

impl Visitor {
    pub(crate) fn introduce(&self, caller: &Caller, backends: &Arc<Backends>) {
        // A door that asks twice gets the same caller.
        self.0.get_or_init(|| (caller.clone(), Arc::clone(backends)));
    }

    fn name(&self) -> Option<&str> {
        self.0.get().map(|(caller, _)| caller.name.as_str())
    }

    /// Whoever may not do something has asked for it: the record knows what.
    fn was_refused(&self, method: &Method, path: &str) {
        if let Some((caller, backends)) = self.0.get() {
            audit::note_refusal(backends, caller, &format!("{method} {path}"));
        }
    }
}

/// A request under way; when it ends, by its last byte or because the client left, it is logged and counted.
pub(crate) struct Visit {
    span: Span,
    began: Instant,
    method: Method,
    path: String,
    peer: Option<Peer>,
    visitor: Visitor,
    upload: Arc<Progress>,
    status: Option<StatusCode>,
    expected_bytes: Option<u64>,
    sent_bytes: u64,
    ended: bool,
}

impl Visit {
    pub(crate) fn begin(
        id: RequestId,
        parts: &request::Parts,
        visitor: Visitor,
        upload: Arc<Progress>,
    ) -> Self {
        gauge!(metrics::REQUESTS_RUNNING).increment(1);
        Self {
            span: tracing::info_span!("request", %id),
            began: Instant::now(),
            method: parts.method.clone(),
            path: parts.uri.path().to_owned(),
            peer: parts.extensions.get().copied(),
            visitor,
            upload,
            status: None,
            expected_bytes: None,
            sent_bytes: 0,
            ended: false,
        }
    }

    /// What everything the request causes is logged under.
    pub(crate) fn span(&self) -> Span {
        self.span.clone()
    }

    /// Goes along with the answer until it is sent.
    pub(crate) fn accompany(mut self, answer: Response) -> Response {
        let length = answer.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
        self.status = Some(answer.status());
        if let Some(Error::Forbidden(_)) = answer.extensions().get() {
            self.visitor.was_refused(&self.method, &self.path);
        }
        self.expected_bytes = length.or_else(|| answer.body().size_hint().exact());
        // HTTP takes no body of these, so hyper asks for none.
        let bodiless = matches!(answer.status(), StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
        self.ended = answer.body().is_end_stream() || bodiless || self.method == Method::HEAD;
        answer.map(|body| Body::new(Sending { body, visit: self }))
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        let took = self.began.elapsed();
        let received = self.upload.received_bytes();
        gauge!(metrics::REQUESTS_RUNNING).decrement(1);
        metrics::record(&self.method, self.status, took, received, self.sent_bytes);
        // Hyper stops asking a body once it has what Content-Length promised.
        let whole = self.ended || self.expected_bytes == Some(self.sent_bytes);
        tracing::info!(
            parent: &self.span,
            method = %self.method,
            path = self.path,
            status = self.status.map(|status| status.as_u16()),
            received_bytes = received,
            sent_bytes = self.sent_bytes,
            millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            user = self.visitor.name(),
            peer = self.peer.map(|Peer(address)| tracing::field::display(address)),
            "{}", if whole { "answered" } else { "broken off" },
        );
    }
}

/// The body of an answer, counted.
struct Sending {
    body: Body,
    visit: Visit,
}

impl http_body::Body for Sending {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        match &frame {
            Some(Ok(frame)) => self.visit.sent_bytes += frame.data_ref().map_or(0, |data| data.len() as u64),
            // The headers are gone, so no door can say it: this is the edge where it is logged.
            Some(Err(error)) => tracing::error!(parent: &self.visit.span, "an answer broke off: {error}"),
            None => self.visit.ended = true,
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
