//! Reading the invoice of a ticket.

use patchbay_core::ids::TicketId;
use patchbay_core::invoice::{Totals, blockers};
use patchbay_core::money::Money;
use patchbay_core::ticket::{Command, InvoiceState, Refusal};
use patchbay_core::{Code, Ctx};
use patchbay_store::invoices;

use super::visible;
use crate::body::InvoiceBody;
use crate::effect::billing;
use crate::effect::billing::draft::{self, currency_of};
use crate::error::CommandError;
use crate::pipeline::Dispatch;

impl Dispatch {
    /// The newest invoice of a ticket. A draft shows who pays as of now, and what stands against its approval.
    ///
    /// Errors: as for one ticket, and 404 `NOT_FOUND` when it has no invoice.
    pub async fn invoice(&self, ctx: &Ctx, id: TicketId, tool: Option<&str>) -> Result<InvoiceBody, CommandError> {
        let mut tx = self.db.read().await?;
        let ticket = visible(&mut tx, ctx, Command::TicketInvoice.row(), id, tool).await?;
        let none = || Refusal::new(Code::NotFound, "the ticket has no invoice");
        let mut row = invoices::newest(&mut tx, id).await?.ok_or_else(none)?;
        let currency = currency_of(&ticket);
        let lines = invoices::lines(&mut tx, row.id).await?;
        let lines: Vec<_> = lines.into_iter().map(|line| draft::line(line, currency)).collect();
        if row.state != InvoiceState::PendingApproval {
            return Ok(InvoiceBody::new(&row, &lines, &[], ctx.now));
        }
        let payer = draft::payer(&mut tx, &ticket).await?;
        let totals = Totals::of(&lines, Money::new(row.shipping_cents, currency)).ok();
        let facts = draft::facts(&mut tx, &self.config, &ticket, &payer, &lines).await?;
        billing::write_sums(&mut row, &payer, totals);
        Ok(InvoiceBody::new(&row, &lines, &blockers(&facts.of(&payer, &lines, totals, &ticket)), ctx.now))
    }
}
