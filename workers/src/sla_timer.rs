//! A deadline of a conversation has come, or its timer was set for one that has moved since. There is one timer for each
//! conversation: it is set anew until nothing is due any more. Source: domain, ticket SLA.

use patchbay_core::ctx::Ctx;
use patchbay_core::ids::ConversationId;
use patchbay_hub::service_levels::ring;
use patchbay_store::jobs::{self, ClaimedJob};
use serde::Deserialize;

use crate::deps::Deps;
use crate::work::{Verdict, WorkError};

#[derive(Debug, Deserialize)]
struct Payload {
    conversation_id: ConversationId,
}

pub(crate) async fn run(deps: &Deps, ctx: &Ctx, job: &ClaimedJob) -> Result<Verdict, WorkError> {
    let payload: Payload = serde_json::from_value(job.payload.clone()).map_err(WorkError::Payload)?;
    let directory = deps.directory.load_full();
    let mut tx = deps.db.begin().await?;
    let next = ring(&mut tx, ctx, &directory, payload.conversation_id).await?;
    // Under the conversation's lock: whoever sets the timer anew comes before or after.
    let held = match next {
        Some(at) => jobs::defer(&mut tx, job, at).await?,
        None => jobs::complete(&mut tx, job).await?,
    };
    if held {
        tx.commit().await?;
    } else {
        tx.rollback().await?;
    }
    Ok(Verdict::Settled)
}
