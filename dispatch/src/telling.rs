//! Telling others what a command did: the outbox for other systems, the feed for people.

use patchbay_core::Ctx;
use patchbay_core::audit::AuditEntry;
use patchbay_core::event::{Audience, EventName, NewEvent};
use patchbay_core::ids::{ConversationId, EventId, OutboxId};
use patchbay_core::ticket::{Ticket, TicketState, Told};
use patchbay_store::outbox::{self, OutboxRow};
use patchbay_store::{StoreError, Tx};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::body::TicketBody;

/// Version of the envelope of events for other systems.
const SCHEMA_VERSION: u32 = 1;

/// A ticket that others are told about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Telling<'a> {
    pub(crate) ticket: &'a Ticket,
    /// `None` when the ticket is new.
    pub(crate) previous: Option<TicketState>,
    pub(crate) conversation: Option<ConversationId>,
    pub(crate) audience: Audience,
}

/// An outbox row for each topic. Source: domain, outbox (event envelope).
pub(crate) fn other_systems(ctx: &Ctx, about: Telling<'_>, told: &[Told]) -> Vec<OutboxRow> {
    let ticket = about.ticket;
    let row = |Told { topic, facts }: &Told| {
        let id = OutboxId::new();
        OutboxRow {
            id,
            aggregate_type: "ticket".into(),
            aggregate_id: ticket.id.into(),
            aggregate_version: ticket.version,
            event_type: topic.to_string(),
            payload: json!({
                "event_id": id,
                "event_type": topic,
                "occurred_at": ctx.now,
                "request_id": ctx.request_id,
                "ticket_id": ticket.id,
                "conversation_id": about.conversation,
                "account_id": ticket.account_id,
                "site_id": ticket.site_id,
                "actor": {"type": ctx.actor.actor_type, "id": ctx.actor.id, "role": ctx.actor.role},
                "previous_state": about.previous,
                "next_state": ticket.state,
                "payload": payload(ticket, facts),
                "metadata": {
                    "schema_version": SCHEMA_VERSION,
                    "correlation_id": ctx.correlation_id,
                    "channel": ticket.source_system,
                },
            }),
            headers: headers(ctx),
            // A version is reached once, and tells of a topic once.
            idempotency_key: format!("ticket:{}:{}:{topic}", ticket.id, ticket.version),
            attempt_count: 0,
            created_at: ctx.now,
        }
    };
    told.iter().map(row).collect()
}

/// What other systems learn of a ticket: nobody's name, telephone or words.
fn payload(ticket: &Ticket, facts: &Map<String, Value>) -> Value {
    let mut payload = json!({
        "code": ticket.code,
        "profile": ticket.profile,
        "priority": ticket.priority,
        "urgency": ticket.urgency,
        "category": ticket.category,
        "incident_type": ticket.incident_type,
        "contact_id": ticket.contact_id,
        "asset_id": ticket.asset_id,
        "sop_handoff_required": ticket.sop_handoff_required,
        "review_required": ticket.review_required,
        "assigned_tech_id": ticket.assigned_tech_id,
        "assigned_provider_id": ticket.assigned_provider_id,
        "scheduled_start": ticket.scheduled_start,
        "scheduled_end": ticket.scheduled_end,
        "escalation_level": ticket.escalation_level,
        "invoice_state": ticket.invoice_state,
        "version": ticket.version,
    });
    if let Value::Object(payload) = &mut payload {
        payload.extend(facts.clone());
    }
    payload
}

/// Writes one outbox row about something that is no ticket.
pub(crate) async fn about_the_desk(
    tx: &mut Tx,
    ctx: &Ctx,
    kind: &str,
    thing: Uuid,
    entry: &AuditEntry,
    told: Told,
) -> Result<(), StoreError> {
    let id = OutboxId::new();
    let row = OutboxRow {
        id,
        aggregate_type: kind.into(),
        aggregate_id: thing,
        aggregate_version: 1,
        event_type: told.topic.to_string(),
        payload: json!({
            "event_id": id,
            "event_type": told.topic,
            "occurred_at": ctx.now,
            "request_id": ctx.request_id,
            "account_id": entry.account_id,
            "actor": {"type": ctx.actor.actor_type, "id": ctx.actor.id, "role": ctx.actor.role},
            "payload": told.facts,
            "metadata": {"schema_version": SCHEMA_VERSION, "correlation_id": ctx.correlation_id},
        }),
        headers: headers(ctx),
        // One command, one audit entry, one event.
        idempotency_key: format!("desk:{}", entry.id),
        attempt_count: 0,
        created_at: ctx.now,
    };
    outbox::append(tx, &row).await
}

fn headers(ctx: &Ctx) -> Value {
    json!({
        "correlation_id": ctx.correlation_id,
        "causation_id": ctx.request_id,
        "traceparent": ctx.traceparent,
        "schema_version": SCHEMA_VERSION,
    })
}

/// `ticket.updated` for the feed: `{"ticket"}`.
pub(crate) fn people(ctx: &Ctx, about: Telling<'_>) -> NewEvent {
    let ticket = about.ticket;
    NewEvent {
        id: EventId::new(),
        name: EventName::TicketUpdated,
        conversation_id: about.conversation,
        conversation_seq: None,
        ticket_id: Some(ticket.id),
        audience: Audience { account_id: Some(ticket.account_id), site_id: Some(ticket.site_id), ..about.audience },
        payload: json!({ "ticket": TicketBody::from(ticket) }).to_string(),
        created_at: ctx.now,
    }
}
