//! App passwords: made, listed and revoked, each by itself.

use coordination::Device;
use domain::{
    Action, AppPassword, AppPasswordId, Caller, Code, Door, ETagMatch, Error, Event, Message, Page,
    PageRequest, Result, Timestamp, UserId, UserName,
};
use metadata::app_passwords::{self, NewAppPassword};
use metadata::{Db, Tx, again, users};
use uuid::Uuid;

use crate::Backends;
use crate::steps::{AppSecret, made_before, once, own_turn, record, record_here};

const NAME_CHARS_MAX: usize = 64;

/// So many a user has that open the door: more than anybody has programs and devices, and few enough to look through.
const ACTIVE_MAX: u64 = 100;

/// Among 2^25 lookup parts a user's next one is free at the first try; at the fifth something is broken.
const LOOKUPS_TRIED_MAX: usize = 5;

/// A new app password, the only time it can be read.
pub struct Issued {
    /// What is kept of it.
    pub app_password: AppPassword,
    /// The password itself.
    pub secret: String,
}

/// Makes an app password for a user.
///
/// # Errors
/// [`NotFound`](Error::NotFound) when nobody has this name, [`Exists`](Error::Exists) when an active app password
/// of theirs is named so, [`Forbidden`](Error::Forbidden) when they have [as many](ACTIVE_MAX) as they may,
/// [`Invalid`](Error::Invalid) for an empty or overlong name of the app password, or an end that has passed.
pub async fn create(
    now: Timestamp,
    backends: &Backends,
    user: &UserName,
    name: &str,
    expires_at: Option<Timestamp>,
) -> Result<Issued> {
    let wanted = Wanted::new(now, name, false, expires_at)?;
    // What is refused anyway is not worth a hash.
    let owner = users::get(&backends.metadata, user).await?;
    may_make(&backends.metadata, now, owner.id, wanted.name).await?;
    let (made, hash) = generate(backends).await?;
    again(|| async {
        let tx = backends.metadata.begin().await?;
        let owner = users::get(&tx, user).await?;
        let issued = insert(&tx, now, owner.id, &wanted, &made, &hash).await?;
        let about = about(Action::CreateAppPassword, &issued.app_password);
        record_here(&tx, now, Door::Command, about).await?;
        tx.commit().await?;
        Ok(issued)
    })
    .await
}

/// Makes an app password for the caller.
///
/// # Errors
/// [`Forbidden`](Error::Forbidden) for who came with an app password; as for [`create`] otherwise,
/// [`Exists`](Error::Exists) with a code of its own when the same request has made it before: the secret is shown once; and
/// [`Unauthenticated`](Error::Unauthenticated) when the session has ended in between.
pub async fn create_own(
    caller: &Caller,
    backends: &Backends,
    name: &str,
    read_only: bool,
    expires_at: Option<Timestamp>,
) -> Result<Issued> {
    caller.may_manage()?;
    let wanted = Wanted::new(caller.now, name, read_only, expires_at)?;
    if made_before(&backends.metadata, caller).await?.is_some() {
        return Err(shown_before());
    }
    may_make(&backends.metadata, caller.now, caller.user, wanted.name).await?;
    let (made, hash) = generate(backends).await?;
    again(|| async {
        let tx = backends.metadata.begin().await?;
        own_turn(&tx, caller).await?;
        if once(&tx, caller, wanted.id.0).await?.is_some() {
            return Err(shown_before());
        }
        let issued = insert(&tx, caller.now, caller.user, &wanted, &made, &hash).await?;
        record(&tx, caller, &about(Action::CreateAppPassword, &issued.app_password)).await?;
        tx.commit().await?;
        Ok(issued)
    })
    .await
}

fn shown_before() -> Error {
    let sentence = "This request has made an app password before, and its secret is shown once; revoke that \
                    one and make another, with a new Idempotency-Key.";
    Error::Exists(Message::coded(Code::SecretShown, sentence))
}

/// What app password is wanted.
struct Wanted<'a> {
    id: AppPasswordId,
    name: &'a str,
    read_only: bool,
    expires_at: Option<Timestamp>,
}

impl<'a> Wanted<'a> {
    fn new(now: Timestamp, name: &'a str, read_only: bool, expires_at: Option<Timestamp>) -> Result<Self> {
        let name = valid_name(name)?;
        if expires_at.is_some_and(|end| end <= now) {
            let sentence = "This app password would have expired already; choose a later end.";
            return Err(Error::Invalid(Message::coded(Code::Past, sentence)));
        }
        Ok(Self { id: AppPasswordId(Uuid::new_v4()), name, read_only, expires_at })
    }
}

