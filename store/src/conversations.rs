//! Conversations: the row, its creation and its changes. Lists and search are in [`crate::inbox_views`].

use chrono::{DateTime, Utc};
use patchbay_core::channel::Channel;
use patchbay_core::conversation::{CloseReason, ConversationStatus, Priority};
use patchbay_core::ids::{ContactId, ConversationId, InboxId, MessageId, TeamId, UserId};
use patchbay_core::sla::SlaTrack;
use serde_json::Value;

use crate::batch::Batch;
use crate::error::StoreError;
use crate::record;
use crate::row::{Cell, Column};
use crate::tx::Tx;

record! {
    /// A conversation as it is stored, with the name of its contact.
    #[derive(Clone, Debug)]
    pub struct ConversationRow {
        /// Our id.
        pub id: ConversationId,
        /// Inbox it happens in.
        pub inbox_id: InboxId,
        /// Channel of the inbox.
        pub channel: Channel,
        /// Who writes.
        pub contact_id: ContactId,
        /// The contact's name.
        pub contact_name: String,
        /// The address the contact writes from.
        pub contact_address: String,
        /// Where it stands.
        pub status: ConversationStatus,
        /// How urgent it is.
        pub priority: Priority,
        /// What it is about, if the channel tells.
        pub subject: Option<String>,
        /// Team whose queue it belongs to.
        pub team_id: Option<TeamId>,
        /// Who has it.
        pub assigned_to: Option<UserId>,
        /// Who had it before.
        pub previous_assignee: Option<UserId>,
        /// The closed conversation this one follows.
        pub previous_conversation_id: Option<ConversationId>,
        /// Sequence of its newest message.
        pub last_seq: i64,
        /// How many messages the customer wrote.
        pub inbound_count: i64,
        /// How many of them were read by whoever may answer.
        pub read_inbound_count: i64,
        /// Names of its tags, in order.
        pub tags: Value,
        /// Its newest message.
        pub last_message_id: Option<MessageId>,
        /// When the newest message was stored.
        pub last_message_at: DateTime<Utc>,
        /// When the customer last wrote, by the provider's clock.
        pub last_inbound_at: Option<DateTime<Utc>>,
        /// When we last wrote.
        pub last_outbound_at: Option<DateTime<Utc>>,
        /// When a person of ours first answered.
        pub first_response_at: Option<DateTime<Utc>>,
        /// Since when the customer waits for an answer.
        pub waiting_since: Option<DateTime<Utc>>,
        /// End of WhatsApp's service window.
        pub window_expires_at: Option<DateTime<Utc>>,
        /// Hidden from the queue until then.
        pub snoozed_until: Option<DateTime<Utc>>,
        /// When it was closed.
        pub closed_at: Option<DateTime<Utc>>,
        /// By whom.
        pub closed_by: Option<UserId>,
        /// Why.
        pub close_reason: Option<CloseReason>,
        /// Grows with every change.
        pub version: i64,
        /// When it began.
        pub created_at: DateTime<Utc>,
        /// When it last changed.
        pub updated_at: DateTime<Utc>,
        /// Its deadlines, when something is promised.
        pub sla: Option<SlaTrack>,
    }
}

impl Column for SlaTrack {
    fn read(cell: Cell<'_>) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(serde_json::from_str(&String::read(cell)?)?)
    }
}

/// The minute by which the list of conversations is kept in order, counted from the epoch. It is stored, for the index on
/// it: the moment itself changes with every message.
pub(crate) fn active_minute(last_message_at: DateTime<Utc>) -> i64 {
    last_message_at.timestamp().div_euclid(60)
}

fn sla_text(row: &ConversationRow) -> Option<String> {
    row.sla.as_ref().map(|track| serde_json::to_string(track).expect("a track is plain data"))
}

/// One conversation.
pub async fn by_id(tx: &mut Tx, id: ConversationId) -> Result<Option<ConversationRow>, StoreError> {
    tx.query(
        "select v.id, v.inbox_id, v.channel, v.contact_id, c.display_name as contact_name, v.contact_address, v.status,
                v.priority, v.subject, v.team_id, v.assigned_to, v.previous_assignee, v.previous_conversation_id,
                v.last_seq, v.inbound_count, v.read_inbound_count, v.tags, v.last_message_id, v.last_message_at,
                v.last_inbound_at, v.last_outbound_at, v.first_response_at, v.waiting_since, v.window_expires_at,
                v.snoozed_until, v.closed_at, v.closed_by, v.close_reason, v.version, v.created_at, v.updated_at, v.sla
         from conversations v join contacts c on c.id = v.contact_id
         where v.id = $1",
    )
    .bind(id)
    .optional()
    .await
}

