//! Sets the deadlines of a team's open conversations anew, some at a time: a policy or the team's business hours changed.

use patchbay_core::ctx::Ctx;
use patchbay_core::ids::{ConversationId, TeamId};
use patchbay_core::job::JobKind;
use patchbay_hub::service_levels::recompute_some;
use patchbay_store::jobs::{self, ClaimedJob};
use serde::Deserialize;
use serde_json::json;

use crate::deps::Deps;
use crate::work::{Verdict, WorkError};

#[derive(Debug, Deserialize)]
struct Payload {
    team_id: TeamId,
    after: Option<ConversationId>,
}

pub(crate) async fn run(deps: &Deps, ctx: &Ctx, job: &ClaimedJob) -> Result<Verdict, WorkError> {
    let payload: Payload = serde_json::from_value(job.payload.clone()).map_err(WorkError::Payload)?;
    let directory = deps.directory.load_full();
    let mut tx = deps.db.begin().await?;
    let after = recompute_some(&mut tx, ctx, &directory, payload.team_id, payload.after).await?;
    let held = match after {
        Some(after) => {
            let payload = json!({ "team_id": payload.team_id, "after": after });
            jobs::become_kind(&mut tx, job, JobKind::SlaRecompute, payload, ctx.now).await?
        }
        None => jobs::complete(&mut tx, job).await?,
    };
    if held {
        tx.commit().await?;
    } else {
        tx.rollback().await?;
    }
    Ok(Verdict::Settled)
}
