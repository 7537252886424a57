//! Requests to `POST /{phone_number_id}/messages`.

use patchbay_core::channel::MediaKind;
use serde_json::{Map, Value, json};

use crate::address::is_phone;
use crate::request::{ProviderRequest, RenderError, at_most};

/// Longest text. Source: WhatsApp Cloud API, "Text messages".
pub const MAX_TEXT_CHARACTERS: usize = 4096;
/// Longest caption.
pub const MAX_CAPTION_CHARACTERS: usize = 1024;
/// Longest `biz_opaque_callback_data`.
pub const MAX_CALLBACK_CHARACTERS: usize = 512;

/// A message to send.
#[derive(Clone, Debug)]
pub struct Outbound<'a> {
    /// Canonical address: `+` and digits, or a business-scoped user id.
    pub to: &'a str,
    /// Our message id; comes back in every status as `metadata.callback_data`.
    pub callback_data: &'a str,
    /// Provider id of the message this answers.
    pub reply_to: Option<&'a str>,
    /// What to say.
    pub content: OutboundContent<'a>,
}

/// What to say.
#[derive(Clone, Debug)]
pub enum OutboundContent<'a> {
    /// Plain text; links are previewed.
    Text(&'a str),
    /// One file.
    Media {
        /// Kind of file. Audio and stickers take no caption.
        kind: MediaKind,
        /// Where Meta gets it.
        source: MediaSource<'a>,
        /// Text below it.
        caption: Option<&'a str>,
        /// Name of a document.
        filename: Option<&'a str>,
    },
    /// A template that Meta has approved.
    Template {
        /// Its name.
        name: &'a str,
        /// Its language code, such as `en_US`.
        language: &'a str,
        /// Values of the placeholders in its header.
        header: &'a [String],
        /// Values of the placeholders in its body.
        body: &'a [String],
        /// Payloads of its quick-reply buttons, in order.
        buttons: &'a [String],
    },
    /// An emoji on the message `target`; `None` removes it.
    Reaction {
        /// Provider id of the message.
        target: &'a str,
        /// The emoji.
        emoji: Option<&'a str>,
    },
}

/// Where Meta gets a file.
#[derive(Clone, Copy, Debug)]
pub enum MediaSource<'a> {
    /// Uploaded before, by id.
    Id(&'a str),
    /// From a public link.
    Link(&'a str),
}

/// Renders a message of the number `phone_number_id`.
pub fn render(phone_number_id: &str, message: &Outbound<'_>) -> Result<ProviderRequest, RenderError> {
    at_most("callback data", message.callback_data, MAX_CALLBACK_CHARACTERS)?;
    let (kind, inner) = content(&message.content)?;
    let mut body = Map::new();
    body.insert("messaging_product".to_owned(), "whatsapp".into());
    body.insert("recipient_type".to_owned(), "individual".into());
    let (key, address) = recipient(message.to)?;
    body.insert(key.to_owned(), address.into());
    if let Some(id) = message.reply_to {
        body.insert("context".to_owned(), json!({"message_id": id}));
    }
    body.insert("type".to_owned(), kind.into());
    body.insert(kind.to_owned(), inner);
    body.insert("biz_opaque_callback_data".to_owned(), message.callback_data.into());
    Ok(request(phone_number_id, &Value::Object(body)))
}

/// Marks an inbound message, and all before it, as read.
pub fn mark_read(phone_number_id: &str, channel_message_id: &str) -> ProviderRequest {
    request(
        phone_number_id,
        &json!({"messaging_product": "whatsapp", "status": "read", "message_id": channel_message_id}),
    )
}

fn request(phone_number_id: &str, body: &Value) -> ProviderRequest {
    ProviderRequest {
        method: "POST",
        path: format!("/{phone_number_id}/messages"),
        content_type: "application/json",
        body: body.to_string().into_bytes(),
    }
}

/// Phones go into `to` as digits, business-scoped user ids into `recipient`.
fn recipient(address: &str) -> Result<(&'static str, &str), RenderError> {
    if is_phone(address) {
        return Ok(("to", address.trim_start_matches('+')));
    }
    match address.split_once('.') {
        Some((country, id)) if country.len() == 2 && !id.is_empty() && !id.starts_with("ENT.") => {
            Ok(("recipient", address))
        }
        _ => Err(RenderError::Unreachable),
    }
}

fn content(content: &OutboundContent<'_>) -> Result<(&'static str, Value), RenderError> {
    match content {
        OutboundContent::Text(text) => {
            if text.trim().is_empty() {
                return Err(RenderError::Empty);
            }
            at_most("text", text, MAX_TEXT_CHARACTERS)?;
            Ok(("text", json!({"body": text, "preview_url": true})))
        }
        OutboundContent::Media { kind, source, caption, filename } => media(*kind, *source, *caption, *filename),
        OutboundContent::Template { name, language, header, body, buttons } => {
            let mut components = Vec::new();
            for (kind, values) in [("header", header), ("body", body)] {
                if !values.is_empty() {
                    components.push(json!({"type": kind, "parameters": texts(values)}));
                }
            }
            for (index, payload) in buttons.iter().enumerate() {
                components.push(json!({
                    "type": "button", "sub_type": "quick_reply", "index": index.to_string(),
                    "parameters": [{"type": "payload", "payload": payload}],
                }));
            }
            Ok(("template", json!({"name": name, "language": {"code": language}, "components": components})))
        }
        OutboundContent::Reaction { target, emoji } => {
            Ok(("reaction", json!({"message_id": target, "emoji": emoji.unwrap_or_default()})))
        }
    }
}

fn texts(values: &[String]) -> Vec<Value> {
    values.iter().map(|text| json!({"type": "text", "text": text})).collect()
}

fn media(
    kind: MediaKind,
    source: MediaSource<'_>,
    caption: Option<&str>,
    filename: Option<&str>,
) -> Result<(&'static str, Value), RenderError> {
    let name = match kind {
        MediaKind::Image => "image",
        MediaKind::Video => "video",
        MediaKind::Audio => "audio",
        MediaKind::Document => "document",
        MediaKind::Sticker => "sticker",
    };
    let mut inner = Map::new();
    match source {
        MediaSource::Id(id) => inner.insert("id".to_owned(), id.into()),
        MediaSource::Link(link) => inner.insert("link".to_owned(), link.into()),
    };
    if let Some(caption) = caption.filter(|caption| !caption.is_empty())
        && !matches!(kind, MediaKind::Audio | MediaKind::Sticker)
    {
        at_most("caption", caption, MAX_CAPTION_CHARACTERS)?;
        inner.insert("caption".to_owned(), caption.into());
    }
    if let (MediaKind::Document, Some(filename)) = (kind, filename) {
        inner.insert("filename".to_owned(), filename.into());
    }
    Ok((name, inner.into()))
}
