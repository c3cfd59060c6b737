//! How devices, uploads and windows of failed attempts are written down. What cannot be read is not ours, or of another
//! version, and counts as not there.

use std::time::Duration;

use domain::{AppPasswordId, RequestId, Timestamp, UserName};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Device, Failures, UploadState};

#[derive(Serialize, Deserialize)]
struct DeviceRecord {
    app_password: String,
    name: String,
    product: String,
    address: String,
}

/// The moment stands before it, for scripts to read.
pub(super) fn write_device(device: &Device) -> String {
    let record = DeviceRecord {
        app_password: device.app_password.0.simple().to_string(),
        name: device.name.clone(),
        product: device.product.clone(),
        address: device.address.to_string(),
    };
    let record = serde_json::to_string(&record).unwrap_or_default();
    format!("{} {record}", device.seen_at.millis())
}

pub(super) fn read_device(text: &str) -> Option<Device> {
    let (seen, record) = text.split_once(' ')?;
    let record: DeviceRecord = serde_json::from_str(record).ok()?;
    Some(Device {
        app_password: AppPasswordId(Uuid::try_parse(&record.app_password).ok()?),
        name: record.name,
        product: record.product,
        address: record.address.parse().ok()?,
        seen_at: Timestamp::from_millis(seen.parse().ok()?),
    })
}

#[derive(Serialize, Deserialize)]
struct UploadRecord {
    user: String,
    path: String,
    server: String,
    declared_bytes: Option<u64>,
    received_bytes: u64,
    started_ms: i64,
}

pub(super) fn write_upload(upload: &UploadState) -> String {
    let record = UploadRecord {
        user: upload.user.as_str().to_owned(),
        path: upload.path.clone(),
        server: upload.server.clone(),
        declared_bytes: upload.declared_bytes,
        received_bytes: upload.received_bytes,
        started_ms: upload.started_at.millis(),
    };
    serde_json::to_string(&record).unwrap_or_default()
}

pub(super) fn read_upload(request: &str, text: &str) -> Option<UploadState> {
    let record: UploadRecord = serde_json::from_str(text).ok()?;
    Some(UploadState {
        request: RequestId(Uuid::try_parse(request).ok()?),
        user: UserName::parse(&record.user).ok()?,
        path: record.path,
        server: record.server,
        declared_bytes: record.declared_bytes,
        received_bytes: record.received_bytes,
        started_at: Timestamp::from_millis(record.started_ms),
    })
}

/// Reads what `RECORD_FAILURE` wrote. A window that began later than now began before the clock was set back.
pub(super) fn read_failures(text: &str, now: Timestamp) -> Option<Failures> {
    let mut numbers = text.split(' ');
    let count = numbers.next()?.parse().ok()?;
    let mut millis = || numbers.next()?.parse::<i64>().ok();
    let (end, length) =
        (Timestamp::from_millis(millis()?), Duration::from_millis(u64::try_from(millis()?).ok()?));
    let left = now.until(end);
    (now < end && left <= length).then_some(Failures { count, retry_after: Some(left) })
}