async fn generate(backends: &Backends) -> Result<(AppSecret, String)> {
    let made = AppSecret::generate();
    let hash = backends.hashing.hash(made.secret()).await?;
    Ok((made, hash))
}

async fn insert(
    tx: &Tx,
    now: Timestamp,
    owner: UserId,
    wanted: &Wanted<'_>,
    made: &AppSecret,
    secret_hash: &str,
) -> Result<Issued> {
    // Two at once would both have found the name free.
    users::take_turn(tx, owner).await?;
    may_make(tx, now, owner, wanted.name).await?;
    let mut secret = made.clone();
    for _ in 0..LOOKUPS_TRIED_MAX {
        let new = NewAppPassword {
            id: wanted.id,
            user: owner,
            name: wanted.name,
            lookup: secret.lookup(),
            secret_hash,
            expires_at: wanted.expires_at,
            read_only: wanted.read_only,
        };
        if let Some(app_password) = app_passwords::insert(tx, now, new).await? {
            return Ok(Issued { app_password, secret: secret.text() });
        }
        secret = secret.with_other_lookup();
    }
    Err(Error::internal("no free lookup part was found for an app password"))
}

/// Refuses one more app password of this name where it may not be.
async fn may_make(db: &impl Db, now: Timestamp, owner: UserId, name: &str) -> Result<()> {
    is_free(db, now, owner, name, None).await?;
    if app_passwords::count_active(db, owner, now).await? < ACTIVE_MAX {
        return Ok(());
    }
    let text = format!(
        "There are {ACTIVE_MAX} active app passwords of this account; revoke one that is not used first."
    );
    Err(Error::Forbidden(Message::coded(Code::TooManyAppPasswords, text)))
}

/// Refuses a name that another active app password of the user has.
async fn is_free(
    db: &impl Db,
    now: Timestamp,
    owner: UserId,
    name: &str,
    but: Option<AppPasswordId>,
) -> Result<()> {
    match app_passwords::is_taken(db, owner, name, but, now).await? {
        true => Err(Error::Exists(
            format!(
                "There is an active app password named `{name}` already; choose another name, or revoke that one first."
            )
            .into(),
        )),
        false => Ok(()),
    }
}

/// A page of the caller's, revoked and expired ones too, oldest first.
///
/// # Errors
/// [`Forbidden`](Error::Forbidden) for who came with an app password; [`Invalid`](Error::Invalid) for a cursor of another
/// list.
pub async fn page(caller: &Caller, backends: &Backends, request: &PageRequest) -> Result<Page<AppPassword>> {
    caller.may_see()?;
    app_passwords::page(&backends.metadata, caller.user, request).await
}

/// One of the caller's.
///
/// # Errors
/// [`Forbidden`](Error::Forbidden) for who came with an app password, [`NotFound`](Error::NotFound).
pub async fn get_own(caller: &Caller, backends: &Backends, id: AppPasswordId) -> Result<AppPassword> {
    caller.may_see()?;
    app_passwords::find(&backends.metadata, caller.user, id).await?.ok_or_else(unknown)
}

/// Calls one of the caller's something else.
///
/// # Errors
/// As for [`get_own`]; [`Exists`](Error::Exists) when another active one is named so, [`Stale`](Error::Stale).
pub async fn rename(
    caller: &Caller,
    backends: &Backends,
    id: AppPasswordId,
    name: &str,
    if_match: Option<&ETagMatch>,
) -> Result<AppPassword> {
    caller.may_manage()?;
    let name = valid_name(name)?;
    again(|| async {
        let tx = backends.metadata.begin().await?;
        take_own(&tx, caller, id, if_match).await?;
        is_free(&tx, caller.now, caller.user, name, Some(id)).await?;
        app_passwords::rename(&tx, id, name).await?;
        let renamed = app_passwords::find(&tx, caller.user, id).await?.ok_or_else(unknown)?;
        record(&tx, caller, &about(Action::RenameAppPassword, &renamed)).await?;
        tx.commit().await?;
        Ok(renamed)
    })
    .await
}

/// Revokes one of the caller's: it opens nothing from the next request on. Who is suspended may do this too.
///
/// # Errors
/// As for [`get_own`]; [`Stale`](Error::Stale).
pub async fn revoke_own(
    caller: &Caller,
    backends: &Backends,
    id: AppPasswordId,
    if_match: Option<&ETagMatch>,
) -> Result<()> {
    caller.may_see()?;
    again(|| async {
        let tx = backends.metadata.begin().await?;
        let known = take_own(&tx, caller, id, if_match).await?;
        app_passwords::revoke(&tx, id, caller.now).await?;
        record(&tx, caller, &about(Action::RevokeAppPassword, &known)).await?;
        tx.commit().await
    })
    .await?;
    tell_revoked(backends, caller.user, id).await;
    Ok(())
}

