//! Requests to `POST /2010-04-01/Accounts/{sid}/Messages.json`.

use patchbay_core::channel::Channel;
use patchbay_core::interactive::Location;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::address::is_phone;
use crate::request::{ProviderRequest, RenderError, at_most};
use crate::segments::MAX_CHARACTERS;

/// Longest body (error 21617 beyond).
pub const MAX_TEXT_CHARACTERS: usize = MAX_CHARACTERS;
/// Most media of one message.
pub const MAX_MEDIA: usize = 10;

/// A message to send.
#[derive(Clone, Debug)]
pub struct Outbound<'a> {
    /// How it travels: SMS and MMS, or WhatsApp through Twilio.
    pub channel: Channel,
    /// Our address, without prefix; or a messaging service (`MG…`).
    pub from: &'a str,
    /// Canonical address of the recipient.
    pub to: &'a str,
    /// What to say.
    pub content: OutboundContent<'a>,
    /// Where statuses go; its path carries our message id. Empty: nobody wants to know.
    pub status_callback: &'a str,
}

/// What to say.
#[derive(Clone, Debug)]
pub enum OutboundContent<'a> {
    /// Text, files by public link, or both.
    Message {
        /// The text; may be empty when there are files.
        text: &'a str,
        /// Links that Twilio fetches.
        media_urls: &'a [String],
    },
    /// A content template.
    Template {
        /// `HX…`.
        content_sid: &'a str,
        /// JSON object of its variables.
        variables: &'a str,
    },
    /// A place (WhatsApp only), with a text beside it.
    Location {
        /// The text.
        text: &'a str,
        /// The place.
        place: &'a Location,
    },
}

const FORM: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'*');

/// Renders a message of the account `account_sid`.
pub fn render(account_sid: &str, message: &Outbound<'_>) -> Result<ProviderRequest, RenderError> {
    let short_code = (3..=8).contains(&message.to.len()) && message.to.bytes().all(|byte| byte.is_ascii_digit());
    let user_id = message.channel == Channel::Whatsapp && message.to.contains('.');
    if !is_phone(message.to) && !short_code && !user_id {
        return Err(RenderError::Unreachable);
    }
    let prefixed = |address: &str| match message.channel {
        Channel::Whatsapp => format!("whatsapp:{address}"),
        _ => address.to_owned(),
    };
    let mut form = vec![("To", prefixed(message.to))];
    if is_service(message.from) {
        form.push(("MessagingServiceSid", message.from.to_owned()));
    } else {
        form.push(("From", prefixed(message.from)));
    }
    match &message.content {
        OutboundContent::Message { text, media_urls } => {
            if text.trim().is_empty() && media_urls.is_empty() {
                return Err(RenderError::Empty);
            }
            at_most("text", text, MAX_TEXT_CHARACTERS)?;
            if media_urls.len() > MAX_MEDIA {
                return Err(RenderError::TooMany { field: "media", limit: MAX_MEDIA });
            }
            if !text.is_empty() {
                form.push(("Body", (*text).to_owned()));
            }
            form.extend(media_urls.iter().map(|url| ("MediaUrl", url.clone())));
        }
        OutboundContent::Template { content_sid, variables } => {
            form.push(("ContentSid", (*content_sid).to_owned()));
            form.push(("ContentVariables", (*variables).to_owned()));
        }
        OutboundContent::Location { text, place } => {
            // The label ends the value; the text is what a phone shows that cannot show places.
            let label = label(place);
            let text = place_body(text, place);
            if text.trim().is_empty() {
                return Err(RenderError::Empty);
            }
            at_most("text", text, MAX_TEXT_CHARACTERS)?;
            form.push(("Body", text.to_owned()));
            let Location { latitude, longitude, .. } = place;
            let separator = if label.is_empty() { "" } else { "|" };
            form.push(("PersistentAction", format!("geo:{latitude},{longitude}{separator}{label}")));
        }
    }
    if !message.status_callback.is_empty() {
        form.push(("StatusCallback", message.status_callback.to_owned()));
    }
    let pairs: Vec<String> =
        form.iter().map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, FORM))).collect();
    Ok(ProviderRequest {
        method: "POST",
        path: format!("/2010-04-01/Accounts/{account_sid}/Messages.json"),
        content_type: "application/x-www-form-urlencoded",
        body: pairs.join("&").into_bytes(),
    })
}

/// The body of a place: the text beside it, or else its label.
pub fn place_body<'a>(text: &'a str, place: &'a Location) -> &'a str {
    if text.trim().is_empty() { label(place) } else { text }
}

fn label(place: &Location) -> &str {
    place.name.as_deref().or(place.address.as_deref()).unwrap_or_default()
}

/// Whether a sender is a messaging service, which chooses a number itself: `MG` and 32 hexadecimal digits.
fn is_service(sender: &str) -> bool {
    let digits = sender.strip_prefix("MG");
    digits.is_some_and(|digits| digits.len() == 32 && digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
}

/// Shows a customer on WhatsApp for a while that somebody is typing; also marks the message as read. Below the host for
/// messaging, not the one for messages. Source: Twilio, "Typing indicators".
pub fn show_typing(channel_message_id: &str) -> ProviderRequest {
    let body = serde_json::json!({"channel": "WHATSAPP", "messageId": channel_message_id});
    ProviderRequest {
        method: "POST",
        path: "/v3/Indicators/Typing.json".to_owned(),
        content_type: "application/json",
        body: body.to_string().into_bytes(),
    }
}