/// Several conversations, in no particular order.
pub async fn by_ids(tx: &mut Tx, ids: &[ConversationId]) -> Result<Vec<ConversationRow>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    tx.query_for(
        "select v.id, v.inbox_id, v.channel, v.contact_id, c.display_name as contact_name, v.contact_address, v.status,
                v.priority, v.subject, v.team_id, v.assigned_to, v.previous_assignee, v.previous_conversation_id,
                v.last_seq, v.inbound_count, v.read_inbound_count, v.tags, v.last_message_id, v.last_message_at,
                v.last_inbound_at, v.last_outbound_at, v.first_response_at, v.waiting_since, v.window_expires_at,
                v.snoozed_until, v.closed_at, v.closed_by, v.close_reason, v.version, v.created_at, v.updated_at, v.sla
         from conversations v join contacts c on c.id = v.contact_id
         where v.id in (select unhex(value ->> 0) from json_each($1))",
        "select v.id, v.inbox_id, v.channel, v.contact_id, c.display_name as contact_name, v.contact_address, v.status,
                v.priority, v.subject, v.team_id, v.assigned_to, v.previous_assignee, v.previous_conversation_id,
                v.last_seq, v.inbound_count, v.read_inbound_count, v.tags, v.last_message_id, v.last_message_at,
                v.last_inbound_at, v.last_outbound_at, v.first_response_at, v.waiting_since, v.window_expires_at,
                v.snoozed_until, v.closed_at, v.closed_by, v.close_reason, v.version, v.created_at, v.updated_at, v.sla
         from conversations v join contacts c on c.id = v.contact_id
         where v.id = any($1::uuid[])",
    )
    .bind_batch(Batch::new().ids(ids.iter().copied()))
    .all()
    .await
}

/// One conversation, locked until the transaction ends.
pub async fn lock(tx: &mut Tx, id: ConversationId) -> Result<Option<ConversationRow>, StoreError> {
    tx.query_for("select 1 where $1 is null", "select 1 from conversations where id = $1 for update")
        .bind(id)
        .execute()
        .await?;
    by_id(tx, id).await
}

