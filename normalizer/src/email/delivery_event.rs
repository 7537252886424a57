//! What all providers' delivery events come to: a status, a word of the recipient, or something to know. Source: channel
//! reference, e-mail, table of delivery events.

use chrono::{DateTime, Utc};
use patchbay_core::channel::Channel;
use patchbay_core::item::{ErrorClass, EventItem, Item, ProviderError, ReportedStatus, StatusItem};
use serde_json::{Map, Value};

use super::headers::{bare_id, canonical};
use crate::json::{put, unix_time};
use crate::text::{shortened, without_nul};

/// Longest sentence of a provider that is kept.
const MAX_DETAIL_CHARS: usize = 1_000;

/// What an event means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    Status(ReportedStatus),
    /// The provider still tries.
    Delayed,
    Failed(ErrorClass),
    Complaint,
    OptOut,
    OptIn,
    Notice,
    /// A word that we do not know.
    Unknown,
}

/// The facts of an event.
#[derive(Clone, Debug, Default)]
pub(super) struct Facts {
    /// Our address, if the event names it.
    pub(super) account: Option<String>,
    /// Our message id; else the provider's.
    pub(super) message_id: String,
    /// The provider's word.
    pub(super) word: String,
    pub(super) recipient: Option<String>,
    pub(super) at: DateTime<Utc>,
    pub(super) code: Option<String>,
    pub(super) details: Option<String>,
    /// The provider's id of the mail.
    pub(super) provider_message_id: Option<String>,
    /// The provider's id of the event.
    pub(super) event_id: Option<String>,
}

impl Facts {
    pub(super) fn item(mut self, meaning: Meaning) -> Item {
        self.clean();
        // A report on nothing changes nothing; a word of the recipient stands for itself.
        let is_report = matches!(meaning, Meaning::Status(_) | Meaning::Delayed | Meaning::Failed(_));
        if is_report && bare_id(&self.message_id).is_empty() {
            return self.rejected("malformed_message");
        }
        match meaning {
            Meaning::Status(status) => self.status(status, None),
            Meaning::Delayed => self.status(ReportedStatus::Pending, Some(ErrorClass::Retryable)),
            Meaning::Failed(class) => self.status(ReportedStatus::Failed, Some(class)),
            Meaning::Complaint => self.event("email.complaint", None),
            Meaning::OptOut => self.event("opt_out", None),
            Meaning::OptIn => self.event("opt_in", None),
            Meaning::Notice => self.event("provider.notice", Some("field")),
            Meaning::Unknown => self.rejected("unknown_status"),
        }
    }

    /// Leaves out what no database holds.
    fn clean(&mut self) {
        let optional = [
            &mut self.account, &mut self.recipient, &mut self.code, &mut self.details, &mut self.provider_message_id,
            &mut self.event_id,
        ];
        for text in optional.into_iter().flatten().chain([&mut self.message_id, &mut self.word]) {
            if text.contains('\0') {
                *text = without_nul(text).into_owned();
            }
        }
    }

    fn status(self, status: ReportedStatus, class: Option<ErrorClass>) -> Item {
        let mut metadata = Map::new();
        put(&mut metadata, "provider_message_id", self.provider_message_id);
        put(&mut metadata, "event_id", self.event_id);
        let errors = class.into_iter().map(|class| ProviderError {
            code: self.code.clone().unwrap_or_else(|| self.word.clone()),
            title: None,
            message: None,
            details: self.details.as_deref().map(|text| shortened(text, MAX_DETAIL_CHARS)),
            class,
        });
        Item::Status(StatusItem {
            channel: Channel::Email,
            account: self.account.unwrap_or_default(),
            channel_message_id: bare_id(&self.message_id),
            status,
            provider_status: self.word.clone(),
            recipient: self.recipient.as_deref().map(canonical),
            timestamp: self.at,
            errors: errors.collect(),
            metadata,
        })
    }

    fn rejected(self, reason: &'static str) -> Item {
        let mut item = self.event("ingest.rejected", Some("provider_status"));
        if let Item::Event(event) = &mut item {
            event.data.insert("reason".to_owned(), reason.into());
        }
        item
    }

    /// `word_key`: under which name the provider's word is told.
    fn event(self, kind: &str, word_key: Option<&str>) -> Item {
        let mut data = Map::new();
        if let Some(key) = word_key {
            put(&mut data, key, Some(self.word));
        }
        put(&mut data, "channel_message_id", Some(bare_id(&self.message_id)).filter(|id| !id.is_empty()));
        put(&mut data, "provider_message_id", self.provider_message_id);
        put(&mut data, "id", self.event_id);
        Item::Event(EventItem {
            kind: kind.to_owned(),
            channel: Channel::Email,
            account: self.account,
            address: self.recipient.as_deref().map(canonical).filter(|address| !address.is_empty()),
            timestamp: self.at,
            data,
        })
    }
}

/// Seconds with a fraction, which is dropped.
pub(super) fn fractional_time(value: Option<&Value>) -> Option<DateTime<Utc>> {
    let value = value?;
    unix_time(value).or_else(|| {
        let seconds = match value {
            Value::Number(number) => number.as_f64()?,
            Value::String(text) => text.trim().parse().ok()?,
            _ => return None,
        };
        #[expect(clippy::cast_possible_truncation, reason = "checked to lie within the years of RFC 3339")]
        (0.0..253_402_300_799.0).contains(&seconds).then(|| DateTime::from_timestamp(seconds as i64, 0)).flatten()
    })
}

/// An element that is no event at all.
pub(super) fn malformed(element: &Value, at: DateTime<Utc>) -> Item {
    let mut data = Map::new();
    put(&mut data, "reason", Some("malformed_message"));
    put(&mut data, "raw", Some(shortened(&element.to_string(), MAX_DETAIL_CHARS)));
    Item::Event(EventItem {
        kind: "ingest.rejected".to_owned(),
        channel: Channel::Email,
        account: None,
        address: None,
        timestamp: at,
        data,
    })
}
