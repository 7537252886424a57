//! Erasing a person: what they said and who they are goes, what happened stays. Message keys become hashes, so that a
//! message which comes again is still known and stays erased.

mod feed;
mod files;

use chrono::{DateTime, Utc};
use patchbay_core::ids::{ContactId, ConversationId, InboxId, TicketId};
use sha2::{Digest, Sha256};

use crate::batch::Batch;
use crate::error::StoreError;
use crate::record;
use crate::tx::Tx;

pub use feed::{ToldEvent, rewrite_events, told_of};
pub use files::{Remains, forget_files, is_file_needed, mail_objects_needed, remains_of};

/// What stands where the name of an erased person stood.
pub const ERASED_NAME: &str = "Erased contact";
/// What stands where the address of an erased person stood.
pub const ERASED_ADDRESS: &str = "erased";

/// How the key of an erased message is remembered.
pub fn key_hash(channel_message_id: &str) -> String {
    hex::encode(Sha256::digest(channel_message_id.as_bytes()))
}

/// Every conversation of these contacts.
pub async fn conversations_of(tx: &mut Tx, contacts: &[ContactId]) -> Result<Vec<ConversationId>, StoreError> {
    tx.query_for(
        "select id from conversations where contact_id in (select unhex(value ->> 0) from json_each($1)) order by id",
        "select id from conversations where contact_id = any($1::uuid[]) order by id",
    )
    .bind_batch(contacts_batch(contacts))
    .column()
    .await
}

/// Every ticket that names these contacts.
pub async fn tickets_of(tx: &mut Tx, contacts: &[ContactId]) -> Result<Vec<TicketId>, StoreError> {
    tx.query_for(
        "select id from tickets where contact_id in (select unhex(value ->> 0) from json_each($1)) order by id",
        "select id from tickets where contact_id = any($1::uuid[]) order by id",
    )
    .bind_batch(contacts_batch(contacts))
    .column()
    .await
}

fn contacts_batch(contacts: &[ContactId]) -> Batch {
    Batch::new().ids(contacts.iter().copied())
}

/// Which of these keys of an inbox are known as erased.
pub async fn is_any_erased(tx: &mut Tx, inbox: InboxId, keys: &[String]) -> Result<bool, StoreError> {
    tx.query_for(
        "select exists (select 1 from erased_keys where inbox_id = $1
                        and key_hash in (select value ->> 0 from json_each($2))) as found",
        "select exists (select 1 from erased_keys where inbox_id = $1 and key_hash = any($2::text[])) as found",
    )
    .bind(inbox)
    .bind_batch(Batch::new().texts(keys.iter().map(|key| key_hash(key))))
    .scalar()
    .await
}

fn conversations_batch(conversations: &[ConversationId]) -> Batch {
    Batch::new().ids(conversations.iter().copied())
}

record! {
    struct Key {
        inbox_id: InboxId,
        channel_message_id: String,
    }
}

