//! `closeout.reopen_after_verification`.

use serde::Deserialize;
use serde_json::json;

use crate::ticket::decision::{Change, Topic};
use crate::ticket::record::Ticket;
use crate::ticket::state::TicketState;

/// What the caller says.
#[derive(Clone, Debug, Deserialize)]
pub struct Input {
    /// Why.
    pub reason: String,
    /// What is to be done again.
    pub reopen_scope: Option<String>,
}

/// The invoice was approved, and is taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Approved;

/// What follows; whether the invoice can be taken back is decided with the invoice.
pub fn decide(ticket: &Ticket, input: &Input, invoice: Option<Approved>) -> Change {
    let mut change = Change::of(ticket);
    change.step(TicketState::InProgress);
    change.tell_with(Topic::TicketReopened, json!({"reopen_scope": input.reopen_scope}));
    if invoice.is_some() {
        change.tell(Topic::InvoiceVoidRequested);
    }
    change
}
