//! From a stored message to the provider's request.

use std::collections::BTreeMap;

use patchbay_core::channel::MediaKind;
use patchbay_core::ids::MediaId;
use patchbay_core::inbox::{Inbox, Provider};
use patchbay_core::interactive::{Interactive, Location};
use patchbay_core::item::ContentType;
use patchbay_core::template::{HeaderValue, TemplateContent};
use patchbay_hub::delivery::{Outgoing, is_link};
use patchbay_normalizer::request::{ProviderRequest, RenderError};
use patchbay_normalizer::whatsapp::{MediaSource, TemplateHeader};
use patchbay_normalizer::{twilio, whatsapp};
use patchbay_store::messages::MessageRow;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::deps::MediaLink;

/// Without it Twilio posts a delivery state once more after a failed connection, and never after an error or silence: a
/// restart of ours would leave the message at the state before. Source: channels reference, "Retries and identity".
const CALLBACK_RETRIES: &str = "rc=5&rp=ct,rt,5xx";

/// Where things of ours are reached from outside.
pub(super) struct Addresses<'a> {
    pub(super) public_url: &'a str,
    pub(super) media_link: &'a MediaLink,
    /// The provider's ids of files that it has already.
    pub(super) copies: &'a BTreeMap<MediaId, String>,
}

/// Renders a message for the provider of `inbox`. An error is the message's fault: it can never be sent.
pub(super) fn render(
    inbox: &Inbox,
    outgoing: &Outgoing,
    addresses: &Addresses<'_>,
) -> Result<ProviderRequest, RenderError> {
    match &inbox.provider {
        Provider::WhatsAppCloud(number) => through_cloud(&number.phone_number_id, outgoing, addresses),
        Provider::Twilio(number) => through_twilio(inbox, &number.account_sid, outgoing, addresses),
        Provider::Email(_) | Provider::Chat(_) | Provider::Unserved => Err(RenderError::Unreachable),
    }
}

fn through_cloud(
    phone_number_id: &str,
    outgoing: &Outgoing,
    addresses: &Addresses<'_>,
) -> Result<ProviderRequest, RenderError> {
    let message = &outgoing.message;
    let text = message.text.as_deref().unwrap_or_default();
    let files = files(&message.content, addresses);
    let file = files.first();
    let id = message.id.to_string();
    let template: TemplateContent = stored(&message.content, "template").unwrap_or_default();
    let (interactive, place): (Option<Interactive>, Option<Location>) =
        (stored(&message.content, "interactive"), stored(&message.content, "location"));
    let reaction = message.content.pointer("/metadata/reaction");
    let reaction = |key: &str| reaction.and_then(|reaction| reaction.get(key)).and_then(Value::as_str);
    let content = match message.content_type {
        ContentType::Template => whatsapp::OutboundContent::Template {
            name: &template.name,
            language: &template.language,
            header: template.header.as_ref().map(|header| header_of(header, file)).transpose()?,
            body: &template.params,
            names: &template.names,
            buttons: &template.buttons,
        },
        ContentType::Interactive => whatsapp::OutboundContent::Interactive {
            body: text,
            interactive: interactive.as_ref().ok_or(RenderError::Empty)?,
        },
        ContentType::Location => whatsapp::OutboundContent::Location(place.as_ref().ok_or(RenderError::Empty)?),
        ContentType::Reaction => whatsapp::OutboundContent::Reaction {
            target: reaction("message_id").ok_or(RenderError::Empty)?,
            emoji: reaction("emoji"),
        },
        kind => match file {
            Some(file) => whatsapp::OutboundContent::Media {
                kind: media_kind(kind),
                source: file.source(),
                caption: message.text.as_deref(),
                filename: file.filename.as_deref(),
            },
            None => whatsapp::OutboundContent::Text(text),
        },
    };
    // A reaction names its message itself.
    let reply_to = message.reply_to.as_deref().filter(|_| message.content_type != ContentType::Reaction);
    let to = outgoing.conversation.contact_address.as_str();
    whatsapp::render(phone_number_id, &whatsapp::Outbound { to, callback_data: &id, reply_to, content })
}

fn header_of<'a>(header: &'a HeaderValue, file: Option<&'a File>) -> Result<TemplateHeader<'a>, RenderError> {
    let media = |kind| {
        let file = file.ok_or(RenderError::Empty)?;
        Ok(TemplateHeader::Media { kind, source: file.source(), filename: file.filename.as_deref() })
    };
    match header {
        HeaderValue::Text { text } => Ok(TemplateHeader::Text(text)),
        HeaderValue::Location { location } => Ok(TemplateHeader::Location(location)),
        HeaderValue::Image => media(MediaKind::Image),
        HeaderValue::Video => media(MediaKind::Video),
        HeaderValue::Document => media(MediaKind::Document),
    }
}

