//! `billing.generate_invoice`: a person approves the draft.

use serde::Deserialize;
use serde_json::json;

use crate::code::Code;
use crate::ids::{InvoiceId, ServiceId};
use crate::invoice::{Blocker, InvoiceLine, Tax, Totals, default_code};
use crate::money::{Currency, Money, Quantity, Rate};
use crate::ticket::decision::{Change, Topic};
use crate::ticket::record::Ticket;
use crate::ticket::refusal::{FieldError, Refusal};
use crate::ticket::state::TicketState;
use crate::ticket::words::InvoiceState;

/// The body of the command.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct GenerateInvoice {
    /// Lines instead of the draft's.
    pub lines_override: Option<Vec<LineInput>>,
    /// What the customer reads on it.
    pub memo: Option<String>,
}

/// A line that somebody wrote by hand.
#[derive(Clone, Debug, Deserialize)]
pub struct LineInput {
    /// What.
    pub description: String,
    /// How many.
    pub qty: f64,
    /// Price of one, in minor units.
    pub unit_price_cents: i64,
    /// Of the catalog.
    pub service_id: Option<ServiceId>,
    /// How it is taxed.
    pub tax_code: Option<String>,
    /// Rate of a tax of its own, in thousandths of a percent.
    pub tax_rate_millipercent: Option<i64>,
}

/// The invoice about to be approved.
#[derive(Clone, Copy, Debug)]
pub struct Draft<'a> {
    /// Our id.
    pub id: InvoiceId,
    /// Where it stands.
    pub state: InvoiceState,
    /// What it comes to; `None` when it cannot be counted.
    pub totals: Option<Totals>,
    /// What stands against it.
    pub blockers: &'a [Blocker],
}

impl GenerateInvoice {
    /// The lines of the body, for a site in `region`. `None`: those of the draft count.
    pub fn lines(&self, currency: Currency, region: Option<&str>) -> Result<Option<Vec<InvoiceLine>>, Vec<FieldError>> {
        let Some(lines) = &self.lines_override else { return Ok(None) };
        let mut errors = Vec::new();
        let mut read = Vec::new();
        for (index, line) in lines.iter().enumerate() {
            match line.read(currency, region) {
                Some(line) => read.push(line),
                None => errors.push(FieldError::new(format!("lines_override[{index}].qty"), "is too large")),
            }
        }
        if errors.is_empty() { Ok(Some(read)) } else { Err(errors) }
    }
}

impl LineInput {
    fn read(&self, currency: Currency, region: Option<&str>) -> Option<InvoiceLine> {
        let tax_code = self.tax_code.clone().unwrap_or_else(|| default_code(None, region));
        Some(InvoiceLine {
            service_id: self.service_id,
            description: self.description.clone(),
            quantity: Quantity::from_number(self.qty)?,
            unit_price: Money::new(self.unit_price_cents, currency),
            tax: Tax::of(&tax_code, self.tax_rate_millipercent.and_then(Rate::millipercent)),
            tax_code,
        })
    }
}

/// Approves the draft. Errors: 409 `INVOICE_STATE_CONFLICT` when there is nothing to bill or the invoice is past this, 409
/// `INVOICE_BLOCKED` with everything that stands against it.
pub fn decide(ticket: &Ticket, draft: &Draft<'_>) -> Result<(Change, Totals), Refusal> {
    let conflict = |message: &str| {
        Refusal::new(Code::InvoiceStateConflict, message).because("invoice_state", draft.state.as_str())
    };
    if !ticket.billable {
        return Err(conflict("the ticket is not billable").because("billable", false));
    }
    if draft.state != InvoiceState::PendingApproval {
        return Err(conflict("the invoice does not wait for an approval"));
    }
    let totals = match draft.totals {
        Some(totals) if draft.blockers.is_empty() => totals,
        _ => {
            return Err(Refusal::new(Code::InvoiceBlocked, "something stands against the invoice")
                .because("blockers", json!(draft.blockers)));
        }
    };
    let mut change = Change::of(ticket);
    change.step(TicketState::Invoiced);
    change.ticket.invoice_state = InvoiceState::Approved;
    change.tell_with(
        Topic::InvoiceApproved,
        json!({
            "invoice_id": draft.id,
            "total_cents": totals.total.minor(),
            "currency": totals.total.currency(),
        }),
    );
    Ok((change, totals))
}