/// The open conversations of these contacts in these inboxes, locked until the transaction ends, and else the one that
/// was closed last. Pairs are (contact, inbox); lock them in a fixed order.
pub async fn current_of(
    tx: &mut Tx,
    pairs: &[(ContactId, InboxId)],
    closed_after: DateTime<Utc>,
) -> Result<Vec<ConversationRow>, StoreError> {
    if pairs.is_empty() {
        return Ok(Vec::new());
    }
    let batch =
        || Batch::new().ids(pairs.iter().map(|(contact, _)| *contact)).ids(pairs.iter().map(|(_, inbox)| *inbox));
    let mut rows = tx
        .query_for(
            "select v.id, v.inbox_id, v.channel, v.contact_id, c.display_name as contact_name, v.contact_address,
                    v.status, v.priority, v.subject, v.team_id, v.assigned_to, v.previous_assignee,
                    v.previous_conversation_id, v.last_seq, v.inbound_count, v.read_inbound_count, v.tags,
                    v.last_message_id, v.last_message_at, v.last_inbound_at, v.last_outbound_at, v.first_response_at,
                    v.waiting_since, v.window_expires_at, v.snoozed_until, v.closed_at, v.closed_by, v.close_reason,
                    v.version, v.created_at, v.updated_at, v.sla
             from json_each($1) as batch
             join conversations v on v.contact_id = unhex(batch.value ->> 0) and v.inbox_id = unhex(batch.value ->> 1)
                  and v.status <> 'closed'
             join contacts c on c.id = v.contact_id",
            "select v.id, v.inbox_id, v.channel, v.contact_id, c.display_name as contact_name, v.contact_address,
                    v.status, v.priority, v.subject, v.team_id, v.assigned_to, v.previous_assignee,
                    v.previous_conversation_id, v.last_seq, v.inbound_count, v.read_inbound_count, v.tags,
                    v.last_message_id, v.last_message_at, v.last_inbound_at, v.last_outbound_at, v.first_response_at,
                    v.waiting_since, v.window_expires_at, v.snoozed_until, v.closed_at, v.closed_by, v.close_reason,
                    v.version, v.created_at, v.updated_at, v.sla
             from unnest($1::uuid[], $2::uuid[]) as batch (contact_id, inbox_id)
             join conversations v on v.contact_id = batch.contact_id and v.inbox_id = batch.inbox_id
                  and v.status <> 'closed'
             join contacts c on c.id = v.contact_id
             order by v.id
             for update of v",
        )
        .bind_batch(batch())
        .all::<ConversationRow>()
        .await?;
    if rows.len() < pairs.len() {
        let closed = tx
            .query_for(
                "select v.id, v.inbox_id, v.channel, v.contact_id, c.display_name as contact_name, v.contact_address,
                        v.status, v.priority, v.subject, v.team_id, v.assigned_to, v.previous_assignee,
                        v.previous_conversation_id, v.last_seq, v.inbound_count, v.read_inbound_count, v.tags,
                        v.last_message_id, v.last_message_at, v.last_inbound_at, v.last_outbound_at,
                        v.first_response_at, v.waiting_since, v.window_expires_at, v.snoozed_until, v.closed_at,
                        v.closed_by, v.close_reason, v.version, v.created_at, v.updated_at, v.sla
                 from json_each($2) as batch
                 join conversations v on v.contact_id = unhex(batch.value ->> 0)
                      and v.inbox_id = unhex(batch.value ->> 1) and v.status = 'closed' and v.closed_at > $1
                 join contacts c on c.id = v.contact_id",
                "select v.id, v.inbox_id, v.channel, v.contact_id, c.display_name as contact_name, v.contact_address,
                        v.status, v.priority, v.subject, v.team_id, v.assigned_to, v.previous_assignee,
                        v.previous_conversation_id, v.last_seq, v.inbound_count, v.read_inbound_count, v.tags,
                        v.last_message_id, v.last_message_at, v.last_inbound_at, v.last_outbound_at,
                        v.first_response_at, v.waiting_since, v.window_expires_at, v.snoozed_until, v.closed_at,
                        v.closed_by, v.close_reason, v.version, v.created_at, v.updated_at, v.sla
                 from unnest($2::uuid[], $3::uuid[]) as batch (contact_id, inbox_id)
                 join conversations v on v.contact_id = batch.contact_id and v.inbox_id = batch.inbox_id
                      and v.status = 'closed' and v.closed_at > $1
                 join contacts c on c.id = v.contact_id
                 order by v.id
                 for update of v",
            )
            .bind(closed_after)
            .bind_batch(batch())
            .all::<ConversationRow>()
            .await?;
        rows.extend(closed);
    }
    Ok(rows)
}

/// The newest conversation of a contact in an inbox, whatever its state.
pub async fn latest_of(tx: &mut Tx, contact: ContactId, inbox: InboxId) -> Result<Option<ConversationId>, StoreError> {
    let ids = tx
        .query("select id from conversations where contact_id = $1 and inbox_id = $2 order by id desc limit 1")
        .bind(contact)
        .bind(inbox)
        .column()
        .await?;
    Ok(ids.into_iter().next())
}

/// Inserts conversations as they stand.
pub async fn insert(tx: &mut Tx, rows: &[ConversationRow]) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    tx.query_for(
        "insert into conversations (id, inbox_id, channel, contact_id, contact_address, status, priority, subject,
                team_id, previous_conversation_id, last_seq, inbound_count, read_inbound_count, last_message_id,
                last_message_at, last_inbound_at, last_outbound_at, waiting_since, window_expires_at, created_at,
                sla, active_minute, updated_at, tags, version)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22,
                 $20, '[]', 1)",
        "insert into conversations (id, inbox_id, channel, contact_id, contact_address, status, priority, subject,
                team_id, previous_conversation_id, last_seq, inbound_count, read_inbound_count, last_message_id,
                last_message_at, last_inbound_at, last_outbound_at, waiting_since, window_expires_at, created_at,
                sla, active_minute, updated_at, tags, version)
         select batch.*, batch.created_at, '[]', 1
         from unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[],
                     $9::uuid[], $10::uuid[], $11::bigint[], $12::bigint[], $13::bigint[], $14::uuid[],
                     $15::timestamptz[], $16::timestamptz[], $17::timestamptz[], $18::timestamptz[],
                     $19::timestamptz[], $20::timestamptz[], $21::text[], $22::bigint[])
              as batch (id, inbox_id, channel, contact_id, contact_address, status, priority, subject, team_id,
                        previous_conversation_id, last_seq, inbound_count, read_inbound_count, last_message_id,
                        last_message_at, last_inbound_at, last_outbound_at, waiting_since, window_expires_at,
                        created_at, sla, active_minute)",
    )
    .bind_each(batch_of(rows))
    .execute()
    .await?;
    Ok(())
}

