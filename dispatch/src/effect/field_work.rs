//! The commands about the work on site: load the attempts to reach the contact and what the performer is in work on,
//! decide, write rejections, attempts, approvals and appointments.

use patchbay_core::ids::RecordId;
use patchbay_core::ticket::field_work::{
    Rejected, accept, check_in, decline, force_hold, force_unassign, hold, request_change, resume,
};
use patchbay_core::ticket::{Command, TicketState};
use patchbay_store::contact_attempts::{self, ContactAttemptRow};
use patchbay_store::performer_rejections::{self, RejectionRow};
use patchbay_store::{StoreError, appointments, approvals};
use serde_json::{Map, json};

use super::assignment;
use crate::error::CommandError;
use crate::work::{Done, Effect, Work};

/// Carries out a command of this family.
pub(super) async fn run(work: &mut Work<'_>) -> Result<Effect, CommandError> {
    match work.command() {
        Command::TechAccept => accept(work),
        Command::TechDecline => decline(work).await,
        Command::CheckIn => check_in(work).await,
        Command::TechHold => hold(work).await,
        Command::TechResume => resume(work).await,
        Command::RequestChange => request_change(work).await,
        Command::ForceHold => Ok(force_hold::decide(work.ticket).into()),
        _ => force_unassign(work).await,
    }
}

fn accept(work: &mut Work<'_>) -> Result<Effect, CommandError> {
    let asked: accept::Acceptance = work.input()?;
    let change = accept::decide(work.ticket, &asked, work.ctx().now);
    Ok(change.map_or_else(|| Effect::AlreadySo(Map::new()), Effect::from))
}

async fn decline(work: &mut Work<'_>) -> Result<Effect, CommandError> {
    let asked: decline::Refusing = work.input()?;
    let (change, rejected) = decline::decide(work.ticket);
    remember(work, rejected, asked.reason).await?;
    appointments::give(work.tx, work.ticket.id, None, None, work.asked.ctx.now).await?;
    Ok(change.into())
}

async fn check_in(work: &mut Work<'_>) -> Result<Effect, CommandError> {
    let arrival: check_in::Arrival = work.input()?;
    let change = check_in::decide(work.ticket, &arrival, work.ctx().now)?;
    assignment::require_near(work).await?;
    Ok(change.into())
}

async fn hold(work: &mut Work<'_>) -> Result<Effect, CommandError> {
    let asked: hold::Blocked = work.input()?;
    let (ticket, ctx) = (work.ticket, work.asked.ctx);
    let recorded = contact_attempts::count(work.tx, ticket.id).await?;
    let change = hold::decide(ticket, &asked, recorded, ctx.now)?;
    for attempt in asked.contact_attempts {
        let row = ContactAttemptRow {
            id: RecordId::new(),
            ticket_id: ticket.id,
            attempted_at: attempt.at,
            method: attempt.method,
            outcome: attempt.outcome,
            actor_id: ctx.actor.id,
            created_at: ctx.now,
        };
        contact_attempts::insert(work.tx, &row).await?;
    }
    Ok(change.into())
}

async fn resume(work: &mut Work<'_>) -> Result<Effect, CommandError> {
    let change = resume::decide(work.ticket);
    if change.ticket.state == TicketState::InProgress {
        assignment::require_near(work).await?;
    }
    Ok(change.into())
}

async fn request_change(work: &mut Work<'_>) -> Result<Effect, CommandError> {
    let asked: request_change::Request = work.input()?;
    let ctx = work.asked.ctx;
    let (change, approval) = request_change::decide(work.ticket, asked, &ctx.actor, ctx.now)?;
    approvals::insert(work.tx, &approval).await?;
    Ok(Done::with(change, "approval", json!(approval)).into())
}

async fn force_unassign(work: &mut Work<'_>) -> Result<Effect, CommandError> {
    let asked: force_unassign::Revocation = work.input()?;
    let (ticket, now) = (work.ticket.id, work.ctx().now);
    let (change, rejected) = force_unassign::decide(work.ticket, &asked, now);
    if let Some(rejected) = rejected {
        remember(work, rejected, asked.reason).await?;
    }
    match change.ticket.state {
        TicketState::Scheduled => appointments::give(work.tx, ticket, None, None, now).await?,
        _ => appointments::cancel_live(work.tx, ticket, now).await?,
    }
    Ok(change.into())
}

/// Whoever is rejected is not asked again to do this work.
async fn remember(work: &mut Work<'_>, rejected: Rejected, reason: String) -> Result<(), StoreError> {
    let row = RejectionRow {
        id: RecordId::new(),
        ticket_id: work.ticket.id,
        technician_id: rejected.technician,
        vendor_id: rejected.vendor,
        reason,
        created_at: work.ctx().now,
    };
    performer_rejections::insert(work.tx, &row).await
}
