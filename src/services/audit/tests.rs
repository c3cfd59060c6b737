//! What is written down of each use case, and who may read it.

use std::sync::Arc;

use domain::audit::Outcome;
use domain::{Code, Conditions, Moment, NodeName, NodePath, NodeTimes, OnConflict, Powers, Role};

use super::*;
use crate::auth::tests::{House, NOW, ann};
use crate::files::{self, Download, Target, UploadRequest};
use crate::{app_passwords, history, trash, versions};

fn path(text: &str) -> NodePath {
    let names = text.split('/').filter(|name| !name.is_empty());
    NodePath::new(names.map(|name| NodeName::parse(name).unwrap()).collect(), 1024).unwrap()
}

fn to(text: &str) -> Target {
    Target::new(path(text), OnConflict::Replace)
}

async fn put(caller: &Caller, house: &House, at: &str, content: &'static [u8]) -> Result<()> {
    let request = UploadRequest {
        path: path(at),
        declared_bytes: None,
        times: NodeTimes::default(),
        checksums: Vec::new(),
        on_conflict: OnConflict::Replace,
        conditions: Conditions::default(),
    };
    let mut upload = files::upload(caller, &house.backends, request).await?;
    upload.write(content.into()).await?;
    upload.finish().await.map(drop)
}

async fn read(caller: &Caller, house: &House, at: &str) {
    let look = files::look(caller, &house.backends, &path(at)).await.unwrap();
    let node = look.get().unwrap().clone();
    let mut download = Download::open(caller, &house.backends, &path(at), &node).await.unwrap();
    while !download.read(1000).await.unwrap().is_empty() {}
}

/// What has been written down since the last time, the oldest first.
struct Watch<'a> {
    house: &'a House,
    seen: i64,
}

impl<'a> Watch<'a> {
    async fn begin(house: &'a House) -> Self {
        let mut watch = Self { house, seen: 0 };
        watch.entries().await;
        watch
    }

    async fn entries(&mut self) -> Vec<Entry> {
        write_accesses(&self.house.backends).await.unwrap();
        let page = list(&self.house.backends, &Filter::default(), &PageRequest::default()).await.unwrap();
        let mut new: Vec<Entry> = page.entries.into_iter().filter(|entry| entry.id > self.seen).collect();
        new.sort_by_key(|entry| entry.id);
        self.seen = new.iter().map(|entry| entry.id).fold(self.seen, i64::max);
        new
    }

    async fn told(&mut self) -> Vec<String> {
        let told = |entry: Entry| {
            let detail = entry.detail.map(|detail| format!(" -> {detail}")).unwrap_or_default();
            format!("{} {}{detail}", entry.action, entry.subject_name.unwrap_or_default())
        };
        self.entries().await.into_iter().map(told).collect()
    }
}

fn later(caller: &Caller, seconds: u64) -> Caller {
    Caller { now: NOW.after(Duration::from_secs(seconds)), ..caller.clone() }
}

#[tokio::test]
async fn each_change_of_a_file_leaves_one_entry_with_the_path_it_had() {
    let (house, secret) = House::with_ann().await;
    let ann = house.ann_tries(&secret).await.unwrap();
    let (backends, any) = (&house.backends, Conditions::default());
    let mut watch = Watch::begin(&house).await;

    files::create_folder(&ann, backends, &Target::new(path("/f"), OnConflict::Fail), &any).await.unwrap();
    assert_eq!(watch.told().await, ["folder.create /f"]);
    put(&ann, &house, "/f/a", b"one").await.unwrap();
    let first = watch.entries().await;
    let [written] = &first[..] else { panic!("{first:?}") };
    let node = files::look(&ann, backends, &path("/f/a")).await.unwrap().get().unwrap().clone();
    assert_eq!(
        (written.action.as_str(), written.subject_id.clone()),
        ("file.write", Some(node.uuid.to_string()))
    );
    assert_eq!((written.user, written.address.as_deref()), (Some(ann.user), Some("192.0.2.1")));
    put(&later(&ann, 10), &house, "/f/a", b"two").await.unwrap();
    put(&later(&ann, 11), &house, "/f/a", b"two").await.unwrap();
    assert_eq!(watch.told().await, ["file.write /f/a"; 2]);
    files::copy(&ann, backends, &path("/f"), &to("/g"), true, &any).await.unwrap();
    assert_eq!(watch.told().await, ["node.copy /f -> /g"]);
    files::relocate(&ann, backends, &path("/f/a"), &to("/g/b"), &any).await.unwrap();
    assert_eq!(watch.told().await, ["node.move /f/a -> /g/b"]);
    let moment = Moment::parse("1h", later(&ann, 3605).now).unwrap();
    versions::restore(&later(&ann, 3605), backends, &path("/g/b"), versions::Earlier::At(moment), &any)
        .await
        .unwrap();
    assert!(watch.told().await[0].starts_with("version.restore /g/b -> "));
    files::remove(&later(&ann, 3606), backends, &path("/g"), &any).await.unwrap();
    assert_eq!(watch.told().await, ["node.remove /g"]);
    files::relocate(&later(&ann, 3607), backends, &path("/.Trash/g"), &to("/g"), &any).await.unwrap();
    assert_eq!(watch.told().await, ["node.restore /.Trash/g -> /g"]);
    history::rewind(&later(&ann, 3608), backends, &path("/g"), moment, true).await.unwrap();
    assert!(watch.told().await[0].starts_with("history.rewind /g -> as of "));
    files::remove(&later(&ann, 3609), backends, &path("/f"), &any).await.unwrap();
    trash::purge(&later(&ann, 3610), backends, &path("/.Trash/f"), &any).await.unwrap();
    assert_eq!(watch.told().await, ["node.remove /f", "node.purge /.Trash/f"]);
    let emptied = trash::empty(later(&ann, 4000).now, backends, &name()).await.unwrap();
    let [purged] = &watch.entries().await[..] else { panic!("one entry for the whole trash") };
    assert_eq!((purged.action.as_str(), purged.door.as_str(), purged.user), ("node.purge", "command", None));
    assert_eq!(purged.detail, Some(format!("{emptied} entries")));
}

