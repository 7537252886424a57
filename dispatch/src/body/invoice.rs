//! An invoice as it goes over the wire.

use chrono::{DateTime, NaiveDate, Utc};
use patchbay_core::invoice::{Blocker, InvoiceLine, LineAmounts, Terms};
use patchbay_core::money::Money;
use patchbay_core::role::Role;
use patchbay_core::ticket::InvoiceState;
use patchbay_store::invoices::InvoiceRow;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

/// The invoice of a ticket.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Invoice)]
pub struct InvoiceBody {
    /// Our id.
    pub id: Uuid,
    /// The ticket.
    pub ticket_id: Uuid,
    /// The account of the ticket.
    pub account_id: Uuid,
    /// `PENDING_APPROVAL`, `APPROVED`, `VOIDED`, and what accounting makes of it.
    pub state: &'static str,
    /// `UNPAID`, `PAID` or `OVERDUE`; null before it is approved and when it is void.
    pub payment_status: Option<&'static str>,
    /// Currency of its money.
    pub currency: String,
    /// Who pays: `name`, `address1`, `address2`, `city`, `region`, `postal_code`, `country`, `email`.
    pub bill_to: Value,
    /// What the customer reads on it.
    pub memo: Option<String>,
    /// `NET_15`, `NET_30` or `CUSTOM`.
    pub terms: &'static str,
    /// How many days there are to pay.
    pub terms_days: u16,
    /// The last day to pay; null before it is approved.
    pub due_on: Option<NaiveDate>,
    /// What is paid for.
    pub lines: Vec<InvoiceLineBody>,
    /// All lines before tax, in minor units.
    pub subtotal_cents: i64,
    /// All taxes.
    pub tax_cents: i64,
    /// Sending parts.
    pub shipping_cents: i64,
    /// All together.
    pub total_cents: i64,
    /// What stands against the approval; empty once it is approved.
    pub blockers: Vec<BlockerBody>,
    /// Who approved it.
    pub approved_by: Option<Uuid>,
    /// As what.
    pub approved_by_role: Option<&'static str>,
    /// When.
    pub approved_at: Option<DateTime<Utc>>,
    /// When it was taken back.
    pub voided_at: Option<DateTime<Utc>>,
    /// When it was paid.
    pub paid_at: Option<DateTime<Utc>>,
    /// Grows with every change.
    pub version: i64,
    /// When it was drafted.
    pub created_at: DateTime<Utc>,
    /// When it changed last.
    pub updated_at: DateTime<Utc>,
}

/// A line of an invoice.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = InvoiceLine)]
pub struct InvoiceLineBody {
    /// Of the catalog; null when somebody wrote the line by hand.
    pub service_id: Option<Uuid>,
    /// What.
    pub description: String,
    /// How many, to two decimals.
    pub qty: f64,
    /// Price of one, in minor units.
    pub unit_price_cents: i64,
    /// Quantity times price, half a minor unit rounded up.
    pub amount_cents: i64,
    /// `EXEMPT`, `ZERO`, `GST`, `QST`, `GST_QST` or `CUSTOM`; another word blocks the approval.
    pub tax_code: String,
    /// Rate in thousandths of a percent: 14975 is 14.975 %. Null when the code is none.
    pub tax_rate_millipercent: Option<i64>,
    /// The tax of the amount, half a minor unit rounded up.
    pub tax_cents: i64,
}

/// One thing that stands against the approval of an invoice.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = InvoiceBlocker)]
pub struct BlockerBody {
    /// What: `BILL_TO_NAME_MISSING`, …
    pub code: &'static str,
    /// On which line, from 1; null when it is about the whole.
    pub line: Option<usize>,
}

impl InvoiceBody {
    pub(crate) fn new(row: &InvoiceRow, lines: &[InvoiceLine], blockers: &[Blocker], now: DateTime<Utc>) -> Self {
        let terms = Terms::of_days(row.terms_days);
        let due_on = row.due_on.map(|due| due.date_naive());
        Self {
            id: row.id.into(),
            ticket_id: row.ticket_id.into(),
            account_id: row.account_id.into(),
            state: row.state.as_str(),
            payment_status: payment_status(row, now),
            currency: row.currency.clone(),
            bill_to: row.bill_to.clone(),
            memo: row.memo.clone(),
            terms: terms.as_str(),
            terms_days: terms.days(),
            due_on,
            lines: lines.iter().map(Into::into).collect(),
            subtotal_cents: row.subtotal_cents,
            tax_cents: row.tax_cents,
            shipping_cents: row.shipping_cents,
            total_cents: row.total_cents,
            blockers: blockers
                .iter()
                .map(|blocker| BlockerBody { code: blocker.code.as_str(), line: blocker.line })
                .collect(),
            approved_by: row.approved_by.map(Into::into),
            approved_by_role: row.approved_by_role.map(Role::as_str),
            approved_at: row.approved_at,
            voided_at: row.voided_at,
            paid_at: row.paid_at,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

impl From<&InvoiceLine> for InvoiceLineBody {
    fn from(line: &InvoiceLine) -> Self {
        let nothing = Money::zero(line.unit_price.currency());
        let LineAmounts { amount, tax } = line.amounts().unwrap_or(LineAmounts { amount: nothing, tax: nothing });
        Self {
            service_id: line.service_id.map(Into::into),
            description: line.description.clone(),
            qty: line.quantity.as_number(),
            unit_price_cents: line.unit_price.minor(),
            amount_cents: amount.minor(),
            tax_code: line.tax_code.clone(),
            tax_rate_millipercent: line.tax.map(|tax| tax.rate().in_millipercent()),
            tax_cents: tax.minor(),
        }
    }
}

/// An invoice is overdue once its last day has ended.
fn payment_status(row: &InvoiceRow, now: DateTime<Utc>) -> Option<&'static str> {
    match row.state {
        InvoiceState::NotStarted | InvoiceState::PendingApproval | InvoiceState::Voided => None,
        _ if row.paid_at.is_some() => Some("PAID"),
        _ if row.due_on.is_some_and(|due| due.date_naive() < now.date_naive()) => Some("OVERDUE"),
        _ => Some("UNPAID"),
    }
}
