//! Files as dav-server reads and writes them.

use std::fmt;
use std::io::SeekFrom;

use bytes::{Buf, Bytes};
use dav_server::fs::{DavFile, DavMetaData, FsError, FsFuture};
use services::files::{Download, Upload};

use super::facts::Flat;
use super::{Desk, Outcome};

/// A file that is being sent.
pub(super) struct Outgoing {
    desk: Desk,
    download: Download,
    has_begun: bool,
}

impl Outgoing {
    pub(super) fn new(desk: Desk, download: Download) -> Self {
        Self { desk, download, has_begun: false }
    }
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Outgoing")
    }
}

impl DavFile for Outgoing {
    fn metadata(&mut self) -> FsFuture<'_, Box<dyn DavMetaData>> {
        let flat = Flat::of(self.download.node());
        Box::pin(async move { Ok(Box::new(flat) as Box<dyn DavMetaData>) })
    }

    fn read_bytes(&mut self, count: usize) -> FsFuture<'_, Bytes> {
        Box::pin(async move {
            match self.download.read(count).await {
                // The library asks for no more than is left, and would send zeros for what does not come.
                Ok(bytes) if bytes.is_empty() && count > 0 => Err(FsError::GeneralFailure),
                Ok(bytes) => {
                    self.has_begun = true;
                    Ok(bytes)
                }
                // The first bytes are waited for before the headers go.
                Err(error) if !self.has_begun => Err(self.desk.refuse(error)),
                Err(error) => {
                    // The headers are gone, so nobody else will say it.
                    gate::log_once(&error);
                    Err(FsError::GeneralFailure)
                }
            }
        })
    }

    fn seek(&mut self, position: SeekFrom) -> FsFuture<'_, u64> {
        Box::pin(async move {
            let SeekFrom::Start(offset) = position else { return Err(FsError::NotImplemented) };
            self.download.seek(offset);
            Ok(offset)
        })
    }

    fn write_buf(&mut self, _: Box<dyn Buf + Send>) -> FsFuture<'_, ()> {
        Box::pin(async { Err(FsError::Forbidden) })
    }

    fn write_bytes(&mut self, _: Bytes) -> FsFuture<'_, ()> {
        Box::pin(async { Err(FsError::Forbidden) })
    }

    fn flush(&mut self) -> FsFuture<'_, ()> {
        Box::pin(async { Ok(()) })
    }
}

/// A file that is being received. It is there from `flush` on; dropped before that, it never was.
pub(super) struct Incoming {
    desk: Desk,
    upload: Option<Upload>,
}

impl Incoming {
    pub(super) fn new(desk: Desk, upload: Upload) -> Self {
        Self { desk, upload: Some(upload) }
    }
}

impl fmt::Debug for Incoming {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Incoming")
    }
}

impl DavFile for Incoming {
    fn metadata(&mut self) -> FsFuture<'_, Box<dyn DavMetaData>> {
        // The door writes ETag and Last-Modified from what was stored.
        Box::pin(async { Err(FsError::NotImplemented) })
    }

    fn write_buf(&mut self, mut bytes: Box<dyn Buf + Send>) -> FsFuture<'_, ()> {
        let bytes = bytes.copy_to_bytes(bytes.remaining());
        self.write_bytes(bytes)
    }

    fn write_bytes(&mut self, bytes: Bytes) -> FsFuture<'_, ()> {
        Box::pin(async move {
            let Some(upload) = &mut self.upload else { return Err(FsError::Forbidden) };
            let written = upload.write(bytes).await;
            written.map_err(|error| {
                self.upload = None;
                self.desk.refuse(error)
            })
        })
    }

    fn flush(&mut self) -> FsFuture<'_, ()> {
        Box::pin(async move {
            let Some(upload) = self.upload.take() else { return Err(FsError::Forbidden) };
            let stored = upload.finish().await;
            self.desk.keep(stored, Outcome::Uploaded)
        })
    }

    fn read_bytes(&mut self, _: usize) -> FsFuture<'_, Bytes> {
        Box::pin(async { Err(FsError::Forbidden) })
    }

    fn seek(&mut self, _: SeekFrom) -> FsFuture<'_, u64> {
        Box::pin(async { Err(FsError::NotImplemented) })
    }
}
