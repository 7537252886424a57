//! `ticket.update`.

use patchbay_core::catalog::ServiceStatus;
use patchbay_core::ids::{AssetId, ContactId, ServiceId};
use patchbay_core::ticket::ranking::Ranking;
use patchbay_core::ticket::update::{self, AskedLine, Line, Update};
use patchbay_store::ticket_services::{self, NewLine, ServiceLine};
use patchbay_store::{assets, contacts, services, ticket_urgencies};
use serde_json::{Value, json};

use crate::error::{CommandError, InvalidField};
use crate::ranking;
use crate::work::{Done, Effect, Work};

/// The answer has the `services` of the ticket when they were set.
pub(super) async fn update(work: &mut Work<'_>) -> Result<Effect, CommandError> {
    let asked: Update = work.input()?;
    update::may(&work.ctx().actor, &asked)?;
    if let Some(asset) = asked.asset_id {
        known_asset(work, asset).await?;
    }
    if let Some(contact) = asked.contact_id {
        known_contact(work, contact).await?;
    }
    let before = ticket_services::of_ticket(work.tx, work.ticket.id).await?;
    let before: Vec<Line> = before.iter().map(line).collect();
    let Some(lines) = &asked.services else {
        let ranking = ranked(work, &asked, &before).await?;
        return Ok(update::decide(work.ticket, &asked, (&[], &[]), ranking.as_ref())?.into());
    };
    let after = priced(work, lines, &before).await?;
    let ranking = ranked(work, &asked, &after).await?;
    let change = update::decide(work.ticket, &asked, (&before, &after), ranking.as_ref())?;
    if after != before {
        let rows: Vec<NewLine> = after.iter().map(row).collect();
        ticket_services::replace(work.tx, work.ticket.id, &rows, work.asked.ctx.now).await?;
    }
    let lines = ticket_services::of_ticket(work.tx, work.ticket.id).await?;
    Ok(Done::with(change, "services", lines.iter().map(body).collect()).into())
}

/// How the ticket ranks with what was asked, when that may rank it otherwise: from how urgent its requester found it, not
/// from what ranking made of that before.
async fn ranked(work: &mut Work<'_>, asked: &Update, lines: &[Line]) -> Result<Option<Ranking>, CommandError> {
    if asked.urgency.is_none() && asked.asset_id.is_none() && asked.services.is_none() {
        return Ok(None);
    }
    let ticket = work.ticket;
    let before = ticket_urgencies::asked(work.tx, ticket.id).await?.unwrap_or(ticket.urgency);
    let urgency = asked.urgency.unwrap_or(before);
    let services: Vec<ServiceId> = lines.iter().map(|line| line.service_id).collect();
    let asset = asked.asset_id.or(ticket.asset_id);
    let ranking = ranking::of_asset(work.tx, urgency, asset, ticket.site_id, &services).await?;
    if urgency != before || ranking.urgency != ticket.urgency {
        ticket_urgencies::keep(work.tx, ticket.id, urgency).await?;
    }
    Ok(Some(ranking))
}

/// An asset of the ticket's account that is at its site, or nowhere in particular.
async fn known_asset(work: &mut Work<'_>, id: AssetId) -> Result<(), CommandError> {
    match assets::by_id(work.tx, id).await? {
        Some(row)
            if row.account_id == work.ticket.account_id
                && row.site_id.is_none_or(|site| site == work.ticket.site_id) =>
        {
            Ok(())
        }
        _ => Err(misfit("asset_id", "there is no such asset")),
    }
}

/// A contact of the ticket's account, or of none.
async fn known_contact(work: &mut Work<'_>, id: ContactId) -> Result<(), CommandError> {
    match contacts::by_id(work.tx, id).await? {
        Some(row) if row.account_id.is_none_or(|of| of == work.ticket.account_id) => Ok(()),
        _ => Err(misfit("contact_id", "there is no such contact")),
    }
}

/// The lines with the catalog's prices where nobody named one. A service that the ticket has already may be archived.
async fn priced(work: &mut Work<'_>, asked: &[AskedLine], before: &[Line]) -> Result<Vec<Line>, CommandError> {
    let mut lines = Vec::with_capacity(asked.len());
    for (place, line) in asked.iter().enumerate() {
        let path = |field: &str| format!("services[{place}].{field}");
        let service = services::by_id(work.tx, line.service_id).await?;
        let is_there = before.iter().any(|had| had.service_id == line.service_id);
        let service = service
            .filter(|row| is_there || row.status == ServiceStatus::Active)
            .ok_or_else(|| misfit(&path("service_id"), "there is no such service"))?;
        let unit_price_cents = match line.unit_price_cents {
            Some(price) => price,
            None if service.currency == work.ticket.currency => service.base_price_cents,
            None => {
                return Err(misfit(&path("unit_price_cents"), "is needed: the catalog's price has another currency"));
            }
        };
        let qty_hundredths = line.qty_hundredths();
        lines.push(Line { service_id: line.service_id, qty_hundredths, unit_price_cents });
    }
    Ok(lines)
}

fn line(row: &ServiceLine) -> Line {
    let ServiceLine { service_id, qty_hundredths, unit_price_cents, .. } = *row;
    Line { service_id, qty_hundredths, unit_price_cents }
}

fn row(line: &Line) -> NewLine {
    let Line { service_id, qty_hundredths, unit_price_cents } = *line;
    NewLine { service_id, qty_hundredths, unit_price_cents }
}

fn body(line: &ServiceLine) -> Value {
    #[expect(clippy::cast_precision_loss, reason = "a quantity is at most 10 000 000 hundredths")]
    let qty = line.qty_hundredths as f64 / 100.0;
    json!({
        "service_id": line.service_id,
        "code": line.code,
        "name": line.name,
        "qty": qty,
        "unit_price_cents": line.unit_price_cents,
        "tax_code": line.tax_code,
        "requires_approval": line.requires_approval,
    })
}

fn misfit(path: &str, message: &str) -> CommandError {
    CommandError::Fields(vec![InvalidField::new(path, message)])
}
