//! Which conversation a message belongs to, and what it does to it. Source: domain, conversation states.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use patchbay_core::channel::Channel;
use patchbay_core::conversation::{ConversationStatus, Placement, Priority, REOPEN_WITHIN, Trigger, window_end};
use patchbay_core::ctx::Ctx;
use patchbay_core::directory::Directory;
use patchbay_core::ids::{ContactId, ConversationId, InboxId, MessageId, UserId};
use patchbay_core::inbox::{Inbox, Triage};
use patchbay_core::letter::SUBJECT_CHARS;
use patchbay_store::conversations::{self, ConversationRow};
use patchbay_store::{StoreError, Tx, mail_threads};
use serde_json::Value;

use super::people::Person;
use crate::feed::placement;

/// Longest chain of continuations that is followed.
const MOST_CONTINUATIONS: usize = 20;

/// A conversation while a batch works on it.
#[derive(Debug)]
pub(super) struct Thread {
    pub(super) row: ConversationRow,
    pub(super) origin: Origin,
    /// Where it stood before the batch.
    pub(super) before: Placement,
    /// Its state before the batch.
    pub(super) was: ConversationStatus,
}

/// Whether the database knows the conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// It is there and must be updated.
    Stored,
    /// This batch began it.
    Begun,
}

/// What a conversation of a batch goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Key {
    /// The one open conversation of a contact in an inbox.
    Of(ContactId, InboxId),
    /// A thread of mails: there can be several.
    Mail(ConversationId),
}

/// The conversations of a batch.
#[derive(Debug, Default)]
pub(super) struct Threads {
    threads: HashMap<Key, Thread>,
    /// Threads closed too long ago, with what continues them.
    continued: HashMap<ConversationId, ConversationId>,
}

/// What a conversation by mail begins with.
#[derive(Clone, Copy, Debug)]
pub(super) struct MailBegins<'a> {
    pub(super) inbox: &'a Inbox,
    pub(super) person: &'a Person,
    pub(super) address: &'a str,
    pub(super) subject: Option<&'a str>,
}

impl Threads {
    /// Takes in a conversation that the transaction has read and locked.
    pub(super) fn add(&mut self, row: ConversationRow) {
        let key = Key::Of(row.contact_id, row.inbox_id);
        let newer = self.threads.get(&key).is_none_or(|thread| {
            thread.row.status == ConversationStatus::Closed
                && (row.status != ConversationStatus::Closed || row.closed_at > thread.row.closed_at)
        });
        if newer {
            let (before, was) = (placement(&row), row.status);
            self.threads.insert(key, Thread { row, origin: Origin::Stored, before, was });
        }
    }

    /// Reads and locks what the database has for those of the pairs that are missing: conversations closed not long ago,
    /// and those of people whom another address led to.
    pub(super) async fn complete(
        &mut self,
        tx: &mut Tx,
        ctx: &Ctx,
        pairs: BTreeSet<(ContactId, InboxId)>,
    ) -> Result<(), StoreError> {
        let missing: Vec<_> = pairs
            .into_iter()
            .filter(|(contact, inbox)| !self.threads.contains_key(&Key::Of(*contact, *inbox)))
            .collect();
        for row in conversations::current_of(tx, &missing, ctx.now - REOPEN_WITHIN).await? {
            self.add(row);
        }
        Ok(())
    }

    /// The conversation a message of `person` belongs to: the open one, the one closed within seven days, which may have
    /// to be opened again, a new one.
    pub(super) async fn of(
        &mut self,
        tx: &mut Tx,
        ctx: &Ctx,
        inbox: &Inbox,
        person: &Person,
        address: &str,
    ) -> Result<&mut Thread, StoreError> {
        let key = Key::Of(person.contact_id, inbox.id);
        let thread = match self.threads.entry(key) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => {
                let follows = if person.is_new {
                    None
                } else {
                    conversations::latest_of(tx, person.contact_id, inbox.id).await?
                };
                let row = begin(ctx, inbox, person, address, follows);
                let (before, was) = (placement(&row), row.status);
                place.insert(Thread { row, origin: Origin::Begun, before, was })
            }
        };
        Ok(thread)
    }

    /// Reads and locks threads of mails, each with what continues it when it was closed too long ago.
    pub(super) async fn add_mail(
        &mut self,
        tx: &mut Tx,
        conversations: impl Iterator<Item = ConversationId>,
    ) -> Result<(), StoreError> {
        // Always in the same order, so that two nodes never wait for each other.
        let wanted: BTreeSet<ConversationId> = conversations.collect();
        for id in wanted {
            if let Some(row) = conversations::lock(tx, id).await? {
                let (before, was) = (placement(&row), row.status);
                self.threads.insert(Key::Mail(id), Thread { row, origin: Origin::Stored, before, was });
            }
        }
        Ok(())
    }

    /// The thread a mail belongs to: the one it was found in, what continues that one, or a new one.
    pub(super) async fn of_mail(
        &mut self,
        tx: &mut Tx,
        ctx: &Ctx,
        found: Option<ConversationId>,
        begins: &MailBegins<'_>,
    ) -> Result<&mut Thread, StoreError> {
        let (current, follows) = match found {
            Some(id) => self.current_mail(tx, ctx, id).await?,
            None => (None, None),
        };
        let key = Key::Mail(current.unwrap_or_else(ConversationId::new));
        let thread = match self.threads.entry(key) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => {
                let mut row = begin(ctx, begins.inbox, begins.person, begins.address, follows);
                row.subject = begins.subject.map(|subject| subject.chars().take(SUBJECT_CHARS).collect());
                if let Key::Mail(id) = key {
                    row.id = id;
                }
                if let Some(follows) = follows {
                    self.continued.insert(follows, row.id);
                }
                let (before, was) = (placement(&row), row.status);
                place.insert(Thread { row, origin: Origin::Begun, before, was })
            }
        };
        Ok(thread)
    }

    /// The thread that stands for `id` now, or the one that a new one has to follow.
    async fn current_mail(
        &mut self,
        tx: &mut Tx,
        ctx: &Ctx,
        id: ConversationId,
    ) -> Result<(Option<ConversationId>, Option<ConversationId>), StoreError> {
        let mut id = id;
        for _ in 0..MOST_CONTINUATIONS {
            let Some(thread) = self.threads.get(&Key::Mail(id)) else { return Ok((None, None)) };
            let row = &thread.row;
            let is_over = row.status == ConversationStatus::Closed
                && row.closed_at.is_some_and(|at| at < ctx.now - REOPEN_WITHIN);
            if !is_over {
                return Ok((Some(id), None));
            }
            let next = match self.continued.get(&id) {
                Some(next) => Some(*next),
                None => mail_threads::continued_by(tx, id).await?,
            };
            let Some(next) = next else { return Ok((None, Some(id))) };
            if !self.threads.contains_key(&Key::Mail(next)) {
                self.add_mail(tx, std::iter::once(next)).await?;
            }
            id = next;
        }
        Ok((None, Some(id)))
    }

    /// All of them.
    pub(super) fn into_iter(self) -> impl Iterator<Item = Thread> {
        self.threads.into_values()
    }
}

