//! What a caller asks to be sent.

use patchbay_core::channel::Channel;
use patchbay_core::item::ContentType;
use patchbay_http::ApiError;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// Longest text of a WhatsApp message, in characters. Source: Cloud API, sending.
const WHATSAPP_TEXT_CHARS: usize = 4_096;
/// Longest caption of a WhatsApp file, in characters. Source: Cloud API, sending.
const WHATSAPP_CAPTION_CHARS: usize = 1_024;
/// Longest SMS, in characters. Source: Twilio error 21617.
const SMS_CHARS: usize = 1_600;

/// A message to send.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReplyBody {
    /// What to say.
    pub(crate) content: ReplyContent,
    /// The sender's own id of the message: the same id is sent once.
    pub(crate) client_message_id: Option<Uuid>,
    /// The newest sequence the sender saw: refused when somebody else wrote since.
    pub(crate) seen_seq: Option<i64>,
    /// Provider id of the message this answers.
    pub(crate) reply_to: Option<String>,
}

/// What to say.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReplyContent {
    /// `text`, `image`, `video`, `audio` or `document`.
    #[serde(rename = "type")]
    #[schema(value_type = String)]
    pub(crate) kind: ContentType,
    /// The text, or the caption of the file.
    pub(crate) text: Option<String>,
    /// A file uploaded before.
    pub(crate) media_id: Option<Uuid>,
}

/// A template to send.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TemplateReplyBody {
    /// Name of an approved template of the inbox.
    pub(crate) template_name: String,
    /// Its language.
    pub(crate) language: String,
    /// One text for each placeholder.
    #[serde(default)]
    pub(crate) params: Vec<String>,
    /// The sender's own id of the message.
    pub(crate) client_message_id: Option<Uuid>,
}

impl ReplyContent {
    /// Whether the channel can carry it. Errors: 400 `INVALID_REQUEST` naming the field.
    pub(crate) fn check(&self, channel: Channel) -> Result<(), ApiError> {
        let text = self.text.as_deref().map(str::trim).unwrap_or_default();
        match self.kind {
            ContentType::Text if self.media_id.is_some() => {
                return Err(ApiError::invalid("content.media_id", "a text has no file; give the file's own type"));
            }
            ContentType::Text if text.is_empty() => {
                return Err(ApiError::invalid("content.text", "must not be empty"));
            }
            ContentType::Text => {}
            ContentType::Image | ContentType::Video | ContentType::Audio | ContentType::Document => {
                if self.media_id.is_none() {
                    return Err(ApiError::invalid("content.media_id", "name the uploaded file"));
                }
            }
            _ => return Err(ApiError::invalid("content.type", "cannot be sent this way")),
        }
        let longest = match (channel, self.kind) {
            (Channel::Whatsapp, ContentType::Text) => WHATSAPP_TEXT_CHARS,
            (Channel::Whatsapp, _) => WHATSAPP_CAPTION_CHARS,
            (Channel::Sms, _) => SMS_CHARS,
            _ => 20_000,
        };
        if text.chars().count() > longest {
            return Err(ApiError::invalid("content.text", format!("must have at most {longest} characters")));
        }
        if self.kind == ContentType::Audio && channel == Channel::Whatsapp && !text.is_empty() {
            return Err(ApiError::invalid("content.text", "sound has no caption on WhatsApp"));
        }
        Ok(())
    }
}
