//! Inbound messages: one form each.

use chrono::{DateTime, Utc};
use patchbay_core::channel::{Channel, Direction, SenderType};
use patchbay_core::item::{Content, ContentType, EventItem, Item, Media, MessageItem, Sender};
use serde_json::{Map, Value, json};

use super::consent::{self, Consent};
use super::form::Form;
use crate::digest;
use crate::text::shortened;

/// What an inbound message needs beside its form. Twilio sends no timestamp.
#[derive(Clone, Copy, Debug)]
pub struct MessageContext {
    /// When we received it.
    pub received_at: DateTime<Utc>,
    /// What we know of the sender.
    pub consent: Consent,
}

/// Most media of one message that are read; Twilio sends at most 10.
const MOST_MEDIA: u32 = 30;

/// Reads an inbound message: the message itself and, for a consent keyword on SMS, the event after it.
pub fn message(form: &Form, ctx: &MessageContext) -> Vec<Item> {
    let (Some(id), Some(from), Some(to)) = (message_sid(form), form.word("From"), form.word("To")) else {
        return vec![rejected(form, ctx.received_at)];
    };
    let (channel, address) = split_prefix(&from);
    let (_, account) = split_prefix(&to);
    let content = content(form, channel);
    let message = MessageItem {
        channel,
        channel_message_id: id.clone(),
        account: account.to_owned(),
        direction: Direction::Inbound,
        sender: Sender { kind: SenderType::Customer, address: address.to_owned(), name: form.word("ProfileName") },
        reply_to: form.word("OriginalRepliedMessageSid"),
        content,
        timestamp: ctx.received_at,
        status: "received".to_owned(),
        metadata: metadata(form),
    };
    let mut items = vec![Item::Message(message)];
    // WhatsApp has no such keywords.
    if channel == Channel::Sms
        && let Some((kind, keyword)) = consent::meaning(form, ctx.consent)
    {
        let mut data = Map::new();
        data.insert("keyword".to_owned(), keyword.into());
        data.insert("id".to_owned(), id.into());
        items.push(Item::Event(EventItem {
            kind: kind.to_owned(),
            channel,
            account: Some(account.to_owned()),
            address: Some(address.to_owned()),
            timestamp: ctx.received_at,
            data,
        }));
    }
    items
}

pub(super) fn message_sid(form: &Form) -> Option<String> {
    ["MessageSid", "SmsSid", "SmsMessageSid"].iter().find_map(|name| form.word(name))
}

/// Channel and bare address of a `From` or `To` as Twilio writes it. Other transports than WhatsApp keep their prefix:
/// it belongs to their address.
pub fn split_prefix(address: &str) -> (Channel, &str) {
    match address.strip_prefix("whatsapp:") {
        Some(bare) => (Channel::Whatsapp, bare),
        None => (Channel::Sms, address),
    }
}

pub(super) fn rejected(form: &Form, at: DateTime<Utc>) -> Item {
    let names: Vec<String> = form.pairs().map(|(name, _)| String::from_utf8_lossy(name).replace('\0', "")).collect();
    let mut data = Map::new();
    data.insert("reason".to_owned(), "malformed_message".into());
    data.insert("parameters".to_owned(), shortened(&names.join(" "), 2048).into());
    let values: Vec<String> =
        form.pairs().map(|(name, value)| format!("{}={}", hex::encode(name), hex::encode(value))).collect();
    data.insert("id".to_owned(), digest::of(&values.iter().map(String::as_str).collect::<Vec<_>>()).into());
    Item::Event(EventItem {
        kind: "ingest.rejected".to_owned(),
        channel: Channel::Sms,
        account: form.word("To"),
        address: None,
        timestamp: at,
        data,
    })
}

