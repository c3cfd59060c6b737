//! Shared state in Redis or Valkey: what may be lost at any moment, and forgets itself.

mod hearing;
mod link;
mod records;
mod scripts;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use domain::{Error, Result, Timestamp, UserId};
use redis::{AsyncCommands, Client};
use sha2::{Digest, Sha256};
use tokio::task::JoinHandle;
use tokio::time::sleep;
use uuid::Uuid;

use crate::device::KNOWN_FOR;
use crate::limits::PATIENCE_MAX;
use crate::upload::Uploads;
use crate::{
    Bucket, Device, DeviceLimits, Failures, InProcess, Level, RedisConfig, RunningUpload, StoreFacts,
    UploadState,
};
use hearing::Heard;
use link::{Link, Trouble};
use records::{read_device, read_failures, read_upload, write_device, write_upload};
use scripts::{ADMIT_DEVICE, RECORD_FAILURE, REWRITE, TAKE};

/// How often the uploads of a process are told again, with how far they are.
const RENEW_EVERY: Duration = Duration::from_secs(3);

/// How long they are believed to run without that.
const UPLOADS_LAST: Duration = Duration::from_secs(30);

/// So many keys are looked at once when uploads are listed.
const SCAN_COUNT: usize = 1000;

/// So many more questions show how far away it is.
const PROBES: u32 = 3;

/// State of all servers that use the same Redis and the same prefix.
pub struct Redis {
    inner: Arc<Inner>,
    tasks: Vec<JoinHandle<()>>,
}

struct Inner {
    client: Client,
    link: Link,
    prefix: String,
    /// Tells this process from others.
    process: String,
    heard: Heard,
    uploads: Arc<Uploads>,
    /// Whether a call for the worker is to go out.
    calling: AtomicBool,
    /// What goes on without Redis.
    local: InProcess,
}

impl Redis {
    pub(crate) fn open(config: &RedisConfig, address: &str) -> Result<Self> {
        // Another room may have chosen it already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let refused = |_| Error::Invalid("redis.url is not the address of a Redis server.".into());
        let client = Client::open(address).map_err(refused)?;
        let inner = Arc::new(Inner {
            link: Link::new(client.clone(), format!("{}probe", config.prefix)),
            client,
            prefix: config.prefix.clone(),
            process: Uuid::new_v4().simple().to_string(),
            heard: Heard::default(),
            uploads: Arc::new(Uploads::reported()),
            calling: AtomicBool::new(false),
            local: InProcess::default(),
        });
        let (keeper, listener, reporter) = (Arc::clone(&inner), Arc::clone(&inner), Arc::clone(&inner));
        let tasks = vec![
            tokio::spawn(async move { keeper.link.keep().await }),
            tokio::spawn(listener.listen()),
            tokio::spawn(async move { reporter.report().await }),
        ];
        Ok(Self { inner, tasks })
    }

    pub(crate) fn is_down(&self) -> bool {
        self.inner.link.is_down()
    }

    pub(crate) async fn failures(&self, key: &str, now: Timestamp) -> Failures {
        let name = self.inner.hashed("f", key);
        let known = self.inner.link.ask(|mut redis| {
            let name = name.clone();
            async move { redis.get::<_, Option<String>>(name).await }
        });
        match known.await {
            Ok(known) => known.and_then(|known| read_failures(&known, now)).unwrap_or_default(),
            Err(Trouble::Strange) => Failures::default(),
            Err(Trouble::Down(_)) => self.inner.local.failures(key, now),
        }
    }

    pub(crate) async fn record_failure(&self, key: &str, now: Timestamp, window: Duration) -> u32 {
        let mut invocation = RECORD_FAILURE.key(self.inner.hashed("f", key));
        invocation.arg(now.millis()).arg(millis(window));
        let count = self.inner.link.ask(|mut redis| {
            let invocation = &invocation;
            async move { invocation.invoke_async(&mut redis).await }
        });
        match count.await {
            Ok(count) => count,
            Err(_) => self.inner.local.record_failure(key, now, window),
        }
    }

    pub(crate) async fn take(&self, buckets: &[Bucket], now: Timestamp, patience: Duration) -> Vec<Level> {
        let mut invocation = TAKE.prepare_invoke();
        // More than a script can count in one breath nobody asks for.
        invocation.arg(now.millis()).arg(millis(patience.min(PATIENCE_MAX))).arg(millis(PATIENCE_MAX));
        for Bucket { key, rate } in buckets {
            invocation.key(self.inner.hashed("l", key));
            let [interval, size] = rate.script_arguments();
            invocation.arg(interval).arg(size);
        }
        let answer = self.inner.link.ask(|mut redis| {
            let invocation = &invocation;
            async move { invocation.invoke_async::<Vec<i64>>(&mut redis).await }
        });
        match answer.await.as_deref() {
            Ok([taken, ahead @ ..]) if ahead.len() == buckets.len() => {
                let both = buckets.iter().zip(ahead);
                both.map(|(bucket, ahead)| bucket.rate.level(*ahead, *taken != 0)).collect()
            }
            _ => self.inner.local.buckets.take(buckets, now, patience),
        }
    }

