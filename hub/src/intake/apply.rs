//! One batch in one transaction: claim the keys, find the people, place the messages, write, tell.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use patchbay_core::channel::{Channel, Direction, SenderType};
use patchbay_core::ctx::Ctx;
use patchbay_core::delivery::DeliveryStatus;
use patchbay_core::directory::Directory;
use patchbay_core::event::{EventName, NewEvent};
use patchbay_core::ids::{ConversationId, InboxId, JobId, MediaId, MessageId};
use patchbay_core::item::{ContentType, EventItem, Item, MessageItem};
use patchbay_core::job::{JobKind, JobQueue, NewJob};
use patchbay_store::conversations::ConversationRow;
use patchbay_store::messages::MessageRow;
use patchbay_store::{StoreError, Tx, contacts, conversations, events, jobs, media, messages};
use serde_json::{Value, json};

use super::people::{Address, Person, resolve};
use super::threads::{OpensWindow, Origin, Threads, customer_wrote, staff_wrote};
use super::{Work, poison};
use crate::body::ConversationBody;
use crate::delivery::{Report, apply_statuses};
use crate::feed::{conversation_event, message_event};
use crate::state::Hub;

/// A message of the batch that the database does not know yet.
struct Fresh<'a> {
    id: MessageId,
    work: &'a Work,
    message: &'a MessageItem,
}

impl<'a> Fresh<'a> {
    /// The customer's address: the group's, the sender's, or the recipient's of what our own staff sent from elsewhere.
    fn customer(&self) -> Address<'a> {
        // A group is not the private thread of whoever writes in it.
        let group = self.message.metadata.get("group_id").and_then(Value::as_str);
        if let Some(address) = group {
            return Address { channel: self.work.inbox.channel, address };
        }
        let address = match self.message.direction {
            Direction::Inbound => self.message.sender.address.as_str(),
            Direction::Outbound => self.message.metadata.get("recipient").and_then(Value::as_str).unwrap_or_default(),
        };
        Address { channel: self.work.inbox.channel, address }
    }
}

/// Writes a batch in one transaction and says what happened in the feed.
pub(super) async fn apply(hub: &Hub, ctx: &Ctx, work: &[Work]) -> Result<(), StoreError> {
    let mut tx = hub.db.begin().await?;
    let fresh = claim(&mut tx, ctx, work).await?;
    let feed = write_messages(&mut tx, hub, ctx, &fresh).await?;
    let reports: Vec<Report<'_>> = work
        .iter()
        .filter_map(|work| match &work.item {
            Item::Status(item) => Some(Report { inbox_id: work.inbox.id, item }),
            _ => None,
        })
        .collect();
    apply_statuses(&mut tx, ctx, &hub.directory(), &reports).await?;
    for item in work {
        if let Item::Event(event) = &item.item
            && !repeats(event, item, &fresh)
        {
            apply_event(&mut tx, ctx, item, event).await?;
        }
    }
    events::append(&mut tx, &feed).await?;
    tx.commit().await?;
    metrics::counter!("intake_messages_total").increment(fresh.len() as u64);
    Ok(())
}

/// Whether an event came with a message that is here already: the provider delivered it again, and what the customer
/// wrote since must stand.
fn repeats(event: &EventItem, work: &Work, fresh: &[Fresh<'_>]) -> bool {
    // Only a keyword comes with a message; a report of the provider stands for itself.
    let by_keyword = event.data.get("keyword").is_some_and(Value::is_string);
    let consent = by_keyword && matches!(event.kind.as_str(), "opt_out" | "opt_in");
    let message = event.data.get("id").and_then(Value::as_str).filter(|_| consent);
    message.is_some_and(|id| {
        !fresh.iter().any(|fresh| fresh.work.inbox.id == work.inbox.id && fresh.message.channel_message_id == id)
    })
}

async fn claim<'a>(tx: &mut Tx, ctx: &Ctx, work: &'a [Work]) -> Result<Vec<Fresh<'a>>, StoreError> {
    let candidates: Vec<Fresh<'a>> = work
        .iter()
        .filter_map(|work| match &work.item {
            Item::Message(message) => Some(Fresh { id: MessageId::new(), work, message }),
            _ => None,
        })
        .collect();
    let mut keys: Vec<(InboxId, &str, MessageId)> = candidates
        .iter()
        .map(|fresh| (fresh.work.inbox.id, fresh.message.channel_message_id.as_str(), fresh.id))
        .collect();
    // Always in the same order, so that two nodes never wait for each other.
    keys.sort_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)));
    let claimed: HashSet<MessageId> = messages::claim_keys(tx, &keys, ctx.now).await?.into_iter().collect();
    Ok(candidates.into_iter().filter(|fresh| claimed.contains(&fresh.id)).collect())
}