/// The columns of conversations about to be inserted.
pub(crate) fn batch_of(rows: &[ConversationRow]) -> Batch {
    Batch::new()
        .ids(rows.iter().map(|row| row.id))
        .ids(rows.iter().map(|row| row.inbox_id))
        .texts(rows.iter().map(|row| row.channel.as_str()))
        .ids(rows.iter().map(|row| row.contact_id))
        .texts(rows.iter().map(|row| row.contact_address.as_str()))
        .texts(rows.iter().map(|row| row.status.as_str()))
        .texts(rows.iter().map(|row| row.priority.as_str()))
        .optional_texts(rows.iter().map(|row| row.subject.as_deref()))
        .optional_ids(rows.iter().map(|row| row.team_id))
        .optional_ids(rows.iter().map(|row| row.previous_conversation_id))
        .integers(rows.iter().map(|row| row.last_seq))
        .integers(rows.iter().map(|row| row.inbound_count))
        .integers(rows.iter().map(|row| row.read_inbound_count))
        .optional_ids(rows.iter().map(|row| row.last_message_id))
        .times(rows.iter().map(|row| row.last_message_at))
        .optional_times(rows.iter().map(|row| row.last_inbound_at))
        .optional_times(rows.iter().map(|row| row.last_outbound_at))
        .optional_times(rows.iter().map(|row| row.waiting_since))
        .optional_times(rows.iter().map(|row| row.window_expires_at))
        .times(rows.iter().map(|row| row.created_at))
        .optional_texts(rows.iter().map(sla_text))
        .integers(rows.iter().map(|row| active_minute(row.last_message_at)))
}

