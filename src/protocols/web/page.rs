//! The page at `/`: what this is, and how to mount the drive on the visitor's system.

use std::sync::{Arc, LazyLock};

use askama::Template;
use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use domain::Error;
use http::header::{
    ACCEPT, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, USER_AGENT,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue, request};
use sha2::{Digest, Sha256};

use crate::guides::{self, Guide, Line};
use crate::mounting::Address;
use crate::system::System;
use crate::visited::{Visited, visited};

/// Which address of the drive the page shows.
#[derive(Debug, Clone)]
pub enum Drive {
    /// This one, whatever the visitor used.
    At(Address),
    /// This path on the host and port the visitor used; this address where those are no address.
    BesideThePage(Address),
    /// This port and path on the host the visitor used; this address where that is none.
    OnAPortOfItsOwn(Address),
}

/// The page, and the icon that browsers ask for. Every other method on `/` is left to other doors.
pub fn router(drive: Drive) -> Router {
    Router::new().route("/", get(front)).route("/favicon.ico", get(icon)).with_state(Arc::new(drive))
}

/// For programs that ask for no page.
const IN_SHORT: &str = "\
This is Larder, a file server. Its drive is at /dav/ on this address:
mount it with a WebDAV client, with your user name and an app password.
";

const ICON: &str = include_str!("templates/icon.svg");
pub(crate) const STYLE: &str = include_str!("templates/page.css");

/// Nothing but the one style sheet in the page counts, so that nothing smuggled into it would do anything.
static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| style_policy("'none'"));

/// The same for a page whose forms may be sent to this place.
pub(crate) fn style_policy(form_action: &str) -> HeaderValue {
    let style = BASE64_STANDARD.encode(Sha256::digest(STYLE));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{style}'; img-src 'self'; base-uri 'none'; form-action {form_action}; \
         frame-ancestors 'none'"
    );
    HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
}

async fn front(State(drive): State<Arc<Drive>>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    // What is shown depends on `Host`, `Accept` and `User-Agent`.
    const FRESH: (HeaderName, HeaderValue) = (CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if !header(&parts.headers, ACCEPT).contains("text/html") {
        return ([FRESH, as_declared()], IN_SHORT).into_response();
    }
    let system = System::of(header(&parts.headers, USER_AGENT));
    match Page::new(&drive.address(&parts), system).render() {
        Ok(page) => {
            let html = (CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
            let silent = (REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
            let policy = (CONTENT_SECURITY_POLICY, POLICY.clone());
            ([html, policy, as_declared(), silent, FRESH], page).into_response()
        }
        Err(error) => {
            let error = Error::internal(error);
            gate::log_once(&error);
            gate::answer(&error)
        }
    }
}

async fn icon() -> Response {
    let svg = (CONTENT_TYPE, HeaderValue::from_static("image/svg+xml"));
    let kept = (CACHE_CONTROL, HeaderValue::from_static("max-age=86400"));
    ([svg, kept, as_declared()], ICON).into_response()
}

/// A browser is not to guess what it got.
pub(crate) fn as_declared() -> (HeaderName, HeaderValue) {
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"))
}

fn header(headers: &HeaderMap, name: HeaderName) -> &str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

impl Drive {
    /// The drive's address for whoever sent this request.
    fn address(&self, parts: &request::Parts) -> Address {
        match (self, visited(parts)) {
            (Self::BesideThePage(address), Some(visited)) => address.seen_by(visited),
            (Self::OnAPortOfItsOwn(address), Some(visited)) => {
                address.seen_by(Visited { is_secure: address.is_secure, port: address.port, ..visited })
            }
            (Self::At(address) | Self::BesideThePage(address) | Self::OnAPortOfItsOwn(address), _) => {
                address.clone()
            }
        }
    }
}

#[derive(Template)]
#[template(path = "page.html")]
struct Page {
    address: String,
    /// Whether others on the way can read along.
    is_readable: bool,
    system: Option<System>,
    /// The steps for the visitor's system, and those for others.
    here: Vec<Section>,
    elsewhere: Vec<Section>,
}

/// The steps for one client.
struct Section {
    client: &'static str,
    /// What system that is, where its name does not say so.
    system: Option<&'static str>,
    blocks: Vec<Block>,
}

/// What is read, and what is copied.
enum Block {
    Words(String),
    ToCopy(String),
}

impl Page {
    fn new(address: &Address, system: Option<System>) -> Self {
        let guides = guides::all(address, "USER", "PASSWORD");
        let (here, elsewhere): (Vec<_>, Vec<_>) =
            guides.into_iter().partition(|guide| system.is_some() && guide.system == system);
        Self {
            address: address.to_string(),
            is_readable: !address.is_secure && !address.is_loopback(),
            system,
            here: here.into_iter().map(Section::of).collect(),
            elsewhere: elsewhere.into_iter().map(Section::of).collect(),
        }
    }
}

impl Section {
    fn of(guide: Guide) -> Self {
        let mut blocks: Vec<Block> = Vec::new();
        for line in guide.lines {
            match line {
                Line::Say(text) => blocks.push(Block::Words(text)),
                Line::Enter(text, value) => {
                    blocks.extend([Block::Words(text.to_owned()), Block::ToCopy(value)]);
                }
                // Commands in a row are pasted at once.
                Line::Run(command) | Line::Administer(command) => match blocks.last_mut() {
                    Some(Block::ToCopy(above)) => *above = format!("{above}\n{command}"),
                    _ => blocks.push(Block::ToCopy(command)),
                },
            }
        }
        let system = guide.system.map(System::name).filter(|name| !guide.client.contains(name));
        Self { client: guide.client, system, blocks }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(drive: &Drive, url: &str) -> String {
        let (secure, host) = url.strip_prefix("https://").map_or((false, url), |host| (true, host));
        let origin = gate::Origin { secure, host: host.to_owned() };
        let request = http::Request::builder().extension(origin).body(()).unwrap();
        drive.address(&request.into_parts().0).to_string()
    }

    #[test]
    fn the_drive_is_shown_where_the_visitor_reaches_it() {
        let here = |path| Address::listening("0.0.0.0:8081".parse().unwrap(), path, false);
        let beside = Drive::BesideThePage(here("/dav/"));
        assert_eq!(shown(&beside, "nas.local:8080"), "http://nas.local:8080/dav/");
        assert_eq!(shown(&beside, "nas.local"), "http://nas.local/dav/");
        assert_eq!(shown(&beside, "https://nas.local"), "https://nas.local/dav/");
        let own = Drive::OnAPortOfItsOwn(here("/"));
        assert_eq!(shown(&own, "nas.local:8080"), "http://nas.local:8081/");
        assert_eq!(shown(&own, "[fd00::1]:8080"), "http://[fd00::1]:8081/");
        let public = Drive::At(Address::parse("https://files.example.org/"));
        assert_eq!(shown(&public, "nas.local:8080"), "https://files.example.org/");
        for drive in [beside, own] {
            assert!(shown(&drive, "$(reboot)").starts_with("http://127.0.0.1:8081/"));
        }
    }

    #[test]
    fn whoever_could_be_listened_to_is_told() {
        for (address, is_readable) in [
            ("http://nas.local/", true),
            ("https://nas.local/", false),
            ("http://127.0.0.1:8080/dav/", false),
            ("http://localhost/", false),
            ("http://[::1]:8080/", false),
        ] {
            let page = Page::new(&Address::parse(address), None).render().unwrap();
            assert_eq!(page.contains("not encrypted"), is_readable, "{address}");
        }
    }
}
