//! Where automation is paused: for everything, for one kind of work, or for one ticket. Source: domain, command 40.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::code::Code;
use crate::ids::{ActorId, RecordId};
use crate::role::{ActorType, Role};
use crate::ticket::record::Ticket;
use crate::ticket::refusal::{FieldError, Refusal};
use crate::ticket::words::AutonomyScope;

/// What was said last about one scope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Control {
    /// What it covers.
    pub scope_type: AutonomyScope,
    /// Which: a ticket's id, an incident type in upper case; nothing for everything.
    pub key: Option<String>,
    /// Whether automation is paused there.
    pub is_paused: bool,
    /// Why.
    pub reason: String,
    /// Who said so.
    pub actor_id: ActorId,
    /// When.
    pub updated_at: DateTime<Utc>,
}

/// One thing that was said about one scope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ControlChange {
    /// Our id.
    pub id: RecordId,
    /// What it covers.
    pub scope_type: AutonomyScope,
    /// Which.
    pub key: Option<String>,
    /// Whether automation was paused there from then on.
    pub is_paused: bool,
    /// Why.
    pub reason: String,
    /// Who said so.
    pub actor_id: ActorId,
    /// As what.
    pub actor_role: Role,
    /// When.
    pub created_at: DateTime<Utc>,
}

/// The fields of `ops.autonomy.pause` and `ops.autonomy.rollback`.
#[derive(Clone, Debug, Deserialize)]
pub struct Said {
    /// What it covers.
    pub scope_type: AutonomyScope,
    /// Which.
    pub key: Option<String>,
    /// Why.
    pub reason: String,
}

/// The control that counts among those that cover a ticket: what is said about the ticket before what is said about its
/// kind of work before what is said about everything.
pub fn effective(controls: &[Control]) -> Option<&Control> {
    // The scopes are declared from wide to narrow.
    controls.iter().max_by_key(|control| control.scope_type)
}

/// The pause that holds for a ticket, if one does, among the controls that cover it.
pub fn pause(controls: &[Control]) -> Option<&Control> {
    effective(controls).filter(|control| control.is_paused)
}

/// Whether `actor_type` acts on its own: a pause stops it. People go on working. Source: domain, decision 18.
pub fn is_automation(actor_type: ActorType) -> bool {
    actor_type != ActorType::Human
}

impl Control {
    /// Why something that automation wanted to do was not done: 409 `AUTONOMY_DISABLED`.
    pub fn refusal(&self) -> Refusal {
        Refusal::new(Code::AutonomyDisabled, "automation is paused")
            .because("scope_type", self.scope_type.as_str())
            .because("scope_id", self.key.clone())
            .because("reason", self.reason.as_str())
    }
}

/// The controls of `ticket`, as scope and key.
pub fn covering(ticket: &Ticket) -> [(AutonomyScope, String); 3] {
    [
        (AutonomyScope::Ticket, ticket.id.to_string()),
        (AutonomyScope::Incident, ticket.incident_type.clone().unwrap_or_default()),
        (AutonomyScope::Global, String::new()),
    ]
}

impl Said {
    /// The key as it is kept: none for everything, a ticket's id, an incident type in upper case. Error: the field that
    /// does not fit.
    pub fn canonical_key(&self) -> Result<Option<String>, FieldError> {
        let misfit = |message| Err(FieldError::new("key", message));
        match (self.scope_type, self.key.as_deref()) {
            (AutonomyScope::Global, None) => Ok(None),
            (AutonomyScope::Global, Some(_)) => misfit("must be missing: GLOBAL covers everything"),
            (AutonomyScope::Incident, Some(key)) => Ok(Some(key.to_uppercase())),
            (AutonomyScope::Incident, None) => misfit("must be an incident type"),
            (AutonomyScope::Ticket, key) => match key.and_then(|key| Uuid::parse_str(key).ok()) {
                Some(id) => Ok(Some(id.to_string())),
                None => misfit("must be the id of a ticket"),
            },
        }
    }
}

#[cfg(test)]
mod tests;
