//! Access tokens: JSON Web Tokens of minutes (RFC 7519), signed by keys that all servers over one database share and
//! that are replaced from month to month.
//!
//! A token says which session it is of. Whether that still goes on is asked with every request, so ending a session works
//! at once, and a token is no more than an address that nobody can make up.

use std::sync::Arc;
use std::time::Duration;

use domain::{Code, Error, Message, Result, SessionId, Timestamp, UserId};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode};
use metadata::signing_keys::{self, SigningKey};
use metadata::{Metadata, again};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The one algorithm, whatever a token says: the same servers sign and verify.
const ALGORITHM: Algorithm = Algorithm::HS256;
/// Who signs.
const ISSUER: &str = "larder";
/// How long a key signs.
const SIGNS_FOR: Duration = Duration::from_secs(30 * 24 * 3600);
/// How long a key is kept: longer than it signs and than any token lasts after that.
const KEPT_FOR: Duration = Duration::from_secs(60 * 24 * 3600);
/// How often keys are looked up at most for tokens whose key is not known: anybody can make up such tokens.
const LOOKED_UP_EVERY: Duration = Duration::from_secs(5);

/// What a token says.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Claims {
    iss: String,
    sub: Uuid,
    /// The session.
    sid: Uuid,
    /// Both in whole seconds.
    iat: i64,
    exp: i64,
}

/// The keys this process knows.
#[derive(Default)]
pub(crate) struct Keys(Mutex<Known>);

#[derive(Default, Clone)]
struct Known {
    keys: Arc<Vec<SigningKey>>,
    looked_up_at: Option<Timestamp>,
}

impl Keys {
    /// A token for a session, which holds until a moment.
    ///
    /// # Errors
    /// Whatever the database says.
    pub(crate) async fn sign(
        &self,
        metadata: &Metadata,
        user: UserId,
        session: SessionId,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<String> {
        let key = self.signing(metadata, now).await?;
        let claims = Claims {
            iss: ISSUER.to_owned(),
            sub: user.0,
            sid: session.0,
            iat: now.millis().div_euclid(1000),
            exp: until.millis().div_euclid(1000),
        };
        let header = Header { kid: Some(key.id.clone()), ..Header::new(ALGORITHM) };
        encode(&header, &claims, &EncodingKey::from_secret(&key.secret)).map_err(Error::internal)
    }

    /// Whose token this is, and of which session.
    ///
    /// # Errors
    /// [`Unauthenticated`](Error::Unauthenticated) with a code for each way in which it can be none of ours, or none any
    /// more.
    pub(crate) async fn read(
        &self,
        metadata: &Metadata,
        token: &str,
        now: Timestamp,
    ) -> Result<(UserId, SessionId)> {
        // It fails for algorithms that do not exist, `none` among them.
        let header = decode_header(token).map_err(|error| match error.kind() {
            jsonwebtoken::errors::ErrorKind::Json(_) => algorithm(),
            _ => forged(),
        })?;
        if header.alg != ALGORITHM {
            return Err(algorithm());
        }
        let id = header.kid.ok_or_else(forged)?;
        let key = self.known_as(metadata, &id, now).await?.ok_or_else(forged)?;
        let mut validation = Validation::new(ALGORITHM);
        validation.set_issuer(&[ISSUER]);
        // Judged below by the moment of the request.
        validation.validate_exp = false;
        let claims = decode::<Claims>(token, &DecodingKey::from_secret(&key.secret), &validation);
        let claims = claims.map_err(|_| forged())?.claims;
        if claims.exp.saturating_mul(1000) <= now.millis() {
            let sentence = "The access token has expired; get another one with the refresh token.";
            return Err(refused(Code::TokenExpired, sentence));
        }
        Ok((UserId(claims.sub), SessionId(claims.sid)))
    }

    /// The key that signs now. Two servers may each make one; both are good.
    async fn signing(&self, metadata: &Metadata, now: Timestamp) -> Result<SigningKey> {
        let signs = |key: &&SigningKey| key.created_at.after(SIGNS_FOR) > now;
        if let Some(key) = self.known().first().filter(signs) {
            return Ok(key.clone());
        }
        if let Some(key) = self.look_up(metadata, now).await?.first().filter(signs) {
            return Ok(key.clone());
        }
        let secret: [u8; 32] = rand::random();
        let key = SigningKey { id: Uuid::new_v4().to_string(), secret: secret.into(), created_at: now };
        again(|| async {
            let tx = metadata.begin().await?;
            signing_keys::insert(&tx, &key, now.before(KEPT_FOR)).await?;
            tx.commit().await
        })
        .await?;
        self.look_up(metadata, now).await?;
        Ok(key)
    }

    async fn known_as(&self, metadata: &Metadata, id: &str, now: Timestamp) -> Result<Option<SigningKey>> {
        let named = |keys: &[SigningKey]| keys.iter().find(|key| key.id == id).cloned();
        let (known, looked_up_at) = {
            let known = self.0.lock();
            (named(&known.keys), known.looked_up_at)
        };
        let is_due = looked_up_at.is_none_or(|at| at.until(now) >= LOOKED_UP_EVERY);
        match known {
            None if is_due => Ok(named(&self.look_up(metadata, now).await?)),
            known => Ok(known),
        }
    }

    async fn look_up(&self, metadata: &Metadata, now: Timestamp) -> Result<Arc<Vec<SigningKey>>> {
        let keys = Arc::new(signing_keys::list(metadata).await?);
        *self.0.lock() = Known { keys: Arc::clone(&keys), looked_up_at: Some(now) };
        Ok(keys)
    }

    fn known(&self) -> Arc<Vec<SigningKey>> {
        Arc::clone(&self.0.lock().keys)
    }
}

pub(super) fn refused(code: Code, sentence: &'static str) -> Error {
    Error::Unauthenticated(Message::coded(code, sentence))
}

fn forged() -> Error {
    refused(Code::TokenForged, "This is no access token of this server; log in again.")
}

fn algorithm() -> Error {
    refused(Code::TokenAlgorithm, "This access token is not signed the way this server signs; log in again.")
}
