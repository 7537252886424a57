//! The frames of a ConversationRelay socket, one after the other.

use chrono::{DateTime, Utc};
use patchbay_core::channel::{Channel, Direction, SenderType};
use patchbay_core::item::{Content, EventItem, Item, MessageItem, Sender};
use serde_json::{Map, Value};

use super::pressed;
use crate::digest;
use crate::json::{element, text, word};
use crate::text::shortened;

/// How much of a frame that could not be understood is kept.
const RAW_CHARACTERS: usize = 4 * 1024;

/// One socket of a call.
#[derive(Clone, Debug)]
pub struct Relay {
    /// The account whose key proved the upgrade.
    account_sid: String,
    setup: Option<Setup>,
    prompts: usize,
    presses: usize,
    interruptions: usize,
}

#[derive(Clone, Debug)]
struct Setup {
    call_id: String,
    ours: Option<String>,
    theirs: Option<String>,
    name: Option<String>,
}

/// What a frame came to.
#[derive(Clone, Debug, PartialEq)]
pub enum RelayTurn {
    /// These items, perhaps none.
    Items(Vec<Item>),
    /// The call is not one of the account that proved the upgrade: close the socket.
    Foreign,
}

impl Relay {
    /// A socket whose upgrade was proven with a key of `account_sid`.
    pub fn new(account_sid: impl Into<String>) -> Self {
        Self { account_sid: account_sid.into(), setup: None, prompts: 0, presses: 0, interruptions: 0 }
    }

    /// Reads the next frame.
    pub fn hear(&mut self, frame: &str, received_at: DateTime<Utc>) -> RelayTurn {
        let Some(value) = element(frame).filter(Value::is_object) else {
            return RelayTurn::Items(vec![self.rejected(frame, received_at)]);
        };
        let kind = text(&value, "type").unwrap_or_default();
        if kind == "setup" {
            return self.set_up(&value, frame, received_at);
        }
        let Some(setup) = self.setup.clone() else {
            return RelayTurn::Items(vec![self.rejected(frame, received_at)]);
        };
        let item = match kind {
            // Partial prompts repeat what came before; the last one holds all of it.
            "prompt" if value.get("last").and_then(Value::as_bool) == Some(false) => None,
            "prompt" => {
                self.prompts += 1;
                let mut content = Content::text(text(&value, "voicePrompt").unwrap_or_default());
                content.metadata.insert("input".to_owned(), "speech".into());
                if let Some(language) = text(&value, "lang") {
                    content.metadata.insert("language".to_owned(), language.into());
                }
                Some(setup.message(&format!("prompt:{}", self.prompts), content, received_at))
            }
            "dtmf" => {
                self.presses += 1;
                let digit = word(&value, "digit").unwrap_or_default();
                Some(setup.message(&format!("dtmf:{}", self.presses), pressed(&digit, None), received_at))
            }
            "interrupt" => {
                self.interruptions += 1;
                let mut data = Map::new();
                data.insert("spoken".to_owned(), text(&value, "utteranceUntilInterrupt").into());
                let after: Option<u64> = word(&value, "durationUntilInterruptMs").and_then(|text| text.parse().ok());
                data.insert("after_ms".to_owned(), after.into());
                Some(setup.event("call.interrupted", &format!("interrupt:{}", self.interruptions), data, received_at))
            }
            "error" => {
                let mut data = Map::new();
                let error = serde_json::json!({ "code": word(&value, "code"), "message": text(&value, "description") });
                data.insert("errors".to_owned(), Value::Array(vec![error]));
                let id = digest::of(&[frame]);
                Some(setup.event("provider.error", &id, data, received_at))
            }
            _ => Some(self.rejected(frame, received_at)),
        };
        RelayTurn::Items(item.into_iter().collect())
    }

    fn set_up(&mut self, value: &Value, frame: &str, received_at: DateTime<Utc>) -> RelayTurn {
        if text(value, "accountSid") != Some(self.account_sid.as_str()) {
            return RelayTurn::Foreign;
        }
        let Some(call_id) = text(value, "callSid").map(str::to_owned) else {
            return RelayTurn::Items(vec![self.rejected(frame, received_at)]);
        };
        let filled = |key: &str| text(value, key).filter(|text| !text.is_empty()).map(str::to_owned);
        let outbound = filled("direction").is_some_and(|direction| direction != "inbound");
        let (ours, theirs) = if outbound { ("from", "to") } else { ("to", "from") };
        let setup = Setup { call_id, ours: filled(ours), theirs: filled(theirs), name: filled("callerName") };
        let mut data = Map::new();
        data.insert("session_id".to_owned(), filled("sessionId").into());
        data.insert("direction".to_owned(), if outbound { "outbound" } else { "inbound" }.into());
        for (key, name) in [("forwardedFrom", "forwarded_from"), ("parentCallSid", "parent_call_id")] {
            if let Some(text) = filled(key) {
                data.insert(name.to_owned(), text.into());
            }
        }
        if let Some(parameters) = value.get("customParameters").filter(|parameters| parameters.is_object()) {
            data.insert("parameters".to_owned(), parameters.clone());
        }
        let session = filled("sessionId").unwrap_or_default();
        let item = setup.event("call.started", &format!("started:{session}"), data, received_at);
        self.setup = Some(setup);
        RelayTurn::Items(vec![item])
    }

    fn rejected(&self, frame: &str, received_at: DateTime<Utc>) -> Item {
        let mut data = Map::new();
        data.insert("reason".to_owned(), "malformed_message".into());
        data.insert("raw".to_owned(), shortened(&frame.replace('\0', ""), RAW_CHARACTERS).into());
        let id = digest::of(&[frame]);
        let nobody = Setup { call_id: String::new(), ours: None, theirs: None, name: None };
        self.setup.as_ref().unwrap_or(&nobody).event("ingest.rejected", &id, data, received_at)
    }
}

impl Setup {
    fn message(&self, id: &str, content: Content, timestamp: DateTime<Utc>) -> Item {
        Item::Message(MessageItem {
            channel: Channel::Voice,
            channel_message_id: format!("{}:{id}", self.call_id),
            account: self.ours.clone().unwrap_or_default(),
            direction: Direction::Inbound,
            sender: Sender {
                kind: SenderType::Customer,
                address: self.theirs.clone().unwrap_or_default(),
                name: self.name.clone(),
            },
            reply_to: None,
            content,
            timestamp,
            status: "received".to_owned(),
            metadata: Map::new(),
        })
    }

    fn event(&self, kind: &str, id: &str, mut data: Map<String, Value>, timestamp: DateTime<Utc>) -> Item {
        data.insert("call_id".to_owned(), self.call_id.as_str().into());
        data.insert("id".to_owned(), format!("{}:{id}", self.call_id).into());
        Item::Event(EventItem {
            kind: kind.to_owned(),
            channel: Channel::Voice,
            account: self.ours.clone(),
            address: self.theirs.clone(),
            timestamp,
            data,
        })
    }
}
