//! What stands before the server: it counts, refuses what some stores refuse, and lets things go wrong.

use std::collections::BTreeMap;
use std::io::{Error as IoError, ErrorKind};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response};
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use parking_lot::Mutex;
use s3s::Body;
use s3s::service::S3Service;

use super::NAME;
use super::faults::{Fault, Faults};
use super::setup::Setup;
use super::uploads::Uploads;

/// The door of the bucket.
pub struct Front {
    server: S3Service,
    calls: Mutex<BTreeMap<String, u64>>,
    broken: Mutex<Vec<String>>,
    /// What goes wrong.
    pub faults: Faults,
    /// What was begun in parts.
    pub uploads: Uploads,
    /// How it is set up.
    pub setup: Setup,
    presigned: AtomicU64,
    leaked: AtomicU64,
    summed: AtomicU64,
}

/// What was asked.
struct Asked {
    operation: &'static str,
    bucket: String,
    key: String,
    query: BTreeMap<String, String>,
}

impl Front {
    /// Stands before a server.
    pub fn new(server: S3Service) -> Self {
        Self {
            server,
            calls: Mutex::default(),
            broken: Mutex::default(),
            faults: Faults::default(),
            uploads: Uploads::default(),
            setup: Setup::default(),
            presigned: AtomicU64::new(0),
            leaked: AtomicU64::new(0),
            summed: AtomicU64::new(0),
        }
    }

    /// How often each thing was asked.
    pub fn calls(&self) -> BTreeMap<String, u64> {
        self.calls.lock().clone()
    }

    /// The same, and forgets it.
    pub fn take_calls(&self) -> BTreeMap<String, u64> {
        std::mem::take(&mut self.calls.lock())
    }

    /// What was sent that some stores do not take.
    pub fn take_broken(&self) -> Vec<String> {
        std::mem::take(&mut self.broken.lock())
    }

    /// How often somebody came with an address that was signed for them, and how many of those showed credentials too.
    pub fn visits(&self) -> (u64, u64) {
        (self.presigned.load(Ordering::SeqCst), self.leaked.load(Ordering::SeqCst))
    }

    /// Answers a request; an error ends the connection.
    /// How many bodies came with their SHA-256 in the signature of the request.
    pub fn summed(&self) -> u64 {
        self.summed.load(Ordering::SeqCst)
    }

    pub async fn answer(&self, request: Request<Incoming>) -> Result<Response<Part>, IoError> {
        let mut answer = self.judged(request).await?;
        self.setup.date(answer.headers_mut());
        Ok(answer)
    }

    async fn judged(&self, request: Request<Incoming>) -> Result<Response<Part>, IoError> {
        let asked = Asked::of(&request);
        if asked.query.contains_key("X-Amz-Signature") {
            self.presigned.fetch_add(1, Ordering::SeqCst);
        }
        *self.calls.lock().entry(asked.operation.to_owned()).or_default() += 1;
        if !matches!(asked.bucket.as_str(), "" | NAME) {
            let _ = request.into_body().collect().await;
            return Ok(error(404, "NoSuchBucket", "there is one bucket here"));
        }
        let says = request.headers().get("x-amz-content-sha256");
        if matches!(asked.operation, "PutObject" | "UploadPart") && says.is_some_and(|sum| sum.len() == 64) {
            self.summed.fetch_add(1, Ordering::SeqCst);
        }
        if let Some(why) = refused(&asked, request.headers()) {
            if why == ONE_MECHANISM {
                self.leaked.fetch_add(1, Ordering::SeqCst);
            } else {
                self.broken.lock().push(format!("{} {}: {why}", asked.operation, asked.key));
            }
            return Ok(error(400, "InvalidArgument", why));
        }
        let fault = self.faults.next(asked.operation);
        match fault {
            Some(Fault::Refused(status, code)) => {
                // All of it has come, so that the connection can go on.
                let _ = request.into_body().collect().await;
                return Ok(error(status, code, "as the test wants it"));
            }
            Some(Fault::Hangs) => std::future::pending().await,
            _ => {}
        }
        let answer = self.served(&asked, request).await?;
        match fault {
            Some(Fault::AnswerLost) => Err(IoError::from(ErrorKind::ConnectionReset)),
            Some(Fault::CutAfter(bytes)) => Ok(answer.map(|part| Part { cut: Some(bytes), ..part })),
            _ => Ok(answer),
        }
    }