/// Turns the keys of a conversation's messages into hashes.
pub async fn hash_keys(tx: &mut Tx, conversation: ConversationId, now: DateTime<Utc>) -> Result<(), StoreError> {
    // The key of what a visitor of a chat writes begins with the visitor's address.
    let keys: Vec<Key> = tx
        .query_for(
            "select k.inbox_id, k.channel_message_id
             from messages m join message_keys k on k.inbox_id = m.inbox_id
                  and k.channel_message_id = m.channel_message_id
             where m.conversation_id = $1 and m.channel_message_id is not null
             union all
             select k.inbox_id, k.channel_message_id
             from conversations v join messages m on m.conversation_id = v.id
                  join message_keys k on k.inbox_id = m.inbox_id
                  and k.channel_message_id = v.contact_address || char(31) || m.channel_message_id
             where v.id = $1 and v.channel = 'chat' and m.channel_message_id is not null",
            "select k.inbox_id, k.channel_message_id
             from messages m join message_keys k on k.inbox_id = m.inbox_id
                  and k.channel_message_id = m.channel_message_id
             where m.conversation_id = $1 and m.channel_message_id is not null
             union all
             select k.inbox_id, k.channel_message_id
             from conversations v join messages m on m.conversation_id = v.id
                  join message_keys k on k.inbox_id = m.inbox_id
                  and k.channel_message_id = v.contact_address || chr(31) || m.channel_message_id
             where v.id = $1 and v.channel = 'chat' and m.channel_message_id is not null",
        )
        .bind(conversation)
        .all()
        .await?;
    for keys in keys.chunks(500) {
        let batch = Batch::new()
            .ids(keys.iter().map(|key| key.inbox_id))
            .texts(keys.iter().map(|key| key_hash(&key.channel_message_id)))
            .times(keys.iter().map(|_| now));
        tx.query_for(
            "insert into erased_keys (inbox_id, key_hash, erased_at)
             select unhex(value ->> 0), value ->> 1, value ->> 2 from json_each($1) where true
             on conflict (inbox_id, key_hash) do nothing",
            "insert into erased_keys (inbox_id, key_hash, erased_at)
             select batch.* from unnest($1::uuid[], $2::text[], $3::timestamptz[]) as batch
             on conflict (inbox_id, key_hash) do nothing",
        )
        .bind_batch(batch)
        .execute()
        .await?;
        let batch = || {
            Batch::new()
                .ids(keys.iter().map(|key| key.inbox_id))
                .texts(keys.iter().map(|key| key.channel_message_id.as_str()))
        };
        tx.query_for(
            "delete from parked_changes where (inbox_id, channel_message_id) in
                 (select unhex(value ->> 0), value ->> 1 from json_each($1))",
            "delete from parked_changes using unnest($1::uuid[], $2::text[]) as batch (inbox_id, channel_message_id)
             where parked_changes.inbox_id = batch.inbox_id
               and parked_changes.channel_message_id = batch.channel_message_id",
        )
        .bind_batch(batch())
        .execute()
        .await?;
        tx.query_for(
            "delete from message_keys where (inbox_id, channel_message_id) in
                 (select unhex(value ->> 0), value ->> 1 from json_each($1))",
            "delete from message_keys using unnest($1::uuid[], $2::text[]) as batch (inbox_id, channel_message_id)
             where message_keys.inbox_id = batch.inbox_id
               and message_keys.channel_message_id = batch.channel_message_id",
        )
        .bind_batch(batch())
        .execute()
        .await?;
    }
    Ok(())
}

/// Empties the messages of these conversations. What was still to be sent is not sent any more.
pub async fn empty_messages(
    tx: &mut Tx,
    conversations: &[ConversationId],
    now: DateTime<Utc>,
) -> Result<u64, StoreError> {
    tx.query_for(
        "update message_statuses set errors = '[]'
         where message_id in (select m.id from messages m
                              where m.conversation_id in (select unhex(value ->> 0) from json_each($1)))",
        "update message_statuses set errors = '[]'
         where message_id in (select m.id from messages m where m.conversation_id = any($1::uuid[]))",
    )
    .bind_batch(conversations_batch(conversations))
    .execute()
    .await?;
    tx.query_for(
        "update messages
         set text = null, content = '{\"media\":[],\"metadata\":{}}', metadata = '{\"erased\":true}',
             sender_name = null, channel_message_id = null, reply_to = null, error = null,
             failed_at = case when status = 'pending' then $1 else failed_at end,
             status = case when status = 'pending' then 'failed' else status end, version = version + 1
         where conversation_id in (select unhex(value ->> 0) from json_each($2))",
        "update messages
         set text = null, content = '{\"media\":[],\"metadata\":{}}', metadata = '{\"erased\":true}',
             sender_name = null, channel_message_id = null, reply_to = null, error = null,
             failed_at = case when status = 'pending' then $1 else failed_at end,
             status = case when status = 'pending' then 'failed' else status end, version = version + 1
         where conversation_id = any($2::uuid[])",
    )
    .bind(now)
    .bind_batch(conversations_batch(conversations))
    .execute()
    .await
}

