//! Signs where the chains of the audit end, every six hours.

use chrono::TimeDelta;
use patchbay_core::ctx::Ctx;
use patchbay_core::job::JobKind;
use patchbay_hub::audit_heads::{self, HeadsError};
use patchbay_store::jobs::ClaimedJob;

use crate::deps::Deps;
use crate::recurring::Recurring;
use crate::work::{Verdict, WorkError};

pub(crate) const ROUNDS: Recurring =
    Recurring { kind: JobKind::SignHeads, name: "sign_heads", every: TimeDelta::hours(6), max_attempts: 10 };

pub(crate) async fn run(deps: &Deps, ctx: &Ctx, job: &ClaimedJob) -> Result<Verdict, WorkError> {
    let hub = &deps.hub;
    match audit_heads::sign(&hub.db, &*hub.files, hub.config.signer.as_deref(), ctx.now).await {
        Ok(_) => {}
        Err(HeadsError::NoKey) => {
            tracing::warn!("journal.key is not set: the ends of the audit's chains are not signed");
        }
        Err(HeadsError::Store(error)) => return Err(error.into()),
        Err(HeadsError::Files(_)) => return Err(WorkError::Elsewhere("the object store refused the signed heads")),
    }
    let mut tx = deps.db.begin().await?;
    ROUNDS.go_on(&mut tx, ctx, job).await?;
    tx.commit().await?;
    Ok(Verdict::Settled)
}
