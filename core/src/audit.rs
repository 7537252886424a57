//! An entry of the audit log: who did what, without anybody's telephone number, chained to the entry before it.

pub mod chain;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::canonical::{canonical_hash, hash_text};
use crate::ctx::Ctx;
use crate::ids::{AccountId, ActorId, AuditId, ConversationId, TicketId};
use crate::role::{ActorType, Role};
use crate::vocabulary;

vocabulary! {
    /// How an attempt ended.
    pub enum Outcome {
        /// It was done.
        Success => "success",
        /// It was refused and nothing changed.
        Denied => "denied",
    }
}

/// One entry of the audit log.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditEntry {
    /// Our id.
    pub id: AuditId,
    /// Ticket it is about.
    pub ticket_id: Option<TicketId>,
    /// Conversation it is about.
    pub conversation_id: Option<ConversationId>,
    /// Account whose chain it belongs to; without one it belongs to the chain of no account.
    pub account_id: Option<AccountId>,
    /// What kind of being acted.
    pub actor_type: ActorType,
    /// Who.
    pub actor_id: ActorId,
    /// As what.
    pub actor_role: Role,
    /// For whom.
    pub on_behalf_of: Option<Uuid>,
    /// With which tool.
    pub tool_name: String,
    /// In which request.
    pub request_id: Option<String>,
    /// Along with what else.
    pub correlation_id: String,
    /// State before.
    pub before_state: Option<String>,
    /// State after.
    pub after_state: Option<String>,
    /// Version of the ticket after.
    pub ticket_version: Option<i64>,
    /// How it ended.
    pub outcome: Outcome,
    /// Why it was refused.
    pub error_code: Option<String>,
    /// What was asked, see [`redact`].
    pub payload: Value,
    /// Fields before and after: `{"priority": ["ROUTINE", "URGENT"]}`. `None` when no ticket changed.
    pub changes: Option<Value>,
    /// When.
    pub created_at: DateTime<Utc>,
}

impl AuditEntry {
    /// An entry about what the actor of `ctx` does with a tool, about nothing in particular yet.
    pub fn new(ctx: &Ctx, tool_name: &str, outcome: Outcome) -> Self {
        Self {
            id: AuditId::new(),
            ticket_id: None,
            conversation_id: None,
            account_id: None,
            actor_type: ctx.actor.actor_type,
            actor_id: ctx.actor.id,
            actor_role: ctx.actor.role,
            on_behalf_of: None,
            tool_name: tool_name.into(),
            request_id: Some(ctx.request_id.clone()),
            correlation_id: ctx.correlation_id.clone(),
            before_state: None,
            after_state: None,
            ticket_version: None,
            outcome,
            error_code: None,
            payload: json!({}),
            changes: None,
            created_at: ctx.now,
        }
    }

    /// The hash of this entry after the one whose hash is `previous`. Changing any entry changes every later hash.
    pub fn hash(&self, previous: Option<&str>) -> String {
        let mut entry = json!({
            "previous": previous,
            "id": self.id,
            "ticket_id": self.ticket_id,
            "conversation_id": self.conversation_id,
            "account_id": self.account_id,
            "actor_type": self.actor_type,
            "actor_id": self.actor_id,
            "actor_role": self.actor_role,
            "on_behalf_of": self.on_behalf_of,
            "tool_name": self.tool_name,
            "request_id": self.request_id,
            "correlation_id": self.correlation_id,
            "before_state": self.before_state,
            "after_state": self.after_state,
            "ticket_version": self.ticket_version,
            "outcome": self.outcome,
            "error_code": self.error_code,
            "payload": self.payload,
            "created_at": self.created_at.timestamp_micros(),
        });
        // Entries of before there were changes keep their hashes.
        if let Some(changes) = &self.changes {
            entry["changes"] = changes.clone();
        }
        canonical_hash(&entry)
    }
}

