//! Reports on mail that we sent: delivery status notifications, complaints, receipts. Source: channel reference, e-mail,
//! "Reports"; RFC 3464, RFC 5965, RFC 8098.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use patchbay_core::channel::Channel;
use patchbay_core::item::{ErrorClass, EventItem, Item, ProviderError, ReportedStatus, StatusItem};
use serde_json::{Map, Value};

use super::headers::{Headers, bare_id, canonical};
use crate::json::put;
use crate::text::shortened;

/// Most recipients of one report.
const MAX_BLOCKS: usize = 100;
/// Longest sentence of a mail server that is kept.
const MAX_DETAIL_CHARS: usize = 1_000;

/// A report.
#[derive(Clone, Debug)]
pub struct Report {
    kind: Kind,
    /// Groups of fields; the first of a delivery report is about the report.
    blocks: Vec<Headers>,
    /// Header of the mail that is reported on.
    original: Headers,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Delivery,
    Complaint,
    Receipt,
}

/// What the items of a report need beside it.
#[derive(Clone, Copy)]
pub(super) struct ReportContext<'a> {
    pub(super) account: &'a str,
    pub(super) at: DateTime<Utc>,
    /// Id of the report itself.
    pub(super) report_id: &'a str,
    /// Whether an id is of a mail that we sent; none: somebody else finds out.
    pub(super) is_ours: Option<&'a dyn Fn(&str) -> bool>,
}

/// The report in the parts of a `multipart/report`: types and contents.
pub(super) fn of_parts(declared: Option<&str>, parts: &[(String, Bytes)]) -> Option<Report> {
    let content = |wanted: &[&str]| {
        parts.iter().find(|(mime_type, _)| wanted.contains(&mime_type.as_str())).map(|(_, content)| content)
    };
    let delivery = content(&["message/delivery-status", "message/global-delivery-status"]);
    let complaint = content(&["message/feedback-report"]);
    let receipt = content(&["message/disposition-notification", "message/global-disposition-notification"]);
    let (kind, fields) = match (declared.map(str::to_ascii_lowercase).as_deref(), delivery, complaint, receipt) {
        (Some("delivery-status") | None, Some(fields), _, _) => (Kind::Delivery, Some(fields)),
        (Some("feedback-report") | None, _, Some(fields), _) => (Kind::Complaint, Some(fields)),
        (Some("disposition-notification") | None, _, _, Some(fields)) => (Kind::Receipt, Some(fields)),
        (Some("delivery-status"), ..) => (Kind::Delivery, None),
        (Some("feedback-report"), ..) => (Kind::Complaint, None),
        (Some("disposition-notification"), ..) => (Kind::Receipt, None),
        _ => return None,
    };
    let original = content(&[
        "message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers", "message/rfc822-headers",
    ]);
    let original = original.map(|content| Headers::of_message(content)).unwrap_or_default();
    Some(Report { kind, blocks: fields.map(|fields| blocks(fields)).unwrap_or_default(), original })
}

/// Groups of fields, divided by empty lines.
fn blocks(fields: &[u8]) -> Vec<Headers> {
    let text = String::from_utf8_lossy(fields).replace("\r\n", "\n");
    text.split("\n\n")
        .map(|block| Headers::of_message(block.trim_start_matches('\n').as_bytes()))
        .take(MAX_BLOCKS + 1)
        .collect()
}

impl Report {
    /// The id of the mail that is reported on. `also`: the header of the report, which may answer to that mail.
    fn original_id(&self, also: &Headers) -> Option<String> {
        let receipt = self.blocks.iter().find_map(|block| block.plain("Original-Message-ID")).map(|id| bare_id(&id));
        receipt
            .or_else(|| self.original.message_id())
            .or_else(|| also.ids("In-Reply-To").into_iter().next())
            .or_else(|| also.ids("References").pop())
            .filter(|id| !id.is_empty())
    }

    /// What it says, an item for each recipient.
    pub(super) fn items(&self, also: &Headers, ctx: &ReportContext<'_>) -> Vec<Item> {
        let id = self.original_id(also);
        let is_ours = match (&id, ctx.is_ours) {
            (Some(id), Some(is_ours)) => is_ours(id),
            (Some(_), None) => true,
            (None, _) => false,
        };
        let found: Vec<Finding> = match self.kind {
            Kind::Delivery => self.blocks.iter().filter_map(delivery).collect(),
            Kind::Complaint => self.complaints(),
            Kind::Receipt => self.blocks.iter().find_map(receipt).into_iter().collect(),
        };
        let Some(id) = id.filter(|_| is_ours && !found.is_empty()) else {
            let id = self.original_id(also);
            let addresses: Vec<Option<String>> = found.into_iter().map(|finding| finding.address).collect();
            let addresses = if addresses.is_empty() { vec![None] } else { addresses };
            return addresses.into_iter().map(|address| unmatched(id.as_deref(), address, ctx)).collect();
        };
        found.into_iter().map(|finding| finding.item(&id, ctx)).collect()
    }

    fn complaints(&self) -> Vec<Finding> {
        let named: Vec<String> = self
            .blocks
            .iter()
            .flat_map(|block| block.all("Original-Rcpt-To"))
            .map(|value| address_of(&String::from_utf8_lossy(value)))
            .collect();
        let addresses = if named.is_empty() {
            self.original.parties("To").into_iter().map(|party| party.address).collect()
        } else {
            named
        };
        let kind = self.blocks.iter().find_map(|block| block.plain("Feedback-Type"));
        addresses
            .into_iter()
            .map(|address| Finding {
                address: Some(address),
                word: kind.clone().unwrap_or_default(),
                outcome: Outcome::Complaint,
            })
            .collect()
    }
}

