//! What an invoice is drafted from: who pays, the work done, and what decides whether it may be approved.

use std::collections::BTreeSet;

use patchbay_core::ids::ServiceId;
use patchbay_core::invoice::{
    Accounting, BillTo, DraftFacts, InvoiceLine, LineAmounts, Tax, Terms, Totals, default_code,
};
use patchbay_core::money::{Currency, Money, Quantity, Rate};
use patchbay_core::ticket::Ticket;
use patchbay_store::invoices::InvoiceLineRow;
use patchbay_store::{StoreError, Tx, accounts, approvals, services, sites, ticket_services};

use crate::config::Config;

/// Who pays for a ticket.
#[derive(Clone, Debug)]
pub(crate) struct Payer {
    /// Name and address: what the site says, else what the account's settings say under `bill_to`.
    pub(crate) bill_to: BillTo,
    /// What the account's settings say under `payment_terms`.
    pub(crate) terms: Terms,
    /// Where the work is done; decides the taxes.
    pub(crate) region: Option<String>,
    /// The account in the accounting system.
    customer: Option<String>,
}

/// What else decides whether a draft may be approved.
#[derive(Clone, Debug)]
pub(crate) struct OtherFacts {
    approval_is_pending: bool,
    accounting: Accounting,
}

impl OtherFacts {
    /// All facts about a draft.
    pub(crate) fn of<'a>(
        &'a self,
        payer: &'a Payer,
        lines: &'a [InvoiceLine],
        totals: Option<Totals>,
        ticket: &Ticket,
    ) -> DraftFacts<'a> {
        DraftFacts {
            bill_to: &payer.bill_to,
            lines,
            totals,
            nte_cents: ticket.nte_cents,
            approval_is_pending: self.approval_is_pending,
            accounting: &self.accounting,
        }
    }
}

/// The currency of a ticket's money; no currency when the account's is none.
pub(crate) fn currency_of(ticket: &Ticket) -> Currency {
    ticket.currency.parse().unwrap_or(Currency::NONE)
}

/// Who pays for a ticket, as site and account say today.
pub(crate) async fn payer(tx: &mut Tx, ticket: &Ticket) -> Result<Payer, StoreError> {
    let site = sites::by_id(tx, ticket.site_id).await?.ok_or(StoreError::NoRow)?;
    let account = accounts::by_id(tx, ticket.account_id).await?.ok_or(StoreError::NoRow)?;
    let said = site.bill_to.as_ref().or_else(|| account.settings.get("bill_to"));
    Ok(Payer {
        bill_to: said.map(BillTo::read).unwrap_or_default(),
        terms: Terms::read(account.settings.get("payment_terms")),
        region: site.region,
        customer: account.qb_customer_id,
    })
}

/// The work on a ticket as lines of an invoice.
pub(crate) async fn lines_of_work(tx: &mut Tx, ticket: &Ticket, payer: &Payer) -> Result<Vec<InvoiceLine>, StoreError> {
    let currency = currency_of(ticket);
    let work = ticket_services::of_ticket(tx, ticket.id).await?;
    Ok(work
        .into_iter()
        .map(|work| {
            let tax_code = default_code(work.tax_code.as_deref(), payer.region.as_deref());
            InvoiceLine {
                service_id: Some(work.service_id),
                description: work.name,
                quantity: Quantity::hundredths(work.qty_hundredths),
                unit_price: Money::new(work.unit_price_cents, currency),
                tax: Tax::of(&tax_code, None),
                tax_code,
            }
        })
        .collect())
}

/// What else decides whether these lines may be approved.
pub(crate) async fn facts(
    tx: &mut Tx,
    config: &Config,
    ticket: &Ticket,
    payer: &Payer,
    lines: &[InvoiceLine],
) -> Result<OtherFacts, StoreError> {
    let accounting = if config.accounting {
        let named: BTreeSet<ServiceId> = lines.iter().filter_map(|line| line.service_id).collect();
        let mut items = BTreeSet::new();
        for service in named {
            if services::by_id(tx, service).await?.is_some_and(|service| service.qb_item_id.is_some()) {
                items.insert(service);
            }
        }
        Accounting::On { customer: payer.customer.clone(), items }
    } else {
        Accounting::Off
    };
    Ok(OtherFacts { approval_is_pending: approvals::pending(tx, ticket.id).await?.is_some(), accounting })
}

/// A stored line.
pub(crate) fn line(row: InvoiceLineRow, currency: Currency) -> InvoiceLine {
    InvoiceLine {
        service_id: row.service_id,
        description: row.description,
        quantity: Quantity::hundredths(row.qty_hundredths),
        unit_price: Money::new(row.unit_price_cents, currency),
        tax: Tax::of(&row.tax_code, row.tax_rate_millipercent.and_then(Rate::millipercent)),
        tax_code: row.tax_code,
    }
}

/// Lines as they are stored. Amounts that cannot be counted are left at nothing: they block the approval.
pub(crate) fn rows(lines: &[InvoiceLine]) -> Vec<InvoiceLineRow> {
    lines
        .iter()
        .map(|line| {
            let nothing = Money::zero(line.unit_price.currency());
            let amounts = line.amounts().unwrap_or(LineAmounts { amount: nothing, tax: nothing });
            InvoiceLineRow {
                service_id: line.service_id,
                description: line.description.clone(),
                qty_hundredths: line.quantity.in_hundredths(),
                unit_price_cents: line.unit_price.minor(),
                amount_cents: amounts.amount.minor(),
                tax_code: line.tax_code.clone(),
                tax_rate_millipercent: line.tax.map(|tax| tax.rate().in_millipercent()),
                tax_cents: amounts.tax.minor(),
            }
        })
        .collect()
}
