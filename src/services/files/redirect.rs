//! Where a file can be fetched without its bytes passing through this server.

use std::time::Duration;

use blobs::PresignRequest;
use domain::{Action, Caller, Node, NodePath, Result, StoreKind};

use super::media_type;
use crate::Backends;
use crate::steps::{about, may_read, note};

/// How long an address is good: whoever gets one begins at once, and a download that has begun goes on to its end.
const LIFETIME: Duration = Duration::from_secs(15 * 60);

/// The address in the file store at which whoever knows it may read a file that a look has shown, for a quarter of an hour;
/// none where its bytes have to come from here. The store is not asked for it.
///
/// Files of less than the setting `downloads.redirect_bytes_min` are as well sent from here, one that is known to be
/// damaged must not be sent as if nothing was, and where the setting `files.verify_downloads` wants all of them compared
/// on the way, they have to come this way.
///
/// # Errors
/// Whatever the database and the file store say.
pub async fn redirect(
    caller: &Caller,
    backends: &Backends,
    path: &NodePath,
    node: &Node,
) -> Result<Option<String>> {
    may_read(&backends.metadata, caller, node.space).await?;
    let least_bytes = backends.downloads.redirect_bytes_min;
    let is_off = least_bytes == 0 || backends.files.verify_downloads;
    let Some(blob) = node.blob().filter(|_| !is_off) else { return Ok(None) };
    if blob.store == StoreKind::Disk || blob.content.size_bytes < least_bytes {
        return Ok(None);
    }
    let known = metadata::blobs::find(&backends.metadata, blob.id).await?;
    // Moved to another store since the look, perhaps.
    if known.is_none_or(|known| known.is_damaged || known.store != blob.store) {
        return Ok(None);
    }
    let request = PresignRequest {
        file_name: node.name.as_str().to_owned(),
        media_type: media_type(node).into_owned(),
        lifetime: LIFETIME,
    };
    let address = backends.blobs.at(blob.store)?.presign(blob.id, &request).await?;
    if address.is_some() {
        // Whoever has the address reads the file where nobody sees it.
        note(backends, caller, about(Action::ReadFile, node, path));
    }
    Ok(address)
}
