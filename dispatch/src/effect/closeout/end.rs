//! The end of a ticket, and the packet that is kept of it.

use patchbay_core::ticket::Change;
use patchbay_core::ticket::closeout::Gate;
use patchbay_core::ticket::closeout::close::{self, Accounting, Override};
use patchbay_core::ticket::closeout::packet::{self, Contents};
use patchbay_core::ticket::words::QaResult;
use patchbay_store::closeouts::{self, ArtifactRow, VerificationRow};
use patchbay_store::{evidence, tickets};
use serde_json::{Value, json};

use super::facts::ClosingFacts;
use crate::effect::billing;
use crate::error::CommandError;
use crate::work::{Done, Effect, Work};

/// Kind of the artifact.
const PACKET: &str = "closeout_packet";

pub(super) async fn close(work: &mut Work<'_>) -> Result<Effect, CommandError> {
    let facts = ClosingFacts::of(work).await?;
    // What was waived when quality looked stays waived: the evidence is frozen, nobody can add it any more.
    let verified = closeouts::latest_verification(work.tx, work.ticket.id).await?;
    let passed = verified.as_ref().filter(|row| row.result == QaResult::Pass).map(|row| row.created_at);
    let gate = facts.closing(facts.statement(), passed.unwrap_or(work.asked.ctx.now)).gate();
    let accounting = if work.asked.config.accounting { Accounting::On } else { Accounting::Off };
    let change = close::decide(work.ticket, &gate, accounting)?;
    keep(work, change, &facts, &gate, None).await
}

pub(super) async fn force_close(work: &mut Work<'_>) -> Result<Effect, CommandError> {
    let ctx = work.asked.ctx;
    let input: Override = work.input()?;
    let facts = ClosingFacts::load(work.tx, work.ticket, work.asked.evidence).await?;
    let mut change = close::force(work.ticket, &input, &ctx.actor, facts.completion.as_ref())?;
    // Nobody can approve the draft of a closed ticket any more.
    change.ticket.invoice_state = billing::void(work.tx, ctx, work.ticket).await?;
    let gate = facts.closing(facts.statement(), ctx.now).gate();
    evidence::freeze(work.tx, work.ticket.id, ctx.actor.id, "ticket.force_close", ctx.now).await?;
    let facts = ClosingFacts::load(work.tx, work.ticket, work.asked.evidence).await?;
    keep(work, change, &facts, &gate, Some(&input)).await
}

async fn keep(
    work: &mut Work<'_>,
    change: Change,
    facts: &ClosingFacts,
    gate: &Gate,
    overriding: Option<&Override>,
) -> Result<Effect, CommandError> {
    let ctx = work.asked.ctx;
    let found = closeouts::latest_verification(work.tx, work.ticket.id).await?.as_ref().map(verification);
    let steps: Vec<Value> = tickets::transitions(work.tx, work.ticket.id)
        .await?
        .iter()
        .map(|step| {
            json!({
                "seq": step.seq, "from_state": step.from_state, "to_state": step.to_state, "command": step.command,
                "created_at": step.created_at,
            })
        })
        .collect();
    let packet = packet::pack(Contents {
        ticket: work.ticket,
        ctx,
        overriding,
        gate,
        items: &facts.items,
        completion: facts.completion.as_ref(),
        verification: found.as_ref(),
        transitions: &steps,
    });
    let row = ArtifactRow {
        ticket_id: work.ticket.id,
        kind: PACKET.into(),
        hash: packet.hash,
        payload: packet.payload,
        created_at: ctx.now,
    };
    closeouts::keep(work.tx, &row).await?;
    let kept = json!({"kind": row.kind, "hash": row.hash, "created_at": row.created_at});
    Ok(Done::with(change, PACKET, kept).into())
}

/// What quality found, as it is told.
pub(super) fn verification(row: &VerificationRow) -> Value {
    json!({
        "id": row.id, "result": row.result, "notes": row.notes, "timestamp": row.looked_at,
        "verified_by": row.actor_id, "verified_by_role": row.actor_role, "created_at": row.created_at,
    })
}
