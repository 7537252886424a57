//! Freezing the schedule, thawing it, giving it up.

use patchbay_core::ids::TicketId;
use patchbay_core::ticket::schedule::Window;
use patchbay_core::ticket::schedule::hold::{self, Freeze, Hold, Release, Rollback};
use patchbay_core::ticket::words::HoldStatus;
use patchbay_store::schedules::{self, HoldRow};
use patchbay_store::{StoreError, Tx};
use serde_json::{Map, json};

use super::give_up;
use crate::error::CommandError;
use crate::work::{Done, Effect, Work};

pub(super) async fn freeze(work: &mut Work<'_>) -> Result<Effect, CommandError> {
    let asked: Freeze = work.input()?;
    let active = active(work.tx, work.ticket.id).await?.map(|hold| hold.id);
    let ctx = work.ctx();
    let (change, hold) = hold::freeze(work.ticket, &asked, active, &ctx.actor, ctx.now)?;
    schedules::hold(work.tx, &row(work.ticket.id, &hold)).await?;
    let extra = Map::from_iter([("hold".to_owned(), json!(hold)), ("hold_id".to_owned(), json!(hold.id))]);
    Ok(Done { change, extra }.into())
}

pub(super) async fn release(work: &mut Work<'_>) -> Result<Effect, CommandError> {
    let asked: Release = work.input()?;
    let (ticket, now) = (work.ticket, work.ctx().now);
    let hold = active(work.tx, ticket.id).await?;
    let change = hold::release(ticket, &asked, hold.as_ref(), now)?;
    schedules::settle_hold(work.tx, ticket.id, HoldStatus::Released, now).await?;
    Ok(change.into())
}

pub(super) async fn roll_back(work: &mut Work<'_>) -> Result<Effect, CommandError> {
    let asked: Rollback = work.input()?;
    let (ticket, now) = (work.ticket, work.ctx().now);
    let hold = active(work.tx, ticket.id).await?;
    let change = hold::roll_back(ticket, &asked, hold.as_ref())?;
    give_up(work.tx, ticket, now).await?;
    Ok(change.into())
}

/// What freezes the schedule of a ticket.
async fn active(tx: &mut Tx, ticket: TicketId) -> Result<Option<Hold>, StoreError> {
    let row = schedules::active_hold(tx, ticket).await?;
    Ok(row.map(|row| Hold {
        id: row.id,
        reason: row.reason,
        held_state: row.held_state,
        held_window: row.held_start.zip(row.held_end).map(|(start, end)| Window { start, end }),
        confirmation_window: Window { start: row.confirm_from, end: row.confirm_until },
        status: row.status,
        created_by: row.created_by,
        created_at: row.created_at,
    }))
}

fn row(ticket: TicketId, hold: &Hold) -> HoldRow {
    HoldRow {
        id: hold.id,
        ticket_id: ticket,
        reason: hold.reason,
        held_state: hold.held_state,
        held_start: hold.held_window.map(|window| window.start),
        held_end: hold.held_window.map(|window| window.end),
        confirm_from: hold.confirmation_window.start,
        confirm_until: hold.confirmation_window.end,
        status: hold.status,
        created_by: hold.created_by,
        created_at: hold.created_at,
        settled_at: None,
    }
}
