//! The clocks of a conversation go with it: set whenever it is written.

use patchbay_core::Ctx;
use patchbay_core::directory::Directory;
use patchbay_core::event::{EventName, NewEvent};
use patchbay_core::ids::{EventId, JobId};
use patchbay_core::job::{JobKind, JobQueue, NewJob};
use patchbay_core::sla::{SlaFacts, SlaPolicies, SlaTarget, SlaTrack};
use patchbay_store::conversations::ConversationRow;
use patchbay_store::sla_policies::{self, NewViolation};
use patchbay_store::{StoreError, Tx, events, jobs};
use serde_json::json;

use crate::feed::audience;

/// How often a timer is tried before it becomes a dead letter.
const TIMER_TRIES: i64 = 20;

fn facts(row: &ConversationRow) -> SlaFacts {
    SlaFacts {
        started_at: row.created_at,
        first_response_at: row.first_response_at,
        status: row.status,
        closed_at: row.closed_at,
    }
}

/// Sets the clocks of a conversation that begins; its timer is for [`set_timers`].
pub(crate) fn begin(ctx: &Ctx, directory: &Directory, row: &mut ConversationRow) {
    row.sla = track_of(ctx, &directory.sla, row);
}

fn track_of(ctx: &Ctx, policies: &SlaPolicies, row: &ConversationRow) -> Option<SlaTrack> {
    let policy = policies.of(row.team_id, row.priority).map(AsRef::as_ref);
    SlaTrack::follow(row.sla.as_ref(), policy, facts(row), ctx.now)
}

/// Sets the clocks of a conversation that is about to be written, and its timer. What turns out to be too late is kept
/// and told.
pub(crate) async fn follow(
    tx: &mut Tx,
    ctx: &Ctx,
    directory: &Directory,
    row: &mut ConversationRow,
) -> Result<(), StoreError> {
    follow_under(tx, ctx, &directory.sla, row).await
}

pub(super) async fn follow_under(
    tx: &mut Tx,
    ctx: &Ctx,
    policies: &SlaPolicies,
    row: &mut ConversationRow,
) -> Result<(), StoreError> {
    let now = track_of(ctx, policies, row);
    let before = std::mem::replace(&mut row.sla, now);
    let Some(track) = row.sla.clone() else { return Ok(()) };
    if before.as_ref() == Some(&track) {
        return Ok(());
    }
    for target in [SlaTarget::FirstResponse, SlaTarget::Resolution] {
        let clock = |track: &SlaTrack| match target {
            SlaTarget::FirstResponse => track.first_response.clone(),
            SlaTarget::Resolution => track.resolution.clone(),
        };
        let (was, is) = (before.as_ref().map(clock).unwrap_or_default(), clock(&track));
        if was.breached_at.is_none() && is.breached_at.is_some() {
            broke(tx, ctx, policies, row, target).await?;
        }
        if let (Some(met), None, Some(_)) = (is.met_at, was.met_at, is.breached_at) {
            sla_policies::settle(tx, row.id, target, (met - track.started_at).num_seconds()).await?;
        }
    }
    set_timers(tx, ctx, std::slice::from_ref(row)).await
}

/// Keeps a broken promise and tells whoever leads the team.
pub(super) async fn broke(
    tx: &mut Tx,
    ctx: &Ctx,
    policies: &SlaPolicies,
    row: &ConversationRow,
    target: SlaTarget,
) -> Result<(), StoreError> {
    let Some(track) = &row.sla else { return Ok(()) };
    let policy = policies.of(row.team_id, row.priority);
    let (span, clock) = match target {
        SlaTarget::FirstResponse => (policy.and_then(|policy| policy.first_response), &track.first_response),
        SlaTarget::Resolution => (policy.and_then(|policy| policy.resolution), &track.resolution),
    };
    let due_at = clock.breached_at.unwrap_or(ctx.now);
    let violation = NewViolation {
        conversation_id: row.id,
        target,
        policy_id: track.policy_id,
        policy_version: track.policy_version,
        team_id: row.team_id,
        priority: row.priority,
        target_s: span.map(|span| span.num_seconds()),
        due_at,
    };
    sla_policies::violate(tx, &violation, ctx.now).await?;
    metrics::counter!("sla_breaches_total", "target" => target.as_str()).increment(1);
    raise(tx, ctx, row, "SLA_BREACH", json!({ "target": target, "due_at": due_at })).await
}

/// Raises an alert about a conversation, for whoever leads its team.
pub(crate) async fn raise(
    tx: &mut Tx,
    ctx: &Ctx,
    row: &ConversationRow,
    code: &str,
    mut details: serde_json::Value,
) -> Result<(), StoreError> {
    details["code"] = code.into();
    details["conversation_id"] = json!(row.id);
    details["team_id"] = json!(row.team_id);
    details["priority"] = json!(row.priority);
    let event = NewEvent {
        id: EventId::new(),
        name: EventName::AlertRaised,
        conversation_id: Some(row.id),
        conversation_seq: None,
        ticket_id: None,
        audience: audience(row, None),
        payload: json!({ "alert": details }).to_string(),
        created_at: ctx.now,
    };
    events::append(tx, &[event]).await
}

/// Sets the timers of conversations: one for each that has something due. To be called under their locks.
pub(crate) async fn set_timers(tx: &mut Tx, ctx: &Ctx, rows: &[ConversationRow]) -> Result<(), StoreError> {
    let timers: Vec<NewJob> = rows.iter().filter_map(timer).collect();
    jobs::set_timers(tx, ctx, &timers).await
}

fn timer(row: &ConversationRow) -> Option<NewJob> {
    let run_at = row.sla.as_ref()?.next_at()?;
    Some(NewJob {
        id: JobId::new(),
        queue: JobQueue::Default,
        kind: JobKind::SlaTimer,
        lane: None,
        dedupe_key: Some(format!("sla_timer:{}", row.id)),
        payload: json!({ "conversation_id": row.id }),
        run_at,
        max_attempts: TIMER_TRIES,
    })
}