/// Writes conversations as they stand and moves each version from `row.version` to the next. Error:
/// [`StoreError::Conflict`] when one changed since it was read. The rows in memory keep the version they were read with.
pub async fn update(tx: &mut Tx, rows: &[ConversationRow]) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    let batch = Batch::new()
        .ids(rows.iter().map(|row| row.id))
        .integers(rows.iter().map(|row| row.version))
        .texts(rows.iter().map(|row| row.status.as_str()))
        .texts(rows.iter().map(|row| row.priority.as_str()))
        .optional_texts(rows.iter().map(|row| row.subject.as_deref()))
        .optional_ids(rows.iter().map(|row| row.team_id))
        .optional_ids(rows.iter().map(|row| row.assigned_to))
        .optional_ids(rows.iter().map(|row| row.previous_assignee))
        .integers(rows.iter().map(|row| row.last_seq))
        .integers(rows.iter().map(|row| row.inbound_count))
        .integers(rows.iter().map(|row| row.read_inbound_count))
        .texts(rows.iter().map(|row| row.tags.to_string()))
        .optional_ids(rows.iter().map(|row| row.last_message_id))
        .times(rows.iter().map(|row| row.last_message_at))
        .optional_times(rows.iter().map(|row| row.last_inbound_at))
        .optional_times(rows.iter().map(|row| row.last_outbound_at))
        .optional_times(rows.iter().map(|row| row.first_response_at))
        .optional_times(rows.iter().map(|row| row.waiting_since))
        .optional_times(rows.iter().map(|row| row.window_expires_at))
        .optional_times(rows.iter().map(|row| row.snoozed_until))
        .optional_times(rows.iter().map(|row| row.closed_at))
        .optional_ids(rows.iter().map(|row| row.closed_by))
        .optional_texts(rows.iter().map(|row| row.close_reason.map(CloseReason::as_str)))
        .times(rows.iter().map(|row| row.updated_at))
        .optional_texts(rows.iter().map(sla_text))
        .integers(rows.iter().map(|row| active_minute(row.last_message_at)));
    let changed = tx
        .query_for(
            "update conversations
             set version = version + 1, status = batch.value ->> 2, priority = batch.value ->> 3,
                 subject = batch.value ->> 4, team_id = unhex(batch.value ->> 5),
                 assigned_to = unhex(batch.value ->> 6), previous_assignee = unhex(batch.value ->> 7),
                 last_seq = batch.value ->> 8, inbound_count = batch.value ->> 9,
                 read_inbound_count = batch.value ->> 10, tags = batch.value ->> 11,
                 last_message_id = unhex(batch.value ->> 12), last_message_at = batch.value ->> 13,
                 last_inbound_at = batch.value ->> 14, last_outbound_at = batch.value ->> 15,
                 first_response_at = batch.value ->> 16, waiting_since = batch.value ->> 17,
                 window_expires_at = batch.value ->> 18, snoozed_until = batch.value ->> 19,
                 closed_at = batch.value ->> 20, closed_by = unhex(batch.value ->> 21),
                 close_reason = batch.value ->> 22, updated_at = batch.value ->> 23,
                 sla = batch.value ->> 24, active_minute = batch.value ->> 25
             from json_each($1) as batch
             where conversations.id = unhex(batch.value ->> 0) and conversations.version = batch.value ->> 1",
            "update conversations
             set version = conversations.version + 1, status = batch.status, priority = batch.priority,
                 subject = batch.subject, team_id = batch.team_id, assigned_to = batch.assigned_to,
                 previous_assignee = batch.previous_assignee, last_seq = batch.last_seq,
                 inbound_count = batch.inbound_count, read_inbound_count = batch.read_inbound_count,
                 tags = batch.tags, last_message_id = batch.last_message_id, last_message_at = batch.last_message_at,
                 last_inbound_at = batch.last_inbound_at, last_outbound_at = batch.last_outbound_at,
                 first_response_at = batch.first_response_at, waiting_since = batch.waiting_since,
                 window_expires_at = batch.window_expires_at, snoozed_until = batch.snoozed_until,
                 closed_at = batch.closed_at, closed_by = batch.closed_by, close_reason = batch.close_reason,
                 updated_at = batch.updated_at, sla = batch.sla, active_minute = batch.active_minute
             from unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::uuid[], $7::uuid[],
                         $8::uuid[], $9::bigint[], $10::bigint[], $11::bigint[], $12::text[], $13::uuid[],
                         $14::timestamptz[], $15::timestamptz[], $16::timestamptz[], $17::timestamptz[],
                         $18::timestamptz[], $19::timestamptz[], $20::timestamptz[], $21::timestamptz[], $22::uuid[],
                         $23::text[], $24::timestamptz[], $25::text[], $26::bigint[])
                  as batch (id, version, status, priority, subject, team_id, assigned_to, previous_assignee, last_seq,
                            inbound_count, read_inbound_count, tags, last_message_id, last_message_at, last_inbound_at,
                            last_outbound_at, first_response_at, waiting_since, window_expires_at, snoozed_until,
                            closed_at, closed_by, close_reason, updated_at, sla, active_minute)
             where conversations.id = batch.id and conversations.version = batch.version",
        )
        .bind_batch(batch)
        .execute()
        .await?;
    if usize::try_from(changed) == Ok(rows.len()) { Ok(()) } else { Err(StoreError::Conflict) }
}

/// How many conversations a user holds.
pub async fn held_by(tx: &mut Tx, user: UserId) -> Result<i64, StoreError> {
    tx.query("select count(*) from conversations where assigned_to = $1 and status <> 'closed'")
        .bind(user)
        .scalar()
        .await
}

/// The conversations a user holds.
pub async fn held_ids(tx: &mut Tx, user: UserId) -> Result<Vec<ConversationId>, StoreError> {
    tx.query("select id from conversations where assigned_to = $1 and status <> 'closed' order by id")
        .bind(user)
        .column()
        .await
}

/// Conversations in which it has been the customer's turn since before `before` and that are not snoozed at `now`; those
/// that have waited longest first.
pub async fn idle_ids(
    tx: &mut Tx,
    before: DateTime<Utc>,
    now: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<ConversationId>, StoreError> {
    tx.query(
        "select id from conversations where status = 'pending_customer' and active_minute <= $4 and last_message_at < $1
         and (snoozed_until is null or snoozed_until <= $2) order by active_minute, last_message_at, id limit $3",
    )
    .bind(before)
    .bind(now)
    .bind(limit)
    .bind(active_minute(before))
    .column()
    .await
}
