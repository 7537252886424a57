//! From an event of the feed to what rules look at.

use patchbay_core::alert::{Severity, Signal};
use patchbay_core::conversation::Priority;
use patchbay_core::event::EventName;
use patchbay_core::ids::InboxId;
use patchbay_store::feed::StoredEvent;
use serde_json::Value;

/// An inbox does not work.
pub(super) const INBOX_UNHEALTHY: &str = "INBOX_UNHEALTHY";

/// What an event says.
pub(super) enum Heard {
    /// Something happened.
    Signal(Box<Signal>),
    /// An inbox works again.
    InboxWorks(InboxId),
    /// Nothing that concerns alerts.
    Nothing,
}

/// Reads an event.
pub(super) fn heard(event: &StoredEvent) -> Heard {
    let Ok(name) = event.name.parse::<EventName>() else { return Heard::Nothing };
    let Ok(payload) = serde_json::from_str::<Value>(&event.payload) else { return Heard::Nothing };
    let word = |pointer: &str| payload.pointer(pointer).and_then(Value::as_str);
    let (code, severity) = match name {
        // What we told ourselves.
        EventName::AlertRaised if payload.pointer("/alert/rule").is_some() => return Heard::Nothing,
        EventName::AlertUpdated | EventName::AlertNotified => return Heard::Nothing,
        EventName::AlertRaised => match word("/alert/code") {
            Some(code) => (code.to_owned(), word("/alert/severity").and_then(|word| word.parse::<Severity>().ok())),
            None => return Heard::Nothing,
        },
        EventName::InboxHealthChanged => match (word("/inbox/health/state"), event.audience.inbox_id) {
            (Some("degraded" | "auth_failed"), _) => (INBOX_UNHEALTHY.to_owned(), None),
            (_, Some(inbox)) => return Heard::InboxWorks(inbox),
            _ => return Heard::Nothing,
        },
        other => (other.as_str().replace('.', "_").to_ascii_uppercase(), None),
    };
    let priority = word("/alert/priority").or_else(|| word("/conversation/priority"));
    Heard::Signal(Box::new(Signal {
        event: Some(name),
        code,
        severity,
        conversation_id: event.conversation_id,
        ticket_id: event.ticket_id,
        team_id: event.audience.team_id,
        inbox_id: event.audience.inbox_id,
        priority: priority.and_then(|word| word.parse::<Priority>().ok()),
        at: event.created_at,
    }))
}
