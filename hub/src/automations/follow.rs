//! Follows the feed. Each event is one transaction: the runs it brings, claimed under its id, their effects and what
//! takes them back. The place in the feed is written down behind them: what is seen twice runs once.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use patchbay_core::Ctx;
use patchbay_core::automation::{Action, Matches, RunOutcome};
use patchbay_core::channel::SenderType;
use patchbay_core::event::EventName;
use patchbay_core::ids::ConversationId;
use patchbay_store::automations::{self, AutomationRow};
use patchbay_store::feed::{self, Position, StoredEvent};
use patchbay_store::{StoreError, Tx, conversations};
use serde_json::{Value, json};

use super::macros::case_of;
use super::run::{OnRefusal, begin, carry_out, is_circling};
use crate::error::HubError;
use crate::service_levels;
use crate::state::Hub;

const READER: &str = "automations";
/// Events that are looked at in one go.
const BATCH: i64 = 100;
/// How often the place in the feed is written down while nothing happens: writing costs a commit.
const SAVE_EVERY: TimeDelta = TimeDelta::seconds(10);
/// What happened longer ago than this is no news to automations that were switched on just now.
const OLD_NEWS: TimeDelta = TimeDelta::hours(1);

/// An automation made ready.
struct Ready {
    row: AutomationRow,
    on: Vec<EventName>,
    when: Matches,
    then: Vec<Action>,
}

/// What is stored but not what this release writes never runs.
fn ready(row: AutomationRow) -> Option<Ready> {
    let on = serde_json::from_value(row.events.clone()).ok()?;
    let when = serde_json::from_value(row.conditions.clone()).ok()?;
    let then = serde_json::from_value(row.actions.clone()).ok()?;
    Some(Ready { row, on, when, then })
}

/// Where this node is in the feed, and the automations it knows.
#[derive(Default)]
pub struct Reader {
    seen: Position,
    saved_at: Option<DateTime<Utc>>,
    mark: Option<i64>,
    known: Arc<[Ready]>,
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader").field("seen", &self.seen).field("known", &self.known.len()).finish_non_exhaustive()
    }
}

impl Reader {
    /// Looks at the next events. Tells how many there were that automations wait for; 0: there are no more.
    pub async fn take(&mut self, hub: &Hub) -> Result<usize, StoreError> {
        let now = hub.gate.clock.now();
        let mut reading = hub.db.read().await?;
        let mark = automations::mark(&mut reading).await?;
        if self.mark != Some(mark) {
            self.known = automations::in_force(&mut reading).await?.into_iter().filter_map(ready).collect();
            self.mark = Some(mark);
        }
        let stored = feed::position_of(&mut reading, READER).await?;
        let from = self.seen.max(stored);
        let latest = feed::bounds(&mut reading).await?.latest;
        let names: BTreeSet<&str> = self.known.iter().flat_map(|known| &known.on).map(|event| event.as_str()).collect();
        let names: Vec<&str> = names.into_iter().collect();
        let events =
            if names.is_empty() { Vec::new() } else { feed::named_after(&mut reading, from, &names, BATCH).await? };
        drop(reading);
        let is_full = i64::try_from(events.len()) == Ok(BATCH);
        let end =
            events.last().map_or(latest, |event| if is_full { event.position } else { event.position.max(latest) });
        if end <= from {
            return Ok(0);
        }
        for event in &events {
            if stored == Position::START && now - event.created_at > OLD_NEWS {
                continue;
            }
            run_for(hub, &self.known, event).await?;
        }
        if !events.is_empty() || self.saved_at.is_none_or(|at| now - at >= SAVE_EVERY) {
            let mut tx = hub.db.begin().await?;
            if feed::advance(&mut tx, READER, (stored, end), now).await? {
                tx.commit().await?;
                self.saved_at = Some(now);
            } else {
                // Another node is ahead.
                tx.rollback().await?;
                self.seen = Position::START;
                return Ok(events.len());
            }
        }
        self.seen = end;
        Ok(events.len())
    }
}

/// What was said, if the event is about a message.
fn said(event: &StoredEvent) -> Option<(String, SenderType)> {
    let payload: Value = serde_json::from_str(&event.payload).ok()?;
    let message = payload.get("message").or_else(|| payload.pointer("/conversation/last_message"))?;
    let text = message.pointer("/content/text").and_then(Value::as_str).unwrap_or_default().to_owned();
    Some((text, message.pointer("/sender/type")?.as_str()?.parse().ok()?))
}

async fn run_for(hub: &Hub, known: &[Ready], event: &StoredEvent) -> Result<(), StoreError> {
    let (Some(id), Ok(name)) = (event.conversation_id, event.name.parse::<EventName>()) else { return Ok(()) };
    if !known.iter().any(|known| known.on.contains(&name)) {
        return Ok(());
    }
    let ctx = Ctx::system(hub.gate.clock.now(), format!("automation:{}", event.id));
    let said = said(event);
    let mut tx = hub.db.begin().await?;
    if !automations::effects_among(&mut tx, &[event.id]).await?.is_empty() {
        return tx.rollback().await;
    }
    let mut runs = 0;
    // What happened before somebody made an automation is not its concern.
    let concerned = |known: &&Ready| known.on.contains(&name) && known.row.created_at <= event.created_at;
    for known in known.iter().filter(concerned) {
        match run_one(&mut tx, hub, &ctx, (known, id, event), said.as_ref()).await {
            Ok(ran) => runs += usize::from(ran),
            Err(HubError::Store(error)) => return Err(error),
            // Each action notes its own refusal; nothing else refuses.
            Err(HubError::Refused(refusal)) => {
                tracing::warn!(automation.id = %known.row.id, code = refusal.code().as_str(), "an automation was refused");
                return tx.rollback().await;
            }
        }
    }
    if runs == 0 { tx.rollback().await } else { tx.commit().await }
}

async fn run_one(
    tx: &mut Tx,
    hub: &Hub,
    ctx: &Ctx,
    (known, id, event): (&Ready, ConversationId, &StoredEvent),
    said: Option<&(String, SenderType)>,
) -> Result<bool, HubError> {
    // As it stands now: what came before in this very transaction counts.
    let Some(row) = conversations::lock(tx, id).await? else { return Ok(false) };
    let case = case_of(hub, ctx, &row, said.map(|(text, sender)| (text.as_str(), *sender)));
    if !known.when.hold(&case) {
        return Ok(false);
    }
    let mut run = begin(ctx, &known.row, event.id.into(), id);
    if !automations::claim_run(tx, &run).await? {
        return Ok(false);
    }
    if is_circling(tx, &run, &known.then).await? {
        run.outcome = RunOutcome::Stopped;
        automations::settle_run(tx, &run).await?;
        let details = json!({ "automation_id": known.row.id, "automation": known.row.name });
        service_levels::raise(tx, ctx, &row, "AUTOMATION_STOPPED", details).await?;
        metrics::counter!("automation_runs_total", "outcome" => run.outcome.as_str()).increment(1);
        return Ok(true);
    }
    carry_out(tx, hub, ctx, (&mut run, &known.then), OnRefusal::GoOn).await?;
    Ok(true)
}
