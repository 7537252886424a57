//! One batch in one transaction: claim the keys and find who writes, place the messages, write, tell.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use patchbay_core::channel::Direction;
use patchbay_core::conversation::ConversationStatus;
use patchbay_core::ctx::Ctx;
use patchbay_core::directory::Directory;
use patchbay_core::event::{EventName, NewEvent};
use patchbay_core::ids::{ConversationId, MessageId};
use patchbay_core::item::{ContentType, EventItem, Item, MessageItem};
use patchbay_core::trace;
use patchbay_store::arrivals::{self, Arrival, Claim, Found, Written};
use patchbay_store::conversations::ConversationRow;
use patchbay_store::journal::{self, JournalEntry};
use patchbay_store::messages::MessageRow;
use patchbay_store::parked_changes::ParkedChange;
use patchbay_store::{StoreError, Tx, contacts, conversations, traces};
use serde_json::Value;

use super::abuse::Watch;
use super::consent::Consents;
use super::mail::{self, MailPlaces, is_mail};
use super::people::{Address, Person, introduce, known_by_user_id};
use super::records::Records;
use super::threads::{MailBegins, OpensWindow, Origin, Threads, customer_wrote, reopen, staff_wrote, turn_to_agent};
use super::uploads;
use super::{Work, changes, duty, noted, poison, renewed};
use crate::body::ConversationBody;
use crate::delivery::apply_statuses;
use crate::feed::{conversation_event, message_event};
use crate::state::Hub;
use crate::{provider_templates, satisfaction, service_levels, triage};

/// A message of the batch that the database does not know yet.
pub(super) struct Fresh<'a> {
    pub(super) id: MessageId,
    pub(super) work: &'a Work,
    pub(super) message: &'a MessageItem,
}

