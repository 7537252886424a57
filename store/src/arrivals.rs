//! What a batch of inbound messages asks of the database and writes to it: on PostgreSQL one statement each, because a trip
//! to the server costs more than what it carries; on SQLite, which needs no trip, a statement for each row.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use patchbay_core::channel::Channel;
use patchbay_core::event::NewEvent;
use patchbay_core::ids::{ContactId, InboxId, MessageId};
use serde_json::Value;

use crate::batch::Batch;
use crate::contact_erasure::key_hash;
use crate::conversations::{ConversationRow, active_minute};
use crate::db::Engine;
use crate::error::StoreError;
use crate::journal::{self, JournalEntry, Segment};
use crate::messages::MessageRow;
use crate::parked_changes::{self, ParkedChange};
use crate::row::{Record, Row};
use crate::tx::Tx;
use crate::{conversations, events, messages};

/// A message that arrived, and who it is from or to.
#[derive(Clone, Copy, Debug)]
pub struct Arrival<'a> {
    /// Inbox it came by.
    pub inbox_id: InboxId,
    /// The provider's id.
    pub channel_message_id: &'a str,
    /// Our id, if it is new.
    pub message_id: MessageId,
    /// Channel of the customer's address.
    pub channel: Channel,
    /// The customer's canonical address.
    pub address: &'a str,
}

/// What is known of a message that arrived.
#[derive(Clone, Debug)]
pub struct Found {
    /// Our id, as it was asked with.
    pub message_id: MessageId,
    /// Its key is claimed now; else it was here before.
    pub is_new: bool,
    /// Whose address it is.
    pub person: Option<KnownPerson>,
    /// Their open conversation in the inbox, locked until the transaction ends. Never one by mail: there can be several.
    pub conversation: Option<ConversationRow>,
}

/// Whose an address is.
#[derive(Clone, Debug)]
pub struct KnownPerson {
    /// The contact.
    pub contact_id: ContactId,
    /// Its name.
    pub name: String,
    /// Since when the customer does not want messages at the address.
    pub opted_out_at: Option<DateTime<Utc>>,
}

/// What claiming a batch brought to light.
#[derive(Clone, Debug, Default)]
pub struct Claim {
    /// What is known of each message.
    pub found: Vec<Found>,
    /// Edits and withdrawals that waited for those that are new. They wait no more.
    pub parked: Vec<ParkedChange>,
}

impl Record for Found {
    fn read(row: &Row) -> Result<Self, StoreError> {
        let person = match row.get::<Option<ContactId>>("known_as")? {
            Some(contact_id) => {
                Some(KnownPerson { contact_id, name: row.get("contact_name")?, opted_out_at: row.get("opted_out_at")? })
            }
            None => None,
        };
        let conversation = match row.get::<Option<uuid::Uuid>>("id")? {
            Some(_) => Some(ConversationRow::read(row)?),
            None => None,
        };
        Ok(Self { message_id: row.get("message_id")?, is_new: row.get("is_new")?, person, conversation })
    }
}

/// A message as PostgreSQL tells of it.
struct FoundAtOnce {
    found: Found,
    /// The changes that waited for it, in an array.
    parked: Option<Value>,
}

impl Record for FoundAtOnce {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self { found: Found::read(row)?, parked: row.get("parked")? })
    }
}

/// Claims the keys of messages, finds people and open conversations, and takes the changes that waited for the new ones.
/// Sort them by inbox and key, so that two nodes never wait for each other.
pub async fn claim(tx: &mut Tx, arrivals: &[Arrival<'_>], now: DateTime<Utc>) -> Result<Claim, StoreError> {
    if arrivals.is_empty() {
        return Ok(Claim::default());
    }
    match tx.engine() {
        Engine::Sqlite => {
            let found = claim_each(tx, batch_of(arrivals, now)).await?;
            let parked = parked_changes::take(tx, &awaited(arrivals, &found)).await?;
            Ok(Claim { found, parked })
        }
        Engine::Postgres => claim_at_once(tx, arrivals, now).await,
    }
}

/// The keys of new messages for which changes may have waited: only WhatsApp tells of edits.
fn awaited<'a>(arrivals: &[Arrival<'a>], found: &[Found]) -> Vec<(InboxId, &'a str)> {
    let new: HashSet<MessageId> = found.iter().filter(|found| found.is_new).map(|found| found.message_id).collect();
    arrivals
        .iter()
        .filter(|arrival| arrival.channel == Channel::Whatsapp && new.contains(&arrival.message_id))
        .map(|arrival| (arrival.inbox_id, arrival.channel_message_id))
        .collect()
}

