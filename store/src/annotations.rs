//! What people put on conversations: notes, tags, read marks; and the record of what happened to them.

use chrono::{DateTime, Utc};
use patchbay_core::ctx::Ctx;
use patchbay_core::ids::{ConversationId, NoteId, RecordId, TagId, TicketId, UserId};
use serde_json::Value;

use crate::batch::Batch;
use crate::error::StoreError;
use crate::record;
use crate::tx::Tx;

record! {
    /// A note.
    #[derive(Clone, Debug)]
    pub struct NoteRow {
        /// Our id.
        pub id: NoteId,
        /// Conversation it is on.
        pub conversation_id: ConversationId,
        /// Who wrote it; nobody for the system.
        pub author_id: Option<UserId>,
        /// The writer's name then.
        pub author_name: String,
        /// What it says.
        pub text: String,
        /// When it was written.
        pub created_at: DateTime<Utc>,
    }
}

record! {
    /// A ticket that a conversation is linked to.
    #[derive(Clone, Debug)]
    pub struct LinkedTicket {
        /// The conversation.
        pub conversation_id: ConversationId,
        /// The ticket.
        pub ticket_id: TicketId,
        /// Its code.
        pub code: String,
        /// Its state.
        pub state: String,
    }
}

/// Writes a note.
pub async fn insert_note(tx: &mut Tx, note: &NoteRow) -> Result<(), StoreError> {
    tx.query(
        "insert into notes (id, conversation_id, author_id, author_name, text, created_at)
         values ($1, $2, $3, $4, $5, $6)",
    )
    .bind(note.id)
    .bind(note.conversation_id)
    .bind(note.author_id)
    .bind(note.author_name.as_str())
    .bind(note.text.as_str())
    .bind(note.created_at)
    .execute()
    .await?;
    Ok(())
}

/// Notes of a conversation after `after`, oldest first.
pub async fn notes(
    tx: &mut Tx,
    conversation: ConversationId,
    after: Option<NoteId>,
    limit: i64,
) -> Result<Vec<NoteRow>, StoreError> {
    tx.query_for(
        "select id, conversation_id, author_id, author_name, text, created_at
         from notes where conversation_id = $1 and ($2 is null or id > $2) order by id limit $3",
        "select id, conversation_id, author_id, author_name, text, created_at
         from notes where conversation_id = $1 and ($2::uuid is null or id > $2) order by id limit $3",
    )
    .bind(conversation)
    .bind(after)
    .bind(limit)
    .all()
    .await
}

/// The tag of that name, made when missing.
pub async fn tag(tx: &mut Tx, ctx: &Ctx, name: &str) -> Result<TagId, StoreError> {
    tx.query("insert into tags (id, name, created_at) values ($1, $2, $3) on conflict (name) do nothing")
        .bind(TagId::new())
        .bind(name)
        .bind(ctx.now)
        .execute()
        .await?;
    tx.query("select id from tags where name = $1").bind(name).scalar().await
}

/// Puts a tag on a conversation. `false` when it was there.
pub async fn add_tag(
    tx: &mut Tx,
    ctx: &Ctx,
    conversation: ConversationId,
    tag: TagId,
    by: Option<UserId>,
) -> Result<bool, StoreError> {
    let added = tx
        .query(
            "insert into conversation_tags (conversation_id, tag_id, added_by, created_at) values ($1, $2, $3, $4)
             on conflict (conversation_id, tag_id) do nothing",
        )
        .bind(conversation)
        .bind(tag)
        .bind(by)
        .bind(ctx.now)
        .execute()
        .await?;
    Ok(added == 1)
}

/// Takes a tag off a conversation. `false` when it was not there.
pub async fn remove_tag(tx: &mut Tx, conversation: ConversationId, name: &str) -> Result<bool, StoreError> {
    let removed = tx
        .query(
            "delete from conversation_tags
             where conversation_id = $1 and tag_id in (select id from tags where name = $2)",
        )
        .bind(conversation)
        .bind(name)
        .execute()
        .await?;
    Ok(removed == 1)
}

