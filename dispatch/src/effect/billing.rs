//! The invoice of a ticket: drafted when the work is reported done, approved by a person, taken back when the work is
//! taken up again or called off.

pub(crate) mod draft;

use chrono::NaiveTime;
use patchbay_core::Ctx;
use patchbay_core::ids::InvoiceId;
use patchbay_core::invoice::{InvoiceLine, Totals, blockers};
use patchbay_core::money::{Currency, Money};
use patchbay_core::ticket::billing as rules;
use patchbay_core::ticket::billing::generate_invoice::{self, GenerateInvoice};
use patchbay_core::ticket::{InvoiceState, Ticket};
use patchbay_store::Tx;
use patchbay_store::invoices::{self, InvoiceRow};
use serde_json::json;

use crate::body::InvoiceBody;
use crate::error::CommandError;
use crate::work::{Asked, Done, Effect, Work, misfits};

use draft::{Payer, currency_of};

/// Carries out `billing.generate_invoice`.
pub(super) async fn run(work: &mut Work<'_>) -> Result<Effect, CommandError> {
    let input: GenerateInvoice = work.input()?;
    let (asked, ticket) = (work.asked, work.ticket);
    let now = asked.ctx.now;
    let (mut row, stored) = if let Some(found) = current(work.tx, ticket).await? {
        found
    } else {
        draft(work.tx, asked, ticket).await?;
        current(work.tx, ticket).await?.unwrap_or_else(|| (empty(ticket, asked.ctx), Vec::new()))
    };
    let payer = draft::payer(work.tx, ticket).await?;
    let currency = currency_of(ticket);
    let by_hand = input.lines(currency, payer.region.as_deref()).map_err(misfits)?;
    let lines = by_hand.as_deref().unwrap_or(&stored);
    let totals = Totals::of(lines, Money::new(row.shipping_cents, currency)).ok();
    let facts = draft::facts(work.tx, asked.config, ticket, &payer, lines).await?;
    let against = blockers(&facts.of(&payer, lines, totals, ticket));
    let waiting = generate_invoice::Draft { id: row.id, state: row.state, totals, blockers: &against };
    let (change, totals) = generate_invoice::decide(ticket, &waiting)?;

    let actor = &asked.ctx.actor;
    if by_hand.is_some() {
        invoices::replace_lines(work.tx, row.id, &draft::rows(lines)).await?;
    }
    write_sums(&mut row, &payer, Some(totals));
    row.state = InvoiceState::Approved;
    row.memo = input.memo.clone();
    row.approved_by = Some(actor.id);
    row.approved_by_role = Some(actor.role);
    row.approved_by_type = Some(actor.actor_type);
    row.approved_at = Some(now);
    row.due_on = Some(payer.terms.due_on(now).and_time(NaiveTime::MIN).and_utc());
    row.updated_at = now;
    invoices::update(work.tx, &row).await?;
    row.version += 1;
    let body = InvoiceBody::new(&row, lines, &[], now);
    Ok(Done::with(change, "invoice", json!(body)).into())
}

/// Drafts the invoice of a ticket whose work is reported done, in the place of an earlier draft. Returns where the
/// invoice of the ticket stands then: the ticket's `invoice_state`. A ticket that is not billable gets none.
///
/// Error: 409 `INVOICE_STATE_CONFLICT` when the ticket has an invoice that is past being a draft.
pub(crate) async fn draft(tx: &mut Tx, asked: Asked<'_>, ticket: &Ticket) -> Result<InvoiceState, CommandError> {
    let newest = invoices::newest(tx, ticket.id).await?;
    let state = rules::draft::decide(ticket, newest.as_ref().map(|row| row.state))?;
    if state != InvoiceState::PendingApproval {
        return Ok(state);
    }
    let payer = draft::payer(tx, ticket).await?;
    let lines = draft::lines_of_work(tx, ticket, &payer).await?;
    let earlier = newest.filter(|row| row.state == InvoiceState::PendingApproval);
    let mut row = earlier.clone().unwrap_or_else(|| empty(ticket, asked.ctx));
    let totals = Totals::of(&lines, Money::new(row.shipping_cents, currency_of(ticket))).ok();
    write_sums(&mut row, &payer, totals);
    row.updated_at = asked.ctx.now;
    match earlier {
        Some(_) => invoices::update(tx, &row).await?,
        None => invoices::insert(tx, &row).await?,
    }
    invoices::replace_lines(tx, row.id, &draft::rows(&lines)).await?;
    Ok(state)
}

/// Takes the invoice of a ticket back, a draft as well as an approved one. Returns where the invoice of the ticket stands
/// then; where it stood, when there is nothing to take back.
///
/// Error: 409 `INVOICE_STATE_CONFLICT` when it is paid.
pub(crate) async fn void(tx: &mut Tx, ctx: &Ctx, ticket: &Ticket) -> Result<InvoiceState, CommandError> {
    let newest = invoices::newest(tx, ticket.id).await?;
    let decided = rules::void::decide(newest.as_ref().map(|row| (row.state, row.paid_at)))?;
    let (Some(mut row), Some(state)) = (newest, decided) else { return Ok(ticket.invoice_state) };
    row.state = state;
    row.voided_at = Some(ctx.now);
    row.updated_at = ctx.now;
    invoices::update(tx, &row).await?;
    Ok(state)
}

/// The invoice of a ticket that is not void, and its lines.
async fn current(tx: &mut Tx, ticket: &Ticket) -> Result<Option<(InvoiceRow, Vec<InvoiceLine>)>, CommandError> {
    let newest = invoices::newest(tx, ticket.id).await?.filter(|row| row.state != InvoiceState::Voided);
    let Some(row) = newest else { return Ok(None) };
    let lines = invoices::lines(tx, row.id).await?;
    let lines = lines.into_iter().map(|line| draft::line(line, currency_of(ticket))).collect();
    Ok(Some((row, lines)))
}

/// An invoice with nothing on it; of a ticket that is not billable it stays that way.
fn empty(ticket: &Ticket, ctx: &Ctx) -> InvoiceRow {
    InvoiceRow {
        id: InvoiceId::new(),
        ticket_id: ticket.id,
        account_id: ticket.account_id,
        state: if ticket.billable { InvoiceState::PendingApproval } else { InvoiceState::NotStarted },
        currency: ticket.currency.clone(),
        bill_to: json!({}),
        memo: None,
        terms_days: 0,
        subtotal_cents: 0,
        tax_cents: 0,
        shipping_cents: 0,
        total_cents: 0,
        approved_by: None,
        approved_by_role: None,
        approved_by_type: None,
        approved_at: None,
        due_on: None,
        voided_at: None,
        paid_at: None,
        version: 1,
        created_at: ctx.now,
        updated_at: ctx.now,
    }
}

/// Who pays, until when and how much. Sums that cannot be counted are left at nothing: they block the approval.
pub(crate) fn write_sums(row: &mut InvoiceRow, payer: &Payer, totals: Option<Totals>) {
    let totals = totals.unwrap_or(Totals::zero(Currency::NONE));
    row.bill_to = json!(payer.bill_to);
    row.terms_days = payer.terms.days().into();
    row.subtotal_cents = totals.subtotal.minor();
    row.tax_cents = totals.tax.minor();
    row.shipping_cents = totals.shipping.minor();
    row.total_cents = totals.total.minor();
}
