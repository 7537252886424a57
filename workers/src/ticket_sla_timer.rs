//! A deadline of a ticket has come, or its timer was set for one that has moved since. There is one timer for each ticket,
//! as for each conversation. Source: domain, ticket SLA.

use patchbay_core::ctx::Ctx;
use patchbay_core::ids::TicketId;
use patchbay_dispatch::deadlines::ring;
use patchbay_store::jobs::{self, ClaimedJob};
use serde::Deserialize;

use crate::deps::Deps;
use crate::work::{Verdict, WorkError};

#[derive(Debug, Deserialize)]
struct Payload {
    ticket_id: TicketId,
}

pub(crate) async fn run(deps: &Deps, ctx: &Ctx, job: &ClaimedJob) -> Result<Verdict, WorkError> {
    let payload: Payload = serde_json::from_value(job.payload.clone()).map_err(WorkError::Payload)?;
    let mut tx = deps.db.begin().await?;
    // Under the ticket's lock: whoever sets the timer anew comes before or after.
    let held = match ring(&mut tx, ctx, payload.ticket_id).await? {
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