fn batch_of(arrivals: &[Arrival<'_>], now: DateTime<Utc>) -> Batch {
    Batch::new()
        .ids(arrivals.iter().map(|arrival| arrival.inbox_id))
        .texts(arrivals.iter().map(|arrival| arrival.channel_message_id))
        .ids(arrivals.iter().map(|arrival| arrival.message_id))
        .texts(arrivals.iter().map(|arrival| arrival.channel.as_str()))
        .texts(arrivals.iter().map(|arrival| arrival.address))
        .times(arrivals.iter().map(|_| now))
        .texts(arrivals.iter().map(|arrival| key_hash(arrival.channel_message_id)))
}

/// A message that was erased is known by the hash of its key alone, and is no message any more.
async fn claim_each(tx: &mut Tx, batch: Batch) -> Result<Vec<Found>, StoreError> {
    tx.query_sqlite(
        "insert into message_keys (inbox_id, channel_message_id, message_id, created_at) select $1, $2, $3, $6
         where not exists (select 1 from erased_keys where inbox_id = $1 and key_hash = $7)
         on conflict (inbox_id, channel_message_id) do nothing",
    )
    .bind_each(batch.clone())
    .execute()
    .await?;
    tx.query_sqlite(
        "select $3 as message_id, k.message_id = $3 as is_new, i.contact_id as known_as, i.opted_out_at,
                c.display_name as contact_name, v.id, v.inbox_id, v.channel, v.contact_id, v.contact_address, v.status, v.priority, v.subject, v.team_id, v.assigned_to,
                v.previous_assignee, v.previous_conversation_id, v.last_seq, v.inbound_count, v.read_inbound_count,
                v.tags, v.last_message_id, v.last_message_at, v.last_inbound_at, v.last_outbound_at,
                v.first_response_at, v.waiting_since, v.window_expires_at, v.snoozed_until, v.closed_at, v.closed_by,
                v.close_reason, v.version, v.created_at, v.updated_at, v.sla
         from message_keys k
         left join channel_identities i on i.channel = $4 and i.address = $5
         left join contacts c on c.id = i.contact_id
         left join conversations v on v.contact_id = i.contact_id and v.inbox_id = $1 and v.status <> 'closed'
              and v.channel <> 'email'
         where k.inbox_id = $1 and k.channel_message_id = $2",
    )
    .bind_each(batch)
    .all()
    .await
}

async fn claim_at_once(tx: &mut Tx, arrivals: &[Arrival<'_>], now: DateTime<Utc>) -> Result<Claim, StoreError> {
    let rows: Vec<FoundAtOnce> = tx
        .query_postgres(
            "with batch as (
                 select * from unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::text[], $6::timestamptz[],
                                      $7::text[])
                               as batch (inbox_id, channel_message_id, message_id, channel, address, at, key_hash)
             ), claimed as (
                 insert into message_keys (inbox_id, channel_message_id, message_id, created_at)
                 select inbox_id, channel_message_id, message_id, at from batch
                 where not exists (select 1 from erased_keys e
                                   where e.inbox_id = batch.inbox_id and e.key_hash = batch.key_hash)
                 on conflict (inbox_id, channel_message_id) do nothing
                 returning message_id
             ), pair as (
                 select distinct i.contact_id, batch.inbox_id
                 from batch join channel_identities i on i.channel = batch.channel and i.address = batch.address
             ), open as (
                 select v.*
                 from pair join conversations v on v.contact_id = pair.contact_id and v.inbox_id = pair.inbox_id
                      and v.status <> 'closed' and v.channel <> 'email'
                 order by v.id
                 for update of v
             ), parked as (
                 delete from parked_changes p
                 using claimed join batch on batch.message_id = claimed.message_id
                 where batch.channel = 'whatsapp' and p.inbox_id = batch.inbox_id
                       and p.channel_message_id = batch.channel_message_id
                 returning batch.message_id, p.event
             )
             select batch.message_id, claimed.message_id is not null as is_new, i.contact_id as known_as, i.opted_out_at,
                    c.display_name as contact_name, v.id, v.inbox_id, v.channel, v.contact_id, v.contact_address, v.status,
                    v.priority, v.subject, v.team_id, v.assigned_to, v.previous_assignee, v.previous_conversation_id,
                    v.last_seq, v.inbound_count, v.read_inbound_count, v.tags, v.last_message_id, v.last_message_at,
                    v.last_inbound_at, v.last_outbound_at, v.first_response_at, v.waiting_since, v.window_expires_at,
                    v.snoozed_until, v.closed_at, v.closed_by, v.close_reason, v.version, v.created_at, v.updated_at,
                    v.sla,
                    (select cast(json_agg(cast(p.event as json)) as text) from parked p
                     where p.message_id = batch.message_id) as parked
             from batch
             left join claimed on claimed.message_id = batch.message_id
             left join channel_identities i on i.channel = batch.channel and i.address = batch.address
             left join contacts c on c.id = i.contact_id
             left join open v on v.contact_id = i.contact_id and v.inbox_id = batch.inbox_id",
        )
        .bind_batch(batch_of(arrivals, now))
        .all()
        .await?;
    let arrived: HashMap<MessageId, &Arrival<'_>> =
        arrivals.iter().map(|arrival| (arrival.message_id, arrival)).collect();
    let mut claim = Claim { found: Vec::with_capacity(rows.len()), parked: Vec::new() };
    for FoundAtOnce { found, parked } in rows {
        let events = parked.and_then(|parked| parked.as_array().cloned()).unwrap_or_default();
        if let Some(arrival) = arrived.get(&found.message_id) {
            let inbox_id = arrival.inbox_id;
            let change = |event| {
                let channel_message_id = arrival.channel_message_id.to_owned();
                ParkedChange { inbox_id, channel_message_id, event }
            };
            claim.parked.extend(events.into_iter().map(change));
        }
        claim.found.push(found);
    }
    Ok(claim)
}

