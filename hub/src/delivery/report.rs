//! Reports of providers on messages that we sent: matched, kept, merged. They come late, twice and in any order.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use patchbay_core::ctx::Ctx;
use patchbay_core::delivery::DeliveryStatus;
use patchbay_core::directory::Directory;
use patchbay_core::ids::{InboxId, MessageId, RecordId};
use patchbay_core::inbox_health::Signal;
use patchbay_core::item::{ReportedStatus, StatusItem};
use patchbay_core::job::JobKind;
use patchbay_store::messages::MessageRow;
use patchbay_store::statuses::{NewParked, NewReport};
use patchbay_store::{StoreError, Tx, attempts, jobs, messages, statuses};
use serde_json::Value;
use uuid::Uuid;

use super::change::{heed, write};
use super::{SendError, again, lane, was_refused};
use crate::inbox_health;

/// A report, and the inbox it came to.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    /// Inbox of the account and number that the report names.
    pub inbox_id: InboxId,
    /// The report.
    pub item: &'a StatusItem,
}

/// What became of a batch of reports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// Messages that made progress.
    pub changed: usize,
    /// Reports that wait for their message's id.
    pub parked: usize,
    /// Reports about messages that are not ours.
    pub strange: usize,
}

impl Report<'_> {
    fn key(&self) -> (InboxId, &str) {
        (self.inbox_id, self.item.channel_message_id.as_str())
    }

    /// Our message id, as it came back with the report.
    fn callback(&self) -> Option<MessageId> {
        self.item.metadata.get("callback_data").and_then(Value::as_str).and_then(|text| text.parse().ok())
    }

    /// The same for the same report, however often it is delivered.
    fn id(&self) -> RecordId {
        let item = self.item;
        let code = item.errors.first().map_or("", |error| error.code.as_str());
        let recipient = item.recipient.as_deref().unwrap_or_default();
        let name = [&item.channel_message_id, &item.provider_status, recipient, code].join("\u{1f}");
        RecordId(Uuid::new_v5(&self.inbox_id.into(), name.as_bytes()))
    }
}

/// Applies reports in the caller's transaction: every one is kept in the history of its message, the message stands at
/// the highest of them, and a report whose message is not known yet waits for it. Repeating a batch changes nothing.
pub async fn apply_statuses(
    tx: &mut Tx,
    ctx: &Ctx,
    directory: &Directory,
    reports: &[Report<'_>],
) -> Result<Applied, StoreError> {
    if reports.is_empty() {
        return Ok(Applied::default());
    }
    let mut rows = Matches::load(tx, reports).await?;
    let mut applied = Applied::default();
    let mut history = Vec::new();
    let mut parked = Vec::new();
    let mut keys = Vec::new();
    let mut changed = BTreeSet::new();
    let mut waited_for = BTreeSet::new();
    let mut proven = BTreeSet::new();
    let mut failures = Vec::new();
    for report in reports {
        let Some((id, known)) = rows.message_of(report) else {
            // With our id on it, but of a message that we do not have: not ours, and never will be.
            if report.callback().is_some() {
                applied.strange += 1;
            } else {
                parked.push(NewParked {
                    id: report.id(),
                    inbox_id: report.inbox_id,
                    channel_message_id: &report.item.channel_message_id,
                    status_item: serde_json::to_value(report.item).expect("a status item is plain data"),
                });
            }
            continue;
        };
        let Some(row) = rows.by_id.get_mut(&id) else { continue };
        if report.item.status == ReportedStatus::Failed {
            failures.push((id, report.item));
        }
        history.push(NewReport {
            id: report.id(),
            message_id: id,
            status: report.item.status,
            provider_status: &report.item.provider_status,
            errors: serde_json::to_value(&report.item.errors).expect("errors are plain data"),
            occurred_at: report.item.timestamp,
        });
        let key = report.item.channel_message_id.as_str();
        let of = Try::of(row, key, known);
        if known == Known::ByCallback {
            keys.push((report.inbox_id, key, id));
            if row.channel_message_id.is_none() {
                row.channel_message_id = Some(key.to_owned());
                changed.insert(id);
            }
        }
        if row.status == DeliveryStatus::Unknown || row.status == DeliveryStatus::Sending {
            waited_for.insert(id);
            if of == Try::Current {
                proven.insert(id);
            }
        }
        if merge(row, report.item, of) {
            changed.insert(id);
        }
    }
    messages::claim_keys(tx, &keys, ctx.now).await?;
    statuses::add_reports(tx, ctx, &history).await?;
    applied.parked = parked.len();
    statuses::park(tx, ctx, &parked).await?;
    let mut writes: Vec<MessageRow> = changed.iter().filter_map(|id| rows.by_id.remove(id)).collect();
    applied.changed = writes.len();
    write(tx, ctx, directory, &mut writes).await?;
    for (id, item) in failures {
        if let Some(row) = writes.iter().find(|row| row.id == id).or_else(|| rows.by_id.get(&id)) {
            heed(tx, ctx, row, item).await?;
        }
    }
    again::promise_a_look(tx, ctx, &writes).await?;
    for row in writes.iter().filter(|row| row.status.rank() >= DeliveryStatus::Delivered.rank() && was_refused(row)) {
        inbox_health::note(tx, ctx, directory, row.inbox_id, Signal::Worked).await?;
    }
    let proven: Vec<MessageId> = proven.into_iter().collect();
    attempts::confirm(tx, &proven).await?;
    // Whoever waits to find out what became of one of them need not wait any longer.
    let lanes: Vec<String> =
        writes.iter().filter(|row| waited_for.contains(&row.id)).map(|row| lane(row.conversation_id)).collect();
    jobs::hasten(tx, JobKind::ReconcileMessage, &lanes, ctx.now).await?;
    Ok(applied)
}

/// How a report was matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Known {
    /// By the provider's id, which we have.
    ByKey,
    /// By our own id that came back; the provider's is news.
    ByCallback,
}

