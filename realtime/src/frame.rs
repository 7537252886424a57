//! Frames from the server to a socket: `{"event","cursor","conversation_seq","ts","data"}`, written once and shared.

use axum::extract::ws::Utf8Bytes;
use chrono::{DateTime, SecondsFormat, Utc};
use patchbay_core::event::{Audience, EventName};
use patchbay_core::ids::{ConversationId, SocketId, TeamId, TicketId, UserId};
use patchbay_store::feed::{Position, StoredEvent};
use serde_json::{Value, json};

/// A frame ready to be sent. Cheap to clone: the text is shared.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    /// Where its event stands in the feed; `None` for what passes.
    pub(crate) position: Option<Position>,
    /// The socket that caused it and need not hear it.
    pub(crate) not_to: Option<SocketId>,
    /// The text.
    pub(crate) text: Utf8Bytes,
}

/// What a frame is about: decides who gets it.
#[derive(Clone, Debug)]
pub(crate) struct Subject {
    /// Who may know; not asked when `about` is a person.
    pub(crate) audience: Audience,
    /// Conversation it is about.
    pub(crate) conversation: Option<ConversationId>,
    /// Ticket it is about.
    pub(crate) ticket: Option<TicketId>,
    /// What kind of thing.
    pub(crate) about: About,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum About {
    /// Anything that happened to a conversation or a ticket.
    Work,
    /// Something for the eyes of those who watch alerts.
    Alert,
    /// What is for one person alone.
    Private {
        /// Who; nobody when it names none.
        user: Option<UserId>,
    },
    /// A person's availability: for themselves, their teams and whoever sees everything.
    Person {
        /// Who.
        user: UserId,
        /// Whose members may know.
        teams: Vec<TeamId>,
    },
}

impl Subject {
    /// What an event of the feed is about.
    pub(crate) fn of(event: &StoredEvent) -> Self {
        Self {
            audience: event.audience,
            conversation: event.conversation_id,
            ticket: event.ticket_id,
            about: match event.name.parse() {
                Ok(EventName::AlertRaised | EventName::AlertUpdated | EventName::AlertNotified) => About::Alert,
                _ if EventName::is_private(&event.name) => About::Private { user: event.audience.assigned_to },
                _ => About::Work,
            },
        }
    }
}

impl Frame {
    /// The frame of an event of the feed. Its payload is JSON already and is not parsed again.
    pub(crate) fn of(event: &StoredEvent) -> Self {
        let seq = event.conversation_seq.map_or_else(|| "null".to_owned(), |seq| seq.to_string());
        let text = format!(
            r#"{{"event":"{}","cursor":"{}","conversation_seq":{seq},"ts":"{}","data":{}}}"#,
            event.name,
            event.position,
            timestamp(event.created_at),
            event.payload,
        );
        Self { position: Some(event.position), not_to: None, text: text.into() }
    }

    /// A frame about something that passes and cannot be resumed.
    pub(crate) fn passing(event: &str, now: DateTime<Utc>, data: &Value) -> Self {
        Self { position: None, not_to: None, text: control(event, None, None, now, data) }
    }
}

/// A frame of the protocol itself; `id` repeats the client's.
pub(crate) fn control(
    event: &str,
    id: Option<&Value>,
    cursor: Option<Position>,
    now: DateTime<Utc>,
    data: &Value,
) -> Utf8Bytes {
    let mut frame = json!({
        "event": event,
        "cursor": cursor.map(|position| position.to_string()),
        "conversation_seq": null,
        "ts": timestamp(now),
        "data": data,
    });
    if let Some(id) = id {
        frame["id"] = id.clone();
    }
    frame.to_string().into()
}

fn timestamp(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}