/// What a report says of one recipient.
struct Finding {
    address: Option<String>,
    word: String,
    outcome: Outcome,
}

enum Outcome {
    Status(ReportedStatus, Vec<ProviderError>),
    Complaint,
}

impl Finding {
    fn item(self, id: &str, ctx: &ReportContext<'_>) -> Item {
        let mut metadata = Map::new();
        put(&mut metadata, "report_id", Some(ctx.report_id));
        match self.outcome {
            Outcome::Status(status, errors) => Item::Status(StatusItem {
                channel: Channel::Email,
                account: ctx.account.to_owned(),
                channel_message_id: id.to_owned(),
                status,
                provider_status: self.word,
                recipient: self.address,
                timestamp: ctx.at,
                errors,
                metadata,
            }),
            Outcome::Complaint => {
                let mut data = Map::new();
                put(&mut data, "channel_message_id", Some(id));
                put(&mut data, "feedback_type", Some(self.word).filter(|word| !word.is_empty()));
                put(&mut data, "id", Some(ctx.report_id));
                event("email.complaint", self.address, data, ctx)
            }
        }
    }
}

fn event(kind: &str, address: Option<String>, data: Map<String, Value>, ctx: &ReportContext<'_>) -> Item {
    Item::Event(EventItem {
        kind: kind.to_owned(),
        channel: Channel::Email,
        account: Some(ctx.account.to_owned()),
        address,
        timestamp: ctx.at,
        data,
    })
}

/// A report on mail that we never sent.
fn unmatched(id: Option<&str>, address: Option<String>, ctx: &ReportContext<'_>) -> Item {
    let mut data = Map::new();
    put(&mut data, "channel_message_id", id);
    put(&mut data, "id", Some(ctx.report_id));
    event("email.bounce_unmatched", address, data, ctx)
}

/// What a group of a delivery report says of its recipient. `None`: it is about the report.
fn delivery(block: &Headers) -> Option<Finding> {
    let recipient = block.plain("Final-Recipient").or_else(|| block.plain("Original-Recipient"))?;
    let action = block.plain("Action").unwrap_or_default();
    let action = action.split([';', ' ', '(']).next().unwrap_or_default().to_ascii_lowercase();
    let diagnostic = block.plain("Diagnostic-Code").map(|text| {
        let said = text.split_once(';').map_or(text.as_str(), |(_, said)| said).trim();
        shortened(said, MAX_DETAIL_CHARS)
    });
    let code = block
        .plain("Status")
        .and_then(|text| enhanced_code(&text))
        .or_else(|| diagnostic.as_deref().and_then(enhanced_code));
    let status = match action.as_str() {
        "failed" => ReportedStatus::Failed,
        "delayed" => ReportedStatus::Pending,
        "delivered" | "relayed" | "expanded" => ReportedStatus::Delivered,
        // The action is missing: the code says enough.
        _ => match code.as_deref().and_then(|code| code.chars().next()) {
            Some('2') => ReportedStatus::Delivered,
            Some('4') => ReportedStatus::Pending,
            _ => ReportedStatus::Failed,
        },
    };
    let errors = match status {
        ReportedStatus::Failed | ReportedStatus::Pending => {
            let class = code.as_deref().map_or(
                if status == ReportedStatus::Pending { ErrorClass::Retryable } else { ErrorClass::Permanent },
                class_of,
            );
            let code = code.clone().unwrap_or_else(|| action.clone());
            vec![ProviderError { code, title: None, message: None, details: diagnostic, class }]
        }
        _ => Vec::new(),
    };
    let word = code.unwrap_or(action);
    Some(Finding { address: Some(address_of(&recipient)), word, outcome: Outcome::Status(status, errors) })
}

/// A receipt: shown to the recipient, unless it says that it never was.
fn receipt(block: &Headers) -> Option<Finding> {
    let disposition = block.plain("Disposition")?;
    let word = disposition.rsplit(';').next().unwrap_or_default().trim();
    let word = word.split('/').next().unwrap_or_default().to_ascii_lowercase();
    let recipient = block.plain("Final-Recipient").or_else(|| block.plain("Original-Recipient"));
    let outcome = Outcome::Status(ReportedStatus::Read, Vec::new());
    Some(Finding { address: recipient.map(|text| address_of(&text)), word, outcome })
}

/// `rfc822; dana@…`, as an address.
fn address_of(text: &str) -> String {
    let address = text.split_once(';').map_or(text, |(_, address)| address);
    canonical(address.trim().split([' ', '\t']).next().unwrap_or_default())
}

/// The first enhanced status code (`5.1.1`) in a text. Source: RFC 3463.
pub(super) fn enhanced_code(text: &str) -> Option<String> {
    text.split(|letter: char| !(letter.is_ascii_digit() || letter == '.')).find_map(|word| {
        let parts: Vec<&str> = word.trim_matches('.').split('.').collect();
        let is_code = matches!(parts.as_slice(), [class, subject, detail]
            if matches!(*class, "2" | "4" | "5") && (1..=3).contains(&subject.len()) && (1..=3).contains(&detail.len()));
        is_code.then(|| parts.join("."))
    })
}

/// What we do about an enhanced status code: 4.x.x and a full mailbox may be tried again.
pub(super) fn class_of(code: &str) -> ErrorClass {
    if code.starts_with('4') || code == "5.2.2" { ErrorClass::Retryable } else { ErrorClass::Permanent }
}