/// Fields of a command that the audit log keeps as they are. Everything else is left out: a new field is private until
/// somebody puts it here.
const KEPT: &[&str] = &[
    "account_id", "accuracy_m", "amount_delta_cents", "approval_amount_delta_cents", "approval_id", "approval_type",
    "approver_role", "asset_id", "attribution", "cancellation_code", "category", "checksum",
    "classification_confidence", "confirmation_id", "confirmation_window", "contact_id", "customer_confirmation_id",
    "decision", "end", "estimate_cents", "eta", "evidence_key", "evidence_keys", "expected_version", "expires_at",
    "hold_reason", "identity_confidence", "incident_type", "key", "kind", "lat", "lines_override", "location", "lon",
    "nte_cents", "options", "outbox_id", "override_code", "priority", "qty", "ready_to_schedule", "reassign_type",
    "reopen_scope", "requested_window", "requires_approval", "result", "scope_type", "service_id", "services",
    "site_id", "sop_handoff_acknowledged", "source", "source_message_id", "start", "target", "tax_code",
    "tax_rate_millipercent", "timestamp", "unit_price_cents", "urgency", "workflow_outcome",
];

/// Words in the names of fields whose values are private: the log shows only that the same value came again.
const PRIVATE: &[&str] =
    &["phone", "email", "access_code", "password", "token", "secret", "ssn", "dob", "customer_name"];

/// What the audit log keeps of a body: listed fields as they are, private ones as a hash, nothing else.
pub fn redact(body: &Value) -> Value {
    let Value::Object(fields) = body else { return json!({}) };
    let kept: Map<String, Value> = fields
        .iter()
        .filter_map(|(name, value)| {
            let lower = name.to_lowercase();
            if PRIVATE.iter().any(|word| lower.contains(word)) {
                return (!value.is_null()).then(|| (name.clone(), marker(value)));
            }
            match value {
                _ if !KEPT.contains(&name.as_str()) => None,
                Value::Object(_) => Some((name.clone(), redact(value))),
                Value::Array(items) => Some((
                    name.clone(),
                    items.iter().map(|item| if item.is_object() { redact(item) } else { item.clone() }).collect(),
                )),
                // A window in words is free text.
                Value::String(_) if name == "requested_window" => None,
                scalar => Some((name.clone(), scalar.clone())),
            }
        })
        .collect();
    Value::Object(kept)
}

fn marker(value: &Value) -> Value {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    format!("sha256:{}", hash_text(&text)).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_fields_are_hashed_and_unlisted_ones_left_out() {
        let body = json!({
            "account_id": "a", "summary": "call +15550100", "contact_phone": "+15550100", "customer_name": "Ada",
            "contact_email": null, "nte_cents": 5, "requested_window": "Monday, +15550100", "anything": {"else": 1},
        });
        let kept = redact(&body);
        assert_eq!(kept["account_id"], "a");
        assert_eq!(kept["nte_cents"], 5);
        assert!(kept["contact_phone"].as_str().is_some_and(|text| text.starts_with("sha256:")));
        let names: Vec<&String> = kept.as_object().expect("an object").keys().collect();
        assert_eq!(names, ["account_id", "contact_phone", "customer_name", "nte_cents"]);
        assert!(!kept.to_string().contains("5550100"));
    }

    #[test]
    fn a_listed_object_is_looked_into() {
        let kept = redact(&json!({"requested_window": {"start": "s", "end": "e", "note": "n", "phone": "1"}}));
        assert_eq!(kept["requested_window"]["start"], "s");
        assert!(kept["requested_window"].get("note").is_none());
        assert_ne!(kept["requested_window"]["phone"], "1");
    }

    #[test]
    fn the_hash_depends_on_the_entry_and_on_the_one_before() {
        let ctx = Ctx::system(DateTime::from_timestamp(0, 0).expect("a time"), "c");
        let entry = AuditEntry::new(&ctx, "ticket.create", Outcome::Success);
        assert_eq!(entry.hash(None), entry.clone().hash(None));
        assert_ne!(entry.hash(None), entry.hash(Some("x")));
        let changed = AuditEntry { outcome: Outcome::Denied, ..entry.clone() };
        assert_ne!(entry.hash(None), changed.hash(None));
    }
}