/// Closes these conversations and takes the person out of them. Each moves to its next version.
pub async fn empty_conversations(
    tx: &mut Tx,
    conversations: &[ConversationId],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    tx.query_for(
        "update conversations
         set contact_address = 'erased', subject = null, snoozed_until = null, waiting_since = null,
             closed_at = coalesce(closed_at, $1), close_reason = coalesce(close_reason, 'resolved'),
             status = 'closed', updated_at = $1, version = version + 1
         where id in (select unhex(value ->> 0) from json_each($2))",
        "update conversations
         set contact_address = 'erased', subject = null, snoozed_until = null, waiting_since = null,
             closed_at = coalesce(closed_at, $1), close_reason = coalesce(close_reason, 'resolved'),
             status = 'closed', updated_at = $1, version = version + 1
         where id = any($2::uuid[])",
    )
    .bind(now)
    .bind_batch(conversations_batch(conversations))
    .execute()
    .await?;
    tx.query_for(
        "update notes set text = '(erased)' where conversation_id in (select unhex(value ->> 0) from json_each($1))",
        "update notes set text = '(erased)' where conversation_id = any($1::uuid[])",
    )
    .bind_batch(conversations_batch(conversations))
    .execute()
    .await?;
    tx.query_for(
        "update satisfaction_answers set comment = null
         where conversation_id in (select unhex(value ->> 0) from json_each($1))",
        "update satisfaction_answers set comment = null where conversation_id = any($1::uuid[])",
    )
    .bind_batch(conversations_batch(conversations))
    .execute()
    .await?;
    tx.query_for(
        "update conversation_events set details = '{}'
         where conversation_id in (select unhex(value ->> 0) from json_each($1))",
        "update conversation_events set details = '{}' where conversation_id = any($1::uuid[])",
    )
    .bind_batch(conversations_batch(conversations))
    .execute()
    .await
    .map(drop)
}

/// Forgets what other parts keep beside these conversations: tokens of replies, answers to the menu, drafts of assistants
/// and what their placeholders stand for.
pub async fn empty_surroundings(tx: &mut Tx, conversations: &[ConversationId]) -> Result<(), StoreError> {
    tx.query_for(
        "update triage_states set state = '{\"step\":\"done\"}', decision = null, deadline_at = null
         where conversation_id in (select unhex(value ->> 0) from json_each($1))",
        "update triage_states set state = '{\"step\":\"done\"}', decision = null, deadline_at = null
         where conversation_id = any($1::uuid[])",
    )
    .bind_batch(conversations_batch(conversations))
    .execute()
    .await?;
    tx.query_for(
        "delete from reply_tokens where conversation_id in (select unhex(value ->> 0) from json_each($1))",
        "delete from reply_tokens where conversation_id = any($1::uuid[])",
    )
    .bind_batch(conversations_batch(conversations))
    .execute()
    .await?;
    tx.query_for(
        "update tool_drafts set contact_address = 'erased', payload = '{}'
         where conversation_id in (select unhex(value ->> 0) from json_each($1))",
        "update tool_drafts set contact_address = 'erased', payload = '{}'
         where conversation_id = any($1::uuid[])",
    )
    .bind_batch(conversations_batch(conversations))
    .execute()
    .await?;
    tx.query_for(
        "delete from tool_placeholders where conversation_id in (select unhex(value ->> 0) from json_each($1))",
        "delete from tool_placeholders where conversation_id = any($1::uuid[])",
    )
    .bind_batch(conversations_batch(conversations))
    .execute()
    .await
    .map(drop)
}

/// Forgets what proved the decisions of these contacts about messages. That an address wants none stays: forgetting it
/// would write to it again.
async fn empty_consent(tx: &mut Tx, contacts: &[ContactId]) -> Result<(), StoreError> {
    tx.query_for(
        "delete from consent_entries
         where id in (select e.id from channel_identities i
                      join consent_entries e on e.channel = i.channel and e.address = i.address
                      where i.contact_id in (select unhex(value ->> 0) from json_each($1)))
           and id not in (select s.entry_id from suppressions s)",
        "delete from consent_entries
         where id in (select e.id from channel_identities i
                      join consent_entries e on e.channel = i.channel and e.address = i.address
                      where i.contact_id = any($1::uuid[]))
           and id not in (select s.entry_id from suppressions s)",
    )
    .bind_batch(contacts_batch(contacts))
    .execute()
    .await
    .map(drop)
}