    pub(crate) async fn forget(&self, key: &str) {
        self.inner.local.forget(key);
        // One that stays although its owner has come in goes by itself when its window ends.
        let _ = self.inner.drop_key(self.inner.hashed("f", key)).await;
    }

    pub(crate) fn wake_jobs(&self) {
        self.inner.local.wake_jobs();
        self.inner.calling.store(true, Ordering::SeqCst);
        self.inner.uploads.changed.notify_one();
    }

    pub(crate) async fn jobs_wanted(&self) {
        self.inner.local.jobs_wanted().await;
    }

    pub(crate) async fn announce_revocation(&self) {
        self.inner.heard.revocation();
        if let Err(trouble) = self.inner.publish(self.inner.revocations_channel()).await {
            let error = trouble.into_error();
            tracing::warn!(
                "other servers were not told of a revocation, and find it out within a second: {error}"
            );
        }
    }

    pub(crate) fn revocations_heard(&self) -> Option<u64> {
        self.inner.heard.number()
    }

    pub(crate) async fn admit_device(
        &self,
        user: UserId,
        device: Device,
        limits: DeviceLimits,
    ) -> Result<(), Vec<Device>> {
        let mut invocation = ADMIT_DEVICE.key(self.inner.devices_key(user));
        invocation
            .arg(hashed(&format!("{} {}", device.app_password.0, device.product)))
            .arg(write_device(&device))
            .arg(device.seen_at.millis())
            .arg(limits.count_max)
            .arg(millis(limits.idle))
            .arg(millis(KNOWN_FOR));
        let refusal = self.inner.link.ask(|mut redis| {
            let invocation = &invocation;
            async move { invocation.invoke_async::<Vec<String>>(&mut redis).await }
        });
        match refusal.await {
            Ok(others) if !others.is_empty() => {
                Err(others.iter().filter_map(|other| read_device(other)).collect())
            }
            _ => Ok(()),
        }
    }

    pub(crate) async fn devices(&self, user: UserId) -> Result<Vec<Device>> {
        let known = self.inner.hash(self.inner.devices_key(user)).await?;
        Ok(known.iter().filter_map(|(_, device)| read_device(device)).collect())
    }

    pub(crate) async fn forget_devices(
        &self,
        user: UserId,
        which: impl Fn(&Device) -> bool,
    ) -> Result<usize> {
        let key = self.inner.devices_key(user);
        let known = self.inner.hash(key.clone()).await?;
        let is_meant = |text: &str| read_device(text).is_some_and(|device| which(&device));
        let fields: Vec<&String> =
            known.iter().filter(|(_, device)| is_meant(device)).map(|(field, _)| field).collect();
        if fields.is_empty() {
            return Ok(0);
        }
        let forgotten = self.inner.link.ask(|mut redis| {
            let (key, fields) = (&key, &fields);
            async move { redis.hdel(key, fields).await }
        });
        forgotten.await.map_err(Trouble::into_error)
    }

    pub(crate) async fn begin_upload(&self, upload: UploadState) -> Result<RunningUpload> {
        let (key, field) = (self.inner.uploads_key(), upload.request.to_string());
        let record = write_upload(&upload);
        let running = self.inner.uploads.begin(upload);
        let told = self.inner.link.ask(|mut redis| {
            let mut pipeline = redis::pipe();
            pipeline.hset(&key, &field, &record).ignore().pexpire(&key, millis(UPLOADS_LAST)).ignore();
            async move { pipeline.query_async::<()>(&mut redis).await }
        });
        match told.await {
            Ok(()) | Err(Trouble::Strange) => Ok(running),
            Err(Trouble::Down(why)) => Err(paused(&why)),
        }
    }

    pub(crate) async fn uploads(&self) -> Result<Vec<UploadState>> {
        let mut all = Vec::new();
        let pattern = format!("{}*", self.inner.key("u:"));
        let mut cursor = 0_u64;
        loop {
            let page = self.inner.link.ask(|mut redis| {
                let pattern = &pattern;
                async move {
                    let mut scan = redis::cmd("SCAN");
                    scan.arg(cursor).arg("MATCH").arg(pattern).arg("COUNT").arg(SCAN_COUNT);
                    scan.query_async::<(u64, Vec<String>)>(&mut redis).await
                }
            });
            let (next, keys) = page.await.map_err(Trouble::into_error)?;
            for key in keys {
                let known = self.inner.hash(key).await?;
                all.extend(known.iter().filter_map(|(request, upload)| read_upload(request, upload)));
            }
            cursor = next;
            if cursor == 0 {
                break;
            }
        }
        all.sort_by_key(|upload| upload.started_at);
        // A scan may meet a key twice.
        all.dedup();
        Ok(all)
    }

    /// Its clock in seconds and microseconds, and how long it took to say so.
    async fn time(&self) -> Result<((i64, i64), Duration)> {
        let started = Instant::now();
        let asked = self.inner.link.ask(|mut redis| async move {
            let time: (i64, i64) = redis::cmd("TIME").query_async(&mut redis).await?;
            Ok(time)
        });
        Ok((asked.await.map_err(Trouble::into_error)?, started.elapsed()))
    }

