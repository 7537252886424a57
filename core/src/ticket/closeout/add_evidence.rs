//! `closeout.add_evidence`.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::code::Code;
use crate::evidence::{ObjectUri, ProbeFailure, Proof, Sha256Sum};
use crate::ticket::closeout::Requirement;
use crate::ticket::decision::{Change, Topic};
use crate::ticket::record::Ticket;
use crate::ticket::refusal::Refusal;

/// What the caller says.
#[derive(Clone, Debug, Deserialize)]
pub struct Input {
    kind: String,
    uri: String,
    checksum: Option<String>,
    evidence_key: Option<String>,
    #[serde(default)]
    metadata: Map<String, Value>,
}

/// What a piece of evidence will be.
#[derive(Clone, Debug, PartialEq)]
pub struct NewEvidence {
    /// What it is, in upper case.
    pub kind: String,
    /// Where its object is.
    pub uri: ObjectUri,
    /// Sum of its content.
    pub checksum: Option<Sha256Sum>,
    /// Which requirement it meets.
    pub evidence_key: Option<String>,
    /// Anything else about it; has the key once more.
    pub metadata: Map<String, Value>,
}

impl Input {
    /// Reads what the table cannot check. Errors: 400 `INVALID_REQUEST`; 409 `CLOSEOUT_REQUIREMENTS_INCOMPLETE` for an
    /// address that is none of an object store, or without the checksum that is asked for.
    pub fn read(self, schemes: &[String], checksum: Proof) -> Result<NewEvidence, Refusal> {
        let kind = self.kind.trim().to_uppercase();
        if !kind.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_') {
            return Err(misfit("kind", "must be a word of letters, digits and _"));
        }
        let sum = match &self.checksum {
            None => None,
            Some(text) => Some(text.parse().map_err(|_| misfit("checksum", "must be a SHA-256 sum in hex"))?),
        };
        let mut metadata = self.metadata;
        let named = metadata.get("evidence_key").and_then(Value::as_str).map(|key| key.trim().to_owned());
        let evidence_key = self.evidence_key.or(named).filter(|key| !key.is_empty());
        if let Some(key) = &evidence_key {
            metadata.insert("evidence_key".into(), key.clone().into());
        }
        let uri = ObjectUri::parse(&self.uri, schemes).map_err(|failure| invalid(&self.uri, failure))?;
        if checksum == Proof::Required && sum.is_none() {
            return Err(invalid(&self.uri, ProbeFailure::ChecksumMismatch));
        }
        Ok(NewEvidence { kind, uri, checksum: sum, evidence_key, metadata })
    }
}

/// What follows: the ticket stays where it is.
pub fn decide(ticket: &Ticket, evidence: &NewEvidence) -> Change {
    let mut change = Change::of(ticket);
    change.tell_with(Topic::EvidenceAdded, json!({"kind": evidence.kind, "evidence_key": evidence.evidence_key}));
    change
}

/// The object that evidence points at cannot be accepted.
pub fn invalid(uri: &str, failure: ProbeFailure) -> Refusal {
    Refusal::new(Code::CloseoutRequirementsIncomplete, "the object that the evidence points at cannot be accepted")
        .because("requirement_code", Requirement::InvalidEvidenceReference.as_str())
        .because("invalid_evidence_refs", json!([{"reference": uri, "reason": failure}]))
}

fn misfit(path: &str, message: &str) -> Refusal {
    Refusal::new(Code::InvalidRequest, format!("{path}: {message}"))
        .because("validation_errors", json!([{"path": path, "message": message}]))
}
