//! From a stored message to the provider's request.

use patchbay_core::channel::MediaKind;
use patchbay_core::ids::MediaId;
use patchbay_core::inbox::{Inbox, Provider};
use patchbay_core::item::ContentType;
use patchbay_hub::delivery::Outgoing;
use patchbay_normalizer::request::{ProviderRequest, RenderError};
use patchbay_normalizer::{twilio, whatsapp};
use serde::Deserialize;
use serde_json::Value;

use crate::deps::MediaLink;

/// Without it Twilio posts a delivery state once more after a failed connection, and never after an error or silence: a
/// restart of ours would leave the message at the state before. Source: channels reference, "Retries and identity".
const CALLBACK_RETRIES: &str = "rc=5&rp=ct,rt,5xx";

/// A template as the reply stores it: `content.metadata.template`.
#[derive(Debug, Default, Deserialize)]
struct TemplateContent {
    name: String,
    language: String,
    #[serde(default)]
    params: Vec<String>,
}

/// Where things of ours are reached from outside.
pub(super) struct Addresses<'a> {
    pub(super) public_url: &'a str,
    pub(super) media_link: &'a MediaLink,
}

/// Renders a message for the provider of `inbox`. An error is the message's fault: it can never be sent.
pub(super) fn render(
    inbox: &Inbox,
    outgoing: &Outgoing,
    addresses: &Addresses<'_>,
) -> Result<ProviderRequest, RenderError> {
    let message = &outgoing.message;
    let text = message.text.as_deref().unwrap_or_default();
    let files = files(&message.content, addresses);
    let to = outgoing.conversation.contact_address.as_str();
    let id = message.id.to_string();
    match &inbox.provider {
        Provider::WhatsAppCloud(number) => {
            let template = template(&message.content);
            let content = match (message.content_type, files.first()) {
                (ContentType::Template, _) => whatsapp::OutboundContent::Template {
                    name: &template.name,
                    language: &template.language,
                    header: &[],
                    body: &template.params,
                    buttons: &[],
                },
                (kind, Some(file)) => whatsapp::OutboundContent::Media {
                    kind: media_kind(kind),
                    source: whatsapp::MediaSource::Link(&file.link),
                    caption: message.text.as_deref(),
                    filename: file.filename.as_deref(),
                },
                (_, None) => whatsapp::OutboundContent::Text(text),
            };
            let outbound =
                whatsapp::Outbound { to, callback_data: &id, reply_to: message.reply_to.as_deref(), content };
            whatsapp::render(&number.phone_number_id, &outbound)
        }
        Provider::Twilio(number) => {
            let media_urls: Vec<String> = files.into_iter().map(|file| file.link).collect();
            let callback = format!("{}/webhooks/twilio/status/{id}#{CALLBACK_RETRIES}", addresses.public_url);
            let outbound = twilio::Outbound {
                channel: inbox.channel,
                from: &inbox.address,
                to,
                content: twilio::OutboundContent::Message { text, media_urls: &media_urls },
                status_callback: &callback,
            };
            twilio::render(&number.account_sid, &outbound)
        }
        Provider::Email(_) | Provider::Unserved => Err(RenderError::Unreachable),
    }
}

struct File {
    link: String,
    filename: Option<String>,
}

fn files(content: &Value, addresses: &Addresses<'_>) -> Vec<File> {
    let list = content.get("media").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    list.iter()
        .filter_map(|file| {
            let id: MediaId = file.get("media_id")?.as_str()?.parse().ok()?;
            let filename = file.get("filename").and_then(Value::as_str).map(str::to_owned);
            Some(File { link: (addresses.media_link)(id), filename })
        })
        .collect()
}

fn template(content: &Value) -> TemplateContent {
    let stored = content.get("metadata").and_then(|metadata| metadata.get("template")).cloned();
    stored.and_then(|stored| serde_json::from_value(stored).ok()).unwrap_or_default()
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