fn name() -> domain::UserName {
    ann()
}

#[tokio::test]
async fn what_is_refused_or_undone_or_a_system_files_leaves_no_entry() {
    let (house, secret) = House::with_ann().await;
    let ann = house.ann_tries(&secret).await.unwrap();
    let (backends, any) = (&house.backends, Conditions::default());
    put(&ann, &house, "/a", b"one").await.unwrap();
    let mut watch = Watch::begin(&house).await;
    assert!(put(&ann, &house, "/missing/a", b"one").await.is_err());
    assert!(
        files::create_folder(&ann, backends, &Target::new(path("/a"), OnConflict::Fail), &any).await.is_err()
    );
    assert!(files::remove(&ann, backends, &path("/nothing"), &any).await.is_err());
    assert!(files::relocate(&ann, backends, &path("/nothing"), &to("/b"), &any).await.is_err());
    let reads = Caller { powers: Powers::ReadFiles, ..ann.clone() };
    assert!(files::remove(&reads, backends, &path("/a"), &any).await.is_err());
    for name in ["/.DS_Store", "/._a"] {
        put(&ann, &house, name, b"x").await.unwrap();
        read(&ann, &house, name).await;
        files::remove(&ann, backends, &path(name), &any).await.unwrap();
    }
    assert_eq!(watch.told().await, [""; 0]);
}

#[tokio::test]
async fn reading_a_file_writes_nothing_at_once_and_one_entry_for_some_minutes() {
    let (house, secret) = House::with_ann().await;
    let ann = house.ann_tries(&secret).await.unwrap();
    put(&ann, &house, "/a", b"one").await.unwrap();
    put(&ann, &house, "/b", b"two").await.unwrap();
    let mut watch = Watch::begin(&house).await;
    let statements = house.backends.metadata.statements();
    read(&ann, &house, "/a").await;
    let once = house.backends.metadata.statements() - statements;
    for seconds in [1, 200] {
        read(&later(&ann, seconds), &house, "/a").await;
    }
    assert_eq!(house.backends.metadata.statements() - statements, 3 * once);
    read(&later(&ann, 1), &house, "/b").await;
    read(&later(&ann, 400), &house, "/a").await;
    assert_eq!(watch.told().await, ["file.read /a", "file.read /b", "file.read /a"]);
}

#[tokio::test]
async fn who_comes_in_and_who_does_not_is_written_down_and_no_name_that_is_nobodys() {
    let (house, secret) = House::with_ann().await;
    let mut watch = Watch::begin(&house).await;
    house.ann_tries(&secret).await.unwrap();
    house.ann_tries(&secret).await.unwrap();
    house.ann_tries("00000-00000-00000-00000-00000").await.unwrap_err();
    house.try_from("192.0.2.9", "correct horse", "x", NOW).await.unwrap_err();
    let entries = watch.entries().await;
    let told: Vec<_> =
        entries.iter().map(|entry| (entry.action.as_str(), entry.user_name.as_deref())).collect();
    let (came, refused) = ("account.log_in", "account.log_in_refused");
    // The second time the password is remembered.
    assert_eq!(told, [(came, Some("ann")), (refused, Some("ann")), (refused, None)]);
    assert_eq!(entries[1].outcome, Outcome::Refused);
    assert_eq!(entries[2].address.as_deref(), Some("192.0.2.9"));
    assert!(!format!("{:?}", entries[2]).contains("horse"));
}

