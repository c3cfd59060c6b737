//! Writing the files of a back-up as plain files: for whoever wants them without Larder.

use std::collections::HashMap;
use std::fs::{self, DirBuilder, File, FileTimes};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use domain::{BlobId, Error, NodeName, ProjectName, Result};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::archive::{Archive, Is, Line, Manifest, NAMES, Owner, fault, lines, no_room};
use super::backup::Progress;
use super::restore::choose;

/// The folder that the trees of projects lie in. No user has a name with a blank in it.
const PROJECTS: &str = "All projects";

/// What was written.
pub struct Written {
    /// The snapshot.
    pub name: String,
    /// Files, with their content.
    pub files: u64,
    /// What those add up to in bytes.
    pub bytes: u64,
    /// What could not be written.
    pub lost: u64,
}

/// Writes every file and folder that is not in the trash below a new folder, each user's below one of their name and those
/// of projects below [`PROJECTS`], with the times of the files. It reads the names and the blobs only, no database.
///
/// # Errors
/// [`NotFound`](Error::NotFound) when there is no such snapshot, [`Exists`](Error::Exists) when the folder is not
/// empty, [`OutOfSpace`](Error::OutOfSpace), [`Unavailable`](Error::Unavailable) when a folder cannot be used.
pub async fn write_plain(
    source: &Path,
    wanted: Option<&str>,
    target: &Path,
    watch: &(dyn Fn(Progress) + Sync),
) -> Result<Written> {
    let archive = Archive::open_to_read(source)?;
    let name = choose(&archive, wanted)?;
    let snapshot = archive.snapshot(&name);
    Manifest::read(&snapshot)?.verify(&snapshot, NAMES)?;
    let present = |line: &Line| line.is != Is::Version && line.removed.is_none();
    let mut bytes: u64 = 0;
    for line in lines(&snapshot)? {
        let line = line?;
        // Whoever wrote the names may have written anything.
        bytes = bytes.saturating_add(if present(&line) { line.size.unwrap_or(0) } else { 0 });
    }
    make_empty(target)?;
    let mut tops = Tops::default();
    watch(Progress::Begun(bytes));
    let mut written = Written { name, files: 0, bytes: 0, lost: 0 };
    for line in lines(&snapshot)? {
        let line = line?;
        if !present(&line) {
            continue;
        }
        match write(&archive, tops.of(target, &line.owner), &line).await? {
            Ok(()) => {
                written.files += u64::from(line.is == Is::File);
                written.bytes += line.size.unwrap_or(0);
            }
            Err(why) => {
                written.lost += 1;
                watch(Progress::Lost(format!("{}:/{} ({why})", line.owner, line.path)));
            }
        }
        watch(Progress::Done(line.size.unwrap_or(0)));
    }
    Ok(written)
}

fn make_empty(target: &Path) -> Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(target).map_err(fault(target))?;
    if fs::read_dir(target).map_err(fault(target))?.next().is_some() {
        let text = format!("{} is not empty; name a new folder for the files.", target.display());
        return Err(Error::Exists(text.into()));
    }
    Ok(())
}

/// Writes one file or folder, or says why that one cannot be; a full disk is the end of all.
async fn write(archive: &Archive, top: Option<PathBuf>, line: &Line) -> Result<Result<(), String>> {
    let Some(path) = top.and_then(|top| place(top, &line.path)) else {
        return Ok(Err("this is no path".to_owned()));
    };
    let folder = if line.is == Is::Folder { Some(path.as_path()) } else { path.parent() };
    let made = folder.map_or(Ok(()), |folder| DirBuilder::new().recursive(true).mode(0o700).create(folder));
    let file = match made.and_then(|()| match line.is {
        Is::Folder => Ok(None),
        _ => File::options().write(true).create_new(true).mode(0o600).open(&path).map(Some),
    }) {
        Ok(Some(file)) => file,
        Ok(None) => return Ok(Ok(())),
        Err(error) if error.kind() == ErrorKind::StorageFull => return Err(fault(&path)(error)),
        // Such as a name that differs only by case where that file system makes no difference.
        Err(error) => return Ok(Err(error.to_string())),
    };
    let filled = match line.content() {
        Some(id) => fill(archive, &file, id, line).await,
        None => Ok(()),
    };
    let times = || match line.modified_at() {
        Some(moment) => file.set_times(FileTimes::new().set_modified(moment.to_system())),
        None => Ok(()),
    };
    match filled {
        Ok(()) => Ok(times().map_err(|error| error.to_string())),
        Err(Error::OutOfSpace(_)) => Err(no_room(&path.display().to_string())),
        Err(error) => {
            fs::remove_file(&path).map_err(fault(&path))?;
            let message = error.message();
            Ok(Err(message.log().unwrap_or(message.user()).to_owned()))
        }
    }
}

async fn fill(archive: &Archive, mut file: &File, id: BlobId, line: &Line) -> Result<()> {
    const PART_BYTES: usize = 128 * 1024;
    let mut reader = archive.blobs.read(id, line.size.unwrap_or(0)).await?;
    let mut digest = Sha256::new();
    loop {
        let part = reader.read(PART_BYTES).await?;
        if part.is_empty() {
            break;
        }
        digest.update(&part);
        file.write_all(&part).map_err(|error| match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Error::out_of_space(error),
            _ => Error::unavailable("It cannot be written.", error),
        })?;
    }
    let digest = hex::encode(digest.finalize());
    match line.sha256.as_deref() {
        Some(expected) if expected != digest => {
            Err(Error::internal(format!("{} holds other bytes than were stored in it", id.key())))
        }
        _ => Ok(()),
    }
}

/// Where it is to lie below a folder; nothing that leads out of that.
fn place(top: PathBuf, path: &str) -> Option<PathBuf> {
    let mut place = top;
    for name in path.split('/') {
        NodeName::parse(name).ok()?;
        place.push(name);
    }
    Some(place)
}

/// The folders that the trees lie in.
#[derive(Default)]
struct Tops {
    /// Those of the projects met so far: two may have one name.
    projects: HashMap<Uuid, NodeName>,
}

impl Tops {
    /// Where the tree of somebody is to lie; nothing for a name that leads out of the folder.
    fn of(&mut self, target: &Path, owner: &Owner) -> Option<PathBuf> {
        match owner {
            Owner::User { user } => place(target.to_owned(), user),
            Owner::Project { project, project_id } => {
                if !self.projects.contains_key(project_id) {
                    let taken = self.projects.values().map(NodeName::as_str);
                    let folder = ProjectName::stored(project.clone()).folder(taken);
                    self.projects.insert(*project_id, folder);
                }
                self.projects.get(project_id).map(|folder| target.join(PROJECTS).join(folder.as_str()))
            }
        }
    }
}
