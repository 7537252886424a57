//! The commands that make tickets: load, check, decide. Each returns a decision; the pipeline writes it.

use patchbay_core::Code;
use patchbay_core::ids::{AccountId, AssetId, ContactId, ServiceId, SiteId, TicketId};
use patchbay_core::place::PlaceStatus;
use patchbay_core::ticket::create::{self, Request};
use patchbay_core::ticket::decision::Birth;
use patchbay_core::ticket::intake::{self, Duplicate};
use patchbay_core::ticket::policy::{self, Facts, Performer};
use patchbay_core::ticket::{Decision, Refusal, Urgency};
use patchbay_store::sites::{self, SiteForTicket};
use patchbay_store::{Tx, assets, contacts, tickets};

use serde_json::Value;

use crate::also::Grounds;
use crate::error::{CommandError, InvalidField};
use crate::fields;
use crate::ranking;
use crate::work::Asked;

/// A decision to make a ticket, and the place whose codes it takes part in.
#[derive(Debug)]
pub(crate) struct Creation {
    pub(crate) decision: Decision,
    pub(crate) place: SiteForTicket,
    /// How urgent the requester found it, before it was ranked.
    pub(crate) urgency: Urgency,
}

/// `ticket.create`.
pub(crate) async fn create(
    tx: &mut Tx,
    asked: Asked<'_>,
    body: &Value,
    grounds: &Grounds,
) -> Result<Creation, CommandError> {
    let mut request = fields::create(body)?;
    request.asset_id = request.asset_id.or(grounds.asset);
    let place = place(tx, asked, &request).await?;
    let birth = Birth { id: TicketId::new(), now: asked.ctx.now };
    let decision = create::decide(&asked.ctx.actor, birth, request, &place.facts);
    refuse_same_source(tx, asked, &decision).await?;
    ranked(tx, decision, place, grounds).await
}

/// `ticket.blind_intake`.
pub(crate) async fn blind_intake(
    tx: &mut Tx,
    asked: Asked<'_>,
    body: &Value,
    grounds: &Grounds,
) -> Result<Creation, CommandError> {
    let asked_for = fields::intake(body)?;
    let rules = &asked.config.intake_rules();
    let place = place(tx, asked, &asked_for.request).await?;
    let (account, site) = (place.facts.account_id, place.facts.site_id);
    sites::lock(tx, site).await?;
    let since = asked.ctx.now - rules.duplicate_window;
    let duplicate = tickets::open_with_signature(tx, account, site, &asked_for.signature(), since).await?;
    let birth = Birth { id: TicketId::new(), now: asked.ctx.now };
    let decision = intake::decide(&asked.ctx.actor, birth, asked_for, &place.facts, rules, duplicate.as_ref())
        .map_err(|refusal| match duplicate {
            Some(duplicate) => CommandError::Duplicate { refusal, ticket: duplicate.ticket_id, account },
            None => refusal.into(),
        })?;
    refuse_same_source(tx, asked, &decision).await?;
    ranked(tx, decision, place, grounds).await
}

/// The decision with what ranking says, and what raises it beside that.
async fn ranked(
    tx: &mut Tx,
    decision: Decision,
    place: SiteForTicket,
    grounds: &Grounds,
) -> Result<Creation, CommandError> {
    let ticket = decision.draft.preview();
    let (urgency, asset, site) = (ticket.urgency, ticket.asset_id, ticket.site_id);
    let services: Vec<ServiceId> = grounds.lines.iter().map(|line| line.service_id).collect();
    let mut ranking = ranking::of_asset(tx, urgency, asset, site, &services).await?;
    for raised in &grounds.raised {
        ranking.escalate(&raised.name, raised.urgency, raised.reason.as_deref());
    }
    Ok(Creation { decision: decision.ranked(&ranking), place, urgency })
}

/// The place a request names, when the caller may touch it and it takes new work.
async fn place(tx: &mut Tx, asked: Asked<'_>, request: &Request) -> Result<SiteForTicket, CommandError> {
    let Request { account_id, site_id, .. } = *request;
    let facts = Facts { account_id, site_id, state: None, performer: Performer::Nobody };
    policy::may(&asked.ctx.actor, asked.row, asked.tool, &facts)?;
    let place = sites::for_ticket(tx, site_id)
        .await?
        .ok_or_else(|| CommandError::Fields(vec![InvalidField::new("site_id", "there is no such site")]))?;
    belongs(&place, account_id, site_id)?;
    if place.status != PlaceStatus::Active {
        return Err(CommandError::Fields(vec![InvalidField::new("site_id", "the site takes no new work")]));
    }
    if let Some(asset) = request.asset_id {
        known_asset(tx, asset, account_id, site_id).await?;
    }
    if let Some(contact) = request.contact_id {
        known_contact(tx, contact, account_id).await?;
    }
    Ok(place)
}

fn belongs(place: &SiteForTicket, account: AccountId, site: SiteId) -> Result<(), CommandError> {
    if place.facts.account_id == account {
        return Ok(());
    }
    Err(Refusal::new(Code::ForbiddenScope, "the site does not belong to the account")
        .because("account_id", account.to_string())
        .because("site_id", site.to_string())
        .into())
}

/// An asset of another account, or at another site, is not there for the caller.
async fn known_asset(tx: &mut Tx, asset: AssetId, account: AccountId, site: SiteId) -> Result<(), CommandError> {
    match assets::by_id(tx, asset).await? {
        Some(row) if row.account_id == account && row.site_id.is_none_or(|at| at == site) => Ok(()),
        _ => Err(CommandError::Fields(vec![InvalidField::new("asset_id", "there is no such asset")])),
    }
}

/// A contact of no account may ask anywhere; one of another account is not there for the caller.
async fn known_contact(tx: &mut Tx, contact: ContactId, account: AccountId) -> Result<(), CommandError> {
    match contacts::by_id(tx, contact).await? {
        Some(row) if row.account_id.is_none_or(|of| of == account) => Ok(()),
        _ => Err(CommandError::Fields(vec![InvalidField::new("contact_id", "there is no such contact")])),
    }
}

/// One message of another system makes one ticket.
async fn refuse_same_source(tx: &mut Tx, asked: Asked<'_>, decision: &Decision) -> Result<(), CommandError> {
    let draft = decision.draft.preview();
    let Some(message) = &draft.source_message_id else { return Ok(()) };
    let Some(ticket) = tickets::by_source(tx, &draft.source_system, message).await? else { return Ok(()) };
    if !asked.ctx.actor.may_touch(ticket.account_id, ticket.site_id) {
        // It exists, but it is not the caller's to know which one.
        return Err(Refusal::new(Code::DuplicateIntake, "the message is a ticket already").into());
    }
    let duplicate = Duplicate { ticket_id: ticket.id, state: ticket.state, created_at: ticket.created_at };
    let (ticket, account) = (ticket.id, ticket.account_id);
    Err(CommandError::Duplicate { refusal: intake::already_recorded(&duplicate), ticket, account })
}
