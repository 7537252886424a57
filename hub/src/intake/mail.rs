//! Where a mail belongs: by its signed reply address, else by the ids it answers or refers to, never by its subject; and
//! which message of ours a report is about. Source: channel reference, e-mail, "Threading".

use std::collections::HashMap;

use patchbay_core::channel::{Channel, Direction};
use patchbay_core::directory::Directory;
use patchbay_core::ids::{ConversationId, InboxId, MessageId};
use patchbay_core::item::{Item, MessageItem, StatusItem};
use patchbay_store::{StoreError, Tx, mail_threads, reply_tokens, statuses};
use serde_json::Value;

use super::Work;
use super::apply::Fresh;
use crate::delivery::Report;

/// Most ids of one mail that are looked up.
const MAX_IDS: usize = 50;

/// Where the mails of a batch belong, as far as the database knows.
#[derive(Debug, Default)]
pub(super) struct MailPlaces {
    by_token: HashMap<String, ConversationId>,
    by_id: HashMap<(InboxId, String), ConversationId>,
}

/// Where one mail belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct MailPlace {
    pub(super) conversation: ConversationId,
    /// What led there: `reply_token`, `in_reply_to` or `references`.
    pub(super) via: &'static str,
}

/// Whether a message is a mail that begins or continues a thread.
pub(super) fn is_mail(message: &MessageItem) -> bool {
    message.channel == Channel::Email && message.direction == Direction::Inbound
}

fn token(message: &MessageItem) -> Option<&str> {
    let thread = message.metadata.get("thread")?;
    let is_token = thread.get("via").and_then(Value::as_str) == Some("reply_token");
    thread.get("conversation").and_then(Value::as_str).filter(|_| is_token)
}

/// The ids it refers to, the strongest first, with what they are.
fn referred(message: &MessageItem) -> impl Iterator<Item = (&str, &'static str)> {
    let list = |key: &str| message.metadata.get(key).and_then(Value::as_array);
    let answered = list("in_reply_to").into_iter().flatten().filter_map(Value::as_str).map(|id| (id, "in_reply_to"));
    let references = list("references").into_iter().flatten().rev().filter_map(Value::as_str);
    answered.chain(references.map(|id| (id, "references"))).take(MAX_IDS)
}

impl MailPlaces {
    /// Looks up what the mails of a batch refer to.
    pub(super) async fn load(tx: &mut Tx, fresh: &[Fresh<'_>]) -> Result<Self, StoreError> {
        let mut places = Self::default();
        let mut ids: Vec<(InboxId, &str)> = Vec::new();
        for fresh in fresh.iter().filter(|fresh| is_mail(fresh.message)) {
            if let Some(name) = token(fresh.message)
                && let Some(conversation) = reply_tokens::conversation_of(tx, name).await?
            {
                places.by_token.insert(name.to_owned(), conversation);
            }
            ids.extend(referred(fresh.message).map(|(id, _)| (fresh.work.inbox.id, id)));
        }
        ids.sort_unstable();
        ids.dedup();
        for known in mail_threads::known(tx, &ids).await? {
            places.by_id.insert((known.inbox_id, known.channel_message_id), known.conversation_id);
        }
        Ok(places)
    }

    /// Every conversation that was found.
    pub(super) fn conversations(&self) -> impl Iterator<Item = ConversationId> {
        self.by_token.values().chain(self.by_id.values()).copied()
    }

    /// Where a mail belongs. `None`: it begins a conversation.
    pub(super) fn of(&self, inbox: InboxId, message: &MessageItem) -> Option<MailPlace> {
        if let Some(conversation) = token(message).and_then(|name| self.by_token.get(name)) {
            return Some(MailPlace { conversation: *conversation, via: "reply_token" });
        }
        referred(message).find_map(|(id, via)| {
            let conversation = self.by_id.get(&(inbox, id.to_owned()))?;
            Some(MailPlace { conversation: *conversation, via })
        })
    }

    /// A mail of the batch was placed: the ones after it may answer to it.
    pub(super) fn placed(&mut self, inbox: InboxId, message: &MessageItem, conversation: ConversationId) {
        self.by_id.insert((inbox, message.channel_message_id.clone()), conversation);
    }
}

/// The reports of a batch, each at the inbox that sent its message. Reports on mail name our message id and not always
/// the mailbox; those that a mail server wrote about mail which is not ours are counted and left alone.
pub(super) async fn reports<'w>(
    tx: &mut Tx,
    directory: &Directory,
    work: &'w [Work],
) -> Result<Vec<Report<'w>>, StoreError> {
    let all = work.iter().filter_map(|work| match &work.item {
        Item::Status(item) => Some(Report { inbox_id: work.inbox.id, item }),
        _ => None,
    });
    let (mails, mut reports): (Vec<Report<'w>>, Vec<Report<'w>>) =
        all.partition(|report| report.item.channel == Channel::Email);
    if mails.is_empty() {
        return Ok(reports);
    }
    let mailboxes = directory.inboxes.values().filter(|inbox| inbox.channel == Channel::Email).map(|inbox| inbox.id);
    let mailboxes: Vec<InboxId> = mailboxes.collect();
    let mut keys: Vec<(InboxId, &str)> = Vec::new();
    for report in &mails {
        keys.extend(mailboxes.iter().map(|inbox| (*inbox, report.item.channel_message_id.as_str())));
    }
    keys.sort_unstable();
    keys.dedup();
    let known: HashMap<String, (InboxId, MessageId)> = statuses::known_keys(tx, &keys)
        .await?
        .into_iter()
        .map(|row| (row.channel_message_id, (row.inbox_id, row.message_id)))
        .collect();
    for report in mails {
        match known.get(&report.item.channel_message_id) {
            Some((inbox_id, _)) => reports.push(Report { inbox_id: *inbox_id, item: report.item }),
            None if is_of_mail_server(report.item) => {
                metrics::counter!("intake_events_total", "kind" => "email.bounce_unmatched").increment(1);
            }
            None => reports.push(report),
        }
    }
    Ok(reports)
}

/// Whether a mail server wrote it into a mail, and not the provider into an event.
fn is_of_mail_server(item: &StatusItem) -> bool {
    item.metadata.contains_key("report_id")
}
