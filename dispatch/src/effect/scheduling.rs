//! The commands about the date: load what is on offer and what freezes the schedule, decide, write options, holds and
//! appointments.

mod hold;

use chrono::{DateTime, Utc};
use patchbay_core::ids::{AppointmentId, RecordId, ScheduleOptionId};
use patchbay_core::ticket::schedule::return_visit::Visit;
use patchbay_core::ticket::schedule::{Window, confirm, propose, reject, reschedule, return_visit};
use patchbay_core::ticket::words::{AppointmentStatus, ConfirmationMethod};
use patchbay_core::ticket::{Command, Ticket};
use patchbay_store::appointments::{self, AppointmentRow};
use patchbay_store::schedules::{self, OptionRow};
use patchbay_store::{StoreError, Tx};

use crate::error::CommandError;
use crate::work::{Effect, Work};

/// Carries out a command of this family.
pub(super) async fn run(work: &mut Work<'_>) -> Result<Effect, CommandError> {
    match work.command() {
        Command::SchedulePropose => propose(work).await,
        Command::ScheduleConfirm => confirm(work).await,
        Command::ScheduleReject => reject(work).await,
        Command::ScheduleHold => hold::freeze(work).await,
        Command::ScheduleRelease => hold::release(work).await,
        Command::ScheduleRollback => hold::roll_back(work).await,
        Command::ScheduleReschedule => reschedule(work).await,
        _ => return_visit(work).await,
    }
}

async fn propose(work: &mut Work<'_>) -> Result<Effect, CommandError> {
    let proposal: propose::Proposal = work.input()?;
    let (ticket, now) = (work.ticket.id, work.ctx().now);
    let change = propose::decide(work.ticket, &proposal, now)?;
    let source = propose::source(&work.ctx().actor);
    schedules::close_options(work.tx, ticket, now).await?;
    let proposal_id = RecordId::new();
    for (position, option) in (1..).zip(&proposal.options) {
        let row = OptionRow {
            id: ScheduleOptionId::new(),
            ticket_id: ticket,
            proposal_id,
            position,
            starts_at: option.start,
            ends_at: option.end,
            source,
            created_at: now,
            closed_at: None,
        };
        schedules::offer(work.tx, &row).await?;
    }
    Ok(change.into())
}

async fn confirm(work: &mut Work<'_>) -> Result<Effect, CommandError> {
    let confirmation: confirm::Confirmation = work.input()?;
    let (ticket, now) = (work.ticket, work.ctx().now);
    let offered = schedules::live_options(work.tx, ticket.id).await?;
    let offered: Vec<Window> =
        offered.iter().map(|option| Window { start: option.starts_at, end: option.ends_at }).collect();
    let actor = &work.asked.ctx.actor;
    let change = confirm::decide(ticket, &confirmation, &offered, actor, now)?;
    schedules::close_options(work.tx, ticket.id, now).await?;
    let (window, method) = (confirmation.window, confirm::method(actor));
    match appointments::live(work.tx, ticket.id).await? {
        Some(tentative) if (tentative.starts_at, tentative.ends_at) == (window.start, window.end) => {
            appointments::confirm(work.tx, tentative.id, method, actor.id, now).await?;
        }
        _ => replace(work, window, method).await?,
    }
    Ok(change.into())
}

async fn reject(work: &mut Work<'_>) -> Result<Effect, CommandError> {
    let change = reject::decide(work.ticket);
    give_up(work.tx, work.ticket, work.asked.ctx.now).await?;
    Ok(change.into())
}

async fn reschedule(work: &mut Work<'_>) -> Result<Effect, CommandError> {
    let asked: reschedule::Rescheduling = work.input()?;
    let change = reschedule::decide(work.ticket, &asked, work.ctx().now)?;
    replace(work, asked.window, Some(ConfirmationMethod::Operator)).await?;
    Ok(change.into())
}

async fn return_visit(work: &mut Work<'_>) -> Result<Effect, CommandError> {
    let (ticket, now) = (work.ticket.id, work.ctx().now);
    let (change, visit) = return_visit::decide(work.ticket);
    match visit {
        Visit::Kept => appointments::keep_live(work.tx, ticket, now).await?,
        Visit::Missed => appointments::cancel_live(work.tx, ticket, now).await?,
    }
    Ok(change.into())
}

/// Makes a confirmed appointment in the place of the live one.
async fn replace(work: &mut Work<'_>, window: Window, method: Option<ConfirmationMethod>) -> Result<(), StoreError> {
    let (ticket, now) = (work.ticket.id, work.ctx().now);
    appointments::cancel_live(work.tx, ticket, now).await?;
    let row = AppointmentRow {
        id: AppointmentId::new(),
        ticket_id: ticket,
        technician_id: None,
        vendor_id: None,
        starts_at: window.start,
        ends_at: window.end,
        status: AppointmentStatus::Confirmed,
        confirmation_method: method,
        confirmed_by: Some(work.ctx().actor.id),
        created_at: now,
        updated_at: now,
    };
    appointments::insert(work.tx, &row).await
}

/// No window is on offer, nothing freezes the schedule, and there is no appointment any more.
async fn give_up(tx: &mut Tx, ticket: &Ticket, now: DateTime<Utc>) -> Result<(), StoreError> {
    schedules::close(tx, ticket.id, now).await?;
    appointments::cancel_live(tx, ticket.id, now).await
}
