//! `ticket.close` and `ticket.force_close`.

use serde::Deserialize;
use serde_json::json;

use super::verify::never_completed;
use super::{Completion, Gate};
use crate::actor::Actor;
use crate::code::Code;
use crate::role::Role;
use crate::ticket::decision::{Change, Topic};
use crate::ticket::record::Ticket;
use crate::ticket::refusal::Refusal;
use crate::ticket::state::TicketState;
use crate::ticket::words::InvoiceState;

/// What the caller of `ticket.force_close` says.
#[derive(Clone, Debug, Deserialize)]
pub struct Override {
    /// Why, as a word of the desk's own list.
    pub override_code: String,
    /// Why, in words.
    pub override_reason: String,
    /// The caller's own role.
    pub approver_role: Role,
}

/// Whether invoices go on into an accounting system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accounting {
    /// They do, and a ticket stays open until they are there.
    On,
    /// They end here.
    Off,
}

/// What follows from `ticket.close`. Errors: 409 `INVALID_STATE_TRANSITION` for a billable ticket that was not invoiced,
/// 409 `INVOICE_STATE_CONFLICT` for an invoice that accounting does not have yet, 409
/// `CLOSEOUT_REQUIREMENTS_INCOMPLETE`.
pub fn decide(ticket: &Ticket, gate: &Gate, accounting: Accounting) -> Result<Change, Refusal> {
    if ticket.state == TicketState::Verified && ticket.billable {
        return Err(Refusal::new(Code::InvalidStateTransition, "a billable ticket is invoiced before it is closed")
            .because("from_state", ticket.state.as_str())
            .because("allowed_from_states", json!([TicketState::Invoiced]))
            .because("to_state", json!([TicketState::Closed])));
    }
    let is_settled = matches!(ticket.invoice_state, InvoiceState::Synced | InvoiceState::Voided);
    if ticket.state == TicketState::Invoiced && accounting == Accounting::On && !is_settled {
        return Err(Refusal::new(Code::InvoiceStateConflict, "accounting does not have the invoice yet")
            .because("invoice_state", ticket.invoice_state.as_str()));
    }
    gate.passed()?;
    let mut change = Change::of(ticket);
    change.step(TicketState::Closed);
    change.tell(Topic::TicketClosed);
    Ok(change)
}

/// What follows from `ticket.force_close`. Errors: 403 `FORBIDDEN` when the caller names another role than its own, 409
/// `CLOSEOUT_REQUIREMENTS_INCOMPLETE` when nobody said that the work is done.
pub fn force(
    ticket: &Ticket,
    input: &Override,
    actor: &Actor,
    completion: Option<&Completion>,
) -> Result<Change, Refusal> {
    if input.approver_role != actor.role {
        return Err(Refusal::new(Code::Forbidden, "approver_role must be the caller's own role")
            .because("actor_role", actor.role.as_str())
            .because("approver_role", input.approver_role.as_str()));
    }
    if completion.is_none() {
        return Err(never_completed(ticket));
    }
    let mut change = Change::of(ticket);
    change.step(TicketState::Closed);
    change.tell_with(
        Topic::TicketForceClosed,
        json!({"override_code": input.override_code, "approver_role": input.approver_role}),
    );
    Ok(change)
}
