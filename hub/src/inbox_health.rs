//! How inboxes fare: noted by whoever sends and whoever takes in, shown with the inbox, told to the feed and to the
//! alerts when it changes. A paused inbox takes messages and sends none.

mod endpoints;

use chrono::TimeDelta;
use patchbay_core::ctx::Ctx;
use patchbay_core::directory::Directory;
use patchbay_core::event::{Audience, EventName, NewEvent};
use patchbay_core::ids::{EventId, InboxId};
use patchbay_core::inbox_health::{FORGET_AFTER, Health, HealthState, Signal};
use patchbay_dispatch::alerts::INBOX_UNHEALTHY;
use patchbay_store::inbox_health::{self as store, HealthRow};
use patchbay_store::{StoreError, Tx, alert_conditions, events};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

pub(crate) use endpoints::router;

/// How often it is written down that an inbox goes on working.
const STILL_WORKS: TimeDelta = TimeDelta::minutes(1);

/// How an inbox fares.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = InboxHealth)]
pub struct HealthBody {
    /// `ok`, `degraded`, `auth_failed`, `paused` or `disabled`.
    pub state: String,
    /// Since when; `null` when nothing has happened yet.
    pub since: Option<chrono::DateTime<chrono::Utc>>,
    /// Why it is not `ok`.
    pub reason: Option<String>,
    /// The provider's code, or one of ours, that made it so.
    pub code: Option<String>,
    /// When a provider last took a message.
    pub last_ok_at: Option<chrono::DateTime<chrono::Utc>>,
}

impl HealthBody {
    /// What is shown of a row.
    pub(crate) fn of(row: &HealthRow) -> Self {
        let shown = row.shown();
        let paused = shown == HealthState::Paused;
        Self {
            state: shown.to_string(),
            since: row.paused_at.or(Some(row.since)),
            reason: if paused { row.pause_reason.clone() } else { row.health().reason() },
            code: row.code.clone().filter(|_| !paused && shown != HealthState::Ok),
            last_ok_at: row.last_ok_at,
        }
    }
}

/// Notes what happened at an inbox. Cheap when nothing is new.
pub async fn note(
    tx: &mut Tx,
    ctx: &Ctx,
    directory: &Directory,
    inbox: InboxId,
    signal: Signal<'_>,
) -> Result<(), StoreError> {
    let row = store::of(tx, inbox).await?;
    if let (Some(row), Signal::Worked) = (&row, signal)
        && row.state == HealthState::Ok
        && row.failures == 0
        && row.last_ok_at.is_some_and(|at| ctx.now - at < STILL_WORKS)
    {
        return Ok(());
    }
    let is_known = row.is_some();
    let row = row.unwrap_or_else(|| HealthRow::new(inbox, ctx.now));
    let before = row.health();
    let health = before.after(signal, ctx.now);
    // A provider that is away fails many sends at once; each would wait for the row, and keep its connection, until the
    // one before is written.
    if is_known && !health.is_news_after(&before) {
        return Ok(());
    }
    change(tx, ctx, directory, row, health).await
}

/// Forgets trouble that nothing has confirmed for a while: wrong signatures end without anybody saying so. A refusal
/// stands until something works.
pub async fn forget_old_trouble(tx: &mut Tx, ctx: &Ctx, directory: &Directory) -> Result<(), StoreError> {
    for row in store::all(tx).await? {
        let old = row.last_failure_at.is_some_and(|at| ctx.now - at > FORGET_AFTER);
        if row.state == HealthState::Degraded && old {
            let last_ok_at = row.last_ok_at;
            change(tx, ctx, directory, row, Health { last_ok_at, ..Health::new(ctx.now) }).await?;
        }
    }
    Ok(())
}

async fn change(
    tx: &mut Tx,
    ctx: &Ctx,
    directory: &Directory,
    before: HealthRow,
    health: Health,
) -> Result<(), StoreError> {
    let (was, shown) = (before.state, before.shown());
    let row = before.with(health);
    store::put(tx, &row).await?;
    if row.state != was {
        let name = row.inbox_id.to_string();
        match row.state {
            HealthState::Ok | HealthState::Paused => alert_conditions::end(tx, INBOX_UNHEALTHY, &name).await?,
            HealthState::Degraded | HealthState::AuthFailed => {
                alert_conditions::begin(tx, INBOX_UNHEALTHY, &name, ctx.now).await?;
            }
        }
        metrics::counter!("inbox_health_changes_total", "state" => row.state.as_str()).increment(1);
    }
    if row.shown() != shown {
        tell(tx, ctx, directory, &row).await?;
    }
    Ok(())
}

/// Says in the feed how an inbox fares now.
async fn tell(tx: &mut Tx, ctx: &Ctx, directory: &Directory, row: &HealthRow) -> Result<(), StoreError> {
    let inbox = directory.inboxes.get(&row.inbox_id);
    let event = NewEvent {
        id: EventId::new(),
        name: EventName::InboxHealthChanged,
        conversation_id: None,
        conversation_seq: None,
        ticket_id: None,
        audience: Audience {
            inbox_id: Some(row.inbox_id),
            team_id: inbox.and_then(|inbox| inbox.team_id),
            // Whoever works in the team sees what its messages wait for.
            is_queued: true,
            ..Audience::default()
        },
        payload: json!({ "inbox": { "id": row.inbox_id, "name": inbox.map(|inbox| inbox.name.as_str()),
                                    "health": HealthBody::of(row) } })
        .to_string(),
        created_at: ctx.now,
    };
    events::append(tx, &[event]).await
}
