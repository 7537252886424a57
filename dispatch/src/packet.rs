//! The job packet: all that whoever does the work needs. Source: domain, job packet.

use patchbay_core::ids::TicketId;
use patchbay_core::role::Role;
use patchbay_core::ticket::closeout::{Closing, Gate, Statement};
use patchbay_core::ticket::policy::{self, Facts, Performer};
use patchbay_core::ticket::{Command, Refusal, Ticket};
use patchbay_core::{Code, Ctx};
use patchbay_store::{Tx, approvals, assets, audit, packet, sites, ticket_services, tickets};

use crate::actions::{self, PACKET};
use crate::body::cockpit::ActorBody;
use crate::body::packet::{
    Address, Checklist, ChecklistItem, Contact, EvidenceRequirements, Header, Packet, PacketAsset, PacketBody,
    PacketService, PacketTimeline, RequiredEvidence, ScheduledWindow, SiteAndAccess, WorkScope,
};
use crate::effect::closeout::facts::ClosingFacts;
use crate::error::CommandError;
use crate::pipeline::{Dispatch, facts};
use crate::timeline;

/// How many of the latest events are shown.
const LATEST_EVENTS: i64 = 10;

impl Dispatch {
    /// The packet of a ticket. Errors: 403 `FORBIDDEN`, 403 `FORBIDDEN_SCOPE`, 403 `NOT_ASSIGNED`, 404
    /// `TICKET_NOT_FOUND`.
    pub(crate) async fn packet(&self, ctx: &Ctx, id: TicketId, tool: Option<&str>) -> Result<PacketBody, CommandError> {
        let row = Command::JobPacket.row();
        policy::authorize(&ctx.actor, row, tool)?;
        let mut tx = self.db.read().await?;
        let ticket = tickets::by_id(&mut tx, id).await?.ok_or(CommandError::NoSuchTicket)?;
        let facts = facts(&mut tx, ctx, &ticket).await?;
        policy::may(&ctx.actor, row, tool, &facts)?;
        own(ctx, &facts)?;
        let closing = ClosingFacts::load(&mut tx, &ticket, &self.evidence.rules).await?;
        let nothing_said = Statement::default();
        let asked = closing.closing(Some(closing.statement().unwrap_or(&nothing_said)), ctx.now);
        let gate = asked.gate();
        let packet = Packet {
            header: header(&ticket),
            site_and_access: site_and_access(&mut tx, &ticket).await?,
            asset: asset(&mut tx, &ticket).await?,
            work_scope: work_scope(&mut tx, &ticket).await?,
            evidence_requirements: EvidenceRequirements {
                template_version: gate.template_version,
                required_evidence: RequiredEvidence::of(&gate),
                evidence_items: closing.items.iter().map(Into::into).collect(),
            },
            checklist: checklist(&closing, &gate),
            closeout_gate: (&gate).into(),
            timeline: PacketTimeline {
                events: audit::count_of_ticket(&mut tx, id).await?,
                latest_events: timeline::latest(&mut tx, id, LATEST_EVENTS).await?,
            },
            actions: actions::on_ticket(PACKET, &ctx.actor, id, &facts, |command| guard(command, &asked, &gate)),
        };
        Ok(PacketBody { generated_at: ctx.now, actor: ActorBody::of(&ctx.actor, tool.unwrap_or(row.tool)), packet })
    }
}

/// Whoever does work reads the packets of its own work only.
fn own(ctx: &Ctx, facts: &Facts) -> Result<(), Refusal> {
    let does_work = matches!(ctx.actor.role, Role::Technician | Role::Vendor);
    if does_work && facts.performer != Performer::Actor {
        return Err(Refusal::new(Code::NotAssigned, "the ticket is not assigned to the caller"));
    }
    Ok(())
}

/// The gate stands before the end of the work, and a person before that of risky work.
fn guard(command: Command, closing: &Closing<'_>, gate: &Gate) -> Result<(), Refusal> {
    match command {
        Command::Candidate => closing.risk().passed(gate).and_then(|()| gate.passed()),
        Command::Complete => gate.passed(),
        _ => Ok(()),
    }
}

