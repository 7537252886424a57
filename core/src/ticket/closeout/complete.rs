//! `tech.complete` and `closeout.candidate`.

use serde_json::json;

use super::{Closing, Gate};
use crate::ticket::decision::{Change, Topic};
use crate::ticket::record::Ticket;
use crate::ticket::refusal::Refusal;
use crate::ticket::state::TicketState;

/// How the work is said to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// By whoever answers for it.
    Completion,
    /// As a candidate: only when nobody has to look.
    Candidate,
}

/// What follows when the gate opens. Errors: 409 `MANUAL_REVIEW_REQUIRED` for a candidate of high risk, 409
/// `CLOSEOUT_REQUIREMENTS_INCOMPLETE`.
pub fn decide(ticket: &Ticket, closing: &Closing<'_>, claim: Claim) -> Result<(Change, Gate), Refusal> {
    let gate = closing.gate();
    if claim == Claim::Candidate {
        closing.risk().passed(&gate)?;
    }
    gate.passed()?;
    let mut change = Change::of(ticket);
    change.step(TicketState::CompletedPendingVerification);
    change.tell_with(
        Topic::TicketCompleted,
        json!({"risk_level": closing.risk().level, "template_version": gate.template_version}),
    );
    if ticket.billable {
        change.tell(Topic::InvoiceDraftRequested);
    }
    Ok((change, gate))
}
