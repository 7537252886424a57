//! The row that every call leaves, and the events beside it.

use std::time::Duration;

use patchbay_core::Ctx;
use patchbay_core::canonical::canonical_hash;
use patchbay_core::event::{Audience, EventName, NewEvent};
use patchbay_core::ids::{EventId, ToolCallId, ToolDraftId};
use patchbay_core::redaction::Known;
use patchbay_core::tool::invocation::{CallDecision, Invocation, Phase};
use patchbay_core::tool::text::Suspicion;
use patchbay_core::tool::{Class, Tool, ToolSpec};
use patchbay_core::trace;
use patchbay_hub::feed;
use patchbay_store::conversations::ConversationRow;
use patchbay_store::tool_invocations::{Ends, Written};
use patchbay_store::{Engine, StoreError, events, tool_invocations};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::adapter::tried::Tried;
use crate::gateway::Gateway;
use crate::outcome::{Outcome, Refusal, limits};
use crate::pipeline::{Surface, ToolCall};
use crate::scene::Scene;
use patchbay_store::together::{Together, Turn};

/// Where rows of calls wait to be written together; it knows where the chains end.
pub(crate) type Pen = Together<Written, bool, Ends>;

/// What is known about a call when it is written down.
pub(crate) struct Record<'a> {
    pub(crate) call_id: ToolCallId,
    pub(crate) ctx: &'a Ctx,
    pub(crate) surface: &'a Surface,
    pub(crate) tool: &'a str,
    pub(crate) call: &'a ToolCall,
    pub(crate) scene: Option<&'a Scene>,
    pub(crate) suspicion: &'a Suspicion,
    pub(crate) took: Duration,
    pub(crate) tried: &'a Tried,
}

impl Gateway {
    /// Writes down how a call ended, tells whoever watches, and raises the alarm when there is reason to. An error is
    /// logged here.
    pub(crate) async fn record(&self, record: Record<'_>, end: &Result<Outcome, Refusal>) -> Result<(), StoreError> {
        let written = self.write_record(record, end).await;
        if let Err(error) = &written {
            tracing::error!(error = %patchbay_http::Chain(error), "a call of a tool could not be written down");
        }
        written
    }

    async fn write_record(&self, record: Record<'_>, end: &Result<Outcome, Refusal>) -> Result<(), StoreError> {
        let row = self.row(&record, end);
        let told = record.scene.map(|scene| told(&record, scene, &row, end));
        let class = self.tool(record.tool).map_or(Class::Read, |spec| spec.class);
        let db = &self.hub.db;
        // SQLite shares commits anyway.
        if let (Engine::Postgres, Class::Read, Ok(_), Some(scene), Some(told)) =
            (db.engine(), class, end, record.scene, &told)
            && (self.config.flurry_calls == 0 || !self.is_flurry(&mut db.read().await?, scene, record.ctx.now).await?)
        {
            return self.write_together(row, told.clone()).await;
        }
        let mut tx = db.begin().await?;
        if let Some(scene) = record.scene {
            events::append(&mut tx, told.as_slice()).await?;
            self.watch_conversation(&mut tx, record.ctx, scene, class).await?;
        }
        self.watch_refusals(&mut tx, record.ctx, record.scene, end).await?;
        tool_invocations::append(&mut tx, &row).await?;
        tx.commit().await
    }

    /// Writes the row of a call after which there is nothing else to do, in a commit that it shares with others.
    async fn write_together(&self, row: Invocation, told: NewEvent) -> Result<(), StoreError> {
        let db = &self.hub.db;
        let mut wait = self.pen.enter(Written { row, told, span: trace::current() });
        loop {
            match wait.turn().await {
                Turn::Over(Some(true)) => return Ok(()),
                Turn::Over(_) => {
                    return Err(StoreError::Unavailable("the calls of this moment were not written down".into()));
                }
                Turn::Mine(mut round) => {
                    let written = tool_invocations::append_all(db, &mut round.state, &round.items).await;
                    if let Err(error) = &written {
                        let calls = round.items.len();
                        tracing::error!(error = %patchbay_http::Chain(error), calls, "calls of tools were not written down");
                    }
                    round.end(std::iter::repeat(written.is_ok()));
                }
            }
        }
    }

