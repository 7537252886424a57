//! Taking the invoice back: before verified work is taken up again, and when a ticket ends without one.

use chrono::{DateTime, Utc};

use crate::code::Code;
use crate::ticket::refusal::Refusal;
use crate::ticket::words::InvoiceState;

/// Where the newest invoice of a ticket stands then. `None`: there is nothing to take back. Error: 409
/// `INVOICE_STATE_CONFLICT` when it is paid.
pub fn decide(newest: Option<(InvoiceState, Option<DateTime<Utc>>)>) -> Result<Option<InvoiceState>, Refusal> {
    match newest {
        None | Some((InvoiceState::Voided | InvoiceState::NotStarted, _)) => Ok(None),
        Some((state, Some(paid_at))) => Err(Refusal::new(Code::InvoiceStateConflict, "the invoice is paid")
            .because("invoice_state", state.as_str())
            .because("paid_at", paid_at.to_rfc3339())),
        Some(_) => Ok(Some(InvoiceState::Voided)),
    }
}
