//! Calls as people see them in the conversation: that somebody called, and how it ended.

use patchbay_core::channel::{Channel, Direction, SenderType};
use patchbay_core::item::{Content, EventItem, MessageItem, Sender};
use serde_json::Value;

/// What the ids of messages end with that tell of the beginning of a call.
pub(crate) const CALL_BEGINS: &str = ":call";

/// The message that shows an event of a call. `None`: it is nothing to show, or nobody knows whose call it was.
pub(super) fn shown(event: &EventItem) -> Option<MessageItem> {
    if event.channel != Channel::Voice {
        return None;
    }
    let text = |key: &str| event.data.get(key).and_then(Value::as_str);
    let address = event.address.as_deref().filter(|address| !address.is_empty())?;
    let (call, account) = (text("call_id")?, event.account.as_deref()?);
    let (part, said) = match event.kind.as_str() {
        "call.started" if text("direction") == Some("inbound") => (CALL_BEGINS, "Incoming call".to_owned()),
        "call.ended" => (":ended", ending(text("status").unwrap_or_default(), event.data.get("duration_seconds"))),
        "call.transcription" => (":transcription", text("text").filter(|text| !text.trim().is_empty())?.to_owned()),
        _ => return None,
    };
    let mut content = Content::text(said);
    content.metadata.insert("call".to_owned(), Value::Object(event.data.clone()));
    Some(MessageItem {
        channel: Channel::Voice,
        channel_message_id: format!("{call}{part}"),
        account: account.to_owned(),
        direction: Direction::Inbound,
        sender: Sender { kind: SenderType::Customer, address: address.to_owned(), name: None },
        content,
        reply_to: None,
        timestamp: event.timestamp,
        status: "received".to_owned(),
        metadata: serde_json::Map::new(),
    })
}

fn ending(status: &str, seconds: Option<&Value>) -> String {
    match (status, seconds.and_then(Value::as_u64)) {
        ("completed", Some(seconds)) => format!("Call ended after {}:{:02}", seconds / 60, seconds % 60),
        ("completed", None) => "Call ended".to_owned(),
        ("busy" | "no-answer" | "canceled", _) => "Missed call".to_owned(),
        _ => "Call failed".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event(kind: &str, data: &Value) -> EventItem {
        EventItem {
            kind: kind.to_owned(),
            channel: Channel::Voice,
            account: Some("+15550100003".to_owned()),
            address: Some("+15550101234".to_owned()),
            timestamp: chrono::DateTime::UNIX_EPOCH,
            data: data.as_object().cloned().unwrap_or_default(),
        }
    }

    #[test]
    fn a_call_is_seen_once_when_it_comes_and_once_when_it_ends() {
        let begun = shown(&event("call.started", &json!({ "call_id": "CA1", "direction": "inbound" }))).unwrap();
        assert_eq!(
            (begun.channel_message_id.as_str(), begun.content.text.as_deref()),
            ("CA1:call", Some("Incoming call"))
        );
        let ended = json!({ "call_id": "CA1", "status": "completed", "duration_seconds": 61 });
        let ended = shown(&event("call.ended", &ended)).unwrap();
        assert_eq!(
            (ended.channel_message_id.as_str(), ended.content.text.as_deref()),
            ("CA1:ended", Some("Call ended after 1:01"))
        );
        let ours = json!({ "call_id": "CA2", "direction": "outbound" });
        assert!(shown(&event("call.started", &ours)).is_none());
        assert!(shown(&event("call.dial_result", &json!({ "call_id": "CA1" }))).is_none());
    }
}
