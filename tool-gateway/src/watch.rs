//! What the gateway keeps an eye on: an assistant that calls in a flurry, whose commits keep failing or who is refused
//! again and again is paused, and a system of others that does not answer is given to people. A supervisor is told.

use chrono::{DateTime, TimeDelta, Utc};
use patchbay_core::Ctx;
use patchbay_core::event::{Audience, EventName, NewEvent};
use patchbay_core::ids::{ConversationId, DeadLetterId, EventId, RecordId};
use patchbay_core::role::Role;
use patchbay_core::tool::Class;
use patchbay_store::dead_letters::{self, NewDeadLetter};
use patchbay_store::kill_switches::{self, SwitchRow};
use patchbay_store::tool_drafts::{self, DraftRow};
use patchbay_store::{StoreError, Tx, conversations, events, tool_invocations};
use serde_json::{Value, json};

use crate::audit::event;
use crate::drafts::moves_money;
use crate::gateway::Gateway;
use crate::limits;
use crate::outcome::{Outcome, Refusal};
use crate::scene::Scene;

/// The time in which a flurry of calls is counted. Source: domain, allowlist.
const FLURRY: TimeDelta = TimeDelta::minutes(5);
/// What the switch of a flurry says.
pub(crate) const FLURRY_REASON: &str = "too many calls in 5 minutes";
/// More failed commits than this in an hour do the same.
const MOST_FAILED: i64 = 3;
/// Failures of one system in so many seconds are told once. Source: domain, integration hub.
const TELL_EVERY: i64 = 900;

impl Gateway {
    /// Pauses the assistant of a conversation that calls in a flurry or whose commits keep failing.
    pub(crate) async fn watch_conversation(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        scene: &Scene,
        class: Class,
    ) -> Result<(), StoreError> {
        let id = scene.conversation.id;
        // A read cannot make a commit fail.
        let failed = match class {
            Class::Read => 0,
            _ => tool_drafts::failed_since(tx, id, ctx.now - TimeDelta::hours(1)).await?,
        };
        let reason = if self.config.flurry_calls > 0 && self.is_flurry(tx, scene, ctx.now).await? {
            FLURRY_REASON
        } else if failed > MOST_FAILED {
            "more than 3 failed commits in an hour"
        } else {
            return Ok(());
        };
        pause(tx, ctx, "conversation", &id.to_string(), reason, Some(scene)).await
    }

    /// Whether the call that is about to be written down is one too many for a few minutes.
    pub(crate) async fn is_flurry(&self, tx: &mut Tx, scene: &Scene, now: DateTime<Utc>) -> Result<bool, StoreError> {
        let most = i64::try_from(self.config.flurry_calls).unwrap_or(i64::MAX);
        Ok(tool_invocations::count_since(tx, scene.conversation.id, now - FLURRY, most).await? + 1 > most)
    }

    /// Pauses an assistant that is refused again and again, in whatever conversations. Waits and limits are no refusals.
    pub(crate) async fn watch_refusals(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        scene: Option<&Scene>,
        end: &Result<Outcome, Refusal>,
    ) -> Result<(), StoreError> {
        let Err(refusal) = end else { return Ok(()) };
        if ctx.actor.role != Role::AiAgent || !matches!(refusal.code().status(), 400 | 403 | 404 | 413) {
            return Ok(());
        }
        if limits::denied(tx, &self.config, ctx.actor.id, ctx.now).await? {
            let reason = "too many refused calls in 10 minutes";
            pause(tx, ctx, "agent", &ctx.actor.id.to_string(), reason, scene).await?;
        }
        Ok(())
    }

