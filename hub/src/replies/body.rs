//! What a caller asks to be sent.

use patchbay_core::Code;
use patchbay_core::channel::Channel;
use patchbay_core::inbox::Provider;
use patchbay_core::interactive::{BODY_CHARACTERS, Interactive, Location};
use patchbay_core::item::ContentType;
use patchbay_core::letter::{MOST_COPIES, SUBJECT_CHARS, is_address};
use patchbay_core::template::ButtonValue;
use patchbay_http::ApiError;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// Longest text of a WhatsApp message, in characters. Source: Cloud API, sending.
const WHATSAPP_TEXT_CHARS: usize = 4_096;
/// Longest caption of a WhatsApp file, in characters. Source: Cloud API, sending.
const WHATSAPP_CAPTION_CHARS: usize = 1_024;
/// Longest SMS, and longest text through Twilio, in characters. Source: Twilio error 21617.
const TWILIO_CHARS: usize = 1_600;
/// Longest emoji, in characters: the longest are made of several that are joined.
const EMOJI_CHARS: usize = 12;
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
    /// The message this answers: our id or the provider's.
    pub(crate) reply_to: Option<String>,
}

/// What to say.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReplyContent {
    /// `text`, `image`, `video`, `audio`, `document`, `sticker`, `location`, `interactive` or `reaction`.
    #[serde(rename = "type")]
    #[schema(value_type = String)]
    pub(crate) kind: ContentType,
    /// The text, the caption of the file, or what stands above the buttons.
    pub(crate) text: Option<String>,
    /// A file uploaded before.
    pub(crate) media_id: Option<Uuid>,
    /// Several of them, where the channel takes several.
    #[serde(default)]
    pub(crate) media_ids: Vec<Uuid>,
    /// What the type or the channel needs beside text and files.
    #[serde(default)]
    pub(crate) metadata: ReplyMetadata,
}

/// What some types and channels need beside text and files.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReplyMetadata {
    /// E-mail: the subject; else that of the mail it answers.
    pub(crate) subject: Option<String>,
    /// E-mail: who gets a copy.
    #[serde(default)]
    pub(crate) cc: Vec<String>,
    /// `location`: `{latitude, longitude, name?, address?}`.
    #[schema(value_type = Option<Object>)]
    pub(crate) location: Option<Location>,
    /// `interactive`: `{kind: button | list | cta_url | location_request_message | flow, …}`.
    #[schema(value_type = Option<Object>)]
    pub(crate) interactive: Option<Interactive>,
    /// `reaction`: `{message_id, emoji}`.
    pub(crate) reaction: Option<ReactionBody>,
}

/// An emoji on a message.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReactionBody {
    /// The message: our id or the provider's.
    pub(crate) message_id: String,
    /// The emoji; null or empty takes it back.
    pub(crate) emoji: Option<String>,
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
    /// What fills the header, when the template's header needs something.
    pub(crate) header: Option<TemplateHeaderBody>,
    /// What fills the buttons: `{type: quick_reply, index, payload}`, `{type: url, index, text}` or
    /// `{type: copy_code, index, code}`.
    #[serde(default)]
    #[schema(value_type = Vec<Object>)]
    pub(crate) buttons: Vec<ButtonValue>,
    /// The sender's own id of the message.
    pub(crate) client_message_id: Option<Uuid>,
}

/// What fills the header of a template.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum TemplateHeaderBody {
    /// The value of its placeholder.
    Text {
        /// The value.
        text: String,
    },
    /// A still picture.
    Image {
        /// A file uploaded before.
        media_id: Uuid,
    },
    /// A film.
    Video {
        /// A file uploaded before.
        media_id: Uuid,
    },
    /// A file.
    Document {
        /// A file uploaded before.
        media_id: Uuid,
    },
    /// A place.
    Location {
        /// `{latitude, longitude, name?, address?}`.
        #[schema(value_type = Object)]
        location: Location,
    },
}

impl ReplyContent {
    /// A text and nothing else.
    pub(crate) fn of_text(text: impl Into<String>) -> Self {
        Self {
            kind: ContentType::Text,
            text: Some(text.into()),
            media_id: None,
            media_ids: Vec::new(),
            metadata: ReplyMetadata::default(),
        }
    }

    /// Its files, in order.
    pub(crate) fn files(&self) -> Vec<Uuid> {
        self.media_id.iter().chain(&self.media_ids).copied().collect()
    }

