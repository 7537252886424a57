//! Brings what hangs on a contact in line after a merge, a new name or an erasure.

use patchbay_core::ctx::Ctx;
use patchbay_core::ids::ContactId;
use patchbay_hub::contacts::{TidyError, tidy_contact};
use patchbay_store::jobs::ClaimedJob;
use serde::Deserialize;

use crate::deps::Deps;
use crate::work::{Verdict, WorkError};

#[derive(Debug, Deserialize)]
struct Payload {
    contact_id: ContactId,
    #[serde(default)]
    files: Vec<String>,
}

pub(crate) async fn run(deps: &Deps, ctx: &Ctx, job: &ClaimedJob) -> Result<Verdict, WorkError> {
    let payload: Payload = serde_json::from_value(job.payload.clone()).map_err(WorkError::Payload)?;
    match tidy_contact(&deps.hub, &*deps.files, &deps.reenactor, ctx, (payload.contact_id, &payload.files)).await {
        Ok(()) => Ok(Verdict::Done),
        Err(TidyError::Store(error)) => Err(error.into()),
        Err(TidyError::Files(_)) => Err(WorkError::Elsewhere("the object store refused to remove a file")),
    }
}