struct Matches {
    by_key: HashMap<(InboxId, String), MessageId>,
    by_id: BTreeMap<MessageId, MessageRow>,
}

impl Matches {
    async fn load(tx: &mut Tx, reports: &[Report<'_>]) -> Result<Self, StoreError> {
        let all: Vec<(InboxId, &str)> = reports.iter().map(Report::key).collect();
        let mut known = statuses::known_keys(tx, &all).await?;
        let found: HashSet<(InboxId, &str)> =
            known.iter().map(|row| (row.inbox_id, row.channel_message_id.as_str())).collect();
        let missing: Vec<(InboxId, &str)> = all.iter().filter(|key| !found.contains(key)).copied().collect();
        if !missing.is_empty() {
            // The answer that brings the id may be committing right now: wait for it, then look again.
            statuses::lock_keys(tx, &missing).await?;
            known.extend(statuses::known_keys(tx, &missing).await?);
        }
        let by_key: HashMap<(InboxId, String), MessageId> =
            known.into_iter().map(|row| ((row.inbox_id, row.channel_message_id), row.message_id)).collect();
        let mut ids: Vec<MessageId> =
            by_key.values().copied().chain(reports.iter().filter_map(Report::callback)).collect();
        ids.sort_unstable();
        ids.dedup();
        statuses::lock_messages(tx, &ids).await?;
        let by_id = messages::by_ids(tx, &ids).await?.into_iter().map(|row| (row.id, row)).collect();
        Ok(Self { by_key, by_id })
    }

    fn message_of(&self, report: &Report<'_>) -> Option<(MessageId, Known)> {
        let (inbox, key) = report.key();
        if let Some(id) = self.by_key.get(&(inbox, key.to_owned())) {
            return Some((*id, Known::ByKey));
        }
        // Our id alone proves nothing about another inbox's message.
        let id = report.callback()?;
        self.by_id.get(&id).filter(|row| row.inbox_id == inbox).map(|row| (row.id, Known::ByCallback))
    }
}

/// Which try of a message a report is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Try {
    /// The one that decides what becomes of the message.
    Current,
    /// One that was reported failed, or given up, before the message was put back to be sent anew.
    Earlier,
}

impl Try {
    /// Call before the message takes over an id that is news.
    fn of(row: &MessageRow, key: &str, known: Known) -> Self {
        let is_earlier = match row.channel_message_id.as_deref() {
            // A mail has one id for all its tries: as long as the next one waits, it names the one before.
            Some(current) => current != key || (known == Known::ByKey && row.status == DeliveryStatus::Pending),
            // The id was this message's, and was taken off it when it was put back.
            None => known == Known::ByKey,
        };
        if is_earlier { Self::Earlier } else { Self::Current }
    }
}

/// Merges a report into a message. `false`: nothing changed.
fn merge(row: &mut MessageRow, item: &StatusItem, of: Try) -> bool {
    let reported = match DeliveryStatus::from(item.status) {
        // Whatever try it was, the customer has the message, and must not get it again.
        arrived @ (DeliveryStatus::Delivered | DeliveryStatus::Read) => arrived,
        // Old news: what becomes of the message depends on the try that follows.
        _ if of == Try::Earlier => return false,
        // The provider has it; that it only queued it so far makes no difference to the agent.
        DeliveryStatus::Pending if row.status == DeliveryStatus::Unknown => DeliveryStatus::Sent,
        reported => reported,
    };
    let Some(merged) = row.status.merged_with(reported) else { return false };
    row.status = merged;
    let at = Some(item.timestamp);
    match merged {
        DeliveryStatus::Sent => row.sent_at = row.sent_at.or(at),
        DeliveryStatus::Delivered => row.delivered_at = at,
        DeliveryStatus::Read => row.read_at = at,
        DeliveryStatus::Failed => {
            row.failed_at = at;
            row.error = Some(failure(item).to_json());
        }
        DeliveryStatus::Received | DeliveryStatus::Pending | DeliveryStatus::Sending | DeliveryStatus::Unknown => {}
    }
    if merged != DeliveryStatus::Failed {
        row.error = None;
        row.channel_message_id.get_or_insert_with(|| item.channel_message_id.clone());
    }
    true
}

fn failure(item: &StatusItem) -> SendError {
    use patchbay_core::item::ErrorClass;
    match item.errors.first() {
        Some(error) => error.into(),
        None if item.status == ReportedStatus::Canceled => {
            SendError::ours("canceled", ErrorClass::Permanent, "the message was withdrawn before it was sent")
        }
        None => SendError::ours("failed", ErrorClass::Permanent, "the provider gave no reason"),
    }
}
