//! The door itself: who asks, for what, and which method answers.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::MethodRouter;
use domain::{Error, ProjectRole};
use gate::{Gate, Limits, Origin};
use http::header::ALLOW;
use http::{Extensions, HeaderMap, Method, StatusCode, request};
use services::Backends;
use services::limits::Class;
use tracing::Instrument;

use crate::answer::Refusal;
use crate::client::Client;
use crate::headers::{self, DestinationError, Prefix, Target};
use crate::methods::{above, folder, library, lock, options, propfind, proppatch, redirect, report};
use crate::naming::Naming;
use crate::places;
use crate::redirects::Redirects;
use crate::visit::Visit;
use crate::ways::Ways;

/// What a request at this door meets.
pub struct Door {
    backends: Arc<Backends>,
    gate: Gate,
    limits: Limits,
    prefix: Prefix,
    redirects: Redirects,
}

impl Door {
    /// A door to the drive at a path of the address, such as `/dav`, or at the whole of it, ``.
    pub fn new(backends: Arc<Backends>, prefix: &str) -> Self {
        let gate = Gate::new(Arc::clone(&backends), domain::Door::WebDav);
        let limits = Limits::new(Arc::clone(&backends));
        Self { backends, gate, limits, prefix: Prefix::new(prefix), redirects: Redirects::none() }
    }

    /// The same, which sends these clients to the file store for large files.
    pub fn redirecting(self, redirects: Redirects) -> Self {
        Self { redirects, ..self }
    }
}

/// The drive and nothing else. With a prefix only what lies at or below it is the drive's: `/davx` is not.
pub fn router(door: Door) -> Router {
    let prefix = door.prefix.as_str().to_owned();
    let door = Arc::new(door);
    if prefix.is_empty() {
        return Router::new().fallback(enter).with_state(door);
    }
    Router::new()
        .route("/", MethodRouter::new().fallback(look_up))
        .route(&prefix, axum::routing::any(enter))
        .route(&format!("{prefix}/"), axum::routing::any(enter))
        .route(&format!("{prefix}/{{*path}}"), axum::routing::any(enter))
        .with_state(door)
}

async fn enter(State(door): State<Arc<Door>>, request: Request) -> Response {
    if request.method() == Method::OPTIONS {
        return options::answer();
    }
    let client = Client::of(request.headers());
    door.answer(request).await.unwrap_or_else(|refusal| refusal.answer(client))
}

/// Whatever is asked about the folder above the drive, but for what the house itself answers there.
async fn look_up(State(door): State<Arc<Door>>, request: Request) -> Response {
    if request.method() == Method::OPTIONS {
        return options::answer();
    }
    let client = Client::of(request.headers());
    let mut answer = door.answer_above(request).await.unwrap_or_else(|refusal| refusal.answer(client));
    // Without it axum says that nothing but the house's own GET is allowed here.
    answer.headers_mut().entry(ALLOW).or_insert(options::ALLOWED);
    answer
}

impl Door {
    async fn answer_above(&self, request: Request) -> Result<Response, Refusal> {
        let (parts, body) = request.into_parts();
        let caller = self.gate.admit(&parts).await?;
        self.limits.wait_for_turn(&parts, class(&parts.method), &caller).await?;
        if parts.method.as_str() != "PROPFIND" {
            let sentence =
                format!("This folder only leads to the drive, which is at {}/.", self.prefix.as_str());
            return Err(Error::Forbidden(sentence.into()).into());
        }
        above::listing(&caller, &self.backends, self.prefix.as_str(), &parts.headers, body).await
    }

    async fn answer(&self, request: Request) -> Result<Response, Refusal> {
        let (parts, body) = request.into_parts();
        let visit = Arc::new(self.visit(&parts).await?);
        let request::Parts { method, headers, extensions, .. } = parts;
        places::judge(&visit, &method).await?;
        match method.as_str() {
            "GET" | "HEAD" => self.read(visit, method, &headers, extensions.get()).await,
            "PROPFIND" => propfind::answer(visit, &headers, body).await,
            "REPORT" => report::answer(visit, &headers, body).await,
            "PUT" => library::write(visit, &headers, body).await,
            // What changes the tree runs to its end even if the client hangs up: a task of its own.
            _ => {
                let change = self.change(visit, method, &headers, host(&extensions), body)?;
                tokio::spawn(change.in_current_span()).await.map_err(Error::internal)?
            }
        }
    }

    async fn read(
        &self,
        visit: Arc<Visit>,
        method: Method,
        headers: &HeaderMap,
        drive: Option<&Origin>,
    ) -> Result<Response, Refusal> {
        let look = visit.place.look(&visit).await?;
        let node = match look.get()? {
            node if node.is_folder() => return Ok(folder::answer()),
            node => node.clone(),
        };
        match redirect::elsewhere(&visit, &node, &method, headers, drive, &self.redirects).await? {
            Some(answer) => Ok(answer),
            None => library::read(visit, node, method, headers).await,
        }
    }

