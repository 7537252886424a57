//! What a caller asks to be sent.

use patchbay_core::channel::Channel;
use patchbay_core::item::ContentType;
use patchbay_core::letter::{MOST_COPIES, SUBJECT_CHARS, is_address};
use patchbay_http::ApiError;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Longest text of a WhatsApp message, in characters. Source: Cloud API, sending.
const WHATSAPP_TEXT_CHARS: usize = 4_096;
/// Longest caption of a WhatsApp file, in characters. Source: Cloud API, sending.
const WHATSAPP_CAPTION_CHARS: usize = 1_024;
/// Longest SMS, in characters. Source: Twilio error 21617.
const SMS_CHARS: usize = 1_600;
/// Longest text of a mail, in characters. Ours.
const MAIL_CHARS: usize = 100_000;

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
    /// Facts about the message.
    #[serde(default)]
    pub(crate) metadata: ReplyMetadata,
}

/// Facts about a message to send.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReplyMetadata {
    /// E-mail: the subject; else that of the mail it answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) subject: Option<String>,
    /// E-mail: who gets a copy.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) cc: Vec<String>,
}

impl ReplyMetadata {
    fn check(&self, channel: Channel) -> Result<(), ApiError> {
        if channel != Channel::Email && (self.subject.is_some() || !self.cc.is_empty()) {
            return Err(ApiError::invalid("content.metadata", "only a mail has a subject and copies"));
        }
        let subject = self.subject.as_deref();
        if subject.is_some_and(|subject| subject.trim().is_empty() || subject.chars().count() > SUBJECT_CHARS) {
            let message = format!("must have 1 to {SUBJECT_CHARS} characters");
            return Err(ApiError::invalid("content.metadata.subject", message));
        }
        if self.cc.len() > MOST_COPIES || self.cc.iter().any(|address| !is_address(address)) {
            let message = format!("must be at most {MOST_COPIES} e-mail addresses");
            return Err(ApiError::invalid("content.metadata.cc", message));
        }
        Ok(())
    }
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
        self.metadata.check(channel)?;
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
            (Channel::Email, _) => MAIL_CHARS,
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
