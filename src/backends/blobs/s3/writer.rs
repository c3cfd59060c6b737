//! Writing an object: a small one in one go, a larger one in parts, some of which are on their way to the store while
//! the next one is filled.

use std::mem;
use std::sync::Arc;

use aws_sdk_s3::types::CompletedPart;
use bytes::Bytes;
use domain::{BlobId, Error, Result};
use tokio::runtime::Handle;
use tokio::task::JoinSet;

use super::bucket::Bucket;
use super::budget::Lease;
use super::pass::Pass;
use super::sizes::Sizes;
use crate::store::BlobFacts;

/// So much of each upload lies in memory that is not counted, so that small ones never wait: most files are small.
const FREE_BYTES: usize = 64 * 1024;
/// So many parts of one upload are on their way at once.
const SIDE_BY_SIDE: usize = 4;
/// A part of more than this share of the memory would keep too many others waiting, and is passed on.
const SHARE: u64 = 4;

/// The way of new bytes into a bucket.
pub struct S3Writer {
    bucket: Arc<Bucket>,
    id: BlobId,
    facts: BlobFacts,
    sizes: Sizes,
    written_bytes: u64,
    /// The number of the part that is being filled, from 1 on.
    number: u32,
    part: Part,
    /// By what the store knows the upload, once it is one in parts.
    upload: Option<String>,
    flying: JoinSet<Result<CompletedPart>>,
    landed: Vec<CompletedPart>,
    state: State,
}

/// The part that is being filled.
enum Part {
    Held(Vec<u8>, Option<Lease>),
    Passed(Pass),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// The store has no object yet.
    Open,
    /// It was asked to have one.
    Asked,
    /// It has one, or nothing is left of it.
    Settled,
}

impl S3Writer {
    pub(super) fn new(bucket: Arc<Bucket>, id: BlobId, facts: BlobFacts) -> Self {
        let sizes = Sizes::new(bucket.part_bytes, bucket.budget.bytes(), facts.size_bytes);
        Self {
            bucket,
            id,
            facts,
            sizes,
            written_bytes: 0,
            number: 1,
            part: Part::empty(),
            upload: None,
            flying: JoinSet::new(),
            landed: Vec::new(),
            state: State::Open,
        }
    }

    pub(crate) async fn write(&mut self, frame: Bytes) -> Result<()> {
        if self.state != State::Open {
            return Err(Error::internal("a blob was written to after its writer had failed"));
        }
        let taken = self.take(frame).await;
        if taken.is_err() {
            self.retract().await;
        }
        taken
    }

    pub(crate) async fn finish(mut self) -> Result<()> {
        let done = self.complete().await;
        match done {
            Ok(()) => self.state = State::Settled,
            Err(_) => self.retract().await,
        }
        done
    }

    pub(crate) async fn abort(mut self) {
        self.retract().await;
    }

    async fn take(&mut self, mut frame: Bytes) -> Result<()> {
        while !frame.is_empty() {
            let mut room = self.room()?;
            // A full one is sent when it is known that more follows: what fits into one goes without parts.
            if room == 0 {
                self.send().await?;
                room = self.room()?;
            }
            self.prepare(frame.len()).await?;
            let bytes = frame.split_to(frame.len().min(usize::try_from(room).unwrap_or(usize::MAX)));
            self.written_bytes += bytes.len() as u64;
            match &mut self.part {
                Part::Held(held, _) => held.extend_from_slice(&bytes),
                Part::Passed(pass) => pass.send(bytes).await?,
            }
        }
        Ok(())
    }

    /// How many bytes the part can take.
    fn room(&self) -> Result<u64> {
        match &self.part {
            Part::Held(held, _) => Ok(self.part_bytes()?.saturating_sub(held.len() as u64)),
            Part::Passed(pass) => Ok(pass.left_bytes()),
        }
    }

    /// How many bytes the part will have.
    fn part_bytes(&self) -> Result<u64> {
        let bytes = self.sizes.of(self.number).ok_or_else(|| {
            Error::TooLarge(
                "This file is too large to be uploaded without saying its length; nothing was changed."
                    .into(),
            )
        })?;
        Ok(match self.facts.size_bytes {
            Some(declared) => bytes.min(declared.saturating_sub(self.begun_at())).max(1),
            None => bytes,
        })
    }

    /// How many bytes came before this part.
    fn begun_at(&self) -> u64 {
        let held = match &self.part {
            Part::Held(held, _) => held.len() as u64,
            Part::Passed(_) => 0,
        };
        self.written_bytes - held
    }

    /// Sees to it that there is memory for what comes, or that it needs none.
    async fn prepare(&mut self, coming_bytes: usize) -> Result<()> {
        let Part::Held(held, lease) = &self.part else { return Ok(()) };
        let is_overdue = lease.as_ref().is_some_and(Lease::is_overdue);
        if (lease.is_some() && !is_overdue) || held.len() + coming_bytes <= FREE_BYTES {
            return Ok(());
        }
        let bytes = self.part_bytes()?;
        // A single part of known length could be passed on too, but then nothing small would ever be tried again.
        let may_pass = self.facts.size_bytes.is_some_and(|declared| declared > self.bucket.part_bytes);
        if is_overdue {
            return if may_pass { self.pass(bytes).await } else { Err(too_slow()) };
        }
        let budget = &self.bucket.budget;
        let is_large = bytes > self.bucket.part_bytes.max(budget.bytes() / SHARE);
        let taken = match may_pass {
            true if is_large => None,
            true => budget.try_take(bytes),
            false => Some(budget.take(bytes).await?),
        };
        match taken {
            Some(taken) => {
                if let Part::Held(held, lease) = &mut self.part {
                    // All at once: the pages that are not touched cost nothing.
                    let bytes = usize::try_from(bytes).map_err(Error::internal)?;
                    held.reserve_exact(bytes.saturating_sub(held.len()));
                    *lease = Some(taken);
                }
                Ok(())
            }
            None => self.pass(bytes).await,
        }
    }

