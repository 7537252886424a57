//! Two contacts that turned out to be one person: what moves, and what is remembered to undo it.

use chrono::{DateTime, Utc};
use patchbay_core::ctx::Ctx;
use patchbay_core::ids::{ActorId, ContactId, ConversationId, IdentityId, MergeId};
use serde_json::Value;

use crate::batch::Batch;
use crate::contacts::{ContactRow, IdentityRow};
use crate::error::StoreError;
use crate::record;
use crate::tx::Tx;

record! {
    /// A merge.
    #[derive(Clone, Debug)]
    pub struct MergeRow {
        /// Our id.
        pub id: MergeId,
        /// The contact that stays.
        pub primary_id: ContactId,
        /// The contact that was merged into it.
        pub merged_id: ContactId,
        /// The name of the merged one.
        pub merged_name: String,
        /// Why; a person's words.
        pub reason: String,
        /// What moved.
        pub moved: Value,
        /// Who did it.
        pub merged_by: ActorId,
        /// When.
        pub merged_at: DateTime<Utc>,
        /// When it was undone.
        pub undone_at: Option<DateTime<Utc>>,
    }
}

/// A merge about to be remembered.
#[derive(Clone, Debug)]
pub struct NewMerge<'a> {
    /// Our id.
    pub id: MergeId,
    /// The contact that stays.
    pub primary_id: ContactId,
    /// The contact that is merged into it.
    pub merged_id: ContactId,
    /// Why.
    pub reason: &'a str,
    /// What moves.
    pub moved: Value,
}

/// Remembers a merge.
pub async fn insert(tx: &mut Tx, ctx: &Ctx, merge: &NewMerge<'_>) -> Result<(), StoreError> {
    tx.query(
        "insert into contact_merges (id, primary_id, merged_id, reason, moved, merged_by, merged_at)
         values ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(merge.id)
    .bind(merge.primary_id)
    .bind(merge.merged_id)
    .bind(merge.reason)
    .bind(merge.moved.clone())
    .bind(ctx.actor.id)
    .bind(ctx.now)
    .execute()
    .await
    .map(drop)
}

/// One merge.
pub async fn by_id(tx: &mut Tx, id: MergeId) -> Result<Option<MergeRow>, StoreError> {
    tx.query(
        "select m.id, m.primary_id, m.merged_id, c.display_name as merged_name, m.reason, m.moved, m.merged_by,
                m.merged_at, m.undone_at
         from contact_merges m join contacts c on c.id = m.merged_id where m.id = $1",
    )
    .bind(id)
    .optional()
    .await
}

/// The merges into a contact that were not undone, newest first.
pub async fn into_contact(tx: &mut Tx, primary: ContactId) -> Result<Vec<MergeRow>, StoreError> {
    tx.query(
        "select m.id, m.primary_id, m.merged_id, c.display_name as merged_name, m.reason, m.moved, m.merged_by,
                m.merged_at, m.undone_at
         from contact_merges m join contacts c on c.id = m.merged_id
         where m.primary_id = $1 and m.undone_at is null order by m.id desc limit 100",
    )
    .bind(primary)
    .all()
    .await
}

/// The merge by which a contact went into another, if it was not undone.
pub async fn of_merged(tx: &mut Tx, merged: ContactId) -> Result<Option<MergeRow>, StoreError> {
    tx.query(
        "select m.id, m.primary_id, m.merged_id, c.display_name as merged_name, m.reason, m.moved, m.merged_by,
                m.merged_at, m.undone_at
         from contact_merges m join contacts c on c.id = m.merged_id
         where m.merged_id = $1 and m.undone_at is null order by m.id desc limit 1",
    )
    .bind(merged)
    .optional()
    .await
}

/// Whether anything was merged into a contact, or it into another, at or after `since`.
pub async fn merged_since(tx: &mut Tx, contact: ContactId, since: DateTime<Utc>) -> Result<bool, StoreError> {
    tx.query(
        "select count(*) > 0 from contact_merges
         where (primary_id = $1 or merged_id = $1) and merged_at >= $2 and undone_at is null",
    )
    .bind(contact)
    .bind(since)
    .scalar()
    .await
}

/// Remembers that a merge was undone. `false`: it was before.
pub async fn undo(tx: &mut Tx, ctx: &Ctx, id: MergeId) -> Result<bool, StoreError> {
    let undone = tx
        .query("update contact_merges set undone_by = $2, undone_at = $3 where id = $1 and undone_at is null")
        .bind(id)
        .bind(ctx.actor.id)
        .bind(ctx.now)
        .execute()
        .await?;
    Ok(undone == 1)
}

record! {
    /// What is needed of a conversation to know whether it belongs to an address.
    #[derive(Clone, Debug)]
    pub struct Belonging {
        /// The conversation.
        pub id: ConversationId,
        /// Its channel.
        pub channel: patchbay_core::channel::Channel,
        /// The address it is held with.
        pub contact_address: String,
        /// When it began.
        pub created_at: DateTime<Utc>,
    }
}

/// Every conversation of a contact, oldest first.
pub async fn conversations_of(tx: &mut Tx, contact: ContactId) -> Result<Vec<Belonging>, StoreError> {
    tx.query("select id, channel, contact_address, created_at from conversations where contact_id = $1 order by id")
        .bind(contact)
        .all()
        .await
}

/// Gives conversations to another contact; each moves to its next version. Error: [`StoreError::Duplicate`] when that
/// would make two open ones in an inbox.
pub async fn move_conversations(
    tx: &mut Tx,
    conversations: &[ConversationId],
    to: ContactId,
    now: DateTime<Utc>,
) -> Result<u64, StoreError> {
    if conversations.is_empty() {
        return Ok(0);
    }
    tx.query_for(
        "update conversations set contact_id = $1, updated_at = $2, version = version + 1
         where id in (select unhex(value ->> 0) from json_each($3))",
        "update conversations set contact_id = $1, updated_at = $2, version = version + 1 where id = any($3::uuid[])",
    )
    .bind(to)
    .bind(now)
    .bind_batch(Batch::new().ids(conversations.iter().copied()))
    .execute()
    .await
}

/// A contact and all that were merged into it, itself first.
pub async fn family_of(tx: &mut Tx, id: ContactId) -> Result<Vec<ContactId>, StoreError> {
    tx.query_for(
        "with recursive family (id, depth) as (
             select $1, 0 union select c.id, family.depth + 1 from contacts c join family on c.merged_into = family.id)
         select id from family order by depth, id",
        "with recursive family (id, depth) as (
             select $1::uuid, 0
             union select c.id, family.depth + 1 from contacts c join family on c.merged_into = family.id)
         select id from family order by depth, id",
    )
    .bind(id)
    .column()
    .await
}