    pub(crate) async fn examine(&self, now: Timestamp) -> Result<StoreFacts> {
        let ((seconds, micros), mut latency) = self.time().await?;
        let passed = latency;
        // The first question waited for the connection as well, which nobody else does. Of some more the quickest says how
        // far away it is.
        for _ in 0..PROBES {
            latency = latency.min(self.time().await?.1);
        }
        let asked = self
            .inner
            .link
            .ask(|mut redis| async move { redis::cmd("INFO").query_async::<String>(&mut redis).await });
        let info = asked.await.map_err(Trouble::into_error)?;
        let fact = |name: &str| {
            info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim)
        };
        let clock = seconds.saturating_mul(1000).saturating_add(micros / 1000);
        let (product, version) = match fact("valkey_version") {
            Some(version) => ("Valkey", version),
            None => ("Redis", fact("redis_version").unwrap_or("unknown")),
        };
        Ok(StoreFacts {
            product,
            version: version.to_owned(),
            latency,
            clock_ahead_ms: clock - now.after(passed).millis(),
            eviction: fact("maxmemory_policy").unwrap_or("unknown").to_owned(),
        })
    }

    /// Sends what waits to be sent.
    pub(crate) async fn close(&self) {
        self.inner.send(false).await;
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

impl Inner {
    fn key(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// A key of what people typed: short, and unreadable for who looks into Redis.
    fn hashed(&self, kind: &str, text: &str) -> String {
        self.key(&format!("{kind}:{}", hashed(text)))
    }

    fn devices_key(&self, user: UserId) -> String {
        self.key(&format!("d:{}", user.0.simple()))
    }

    fn uploads_key(&self) -> String {
        self.key(&format!("u:{}", self.process))
    }

    /// The fields of a hash; none where there is something else.
    async fn hash(&self, key: String) -> Result<Vec<(String, String)>> {
        let known = self.link.ask(|mut redis| {
            let key = key.clone();
            async move { redis.hgetall::<_, Vec<(String, String)>>(key).await }
        });
        match known.await {
            Err(Trouble::Strange) => Ok(Vec::new()),
            known => known.map_err(Trouble::into_error),
        }
    }

    async fn drop_key(&self, key: String) -> Result<(), Trouble> {
        let dropped = self.link.ask(|mut redis| {
            let key = key.clone();
            async move { redis.del::<_, ()>(key).await }
        });
        dropped.await
    }

    async fn publish(&self, channel: String) -> Result<(), Trouble> {
        let said = self.link.ask(|mut redis| {
            let (channel, process) = (channel.clone(), self.process.clone());
            async move { redis.publish::<_, _, ()>(channel, process).await }
        });
        said.await
    }

    /// Tells others what happens in this process. It never ends.
    async fn report(&self) {
        let mut renewed = Instant::now();
        loop {
            tokio::select! {
                () = self.uploads.changed.notified() => {}
                () = sleep(RENEW_EVERY.saturating_sub(renewed.elapsed())) => {}
            }
            let renews = renewed.elapsed() >= RENEW_EVERY;
            if renews {
                renewed = Instant::now();
            }
            self.send(renews).await;
        }
    }

    /// What is not heard costs nothing but time: it is worth no second attempt, and no word.
    async fn send(&self, renews: bool) {
        if self.calling.swap(false, Ordering::SeqCst) {
            let _ = self.publish(self.jobs_channel()).await;
        }
        let ended: Vec<String> = self.uploads.take_ended().iter().map(ToString::to_string).collect();
        let running = if renews { self.uploads.list() } else { Vec::new() };
        let key = self.uploads_key();
        if !running.is_empty() {
            // Of those that ended while Redis was away, it would never hear otherwise.
            let mut invocation = REWRITE.key(&key);
            invocation.arg(millis(UPLOADS_LAST));
            for upload in &running {
                invocation.arg(upload.request.to_string()).arg(write_upload(upload));
            }
            let told = self.link.ask(|mut redis| {
                let invocation = &invocation;
                async move { invocation.invoke_async::<()>(&mut redis).await }
            });
            let _ = told.await;
        } else if !ended.is_empty() {
            let told = self.link.ask(|mut redis| {
                let (key, ended) = (&key, &ended);
                async move { redis.hdel::<_, _, ()>(key, ended).await }
            });
            let _ = told.await;
        }
    }
}

impl Trouble {
    fn into_error(self) -> Error {
        match self {
            Self::Down(why) => Error::unavailable("The server's Redis does not answer.", why),
            Self::Strange => Error::internal("Redis holds something else under a key of Larder's"),
        }
    }
}

fn paused(why: &str) -> Error {
    Error::unavailable(
        "Uploads are paused: the server's Redis does not answer; reading goes on. Try again in a moment.",
        why,
    )
}

fn hashed(text: &str) -> String {
    hex::encode(&Sha256::digest(text)[..16])
}

fn millis(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}
