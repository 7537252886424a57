//! Takes a message of a customer in an inbox with a menu into account: what is said next, or where it belongs. Source:
//! domain, triage flow.

use patchbay_core::ctx::Ctx;
use patchbay_core::ids::MessageId;
use patchbay_hub::triage::hear;
use patchbay_store::jobs::{self, ClaimedJob};
use serde::Deserialize;

use crate::classify;
use crate::deps::Deps;
use crate::provider::ProviderClient;
use crate::work::{Verdict, WorkError};

#[derive(Debug, Deserialize)]
struct Payload {
    message_id: MessageId,
}

pub(crate) async fn run(
    deps: &Deps,
    client: &ProviderClient,
    ctx: &Ctx,
    job: &ClaimedJob,
) -> Result<Verdict, WorkError> {
    let payload: Payload = serde_json::from_value(job.payload.clone()).map_err(WorkError::Payload)?;
    // Outside of the transaction: others are not kept waiting for it.
    let classified = classify::ask(deps, client, ctx, payload.message_id).await?;
    let mut tx = deps.db.begin().await?;
    hear(&deps.hub, &mut tx, ctx, payload.message_id, classified.as_ref()).await?;
    if !jobs::complete(&mut tx, job).await? {
        // Somebody else has it by now, and what it did stands.
        tx.rollback().await?;
        return Ok(Verdict::Settled);
    }
    tx.commit().await?;
    Ok(Verdict::Settled)
}
