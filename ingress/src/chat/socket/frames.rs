//! Frames to a visitor: `{"event","seq","ts","data"}`.

use std::time::Duration;

use axum::extract::ws::Utf8Bytes;
use chrono::{DateTime, SecondsFormat, Utc};
use patchbay_hub::chat::{Availability, Session, ShownConversation, ShownMessage, Sign};
use serde_json::{Value, json};

fn frame(event: &str, seq: Option<i64>, now: DateTime<Utc>, data: &Value) -> Utf8Bytes {
    let ts = now.to_rfc3339_opts(SecondsFormat::Millis, true);
    json!({ "event": event, "seq": seq, "ts": ts, "data": data }).to_string().into()
}

pub(super) fn hello(
    session: &Session,
    conversation: Option<&ShownConversation>,
    availability: &Availability,
    heartbeat: Duration,
    now: DateTime<Utc>,
) -> Utf8Bytes {
    let data = json!({
        "protocol": super::PROTOCOL,
        "visitor_id": session.visitor,
        "identity_verified": session.is_verified(),
        "conversation": conversation,
        "availability": availability,
        "heartbeat_s": heartbeat.as_secs(),
        "expires_at": session.ends(),
        "resume": { "complete": true },
    });
    frame("hello", None, now, &data)
}

pub(super) fn message(event: &str, message: &ShownMessage, now: DateTime<Utc>) -> Utf8Bytes {
    // Only what is new has a place that nothing was shown at before.
    let seq = (event == "message").then_some(message.seq);
    frame(event, seq, now, &json!(message))
}

pub(super) fn conversation(conversation: &ShownConversation, now: DateTime<Utc>) -> Utf8Bytes {
    frame("conversation", None, now, &json!(conversation))
}

pub(super) fn typing(sign: &Sign, now: DateTime<Utc>) -> Utf8Bytes {
    frame("typing", None, now, &json!({ "active": sign.active, "agent": { "name": sign.name } }))
}

pub(super) fn pong(id: Option<&Value>, now: DateTime<Utc>) -> Utf8Bytes {
    frame("pong", None, now, &json!({ "id": id }))
}

pub(super) fn error(id: Option<&Value>, code: &str, problem: &str, now: DateTime<Utc>) -> Utf8Bytes {
    frame("error", None, now, &json!({ "id": id, "code": code, "message": problem }))
}

/// What of a message a page would have to draw again when it changes: its words and files, and whether it is still there.
/// Progress of our own delivery is nothing to a visitor.
pub(super) fn state_of(message: &ShownMessage) -> String {
    let files: Vec<Value> =
        message.content.media.iter().map(|file| json!([file.get("media_id"), file.get("status")])).collect();
    json!([message.content.text, files, message.content.metadata, message.is_shown()]).to_string()
}
