//! `approval.decide`.

use patchbay_core::ticket::approval::{self, Answer};
use patchbay_store::approvals;
use serde_json::json;

use crate::error::CommandError;
use crate::work::{Done, Effect, Work};

pub(super) async fn decide(work: &mut Work<'_>) -> Result<Effect, CommandError> {
    let answer: Answer = work.input()?;
    let found = approvals::by_id(work.tx, answer.approval_id).await?;
    let rules = work.asked.config.intake_rules();
    let ctx = work.ctx();
    let (change, decided) = approval::decide(work.ticket, found, &answer, &rules, &ctx.actor, ctx.now)?;
    approvals::decide(work.tx, &decided).await?;
    Ok(Done::with(change, "approval", json!(decided)).into())
}