impl<'a> Fresh<'a> {
    /// The customer's address: the group's, the sender's, or the recipient's of what our own staff sent from elsewhere.
    pub(super) fn customer(&self) -> Address<'a> {
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

/// Writes a batch in one transaction, the requests that brought it included, and says what happened in the feed. Tells
/// how many messages were new.
pub(super) async fn apply(hub: &Hub, ctx: &Ctx, work: &[Work], journal: &[JournalEntry]) -> Result<u64, StoreError> {
    let directory = hub.gate.directory.load_full();
    let mut tx = hub.db.begin().await?;
    let left = duty::take(&mut tx, ctx, &directory, work).await?;
    let work = left.as_deref().unwrap_or(work);
    let Claimed { fresh, again, known } = claim(&mut tx, ctx, work).await?;
    let people = people(&mut tx, ctx, &fresh, &known.found).await?;
    let watch = Watch::new(hub.config.abuse);
    write_messages(&mut tx, ctx, &directory, &fresh, Around { people: &people, known, watch, journal }).await?;
    renewed::renew(&mut tx, ctx, &directory, again).await?;
    let reports = mail::reports(&mut tx, &directory, work).await?;
    apply_statuses(&mut tx, ctx, &directory, &reports).await?;
    let mut consents = Consents::default();
    for item in work {
        match &item.item {
            Item::Message(message) => consents.hear(message, &fresh, &people),
            Item::Event(event) if !repeats(event, item, work, &fresh) => {
                consents.note(item, event, &fresh);
                apply_event(&mut tx, ctx, &directory, item, event).await?;
            }
            Item::Event(_) | Item::Status(_) => {}
        }
    }
    consents.write(&mut tx, ctx).await?;
    tx.commit().await?;
    metrics::counter!("intake_messages_total").increment(fresh.len() as u64);
    Ok(fresh.len() as u64)
}

/// Whether an event came with a message that is here already: the provider delivered it again, and what the customer
/// wrote since must stand. One that comes without its message, as each item does when a batch is written one by one,
/// is told from its repetitions by the ledger.
fn repeats(event: &EventItem, work: &Work, batch: &[Work], fresh: &[Fresh<'_>]) -> bool {
    // Only a keyword comes with a message; a report of the provider stands for itself.
    let by_keyword = event.data.get("keyword").is_some_and(Value::is_string);
    let consent = by_keyword && matches!(event.kind.as_str(), "opt_out" | "opt_in");
    let message = event.data.get("id").and_then(Value::as_str).filter(|_| consent);
    let is_of = |other: &Work, message: &MessageItem, id: &str| {
        other.inbox.id == work.inbox.id && message.channel_message_id == id
    };
    message.is_some_and(|id| {
        let came = batch.iter().any(|other| matches!(&other.item, Item::Message(message) if is_of(other, message, id)));
        came && !fresh.iter().any(|fresh| is_of(fresh.work, fresh.message, id))
    })
}

/// What the database knew of the messages that are new.
struct Known {
    found: HashMap<MessageId, Found>,
    /// What waited for them.
    parked: Vec<ParkedChange>,
}

/// The messages of a batch.
struct Claimed<'a> {
    /// Those that are new, in order.
    fresh: Vec<Fresh<'a>>,
    /// Those that came before; their ids are not the stored ones.
    again: Vec<Fresh<'a>>,
    known: Known,
}

/// Tells the messages that are new from those that are not, and what the database knows of each.
async fn claim<'a>(tx: &mut Tx, ctx: &Ctx, work: &'a [Work]) -> Result<Claimed<'a>, StoreError> {
    let candidates: Vec<Fresh<'a>> = work
        .iter()
        .filter_map(|work| match &work.item {
            Item::Message(message) => Some(Fresh { id: MessageId::new(), work, message }),
            _ => None,
        })
        .collect();
    let keys: Vec<Cow<'_, str>> = candidates.iter().map(|fresh| fresh.message.key()).collect();
    let mut arrivals: Vec<Arrival<'_>> = candidates
        .iter()
        .zip(&keys)
        .map(|(fresh, key)| {
            let Address { channel, address } = fresh.customer();
            let channel_message_id = key.as_ref();
            Arrival { inbox_id: fresh.work.inbox.id, channel_message_id, message_id: fresh.id, channel, address }
        })
        .collect();
    // Always in the same order, so that two nodes never wait for each other.
    arrivals.sort_by_key(|arrival| (arrival.inbox_id, arrival.channel_message_id));
    let Claim { found, parked } = arrivals::claim(tx, &arrivals, ctx.now).await?;
    let found: HashMap<MessageId, Found> =
        found.into_iter().filter(|found| found.is_new).map(|found| (found.message_id, found)).collect();
    let (fresh, again) = candidates.into_iter().partition(|fresh| found.contains_key(&fresh.id));
    Ok(Claimed { fresh, again, known: Known { found, parked } })
}

/// Who the new messages are from or to; whoever is not known is introduced.
async fn people<'a>(
    tx: &mut Tx,
    ctx: &Ctx,
    fresh: &[Fresh<'a>],
    found: &HashMap<MessageId, Found>,
) -> Result<HashMap<Address<'a>, Person>, StoreError> {
    let mut people: HashMap<Address<'a>, Person> = HashMap::with_capacity(fresh.len());
    let mut strangers: BTreeMap<Address<'a>, Option<&'a str>> = BTreeMap::new();
    for fresh in fresh {
        if let Some(known) = found.get(&fresh.id).and_then(|found| found.person.as_ref()) {
            people.entry(fresh.customer()).or_insert_with(|| known.clone().into());
            continue;
        }
        let name = match fresh.message.direction {
            Direction::Inbound => fresh.message.sender.name.as_deref(),
            Direction::Outbound => None,
        };
        let known = strangers.entry(fresh.customer()).or_default();
        *known = known.or(name);
    }
    // A customer that was known without a telephone number writes with one, or the other way round.
    let user_ids: BTreeMap<Address<'a>, &'a str> =
        fresh.iter().filter_map(|fresh| Some((fresh.customer(), user_id(fresh)?))).collect();
    for (address, person) in known_by_user_id(tx, ctx, &user_ids, &strangers).await? {
        strangers.remove(&address);
        people.insert(address, person);
    }
    people.extend(introduce(tx, ctx, &strangers).await?);
    for (address, user_id) in &user_ids {
        let Some(person) = people.get(address) else { continue };
        let identity = contacts::NewIdentity {
            contact_id: person.contact_id,
            channel: address.channel,
            address: (*user_id).to_owned(),
            linked_by: "user_id",
        };
        contacts::add_identity(tx, &identity, ctx.now).await?;
    }
    Ok(people)
}

