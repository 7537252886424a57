//! `closeout.reopen_after_verification`.

use serde::Deserialize;
use serde_json::json;

use crate::code::Code;
use crate::ticket::decision::{Change, Topic};
use crate::ticket::record::Ticket;
use crate::ticket::refusal::Refusal;
use crate::ticket::state::TicketState;

/// What the caller says.
#[derive(Clone, Debug, Deserialize)]
pub struct Input {
    /// Why.
    pub reason: String,
    /// What is to be done again.
    pub reopen_scope: Option<String>,
}

/// What became of the invoice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvoiceStanding {
    /// There is none that anybody has to take back.
    None,
    /// It was approved, and has to be taken back.
    Approved,
    /// It was paid.
    Paid,
}

/// What follows. Error: 409 `INVOICE_STATE_CONFLICT` once it is paid.
pub fn decide(ticket: &Ticket, input: &Input, invoice: InvoiceStanding) -> Result<Change, Refusal> {
    if invoice == InvoiceStanding::Paid {
        return Err(Refusal::new(Code::InvoiceStateConflict, "a paid invoice cannot be taken back")
            .because("invoice_state", ticket.invoice_state.as_str()));
    }
    let mut change = Change::of(ticket);
    change.step(TicketState::InProgress);
    change.tell_with(Topic::TicketReopened, json!({"reopen_scope": input.reopen_scope}));
    if invoice == InvoiceStanding::Approved {
        change.tell(Topic::InvoiceVoidRequested);
    }
    Ok(change)
}
