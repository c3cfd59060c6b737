//! The pages that links in mails lead to: an address is confirmed there, a password set, an invitation followed.
//!
//! Opening a link changes nothing, since mail scanners and previews open links too: a button does. What it sends is the token,
//! which nobody has but the reader of the mail, and no cookie or other credential goes along by itself. So another site
//! that had a visitor's browser send such a form would need the token, and could do nothing with the browser that it could
//! not do without.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use domain::{Code, Error, InvitedTo, Result};
use gate::Limits;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, RETRY_AFTER};
use http::request::Parts;
use http::{HeaderValue, StatusCode};
use services::auth::sessions::{self, Visit};
use services::limits::Class;
use services::organizations::received;
use services::sign_ups::{NewSignUp, Next};
use services::{Backends, SignUp, passwords, sign_ups};

use crate::page::{STYLE, as_declared, style_policy};

const INVITED: &str = "You are invited";

/// The longest form, in bytes: a password of 1 KiB is three times as long when it is sent.
const FORM_BYTES_MAX: usize = 16 << 10;

/// The pages under `/account/`.
pub fn router(backends: Arc<Backends>) -> Router {
    let limits = Limits::new(Arc::clone(&backends));
    Router::new()
        .route("/account/verify", get(verify_form).post(verify))
        .route("/account/reset", get(reset_form).post(reset))
        .route("/account/invitation", get(invitation_form).post(accept))
        .route_layer(from_fn_with_state(limits, admit))
        .with_state(backends)
}

/// Whoever comes here is not known yet.
async fn admit(State(limits): State<Limits>, request: Request, next: axum::middleware::Next) -> Response {
    let (parts, body) = request.into_parts();
    match limits.admit(&parts, Class::LogIn, None).await {
        Ok(()) => next.run(Request::from_parts(parts, body)).await,
        Err(error) => failed("Too many requests", &error),
    }
}

#[derive(Template)]
#[template(path = "account.html")]
struct Page<'a> {
    title: &'a str,
    says: String,
    /// What went wrong with what was sent before.
    warning: Option<String>,
    forms: Vec<Form<'a>>,
}

/// What is sent back.
#[derive(Default)]
struct Form<'a> {
    token: &'a str,
    /// What it is for, where there is another beside it.
    heading: &'a str,
    button: &'a str,
    asks_name: bool,
    asks_login: bool,
    /// A new one.
    asks_password: bool,
    user_name: &'a str,
    display_name: &'a str,
    login: &'a str,
}

impl<'a> Form<'a> {
    fn new(token: &'a str, button: &'a str) -> Self {
        Self { token, button, ..Self::default() }
    }
}

async fn verify_form(request: Request) -> Response {
    let sent = question(&request);
    show(StatusCode::OK, &verify_page(&sent.token, None))
}

async fn verify(State(backends): State<Arc<Backends>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let done = async {
        let sent = read(body).await?;
        let visit = gate::visit(&parts)?;
        sign_ups::verify_email(&backends, &visit, &sent.token).await
    };
    match done.await {
        Ok(next) => said("Your address is confirmed", after(next)),
        Err(error) => failed("Confirm your e-mail address", &error),
    }
}

fn verify_page(token: &str, warning: Option<String>) -> Page<'_> {
    Page {
        title: "Confirm your e-mail address",
        says: "With this button you confirm that you read what is sent to your address.".to_owned(),
        warning,
        forms: vec![Form::new(token, "Confirm this address")],
    }
}

async fn reset_form(request: Request) -> Response {
    let sent = question(&request);
    show(StatusCode::OK, &reset_page(&sent.token, None))
}

async fn reset(State(backends): State<Arc<Backends>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let sent = match read(body).await {
        Ok(sent) => sent,
        Err(error) => return failed("Set a new password", &error),
    };
    let done = async {
        let visit = gate::visit(&parts)?;
        passwords::reset(&backends, &visit, &sent.token, &sent.password).await
    };
    match done.await {
        Ok(()) => said(
            "Your new password holds",
            "You are logged out everywhere. App passwords go on: drives that are mounted stay so.",
        ),
        Err(error) if error.code() == Code::PasswordUnfit => {
            show(gate_status(&error), &reset_page(&sent.token, Some(error.message().user().to_owned())))
        }
        Err(error) => failed("Set a new password", &error),
    }
}

fn reset_page(token: &str, warning: Option<String>) -> Page<'_> {
    let form = Form { asks_password: true, ..Form::new(token, "Set this password") };
    let says = "Choose a new password for your account.".to_owned();
    Page { title: "Set a new password", says, warning, forms: vec![form] }
}

async fn invitation_form(State(backends): State<Arc<Backends>>, request: Request) -> Response {
    let sent = question(&request);
    let (parts, _) = request.into_parts();
    invitation(&backends, &parts, &sent, None, StatusCode::OK).await
}

async fn accept(State(backends): State<Arc<Backends>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let sent = match read(body).await {
        Ok(sent) => sent,
        Err(error) => return failed(INVITED, &error),
    };
    let done = async {
        let visit = gate::visit(&parts)?;
        match sent.login.as_str() {
            "" => make_account(&backends, &visit, &sent).await,
            _ => join(&backends, &visit, &sent).await,
        }
    };
    match done.await {
        Ok(answer) => answer,
        Err(error) => {
            let says = error.message().user().to_owned();
            invitation(&backends, &parts, &sent, Some(says), gate_status(&error)).await
        }
    }
}