/// The business-scoped id that comes beside the address of a customer on WhatsApp. Source: channels reference,
/// "Identity".
fn user_id<'a>(fresh: &Fresh<'a>) -> Option<&'a str> {
    if fresh.message.direction != Direction::Inbound || fresh.message.metadata.contains_key("group_id") {
        return None;
    }
    let id = fresh.message.metadata.get("user_id").and_then(Value::as_str)?;
    (!id.is_empty() && id != fresh.message.sender.address).then_some(id)
}

/// What stands around the messages of a batch.
struct Around<'a> {
    people: &'a HashMap<Address<'a>, Person>,
    known: Known,
    watch: Watch,
    /// The requests that brought them.
    journal: &'a [JournalEntry],
}

/// Writes the messages, and the requests that brought them.
async fn write_messages(
    tx: &mut Tx,
    ctx: &Ctx,
    directory: &Directory,
    fresh: &[Fresh<'_>],
    around: Around<'_>,
) -> Result<(), StoreError> {
    let Around { people, known: Known { mut found, parked }, mut watch, journal } = around;
    if fresh.is_empty() {
        return journal::append(tx, journal, ctx.now).await;
    }
    let mut threads = Threads::default();
    let mut pairs = BTreeSet::new();
    let mut mail_places = MailPlaces::load(tx, fresh).await?;
    threads.add_mail(tx, mail_places.conversations()).await?;
    for fresh in fresh.iter().filter(|fresh| !is_mail(fresh.message)) {
        if let Some(row) = found.remove(&fresh.id).and_then(|found| found.conversation) {
            threads.add(row);
        } else if let Some(person) = people.get(&fresh.customer()).filter(|person| !person.is_new) {
            pairs.insert((person.contact_id, fresh.work.inbox.id));
        }
    }
    threads.complete(tx, ctx, pairs).await?;
    let mut records = Records::with_capacity(fresh.len(), uploads::of(tx, fresh).await?);
    let mut told = Vec::with_capacity(fresh.len());
    for fresh in fresh {
        let customer = fresh.customer();
        let Some(person) = people.get(&customer) else { continue };
        let inbox = &fresh.work.inbox;
        let place = if is_mail(fresh.message) { mail_places.of(inbox.id, fresh.message) } else { None };
        let thread = if is_mail(fresh.message) {
            let begins = MailBegins { inbox, person, address: customer.address, subject: subject_of(fresh.message) };
            let thread = threads.of_mail(tx, ctx, place.map(|place| place.conversation), &begins).await?;
            mail_places.placed(inbox.id, fresh.message, thread.row.id);
            thread
        } else {
            threads.of(tx, ctx, inbox, person, customer.address).await?
        };
        let mut answers = false;
        let was_closed = thread.row.status == ConversationStatus::Closed;
        if was_closed {
            answers = fresh.message.direction == Direction::Inbound
                && satisfaction::take(tx, ctx, directory, &thread.row, fresh.message).await?;
            if !answers {
                reopen(tx, directory, &mut thread.row).await?;
            }
        }
        let mut too_much = false;
        match fresh.message.direction {
            Direction::Inbound => {
                too_much = watch.is_too_much(tx, ctx, thread, person).await?;
                let opens = match fresh.message.content.kind {
                    ContentType::Reaction => OpensWindow::No,
                    _ => OpensWindow::Yes,
                };
                customer_wrote(&mut thread.row, ctx, fresh.id, fresh.message.timestamp, opens);
                if !was_closed {
                    turn_to_agent(&mut thread.row);
                }
                if answers {
                    // Nobody has to look at it.
                    thread.row.read_inbound_count = thread.row.inbound_count;
                    thread.row.waiting_since = None;
                }
            }
            Direction::Outbound => staff_wrote(&mut thread.row, ctx, fresh.id),
        }
        records.add(ctx, fresh, person, &thread.row, place.map(|place| place.via));
        if too_much {
            records.mark_last("rate_limited");
        }
        let is_asked = matches!(thread.row.status, ConversationStatus::New | ConversationStatus::Triage);
        if is_asked && !too_much && fresh.message.direction == Direction::Inbound {
            records.promise(triage::job(ctx, thread.row.id, fresh.id));
        }
        let begins = thread.origin == Origin::Begun && thread.row.last_seq == 1;
        told.push(Told { begins, was_queued: thread.before.is_queued, too_much });
    }
    let (mut begun, mut continued, mut moved) = (Vec::new(), Vec::new(), Vec::new());
    for thread in threads.into_iter() {
        match thread.origin {
            Origin::Begun => {
                let mut row = thread.row;
                service_levels::begin(ctx, directory, &mut row);
                begun.push(row);
            }
            Origin::Stored if thread.row.updated_at != ctx.now => {}
            Origin::Stored if thread.row.status == thread.was => continued.push(thread.row),
            Origin::Stored => moved.push(thread.row),
        }
    }
    for row in &mut moved {
        service_levels::follow(tx, ctx, directory, row).await?;
    }
    conversations::update(tx, &moved).await?;
    for row in continued.iter_mut().chain(&mut moved) {
        row.version += 1;
    }
    let conversations = begun.iter().chain(&continued).chain(&moved).map(|row| (row.id, row)).collect();
    let events = tell(ctx, directory, &conversations, records.messages.iter().zip(told));
    let (messages, now) = (&records.messages, ctx.now);
    let written = Written { begun: &begun, continued: &continued, messages, events: &events, journal, now };
    arrivals::write(tx, written).await?;
    if trace::is_on() {
        traces::keep(tx, &records.left_by_spans(fresh, &events), ctx.now).await?;
    }
    service_levels::set_timers(tx, ctx, &begun).await?;
    watch.tell(tx, ctx, &conversations).await?;
    records.write_files(tx, ctx).await?;
    changes::apply_all(tx, ctx, directory, parked).await
}

fn subject_of(message: &MessageItem) -> Option<&str> {
    message.metadata.get("subject").and_then(Value::as_str).filter(|subject| !subject.is_empty())
}

/// What the feed must know of a message beside the message.
struct Told {
    /// It is the first one of its conversation.
    begins: bool,
    /// Its conversation waited in a queue before the batch.
    was_queued: bool,
    /// Its customer writes too much: nobody is called for it.
    too_much: bool,
}

/// The events of a batch. Each shows its conversation as the batch left it: readers keep the first body of a version.
fn tell<'r>(
    ctx: &Ctx,
    directory: &Directory,
    conversations: &HashMap<ConversationId, &ConversationRow>,
    messages: impl Iterator<Item = (&'r MessageRow, Told)>,
) -> Vec<NewEvent> {
    let mut feed = Vec::with_capacity(messages.size_hint().0);
    for (row, told) in messages {
        let Some(conversation) = conversations.get(&row.conversation_id).filter(|_| !told.too_much) else { continue };
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

async fn apply_event(
    tx: &mut Tx,
    ctx: &Ctx,
    directory: &Directory,
    work: &Work,
    event: &EventItem,
) -> Result<(), StoreError> {
    match (event.kind.as_str(), event.address.as_deref()) {
        ("contact.phone_changed", Some(address)) => {
            if let Some(new) = event.data.get("new_address").and_then(Value::as_str) {
                noted::new_number(tx, ctx, work, event, (address, new)).await?;
            }
        }
        ("message.edited" | "message.revoked", _) => {
            changes::apply(tx, ctx, directory, work.inbox.id, event).await?;
        }
        ("provider.notice", _) => {
            provider_templates::note(tx, ctx, directory, &work.inbox, event).await?;
            noted::note(tx, ctx, work, event).await?;
        }
        ("ingest.rejected", _) => {
            poison::set_aside_in(tx, ctx, work, "ingest_rejected").await?;
        }
        ("provider.error", _) => {
            tracing::warn!(inbox.id = %work.inbox.id, "the provider reports an error on inbox {}", work.inbox.name);
            noted::note(tx, ctx, work, event).await?;
        }
        _ => {}
    }
    metrics::counter!("intake_events_total", "kind" => event.kind.clone()).increment(1);
    Ok(())
}
