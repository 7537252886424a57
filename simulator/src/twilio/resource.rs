//! A message as the API shows it.

use chrono::{DateTime, Utc};
use patchbay_core::channel::{Channel, Direction};
use serde_json::{Value, json};

use crate::message::DeliveryState;
use crate::world::Entry;

/// RFC 2822, as Twilio writes times.
fn stamp(at: DateTime<Utc>) -> String {
    at.format("%a, %d %b %Y %H:%M:%S +0000").to_string()
}

/// The word of a delivery state in Twilio's language. 30xxx is the carrier's refusal.
pub(crate) fn word(state: DeliveryState, error_code: Option<u32>) -> &'static str {
    match state {
        DeliveryState::Queued => "queued",
        DeliveryState::Sent => "sent",
        DeliveryState::Delivered => "delivered",
        DeliveryState::Read => "read",
        DeliveryState::Failed if matches!(error_code, Some(30_000..=30_999)) => "undelivered",
        DeliveryState::Failed => "failed",
    }
}

/// An address as Twilio writes it.
pub(crate) fn prefixed(channel: Channel, address: &str) -> String {
    match channel {
        Channel::Whatsapp => format!("whatsapp:{address}"),
        _ => address.to_owned(),
    }
}

/// The whole resource. Before it was sent it has no `date_sent`.
pub(super) fn resource(entry: &Entry) -> Value {
    let message = &entry.message;
    let (direction, status) = match entry.direction {
        Direction::Inbound => ("inbound", "received"),
        Direction::Outbound => ("outbound-api", word(message.state, message.error_code)),
    };
    let account = &entry.owner;
    let sent = entry.direction == Direction::Inbound || message.state != DeliveryState::Queued;
    let uri = format!("/2010-04-01/Accounts/{account}/Messages/{}", message.id);
    json!({
        "account_sid": account,
        "api_version": "2010-04-01",
        "body": message.text.as_deref().unwrap_or_default(),
        "date_created": stamp(message.at),
        "date_sent": sent.then(|| stamp(message.at)),
        "date_updated": stamp(message.at),
        "direction": direction,
        "error_code": message.error_code,
        "error_message": message.error_code.map(|_| "The message could not be delivered"),
        "from": prefixed(message.channel, &message.from),
        "messaging_service_sid": message.body.get("MessagingServiceSid").cloned().unwrap_or(Value::Null),
        "num_media": message.media.len().to_string(),
        "num_segments": segments(message.text.as_deref().unwrap_or_default()).to_string(),
        "price": null,
        "price_unit": "USD",
        "sid": message.id,
        "status": status,
        "subresource_uris": { "media": format!("{uri}/Media.json") },
        "tags": {},
        "to": prefixed(message.channel, &message.to),
        "uri": format!("{uri}.json"),
    })
}

/// How many segments a text takes: ASCII stands for GSM-7 here, everything else for UCS-2.
fn segments(text: &str) -> usize {
    let (units, single, joined) =
        if text.is_ascii() { (text.len(), 160, 153) } else { (text.encode_utf16().count(), 70, 67) };
    if units <= single { 1 } else { units.div_ceil(joined) }
}
