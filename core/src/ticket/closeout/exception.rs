//! `closeout.evidence_exception`.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::json;

use super::SIGNATURE_KEY;
use crate::code::Code;
use crate::ticket::decision::{Change, Topic};
use crate::ticket::record::Ticket;
use crate::ticket::refusal::Refusal;

/// How long evidence can be waived.
const LONGEST: TimeDelta = TimeDelta::days(7);

/// What the caller says.
#[derive(Clone, Debug, Deserialize)]
pub struct Input {
    /// What is waived.
    pub evidence_keys: Vec<String>,
    /// Why.
    pub exception_reason: String,
    /// Until when.
    pub expires_at: DateTime<Utc>,
}

/// What follows. Error: 400 `INVALID_REQUEST` for the signature, and for a time that is past or more than 7 days away.
pub fn decide(ticket: &Ticket, input: &Input, now: DateTime<Utc>) -> Result<Change, Refusal> {
    if input.evidence_keys.iter().any(|key| key == SIGNATURE_KEY) {
        return Err(misfit("evidence_keys", "the signature cannot be waived; give a no_signature_reason"));
    }
    if input.expires_at <= now || input.expires_at > now + LONGEST {
        return Err(misfit("expires_at", "must lie within the next 7 days"));
    }
    let mut change = Change::of(ticket);
    change.tell_with(
        Topic::EvidenceExceptionGranted,
        json!({"evidence_keys": input.evidence_keys, "expires_at": input.expires_at}),
    );
    Ok(change)
}

fn misfit(path: &str, message: &str) -> Refusal {
    Refusal::new(Code::InvalidRequest, format!("{path}: {message}"))
        .because("validation_errors", json!([{"path": path, "message": message}]))
}
