//! Wakes a conversation when its snooze is over.

use chrono::{DateTime, Utc};
use patchbay_core::ctx::Ctx;
use patchbay_core::ids::ConversationId;
use patchbay_hub::conversations::end_snooze;
use patchbay_store::jobs::{self, ClaimedJob};
use serde::Deserialize;

use crate::deps::Deps;
use crate::work::{Verdict, WorkError};

#[derive(Debug, Deserialize)]
struct Payload {
    conversation_id: ConversationId,
    until: DateTime<Utc>,
}

pub(crate) async fn run(deps: &Deps, ctx: &Ctx, job: &ClaimedJob) -> Result<Verdict, WorkError> {
    let payload: Payload = serde_json::from_value(job.payload.clone()).map_err(WorkError::Payload)?;
    let directory = deps.directory.load_full();
    let mut tx = deps.db.begin().await?;
    end_snooze(&mut tx, ctx, &directory, payload.conversation_id, payload.until).await?;
    jobs::complete(&mut tx, job).await?;
    tx.commit().await?;
    Ok(Verdict::Settled)
}
