//! The closeout packet: what was known of a ticket when it ended, with a hash over all of it.

use serde_json::{Value, json};

use super::close::Override;
use super::{Completion, EvidenceItem, Gate};
use crate::canonical::canonical_hash;
use crate::ctx::Ctx;
use crate::ticket::record::Ticket;

/// Version of the packet's shape.
const SCHEMA_VERSION: u32 = 1;

/// What goes into a packet.
#[derive(Clone, Copy, Debug)]
pub struct Contents<'a> {
    /// The ticket as it was before it ended.
    pub ticket: &'a Ticket,
    /// Who ends it, and when.
    pub ctx: &'a Ctx,
    /// How the rules were overridden, if they were.
    pub overriding: Option<&'a Override>,
    /// What the gate said.
    pub gate: &'a Gate,
    /// All evidence.
    pub items: &'a [EvidenceItem],
    /// The last time the work was said to be done.
    pub completion: Option<&'a Completion>,
    /// What quality said the last time.
    pub verification: Option<&'a Value>,
    /// The steps before this one: `{"seq", "from_state", "to_state", "command", "created_at"}`.
    pub transitions: &'a [Value],
}

/// A packet and its hash.
#[derive(Clone, Debug, PartialEq)]
pub struct Packet {
    /// SHA-256 of the canonical JSON of the payload.
    pub hash: String,
    /// What was known.
    pub payload: Value,
}

/// Packs. Has no name, telephone number or address of anybody.
pub fn pack(contents: Contents<'_>) -> Packet {
    let Contents { ticket, ctx, overriding, gate, items, completion, verification, transitions } = contents;
    let payload = json!({
        "schema_version": SCHEMA_VERSION,
        "ticket": {
            "id": ticket.id, "code": ticket.code, "account_id": ticket.account_id, "site_id": ticket.site_id,
            "asset_id": ticket.asset_id, "state": ticket.state, "priority": ticket.priority,
            "incident_type": ticket.incident_type, "template_version": ticket.template_version,
            "nte_cents": ticket.nte_cents, "currency": ticket.currency, "billable": ticket.billable,
            "invoice_state": ticket.invoice_state, "assigned_tech_id": ticket.assigned_tech_id,
            "assigned_provider_id": ticket.assigned_provider_id, "scheduled_start": ticket.scheduled_start,
            "scheduled_end": ticket.scheduled_end, "version": ticket.version, "created_at": ticket.created_at,
        },
        "actor": {"type": ctx.actor.actor_type, "id": ctx.actor.id, "role": ctx.actor.role},
        "closed_at": ctx.now,
        "override": overriding.map(|given| json!({
            "override_code": given.override_code, "override_reason": given.override_reason,
            "approver_role": given.approver_role,
        })),
        "evidence_summary": {
            "total": items.len(),
            "immutable": items.iter().filter(|item| item.is_immutable).count(),
            "required": gate_required(gate),
            "items": items.iter().map(|item| json!({
                "id": item.id, "kind": item.kind, "evidence_key": item.evidence_key, "uri": item.uri,
            })).collect::<Vec<_>>(),
        },
        "gate": gate,
        "completion": completion.map(|completion| json!({
            "command": completion.command, "checklist": completion.statement.checklist,
            "no_signature_reason": completion.statement.no_signature_reason,
            "evidence_refs": completion.statement.evidence_refs, "notes": completion.statement.notes,
            "actor_id": completion.actor_id, "created_at": completion.created_at,
        })),
        "verification": verification,
        "transitions": transitions,
    });
    Packet { hash: canonical_hash(&payload), payload }
}

fn gate_required(gate: &Gate) -> Value {
    let gate = serde_json::to_value(gate).expect("a gate is plain data");
    gate["required_evidence"].clone()
}
