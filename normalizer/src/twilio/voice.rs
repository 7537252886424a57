//! Calls: what Twilio posts while one goes on. Source: Twilio documentation, "Voice webhooks", TwiML verbs, "Call
//! progress", "ConversationRelay".

mod relay;

use chrono::{DateTime, Utc};
use patchbay_core::channel::{Channel, Direction, SenderType};
use patchbay_core::item::{Content, ContentType, EventItem, Item, Media, MessageItem, Sender};
use serde_json::{Map, Value, json};

use super::form::Form;
use super::inbound::rejected;

pub use relay::{Relay, RelayTurn};

patchbay_core::vocabulary! {
    /// What a webhook of a call is about, by the last part of its path.
    pub enum CallStep {
        /// Somebody calls.
        Incoming => "",
        /// What the caller said or pressed.
        Gather => "gather",
        /// The caller left a message.
        Voicemail => "voicemail",
        /// A recording is there, or is not.
        Recording => "recording",
        /// The words of a recording.
        Transcription => "transcription",
        /// The call made progress.
        Status => "status",
        /// Somebody else was called to take over.
        Dial => "dial",
    }
}

/// What a webhook of a call needs beside its form.
#[derive(Clone, Copy, Debug)]
pub struct CallContext<'a> {
    /// When we received it.
    pub received_at: DateTime<Utc>,
    /// Our count of the caller's turns, out of the path's query: a turn has no id of its own.
    pub turn: Option<&'a str>,
}

/// Which of our addresses a call is at, as far as the form tells.
pub fn our_address(form: &Form) -> Option<String> {
    form.word(if is_inbound(form) { "To" } else { "From" })
}

/// Reads one webhook of a call.
pub fn call(form: &Form, step: CallStep, ctx: &CallContext<'_>) -> Vec<Item> {
    let Some(call_id) = form.word("CallSid") else { return vec![rejected(form, ctx.received_at)] };
    let call = Call { form, ctx, call_id };
    match step {
        CallStep::Incoming => call.incoming(),
        CallStep::Gather => call.gathered(),
        CallStep::Voicemail => call.left_message(),
        CallStep::Recording => call.recorded(),
        CallStep::Transcription => call.transcribed(),
        CallStep::Status => call.progressed(),
        CallStep::Dial => call.dialled(),
    }
}

fn is_inbound(form: &Form) -> bool {
    form.word("Direction").is_none_or(|direction| direction == "inbound")
}

#[expect(clippy::struct_field_names, reason = "a call's id is called so everywhere")]
struct Call<'a> {
    form: &'a Form,
    ctx: &'a CallContext<'a>,
    call_id: String,
}

