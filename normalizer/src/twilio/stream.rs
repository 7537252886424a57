//! Event streams: a JSON array of CloudEvents about messages we sent.

use chrono::{DateTime, SubsecRound, Utc};
use patchbay_core::channel::Channel;
use patchbay_core::item::{EventItem, Item};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::status::{Report, of_word};
use crate::digest;
use crate::json::{element, list, text, word};
use crate::text::shortened;

/// One event of the stream.
#[derive(Clone, Debug, PartialEq)]
pub struct StreamEvent {
    /// Which of our addresses it concerns, as Twilio writes it (prefix included).
    pub from: Option<String>,
    /// What happened.
    pub items: Vec<Item>,
}

/// The bytes are not an event stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an event stream")]
pub struct Malformed;

#[derive(Deserialize)]
struct CloudEvent {
    #[serde(rename = "type")]
    kind: Option<Value>,
    data: Option<Value>,
}

/// Reads a stream that was verified with a key of `account_sid`; events of other accounts are rejected.
pub fn event_stream(body: &[u8], account_sid: &str, received_at: DateTime<Utc>) -> Result<Vec<StreamEvent>, Malformed> {
    let whole: &RawValue = serde_json::from_slice(body).map_err(|_| Malformed)?;
    let events = match list(Some(whole)) {
        Ok(events) => events,
        // A single event, not in a list.
        Err(_) if whole.get().trim_start().starts_with('{') => vec![whole],
        Err(_) => return Err(Malformed),
    };
    Ok(events.into_iter().map(|raw| event(raw.get(), account_sid, received_at)).collect())
}

fn event(raw: &str, account_sid: &str, received_at: DateTime<Utc>) -> StreamEvent {
    let rejected = |from: Option<String>, detail: &str| {
        let mut data = Map::new();
        data.insert("reason".to_owned(), "malformed_message".into());
        data.insert("detail".to_owned(), detail.into());
        data.insert("id".to_owned(), digest::of(&[raw]).into());
        data.insert("raw".to_owned(), shortened(raw, 16 * 1024).into());
        StreamEvent { items: vec![plain_event("ingest.rejected", from.as_deref(), received_at, data)], from }
    };
    let Some(event) = element(raw).and_then(|value| serde_json::from_value::<CloudEvent>(value).ok()) else {
        return rejected(None, "event");
    };
    let (Some(kind), Some(data)) =
        (event.kind.as_ref().and_then(Value::as_str), event.data.as_ref().filter(|data| data.is_object()))
    else {
        return rejected(None, "event");
    };
    if text(data, "accountSid") != Some(account_sid) {
        // Not the address either: it belongs to somebody else.
        return rejected(None, "account");
    }
    let from = text(data, "from").map(str::to_owned);
    let Some((_, suffix)) = kind.split_once(".message.") else {
        let mut fields = Map::new();
        fields.insert("field".to_owned(), kind.into());
        fields.insert("id".to_owned(), digest::of(&[raw]).into());
        return StreamEvent { items: vec![plain_event("provider.notice", from.as_deref(), received_at, fields)], from };
    };
    let Some(id) = text(data, "messageSid") else { return rejected(from, "no message") };
    let timestamp = text(data, "timestamp")
        .and_then(|time| DateTime::parse_from_rfc3339(time).ok())
        .map_or(received_at, |time| time.with_timezone(&Utc).trunc_subsecs(0));
    let report = Report {
        id: id.to_owned(),
        word: text(data, "messageStatus").unwrap_or(suffix).to_owned(),
        mapped: of_word(suffix),
        from: from.clone().unwrap_or_default(),
        to: text(data, "to").unwrap_or_default().to_owned(),
        error_code: word(data, "errorCode"),
        error_message: text(data, "errorMessage").map(str::to_owned),
        timestamp,
        metadata: Map::new(),
    };
    StreamEvent { from, items: report.into_items() }
}

fn plain_event(kind: &str, from: Option<&str>, at: DateTime<Utc>, data: Map<String, Value>) -> Item {
    let (channel, account) = from.map_or((Channel::Sms, None), |from| {
        let (channel, account) = super::inbound::split_prefix(from);
        (channel, Some(account.to_owned()))
    });
    Item::Event(EventItem { kind: kind.to_owned(), channel, account, address: None, timestamp: at, data })
}