/// One of the caller's that nobody else changes until the end of the transaction.
async fn take_own(
    tx: &Tx,
    caller: &Caller,
    id: AppPasswordId,
    if_match: Option<&ETagMatch>,
) -> Result<AppPassword> {
    users::take_turn(tx, caller.user).await?;
    let known = app_passwords::find(tx, caller.user, id).await?.ok_or_else(unknown)?;
    known.version.expect(if_match)?;
    Ok(known)
}

async fn tell_revoked(backends: &Backends, owner: UserId, id: AppPasswordId) {
    backends.coordination.announce_revocation().await;
    // What it was used by makes room at once. If that cannot be said, it does so when it has been idle for long enough.
    let is_meant = |device: &Device| device.app_password == id;
    let _ = backends.coordination.forget_devices(owner, is_meant).await;
}

fn unknown() -> Error {
    Error::NotFound("You have no such app password.".into())
}

/// All of a user's, revoked and expired ones too, oldest first.
///
/// # Errors
/// [`NotFound`](Error::NotFound) when nobody has this name.
pub async fn list(backends: &Backends, user: &UserName) -> Result<Vec<AppPassword>> {
    let owner = users::get(&backends.metadata, user).await?;
    app_passwords::list(&backends.metadata, owner.id).await
}

/// Ends an app password, known by its id or, among those that still open the door, by its name. It opens
/// nothing from the next request on.
///
/// # Errors
/// [`NotFound`](Error::NotFound) when the user or the app password is not there, [`Invalid`](Error::Invalid)
/// when several have the name.
pub async fn revoke(
    now: Timestamp,
    backends: &Backends,
    user: &UserName,
    which: &str,
) -> Result<AppPassword> {
    let (owner, app_password) = again(|| async {
        let tx = backends.metadata.begin().await?;
        let owner = users::get(&tx, user).await?;
        let app_password = pick(app_passwords::list(&tx, owner.id).await?, user, which, now)?;
        app_passwords::revoke(&tx, app_password.id, now).await?;
        record_here(&tx, now, Door::Command, about(Action::RevokeAppPassword, &app_password)).await?;
        tx.commit().await?;
        Ok((owner, app_password))
    })
    .await?;
    tell_revoked(backends, owner.id, app_password.id).await;
    Ok(AppPassword { revoked_at: app_password.revoked_at.or(Some(now)), ..app_password })
}

fn about(action: Action, app_password: &AppPassword) -> Event {
    Event::new(action, "app_password", app_password.id.0, app_password.name.as_str())
}

fn pick(all: Vec<AppPassword>, user: &UserName, which: &str, now: Timestamp) -> Result<AppPassword> {
    let id = Uuid::try_parse(which).ok().map(AppPasswordId);
    if let Some(known) = all.iter().find(|known| Some(known.id) == id) {
        return Ok(known.clone());
    }
    let mut named = all.into_iter().filter(|known| is_active_as(known, which.trim(), now));
    match (named.next(), named.next()) {
        (Some(one), None) => Ok(one),
        (Some(_), Some(_)) => {
            let text = format!(
                "Several active app passwords are named `{which}`; give the id of one: \
                 `larder admin app-password list {user}` shows them."
            );
            Err(Error::Invalid(text.into()))
        }
        (None, _) => Err(Error::NotFound(format!("There is no active app password named `{which}`.").into())),
    }
}

fn is_active_as(known: &AppPassword, name: &str, now: Timestamp) -> bool {
    known.name == name && known.is_active(now)
}

