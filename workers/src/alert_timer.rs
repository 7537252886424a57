//! The next step of an alert's ladder is due, or the end of its snooze. There is one timer for each alert: it is set
//! anew until nothing is due any more. Source: domain, workers (notifier).

use patchbay_core::ctx::Ctx;
use patchbay_core::ids::AlertId;
use patchbay_hub::alerts::ring;
use patchbay_store::jobs::{self, ClaimedJob};
use serde::Deserialize;

use crate::deps::Deps;
use crate::work::{Verdict, WorkError};

#[derive(Debug, Deserialize)]
struct Payload {
    alert_id: AlertId,
}

pub(crate) async fn run(deps: &Deps, ctx: &Ctx, job: &ClaimedJob) -> Result<Verdict, WorkError> {
    let payload: Payload = serde_json::from_value(job.payload.clone()).map_err(WorkError::Payload)?;
    let directory = deps.directory.load_full();
    let mut tx = deps.db.begin().await?;
    let next = ring(&mut tx, ctx, &directory, payload.alert_id).await?;
    // Under the alert's lock: whoever sets the timer anew comes before or after.
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
