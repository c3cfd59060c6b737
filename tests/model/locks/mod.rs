//! Three devices of two users in one space, with locks: each random request is judged by the plain rules of
//! RFC 4918 §6, §7 and §10.4 in memory, and must come out the same.

mod request;
mod rules;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use domain::{Caller, Conditions, Error, LockToken, NodePath, NodeTimes, OnConflict, Timestamp};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use services::Backends;
use services::files::{self, LockRequest, Target, UploadRequest};

use super::drive::{caller, parsed};
use super::{Journal, SEED, STEPS, number};
use crate::support::TestHouse;
use request::{Action, Request};
use rules::{Rules, Verdict};

const STEPS_DEFAULT: u64 = 1500;

/// Past every timeout and its grace.
const WAIT_SECONDS_MAX: u64 = 12_000;

/// Whose each device is, by the number of the user.
const DEVICES: [usize; 3] = [0, 0, 1];

#[test]
fn whoever_holds_a_lock_works_on_and_everybody_else_waits() {
    let seed = number(SEED).unwrap_or_else(|| rand::rng().random());
    let mut journal = Journal::new(seed);
    let mut random = StdRng::seed_from_u64(seed);
    let house = TestHouse::new().with_user("ben");
    let ben = house.run(caller(&house));
    let house = house.with_user("ann");
    let ann = house.run(caller(&house));
    // There is no sharing yet, but a space does not ask whose it is: Ben works in Ann's.
    let mut users = [ann.clone(), Caller { home: ann.home, ..ben }];
    let mut rules = Rules::new();
    let mut now = Timestamp::now();
    for _ in 0..number(STEPS).unwrap_or(STEPS_DEFAULT) {
        let seconds = if random.random_bool(0.1) { random.random_range(0..WAIT_SECONDS_MAX) } else { 1 };
        now = now.after(Duration::from_secs(seconds));
        let user = DEVICES[random.random_range(0..DEVICES.len())];
        users[user].now = now;
        let request = Request::random(&mut random, &rules, user);
        let expected = rules.judge(&request, user, now);
        journal.note(format!("{now:?} user {user}: {request:?} -> {expected:?}"));
        let (verdict, token) = house.run(perform(&users[user], house.backends(), &request));
        assert_eq!(verdict, expected);
        if verdict == Verdict::Done {
            rules.apply(&request, user, now, token);
        }
        assert_eq!(house.run(paths(&users[0], house.backends())), rules.paths());
    }
}

/// Does it with the use cases, and says what came of it, with the token of a lock that was granted.
async fn perform(
    caller: &Caller,
    backends: &Arc<Backends>,
    request: &Request,
) -> (Verdict, Option<LockToken>) {
    let (path, conditions) = (parsed(&request.path), request.conditions());
    let target = |to: &[String]| Target::new(parsed(to), OnConflict::Replace);
    let mut token = None;
    let done: Result<(), Error> = match &request.action {
        Action::Put(text) => put(caller, backends, path, conditions, text).await,
        Action::Delete => files::remove(caller, backends, &path, &conditions).await,
        Action::MakeFolder => {
            let to = Target::new(path, OnConflict::Fail);
            files::create_folder(caller, backends, &to, &conditions).await.map(drop)
        }
        Action::Move(to) => {
            files::relocate(caller, backends, &path, &target(to), &conditions).await.map(drop)
        }
        Action::Copy(to) => {
            files::copy(caller, backends, &path, &target(to), true, &conditions).await.map(drop)
        }
        Action::Lock { scope, depth, timeout } => {
            let wanted =
                LockRequest { scope: *scope, depth: *depth, owner_xml: String::new(), timeout: *timeout };
            let locked = files::lock(caller, backends, &path, wanted, &conditions).await;
            locked.map(|locked| token = Some(locked.lock.token))
        }
        Action::Refresh(timeout) => {
            files::refresh_lock(caller, backends, &path, *timeout, &conditions).await.map(drop)
        }
        Action::Unlock(token) => files::unlock(caller, backends, &path, *token).await,
    };
    (done.map_or_else(Verdict::from, |()| Verdict::Done), token)
}

async fn put(
    caller: &Caller,
    backends: &Arc<Backends>,
    path: NodePath,
    conditions: Conditions,
    text: &str,
) -> Result<(), Error> {
    let request = UploadRequest {
        path,
        declared_bytes: None,
        times: NodeTimes::default(),
        checksums: Vec::new(),
        on_conflict: OnConflict::Replace,
        conditions,
    };
    let mut upload = files::upload(caller, backends, request).await?;
    upload.write(Bytes::from(text.to_owned())).await?;
    upload.finish().await.map(drop)
}

/// Every path of the space.
async fn paths(caller: &Caller, backends: &Arc<Backends>) -> Vec<Vec<String>> {
    let (mut found, mut folders) = (Vec::new(), vec![Vec::new()]);
    while let Some(folder) = folders.pop() {
        let look = files::look(caller, backends, &parsed(&folder)).await.unwrap();
        let members = files::members(caller, backends, look.get().unwrap(), None, 100, false);
        for member in members.await.unwrap() {
            let path = [folder.as_slice(), &[member.node.name.as_str().to_owned()]].concat();
            if member.node.is_folder() {
                folders.push(path.clone());
            }
            found.push(path);
        }
    }
    found.sort();
    found
}
