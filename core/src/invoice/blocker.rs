//! What stands between a draft and its approval.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::ids::ServiceId;
use crate::invoice::{BillTo, InvoiceLine, Totals};
use crate::vocabulary;

vocabulary! {
    /// What is missing or wrong.
    pub enum BlockerCode {
        /// Nobody is named to pay.
        BillToNameMissing => "BILL_TO_NAME_MISSING",
        /// The payer has no address.
        BillToAddressMissing => "BILL_TO_ADDRESS_MISSING",
        /// There is nothing to pay.
        NoBillableLines => "NO_BILLABLE_LINES",
        /// Nothing, or less, of something.
        LineQuantityNotPositive => "LINE_QUANTITY_NOT_POSITIVE",
        /// Something for nothing, or less.
        LinePriceNotPositive => "LINE_PRICE_NOT_POSITIVE",
        /// There is no such tax, or it lacks its rate.
        TaxCodeInvalid => "TAX_CODE_INVALID",
        /// The account is nobody in the accounting system.
        CustomerMappingMissing => "CUSTOMER_MAPPING_MISSING",
        /// The line is nothing in the accounting system.
        ItemMappingMissing => "ITEM_MAPPING_MISSING",
        /// Somebody still has to decide about the ticket.
        ApprovalPending => "APPROVAL_PENDING",
        /// More than was agreed.
        TotalAboveNte => "TOTAL_ABOVE_NTE",
        /// More than an amount can hold, or lines in several currencies.
        AmountUnusable => "AMOUNT_UNUSABLE",
    }
}

/// One thing that stands between a draft and its approval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Blocker {
    /// What.
    pub code: BlockerCode,
    /// On which line, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
}

/// What the accounting system must know of an invoice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Accounting {
    /// There is no accounting system.
    Off,
    /// There is one.
    On {
        /// Its customer for the account.
        customer: Option<String>,
        /// Services that are items in it.
        items: BTreeSet<ServiceId>,
    },
}

/// What decides whether a draft may be approved.
#[derive(Clone, Debug)]
pub struct DraftFacts<'a> {
    /// Who pays.
    pub bill_to: &'a BillTo,
    /// For what.
    pub lines: &'a [InvoiceLine],
    /// How much; `None` when it cannot be counted.
    pub totals: Option<Totals>,
    /// What the ticket may cost, in minor units; 0: no limit agreed.
    pub nte_cents: i64,
    /// Whether somebody still has to decide about the ticket.
    pub approval_is_pending: bool,
    /// What the accounting system knows.
    pub accounting: &'a Accounting,
}

/// Everything that stands between a draft and its approval: about the payer, about each line, about the whole.
pub fn blockers(draft: &DraftFacts<'_>) -> Vec<Blocker> {
    let DraftFacts { bill_to, lines, totals, nte_cents, approval_is_pending, accounting } = draft;
    let has_address = bill_to.address1.is_some() && bill_to.city.is_some() && bill_to.country.is_some();
    let is_unmapped =
        matches!(accounting, Accounting::On { customer, .. } if customer.as_deref().is_none_or(str::is_empty));
    let total = totals.map_or(0, |totals| totals.total.minor());
    let payer = [
        (BlockerCode::BillToNameMissing, bill_to.name.is_none()),
        (BlockerCode::BillToAddressMissing, !has_address),
        (BlockerCode::NoBillableLines, lines.is_empty()),
    ];
    let whole = [
        (BlockerCode::CustomerMappingMissing, is_unmapped),
        (BlockerCode::ApprovalPending, *approval_is_pending),
        (BlockerCode::AmountUnusable, totals.is_none()),
        (BlockerCode::TotalAboveNte, *nte_cents > 0 && total > *nte_cents),
    ];
    let of_lines = lines
        .iter()
        .enumerate()
        .flat_map(|(index, line)| of_line(line, accounting).map(move |code| Blocker { code, line: Some(index + 1) }));
    found(payer).chain(of_lines).chain(found(whole)).collect()
}

fn found<const N: usize>(checks: [(BlockerCode, bool); N]) -> impl Iterator<Item = Blocker> {
    checks.into_iter().filter_map(|(code, is_so)| is_so.then_some(Blocker { code, line: None }))
}

fn of_line(line: &InvoiceLine, accounting: &Accounting) -> impl Iterator<Item = BlockerCode> {
    let is_mapped = match accounting {
        Accounting::Off => true,
        Accounting::On { items, .. } => line.service_id.is_some_and(|service| items.contains(&service)),
    };
    [
        (BlockerCode::LineQuantityNotPositive, line.quantity.in_hundredths() <= 0),
        (BlockerCode::LinePriceNotPositive, line.unit_price.minor() <= 0),
        (BlockerCode::TaxCodeInvalid, line.tax.is_none()),
        (BlockerCode::ItemMappingMissing, !is_mapped),
    ]
    .into_iter()
    .filter_map(|(code, is_so)| is_so.then_some(code))
}