/// What a batch of messages changes.
#[derive(Clone, Copy, Debug)]
pub struct Written<'a> {
    /// Conversations that begin.
    pub begun: &'a [ConversationRow],
    /// Conversations that go on where they are, as they will stand, each with its next version. Neither their state nor
    /// their agent changes.
    pub continued: &'a [ConversationRow],
    /// The messages.
    pub messages: &'a [MessageRow],
    /// What happened, in order. Readers are told once the transaction is committed.
    pub events: &'a [NewEvent],
    /// The requests that brought it.
    pub journal: &'a [JournalEntry],
    /// The time of the transaction.
    pub now: DateTime<Utc>,
}

/// Writes all of it. Error: [`StoreError::Conflict`] when a continued conversation is not at the version before its next
/// one: it changed since it was read.
pub async fn write(tx: &mut Tx, written: Written<'_>) -> Result<(), StoreError> {
    let touched = match tx.engine() {
        Engine::Sqlite => write_each(tx, written).await?,
        Engine::Postgres => write_at_once(tx, written).await?,
    };
    if usize::try_from(touched) == Ok(written.continued.len()) { Ok(()) } else { Err(StoreError::Conflict) }
}

/// Tells how many conversations go on.
async fn write_each(tx: &mut Tx, written: Written<'_>) -> Result<u64, StoreError> {
    conversations::insert(tx, written.begun).await?;
    let touched = tx
        .query_sqlite(
            "update conversations
             set version = $2, last_seq = $3, inbound_count = $4, read_inbound_count = $5, last_message_id = $6,
                 last_message_at = $7, last_inbound_at = $8, last_outbound_at = $9, waiting_since = $10,
                 window_expires_at = $11, snoozed_until = $12, updated_at = $13
             where id = $1 and version = $2 - 1",
        )
        .bind_each(continued_rows(written.continued))
        .execute()
        .await?;
    // In a statement of its own: SQLite writes the index anew whenever the column is set, whatever to.
    tx.query_sqlite("update conversations set active_minute = $1 where id = $2 and active_minute <> $1")
        .bind_each(active_minutes(written.continued).ids(written.continued.iter().map(|row| row.id)))
        .execute()
        .await?;
    messages::insert(tx, written.messages).await?;
    events::append(tx, written.events).await?;
    journal::append(tx, written.journal, written.now).await?;
    Ok(touched)
}