impl Call<'_> {
    fn theirs(&self) -> Option<String> {
        self.form.word(if is_inbound(self.form) { "From" } else { "To" })
    }

    /// An event of this call. `id` tells it from others of its kind.
    fn event(&self, kind: &str, id: &str, facts: &[(&str, Value)]) -> Item {
        self.event_at(kind, id, facts, self.ctx.received_at)
    }

    fn event_at(&self, kind: &str, id: &str, facts: &[(&str, Value)], timestamp: DateTime<Utc>) -> Item {
        let mut data = Map::new();
        data.insert("call_id".to_owned(), self.call_id.as_str().into());
        for (key, value) in facts.iter().filter(|(_, value)| !value.is_null()) {
            data.insert((*key).to_owned(), value.clone());
        }
        data.insert("id".to_owned(), format!("{}:{id}", self.call_id).into());
        Item::Event(EventItem {
            kind: kind.to_owned(),
            channel: Channel::Voice,
            account: our_address(self.form),
            address: self.theirs(),
            timestamp,
            data,
        })
    }

    fn message(&self, id: String, content: Content) -> Item {
        Item::Message(MessageItem {
            channel: Channel::Voice,
            channel_message_id: id,
            account: our_address(self.form).unwrap_or_default(),
            direction: Direction::Inbound,
            sender: Sender {
                kind: SenderType::Customer,
                address: self.theirs().unwrap_or_default(),
                name: self.form.word("CallerName"),
            },
            reply_to: None,
            content,
            timestamp: self.ctx.received_at,
            status: "received".to_owned(),
            metadata: Map::new(),
        })
    }

    fn text(&self, name: &str) -> Value {
        self.form.word(name).map_or(Value::Null, Value::from)
    }

    fn number(&self, name: &str) -> Value {
        self.form.word(name).and_then(|text| text.trim().parse::<u64>().ok()).map_or(Value::Null, Value::from)
    }

    fn incoming(&self) -> Vec<Item> {
        let direction = if is_inbound(self.form) { "inbound" } else { "outbound" };
        let facts = [
            ("direction", direction.into()),
            ("status", self.text("CallStatus")),
            ("forwarded_from", self.text("ForwardedFrom")),
            ("caller_name", self.text("CallerName")),
            ("parent_call_id", self.text("ParentCallSid")),
            ("stir", self.text("StirVerstat")),
        ];
        vec![self.event("call.started", "started", &facts)]
    }

    fn gathered(&self) -> Vec<Item> {
        let turn = self.ctx.turn.filter(|turn| !turn.is_empty()).unwrap_or("0");
        let id = format!("{}:turn:{turn}", self.call_id);
        let speech = self.form.text("SpeechResult").filter(|text| !text.trim().is_empty());
        let digits = self.form.word("Digits");
        let content = match (speech, digits) {
            (Some(text), _) => {
                let mut content = Content::text(text);
                content.metadata.insert("input".to_owned(), "speech".into());
                let confidence = self.form.word("Confidence").and_then(|text| text.trim().parse::<f64>().ok());
                if let Some(confidence) = confidence.filter(|share| share.is_finite()) {
                    content.metadata.insert("confidence".to_owned(), confidence.into());
                }
                if let Some(language) = self.form.word("Language") {
                    content.metadata.insert("language".to_owned(), language.into());
                }
                content
            }
            (None, Some(digits)) => pressed(&digits, self.form.word("FinishedOnKey").as_deref()),
            (None, None) => {
                return vec![self.event("call.no_input", &format!("turn:{turn}"), &[("turn", turn.into())])];
            }
        };
        vec![self.message(id, content)]
    }

    fn recorded(&self) -> Vec<Item> {
        let status = self.form.word("RecordingStatus").unwrap_or_else(|| "completed".to_owned());
        let (Some(id), Some(url)) = (self.form.word("RecordingSid"), self.form.word("RecordingUrl")) else {
            if status == "completed" {
                return vec![rejected(self.form, self.ctx.received_at)];
            }
            return vec![self.notice("recording", &status)];
        };
        if status != "completed" {
            return vec![self.notice("recording", &status)];
        }
        vec![self.recording(id, url)]
    }

    /// The end of a recording that the caller was asked for. Unlike the report on it, it tells who called.
    fn left_message(&self) -> Vec<Item> {
        let Some(url) = self.form.word("RecordingUrl") else {
            return vec![self.notice("voicemail", "absent")];
        };
        let path = url.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
        let last = path.rsplit('/').next().unwrap_or_default();
        let id =
            self.form.word("RecordingSid").unwrap_or_else(|| last.split('.').next().unwrap_or_default().to_owned());
        if id.is_empty() {
            return vec![rejected(self.form, self.ctx.received_at)];
        }
        vec![self.recording(id, url)]
    }

    fn recording(&self, id: String, url: String) -> Item {
        let mut content = Content {
            kind: ContentType::Audio,
            text: None,
            full_text: None,
            media: vec![Media { id: Some(id.clone()), url: Some(url), ..Media::default() }],
            metadata: Map::new(),
        };
        content.metadata.insert("duration_seconds".to_owned(), self.number("RecordingDuration"));
        content.metadata.insert("call_id".to_owned(), self.call_id.as_str().into());
        self.message(id, content)
    }

    fn transcribed(&self) -> Vec<Item> {
        let id = self.form.word("TranscriptionSid").or_else(|| self.form.word("RecordingSid")).unwrap_or_default();
        let facts = [
            ("recording_id", self.text("RecordingSid")),
            ("status", self.text("TranscriptionStatus")),
            ("text", self.form.text("TranscriptionText").map_or(Value::Null, Value::from)),
        ];
        vec![self.event("call.transcription", &id, &facts)]
    }

    fn progressed(&self) -> Vec<Item> {
        let status = self.form.word("CallStatus").unwrap_or_default();
        let has_ended = matches!(status.as_str(), "completed" | "busy" | "failed" | "no-answer" | "canceled");
        if !has_ended {
            return vec![self.notice("call_status", &status)];
        }
        let told = self.form.word("Timestamp").and_then(|text| DateTime::parse_from_rfc2822(&text).ok());
        let timestamp = told.map_or(self.ctx.received_at, |at| at.to_utc());
        let duration = match self.number("CallDuration") {
            Value::Null => self.number("DialCallDuration"),
            seconds => seconds,
        };
        let facts = [
            ("status", status.as_str().into()),
            ("duration_seconds", duration),
            ("sequence", self.number("SequenceNumber")),
        ];
        vec![self.event_at("call.ended", "ended", &facts, timestamp)]
    }

    fn dialled(&self) -> Vec<Item> {
        let bridged = self.form.word("DialBridged").map_or(Value::Null, |word| (word == "true").into());
        let facts = [
            ("status", self.text("DialCallStatus")),
            ("dial_call_id", self.text("DialCallSid")),
            ("duration_seconds", self.number("DialCallDuration")),
            ("bridged", bridged),
            ("recording_url", self.text("RecordingUrl")),
        ];
        let dialled = self.form.word("DialCallSid").unwrap_or_default();
        vec![self.event("call.dial_result", &format!("dial:{dialled}"), &facts)]
    }

    fn notice(&self, field: &str, status: &str) -> Item {
        let facts =
            [("field", Value::from(field)), ("status", status.into()), ("sequence", self.number("SequenceNumber"))];
        self.event("provider.notice", &format!("{field}:{status}"), &facts)
    }
}

/// What was pressed on the keypad.
fn pressed(digits: &str, finished_on: Option<&str>) -> Content {
    let mut metadata = Map::new();
    metadata.insert("input".to_owned(), "dtmf".into());
    metadata.insert("digits".to_owned(), digits.into());
    if let Some(key) = finished_on {
        metadata.insert("finished_on_key".to_owned(), json!(key));
    }
    Content {
        kind: ContentType::Interactive,
        text: Some(digits.to_owned()),
        full_text: None,
        media: Vec::new(),
        metadata,
    }
}
