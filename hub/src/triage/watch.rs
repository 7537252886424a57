//! The watch: every open conversation has an owner, a queue or an answer that is awaited. What has none gets one, and
//! whoever leads is told. Source: domain, triage flow.

use chrono::TimeDelta;
use patchbay_core::Ctx;
use patchbay_core::conversation::{ConversationStatus, Trigger};
use patchbay_core::event::EventName;
use patchbay_core::ids::ConversationId;
use patchbay_core::triage::RouteReason;
use patchbay_store::{StoreError, annotations, conversations, events, triage_states};
use serde_json::json;

use super::facts::Known;
use super::hear::{keep, load};
use super::route::{Case, route};
use crate::body::ConversationBody;
use crate::feed::{conversation_event, placement};
use crate::service_levels;
use crate::state::Hub;

/// Conversations that are looked after in one go.
const BITE: i64 = 100;
/// How long something may be adrift: what is under way ends before.
const ADRIFT_AFTER: TimeDelta = TimeDelta::minutes(2);
/// How long a queue may keep a customer waiting before somebody is told.
const WAITS_AFTER: TimeDelta = TimeDelta::minutes(15);

/// What a look found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Watched {
    /// Customers who did not answer the menu, and went to their team.
    pub unanswered: usize,
    /// Conversations that belonged nowhere, and went to a queue.
    pub adrift: usize,
    /// Customers whom nobody takes.
    pub left_waiting: usize,
}

/// Looks once.
pub async fn watch(hub: &Hub, ctx: &Ctx) -> Result<Watched, StoreError> {
    let mut watched = Watched::default();
    let overdue = triage_states::overdue(&mut hub.db.read().await?, ctx.now, BITE).await?;
    for id in overdue {
        watched.unanswered += usize::from(go_on_without(hub, ctx, id).await?);
    }
    let adrift = triage_states::adrift(&mut hub.db.read().await?, ctx.now - ADRIFT_AFTER, BITE).await?;
    for id in adrift {
        watched.adrift += usize::from(bring_home(hub, ctx, id).await?);
    }
    let waiting = triage_states::left_waiting(&mut hub.db.read().await?, ctx.now - WAITS_AFTER, BITE).await?;
    for id in waiting {
        watched.left_waiting += usize::from(tell_of(hub, ctx, id).await?);
    }
    Ok(watched)
}

/// Sends a conversation whose customer did not answer to its team.
async fn go_on_without(hub: &Hub, ctx: &Ctx, id: ConversationId) -> Result<bool, StoreError> {
    let mut tx = hub.db.begin().await?;
    let Some(row) = conversations::lock(&mut tx, id).await? else { return Ok(false) };
    let (mut state, plan) = load(&mut tx, &row).await?;
    state.leave(RouteReason::Unanswered);
    let directory = hub.gate.directory.load_full();
    let known = Known::of(&mut tx, &directory, &row, ctx.now).await?;
    let is_under_way = matches!(row.status, ConversationStatus::New | ConversationStatus::Triage);
    let mut case = Case { directory, known, row, state, plan, decided: None };
    if is_under_way {
        route(&mut tx, ctx, &mut case, RouteReason::Unanswered).await?;
    }
    keep(&mut tx, ctx, &case).await?;
    tx.commit().await?;
    Ok(is_under_way)
}

/// Puts a conversation that belongs nowhere into its team's queue.
async fn bring_home(hub: &Hub, ctx: &Ctx, id: ConversationId) -> Result<bool, StoreError> {
    let mut tx = hub.db.begin().await?;
    let Some(mut row) = conversations::lock(&mut tx, id).await? else { return Ok(false) };
    let directory = hub.gate.directory.load_full();
    let has_owner = row.assigned_to.is_some_and(|id| directory.users.get(&id).is_none_or(|user| user.is_active));
    let is_fine = (row.status.is_held() && has_owner) || row.status == ConversationStatus::Queued;
    let Some(next) = row.status.after(Trigger::Queue).filter(|_| !is_fine) else { return Ok(false) };
    let before = placement(&row);
    row.status = next;
    row.previous_assignee = row.assigned_to.take().or(row.previous_assignee);
    row.team_id = row.team_id.or_else(|| directory.inboxes.get(&row.inbox_id).and_then(|inbox| inbox.team_id));
    row.updated_at = ctx.now;
    service_levels::follow(&mut tx, ctx, &directory, &mut row).await?;
    conversations::update(&mut tx, std::slice::from_ref(&row)).await?;
    row.version += 1;
    annotations::record_event(&mut tx, ctx, id, "brought_home", json!({})).await?;
    let body = ConversationBody::of(&row, &directory);
    let event = conversation_event(ctx, EventName::ConversationUpdated, &row, body, Some(before));
    events::append(&mut tx, &[event]).await?;
    service_levels::raise(&mut tx, ctx, &row, "CONVERSATION_ADRIFT", json!({})).await?;
    tx.commit().await?;
    Ok(true)
}

/// Tells of a customer whom nobody takes, once for each wait.
async fn tell_of(hub: &Hub, ctx: &Ctx, id: ConversationId) -> Result<bool, StoreError> {
    let mut tx = hub.db.begin().await?;
    let Some(row) = conversations::lock(&mut tx, id).await? else { return Ok(false) };
    if row.status != ConversationStatus::Queued {
        return Ok(false);
    }
    annotations::record_event(&mut tx, ctx, id, "left_waiting", json!({})).await?;
    let details = json!({ "waiting_since": row.waiting_since });
    service_levels::raise(&mut tx, ctx, &row, "CONVERSATION_UNASSIGNED", details).await?;
    tx.commit().await?;
    Ok(true)
}
