//! Changes of an alert: how it stands, who looks after it, and telling the screens.

use chrono::{DateTime, Utc};
use patchbay_core::Ctx;
use patchbay_core::alert::{Ladder, NotFromHere, Trigger};
use patchbay_core::directory::Directory;
use patchbay_core::event::{Audience, EventName, NewEvent};
use patchbay_core::ids::{AlertId, EventId, JobId, UserId};
use patchbay_core::job::{JobKind, JobQueue, NewJob};
use patchbay_store::alerts::{self, AlertRow};
use patchbay_store::{StoreError, Tx, events, jobs};
use serde_json::json;

use super::body::AlertBody;

/// How often a timer is tried before it becomes a dead letter.
const TIMER_TRIES: i64 = 20;

/// By which way somebody says that they look after an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Via {
    Console,
    Sms,
    Email,
}

impl Via {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Console => "console",
            Self::Sms => "sms",
            Self::Email => "email",
        }
    }
}

/// Changes how an alert stands, on the row alone.
pub(super) fn turn(row: &mut AlertRow, trigger: Trigger, now: DateTime<Utc>) -> Result<(), NotFromHere> {
    let ladder: Ladder = serde_json::from_value(row.ladder.clone()).unwrap_or_default();
    let mut life = row.life();
    life.on(trigger, &ladder, now)?;
    row.live(&life);
    row.updated_at = now;
    Ok(())
}

/// Somebody looks after an alert, on the row alone.
pub(super) fn acknowledge(row: &mut AlertRow, ctx: &Ctx, user: UserId, via: Via) -> Result<(), NotFromHere> {
    let was = row.state;
    turn(row, Trigger::Acknowledge, ctx.now)?;
    if row.state != was {
        row.acknowledged_at = Some(ctx.now);
        row.acknowledged_by = Some(ctx.actor.id);
        row.acknowledged_via = Some(via.as_str().to_owned());
        row.owner_id = Some(user);
    }
    Ok(())
}

/// Writes a changed alert, sets its timer and tells the screens.
pub(super) async fn write(tx: &mut Tx, ctx: &Ctx, directory: &Directory, row: &mut AlertRow) -> Result<(), StoreError> {
    alerts::update(tx, row).await?;
    set_timer(tx, ctx, row.id, row.life().next_at()).await?;
    emit(tx, ctx, directory, EventName::AlertUpdated, row).await
}

/// An alert is over by itself.
pub(super) async fn end(
    tx: &mut Tx,
    ctx: &Ctx,
    directory: &Directory,
    id: AlertId,
    reason: &str,
) -> Result<(), StoreError> {
    let Some(mut row) = alerts::lock(tx, id).await?.filter(|row| row.resolved_at.is_none()) else { return Ok(()) };
    if turn(&mut row, Trigger::Resolve, ctx.now).is_err() {
        return Ok(());
    }
    row.resolved_at = Some(ctx.now);
    row.resolved_reason = Some(reason.to_owned());
    write(tx, ctx, directory, &mut row).await
}

/// Promises to look at an alert when something is due; to be called under its lock.
pub(super) async fn set_timer(
    tx: &mut Tx,
    ctx: &Ctx,
    id: AlertId,
    next: Option<DateTime<Utc>>,
) -> Result<(), StoreError> {
    let Some(run_at) = next else { return Ok(()) };
    let job = NewJob {
        id: JobId::new(),
        queue: JobQueue::High,
        kind: JobKind::AlertTimer,
        lane: None,
        dedupe_key: Some(format!("alert_timer:{id}")),
        payload: json!({ "alert_id": id }),
        run_at,
        max_attempts: TIMER_TRIES,
    };
    jobs::set_timers(tx, ctx, &[job]).await
}

/// Tells the screens of those who may see an alert.
pub(super) async fn emit(
    tx: &mut Tx,
    ctx: &Ctx,
    directory: &Directory,
    name: EventName,
    row: &AlertRow,
) -> Result<(), StoreError> {
    events::append(tx, &[event(ctx, directory, name, row, row.owner_id)]).await
}

/// An event about an alert; `person` sees it beside those who lead.
pub(super) fn event(
    ctx: &Ctx,
    directory: &Directory,
    name: EventName,
    row: &AlertRow,
    person: Option<UserId>,
) -> NewEvent {
    NewEvent {
        id: EventId::new(),
        name,
        conversation_id: row.conversation_id,
        conversation_seq: None,
        ticket_id: row.ticket_id,
        audience: Audience { inbox_id: row.inbox_id, team_id: row.team_id, assigned_to: person, ..Audience::default() },
        payload: json!({ "alert": AlertBody::of(row, directory), "user_id": person }).to_string(),
        created_at: ctx.now,
    }
}
