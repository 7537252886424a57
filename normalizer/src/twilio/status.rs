//! Status callbacks: one form each. Here `From` is ours.

use chrono::{DateTime, Utc};
use patchbay_core::channel::Channel;
use patchbay_core::item::{EventItem, Item, ProviderError, ReportedStatus, StatusItem};
use serde_json::{Map, Value};

use super::errors::class_of;
use super::form::Form;
use super::inbound::{message_sid, rejected, split_prefix};

/// What a status callback needs beside its form.
#[derive(Clone, Copy, Debug)]
pub struct StatusContext<'a> {
    /// When we received it.
    pub received_at: DateTime<Utc>,
    /// Our message id from the path of the callback URL.
    pub callback_data: Option<&'a str>,
}

/// Reads a status callback: the status and, when the recipient has opted out, the event after it.
pub fn status(form: &Form, ctx: &StatusContext<'_>) -> Vec<Item> {
    let (Some(id), Some(word)) = (message_sid(form), form.word("MessageStatus").or_else(|| form.word("SmsStatus")))
    else {
        return vec![rejected(form, ctx.received_at)];
    };
    let from = form.word("From").or_else(|| form.word("MessagingServiceSid")).unwrap_or_default();
    let to = form.word("To").unwrap_or_default();
    let mut metadata = Map::new();
    for (name, key) in [("RawDlrDoneDate", "raw_dlr_done_date"), ("ChannelStatusMessage", "channel_status_message")] {
        if let Some(value) = form.word(name) {
            metadata.insert(key.to_owned(), value.into());
        }
    }
    if let Some(callback_data) = ctx.callback_data {
        metadata.insert("callback_data".to_owned(), callback_data.into());
    }
    Report {
        id,
        mapped: of_word(&word),
        word,
        from,
        to,
        error_code: form.word("ErrorCode"),
        error_message: form.word("ErrorMessage"),
        timestamp: ctx.received_at,
        metadata,
    }
    .into_items()
}

/// One report, from a form or from an event stream.
pub(super) struct Report {
    pub(super) id: String,
    /// The provider's word.
    pub(super) word: String,
    pub(super) mapped: Option<ReportedStatus>,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) error_code: Option<String>,
    pub(super) error_message: Option<String>,
    pub(super) timestamp: DateTime<Utc>,
    pub(super) metadata: Map<String, Value>,
}

impl Report {
    pub(super) fn into_items(self) -> Vec<Item> {
        let (from_channel, account) = split_prefix(&self.from);
        let (to_channel, recipient) = split_prefix(&self.to);
        let channel = if to_channel == Channel::Whatsapp { to_channel } else { from_channel };
        let recipient = (!recipient.is_empty()).then(|| recipient.to_owned());
        let event = |kind: &str, data| {
            Item::Event(EventItem {
                kind: kind.to_owned(),
                channel,
                account: Some(account.to_owned()),
                address: recipient.clone(),
                timestamp: self.timestamp,
                data,
            })
        };
        let Some(status) = self.mapped else {
            let mut data = Map::new();
            data.insert("reason".to_owned(), "unknown_status".into());
            data.insert("status".to_owned(), self.word.clone().into());
            data.insert("channel_message_id".to_owned(), self.id.clone().into());
            data.insert("id".to_owned(), format!("{}:{}", self.id, self.word).into());
            return vec![event("ingest.rejected", data)];
        };
        let error = self.error_code.filter(|code| code != "0").map(|code| ProviderError {
            class: class_of(&code),
            code,
            title: None,
            message: self.error_message,
            details: None,
        });
        let opted_out = error.as_ref().is_some_and(|error| error.code == OPTED_OUT);
        let opt_out = opted_out.then(|| {
            let mut data = Map::new();
            data.insert("keyword".to_owned(), Value::Null);
            data.insert("id".to_owned(), self.id.clone().into());
            event("opt_out", data)
        });
        let status = Item::Status(StatusItem {
            channel,
            account: account.to_owned(),
            channel_message_id: self.id,
            status,
            provider_status: self.word,
            recipient: recipient.clone(),
            timestamp: self.timestamp,
            errors: error.into_iter().collect(),
            metadata: self.metadata,
        });
        std::iter::once(status).chain(opt_out).collect()
    }
}

/// "Attempt to send to unsubscribed recipient".
const OPTED_OUT: &str = "21610";

/// Twilio's word in ours.
pub(super) fn of_word(word: &str) -> Option<ReportedStatus> {
    Some(match word.to_ascii_lowercase().as_str() {
        "accepted" | "scheduled" | "queued" | "sending" => ReportedStatus::Pending,
        "sent" => ReportedStatus::Sent,
        "delivered" => ReportedStatus::Delivered,
        "read" => ReportedStatus::Read,
        "undelivered" | "failed" => ReportedStatus::Failed,
        "canceled" => ReportedStatus::Canceled,
        _ => return None,
    })
}
