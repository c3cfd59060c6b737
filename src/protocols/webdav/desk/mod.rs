//! The file system that dav-server sees: a desk for one request, on which source and destination lie as
//! plain files.
//!
//! In this flat view every method of the library becomes one call of one use case, and so one transaction,
//! however large the folder is. The library walks nothing, judges nothing and holds no lock: the use
//! case does, and leaves here what became of it, in more words than [`FsError`] has.

mod facts;
mod file;

use std::sync::Arc;

use dav_server::davpath::DavPath;
use dav_server::fs::{
    DavDirEntry, DavFile, DavFileSystem, DavMetaData, FsError, FsFuture, FsStream, OpenOptions, ReadDirMeta,
};
use domain::{Checksum, Error, Node, NodeTimes, OnConflict};
use parking_lot::Mutex;
use services::files::{self, Download, Placed, Target, UploadRequest, Uploaded};

use crate::visit::Visit;
use facts::Flat;
pub use facts::laid_out;
use file::{Incoming, Outgoing};

/// A desk for one request.
#[derive(Clone)]
pub struct Desk {
    visit: Arc<Visit>,
    task: Arc<Task>,
    outcome: Arc<Mutex<Outcome>>,
}

/// What the request is about, beyond its path.
pub enum Task {
    /// GET and HEAD of a file, and the offset at which the client will stop reading, if it says so.
    Read(Node, Option<u64>),
    /// PUT: the times of the file, if the client says so, and what its bytes must add up to.
    Write(NodeTimes, Vec<Checksum>),
    /// MKCOL.
    MakeFolder,
    /// DELETE.
    Remove,
    /// MOVE, with its destination.
    Move(Target),
    /// COPY, with its destination, and whether what lies below comes along.
    Copy(Target, bool),
}

/// What became of a request.
#[derive(Default)]
pub enum Outcome {
    /// The library answered without asking for anything that matters.
    #[default]
    Nothing,
    /// A use case refused.
    Refused(Error),
    /// A file was written.
    Uploaded(Uploaded),
    /// Something was moved or copied.
    Placed(Placed),
}

impl Desk {
    /// A desk with one task on it.
    pub fn new(visit: Arc<Visit>, task: Task) -> Self {
        Self { visit, task: Arc::new(task), outcome: Arc::default() }
    }

    /// What became of the task.
    pub fn outcome(&self) -> Outcome {
        std::mem::take(&mut self.outcome.lock())
    }

    /// Keeps the whole story of an error and gives the library the least it needs to stop.
    fn refuse(&self, error: Error) -> FsError {
        *self.outcome.lock() = Outcome::Refused(error);
        FsError::GeneralFailure
    }

    fn keep<T>(&self, done: domain::Result<T>, outcome: impl FnOnce(T) -> Outcome) -> Result<(), FsError> {
        let done = done.map_err(|error| self.refuse(error))?;
        *self.outcome.lock() = outcome(done);
        Ok(())
    }

    /// Reading needs the file's own facts. For everything else the target itself lies there as a plain file,
    /// so that the library neither walks into it nor deletes it by itself; the destination is free, because
    /// whether it may be replaced is the use case's to judge; and whatever is around them is a folder.
    fn facts(&self, path: &DavPath) -> Result<Flat, FsError> {
        let is = |other: &domain::NodePath| Flat::same_path(path, other);
        match &*self.task {
            Task::Read(node, _) => Ok(Flat::of(node)),
            Task::Write(..) | Task::MakeFolder => Err(FsError::NotFound),
            Task::Move(to) | Task::Copy(to, _) if is(&to.path) => Err(FsError::NotFound),
            _ if is(&self.visit.path) => Ok(Flat::FILE),
            _ => Ok(Flat::FOLDER),
        }
    }
}

impl DavFileSystem for Desk {
    fn open<'a>(&'a self, _: &'a DavPath, options: OpenOptions) -> FsFuture<'a, Box<dyn DavFile>> {
        Box::pin(async move {
            let (caller, backends) = (&self.visit.caller, &self.visit.backends);
            match &*self.task {
                Task::Read(node, until) => {
                    let download = Download::open(caller, backends, &self.visit.path, node).await;
                    let mut download = download.map_err(|error| self.refuse(error))?;
                    until.iter().for_each(|until| download.expect_until(*until));
                    Ok(Box::new(Outgoing::new(self.clone(), download)) as Box<dyn DavFile>)
                }
                Task::Write(times, checksums) => {
                    let request = UploadRequest {
                        path: self.visit.path.clone(),
                        declared_bytes: options.size,
                        times: *times,
                        checksums: checksums.clone(),
                        on_conflict: OnConflict::Replace,
                        conditions: self.visit.conditions.clone(),
                    };
                    let upload = files::upload(caller, backends, request).await;
                    let upload = upload.map_err(|error| self.refuse(error))?;
                    Ok(Box::new(Incoming::new(self.clone(), upload)) as Box<dyn DavFile>)
                }
                _ => Err(FsError::Forbidden),
            }
        })
    }

    fn metadata<'a>(&'a self, path: &'a DavPath) -> FsFuture<'a, Box<dyn DavMetaData>> {
        Box::pin(async move { self.facts(path).map(|flat| Box::new(flat) as Box<dyn DavMetaData>) })
    }

    fn read_dir<'a>(
        &'a self,
        _: &'a DavPath,
        _: ReadDirMeta,
    ) -> FsFuture<'a, FsStream<Box<dyn DavDirEntry>>> {
        // Listings are written by this crate; the library never sees a folder it could list.
        Box::pin(async { Err(FsError::NotImplemented) })
    }

    fn create_dir<'a>(&'a self, _: &'a DavPath) -> FsFuture<'a, ()> {
        Box::pin(async move {
            let Visit { caller, backends, path, conditions, .. } = &*self.visit;
            let to = Target::new(path.clone(), OnConflict::Fail);
            let made = files::create_folder(caller, backends, &to, conditions).await;
            self.keep(made, |_| Outcome::Placed(Placed::Created))
        })
    }

    fn remove_file<'a>(&'a self, _: &'a DavPath) -> FsFuture<'a, ()> {
        Box::pin(async move {
            let removed = self.visit.place.remove(&self.visit).await;
            self.keep(removed, |()| Outcome::Nothing)
        })
    }

    fn rename<'a>(&'a self, _: &'a DavPath, _: &'a DavPath) -> FsFuture<'a, ()> {
        Box::pin(async move {
            let Task::Move(to) = &*self.task else { return Err(FsError::Forbidden) };
            let moved = self.visit.place.relocate(&self.visit, to).await;
            self.keep(moved, Outcome::Placed)
        })
    }

    fn copy<'a>(&'a self, _: &'a DavPath, _: &'a DavPath) -> FsFuture<'a, ()> {
        Box::pin(async move {
            let Task::Copy(to, deep) = &*self.task else { return Err(FsError::Forbidden) };
            let copied = self.visit.place.copy(&self.visit, to, *deep).await;
            self.keep(copied, Outcome::Placed)
        })
    }
}