fn through_twilio(
    inbox: &Inbox,
    account_sid: &str,
    outgoing: &Outgoing,
    addresses: &Addresses<'_>,
) -> Result<ProviderRequest, RenderError> {
    let message = &outgoing.message;
    let (text, media_urls) = text_and_files(message, addresses.media_link);
    let text = text.as_str();
    let callback = format!("{}/webhooks/twilio/status/{}#{CALLBACK_RETRIES}", addresses.public_url, message.id);
    let template: TemplateContent = stored(&message.content, "template").unwrap_or_default();
    let variables = variables(&template);
    let place: Option<Location> = stored(&message.content, "location");
    let content = match message.content_type {
        ContentType::Template => twilio::OutboundContent::Template {
            content_sid: template.provider_id.as_deref().ok_or(RenderError::Empty)?,
            variables: &variables,
        },
        ContentType::Location => {
            twilio::OutboundContent::Location { text, place: place.as_ref().ok_or(RenderError::Empty)? }
        }
        _ => twilio::OutboundContent::Message { text, media_urls: &media_urls },
    };
    let outbound = twilio::Outbound {
        channel: inbox.channel,
        from: &inbox.address,
        to: outgoing.conversation.contact_address.as_str(),
        content,
        status_callback: &callback,
    };
    twilio::render(account_sid, &outbound)
}

/// The text that Twilio is given with a message, and the links of the files beside it.
fn text_and_files(message: &MessageRow, media_link: &MediaLink) -> (String, Vec<String>) {
    let mut text = message.text.clone().unwrap_or_default();
    let mut media_urls: Vec<String> = media_ids(&message.content).map(|(id, _)| media_link(id)).collect();
    if is_link(message) {
        for link in media_urls.drain(..) {
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(&link);
        }
    }
    (text, media_urls)
}

/// What Twilio's list shows as the body of a message. Of a content template it is the text that Twilio makes of it;
/// ours is the same.
pub(crate) fn twilio_body(message: &MessageRow, media_link: &MediaLink) -> String {
    let (text, _) = text_and_files(message, media_link);
    let place: Option<Location> = stored(&message.content, "location");
    match (message.content_type, place) {
        (ContentType::Location, Some(place)) => twilio::place_body(&text, &place).to_owned(),
        _ => text,
    }
}

/// The variables of a content template: by number, or by name where the template has names.
fn variables(template: &TemplateContent) -> String {
    let named = template.params.iter().enumerate().map(|(at, value)| {
        let name = template.names.get(at).cloned().unwrap_or_else(|| (at + 1).to_string());
        (name, Value::from(value.as_str()))
    });
    Value::Object(named.collect::<Map<_, _>>()).to_string()
}

struct File {
    link: String,
    copy: Option<String>,
    filename: Option<String>,
}

impl File {
    fn source(&self) -> MediaSource<'_> {
        self.copy.as_deref().map_or(MediaSource::Link(&self.link), MediaSource::Id)
    }
}

fn files(content: &Value, addresses: &Addresses<'_>) -> Vec<File> {
    media_ids(content)
        .map(|(id, file)| File {
            link: (addresses.media_link)(id),
            copy: addresses.copies.get(&id).cloned(),
            filename: file.get("filename").and_then(Value::as_str).map(str::to_owned),
        })
        .collect()
}

/// The files of a message, in order.
pub(super) fn media_ids(content: &Value) -> impl Iterator<Item = (MediaId, &Value)> {
    let list = content.get("media").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    list.iter().filter_map(|file| Some((file.get("media_id")?.as_str()?.parse().ok()?, file)))
}

/// What the reply stored under `content.metadata`.
fn stored<T: DeserializeOwned>(content: &Value, key: &str) -> Option<T> {
    let stored = content.get("metadata")?.get(key)?.clone();
    serde_json::from_value(stored).ok()
}

fn media_kind(kind: ContentType) -> MediaKind {
    match kind {
        ContentType::Image => MediaKind::Image,
        ContentType::Video => MediaKind::Video,
        ContentType::Audio => MediaKind::Audio,
        ContentType::Sticker => MediaKind::Sticker,
        _ => MediaKind::Document,
    }
}
