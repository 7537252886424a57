//! The row of the audit that every call of a tool leaves, chained to the one before it. Source: tool gateway reference,
//! audit row.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::canonical::canonical_hash;
use crate::ids::{AccountId, ActorId, ConversationId, ToolCallId, ToolDraftId};
use crate::role::Role;
use crate::vocabulary;

vocabulary! {
    /// Whether a row tells what is about to happen or what happened.
    pub enum Phase {
        /// Written before another system is called.
        Intent => "intent",
        /// Written when the call is over.
        Done => "done",
    }
}

vocabulary! {
    /// What the gateway decided about a call.
    pub enum CallDecision {
        /// It was carried out, or tried.
        Allowed => "allowed",
        /// It was refused and nothing happened.
        Refused => "refused",
    }
}

/// One row.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// Names the row.
    pub id: ToolCallId,
    /// Names the call: the intent and the end of one call share it.
    pub call_id: ToolCallId,
    /// Intent or end.
    pub phase: Phase,
    /// Account whose chain it belongs to.
    pub account_id: Option<AccountId>,
    /// Conversation it was made in.
    pub conversation_id: Option<ConversationId>,
    /// Who called.
    pub actor_id: ActorId,
    /// As what.
    pub actor_role: Role,
    /// Which tool, by its name in the catalog; as it was asked for when there is none.
    pub tool: String,
    /// What was decided.
    pub decision: CallDecision,
    /// Code of the refusal or failure.
    pub code: Option<String>,
    /// The draft it was about.
    pub draft_id: Option<ToolDraftId>,
    /// Everything else: redacted arguments and result, their hashes, suspicion, limits, proofs, latency, registry.
    pub details: Value,
    /// When.
    pub at: DateTime<Utc>,
}

impl Invocation {
    /// The hash of this row after the one whose hash is `previous`.
    pub fn hash(&self, previous: Option<&str>) -> String {
        canonical_hash(&json!({
            "previous": previous,
            "id": self.id,
            "call_id": self.call_id,
            "phase": self.phase,
            "account_id": self.account_id,
            "conversation_id": self.conversation_id,
            "actor_id": self.actor_id,
            "actor_role": self.actor_role,
            "tool": self.tool,
            "decision": self.decision,
            "code": self.code,
            "draft_id": self.draft_id,
            "details": self.details,
            "at": self.at.timestamp_micros(),
        }))
    }
}
