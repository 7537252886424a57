//! From evidence to the end of a ticket: what must be shown before work counts as done, verified and closed. The rules
//! take facts and answer; they load nothing. Source: domain, evidence and closeout gate.

pub mod add_evidence;
pub mod close;
pub mod complete;
pub mod exception;
pub mod gate;
pub mod packet;
pub mod reopen;
pub mod verify;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::evidence::ProbeFailure;
use crate::ids::{ActorId, EvidenceId};

pub use gate::{Closing, Gate, Requirement};

/// The requirement that a signature meets, or a reason why nobody signed. Never waived.
pub const SIGNATURE_KEY: &str = "signature_or_no_signature_reason";
/// The kind of evidence that is a signature.
pub const SIGNATURE_KIND: &str = "SIGNATURE";
/// The point of every checklist that must be literally true.
pub const BILLING_AUTHORIZATION: &str = "billing_authorization";

/// What an incident type asks for, in the version that counts for a ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClosingTemplate {
    /// Which version.
    pub version: i64,
    /// Evidence that must be there.
    pub required_evidence_keys: Vec<String>,
    /// Points that the checklist must have.
    pub required_checklist_keys: Vec<String>,
    /// A person has to look before it counts as done.
    pub high_risk: bool,
}

/// A piece of evidence, as the rules see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvidenceItem {
    /// Our id.
    pub id: EvidenceId,
    /// What it is, in upper case.
    pub kind: String,
    /// Which requirement it meets.
    pub evidence_key: Option<String>,
    /// Where its object is.
    pub uri: String,
    /// Whether it was verified.
    pub is_immutable: bool,
    /// What is wrong with its object.
    pub problem: Option<ProbeFailure>,
}

/// Evidence that may be missing for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiver {
    /// What may be missing.
    pub evidence_keys: Vec<String>,
    /// Until when.
    pub expires_at: DateTime<Utc>,
}

/// What whoever did the work said about it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Statement {
    /// Each point of the checklist.
    #[serde(default, rename = "checklist_status")]
    pub checklist: Map<String, Value>,
    /// Why nobody signed.
    pub no_signature_reason: Option<String>,
    /// Evidence it names, by id or uri. Empty: none in particular.
    #[serde(default)]
    pub evidence_refs: Vec<String>,
    /// What was done.
    #[serde(rename = "completion_notes")]
    pub notes: Option<String>,
}

/// The last time the work was said to be done.
#[derive(Clone, Debug, PartialEq)]
pub struct Completion {
    /// With which command.
    pub command: String,
    /// What was said.
    pub statement: Statement,
    /// Who said it.
    pub actor_id: ActorId,
    /// When.
    pub created_at: DateTime<Utc>,
}

#[cfg(test)]
mod tests;
