//! What is known of an account beside its files, as JSON.

use domain::audit::{Entry, Filter};
use domain::{AppPassword, Caller, Error, Page, PageRequest, Result, Timestamp};
use metadata::audit::{self, Scope};
use metadata::organizations::{self, OrganizationOrder, OrganizationQuery};
use metadata::projects::{self, ProjectOrder, ProjectQuery};
use metadata::{app_passwords as rows, users};
use serde_json::{Value, json};

use super::PAGE;
use super::archive::Archive;
use crate::Backends;

/// The account itself.
pub(super) async fn account(caller: &Caller, backends: &Backends) -> Result<Value> {
    let gone = || Error::NotFound("This account is gone.".into());
    let user = users::by_id(&backends.metadata, caller.user).await?.ok_or_else(gone)?;
    Ok(json!({
        "id": user.id.0,
        "name": user.name.as_str(),
        "display_name": user.display_name,
        "email": user.email.as_ref().map(|email| email.as_str()),
        "role": user.role.as_str(),
        "state": user.state().as_str(),
        "created_at": moment(user.created_at),
        "suspended_at": user.suspended_at.map(moment),
        "used_bytes": user.quota.used_bytes,
        "quota_bytes": user.quota.limit_bytes,
        "exported_at": moment(caller.now),
    }))
}

/// Their app passwords, and nothing of the secrets.
pub(super) async fn app_passwords(caller: &Caller, backends: &Backends) -> Result<Value> {
    Ok(rows::list(&backends.metadata, caller.user).await?.iter().map(app_password).collect())
}

fn app_password(app_password: &AppPassword) -> Value {
    json!({
        "id": app_password.id.0,
        "name": app_password.name,
        "read_only": app_password.read_only,
        "created_at": moment(app_password.created_at),
        "last_used_at": app_password.last_used_at.map(moment),
        "expires_at": app_password.expires_at.map(moment),
        "revoked_at": app_password.revoked_at.map(moment),
    })
}

/// The organizations they are in.
pub(super) async fn organizations(caller: &Caller, backends: &Backends) -> Result<Value> {
    let mut entries = Vec::new();
    let mut after = None;
    loop {
        let query = OrganizationQuery {
            all: false,
            text: None,
            order: OrganizationOrder::Name,
            descending: false,
            page: PageRequest { after, entries: PAGE, with_total: false },
        };
        let Page { entries: page, next, .. } =
            organizations::list(&backends.metadata, caller.user, &query).await?;
        entries.extend(page.iter().map(|seen| {
            json!({
                "id": seen.organization.id.0,
                "name": seen.organization.name.as_str(),
                "role": seen.role.map(|role| role.as_str()),
            })
        }));
        match next {
            Some(next) => after = Some(next),
            None => return Ok(Value::Array(entries)),
        }
    }
}

/// The projects they are a member of.
pub(super) async fn projects(caller: &Caller, backends: &Backends) -> Result<Value> {
    let mut entries = Vec::new();
    let mut after = None;
    loop {
        let query = ProjectQuery {
            mine: true,
            organization: None,
            state: None,
            text: None,
            order: ProjectOrder::Name,
            descending: false,
            page: PageRequest { after, entries: PAGE, with_total: false },
        };
        let Page { entries: page, next, .. } =
            projects::list(&backends.metadata, caller.user, false, &query).await?;
        entries.extend(page.iter().map(|project| {
            json!({
                "id": project.id.0,
                "name": project.name.as_str(),
                "role": project.standing.member.map(|role| role.as_str()),
                "organization_id": project.organization.map(|organization| organization.0),
                "created_at": moment(project.created_at),
            })
        }));
        match next {
            Some(next) => after = Some(next),
            None => return Ok(Value::Array(entries)),
        }
    }
}

/// What they did, the latest first, a line each.
pub(super) async fn deeds(caller: &Caller, backends: &Backends, archive: &mut Archive) -> Result<()> {
    let mut file = archive.begin("audit.ndjson", caller.now).await?;
    let mut after = None;
    loop {
        let page = PageRequest { after, entries: PAGE, with_total: false };
        let page = audit::list(&backends.metadata, Scope::Of(caller.user), &Filter::default(), &page).await?;
        for entry in &page.entries {
            file.write(format!("{}\n", deed(entry)).as_bytes()).await?;
        }
        match page.next {
            Some(next) => after = Some(next),
            None => return file.close().await,
        }
    }
}

fn deed(entry: &Entry) -> Value {
    json!({
        "at": moment(entry.at),
        "action": entry.action,
        "outcome": entry.outcome.as_str(),
        "door": entry.door,
        "address": entry.address,
        "organization_id": entry.organization.map(|organization| organization.0),
        "project_id": entry.project.map(|project| project.0),
        "subject_kind": entry.subject_kind,
        "subject_id": entry.subject_id,
        "subject_name": entry.subject_name,
        "detail": entry.detail,
    })
}

fn moment(at: Timestamp) -> String {
    at.moment() + "Z"
}
