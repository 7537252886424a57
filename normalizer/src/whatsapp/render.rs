//! Requests to `POST /{phone_number_id}/messages`.

use patchbay_core::channel::MediaKind;
use patchbay_core::interactive::{BODY_CHARACTERS, Interactive, Kind, Location, Section};
use patchbay_core::template::ButtonValue;
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
        /// What fills its header.
        header: Option<TemplateHeader<'a>>,
        /// Values of the placeholders in its body.
        body: &'a [String],
        /// Names of those placeholders; empty when they are numbered.
        names: &'a [String],
        /// What fills its buttons.
        buttons: &'a [ButtonValue],
    },
    /// A text with something to press.
    Interactive {
        /// The text.
        body: &'a str,
        /// What to press.
        interactive: &'a Interactive,
    },
    /// A place.
    Location(&'a Location),
    /// An emoji on the message `target`; `None` removes it.
    Reaction {
        /// Provider id of the message.
        target: &'a str,
        /// The emoji.
        emoji: Option<&'a str>,
    },
}

/// What fills the header of a template.
#[derive(Clone, Copy, Debug)]
pub enum TemplateHeader<'a> {
    /// The value of its placeholder.
    Text(&'a str),
    /// A file.
    Media {
        /// Kind of file.
        kind: MediaKind,
        /// Where Meta gets it.
        source: MediaSource<'a>,
        /// Name of a document.
        filename: Option<&'a str>,
    },
    /// A place.
    Location(&'a Location),
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
    request(phone_number_id, &read(channel_message_id))
}

/// The same, and shows for a while that somebody is typing.
pub fn show_typing(phone_number_id: &str, channel_message_id: &str) -> ProviderRequest {
    let mut body = read(channel_message_id);
    body["typing_indicator"] = json!({"type": "text"});
    request(phone_number_id, &body)
}

fn read(channel_message_id: &str) -> Value {
    json!({"messaging_product": "whatsapp", "status": "read", "message_id": channel_message_id})
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
        OutboundContent::Template { name, language, header, body, names, buttons } => {
            let mut components: Vec<Value> = header.iter().map(|header| header_component(*header)).collect();
            if !body.is_empty() {
                components.push(json!({"type": "body", "parameters": texts(body, names)}));
            }
            components.extend(buttons.iter().map(button_component));
            let mut template = json!({"name": name, "language": {"code": language}});
            if !components.is_empty() {
                template["components"] = components.into();
            }
            Ok(("template", template))
        }
        OutboundContent::Interactive { body, interactive } => {
            if body.trim().is_empty() {
                return Err(RenderError::Empty);
            }
            at_most("text", body, BODY_CHARACTERS)?;
            Ok(("interactive", pressable(body, interactive)))
        }
        OutboundContent::Location(place) => Ok(("location", json!(place))),
        OutboundContent::Reaction { target, emoji } => {
            Ok(("reaction", json!({"message_id": target, "emoji": emoji.unwrap_or_default()})))
        }
    }
}

fn texts(values: &[String], names: &[String]) -> Vec<Value> {
    values
        .iter()
        .enumerate()
        .map(|(at, text)| {
            let mut parameter = json!({"type": "text", "text": text});
            if let Some(name) = names.get(at) {
                parameter["parameter_name"] = name.as_str().into();
            }
            parameter
        })
        .collect()
}

fn header_component(header: TemplateHeader<'_>) -> Value {
    let parameter = match header {
        TemplateHeader::Text(text) => json!({"type": "text", "text": text}),
        TemplateHeader::Location(place) => json!({"type": "location", "location": place}),
        TemplateHeader::Media { kind, source, filename } => {
            let (name, inner) = file(kind, source, filename);
            let mut parameter = json!({ "type": name });
            parameter[name] = inner.into();
            parameter
        }
    };
    json!({"type": "header", "parameters": [parameter]})
}

fn button_component(button: &ButtonValue) -> Value {
    let (kind, parameter) = match button {
        ButtonValue::QuickReply { payload, .. } => ("quick_reply", json!({"type": "payload", "payload": payload})),
        ButtonValue::Url { text, .. } => ("url", json!({"type": "text", "text": text})),
        ButtonValue::CopyCode { code, .. } => ("copy_code", json!({"type": "coupon_code", "coupon_code": code})),
    };
    json!({"type": "button", "sub_type": kind, "index": button.index().to_string(), "parameters": [parameter]})
}

/// The `interactive` object of something to press.
fn pressable(body: &str, interactive: &Interactive) -> Value {
    let text =
        |text: &Option<String>| text.as_deref().filter(|text| !text.is_empty()).map(|text| json!({"text": text}));
    let mut object = json!({"type": interactive.kind.as_str(), "body": {"text": body}});
    if let Some(header) = interactive.header.as_deref().filter(|header| !header.is_empty()) {
        object["header"] = json!({"type": "text", "text": header});
    }
    if let Some(footer) = text(&interactive.footer) {
        object["footer"] = footer;
    }
    object["action"] = match interactive.kind {
        Kind::Button => {
            let buttons = interactive.buttons.iter();
            json!({"buttons": buttons.map(|one| json!({"type": "reply", "reply": one})).collect::<Vec<_>>()})
        }
        Kind::List => {
            let sections: Vec<Value> = interactive.sections.iter().map(section).collect();
            json!({"button": interactive.button, "sections": sections})
        }
        Kind::CtaUrl => json!({
            "name": "cta_url",
            "parameters": {"display_text": interactive.display_text, "url": interactive.url},
        }),
        Kind::LocationRequest => json!({"name": "send_location"}),
        Kind::Flow => {
            let mut parameters = json!({
                "flow_message_version": "3", "flow_id": interactive.flow_id, "flow_cta": interactive.flow_cta,
            });
            if let Some(token) = &interactive.flow_token {
                parameters["flow_token"] = token.as_str().into();
            }
            json!({"name": "flow", "parameters": parameters})
        }
    };
    object
}

fn section(section: &Section) -> Value {
    let mut object = json!({"rows": section.rows});
    if let Some(title) = section.title.as_deref().filter(|title| !title.is_empty()) {
        object["title"] = title.into();
    }
    object
}

fn media(
    kind: MediaKind,
    source: MediaSource<'_>,
    caption: Option<&str>,
    filename: Option<&str>,
) -> Result<(&'static str, Value), RenderError> {
    let (name, mut inner) = file(kind, source, filename);
    if let Some(caption) = caption.filter(|caption| !caption.is_empty())
        && !matches!(kind, MediaKind::Audio | MediaKind::Sticker)
    {
        at_most("caption", caption, MAX_CAPTION_CHARACTERS)?;
        inner.insert("caption".to_owned(), caption.into());
    }
    Ok((name, inner.into()))
}

/// A file by its kind's name.
fn file(kind: MediaKind, source: MediaSource<'_>, filename: Option<&str>) -> (&'static str, Map<String, Value>) {
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
    if let (MediaKind::Document, Some(filename)) = (kind, filename) {
        inner.insert("filename".to_owned(), filename.into());
    }
    (name, inner)
}
