//! What makes two items the same item, however often the provider delivers it.

use patchbay_core::item::{EventItem, Item, StatusItem};
use patchbay_core::vocabulary;
use serde_json::Value;

use crate::digest;

vocabulary! {
    /// Who delivered an item; the rules of deduplication belong to the deliverer, not to the channel.
    pub enum Source {
        /// WhatsApp Cloud API of Meta.
        WhatsappCloud => "whatsapp_cloud",
        /// Twilio messaging, also WhatsApp through Twilio.
        Twilio => "twilio",
        /// Mail, whoever hands it over.
        Email => "email",
        /// Web chat.
        Chat => "chat",
    }
}

/// The key under which an item counts once. Stable: the same item always has the same key, however it is delivered.
///
/// Messages: Meta and mail by channel, account and id; Twilio by channel and id; chat by inbox, writer and the writer's
/// id. Statuses: Meta by id, status and recipient (groups report each member); Twilio by id, status and error code; mail
/// by the provider's event id, else by all it says. Events: by what they are and the id of the element they came in
/// (`data.id`).
pub fn key(source: Source, item: &Item) -> String {
    match item {
        Item::Message(message) => match source {
            Source::WhatsappCloud | Source::Email => {
                join(&["message", message.channel.as_str(), &message.account, &message.channel_message_id])
            }
            Source::Twilio => join(&["message", message.channel.as_str(), &message.channel_message_id]),
            Source::Chat => join(&["message", message.channel.as_str(), &message.account, &message.key()]),
        },
        Item::Status(status) => status_key(source, status),
        Item::Event(event) => event_key(event),
    }
}

fn status_key(source: Source, status: &StatusItem) -> String {
    let word = status.provider_status.to_ascii_lowercase();
    match source {
        Source::WhatsappCloud => {
            join(&["status", &status.channel_message_id, &word, status.recipient.as_deref().unwrap_or_default()])
        }
        Source::Chat => join(&["status", &status.channel_message_id, &word]),
        Source::Twilio => {
            let code = status.errors.first().map_or("", |error| error.code.as_str());
            join(&["status", &status.channel_message_id, &word, code])
        }
        Source::Email => {
            let recipient = status.recipient.as_deref().unwrap_or_default();
            let told = |key: &str| status.metadata.get(key).and_then(Value::as_str);
            match (told("event_id"), told("report_id")) {
                (Some(event), _) => join(&["status", "event", event]),
                (None, Some(report)) => {
                    join(&["status", &status.channel_message_id, &word, recipient, "report", report])
                }
                (None, None) => {
                    join(&["status", &status.channel_message_id, &word, recipient, &status.timestamp.to_rfc3339()])
                }
            }
        }
    }
}

fn event_key(event: &EventItem) -> String {
    let account = event.account.as_deref().unwrap_or_default();
    let address = event.address.as_deref().unwrap_or_default();
    let id = match event.data.get("id") {
        Some(Value::String(id)) => id.clone(),
        _ => digest::of(&[&Value::Object(event.data.clone()).to_string(), &event.timestamp.to_rfc3339()]),
    };
    join(&["event", event.channel.as_str(), &event.kind, account, address, &id])
}

/// Unit separators cannot stand in any part that a provider sends as an id, so the joined text is unambiguous.
fn join(parts: &[&str]) -> String {
    parts.join("\u{1f}")
}