fn begin(ctx: &Ctx, inbox: &Inbox, person: &Person, address: &str, follows: Option<ConversationId>) -> ConversationRow {
    ConversationRow {
        id: ConversationId::new(),
        inbox_id: inbox.id,
        channel: inbox.channel,
        contact_id: person.contact_id,
        contact_name: person.name.clone(),
        contact_address: address.to_owned(),
        status: match inbox.triage {
            Triage::Direct => ConversationStatus::Queued,
            Triage::Menu => ConversationStatus::New,
        },
        priority: Priority::Normal,
        subject: None,
        team_id: inbox.team_id,
        assigned_to: None,
        previous_assignee: None,
        previous_conversation_id: follows,
        last_seq: 0,
        inbound_count: 0,
        read_inbound_count: 0,
        tags: Value::Array(Vec::new()),
        last_message_id: None,
        last_message_at: ctx.now,
        last_inbound_at: None,
        last_outbound_at: None,
        first_response_at: None,
        waiting_since: None,
        window_expires_at: None,
        snoozed_until: None,
        closed_at: None,
        closed_by: None,
        close_reason: None,
        version: 1,
        created_at: ctx.now,
        updated_at: ctx.now,
        sla: None,
    }
}

/// Back to the agent who had it, if they are active and have room; else to the queue.
pub(super) async fn reopen(tx: &mut Tx, directory: &Directory, row: &mut ConversationRow) -> Result<(), StoreError> {
    let agent = row.previous_assignee.and_then(|id| directory.users.get(&id)).filter(|user| user.is_active);
    let mut to: Option<UserId> = None;
    if let Some(user) = agent.filter(|user| directory.online.contains(user.id))
        && conversations::held_by(tx, user.id).await? < user.capacity
    {
        to = Some(user.id);
    }
    row.status = match to {
        Some(_) => ConversationStatus::Assigned,
        None => ConversationStatus::Queued,
    };
    row.assigned_to = to;
    row.closed_at = None;
    row.closed_by = None;
    row.close_reason = None;
    Ok(())
}

/// What a customer's message does to its conversation.
pub(super) fn customer_wrote(
    row: &mut ConversationRow,
    ctx: &Ctx,
    message: MessageId,
    written_at: DateTime<Utc>,
    opens_window: OpensWindow,
) {
    row.last_seq += 1;
    row.inbound_count += 1;
    row.last_message_id = Some(message);
    row.last_message_at = ctx.now;
    row.updated_at = ctx.now;
    row.snoozed_until = None;
    row.waiting_since = row.waiting_since.or(Some(ctx.now));
    row.last_inbound_at = row.last_inbound_at.max(Some(written_at));
    if opens_window == OpensWindow::Yes && row.channel == Channel::Whatsapp {
        row.window_expires_at = row.window_expires_at.max(Some(window_end(written_at)));
    }
}

/// Whose turn it is after a customer's message. Not for the one that opened the conversation again: it comes to its agent
/// as new. Source: domain, conversation states.
pub(super) fn turn_to_agent(row: &mut ConversationRow) {
    if let Some(next) = row.status.after(Trigger::CustomerWrote) {
        row.status = next;
    }
}

/// Whether a message starts the service window again: reactions do not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OpensWindow {
    /// It does.
    Yes,
    /// It does not.
    No,
}

/// What a message does that our own staff sent from elsewhere.
pub(super) fn staff_wrote(row: &mut ConversationRow, ctx: &Ctx, message: MessageId) {
    row.last_seq += 1;
    row.last_message_id = Some(message);
    row.last_message_at = ctx.now;
    row.updated_at = ctx.now;
    row.last_outbound_at = Some(ctx.now);
    row.waiting_since = None;
    row.read_inbound_count = row.inbound_count;
}