/// The addresses of several contacts, in the order they came to be theirs.
pub async fn identities_of_all(tx: &mut Tx, contacts: &[ContactId]) -> Result<Vec<IdentityRow>, StoreError> {
    if contacts.is_empty() {
        return Ok(Vec::new());
    }
    tx.query_for(
        "select id, contact_id, channel, address, linked_by, verified_at, opted_out_at, opt_out_source, created_at
         from channel_identities where contact_id in (select unhex(value ->> 0) from json_each($1))
         order by created_at, id",
        "select id, contact_id, channel, address, linked_by, verified_at, opted_out_at, opt_out_source, created_at
         from channel_identities where contact_id = any($1::uuid[]) order by created_at, id",
    )
    .bind_batch(Batch::new().ids(contacts.iter().copied()))
    .all()
    .await
}

/// Gives addresses to another contact.
pub async fn move_identities(tx: &mut Tx, identities: &[IdentityId], to: ContactId) -> Result<u64, StoreError> {
    if identities.is_empty() {
        return Ok(0);
    }
    tx.query_for(
        "update channel_identities set contact_id = $1 where id in (select unhex(value ->> 0) from json_each($2))",
        "update channel_identities set contact_id = $1 where id = any($2::uuid[])",
    )
    .bind(to)
    .bind_batch(Batch::new().ids(identities.iter().copied()))
    .execute()
    .await
}

/// Says into which contact another one was merged; nothing when that is undone.
pub async fn set_merged_into(
    tx: &mut Tx,
    row: &ContactRow,
    into: Option<ContactId>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let changed = tx
        .query(
            "update contacts set merged_into = $3, updated_at = $4, version = version + 1
             where id = $1 and version = $2",
        )
        .bind(row.id)
        .bind(row.version)
        .bind(into)
        .bind(now)
        .execute()
        .await?;
    if changed == 1 { Ok(()) } else { Err(StoreError::Conflict) }
}