/// Tells how many conversations go on.
async fn write_at_once(tx: &mut Tx, written: Written<'_>) -> Result<u64, StoreError> {
    let segment = Segment::of(written.journal);
    let touched = tx
        .query_postgres(
            "with begun as (
                 insert into conversations (id, inbox_id, channel, contact_id, contact_address, status, priority,
                        subject, team_id, previous_conversation_id, last_seq, inbound_count, read_inbound_count,
                        last_message_id, last_message_at, last_inbound_at, last_outbound_at, waiting_since,
                        window_expires_at, created_at, sla, active_minute, updated_at, tags, version)
                 select batch.*, batch.created_at, '[]', 1
                 from unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::text[], $6::text[], $7::text[],
                             $8::text[], $9::uuid[], $10::uuid[], $11::bigint[], $12::bigint[], $13::bigint[],
                             $14::uuid[], $15::timestamptz[], $16::timestamptz[], $17::timestamptz[],
                             $18::timestamptz[], $19::timestamptz[], $20::timestamptz[], $21::text[], $22::bigint[])
                      as batch (id, inbox_id, channel, contact_id, contact_address, status, priority, subject, team_id,
                                previous_conversation_id, last_seq, inbound_count, read_inbound_count,
                                last_message_id, last_message_at, last_inbound_at, last_outbound_at, waiting_since,
                                window_expires_at, created_at, sla, active_minute)
             ), written as (
                 insert into messages (conversation_id, seq, id, inbox_id, channel, channel_message_id,
                        client_message_id, direction, sender_type, sender_id, sender_name, content_type, text, content,
                        reply_to, status, metadata, occurred_at, created_at, version)
                 select batch.*, 1
                 from unnest($37::uuid[], $38::bigint[], $39::uuid[], $40::uuid[], $41::text[], $42::text[],
                             $43::uuid[], $44::text[], $45::text[], $46::uuid[], $47::text[], $48::text[], $49::text[],
                             $50::text[], $51::text[], $52::text[], $53::text[], $54::timestamptz[],
                             $55::timestamptz[]) as batch
             ), told as (
                 insert into events (tx, id, name, conversation_id, conversation_seq, ticket_id, inbox_id, team_id,
                        assigned_to, previous_assigned_to, is_queued, account_id, site_id, payload, created_at)
                 select pg_current_xact_id()::text::bigint, batch.*
                 from unnest($56::uuid[], $57::text[], $58::uuid[], $59::bigint[], $60::uuid[], $61::uuid[],
                             $62::uuid[], $63::uuid[], $64::uuid[], $65::boolean[], $66::uuid[], $67::uuid[],
                             $68::text[], $69::timestamptz[]) as batch
             ), kept as (
                 insert into journal_segments (id, first_at, last_at, entries, body, created_at)
                 select $70::uuid, $71::timestamptz, $72::timestamptz, $73::bigint, $74::bytea, $75::timestamptz
                 where $70::uuid is not null
             )
             update conversations
             set version = batch.version, last_seq = batch.last_seq,
                 inbound_count = batch.inbound_count, read_inbound_count = batch.read_inbound_count,
                 last_message_id = batch.last_message_id, last_message_at = batch.last_message_at,
                 last_inbound_at = batch.last_inbound_at, last_outbound_at = batch.last_outbound_at,
                 waiting_since = batch.waiting_since, window_expires_at = batch.window_expires_at,
                 snoozed_until = batch.snoozed_until, updated_at = batch.updated_at,
                 active_minute = batch.active_minute
             from unnest($23::uuid[], $24::bigint[], $25::bigint[], $26::bigint[], $27::bigint[], $28::uuid[],
                         $29::timestamptz[], $30::timestamptz[], $31::timestamptz[], $32::timestamptz[],
                         $33::timestamptz[], $34::timestamptz[], $35::timestamptz[], $36::bigint[])
                  as batch (id, version, last_seq, inbound_count, read_inbound_count, last_message_id,
                            last_message_at, last_inbound_at, last_outbound_at, waiting_since, window_expires_at,
                            snoozed_until, updated_at, active_minute)
             where conversations.id = batch.id and conversations.version = batch.version - 1",
        )
        .bind_batch(conversations::batch_of(written.begun))
        .bind_batch(continued_rows(written.continued))
        .bind_batch(active_minutes(written.continued))
        .bind_batch(messages::batch_of(written.messages))
        .bind_batch(events::batch_of(written.events))
        .bind(segment.as_ref().map(|segment| segment.id))
        .bind(segment.as_ref().map(|segment| segment.first_at))
        .bind(segment.as_ref().map(|segment| segment.last_at))
        .bind(segment.as_ref().map(|segment| segment.entries))
        .bind(segment.map(|segment| segment.body))
        .bind(written.now)
        .execute()
        .await?;
    if !written.events.is_empty() {
        tx.touch_feed();
    }
    Ok(touched)
}

fn continued_rows(rows: &[ConversationRow]) -> Batch {
    Batch::new()
        .ids(rows.iter().map(|row| row.id))
        .integers(rows.iter().map(|row| row.version))
        .integers(rows.iter().map(|row| row.last_seq))
        .integers(rows.iter().map(|row| row.inbound_count))
        .integers(rows.iter().map(|row| row.read_inbound_count))
        .optional_ids(rows.iter().map(|row| row.last_message_id))
        .times(rows.iter().map(|row| row.last_message_at))
        .optional_times(rows.iter().map(|row| row.last_inbound_at))
        .optional_times(rows.iter().map(|row| row.last_outbound_at))
        .optional_times(rows.iter().map(|row| row.waiting_since))
        .optional_times(rows.iter().map(|row| row.window_expires_at))
        .optional_times(rows.iter().map(|row| row.snoozed_until))
        .times(rows.iter().map(|row| row.updated_at))
}

fn active_minutes(rows: &[ConversationRow]) -> Batch {
    Batch::new().integers(rows.iter().map(|row| active_minute(row.last_message_at)))
}
