//! The body of an answer of which the first bytes are there already.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Body;
use bytes::Bytes;
use http_body::{Body as HttpBody, Frame};

/// What has come, and what is still to come.
pub(super) struct Begun {
    first: Option<Frame<Bytes>>,
    rest: Body,
}

impl Begun {
    pub(super) fn new(first: Frame<Bytes>, rest: Body) -> Self {
        Self { first: Some(first), rest }
    }
}

impl HttpBody for Begun {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        match self.first.take() {
            Some(first) => Poll::Ready(Some(Ok(first))),
            None => Pin::new(&mut self.rest).poll_frame(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.first.is_none() && self.rest.is_end_stream()
    }
}