    /// Passes the part on from here, with what has come of it.
    async fn pass(&mut self, bytes: u64) -> Result<()> {
        let upload = self.upload().await?;
        if let Part::Held(held, lease) = mem::replace(&mut self.part, Part::empty()) {
            let pass = Pass::begin(&self.bucket, self.id, upload, self.number, bytes, (held, lease));
            self.part = Part::Passed(pass);
        }
        Ok(())
    }

    async fn upload(&mut self) -> Result<String> {
        if let Some(upload) = &self.upload {
            return Ok(upload.clone());
        }
        let upload = self.bucket.begin(self.id, &self.facts).await?;
        Ok(self.upload.insert(upload).clone())
    }

    /// Sends the part to the store and begins the next one.
    async fn send(&mut self) -> Result<()> {
        let upload = self.upload().await?;
        while self.flying.len() >= SIDE_BY_SIDE {
            self.land().await?;
        }
        let number = self.number;
        match mem::replace(&mut self.part, Part::empty()) {
            Part::Held(held, lease) => {
                let (bucket, id, bytes) = (Arc::clone(&self.bucket), self.id, held.len() as u64);
                self.flying.spawn(async move {
                    let sent = bucket.put_part(id, &upload, number, Bytes::from(held).into(), bytes).await;
                    // Not before: until then it may be sent again.
                    drop(lease);
                    sent
                });
            }
            Part::Passed(mut pass) => self.landed.push(pass.answer().await?),
        }
        self.number += 1;
        Ok(())
    }

    /// Waits for one of the parts that are on their way.
    async fn land(&mut self) -> Result<()> {
        match self.flying.join_next().await {
            Some(landed) => {
                let landed = landed.unwrap_or_else(|error| Err(Error::internal(error)));
                landed.map(|part| self.landed.push(part))
            }
            None => Ok(()),
        }
    }

    async fn complete(&mut self) -> Result<()> {
        if self.facts.size_bytes.is_some_and(|declared| declared != self.written_bytes) {
            return Err(Error::internal("a blob was finished with another length than was announced"));
        }
        let Some(upload) = self.upload.clone() else {
            let Part::Held(held, _lease) = mem::replace(&mut self.part, Part::empty()) else {
                return Err(Error::internal("a part was passed on and belongs to no upload"));
            };
            self.state = State::Asked;
            return self.bucket.put(self.id, &self.facts, Bytes::from(held).into(), self.written_bytes).await;
        };
        if !matches!(&self.part, Part::Held(held, _) if held.is_empty()) {
            self.send().await?;
        }
        while !self.flying.is_empty() {
            self.land().await?;
        }
        let mut parts = mem::take(&mut self.landed);
        parts.sort_by_key(CompletedPart::part_number);
        self.state = State::Asked;
        self.bucket.complete(self.id, &upload, parts, self.written_bytes).await
    }

    /// Takes back whatever the store may have.
    async fn retract(&mut self) {
        self.part = Part::empty();
        self.flying.shutdown().await;
        if let Some(remains) = self.remains() {
            remains.clear().await;
        }
    }

    /// What may be left in the store, for whoever clears it away.
    fn remains(&mut self) -> Option<Remains> {
        let was_asked = mem::replace(&mut self.state, State::Settled) == State::Asked;
        let upload = self.upload.take();
        let bucket = Arc::clone(&self.bucket);
        (was_asked || upload.is_some()).then_some(Remains { bucket, id: self.id, upload, was_asked })
    }
}

impl Part {
    fn empty() -> Self {
        Self::Held(Vec::new(), None)
    }
}

impl Drop for S3Writer {
    fn drop(&mut self) {
        if self.state == State::Settled {
            return;
        }
        if let Some(remains) = self.remains()
            && let Ok(runtime) = Handle::try_current()
        {
            runtime.spawn(remains.clear());
        }
    }
}

struct Remains {
    bucket: Arc<Bucket>,
    id: BlobId,
    upload: Option<String>,
    was_asked: bool,
}

impl Remains {
    /// What cannot be cleared now is found by the sweep: an upload in parts by being listed, an object by having no row.
    async fn clear(self) {
        let Self { bucket, id, upload, was_asked } = self;
        if let Some(upload) = upload
            && let Err(error) = bucket.abort(&bucket.key(id), &upload).await
        {
            tracing::warn!(blob = %id, %error, "an unfinished upload was left in the bucket");
        }
        if was_asked && let Err(error) = bucket.delete(id).await {
            tracing::warn!(blob = %id, %error, "an unfinished blob was left in the bucket");
        }
    }
}

fn too_slow() -> Error {
    let log = "an upload filled its memory too slowly while others waited; see to s3.upload_memory_bytes";
    Error::unavailable("The server is receiving too many files at once; try again in a moment.", log)
}
