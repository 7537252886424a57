//! Invoices and their lines.

use chrono::{DateTime, Utc};
use patchbay_core::ids::{AccountId, ActorId, InvoiceId, ServiceId, TicketId};
use patchbay_core::role::{ActorType, Role};
use patchbay_core::ticket::InvoiceState;
use serde_json::Value;

use crate::error::StoreError;
use crate::record;
use crate::tx::Tx;

record! {
    /// An invoice as it is stored.
    #[derive(Clone, Debug)]
    pub struct InvoiceRow {
        /// Our id.
        pub id: InvoiceId,
        /// The ticket it is for.
        pub ticket_id: TicketId,
        /// The account of the ticket.
        pub account_id: AccountId,
        /// Where it stands.
        pub state: InvoiceState,
        /// Currency of its money.
        pub currency: String,
        /// Who pays.
        pub bill_to: Value,
        /// What the customer reads on it.
        pub memo: Option<String>,
        /// How many days there are to pay.
        pub terms_days: i64,
        /// All lines before tax, in minor units.
        pub subtotal_cents: i64,
        /// All taxes.
        pub tax_cents: i64,
        /// Sending parts.
        pub shipping_cents: i64,
        /// All together.
        pub total_cents: i64,
        /// Who approved it.
        pub approved_by: Option<ActorId>,
        /// As what.
        pub approved_by_role: Option<Role>,
        /// What kind of being.
        pub approved_by_type: Option<ActorType>,
        /// When.
        pub approved_at: Option<DateTime<Utc>>,
        /// The last day to pay: its first moment in UTC.
        pub due_on: Option<DateTime<Utc>>,
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
}

record! {
    /// A line of an invoice as it is stored.
    #[derive(Clone, Debug)]
    pub struct InvoiceLineRow {
        /// Of the catalog, unless somebody wrote it by hand.
        pub service_id: Option<ServiceId>,
        /// What.
        pub description: String,
        /// How many, in hundredths.
        pub qty_hundredths: i64,
        /// Price of one, in minor units.
        pub unit_price_cents: i64,
        /// Quantity times price.
        pub amount_cents: i64,
        /// How it is taxed, as it was given.
        pub tax_code: String,
        /// Rate in thousandths of a percent; none when the code is none.
        pub tax_rate_millipercent: Option<i64>,
        /// The tax.
        pub tax_cents: i64,
    }
}

/// Makes an invoice. Error: [`StoreError::Duplicate`] when its ticket has one that is not void.
pub async fn insert(tx: &mut Tx, row: &InvoiceRow) -> Result<(), StoreError> {
    tx.query(
        "insert into invoices (id, ticket_id, account_id, state, currency, bill_to, memo, terms_days, subtotal_cents,
                tax_cents, shipping_cents, total_cents, approved_by, approved_by_role, approved_by_type, approved_at,
                due_on, voided_at, paid_at, version, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)",
    )
    .bind(row.id)
    .bind(row.ticket_id)
    .bind(row.account_id)
    .bind(row.state)
    .bind(row.currency.as_str())
    .bind(row.bill_to.clone())
    .bind(row.memo.as_deref())
    .bind(row.terms_days)
    .bind(row.subtotal_cents)
    .bind(row.tax_cents)
    .bind(row.shipping_cents)
    .bind(row.total_cents)
    .bind(row.approved_by)
    .bind(row.approved_by_role)
    .bind(row.approved_by_type)
    .bind(row.approved_at)
    .bind(row.due_on)
    .bind(row.voided_at)
    .bind(row.paid_at)
    .bind(row.version)
    .bind(row.created_at)
    .bind(row.updated_at)
    .execute()
    .await
    .map(drop)
}

/// Writes an invoice as it stands; its ticket, account and currency stay. Error: [`StoreError::Conflict`] when it
/// changed since it was read.
pub async fn update(tx: &mut Tx, row: &InvoiceRow) -> Result<(), StoreError> {
    let changed = tx
        .query(
            "update invoices
             set state = $3, bill_to = $4, memo = $5, terms_days = $6, subtotal_cents = $7, tax_cents = $8,
                 shipping_cents = $9, total_cents = $10, approved_by = $11, approved_by_role = $12,
                 approved_by_type = $13, approved_at = $14, due_on = $15, voided_at = $16, paid_at = $17,
                 updated_at = $18, version = version + 1
             where id = $1 and version = $2",
        )
        .bind(row.id)
        .bind(row.version)
        .bind(row.state)
        .bind(row.bill_to.clone())
        .bind(row.memo.as_deref())
        .bind(row.terms_days)
        .bind(row.subtotal_cents)
        .bind(row.tax_cents)
        .bind(row.shipping_cents)
        .bind(row.total_cents)
        .bind(row.approved_by)
        .bind(row.approved_by_role)
        .bind(row.approved_by_type)
        .bind(row.approved_at)
        .bind(row.due_on)
        .bind(row.voided_at)
        .bind(row.paid_at)
        .bind(row.updated_at)
        .execute()
        .await?;
    if changed == 1 { Ok(()) } else { Err(StoreError::Conflict) }
}

/// The newest invoice of a ticket: the one that is not void, when there is one.
pub async fn newest(tx: &mut Tx, ticket: TicketId) -> Result<Option<InvoiceRow>, StoreError> {
    tx.query(
        "select id, ticket_id, account_id, state, currency, bill_to, memo, terms_days, subtotal_cents, tax_cents,
                shipping_cents, total_cents, approved_by, approved_by_role, approved_by_type, approved_at, due_on,
                voided_at, paid_at, version, created_at, updated_at
         from invoices where ticket_id = $1 order by id desc limit 1",
    )
    .bind(ticket)
    .optional()
    .await
}

/// The lines of an invoice, in order.
pub async fn lines(tx: &mut Tx, invoice: InvoiceId) -> Result<Vec<InvoiceLineRow>, StoreError> {
    tx.query(
        "select service_id, description, qty_hundredths, unit_price_cents, amount_cents, tax_code,
                tax_rate_millipercent, tax_cents
         from invoice_lines where invoice_id = $1 order by position",
    )
    .bind(invoice)
    .all()
    .await
}

/// Puts these lines in the place of those the invoice had.
pub async fn replace_lines(tx: &mut Tx, invoice: InvoiceId, lines: &[InvoiceLineRow]) -> Result<(), StoreError> {
    tx.query("delete from invoice_lines where invoice_id = $1").bind(invoice).execute().await?;
    for (position, line) in (1_i64..).zip(lines) {
        tx.query(
            "insert into invoice_lines (invoice_id, position, service_id, description, qty_hundredths, unit_price_cents,
                    amount_cents, tax_code, tax_rate_millipercent, tax_cents)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        )
        .bind(invoice)
        .bind(position)
        .bind(line.service_id)
        .bind(line.description.as_str())
        .bind(line.qty_hundredths)
        .bind(line.unit_price_cents)
        .bind(line.amount_cents)
        .bind(line.tax_code.as_str())
        .bind(line.tax_rate_millipercent)
        .bind(line.tax_cents)
        .execute()
        .await?;
    }
    Ok(())
}