#[tokio::test]
async fn what_is_done_by_commands_is_written_down_for_nobody() {
    let (house, _) = House::with_ann().await;
    let mut watch = Watch::begin(&house).await;
    house.issue("phone", None).await;
    app_passwords::revoke(NOW, &house.backends, &ann(), "phone").await.unwrap();
    assert!(app_passwords::revoke(NOW, &house.backends, &ann(), "phone").await.is_err());
    let entries = watch.entries().await;
    assert!(entries.iter().all(|entry| entry.door == "command" && entry.user.is_none()));
    let told: Vec<_> = entries.iter().map(|entry| entry.action.as_str()).collect();
    assert_eq!(told, ["app_password.create", "app_password.revoke"]);
}

#[tokio::test]
async fn everybody_reads_their_own_and_only_admins_everything() {
    let (house, secret) = House::with_ann().await;
    let drive = house.ann_tries(&secret).await.unwrap();
    put(&drive, &house, "/a", b"one").await.unwrap();
    let (any, page) = (Filter::default(), PageRequest::default());
    let backends: &Backends = &house.backends;
    let refused = own(&drive, backends, &any, &page).await.unwrap_err();
    assert_eq!(refused.code(), Code::NeedsSession);
    let ann = Caller { powers: Powers::Full, ..drive };
    write_accesses(backends).await.unwrap();
    let listed = own(&ann, backends, &any, &page).await.unwrap().entries;
    assert!(listed.len() == 2 && listed.iter().all(|entry| entry.user == Some(ann.user)));
    assert!(matches!(everything(&ann, backends, &any, &page).await, Err(Error::Forbidden(_))));
    let admin = Caller { role: Role::Admin, ..ann.clone() };
    // The command that made the account and its app password, too.
    assert_eq!(everything(&admin, backends, &any, &page).await.unwrap().entries.len(), 4);
    let nowhere = OrganizationId(uuid::Uuid::nil());
    assert!(matches!(of_organization(&ann, backends, nowhere, &any, &page).await, Err(Error::NotFound(_))));
    let nowhere = ProjectId(uuid::Uuid::nil());
    assert!(matches!(of_project(&ann, backends, nowhere, &any, &page).await, Err(Error::NotFound(_))));
}

#[tokio::test]
async fn what_cannot_be_written_waits_and_what_is_too_old_is_forgotten() {
    let (house, secret) = House::with_ann().await;
    let ann = house.ann_tries(&secret).await.unwrap();
    put(&ann, &house, "/a", b"one").await.unwrap();
    let mut watch = Watch::begin(&house).await;
    read(&ann, &house, "/a").await;
    let moment = |days: u64| NOW.after(Duration::from_secs(86_400 * days));
    assert!(!forget(&house.backends, moment(365)).await.unwrap());
    assert_eq!(watch.told().await, ["file.read /a"]);
    // A clock that leaps ahead, and is right again.
    let tx = house.backends.metadata.begin().await.unwrap();
    let late = Caller { now: moment(4), ..ann.clone() };
    crate::steps::record(&tx, &late, &Event::new(Action::ReadFile, "file", 1, "/late")).await.unwrap();
    tx.commit().await.unwrap();
    assert!(!forget(&house.backends, moment(5000)).await.unwrap());
    let left = list(&house.backends, &Filter::default(), &PageRequest::default()).await.unwrap().entries;
    assert!(left.len() == 1 && left[0].subject_name.as_deref() == Some("/late"), "{left:?}");
    assert!(!forget(&house.backends, moment(369)).await.unwrap());
    assert!(!forget(&house.backends, moment(370)).await.unwrap());
    let left = list(&house.backends, &Filter::default(), &PageRequest::default()).await.unwrap();
    assert_eq!(left.entries, []);
    let backends = Arc::clone(&house.backends);
    read(&ann, &house, "/a").await;
    note_refusal(&backends, &ann, "PUT /dav/a");
    backends.metadata.close().await.unwrap();
    assert!(write_accesses(&backends).await.is_err());
    assert_eq!(backends.accesses.take(9).0.len(), 1, "the refusal waits; the file was read minutes ago");
}