    /// Whether the channel can carry it. Errors: 400 `INVALID_REQUEST` naming the field, 409 `CHANNEL_REFUSED`.
    pub(crate) fn check(&self, channel: Channel, provider: &Provider) -> Result<(), ApiError> {
        self.metadata.check(channel)?;
        let text = self.text.as_deref().map(str::trim).unwrap_or_default();
        self.check_parts(channel, text)?;
        let longest = match (channel, provider, self.kind) {
            (_, Provider::Twilio(_), _) | (Channel::Sms, _, _) => TWILIO_CHARS,
            (Channel::Whatsapp, _, ContentType::Text) => WHATSAPP_TEXT_CHARS,
            (Channel::Whatsapp, _, ContentType::Interactive) => BODY_CHARACTERS,
            (Channel::Whatsapp, _, _) => WHATSAPP_CAPTION_CHARS,
            (Channel::Email, _, _) => MAIL_CHARS,
            _ => 20_000,
        };
        if text.chars().count() > longest {
            return Err(ApiError::invalid("content.text", format!("must have at most {longest} characters")));
        }
        let no_caption = matches!(self.kind, ContentType::Audio | ContentType::Sticker);
        if no_caption && channel == Channel::Whatsapp && !text.is_empty() {
            return Err(ApiError::invalid("content.text", "sound and stickers have no caption on WhatsApp"));
        }
        let cloud = matches!(provider, Provider::WhatsAppCloud(_));
        match self.kind {
            ContentType::Location if channel != Channel::Whatsapp => {
                Err(refused("places can be sent on WhatsApp only"))
            }
            ContentType::Sticker if channel != Channel::Whatsapp => {
                Err(refused("stickers can be sent on WhatsApp only"))
            }
            ContentType::Interactive if !cloud => {
                Err(refused("buttons and lists can be sent by WhatsApp inboxes of the Cloud API only"))
            }
            ContentType::Reaction if !cloud => {
                Err(refused("reactions can be sent by WhatsApp inboxes of the Cloud API only"))
            }
            _ => Ok(()),
        }
    }

    /// Whether it has what its type needs, and nothing else.
    fn check_parts(&self, channel: Channel, text: &str) -> Result<(), ApiError> {
        let ReplyMetadata { location, interactive, reaction, .. } = &self.metadata;
        let has_files = self.media_id.is_some() || !self.media_ids.is_empty();
        let carries_files = matches!(
            self.kind,
            ContentType::Image | ContentType::Video | ContentType::Audio | ContentType::Document | ContentType::Sticker
        );
        match (carries_files, has_files) {
            (false, true) if self.kind != ContentType::Text || !matches!(channel, Channel::Email | Channel::Chat) => {
                return Err(ApiError::invalid("content.media_id", "this type has no file; give the file's own type"));
            }
            (true, false) => return Err(ApiError::invalid("content.media_id", "name the uploaded file")),
            _ => {}
        }
        for (given, kind, field) in [
            (location.is_some(), ContentType::Location, "content.metadata.location"),
            (interactive.is_some(), ContentType::Interactive, "content.metadata.interactive"),
            (reaction.is_some(), ContentType::Reaction, "content.metadata.reaction"),
        ] {
            if given != (self.kind == kind) {
                let problem = if given { "does not belong to this type" } else { "this type needs it" };
                return Err(ApiError::invalid(field, problem));
            }
        }
        match self.kind {
            ContentType::Text | ContentType::Interactive if text.is_empty() => {
                return Err(ApiError::invalid("content.text", "must not be empty"));
            }
            ContentType::Reaction if self.text.is_some() => {
                return Err(ApiError::invalid("content.text", "a reaction has no text"));
            }
            ContentType::Text
            | ContentType::Image
            | ContentType::Video
            | ContentType::Audio
            | ContentType::Document
            | ContentType::Sticker
            | ContentType::Location
            | ContentType::Interactive
            | ContentType::Reaction => {}
            _ => return Err(ApiError::invalid("content.type", "cannot be sent this way")),
        }
        let flawed = |field: &str, flaw: &patchbay_core::interactive::Flaw| {
            ApiError::invalid(&format!("content.metadata.{field}.{}", flaw.path), flaw.problem.as_str())
        };
        if let Some(location) = location {
            location.check().map_err(|flaw| flawed("location", &flaw))?;
        }
        if let Some(interactive) = interactive {
            interactive.check().map_err(|flaw| flawed("interactive", &flaw))?;
        }
        if let Some(emoji) = reaction.as_ref().and_then(|reaction| reaction.emoji.as_deref())
            && !is_emoji(emoji)
        {
            return Err(ApiError::invalid("content.metadata.reaction.emoji", "must be one emoji, or empty"));
        }
        Ok(())
    }
}