fn content(form: &Form, channel: Channel) -> Content {
    let media = media(form);
    let text = form.text("Body");
    let declared = form.word("MessageType").unwrap_or_default().to_ascii_lowercase();
    let mut metadata = Map::new();
    let chosen_button = form.word("ButtonText").is_some() || form.word("ButtonPayload").is_some();
    let kind = if let (Channel::Whatsapp, Some(location)) = (channel, location(form)) {
        metadata.insert("location".to_owned(), location);
        ContentType::Location
    } else if form.word("ListId").is_some() {
        metadata.insert(
            "interactive".to_owned(),
            json!({
                "kind": "list_reply", "id": form.word("ListId"), "title": form.word("ListTitle"),
                "description": form.word("ListDescription"),
            }),
        );
        ContentType::Interactive
    } else if chosen_button {
        metadata.insert(
            "interactive".to_owned(),
            json!({
                "kind": "button", "id": form.word("ButtonPayload"), "title": form.word("ButtonText"),
            }),
        );
        ContentType::Interactive
    } else if let (true, Some(target)) = (declared == "reaction", form.word("OriginalRepliedMessageSid")) {
        let emoji = form.word("Body");
        metadata
            .insert("reaction".to_owned(), json!({"message_id": target, "emoji": emoji, "removed": emoji.is_none()}));
        ContentType::Reaction
    } else if let Some(first) = media.first() {
        if declared == "sticker" {
            ContentType::Sticker
        } else {
            of_mime_type(first.mime_type.as_deref().unwrap_or_default())
        }
    } else if matches!(declared.as_str(), "" | "text") || text.as_deref().is_some_and(|text| !text.is_empty()) {
        ContentType::Text
    } else {
        metadata.insert(
            "unsupported".to_owned(),
            json!({"type": declared, "code": form.word("ErrorCode"), "raw": raw(form)}),
        );
        ContentType::Unsupported
    };
    let text = match kind {
        ContentType::Text
        | ContentType::Image
        | ContentType::Video
        | ContentType::Audio
        | ContentType::Document
        | ContentType::Contacts
        | ContentType::Sticker => text,
        // The body repeats the label, or is empty.
        _ => {
            text.filter(|text| !text.is_empty()).or_else(|| form.word("ButtonText")).or_else(|| form.word("ListTitle"))
        }
    };
    Content { kind, text, full_text: None, media, metadata }
}

/// The parameters as an object, for a later release that knows the type.
fn raw(form: &Form) -> Value {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace('\0', "");
    Value::Object(form.pairs().map(|(name, value)| (text(name), Value::from(text(value)))).collect())
}

fn of_mime_type(mime_type: &str) -> ContentType {
    let essence = mime_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match essence.as_str() {
        "text/vcard" | "text/x-vcard" | "text/directory" => ContentType::Contacts,
        _ => match essence.split('/').next() {
            Some("image") => ContentType::Image,
            Some("video") => ContentType::Video,
            Some("audio") => ContentType::Audio,
            _ => ContentType::Document,
        },
    }
}

/// Media in index order; gaps are skipped.
fn media(form: &Form) -> Vec<Media> {
    let count = form.word("NumMedia").and_then(|count| count.trim().parse::<u32>().ok()).unwrap_or(0).min(MOST_MEDIA);
    (0..count)
        .filter_map(|index| {
            let url = form.word(&format!("MediaUrl{index}"))?;
            let path = url.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
            let id = path.rsplit('/').next().filter(|id| !id.is_empty()).map(str::to_owned);
            Some(Media {
                id,
                mime_type: form.word(&format!("MediaContentType{index}")),
                url: Some(url),
                ..Media::default()
            })
        })
        .collect()
}

fn location(form: &Form) -> Option<Value> {
    let coordinate = |name| form.word(name)?.trim().parse::<f64>().ok().filter(|degrees| degrees.is_finite());
    Some(json!({
        "latitude": coordinate("Latitude")?, "longitude": coordinate("Longitude")?,
        "name": form.word("Label"), "address": form.word("Address"), "url": null,
    }))
}

fn metadata(form: &Form) -> Map<String, Value> {
    let mut metadata = Map::new();
    let mut put = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            metadata.insert(key.to_owned(), value);
        }
    };
    let is_true = |name| form.word(name).is_some_and(|value| value.eq_ignore_ascii_case("true"));
    let text = |name| form.word(name).map(Value::from);
    let frequently = is_true("FrequentlyForwarded");
    put("forwarded", (frequently || is_true("Forwarded")).then(|| true.into()));
    put("frequently_forwarded", frequently.then(|| true.into()));
    put("user_id", form.word("ExternalUserId").map(|id| split_prefix(&id).1.into()));
    put("messaging_service_sid", text("MessagingServiceSid"));
    put("opt_out_type", text("OptOutType"));
    let referral: Map<String, Value> = [
        ("ReferralSourceUrl", "source_url"),
        ("ReferralSourceId", "source_id"),
        ("ReferralSourceType", "source_type"),
        ("ReferralHeadline", "headline"),
        ("ReferralBody", "body"),
        ("ReferralMediaUrl", "media_url"),
        ("ReferralMediaContentType", "media_type"),
        ("ReferralCtwaClid", "ctwa_clid"),
    ]
    .into_iter()
    .filter_map(|(name, key)| Some((key.to_owned(), text(name)?)))
    .collect();
    put("referral", (!referral.is_empty()).then(|| referral.into()));
    metadata
}