fn header(ticket: &Ticket) -> Header {
    Header {
        ticket_id: ticket.id.into(),
        code: ticket.code.clone(),
        priority: ticket.priority.as_str(),
        incident_type: ticket.incident_type.clone(),
        current_state: ticket.state.as_str(),
        scheduled_window: ScheduledWindow { start: ticket.scheduled_start, end: ticket.scheduled_end },
        assigned_provider_id: ticket.assigned_provider_id.map(Into::into),
        assigned_tech_id: ticket.assigned_tech_id.map(Into::into),
        version: ticket.version,
    }
}

async fn site_and_access(tx: &mut Tx, ticket: &Ticket) -> Result<SiteAndAccess, CommandError> {
    let site = sites::by_id(tx, ticket.site_id).await?.ok_or(CommandError::NoSuchTicket)?;
    let contact = packet::onsite_contact(tx, ticket.site_id).await?;
    let requester = || {
        let name = ticket.customer_name.clone()?;
        Some(Contact { name, phone: ticket.contact_phone.clone(), role: "requester".into() })
    };
    let contact = contact.map(|contact| Contact {
        name: contact.name,
        phone: contact.phone,
        role: contact.relation.as_str().to_owned(),
    });
    Ok(SiteAndAccess {
        site_id: site.id.into(),
        site_name: site.name,
        address: Address {
            address1: site.address1,
            address2: site.address2,
            unit: site.unit,
            city: site.city,
            region: site.region,
            postal_code: site.postal_code,
            country: site.country,
        },
        timezone: site.timezone,
        access_instructions: site.access_instructions,
        hazards: ticket.risk_flags.clone(),
        onsite_contact: contact.or_else(requester),
    })
}

async fn asset(tx: &mut Tx, ticket: &Ticket) -> Result<Option<PacketAsset>, CommandError> {
    let Some(id) = ticket.asset_id else { return Ok(None) };
    let asset = assets::by_id(tx, id).await?;
    Ok(asset.map(|asset| PacketAsset {
        id: asset.id.into(),
        kind: asset.kind.as_str(),
        tag: asset.tag,
        make: asset.make,
        model: asset.model,
        year: asset.year,
        vin: asset.vin,
        stock_no: asset.stock_no,
        serial: asset.serial,
        install_date: asset.install_date,
        warranty_end: asset.warranty_end,
    }))
}

async fn work_scope(tx: &mut Tx, ticket: &Ticket) -> Result<WorkScope, CommandError> {
    let lines = ticket_services::of_ticket(tx, ticket.id).await?;
    let is_asked = approvals::pending(tx, ticket.id).await?.is_some();
    let limits = [
        ("NTE_LIMIT", ticket.nte_cents > 0),
        ("APPROVAL_PENDING", is_asked),
        ("LISTED_SERVICES_ONLY", !lines.is_empty()),
        ("REVIEW_REQUIRED", ticket.review_required),
    ];
    Ok(WorkScope {
        summary: ticket.summary.clone(),
        customer_description: ticket.description.clone(),
        services: lines
            .into_iter()
            .map(|line| PacketService {
                service_id: line.service_id.into(),
                code: line.code,
                name: line.name,
                qty: hundredths(line.qty_hundredths),
            })
            .collect(),
        nte_cents: ticket.nte_cents,
        currency: ticket.currency.clone(),
        authorized_scope_constraints: limits.into_iter().filter(|(_, holds)| *holds).map(|(word, _)| word).collect(),
    })
}

/// A quantity as people write it.
#[expect(clippy::cast_precision_loss, reason = "quantities are far below the 53 bits that a float holds exactly")]
fn hundredths(quantity: i64) -> f64 {
    quantity as f64 / 100.0
}

fn checklist(closing: &ClosingFacts, gate: &Gate) -> Checklist {
    let keys = closing.template.iter().flat_map(|template| &template.required_checklist_keys);
    Checklist {
        required_items: keys
            .map(|key| ChecklistItem { key: key.clone(), checked: !gate.missing_checklist_keys.contains(key) })
            .collect(),
        source: if closing.completion.is_some() { "latest_completion_attempt" } else { "none_recorded" },
    }
}