    /// Keeps a call that another system did not take for people to look at, and tells them, once in a while. Only ids
    /// are kept: what was to be done stands in the draft.
    pub(crate) async fn given_up(&self, ctx: &Ctx, what: &GivenUp<'_>) -> Result<(), StoreError> {
        let mut tx = self.hub.db.begin().await?;
        let letter = NewDeadLetter {
            id: DeadLetterId::new(),
            source: "integration",
            kind: what.call,
            ref_id: what.about.0,
            payload: json!({
                "adapter": what.adapter, "call": what.call, "ref_id": what.about, "conversation_id": what.conversation,
                "correlation_id": ctx.correlation_id,
            }),
            error: what.error,
            attempts: what.attempts,
        };
        dead_letters::insert(&mut tx, ctx, &letter).await?;
        if limits::is_time_to_tell(&mut tx, what.adapter, TELL_EVERY, ctx.now).await? {
            let alert = json!({"alert": {
                "code": "INTEGRATION_FAILED", "severity": "warning", "title": "Another system does not take our calls",
                "adapter": what.adapter, "call": what.call, "reason": what.error,
            }});
            let told = about(&mut tx, ctx, Some(what.conversation), EventName::AlertRaised, &alert).await?;
            events::append(&mut tx, &[told]).await?;
        }
        tx.commit().await
    }

    /// The same for a step of a draft; trouble with writing it down is only logged, so that it hides nothing else.
    pub(crate) async fn draft_given_up(&self, ctx: &Ctx, draft: &DraftRow, call: &str, error: &str) {
        let what = GivenUp {
            adapter: if moves_money(draft) { "transactions" } else { "dispatch" },
            call,
            about: RecordId(draft.id.0),
            conversation: draft.conversation_id,
            error,
            attempts: draft.commit_attempts.max(1),
        };
        if let Err(error) = self.given_up(ctx, &what).await {
            tracing::error!(draft.id = %draft.id, error = %patchbay_http::Chain(&error), "a failed call could not be kept");
        }
    }
}

/// A call of another system that was given up.
pub(crate) struct GivenUp<'a> {
    /// Which system.
    pub(crate) adapter: &'a str,
    /// What was asked of it.
    pub(crate) call: &'a str,
    /// The draft or call of ours it is about.
    pub(crate) about: RecordId,
    /// In which conversation.
    pub(crate) conversation: ConversationId,
    /// The word of the reason.
    pub(crate) error: &'a str,
    /// How often it was tried.
    pub(crate) attempts: i64,
}

async fn pause(
    tx: &mut Tx,
    ctx: &Ctx,
    scope_type: &str,
    scope_id: &str,
    reason: &str,
    scene: Option<&Scene>,
) -> Result<(), StoreError> {
    let switch = SwitchRow {
        id: RecordId::new(),
        scope_type: scope_type.into(),
        scope_id: scope_id.into(),
        reason: reason.into(),
        set_by: patchbay_core::actor::Actor::system().id,
        set_at: ctx.now,
        lifted_by: None,
        lifted_at: None,
    };
    if !kill_switches::set(tx, &switch).await? {
        return Ok(());
    }
    metrics::counter!("tool_gateway_pauses_total").increment(1);
    let data = json!({
        "code": "AI_PAUSED", "severity": "warning", "title": "An assistant was paused", "reason": reason,
        "scope_type": scope_type, "scope_id": scope_id, "conversation_id": scene.map(|scene| scene.conversation.id),
    });
    let alert = json!({"alert": data});
    let id = scene.map(|scene| scene.conversation.id).or(ctx.actor.conversation);
    let told = [
        about(tx, ctx, id, EventName::AgentPaused, &data).await?,
        about(tx, ctx, id, EventName::AlertRaised, &alert).await?,
    ];
    events::append(tx, &told).await
}

/// An event for whoever sees a conversation; about none, for those who see everything.
async fn about(
    tx: &mut Tx,
    ctx: &Ctx,
    conversation: Option<ConversationId>,
    name: EventName,
    data: &Value,
) -> Result<NewEvent, StoreError> {
    if let Some(id) = conversation
        && let Some(row) = conversations::by_id(tx, id).await?
    {
        return Ok(event(ctx, name, &row, data));
    }
    Ok(NewEvent {
        id: EventId::new(),
        name,
        conversation_id: None,
        conversation_seq: None,
        ticket_id: None,
        audience: Audience::default(),
        payload: data.to_string(),
        created_at: ctx.now,
    })
}
