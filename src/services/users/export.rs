//! Everything of one's own as an archive, which is made while it is read: nothing of it is stored anywhere.

mod archive;
mod known;

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use domain::{Action, Caller, Error, Event, Node, NodeId, NodeName, Result};
use metadata::{again, members};
use tokio::io::{AsyncReadExt, DuplexStream};
use tokio::task::JoinHandle;

use crate::Backends;
use crate::files::Download;
use crate::steps::record;
use archive::{Archive, Left};

/// How much is made before somebody reads it.
const AHEAD_BYTES: usize = 256 * 1024;
/// How many members of a folder, or entries of a list, are in memory at once.
const PAGE: u32 = 200;

/// An archive on its way to whoever asked for it. Dropping it ends the work.
pub struct Export {
    reader: DuplexStream,
    pub(super) work: Option<JoinHandle<Result<()>>>,
}

/// Begins an archive of everything the caller has: their files as they are now, and what is known of their account,
/// app passwords, organizations, projects and deeds. Who is suspended gets it as well.
///
/// # Errors
/// [`Forbidden`](Error::Forbidden) for an app password.
pub async fn export(caller: &Caller, backends: &Arc<Backends>) -> Result<Export> {
    if caller.session.is_none() {
        caller.may_manage()?;
    }
    again(|| async {
        let tx = backends.metadata.begin().await?;
        record(&tx, caller, &Event::new(Action::Export, "user", caller.user.0, "")).await?;
        tx.commit().await
    })
    .await?;
    let (reader, writer) = tokio::io::duplex(AHEAD_BYTES);
    let (caller, backends) = (caller.clone(), Arc::clone(backends));
    let work = tokio::spawn(async move {
        let mut archive = Archive::over(writer);
        write(&caller, &backends, &mut archive).await?;
        archive.close().await
    });
    Ok(Export { reader, work: Some(work) })
}

impl Export {
    /// The next bytes, at most so many; none at the end and only there.
    ///
    /// # Errors
    /// Whatever database and store say: then the archive is not whole, and must not be taken for it.
    pub async fn read(&mut self, bytes_max: usize) -> Result<Bytes> {
        let mut part = BytesMut::with_capacity(bytes_max);
        let read = self.reader.read_buf(&mut part).await.map_err(Error::internal)?;
        if read == 0
            && let Some(work) = self.work.take()
        {
            work.await.map_err(Error::internal)??;
        }
        Ok(part.freeze())
    }
}

impl Drop for Export {
    fn drop(&mut self) {
        if let Some(work) = &self.work {
            work.abort();
        }
    }
}

async fn write(caller: &Caller, backends: &Backends, archive: &mut Archive) -> Result<()> {
    for (name, known) in [
        ("account.json", known::account(caller, backends).await?),
        ("app-passwords.json", known::app_passwords(caller, backends).await?),
        ("organizations.json", known::organizations(caller, backends).await?),
        ("projects.json", known::projects(caller, backends).await?),
    ] {
        let text = serde_json::to_vec_pretty(&known).map_err(Error::internal)?;
        archive.whole(name, caller.now, &text).await?;
    }
    known::deeds(caller, backends, archive).await?;
    let left = files(caller, backends, archive).await?;
    if !left.is_empty() {
        archive.whole("left-out.txt", caller.now, left.join("\n").as_bytes()).await?;
    }
    Ok(())
}

/// A folder of which the members after a name have yet to be written.
struct Pending {
    folder: NodeId,
    path: String,
    after: Option<NodeName>,
}

/// Writes all files a page of a folder at a time, so that neither the database is held nor a folder of any size kept in
/// memory. Says what could not be read.
async fn files(caller: &Caller, backends: &Backends, archive: &mut Archive) -> Result<Vec<String>> {
    let mut left = Vec::new();
    let mut pending = vec![Pending { folder: caller.home.root, path: "files/".to_owned(), after: None }];
    archive.folder("files/", caller.now).await?;
    while let Some(Pending { folder, path, after }) = pending.pop() {
        let page = members::list(&backends.metadata, folder, after.as_ref(), PAGE, false).await?;
        if let Some(last) = page.last().filter(|_| page.len() == PAGE as usize) {
            let after = Some(last.node.name.clone());
            pending.push(Pending { folder, path: path.clone(), after });
        }
        for node in page.into_iter().map(|member| member.node).filter(|node| !node.is_system()) {
            let path = format!("{path}{}", archive::safe_name(node.name.as_str()));
            if node.is_folder() {
                let path = path + "/";
                archive.folder(&path, node.modified_at).await?;
                pending.push(Pending { folder: node.id, path, after: None });
            } else {
                left.extend(file(backends, archive, &node, path).await?);
            }
        }
    }
    Ok(left)
}

/// Writes a file. Its content is the one it had in the listing, whatever happens to it meanwhile. Says what is wrong with
/// it if it could not be read, and fails if nothing could be.
async fn file(
    backends: &Backends,
    archive: &mut Archive,
    node: &Node,
    path: String,
) -> Result<Option<String>> {
    let read = match Download::open_unnoted(backends, node).await {
        Ok(mut download) => archive.file(&path, node, &mut download).await?,
        Err(error) => Left::Out(error),
    };
    match read {
        Left::Nothing => Ok(None),
        Left::Out(error @ Error::Unavailable(_)) | Left::Rest(error @ Error::Unavailable(_)) => Err(error),
        Left::Out(error) => Ok(Some(noted(&path, "is not in here", &error))),
        Left::Rest(error) => Ok(Some(noted(&path, "is not whole", &error))),
    }
}

fn noted(path: &str, how: &str, error: &Error) -> String {
    tracing::warn!(path, %error, "a file could not be exported");
    format!("{path} {how}: {}", error.message().user())
}
