//! Who is asking: the credentials of a request become a caller.

use std::sync::Arc;

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use domain::{Caller, Door, Error, RequestId, Result, Timestamp, UserName};
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderName, HeaderValue, request};
use services::Backends;
use services::auth::sessions::{self, Visit};
use services::auth::{Attempt, log_in};

use crate::origin::Peer;
use crate::product::product;
use crate::visit::Visitor;

/// Where callers are told from strangers.
#[derive(Clone)]
pub struct Gate {
    backends: Arc<Backends>,
    door: Door,
}

impl Gate {
    /// The gate of this door, before these back ends.
    pub fn new(backends: Arc<Backends>, door: Door) -> Self {
        Self { backends, door }
    }

    /// Finds out who asks, by an access token or else as [`admit`](Self::admit) does.
    ///
    /// # Errors
    /// Those of [`sessions::enter`], or of [`admit`](Self::admit).
    pub async fn recognize(&self, parts: &request::Parts) -> Result<Caller> {
        let sent = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let Some((scheme, token)) = sent.and_then(|sent| sent.split_once(' ')) else {
            return Err(Error::Unauthenticated(
                "Log in first, and send the access token with the request.".into(),
            ));
        };
        if scheme.eq_ignore_ascii_case("basic") {
            return self.admit(parts).await;
        }
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(Error::Unauthenticated(
                "Send an access token as `Authorization: Bearer …`, or, for files, an app password as `Basic`.".into(),
            ));
        }
        let caller = sessions::enter(&self.backends, &visit(parts)?, token.trim()).await?;
        self.introduce(parts, &caller);
        Ok(caller)
    }

    /// Finds out who asks.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] without credentials or with wrong ones; only wrong ones count as a
    /// failure, because KIO and Windows send nearly every request once without any.
    /// [`Error::TooMany`] when the address failed too often, [`Error::Forbidden`] for a device too many.
    pub async fn admit(&self, parts: &request::Parts) -> Result<Caller> {
        let Some(basic) = Basic::read(&parts.headers) else {
            return Err(Error::Unauthenticated("Log in with your user name and an app password.".into()));
        };
        let Visit { address, product, request, now } = visit(parts)?;
        let (name, secret, door) = (basic.account(), basic.secret.as_str(), self.door);
        let attempt = Attempt { name, secret, address, product, door, request, now };
        let caller = log_in(&self.backends, attempt).await?;
        self.introduce(parts, &caller);
        Ok(caller)
    }

    fn introduce(&self, parts: &request::Parts, caller: &Caller) {
        if let Some(visitor) = parts.extensions.get::<Visitor>() {
            visitor.introduce(caller, &self.backends);
        }
    }
}

/// Where a request that passed the hall comes from.
///
/// # Errors
/// [`Internal`](Error::Internal) for one that did not.
pub fn visit(parts: &request::Parts) -> Result<Visit<'_>> {
    let (peer, request) = (parts.extensions.get::<Peer>(), parts.extensions.get::<RequestId>());
    let (Some(&Peer(address)), Some(&request)) = (peer, request) else {
        return Err(Error::internal("a request came to the gate without passing the hall"));
    };
    Ok(Visit { address, product: product(&parts.headers), request, now: Timestamp::now() })
}

