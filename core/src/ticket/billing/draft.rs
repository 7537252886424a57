//! Drafting the invoice when the work is reported done.

use crate::code::Code;
use crate::ticket::record::Ticket;
use crate::ticket::refusal::Refusal;
use crate::ticket::words::InvoiceState;

/// Whether there is a draft to write, in the place of an earlier one if `state` says that there is one. Error: 409
/// `INVOICE_STATE_CONFLICT` when the invoice is past being a draft.
pub fn decide(ticket: &Ticket, state: Option<InvoiceState>) -> Result<InvoiceState, Refusal> {
    match state {
        _ if !ticket.billable => Ok(InvoiceState::NotStarted),
        None | Some(InvoiceState::NotStarted | InvoiceState::Voided | InvoiceState::PendingApproval) => {
            Ok(InvoiceState::PendingApproval)
        }
        Some(state) => Err(Refusal::new(Code::InvoiceStateConflict, format!("the invoice is {state}"))
            .because("invoice_state", state.as_str())),
    }
}