    fn row(&self, record: &Record<'_>, end: &Result<Outcome, Refusal>) -> Invocation {
        let nobody = Known::default();
        let known = record.scene.map_or(&nobody, |scene| &scene.known);
        let (decision, code, result, standings) = match end {
            Ok(outcome) => (CallDecision::Allowed, None, outcome.result.clone(), &outcome.standings),
            Err(refusal) => (
                if refusal.code().status() >= 500 { CallDecision::Allowed } else { CallDecision::Refused },
                Some(refusal.code().as_str().to_owned()),
                json!({"reason": refusal.reason}),
                &refusal.standings,
            ),
        };
        let draft_id = match end {
            Ok(outcome) => outcome
                .draft
                .as_ref()
                .and_then(|draft| draft["draft_id"].as_str())
                .and_then(|id| id.parse::<ToolDraftId>().ok()),
            Err(refusal) => refusal.draft,
        };
        let policy = self.policy();
        let spec = self.tool(record.tool);
        let draft = end.as_ref().ok().and_then(|outcome| outcome.draft.as_ref());
        let details = json!({
            "surface": record.surface.name,
            "protocol_version": record.surface.protocol_version,
            "correlation_id": record.ctx.correlation_id,
            "request_id": record.ctx.request_id,
            "traceparent": record.ctx.traceparent,
            "registry_hash": self.registry_hash,
            "policy_version": policy.version,
            "policy_hash": policy.hash,
            "agent_software": record.surface.software,
            "party": record.scene.map(Scene::party),
            "tool_version": spec.map(|spec| self.version_of(spec)),
            "adapter": record.tried.adapter().or_else(|| spec.and_then(own_adapter)),
            "attempts": record.tried.attempts(),
            "class": spec.map(|spec| spec.class),
            "outcome": outcome_word(end),
            "payload_hash": draft.map(|draft| &draft["preview"]["payload_hash"]),
            "after_state": draft.map(|draft| &draft["state"]),
            "args_redacted": self.for_audit.redact_json(&record.call.arguments, known),
            "args_hash": canonical_hash(&record.call.arguments),
            "result_redacted": self.for_audit.redact_json(&result, known),
            "result_hash": canonical_hash(&result),
            "suspicious": record.suspicion,
            "limits": limits(standings),
            "reason": end.as_ref().err().map(|refusal| refusal.reason.clone()),
            "idempotency_key_hash": record.call.key.map(|key| self.fingerprint(&key.to_string())),
            "on_behalf_of": record.scene.map(|scene| scene.contact.id),
            "latency_ms": u64::try_from(record.took.as_millis()).unwrap_or(u64::MAX),
        });
        Invocation {
            id: ToolCallId::new(),
            call_id: record.call_id,
            phase: Phase::Done,
            account_id: record.scene.and_then(|scene| scene.account),
            conversation_id: record.scene.map(|scene| scene.conversation.id).or(record.ctx.actor.conversation),
            actor_id: record.ctx.actor.id,
            actor_role: record.ctx.actor.role,
            tool: record.tool.chars().take(100).collect(),
            decision,
            code,
            draft_id,
            details,
            at: record.ctx.now,
        }
    }
}

/// What whoever watches is told of a call.
fn told(record: &Record<'_>, scene: &Scene, row: &Invocation, end: &Result<Outcome, Refusal>) -> NewEvent {
    let name = match end {
        Err(refusal) if refusal.reason == "rate.exceeded" => EventName::LimitHit,
        _ => EventName::ToolCalled,
    };
    let data = json!({
        "tool": row.tool, "decision": row.decision, "code": row.code, "draft_id": row.draft_id,
        "conversation_id": scene.conversation.id, "actor": {"id": row.actor_id, "role": row.actor_role},
    });
    event(record.ctx, name, &scene.conversation, &data)
}

/// Where a tool works when it calls no other system: tickets are the enforcement API's.
fn own_adapter(spec: &ToolSpec) -> Option<&'static str> {
    matches!(spec.tool, Tool::Ticket(_) | Tool::CreateJob | Tool::ConfirmSchedule).then_some("dispatch")
}

/// How a call ended, in a word.
fn outcome_word(end: &Result<Outcome, Refusal>) -> &'static str {
    match end {
        Ok(_) => "ok",
        Err(refusal) if refusal.reason == "upstream.unknown_outcome" => "unknown",
        Err(refusal) if refusal.code().status() >= 500 => "failed",
        Err(_) => "refused",
    }
}

/// The row that is written before another system is called.
pub(crate) fn intent(draft: &patchbay_store::tool_drafts::DraftRow, ctx: &Ctx, registry: &str) -> Invocation {
    let id = ToolCallId::new();
    Invocation {
        id,
        call_id: id,
        phase: Phase::Intent,
        account_id: draft.account_id,
        conversation_id: Some(draft.conversation_id),
        actor_id: ctx.actor.id,
        actor_role: ctx.actor.role,
        tool: "commit_transaction".into(),
        decision: CallDecision::Allowed,
        code: None,
        draft_id: Some(draft.id),
        details: json!({
            "payload_hash": draft.payload_hash, "policy_version": draft.policy_version, "registry_hash": registry,
            "correlation_id": ctx.correlation_id,
            "proofs": [
                {"kind": "customer", "ref": draft.proof_message_id, "at": draft.proved_at},
                {"kind": "human", "ref": draft.decided_by, "at": draft.decided_at, "hash": draft.hash_seen},
            ],
            "before_state": "CONFIRMED", "after_state": "COMMITTING",
        }),
        at: ctx.now,
    }
}

/// An event about a conversation.
pub(crate) fn event(ctx: &Ctx, name: EventName, conversation: &ConversationRow, data: &Value) -> NewEvent {
    NewEvent {
        id: EventId::new(),
        name,
        conversation_id: Some(conversation.id),
        conversation_seq: None,
        ticket_id: None,
        audience: Audience { ..feed::audience(conversation, None) },
        payload: data.to_string(),
        created_at: ctx.now,
    }
}

/// A key that a repetition gives again.
pub(crate) fn derived_key(parts: &[&str]) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, parts.join(" ").as_bytes())
}
