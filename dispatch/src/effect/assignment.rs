//! The commands about who does the work: load what technicians can do and have to do, let the rule decide, keep the
//! ranking.

mod facts;
mod nearness;

use chrono::TimeDelta;
use patchbay_core::ids::{RecommendationId, TechnicianId};
use patchbay_core::ticket::Command;
use patchbay_core::ticket::assignment::dispatch::{self, Facts, Named, Order, Performer, Recommended};
use patchbay_core::ticket::assignment::recommend::{self, Question};
use patchbay_core::ticket::assignment::slot::LOOK_AHEAD;
use patchbay_store::recommendations::{self, RecommendationRow};
use patchbay_store::{appointments, approvals, services, technicians, vendors};
use serde_json::{Map, json};

use crate::error::CommandError;
use crate::work::{Done, Effect, Work};

pub(super) use nearness::require_near;

/// Carries out a command of this family.
pub(super) async fn run(work: &mut Work<'_>) -> Result<Effect, CommandError> {
    match work.command() {
        Command::Recommend => recommend(work).await,
        _ => send(work).await,
    }
}

async fn recommend(work: &mut Work<'_>) -> Result<Effect, CommandError> {
    let question: Question = work.input()?;
    let (ticket, ctx) = (work.ticket, work.asked.ctx);
    let window = recommend::window(ticket, &question)?;
    let skill = match services::by_code(work.tx, &question.service_type).await? {
        Some(service) => service.skill_key,
        None => Some(question.service_type.clone()),
    };
    let job = facts::job(work.tx, ticket, skill.into_iter().collect()).await?;
    let until = window.end.max(ctx.now + LOOK_AHEAD + TimeDelta::days(1));
    let candidates = facts::candidates(work.tx, ticket, window.start.min(ctx.now), until).await?;
    let ranking = recommend::rank(&question, &job, window, &candidates, ctx.now)?;
    let row = RecommendationRow {
        id: RecommendationId::new(),
        ticket_id: ticket.id,
        requested_by: ctx.actor.id,
        service_type: question.service_type,
        wanted: i64::try_from(ranking.limit).unwrap_or(i64::MAX),
        window_start: window.start,
        window_end: window.end,
        candidates: json!(ranking.candidates),
        recommended_tech_id: ranking.best(),
        created_at: ctx.now,
    };
    recommendations::insert(work.tx, &row).await?;
    let recommendation = json!({
        "id": row.id,
        "service_type": row.service_type,
        "window": window,
        "recommended_tech_id": row.recommended_tech_id,
        "candidates": row.candidates,
        "created_at": row.created_at,
    });
    let extra = Map::from_iter([
        ("recommendation_snapshot_id".to_owned(), json!(row.id)),
        ("recommendation".to_owned(), recommendation),
    ]);
    Ok(Done { change: recommend::decide(ticket, &ranking), extra }.into())
}

async fn send(work: &mut Work<'_>) -> Result<Effect, CommandError> {
    let order: Order = work.input()?;
    let (ticket, ctx) = (work.ticket, work.asked.ctx);
    let named = order.named()?;
    dispatch::check_start(ticket, &order)?;
    let skills = facts::needed_skills(work.tx, ticket).await?;
    let job = facts::job(work.tx, ticket, skills).await?;
    let performer = match named {
        Named::Technician(id) => technician(work, id).await?,
        Named::Vendor(id) => match vendors::by_id(work.tx, id).await? {
            Some(vendor) => facts::vendor(ticket, &vendor),
            None => Performer::Unknown,
        },
    };
    let recommended = match order.recommendation_snapshot_id {
        None => Recommended::NotAsked,
        Some(id) => match recommendations::by_id(work.tx, ticket.id, id).await? {
            Some(row) => Recommended::Technician(row.recommended_tech_id),
            None => Recommended::NoSuchRanking,
        },
    };
    let appointment = appointments::live(work.tx, ticket.id).await?;
    let facts = Facts {
        actor: &ctx.actor,
        performer,
        recommended,
        job,
        approval_pending: approvals::pending(work.tx, ticket.id).await?.is_some(),
        booked_vendor: appointment.and_then(|appointment| appointment.vendor_id),
    };
    let change = dispatch::decide(ticket, &order, &facts)?;
    let sent = (change.ticket.assigned_tech_id, change.ticket.assigned_provider_id);
    appointments::give(work.tx, ticket.id, sent.0, sent.1, ctx.now).await?;
    Ok(change.into())
}

/// The technician, locked: two jobs that begin at the same moment see each other.
async fn technician(work: &mut Work<'_>, id: TechnicianId) -> Result<Performer, CommandError> {
    if !technicians::lock(work.tx, id).await? {
        return Ok(Performer::Unknown);
    }
    let (ticket, now) = (work.ticket, work.asked.ctx.now);
    let found = technicians::by_id(work.tx, id).await?;
    let candidate = facts::complete(work.tx, ticket, found.into_iter().collect(), now, now).await?.pop();
    Ok(candidate.map_or(Performer::Unknown, |candidate| Performer::Technician(Box::new(candidate))))
}
