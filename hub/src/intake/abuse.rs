//! Who writes too much: the messages are kept and marked, and nobody is called for them; whoever leads the team is told
//! once in a while. Source: domain, messages, abuse limits.

use std::collections::{BTreeMap, HashMap};

use chrono::TimeDelta;
use patchbay_core::ctx::Ctx;
use patchbay_core::event::{EventName, NewEvent};
use patchbay_core::ids::{ContactId, ConversationId, EventId};
use patchbay_store::conversations::ConversationRow;
use patchbay_store::{StoreError, Tx, abuse, events};
use serde_json::json;

use super::people::Person;
use super::threads::{Origin, Thread};
use crate::feed::audience;
use crate::state::AbuseLimits;

/// Over which time messages are counted.
const MINUTE: TimeDelta = TimeDelta::minutes(1);
/// Over which time conversations are counted.
const HOUR: TimeDelta = TimeDelta::hours(1);

/// Counts of one batch.
#[derive(Debug)]
pub(super) struct Watch {
    limits: AbuseLimits,
    seen: BTreeMap<ConversationId, Seen>,
    /// Whom to give notice of.
    notices: BTreeMap<ContactId, (ConversationId, &'static str)>,
}

/// What is known of a conversation of the batch.
#[derive(Clone, Copy, Debug)]
struct Seen {
    /// Messages of the customer before the batch, if any came a moment ago.
    before: i64,
    /// Its last message before the batch.
    last_seq: i64,
    /// Messages of the last minute before the batch, once they had to be counted.
    counted: Option<i64>,
    /// Messages of the batch.
    batch: i64,
    /// It is itself one too many.
    is_one_too_many: bool,
}

impl Watch {
    pub(super) fn new(limits: AbuseLimits) -> Self {
        Self { limits, seen: BTreeMap::new(), notices: BTreeMap::new() }
    }

    /// Whether one more message of a customer is too much. Call once for each, before the conversation knows of it.
    pub(super) async fn is_too_much(
        &mut self,
        tx: &mut Tx,
        ctx: &Ctx,
        thread: &Thread,
        person: &Person,
    ) -> Result<bool, StoreError> {
        let id = thread.row.id;
        let mut seen = match self.seen.get(&id) {
            Some(seen) => *seen,
            None => self.first_sight(tx, ctx, thread, person).await?,
        };
        let limit = i64::from(self.limits.messages_per_minute);
        // Only who wrote that much at all can have written it within a minute.
        if seen.counted.is_none() && limit > 0 && seen.before > 0 && seen.before + seen.batch >= limit {
            seen.counted = Some(abuse::messages_since(tx, id, seen.last_seq - 2 * limit, ctx.now - MINUTE).await?);
        }
        let too_fast = limit > 0 && seen.counted.unwrap_or(0) + seen.batch >= limit;
        seen.batch += 1;
        self.seen.insert(id, seen);
        let kind = match (seen.is_one_too_many, too_fast) {
            (true, _) => "conversations",
            (false, true) => "messages",
            (false, false) => return Ok(false),
        };
        self.notices.insert(person.contact_id, (id, kind));
        Ok(true)
    }

    async fn first_sight(&self, tx: &mut Tx, ctx: &Ctx, thread: &Thread, person: &Person) -> Result<Seen, StoreError> {
        let row = &thread.row;
        let limit = i64::from(self.limits.conversations_per_hour);
        // Whoever is new here has begun none before.
        let asks = limit > 0 && thread.origin == Origin::Begun && !person.is_new;
        let begun = if asks { abuse::conversations_since(tx, person.contact_id, ctx.now - HOUR).await? } else { 0 };
        let is_recent = row.last_inbound_at.is_some_and(|at| ctx.now - at < MINUTE);
        Ok(Seen {
            before: if thread.origin == Origin::Stored && is_recent { row.inbound_count } else { 0 },
            last_seq: row.last_seq,
            counted: None,
            batch: 0,
            is_one_too_many: asks && begun >= limit,
        })
    }

    /// Tells whoever leads the team, once for each contact and window.
    pub(super) async fn tell(
        self,
        tx: &mut Tx,
        ctx: &Ctx,
        rows: &HashMap<ConversationId, &ConversationRow>,
    ) -> Result<(), StoreError> {
        let mut told = Vec::new();
        for (contact, (conversation, kind)) in self.notices {
            let window = if kind == "messages" { MINUTE } else { HOUR };
            let Some(row) = rows.get(&conversation) else { continue };
            if !abuse::begin_window(tx, contact, kind, ctx.now, ctx.now + window).await? {
                continue;
            }
            metrics::counter!("contacts_rate_limited_total", "kind" => kind).increment(1);
            told.push(NewEvent {
                id: EventId::new(),
                name: EventName::AlertRaised,
                conversation_id: Some(conversation),
                conversation_seq: None,
                ticket_id: None,
                audience: audience(row, None),
                payload: json!({ "alert": {
                    "code": "CONTACT_RATE_LIMITED", "contact_id": contact, "conversation_id": conversation,
                    "kind": kind, "until": ctx.now + window,
                }})
                .to_string(),
                created_at: ctx.now,
            });
        }
        events::append(tx, &told).await
    }
}
