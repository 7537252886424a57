//! The feed after somebody was erased: its events keep their places and shapes and lose the words.

use patchbay_core::ids::{ConversationId, TicketId};
use patchbay_store::contact_erasure::{self as store, ERASED_ADDRESS, ERASED_NAME, ToldEvent};
use patchbay_store::{Db, StoreError};
use serde_json::{Map, Value, json};

/// Events that are rewritten in one transaction.
const BITE: i64 = 500;

/// Takes the words out of every event that tells of these conversations and tickets. Reads beside the writer, which it
/// asks for in small bites.
pub(super) async fn redact_feed(
    db: &Db,
    conversations: &[ConversationId],
    tickets: &[TicketId],
) -> Result<(), StoreError> {
    let mut after = (0, 0);
    loop {
        let told = store::told_of(&mut db.read().await?, conversations, tickets, after, BITE).await?;
        let Some(last) = told.last() else { return Ok(()) };
        after = (last.tx, last.seq);
        let rewritten: Vec<ToldEvent> = told.iter().filter_map(rewritten).collect();
        let mut tx = db.begin().await?;
        store::rewrite_events(&mut tx, &rewritten).await?;
        tx.commit().await?;
    }
}

/// The event without words; nothing when it has none.
fn rewritten(event: &ToldEvent) -> Option<ToldEvent> {
    let mut data: Value = serde_json::from_str(&event.payload).ok()?;
    redact(&mut data);
    let payload = data.to_string();
    (payload != event.payload).then_some(ToldEvent { payload, ..event.clone() })
}

/// Takes the words out of the data of an event.
fn redact(data: &mut Value) {
    let Some(data) = data.as_object_mut() else { return };
    for (name, part) in data.iter_mut() {
        let Some(part) = part.as_object_mut() else { continue };
        match name.as_str() {
            "message" => message(part),
            "conversation" => conversation(part),
            "decision" => clear(part, "metadata", json!({})),
            "note" => clear(part, "text", json!("(erased)")),
            "contact" | "split" => contact(part),
            "ticket" => {
                for field in ["customer_name", "contact_phone", "contact_email"] {
                    clear(part, field, Value::Null);
                }
            }
            _ => {}
        }
    }
}

/// Sets a field that is there.
fn clear(part: &mut Map<String, Value>, field: &str, value: Value) {
    if let Some(found) = part.get_mut(field) {
        *found = value;
    }
}

fn message(message: &mut Map<String, Value>) {
    for field in ["channel_message_id", "reply_to", "error"] {
        clear(message, field, Value::Null);
    }
    clear(message, "metadata", json!({ "erased": true }));
    if let Some(sender) = message.get_mut("sender").and_then(Value::as_object_mut)
        && sender.get("type").and_then(Value::as_str) == Some("customer")
    {
        clear(sender, "name", Value::Null);
    }
    if let Some(content) = message.get_mut("content").and_then(Value::as_object_mut) {
        clear(content, "text", Value::Null);
        clear(content, "full_text", Value::Null);
        clear(content, "html", Value::Null);
        clear(content, "media_url", Value::Null);
        clear(content, "media", json!([]));
        clear(content, "metadata", json!({}));
    }
}

fn conversation(conversation: &mut Map<String, Value>) {
    clear(conversation, "subject", Value::Null);
    if let Some(contact) = conversation.get_mut("contact").and_then(Value::as_object_mut) {
        clear(contact, "name", ERASED_NAME.into());
        clear(contact, "address", ERASED_ADDRESS.into());
    }
    if let Some(said) = conversation.get_mut("satisfaction").and_then(Value::as_object_mut) {
        clear(said, "comment", Value::Null);
    }
    if let Some(last) = conversation.get_mut("last_message").and_then(Value::as_object_mut) {
        message(last);
    }
}

fn contact(contact: &mut Map<String, Value>) {
    clear(contact, "display_name", ERASED_NAME.into());
    clear(contact, "identities", json!([]));
    clear(contact, "metadata", json!({}));
    clear(contact, "locale", Value::Null);
    clear(contact, "timezone", Value::Null);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_keeps_its_shape_and_loses_its_words() {
        let mut data = json!({
            "message": { "message_id": "m", "seq": 3, "channel_message_id": "SM1", "metadata": { "x": "y" },
                         "sender": { "type": "customer", "id": "c", "name": "Maya" },
                         "content": { "type": "text", "text": "secret", "media": [{ "filename": "id.pdf" }] } },
            "conversation": { "id": "v", "version": 4, "subject": "secret",
                              "contact": { "id": "c", "name": "Maya", "address": "+15550100" },
                              "satisfaction": { "rating": 2, "comment": "secret" },
                              "last_message": { "content": { "text": "secret" } } },
        });
        redact(&mut data);
        let text = data.to_string();
        for word in ["secret", "Maya", "+15550100", "SM1", "id.pdf"] {
            assert!(!text.contains(word), "{word} is still there");
        }
        assert_eq!(data["message"]["seq"], 3);
        assert_eq!(data["conversation"]["version"], 4);
        assert_eq!(data["conversation"]["satisfaction"]["rating"], 2);
        assert_eq!(data["conversation"]["contact"]["name"], ERASED_NAME);
    }
}
