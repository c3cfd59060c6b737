//! The same done to many files and folders: each is a change of its own, and fails by itself.

use api_types::batch::{Batch, Operation, Outcome, Outcomes};
use axum::Json;
use axum::extract::State;
use domain::{Caller, Conditions, Error};
use http::StatusCode;
use services::files::{self, Destination};
use services::trash;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::api::Api;
use crate::asker::Asker;
use crate::body::Body;
use crate::entries;
use crate::problem::Refusal;

/// How many files and folders one batch may be about.
const IDS_MAX: usize = 1_000;

pub fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(run))
}

/// Moves, copies, removes, restores or purges many files and folders, and says of each what became of it.
#[utoipa::path(post, path = "/batch", tag = "Files", request_body = Batch,
    responses((status = 200, description = "What became of each.", body = Outcomes)))]
async fn run(
    State(api): State<Api>,
    Asker(caller): Asker,
    Body(sent): Body<Batch>,
) -> Result<Json<Outcomes>, Refusal> {
    if sent.ids.is_empty() || sent.ids.len() > IDS_MAX {
        return Err(Error::Invalid(format!("`ids` has 1 to {IDS_MAX} identities.").into()).into());
    }
    caller.may_write()?;
    let folder = match &sent.folder {
        Some(folder) => {
            let id = entries::folder_id(&caller, &api.backends, folder).await?;
            files::find(&caller, &api.backends, id).await?.folder()?;
            Some(id)
        }
        None if sent.operation == Operation::Move => {
            return Err(Error::Invalid("Say by `folder` where to move them.".into()).into());
        }
        None => None,
    };
    let to = Destination { folder, name: None, on_conflict: sent.on_conflict.into() };
    let caller = Caller { once: None, ..caller };
    let mut outcomes = Vec::with_capacity(sent.ids.len());
    for id in sent.ids {
        outcomes.push(outcome(id, one(&api, &caller, sent.operation, id, &to).await));
    }
    Ok(Json(Outcomes { outcomes }))
}

/// Does it to one, and says which its copy is.
async fn one(
    api: &Api,
    caller: &Caller,
    operation: Operation,
    id: Uuid,
    to: &Destination,
) -> Result<Option<Uuid>, Error> {
    let (backends, any) = (&api.backends, &Conditions::default());
    let conditions = &Conditions { node: Some(id), ..Conditions::default() };
    match operation {
        Operation::Move => files::relocate_to(caller, backends, id, to, any).await?,
        Operation::Copy => return files::copy_to(caller, backends, id, to, any).await.map(Some),
        Operation::Restore => files::restore(caller, backends, id, to, any).await?,
        Operation::Remove => {
            let done = files::at(caller, backends, id, |found| async move {
                files::remove(caller, backends, &found.live()?.path, conditions).await
            });
            done.await?;
        }
        Operation::Purge => {
            let done = files::at(caller, backends, id, |found| async move {
                trash::purge(caller, backends, &found.path, conditions).await
            });
            done.await?;
        }
    }
    Ok(None)
}

fn outcome(id: Uuid, done: Result<Option<Uuid>, Error>) -> Outcome {
    match done {
        Ok(None) => Outcome { id, status: StatusCode::OK.as_u16(), copy: None, code: None, detail: None },
        Ok(copy) => Outcome { id, status: StatusCode::CREATED.as_u16(), copy, code: None, detail: None },
        Err(error) => {
            let (status, code, detail) = Refusal::from(error).parts();
            Outcome { id, status, copy: None, code: Some(code), detail: Some(detail) }
        }
    }
}