/// Names of the tags of a conversation, in order.
pub async fn tags_of(tx: &mut Tx, conversation: ConversationId) -> Result<Vec<String>, StoreError> {
    tx.query(
        "select t.name from conversation_tags ct join tags t on t.id = ct.tag_id
         where ct.conversation_id = $1 order by t.name",
    )
    .bind(conversation)
    .column()
    .await
}

/// Every tag there is.
pub async fn all_tags(tx: &mut Tx) -> Result<Vec<String>, StoreError> {
    tx.query("select name from tags order by name limit 1000").column().await
}

/// Remembers how far a user has read a conversation; never goes back.
pub async fn mark_read(
    tx: &mut Tx,
    ctx: &Ctx,
    conversation: ConversationId,
    user: UserId,
    seq: i64,
    inbound_count: i64,
) -> Result<(), StoreError> {
    tx.query(
        "insert into conversation_reads (conversation_id, user_id, read_seq, inbound_count, updated_at)
         values ($1, $2, $3, $4, $5)
         on conflict (conversation_id, user_id) do update
         set read_seq = excluded.read_seq, inbound_count = excluded.inbound_count, updated_at = excluded.updated_at
         where conversation_reads.read_seq < excluded.read_seq",
    )
    .bind(conversation)
    .bind(user)
    .bind(seq)
    .bind(inbound_count)
    .bind(ctx.now)
    .execute()
    .await?;
    Ok(())
}

/// Records what happened to a conversation.
pub async fn record_event(
    tx: &mut Tx,
    ctx: &Ctx,
    conversation: ConversationId,
    kind: &str,
    details: Value,
) -> Result<(), StoreError> {
    tx.query(
        "insert into conversation_events (id, conversation_id, kind, actor_type, actor_id, details, created_at)
         values ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(RecordId::new())
    .bind(conversation)
    .bind(kind)
    .bind(ctx.actor.actor_type)
    .bind(ctx.actor.id)
    .bind(details)
    .bind(ctx.now)
    .execute()
    .await?;
    Ok(())
}

/// The tickets these conversations are linked to.
pub async fn tickets_of(tx: &mut Tx, conversations: &[ConversationId]) -> Result<Vec<LinkedTicket>, StoreError> {
    if conversations.is_empty() {
        return Ok(Vec::new());
    }
    tx.query_for(
        "select l.conversation_id, t.id as ticket_id, t.code, t.state
         from ticket_links l join tickets t on t.id = l.ticket_id
         where l.conversation_id in (select unhex(value ->> 0) from json_each($1)) order by l.created_at, t.id",
        "select l.conversation_id, t.id as ticket_id, t.code, t.state
         from ticket_links l join tickets t on t.id = l.ticket_id
         where l.conversation_id = any($1::uuid[]) order by l.created_at, t.id",
    )
    .bind_batch(Batch::new().ids(conversations.iter().copied()))
    .all()
    .await
}

/// How many messages the customer wrote after `seq`.
pub async fn inbound_after(tx: &mut Tx, conversation: ConversationId, seq: i64) -> Result<i64, StoreError> {
    tx.query("select count(*) from messages where conversation_id = $1 and seq > $2 and direction = 'inbound'")
        .bind(conversation)
        .bind(seq)
        .scalar()
        .await
}

/// Whether anybody but `user` wrote in a conversation after `seq`.
pub async fn moved_after(
    tx: &mut Tx,
    conversation: ConversationId,
    seq: i64,
    user: UserId,
) -> Result<bool, StoreError> {
    tx.query(
        "select count(*) > 0 from messages
         where conversation_id = $1 and seq > $2 and (direction = 'inbound' or sender_id is null or sender_id <> $3)",
    )
    .bind(conversation)
    .bind(seq)
    .bind(user)
    .scalar()
    .await
}