    async fn served(&self, asked: &Asked, request: Request<Incoming>) -> Result<Response<Part>, IoError> {
        if asked.operation == "ListMultipartUploads" {
            return Ok(self.list(asked));
        }
        if let Some((status, text)) = self.setup.answer(asked.operation) {
            let mut answer = Response::new(Part::of(Body::from(text)));
            *answer.status_mut() = http::StatusCode::from_u16(status).unwrap();
            return Ok(answer);
        }
        if asked.query.get("uploadId").is_some_and(|upload| !self.uploads.is_open(upload)) {
            let _ = request.into_body().collect().await;
            return Ok(error(404, "NoSuchUpload", "it was ended, or never begun"));
        }
        let answer = self
            .server
            .call(request.map(Body::from))
            .await
            .map_err(|error| IoError::other(format!("the server fails: {error:?}")))?;
        let is_done = answer.status().is_success();
        let upload = asked.query.get("uploadId");
        match asked.operation {
            "CreateMultipartUpload" if is_done => {
                let (head, body) = answer.into_parts();
                let body = body.collect().await.map_err(IoError::other)?.to_bytes();
                self.uploads.begin(&asked.key, &body);
                return Ok(Response::from_parts(head, Part::of(Body::from(body))));
            }
            "CompleteMultipartUpload" if is_done => {
                // The work is done when the body is: until then it says that it is still there.
                let (head, body) = answer.into_parts();
                let body = body.collect().await.map_err(IoError::other)?.to_bytes();
                upload.iter().for_each(|upload| self.uploads.end(upload));
                return Ok(Response::from_parts(head, Part::of(Body::from(body))));
            }
            "AbortMultipartUpload" if is_done => upload.iter().for_each(|upload| self.uploads.end(upload)),
            _ => {}
        }
        Ok(answer.map(Part::of))
    }

    fn list(&self, asked: &Asked) -> Response<Part> {
        if !self.uploads.is_listed() {
            return error(501, "NotImplemented", "this is not listed here");
        }
        let value = |name: &str| asked.query.get(name).cloned();
        let after = value("key-marker").zip(value("upload-id-marker"));
        let text = self.uploads.list(&value("prefix").unwrap_or_default(), after);
        Response::new(Part::of(Body::from(text)))
    }
}

const ONE_MECHANISM: &str = "Only one auth mechanism allowed";

/// What some store refuses, so that nothing that is sent depends on another's patience.
fn refused(asked: &Asked, headers: &HeaderMap) -> Option<&'static str> {
    let has = |name: &str| headers.contains_key(name);
    match () {
        () if asked.query.contains_key("X-Amz-Signature") && has("authorization") => Some(ONE_MECHANISM),
        () if asked.operation != "GetObject" && (has("if-match") || has("if-none-match")) => {
            Some("a conditional header")
        }
        () if has("x-amz-trailer") || has("x-amz-sdk-checksum-algorithm") => {
            Some("a checksum nobody asked for")
        }
        () if has("transfer-encoding") => Some("a body without a length"),
        () => None,
    }
}

impl Asked {
    fn of(request: &Request<Incoming>) -> Self {
        let query: BTreeMap<String, String> = request
            .uri()
            .query()
            .unwrap_or_default()
            .split('&')
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .map(|(name, value)| (name.to_owned(), value.replace("%2F", "/")))
            .collect();
        let path = request.uri().path().trim_start_matches('/');
        let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
        let (bucket, key) = (bucket.to_owned(), key.to_owned());
        let is_copy = request.headers().contains_key("x-amz-copy-source");
        let has = |name: &str| query.contains_key(name);
        let operation = match (request.method(), key.is_empty()) {
            (&Method::PUT, false) if has("partNumber") && is_copy => "UploadPartCopy",
            (&Method::PUT, false) if has("partNumber") => "UploadPart",
            (&Method::PUT, false) if is_copy => "CopyObject",
            (&Method::PUT, false) => "PutObject",
            (&Method::POST, false) if has("uploads") => "CreateMultipartUpload",
            (&Method::POST, false) if has("uploadId") => "CompleteMultipartUpload",
            (&Method::DELETE, false) if has("uploadId") => "AbortMultipartUpload",
            (&Method::DELETE, false) => "DeleteObject",
            (&Method::GET, false) => "GetObject",
            (&Method::HEAD, false) => "HeadObject",
            (&Method::GET, true) if has("uploads") => "ListMultipartUploads",
            (&Method::GET, true) if has("versioning") => "GetBucketVersioning",
            (&Method::GET, true) if has("lifecycle") => "GetBucketLifecycle",
            (&Method::GET, true) if has("list-type") => "ListObjectsV2",
            (&Method::HEAD, true) => "HeadBucket",
            _ => "Other",
        };
        Self { operation, bucket, key, query }
    }
}

fn error(status: u16, code: &str, message: &str) -> Response<Part> {
    let text = format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>");
    let mut answer = Response::new(Part::of(Body::from(text)));
    *answer.status_mut() = http::StatusCode::from_u16(status).unwrap();
    answer
}

/// The body of an answer, or only its beginning.
pub struct Part {
    body: Body,
    cut: Option<u64>,
}

impl Part {
    fn of(body: Body) -> Self {
        Self { body, cut: None }
    }
}

impl http_body::Body for Part {
    type Data = Bytes;
    type Error = s3s::StdError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, s3s::StdError>>> {
        if self.cut == Some(0) {
            return Poll::Ready(Some(Err(Box::new(IoError::from(ErrorKind::ConnectionReset)))));
        }
        let frame = Pin::new(&mut self.body).poll_frame(context);
        let (Poll::Ready(Some(Ok(frame))), Some(left)) = (&frame, self.cut) else { return frame };
        let Some(data) = frame.data_ref() else { return Poll::Pending };
        let sent = data.slice(..data.len().min(usize::try_from(left).unwrap()));
        self.cut = Some(left - sent.len() as u64);
        Poll::Ready(Some(Ok(Frame::data(sent))))
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