fn refused(why: &str) -> ApiError {
    ApiError::new(Code::ChannelRefused, why)
}

/// One emoji, as far as can be told without a table: short, and not plain text. Empty takes one back.
fn is_emoji(text: &str) -> bool {
    text.is_empty()
        || (text.chars().count() <= EMOJI_CHARS
            && !text.is_ascii()
            && !text.chars().any(|character| character.is_ascii_alphabetic() || character.is_whitespace()))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[track_caller]
    fn check(channel: Channel, content: Value, refusal: Option<&str>) {
        let shown = content.to_string();
        let content: ReplyContent = serde_json::from_value(content).expect("the shape fits");
        let cloud = Provider::WhatsAppCloud(patchbay_core::inbox::WhatsAppCloud {
            phone_number_id: "1".into(),
            app_secrets: Vec::new(),
            verify_token: patchbay_core::secret::Secret::new(""),
            access_token: patchbay_core::secret::Secret::new(""),
            business_account_id: None,
            api_base: String::new(),
        });
        let provider = if channel == Channel::Whatsapp { cloud } else { Provider::Unserved };
        let said = content.check(channel, &provider).err().map(|error| {
            let envelope = error.envelope("", "");
            envelope["error"]["validation_errors"][0]["path"]
                .as_str()
                .map_or_else(|| error.code().as_str().to_owned(), Into::into)
        });
        assert_eq!(said.as_deref(), refusal, "{shown}");
    }

    #[test]
    fn each_type_has_what_it_needs_and_nothing_else() {
        let id = Uuid::nil();
        let buttons = json!({"interactive": {"kind": "button", "buttons": [{"id": "a", "title": "A"}]}});
        let on = |content, refusal| check(Channel::Whatsapp, content, refusal);
        on(json!({"type": "text", "text": "Hello"}), None);
        on(json!({"type": "text", "text": " "}), Some("content.text"));
        on(json!({"type": "text", "text": "a", "media_id": id}), Some("content.media_id"));
        on(json!({"type": "image"}), Some("content.media_id"));
        on(json!({"type": "image", "media_id": id, "text": "x".repeat(1_025)}), Some("content.text"));
        on(json!({"type": "audio", "media_id": id, "text": "a"}), Some("content.text"));
        on(json!({"type": "interactive", "text": "Choose", "metadata": buttons}), None);
        on(json!({"type": "interactive", "metadata": buttons}), Some("content.text"));
        on(json!({"type": "interactive", "text": "Choose"}), Some("content.metadata.interactive"));
        on(json!({"type": "text", "text": "a", "metadata": buttons}), Some("content.metadata.interactive"));
        let flawed = json!({"interactive": {"kind": "button", "buttons": []}});
        on(
            json!({"type": "interactive", "text": "a", "metadata": flawed}),
            Some("content.metadata.interactive.buttons"),
        );
        let place = |latitude: f64| json!({"location": {"latitude": latitude, "longitude": 2.0}});
        on(json!({"type": "location", "metadata": place(1.0)}), None);
        on(json!({"type": "location", "metadata": place(91.0)}), Some("content.metadata.location.latitude"));
        let reaction = |emoji: Value| json!({"reaction": {"message_id": "wamid.1", "emoji": emoji}});
        for emoji in [json!("👍"), json!(""), Value::Null, json!("👨‍👩‍👧‍👦"), json!("1️⃣")] {
            on(json!({"type": "reaction", "metadata": reaction(emoji)}), None);
        }
        for emoji in ["ok", ":)", "👍 great", "1"] {
            let path = "content.metadata.reaction.emoji";
            on(json!({"type": "reaction", "metadata": reaction(json!(emoji))}), Some(path));
        }
        on(json!({"type": "order"}), Some("content.type"));
    }

    #[test]
    fn a_channel_refuses_what_it_cannot_carry() {
        let buttons = json!({"interactive": {"kind": "button", "buttons": [{"id": "a", "title": "A"}]}});
        let place = json!({"location": {"latitude": 1, "longitude": 2}});
        check(Channel::Sms, json!({"type": "interactive", "text": "a", "metadata": buttons}), Some("CHANNEL_REFUSED"));
        check(Channel::Sms, json!({"type": "location", "metadata": place}), Some("CHANNEL_REFUSED"));
        check(Channel::Sms, json!({"type": "text", "text": "x".repeat(1_601)}), Some("content.text"));
    }
}