/// Takes the person out of the contacts themselves: names, addresses, places, claims.
pub async fn empty_contacts(tx: &mut Tx, contacts: &[ContactId], now: DateTime<Utc>) -> Result<(), StoreError> {
    empty_consent(tx, contacts).await?;
    tx.query_for(
        "delete from chat_uploads
         where address in (select i.address from channel_identities i
                           where i.channel = 'chat'
                             and i.contact_id in (select unhex(value ->> 0) from json_each($1)))",
        "delete from chat_uploads
         where address in (select i.address from channel_identities i
                           where i.channel = 'chat' and i.contact_id = any($1::uuid[]))",
    )
    .bind_batch(contacts_batch(contacts))
    .execute()
    .await?;
    tx.query_for(
        "delete from channel_identities where contact_id in (select unhex(value ->> 0) from json_each($1))",
        "delete from channel_identities where contact_id = any($1::uuid[])",
    )
    .bind_batch(contacts_batch(contacts))
    .execute()
    .await?;
    tx.query_for(
        "delete from contact_claims where contact_id in (select unhex(value ->> 0) from json_each($1))",
        "delete from contact_claims where contact_id = any($1::uuid[])",
    )
    .bind_batch(contacts_batch(contacts))
    .execute()
    .await?;
    tx.query_for(
        "delete from contact_sites where contact_id in (select unhex(value ->> 0) from json_each($1))",
        "delete from contact_sites where contact_id = any($1::uuid[])",
    )
    .bind_batch(contacts_batch(contacts))
    .execute()
    .await?;
    tx.query_for(
        "update send_attempts set channel_message_id = null
         where contact_id in (select unhex(value ->> 0) from json_each($1))",
        "update send_attempts set channel_message_id = null where contact_id = any($1::uuid[])",
    )
    .bind_batch(contacts_batch(contacts))
    .execute()
    .await?;
    tx.query_for(
        "update contact_merges set reason = '(erased)', moved = '{}'
         where primary_id in (select unhex(value ->> 0) from json_each($1))",
        "update contact_merges set reason = '(erased)', moved = '{}' where primary_id = any($1::uuid[])",
    )
    .bind_batch(contacts_batch(contacts))
    .execute()
    .await?;
    tx.query_for(
        "update contacts
         set display_name = 'Erased contact', locale = null, timezone = null, metadata = '{}', escalation_level = null,
             is_authorized_requester = 0, is_authorized_approver = 0, can_grant_access = 0,
             erased_at = coalesce(erased_at, $1), updated_at = $1, version = version + 1
         where id in (select unhex(value ->> 0) from json_each($2))",
        "update contacts
         set display_name = 'Erased contact', locale = null, timezone = null, metadata = '{}', escalation_level = null,
             is_authorized_requester = false, is_authorized_approver = false, can_grant_access = false,
             erased_at = coalesce(erased_at, $1), updated_at = $1, version = version + 1
         where id = any($2::uuid[])",
    )
    .bind(now)
    .bind_batch(contacts_batch(contacts))
    .execute()
    .await
    .map(drop)
}

/// Takes the person out of tickets. Each moves to its next version. Only the dispatch crate calls this.
pub async fn empty_tickets(tx: &mut Tx, tickets: &[TicketId], now: DateTime<Utc>) -> Result<(), StoreError> {
    tx.query_for(
        "update tickets set customer_name = null, contact_phone = null, contact_email = null, updated_at = $1,
                version = version + 1
         where id in (select unhex(value ->> 0) from json_each($2))
           and (customer_name is not null or contact_phone is not null or contact_email is not null)",
        "update tickets set customer_name = null, contact_phone = null, contact_email = null, updated_at = $1,
                version = version + 1
         where id = any($2::uuid[])
           and (customer_name is not null or contact_phone is not null or contact_email is not null)",
    )
    .bind(now)
    .bind_batch(Batch::new().ids(tickets.iter().copied()))
    .execute()
    .await
    .map(drop)
}

/// Forgets stored answers that name a contact.
pub async fn forget_answers(tx: &mut Tx, contact: ContactId) -> Result<(), StoreError> {
    tx.query("delete from idempotency_keys where response_body like $1")
        .bind(format!("%{contact}%"))
        .execute()
        .await
        .map(drop)
}