/// What a door that answers 401 asks for (RFC 7617 §2).
pub fn challenge() -> (HeaderName, HeaderValue) {
    (WWW_AUTHENTICATE, HeaderValue::from_static(r#"Basic realm="Larder", charset="UTF-8""#))
}

/// The user name, without the domain Windows puts before it, and the password that a request presents by the Basic
/// scheme.
pub fn presented(headers: &HeaderMap) -> Option<(String, String)> {
    Basic::read(headers).map(|basic| (basic.account().to_owned(), basic.secret))
}

/// The user name and password of the Basic scheme.
struct Basic {
    name: String,
    secret: String,
}

/// Some clients leave the padding of base64 away.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

impl Basic {
    fn read(headers: &HeaderMap) -> Option<Self> {
        let (scheme, rest) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
        let text = unicode(BASE64.decode(rest.trim()).ok()?);
        let (name, secret) = text.split_once(':')?;
        Some(Self { name: name.to_owned(), secret: secret.to_owned() })
    }

    /// The name to look up: Windows puts the domain or the host before it, and nobody's name holds a backslash.
    fn account(&self) -> &str {
        match self.name.rsplit_once('\\') {
            Some((_, account)) if UserName::parse(&self.name).is_err() => account,
            _ => &self.name,
        }
    }
}

/// Clients that disregard our `charset` send Latin-1, whose bytes are the first 256 characters; such text
/// with anything beyond ASCII in it is hardly ever valid UTF-8 by accident.
fn unicode(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| error.into_bytes().into_iter().map(char::from).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(header: &str) -> Option<(String, String)> {
        presented(&HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_str(header).unwrap())]))
    }

    fn sent(scheme: &str, credentials: impl AsRef<[u8]>) -> String {
        format!("{scheme} {}", BASE64.encode(credentials))
    }

    #[test]
    fn people_come_in_by_every_spelling_of_their_name() {
        let table: [(&str, &[u8], &str, &str); 9] = [
            ("Basic", b"ann:secret", "ann", "secret"),
            ("basic", b"ann:secret", "ann", "secret"),
            ("BASIC ", b"ann:secret", "ann", "secret"),
            ("Basic", b"ann:a:b:c", "ann", "a:b:c"),
            ("Basic", b"ann:", "ann", ""),
            ("Basic", "zo\u{eb}:gr\u{fc}n".as_bytes(), "zo\u{eb}", "gr\u{fc}n"),
            ("Basic", b"zo\xeb:gr\xfcn", "zo\u{eb}", "gr\u{fc}n"),
            ("Basic", b"WORKGROUP\\ann:secret", "ann", "secret"),
            ("Basic", b"ann@example.org:back\\slash", "ann@example.org", "back\\slash"),
        ];
        for (scheme, credentials, name, secret) in table {
            let expected = Some((name.to_owned(), secret.to_owned()));
            assert_eq!(read(&sent(scheme, credentials)), expected, "{credentials:?}");
        }
    }

    #[test]
    fn padding_may_be_missing() {
        assert_eq!(read("Basic YW5uOng"), Some(("ann".to_owned(), "x".to_owned())));
    }

    #[test]
    fn anything_else_is_no_attempt_to_log_in() {
        for header in ["Bearer abc", "Basic", "Basic ", "Basic ????", "Digest username=\"ann\""] {
            assert_eq!(read(header), None, "{header}");
        }
        assert_eq!(read(&sent("Basic", "no colon")), None);
    }
}

#[cfg(test)]
mod fuzz {
    use hostile::proptest::prelude::*;
    use hostile::{Memory, Target, seeds, text};

    use super::*;

    #[test]
    fn no_credentials_are_read_as_others_than_were_sent() {
        let header = (text::words(), text::words()).prop_map(|(name, secret)| sent(&name, &secret));
        Target {
            grammar: header.boxed(),
            seeds: seeds::headers(),
            memory: Memory { times: 8, plus: 4096 },
            read,
            holds: |_, basic| {
                assert!(!basic.name.contains(':') && !basic.account().contains('\\'));
                let again = read(&sent(&basic.name, &basic.secret)).unwrap();
                assert_eq!((again.name, again.secret), (basic.name, basic.secret));
            },
        }
        .attack();
    }

    fn read(input: &[u8]) -> Option<Basic> {
        let value = HeaderValue::from_bytes(input).ok()?;
        Basic::read(&HeaderMap::from_iter([(AUTHORIZATION, value)]))
    }

    fn sent(name: &str, secret: &str) -> Vec<u8> {
        format!("Basic {}", BASE64.encode(format!("{name}:{secret}"))).into_bytes()
    }
}
