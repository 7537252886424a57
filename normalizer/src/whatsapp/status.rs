//! Delivery statuses.

use chrono::{DateTime, Utc};
use patchbay_core::channel::Channel;
use patchbay_core::item::{Item, ReportedStatus, StatusItem};
use serde_json::{Map, Value};

use super::envelope::{event, rejected};
use super::errors;
use crate::address;
use crate::digest;
use crate::json::{element, object, put, text, unix_time, word};

pub(super) fn status(raw: &str, account: &str, received_at: DateTime<Utc>) -> Item {
    let Some(value) = element(raw) else { return rejected(raw, Some(account), received_at, "status") };
    let (Some(id), Some(reported_word)) = (text(&value, "id"), text(&value, "status")) else {
        return rejected(raw, Some(account), received_at, "status");
    };
    let timestamp = match value.get("timestamp") {
        None | Some(Value::Null) => received_at,
        Some(time) => match unix_time(time) {
            Some(time) => time,
            None => return rejected(raw, Some(account), received_at, "status"),
        },
    };
    let recipient = recipient(&value);
    let Some(status) = reported(reported_word) else {
        let mut data = Map::new();
        data.insert("reason".to_owned(), "unknown_status".into());
        data.insert("status".to_owned(), reported_word.into());
        data.insert("channel_message_id".to_owned(), id.into());
        data.insert("id".to_owned(), digest::of(&[raw]).into());
        return Item::Event(event("ingest.rejected", Some(account), recipient, timestamp, data));
    };
    let errors = value.get("errors").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let mut metadata = Map::new();
    put(&mut metadata, "pricing", object(&value, "pricing").cloned());
    put(&mut metadata, "conversation", object(&value, "conversation").cloned());
    put(&mut metadata, "callback_data", text(&value, "biz_opaque_callback_data"));
    put(&mut metadata, "user_id", text(&value, "recipient_user_id"));
    if is_group(&value) {
        put(&mut metadata, "group_id", word(&value, "recipient_id"));
    }
    Item::Status(StatusItem {
        channel: Channel::Whatsapp,
        account: account.to_owned(),
        channel_message_id: id.to_owned(),
        status,
        provider_status: reported_word.to_owned(),
        recipient,
        timestamp,
        errors: errors.iter().filter(|error| error.is_object()).map(errors::read).collect(),
        metadata,
    })
}

fn reported(word: &str) -> Option<ReportedStatus> {
    Some(match word {
        "sent" => ReportedStatus::Sent,
        "delivered" => ReportedStatus::Delivered,
        // A voice note was played; it was certainly read.
        "read" | "played" => ReportedStatus::Read,
        "failed" => ReportedStatus::Failed,
        _ => return None,
    })
}

/// In a group each member reports on its own; the group itself is no address.
fn recipient(value: &Value) -> Option<String> {
    let of = |key| word(value, key).map(|id| address::of_whatsapp_id(&id));
    if is_group(value) {
        of("recipient_participant_id")
            .or_else(|| of("recipient_participant_user_id"))
            .or_else(|| of("recipient_user_id"))
    } else {
        of("recipient_id").or_else(|| of("recipient_user_id"))
    }
}

fn is_group(value: &Value) -> bool {
    text(value, "recipient_type") == Some("group") || word(value, "recipient_participant_id").is_some()
}