async fn make_account(backends: &Backends, visit: &Visit<'_>, sent: &Sent) -> Result<Response> {
    let found = sign_ups::invitation(backends, visit, &sent.token).await?;
    let new = NewSignUp {
        name: sent.user_name.clone(),
        email: found.email.as_str().to_owned(),
        password: sent.password.clone(),
        display_name: sent.display_name.clone(),
        invitation: Some(sent.token.clone()),
    };
    let next = sign_ups::sign_up(backends, visit, new).await?;
    Ok(said("Your account is made", after(next)))
}

/// Lets somebody into an organization who has an account. Their browser is not logged in by it.
async fn join(backends: &Arc<Backends>, visit: &Visit<'_>, sent: &Sent) -> Result<Response> {
    let caller = sessions::begin(backends, visit, &sent.login, &sent.password).await?.caller;
    let joined = received::accept_token(&caller, backends, &sent.token).await;
    // Whoever has joined is told so: nobody but this server has the tokens of the session, which then lapses by itself.
    if let Err(error) = sessions::end(&caller, backends).await {
        gate::log_once(&error);
    }
    let text = format!("You are in the organization {} now.", joined?.organization.name);
    Ok(said("You have joined", &text))
}

/// The forms of an invitation, if it is one that can be accepted.
async fn invitation(
    backends: &Backends,
    parts: &Parts,
    sent: &Sent,
    warning: Option<String>,
    status: StatusCode,
) -> Response {
    let found = async {
        let visit = gate::visit(parts)?;
        sign_ups::invitation(backends, &visit, &sent.token).await
    };
    let found = match found.await {
        Ok(found) => found,
        Err(error) => return failed(INVITED, &error),
    };
    let (email, is_to_organization) = (&found.email, matches!(found.to, InvitedTo::Organization(..)));
    let mut forms = Vec::new();
    if is_to_organization {
        forms.push(Form {
            heading: "You have an account",
            asks_login: true,
            login: &sent.login,
            ..Form::new(&sent.token, "Join with it")
        });
    }
    if backends.accounts.sign_up != SignUp::Closed {
        forms.push(Form {
            heading: if is_to_organization { "You have none yet" } else { "" },
            asks_name: true,
            asks_password: true,
            user_name: &sent.user_name,
            display_name: &sent.display_name,
            ..Form::new(&sent.token, "Make the account")
        });
    }
    let says = match is_to_organization {
        true => format!("An organization on this server has invited {email}."),
        false => format!("You are invited to make an account with the address {email}."),
    };
    let closed =
        if forms.is_empty() { " Nobody can make an account here now; ask who invited you." } else { "" };
    show(status, &Page { title: INVITED, says: says + closed, warning, forms })
}

fn after(next: Next) -> &'static str {
    match next {
        Next::VerifyEmail => "A mail is under way to you; open the link in it next.",
        Next::Approval => "An admin of the server has to let you in now; you will get a mail.",
        Next::LogIn => "You can log in now.",
    }
}

fn said(title: &str, says: &str) -> Response {
    show(StatusCode::OK, &Page { title, says: says.to_owned(), warning: None, forms: Vec::new() })
}

fn failed(title: &str, error: &Error) -> Response {
    gate::log_once(error);
    let warning = Some(error.message().user().to_owned());
    let mut answer =
        show(gate_status(error), &Page { title, says: String::new(), warning, forms: Vec::new() });
    if let Some(wait) = gate::retry_after(error) {
        answer.headers_mut().insert(RETRY_AFTER, wait);
    }
    answer
}

fn gate_status(error: &Error) -> StatusCode {
    match error {
        // Over WebDAV this is what MKCOL says.
        Error::Exists(_) => StatusCode::CONFLICT,
        error => gate::status(error),
    }
}

fn show(status: StatusCode, page: &Page<'_>) -> Response {
    match page.render() {
        Ok(html) => {
            let headers = [
                (CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
                (CONTENT_SECURITY_POLICY, style_policy("'self'")),
                // The address holds the token.
                (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
                (CACHE_CONTROL, HeaderValue::from_static("no-store")),
                as_declared(),
            ];
            (status, headers, html).into_response()
        }
        Err(error) => {
            let error = Error::internal(error);
            gate::log_once(&error);
            gate::answer(&error)
        }
    }
}

/// What a visitor has sent.
#[derive(Default)]
struct Sent {
    token: String,
    user_name: String,
    display_name: String,
    /// What somebody logs in with who has an account.
    login: String,
    password: String,
}

impl Sent {
    fn parse(text: &[u8]) -> Self {
        let mut sent = Self::default();
        for (field, value) in url::form_urlencoded::parse(text) {
            let place = match &*field {
                "token" => &mut sent.token,
                "user_name" => &mut sent.user_name,
                "display_name" => &mut sent.display_name,
                "login" => &mut sent.login,
                "password" => &mut sent.password,
                _ => continue,
            };
            *place = value.into_owned();
        }
        sent
    }
}

fn question(request: &Request) -> Sent {
    Sent::parse(request.uri().query().unwrap_or_default().as_bytes())
}

async fn read(body: Body) -> Result<Sent> {
    let too_long = |_| Error::TooLarge("This form is too long.".into());
    Ok(Sent::parse(&to_bytes(body, FORM_BYTES_MAX).await.map_err(too_long)?))
}