    async fn visit(&self, parts: &request::Parts) -> Result<Visit, Refusal> {
        let caller = self.gate.admit(parts).await?;
        self.limits.wait_for_turn(parts, class(&parts.method), &caller).await?;
        let chars_max = self.path_chars_max();
        let client = Client::of(&parts.headers);
        let naming = Naming::new(client, &self.backends.names);
        let prefix = self.prefix.read_as(naming);
        let target = prefix.target(parts.uri.path(), chars_max)?;
        let mut conditions =
            headers::conditions(&parts.headers, &prefix, host(&parts.extensions), chars_max)?;
        let mut ways = Ways::new(naming);
        let way = ways.find(&caller, &self.backends, target.path.clone(), &target.as_sent).await?;
        let (above, role, path) = (way.above(), way.role, way.path);
        let mut known = vec![(target.path, path.clone())];
        for tagged in conditions.tagged_paths_mut() {
            let meant = match known.iter().find(|(sent, _)| sent == tagged) {
                Some((_, meant)) => meant.clone(),
                None => ways.find(&caller, &self.backends, tagged.clone(), "").await?.path,
            };
            known.push((std::mem::replace(tagged, meant.clone()), meant));
        }
        Ok(Visit {
            read_only: role == Some(ProjectRole::Viewer) || caller.may_write().is_err(),
            above,
            ways,
            caller,
            backends: Arc::clone(&self.backends),
            place: places::of(&path),
            path,
            href: target.as_sent.trim_end_matches('/').to_owned(),
            prefix: self.prefix.as_str().to_owned(),
            conditions,
            client,
            naming,
        })
    }

    fn change(
        &self,
        visit: Arc<Visit>,
        method: Method,
        headers: &HeaderMap,
        host: &str,
        body: Body,
    ) -> Result<impl Future<Output = Result<Response, Refusal>> + Send + 'static, Refusal> {
        let to = match method.as_str() {
            "COPY" | "MOVE" => {
                Some((self.destination(headers, host, visit.naming)?, headers::overwrite(headers)?))
            }
            _ => None,
        };
        let headers = headers.clone();
        Ok(async move {
            match (method.as_str(), to) {
                (_, Some((to, overwrite))) => {
                    let to = meant(&visit, to, method.as_str() == "MOVE").await?;
                    library::relocate(visit, method, &headers, to, overwrite, body).await
                }
                ("MKCOL", _) => library::make_folder(visit, body).await,
                ("DELETE", _) => library::remove(visit, body).await,
                ("PROPPATCH", _) => proppatch::answer(&visit, &headers, body).await,
                ("LOCK", _) => lock::lock(&visit, &headers, body).await,
                ("UNLOCK", _) => lock::unlock(&visit, &headers).await,
                _ => Err(unknown(&method)),
            }
        })
    }

    /// The longest path that is walked. Moving a folder deeper makes longer paths than could be made by name,
    /// and what is there must be reachable.
    fn path_chars_max(&self) -> usize {
        self.backends.files.path_chars_max.saturating_mul(4)
    }

    fn destination(&self, headers: &HeaderMap, host: &str, naming: Naming) -> Result<Target, Refusal> {
        let chars_max = self.path_chars_max();
        headers::destination(headers, host, &self.prefix.read_as(naming), chars_max).map_err(|error| {
            match error {
                DestinationError::Invalid(error) => Refusal::from(error),
                // RFC 4918 §9.8.5
                DestinationError::Foreign => Refusal::with_status(
                    Error::Invalid("The Destination is on another server; nothing was changed.".into()),
                    StatusCode::BAD_GATEWAY,
                ),
            }
        })
    }
}

/// What a method is about, as far as limits are concerned.
fn class(method: &Method) -> Class {
    match method.as_str() {
        "GET" => Class::Download,
        "PUT" => Class::Upload,
        "HEAD" | "PROPFIND" | "REPORT" => Class::Read,
        _ => Class::Write,
    }
}

/// What the client means by a Destination.
async fn meant(visit: &Visit, to: Target, moves: bool) -> Result<Target, Error> {
    let Visit { caller, backends, .. } = visit;
    let mut ways = visit.ways.clone();
    let path = match moves {
        _ if to.is_spelled(&visit.href) => visit.path.clone(),
        true => ways.find_for_move(caller, backends, &visit.path, to.path, &to.as_sent).await?.path,
        false => ways.find(caller, backends, to.path, &to.as_sent).await?.path,
    };
    Ok(Target { path, ..to })
}

/// The host the client believes to speak to.
fn host(extensions: &Extensions) -> &str {
    extensions.get::<Origin>().map_or("", |origin| origin.host.as_str())
}

fn unknown(method: &Method) -> Refusal {
    let sentence = format!("{method} is not something this drive can do.");
    Refusal::with_status(Error::Unsupported(sentence.into()), StatusCode::METHOD_NOT_ALLOWED)
}