fn valid_name(name: &str) -> Result<&str> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > NAME_CHARS_MAX || name.contains(char::is_control) {
        let text = format!("The name of an app password has 1 to {NAME_CHARS_MAX} characters on one line.");
        return Err(Error::Invalid(text.into()));
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::auth::tests::{House, NOW, ann};

    /// Past what [`create`] refuses.
    async fn insert(house: &House, name: &str, secret: &AppSecret) -> Option<AppPassword> {
        let owner = users::get(&house.backends.metadata, &ann()).await.unwrap();
        let tx = house.backends.metadata.begin().await.unwrap();
        let new = NewAppPassword {
            id: AppPasswordId(Uuid::new_v4()),
            user: owner.id,
            name,
            lookup: secret.lookup(),
            secret_hash: "",
            expires_at: None,
            read_only: false,
        };
        let inserted = app_passwords::insert(&tx, NOW, new).await.unwrap();
        tx.commit().await.unwrap();
        inserted
    }

    #[tokio::test]
    async fn a_list_shows_every_app_password_and_no_secret() {
        let (house, _) = House::with_ann().await;
        let later = NOW.after(Duration::from_secs(1));
        house.issue("phone", Some(later)).await;
        let listed = list(&house.backends, &ann()).await.unwrap();
        assert!(listed.iter().any(|known| known.name == "laptop" && known.expires_at.is_none()));
        assert!(listed.iter().any(|known| known.name == "phone" && known.expires_at == Some(later)));
        assert_eq!(listed.len(), 2);
    }

    #[tokio::test]
    async fn one_is_revoked_by_its_name_as_long_as_no_other_has_it() {
        let (house, laptop) = House::with_ann().await;
        let phone = house.issue("phone", None).await;
        let other = insert(&house, "phone", &AppSecret::generate()).await.unwrap();
        let revoke = async |which: &str| revoke(NOW, &house.backends, &ann(), which).await;
        assert_eq!(revoke("laptop").await.unwrap().revoked_at, Some(NOW));
        assert!(house.ann_tries(&laptop).await.is_err());
        assert!(matches!(revoke("laptop").await, Err(Error::NotFound(_))));

        let several = revoke("phone").await.unwrap_err();
        assert!(
            matches!(several, Error::Invalid(_)) && several.to_string().contains("list ann"),
            "{several}"
        );
        let id = other.id.0.to_string();
        revoke(&id).await.unwrap();
        revoke(&id).await.expect("revoking twice is revoking once");
        revoke("phone").await.unwrap();
        assert!(house.ann_tries(&phone).await.is_err());
    }

    #[tokio::test]
    async fn a_name_is_free_again_once_its_app_password_opens_nothing() {
        let (house, _) = House::with_ann().await;
        let laptop = async || create(NOW, &house.backends, &ann(), "laptop ", None).await.map(drop);
        let taken = laptop().await;
        assert!(matches!(taken, Err(Error::Exists(_))), "{taken:?}");
        revoke(NOW, &house.backends, &ann(), "laptop").await.unwrap();
        laptop().await.unwrap();
    }

    #[tokio::test]
    async fn there_are_only_so_many_and_what_is_refused_costs_no_hash() {
        let (house, _) = House::with_ann().await;
        for number in 1..ACTIVE_MAX {
            insert(&house, &number.to_string(), &AppSecret::generate()).await.unwrap();
        }
        let before = house.backends.hashing.done();
        let create = async |name: &str| create(NOW, &house.backends, &ann(), name, None).await.map(drop);
        let refused = create("one more").await.unwrap_err();
        assert_eq!(refused.code(), Code::TooManyAppPasswords, "{refused}");
        assert!(matches!(create("laptop").await, Err(Error::Exists(_))));
        assert_eq!(house.backends.hashing.done(), before);
        revoke(NOW, &house.backends, &ann(), "laptop").await.unwrap();
        create("one more").await.unwrap();
    }

    #[tokio::test]
    async fn what_opens_nothing_any_more_is_forgotten_after_three_months() {
        let (house, laptop) = House::with_ann().await;
        let day = |number: u64| NOW.after(Duration::from_secs(number * 86_400));
        house.issue("guest", Some(day(1))).await;
        house.issue("old", None).await;
        revoke(NOW, &house.backends, &ann(), "old").await.unwrap();
        let left = async |now| {
            assert!(!crate::upkeep::forget_expired(now, &house.backends).await.unwrap());
            list(&house.backends, &ann())
                .await
                .unwrap()
                .into_iter()
                .map(|known| known.name)
                .collect::<Vec<_>>()
        };
        assert_eq!(left(day(90)).await.len(), 3);
        assert_eq!(left(day(91)).await.len(), 2);
        assert_eq!(left(day(92)).await, ["laptop"]);
        house.ann_tries(&laptop).await.unwrap();
    }

    #[tokio::test]
    async fn an_app_password_has_a_name_and_a_future() {
        let (house, _) = House::with_ann().await;
        for (name, end) in [("", None), ("a\nb", None), (&*"n".repeat(65), None), ("late", Some(NOW))] {
            let result = create(NOW, &house.backends, &ann(), name, end).await.map(|issued| issued.secret);
            assert!(matches!(result, Err(Error::Invalid(_))), "{name:?}: {result:?}");
        }
    }

    #[tokio::test]
    async fn two_app_passwords_never_share_a_lookup_part() {
        let (house, secret) = House::with_ann().await;
        let secret = AppSecret::parse(&secret).unwrap();
        assert!(insert(&house, "rival", &secret).await.is_none());
        let other = secret.with_other_lookup();
        assert!(other.lookup() != secret.lookup() && other.secret() == secret.secret());
    }
}
