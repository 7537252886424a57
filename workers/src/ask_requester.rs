//! Puts a ticket's question to its requester into the linked conversation; sending it is the next job. Source: domain,
//! command 3.

use patchbay_core::ctx::Ctx;
use patchbay_core::ids::ConversationId;
use patchbay_hub::HubError;
use patchbay_hub::replies::{Said, say};
use patchbay_store::jobs::{self, ClaimedJob};
use serde::Deserialize;

use crate::deps::Deps;
use crate::work::{Verdict, WorkError};

#[derive(Deserialize)]
struct Payload {
    conversation_id: ConversationId,
    text: String,
}

pub(crate) async fn run(deps: &Deps, ctx: &Ctx, job: &ClaimedJob) -> Result<Verdict, WorkError> {
    let payload: Payload = serde_json::from_value(job.payload.clone()).map_err(WorkError::Payload)?;
    let directory = deps.directory.load_full();
    let mut tx = deps.db.begin().await?;
    match say(&mut tx, ctx, &directory, payload.conversation_id, job.id.0, &payload.text).await {
        Ok(Said::Now(_) | Said::Before(_)) => {}
        Ok(Said::Nowhere) => return Ok(Verdict::Hopeless("the conversation does not exist")),
        Err(HubError::Store(error)) => return Err(error.into()),
        // Asked for when it was possible, and not any more: a person finds it among the dead letters.
        Err(HubError::Refused(refusal)) => return Ok(Verdict::Hopeless(refusal.code().as_str())),
    }
    jobs::complete(&mut tx, job).await?;
    tx.commit().await?;
    Ok(Verdict::Settled)
}
