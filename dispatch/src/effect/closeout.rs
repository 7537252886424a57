//! From evidence to the end of a ticket.

mod end;
pub(crate) mod facts;

use patchbay_core::evidence::{ProbeFailure, Proof};
use patchbay_core::ids::{EvidenceId, RecordId};
use patchbay_core::ticket::closeout::complete::{self, Claim};
use patchbay_core::ticket::closeout::{Gate, Statement, add_evidence, exception, reopen, verify};
use patchbay_core::ticket::words::QaResult;
use patchbay_core::ticket::{Command, InvoiceState, TicketState, autonomy};
use patchbay_store::closeouts::{self, CompletionRow, VerificationRow};
use patchbay_store::evidence::{self, EvidenceRow, ExceptionRow};
use serde_json::{Value, json};

use crate::effect::{billing, operations};
use crate::error::CommandError;
use crate::evidence::EvidenceBody;
use crate::work::{Done, Effect, Work};
use facts::ClosingFacts;

/// Carries out a command of this family.
pub(super) async fn run(work: &mut Work<'_>) -> Result<Effect, CommandError> {
    match work.command() {
        Command::AddEvidence => add_evidence(work).await,
        Command::Complete => complete(work, Claim::Completion).await,
        Command::Candidate => complete(work, Claim::Candidate).await,
        Command::EvidenceException => except(work).await,
        Command::QaVerify => verify(work).await,
        Command::Close => end::close(work).await,
        Command::ForceClose => end::force_close(work).await,
        _ => reopen(work).await,
    }
}

async fn add_evidence(work: &mut Work<'_>) -> Result<Effect, CommandError> {
    let (ctx, rules) = (work.asked.ctx, work.asked.evidence);
    let input: add_evidence::Input = work.input()?;
    let new = input.read(&rules.schemes, rules.checksum)?;
    let found = match work.asked.seen.added.as_ref() {
        None if rules.head == Proof::Waived => None,
        // Nobody could look, so that nothing is proven.
        None => return Err(add_evidence::invalid(&new.uri.to_string(), ProbeFailure::NetworkError).into()),
        Some(Ok(found)) => Some(found),
        Some(Err(failure)) => return Err(add_evidence::invalid(&new.uri.to_string(), *failure).into()),
    };
    let change = add_evidence::decide(work.ticket, &new);
    let row = EvidenceRow {
        id: EvidenceId::new(),
        ticket_id: work.ticket.id,
        kind: new.kind,
        evidence_key: new.evidence_key,
        uri: new.uri.to_string(),
        checksum: new.checksum.map(|sum| sum.to_string()),
        size_bytes: found.and_then(|found| i64::try_from(found.size_bytes).ok()),
        content_type: new.metadata.get("content_type").and_then(Value::as_str).map(str::to_owned),
        etag: found.and_then(|found| found.etag.clone()),
        metadata: new.metadata.into(),
        created_by: ctx.actor.id,
        created_by_role: ctx.actor.role,
        created_at: ctx.now,
        immutable_at: None,
        immutable_by: None,
        immutable_reason: None,
    };
    evidence::insert(work.tx, &row).await?;
    Ok(Done::with(change, "evidence", json!(EvidenceBody::from(row))).into())
}

/// `tech.complete` and `closeout.candidate`. A pause of automation stops what is no person from completing, and
/// everybody from naming a candidate.
async fn complete(work: &mut Work<'_>, claim: Claim) -> Result<Effect, CommandError> {
    let ctx = work.asked.ctx;
    let statement: Statement = work.input()?;
    if (claim == Claim::Candidate || autonomy::is_automation(ctx.actor.actor_type))
        && let Some(control) = operations::paused(work.tx, work.ticket).await?
    {
        return Err(control.refusal().into());
    }
    let facts = ClosingFacts::of(work).await?;
    let (mut change, gate) = complete::decide(work.ticket, &facts.closing(Some(&statement), ctx.now), claim)?;
    closeouts::complete(work.tx, &completion(work, &statement, &gate)).await?;
    change.ticket.invoice_state = billing::draft(work.tx, work.asked, work.ticket).await?;
    Ok(Done::with(change, "closeout_gate", json!(gate)).into())
}

fn completion(work: &Work<'_>, statement: &Statement, gate: &Gate) -> CompletionRow {
    let actor = &work.asked.ctx.actor;
    CompletionRow {
        id: RecordId::new(),
        ticket_id: work.ticket.id,
        command: work.asked.row.tool.into(),
        checklist: statement.checklist.clone().into(),
        no_signature_reason: statement.no_signature_reason.clone(),
        evidence_refs: (!statement.evidence_refs.is_empty()).then(|| statement.evidence_refs.clone()),
        notes: statement.notes.clone(),
        gate_result: json!(gate),
        actor_id: actor.id,
        actor_role: actor.role,
        created_at: work.asked.ctx.now,
    }
}

async fn except(work: &mut Work<'_>) -> Result<Effect, CommandError> {
    let ctx = work.asked.ctx;
    let input: exception::Input = work.input()?;
    let change = exception::decide(work.ticket, &input, ctx.now)?;
    let row = ExceptionRow {
        id: RecordId::new(),
        ticket_id: work.ticket.id,
        evidence_keys: input.evidence_keys,
        reason: input.exception_reason,
        granted_by: ctx.actor.id,
        granted_by_role: ctx.actor.role,
        expires_at: input.expires_at,
        created_at: ctx.now,
    };
    evidence::grant_exception(work.tx, &row).await?;
    let made = json!({
        "id": row.id, "evidence_keys": row.evidence_keys, "reason": row.reason, "expires_at": row.expires_at,
        "granted_by": row.granted_by, "granted_by_role": row.granted_by_role, "created_at": row.created_at,
    });
    Ok(Done::with(change, "evidence_exception", made).into())
}

async fn verify(work: &mut Work<'_>) -> Result<Effect, CommandError> {
    let ctx = work.asked.ctx;
    let input: verify::Input = work.input()?;
    let facts = ClosingFacts::of(work).await?;
    let gate = facts.closing(facts.statement(), ctx.now).gate();
    let rule = verify::Facts {
        completion: facts.completion.as_ref(),
        gate: &gate,
        verifier: ctx.actor.id,
        separation: work.asked.evidence.verifier,
    };
    let change = verify::decide(work.ticket, &input, rule)?;
    let row = VerificationRow {
        id: RecordId::new(),
        ticket_id: work.ticket.id,
        result: input.result,
        notes: input.notes,
        looked_at: input.timestamp,
        actor_id: ctx.actor.id,
        actor_role: ctx.actor.role,
        created_at: ctx.now,
    };
    closeouts::verify(work.tx, &row).await?;
    if input.result == QaResult::Pass {
        evidence::freeze(work.tx, work.ticket.id, ctx.actor.id, "qa.verify", ctx.now).await?;
    }
    Ok(Done::with(change, "verification", end::verification(&row)).into())
}

async fn reopen(work: &mut Work<'_>) -> Result<Effect, CommandError> {
    let input: reopen::Input = work.input()?;
    // A draft goes with the work it was drafted for; an approved invoice is taken back. Paid ones are refused there.
    let invoice_state = billing::void(work.tx, work.asked.ctx, work.ticket).await?;
    let was_approved = work.ticket.state == TicketState::Invoiced && invoice_state == InvoiceState::Voided;
    let mut change = reopen::decide(work.ticket, &input, was_approved.then_some(reopen::Approved));
    change.ticket.invoice_state = invoice_state;
    Ok(change.into())
}