async fn write_messages(tx: &mut Tx, hub: &Hub, ctx: &Ctx, fresh: &[Fresh<'_>]) -> Result<Vec<NewEvent>, StoreError> {
    if fresh.is_empty() {
        return Ok(Vec::new());
    }
    let directory = hub.gate.directory.load_full();
    let mut names: BTreeMap<Address<'_>, Option<&str>> = BTreeMap::new();
    for fresh in fresh {
        let name = match fresh.message.direction {
            Direction::Inbound => fresh.message.sender.name.as_deref(),
            Direction::Outbound => None,
        };
        let known = names.entry(fresh.customer()).or_default();
        *known = known.or(name);
    }
    let people = resolve(tx, ctx, &names).await?;
    let pairs: BTreeSet<_> = fresh
        .iter()
        .filter_map(|fresh| people.get(&fresh.customer()).map(|person| (person.contact_id, fresh.work.inbox.id)))
        .collect();
    let pairs: Vec<_> = pairs.into_iter().collect();
    let mut threads = Threads::load(tx, ctx, &pairs).await?;
    let (mut rows, mut told) = (Vec::with_capacity(fresh.len()), Vec::with_capacity(fresh.len()));
    for fresh in fresh {
        let customer = fresh.customer();
        let Some(person) = people.get(&customer) else { continue };
        re_consent(tx, fresh, person).await?;
        let thread = threads.of(tx, ctx, &directory, &fresh.work.inbox, person, customer.address).await?;
        match fresh.message.direction {
            Direction::Inbound => {
                let opens = match fresh.message.content.kind {
                    ContentType::Reaction => OpensWindow::No,
                    _ => OpensWindow::Yes,
                };
                customer_wrote(&mut thread.row, ctx, fresh.id, fresh.message.timestamp, opens);
            }
            Direction::Outbound => staff_wrote(&mut thread.row, ctx, fresh.id),
        }
        rows.push(message_row(tx, ctx, fresh, person, &thread.row).await?);
        let begins = thread.origin == Origin::Begun && thread.row.last_seq == 1;
        told.push(Told { begins, was_queued: thread.before.is_queued });
    }
    let (mut begun, mut stored) = (Vec::new(), Vec::new());
    for thread in threads.into_iter() {
        match thread.origin {
            Origin::Begun => begun.push(thread.row),
            Origin::Stored if thread.row.updated_at == ctx.now => stored.push(thread.row),
            Origin::Stored => {}
        }
    }
    conversations::insert(tx, &begun).await?;
    conversations::update(tx, &stored).await?;
    messages::insert(tx, &rows).await?;
    for row in &mut stored {
        row.version += 1;
    }
    begun.append(&mut stored);
    Ok(tell(ctx, &directory, &begun, rows.iter().zip(told)))
}

/// What the feed must know of a message beside the message.
struct Told {
    /// It is the first one of its conversation.
    begins: bool,
    /// Its conversation waited in a queue before the batch.
    was_queued: bool,
}

/// The events of a batch. Each shows its conversation as the batch left it: readers keep the first body of a version.
fn tell<'r>(
    ctx: &Ctx,
    directory: &Directory,
    conversations: &[ConversationRow],
    messages: impl Iterator<Item = (&'r MessageRow, Told)>,
) -> Vec<NewEvent> {
    let conversations: HashMap<ConversationId, &ConversationRow> =
        conversations.iter().map(|row| (row.id, row)).collect();
    let mut feed = Vec::new();
    for (row, told) in messages {
        let Some(conversation) = conversations.get(&row.conversation_id) else { continue };
        if told.begins {
            let body = ConversationBody::of(conversation, directory).with_last_message(Some(row));
            feed.push(conversation_event(ctx, EventName::ConversationNew, conversation, body, None));
        }
        let name = match row.direction {
            Direction::Inbound => EventName::MessageReceived,
            Direction::Outbound => EventName::MessageSent,
        };
        let mut event = message_event(ctx, directory, name, conversation, row);
        event.audience.is_queued |= told.was_queued;
        feed.push(event);
    }
    feed
}

/// `YES` by SMS lifts an opt-out, but only where there is one: otherwise it is an answer to a question.
async fn re_consent(tx: &mut Tx, fresh: &Fresh<'_>, person: &Person) -> Result<(), StoreError> {
    let says_yes = fresh.message.content.text.as_deref().is_some_and(|text| text.trim().eq_ignore_ascii_case("yes"));
    if person.is_opted_out && says_yes && fresh.work.inbox.channel == Channel::Sms {
        contacts::opt_in(tx, Channel::Sms, fresh.customer().address).await?;
    }
    Ok(())
}

async fn message_row(
    tx: &mut Tx,
    ctx: &Ctx,
    fresh: &Fresh<'_>,
    person: &Person,
    conversation: &ConversationRow,
) -> Result<MessageRow, StoreError> {
    let message = fresh.message;
    let mut files = Vec::new();
    for file in &message.content.media {
        let id = MediaId::new();
        let row = media::NewMedia {
            id,
            message_id: Some(fresh.id),
            conversation_id: Some(conversation.id),
            provider_media_id: file.id.as_deref(),
            mime_type: file.mime_type.as_deref().unwrap_or("application/octet-stream"),
            filename: file.filename.as_deref(),
            size_bytes: file.size.and_then(|size| i64::try_from(size).ok()),
            sha256: None,
            storage_key: None,
            status: media::MediaStatus::Pending,
            created_by: None,
        };
        media::insert(tx, &row, ctx.now).await?;
        let fetch = NewJob {
            id: JobId::new(),
            queue: JobQueue::Default,
            kind: JobKind::FetchMedia,
            lane: None,
            dedupe_key: Some(format!("fetch_media:{id}")),
            payload: json!({ "media_id": id, "inbox_id": conversation.inbox_id, "url": file.url,
                             "provider_media_id": file.id, "sha256": file.sha256 }),
            run_at: ctx.now,
            max_attempts: 6,
        };
        jobs::enqueue(tx, ctx, &fetch).await?;
        files.push(json!({ "media_id": id, "mime_type": file.mime_type, "filename": file.filename, "size": file.size,
                           "voice": file.voice, "animated": file.animated, "status": "pending" }));
    }
    let mut content = json!({ "media": files, "metadata": message.content.metadata });
    if let Some(full_text) = &message.content.full_text {
        content["full_text"] = Value::from(full_text.as_str());
    }
    let sender_id = match message.sender.kind {
        SenderType::Customer => Some(person.contact_id.into()),
        _ => None,
    };
    Ok(MessageRow {
        id: fresh.id,
        conversation_id: conversation.id,
        seq: conversation.last_seq,
        inbox_id: conversation.inbox_id,
        channel: message.channel,
        channel_message_id: Some(message.channel_message_id.clone()),
        client_message_id: None,
        direction: message.direction,
        sender_type: message.sender.kind,
        sender_id,
        sender_name: message.sender.name.clone().or_else(|| Some(person.name.clone())),
        content_type: message.content.kind,
        text: message.content.text.clone(),
        content,
        reply_to: message.reply_to.clone(),
        status: match message.direction {
            Direction::Inbound => DeliveryStatus::Received,
            Direction::Outbound => DeliveryStatus::Sent,
        },
        error: None,
        metadata: Value::Object(message.metadata.clone()),
        occurred_at: message.timestamp,
        sent_at: None,
        delivered_at: None,
        read_at: None,
        failed_at: None,
        version: 1,
        created_at: ctx.now,
    })
}

async fn apply_event(tx: &mut Tx, ctx: &Ctx, work: &Work, event: &EventItem) -> Result<(), StoreError> {
    match (event.kind.as_str(), event.address.as_deref()) {
        ("opt_out", Some(address)) => {
            contacts::opt_out(tx, work.inbox.channel, address, "keyword", ctx.now).await?;
        }
        ("opt_in", Some(address)) => {
            contacts::opt_in(tx, work.inbox.channel, address).await?;
        }
        ("contact.phone_changed", Some(address)) => {
            if let Some(new) = event.data.get("new_address").and_then(Value::as_str) {
                new_number(tx, ctx, work.inbox.channel, address, new).await?;
            }
        }
        ("ingest.rejected", _) => {
            poison::set_aside_in(tx, ctx, work, "ingest_rejected").await?;
        }
        ("provider.error", _) => {
            tracing::warn!(inbox.id = %work.inbox.id, "the provider reports an error on inbox {}", work.inbox.name);
        }
        _ => {}
    }
    metrics::counter!("intake_events_total", "kind" => event.kind.clone()).increment(1);
    Ok(())
}

/// A customer says the number changed: the new one becomes theirs too, unless it is somebody's already. History stays
/// where it is: numbers get recycled.
async fn new_number(tx: &mut Tx, ctx: &Ctx, channel: Channel, old: &str, new: &str) -> Result<(), StoreError> {
    let known = contacts::known_addresses(tx, &[(channel, old), (channel, new)]).await?;
    if known.iter().any(|row| row.address == new) {
        return Ok(());
    }
    if let Some(owner) = known.into_iter().find(|row| row.address == old) {
        let identity = contacts::NewIdentity {
            contact_id: owner.contact_id,
            channel,
            address: new.to_owned(),
            linked_by: "number_change",
        };
        contacts::insert_identities(tx, &[identity], ctx.now).await?;
    }
    Ok(())
}
