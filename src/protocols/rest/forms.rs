//! Forms with files, as browsers send them (RFC 7578): read part by part, and nothing of them held but the piece at hand.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};

use axum::body::{Body, BodyDataStream};
use axum::extract::multipart::Field;
use axum::extract::{FromRequest, Multipart, Request};
use bytes::Bytes;
use domain::Error;
use futures_util::{Stream, TryStreamExt};
use http::HeaderMap;
use http::header::CONTENT_TYPE;

/// How much of a form is read in search of its next part: more than the headers of any.
const SEARCHED_BYTES_MAX: usize = 64 * 1024;

/// Whether a body is said to be a form with files.
pub fn is_form(sent: &HeaderMap) -> bool {
    let kind = sent.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.trim_start().to_ascii_lowercase().starts_with("multipart/form-data")
}

/// A form that is being read.
pub struct Form {
    parts: Multipart,
    searched: Searched,
}

/// How many bytes were read since anything was found in them.
#[derive(Clone, Default)]
struct Searched(Arc<AtomicUsize>);

impl Form {
    /// Begins with the first part.
    ///
    /// # Errors
    /// [`Invalid`](Error::Invalid) for what is no form.
    pub async fn read(request: Request) -> Result<Self, Error> {
        let searched = Searched::default();
        let (parts, body) = request.into_parts();
        let paced = Paced { body: body.into_data_stream(), searched: searched.clone(), rests: false };
        let request = Request::from_parts(parts, Body::from_stream(paced));
        let parts = Multipart::from_request(request, &()).await.map_err(|_| malformed())?;
        Ok(Self { parts, searched })
    }

    /// The next part; what was left of the one before is passed over by [`Part::skip`] only.
    ///
    /// # Errors
    /// [`Invalid`](Error::Invalid) when the form breaks off, or no part begins where one has to.
    pub async fn next(&mut self) -> Result<Option<Part<'_>>, Error> {
        let field = self.parts.next_field().await.map_err(|_| malformed())?;
        self.searched.has_found();
        Ok(field.map(|field| Part { field, searched: self.searched.clone() }))
    }
}

impl Searched {
    fn has_found(&self) {
        self.0.store(0, Ordering::Relaxed);
    }
}

/// A part of a form, and the bytes of its content.
pub struct Part<'a> {
    field: Field<'a>,
    searched: Searched,
}

impl Part<'_> {
    /// The name of the file, if it is one.
    pub fn file_name(&self) -> Option<&str> {
        self.field.file_name()
    }

    /// Its own headers.
    pub fn headers(&self) -> &HeaderMap {
        self.field.headers()
    }

    /// Passes over what was not read of it.
    ///
    /// # Errors
    /// [`Invalid`](Error::Invalid) when the form breaks off.
    pub async fn skip(mut self) -> Result<(), Error> {
        while self.try_next().await?.is_some() {}
        Ok(())
    }
}

impl Stream for Part<'_> {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let piece = ready!(Pin::new(&mut self.field).poll_next(context));
        self.searched.has_found();
        Poll::Ready(piece.map(|piece| piece.map_err(|_| malformed())))
    }
}

/// A body of which one piece at a time is looked through: the parser takes all that is there before it looks, and goes on
/// taking while it finds nothing.
struct Paced {
    body: BodyDataStream,
    searched: Searched,
    rests: bool,
}

impl Stream for Paced {
    type Item = Result<Bytes, axum::BoxError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if std::mem::take(&mut self.rests) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        if self.searched.0.load(Ordering::Relaxed) > SEARCHED_BYTES_MAX {
            return Poll::Ready(Some(Err("no part begins here".into())));
        }
        let piece = ready!(Pin::new(&mut self.body).poll_next(context));
        if let Some(Ok(piece)) = &piece {
            self.searched.0.fetch_add(piece.len(), Ordering::Relaxed);
            self.rests = true;
        }
        Poll::Ready(piece.map(|piece| piece.map_err(Into::into)))
    }
}

fn malformed() -> Error {
    Error::Invalid("The form is not complete or is none; the files before are stored.".into())
}
