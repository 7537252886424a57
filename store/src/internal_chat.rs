//! Talk among agents: threads, who is in them, what was said. Apart from everything that customers see.

use chrono::{DateTime, Utc};
use patchbay_core::ids::{ActorId, ConversationId, InternalMessageId, InternalThreadId, TeamId, UserId};
use serde_json::Value;
use uuid::Uuid;

use crate::batch::Batch;
use crate::error::StoreError;
use crate::record;
use crate::tx::Tx;

record! {
    /// A thread.
    #[derive(Clone, Debug)]
    pub struct ThreadRow {
        /// Our id.
        pub id: InternalThreadId,
        /// `direct` or `group`.
        pub kind: String,
        /// What it is about.
        pub title: Option<String>,
        /// The team whose members it began with.
        pub team_id: Option<TeamId>,
        /// The two people of a direct thread.
        pub pair: Option<String>,
        /// Sequence of its newest message.
        pub last_seq: i64,
        /// When something was last said.
        pub last_message_at: DateTime<Utc>,
        /// Who began it.
        pub created_by: ActorId,
        /// When.
        pub created_at: DateTime<Utc>,
    }
}

record! {
    /// Somebody in a thread.
    #[derive(Clone, Copy, Debug)]
    pub struct MemberRow {
        /// The thread.
        pub thread_id: InternalThreadId,
        /// Who.
        pub user_id: UserId,
        /// How far they have read.
        pub last_read_seq: i64,
    }
}

record! {
    /// What somebody said.
    #[derive(Clone, Debug)]
    pub struct InternalMessageRow {
        /// Our id.
        pub id: InternalMessageId,
        /// The thread.
        pub thread_id: InternalThreadId,
        /// Its place in the thread, from 1.
        pub seq: i64,
        /// Who said it.
        pub author_id: UserId,
        /// The name then.
        pub author_name: String,
        /// What.
        pub text: String,
        /// Whom it names.
        pub mentions: Value,
        /// The conversation it is about.
        pub conversation_id: Option<ConversationId>,
        /// What its writer calls it.
        pub client_message_id: Option<Uuid>,
        /// When.
        pub created_at: DateTime<Utc>,
    }
}

/// Begins a thread. `false`: the pair has one.
pub async fn insert_thread(tx: &mut Tx, row: &ThreadRow) -> Result<bool, StoreError> {
    let inserted = tx
        .query(
            "insert into internal_threads (id, kind, title, team_id, pair, last_seq, last_message_at, created_by,
                    created_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
             on conflict (pair) do nothing",
        )
        .bind(row.id)
        .bind(row.kind.as_str())
        .bind(row.title.clone())
        .bind(row.team_id)
        .bind(row.pair.clone())
        .bind(row.last_seq)
        .bind(row.last_message_at)
        .bind(row.created_by)
        .bind(row.created_at)
        .execute()
        .await?;
    Ok(inserted == 1)
}

/// One thread.
pub async fn thread(tx: &mut Tx, id: InternalThreadId) -> Result<Option<ThreadRow>, StoreError> {
    tx.query(
        "select id, kind, title, team_id, pair, last_seq, last_message_at, created_by, created_at
         from internal_threads where id = $1",
    )
    .bind(id)
    .optional()
    .await
}

/// The same, locked until the transaction ends.
pub async fn lock_thread(tx: &mut Tx, id: InternalThreadId) -> Result<Option<ThreadRow>, StoreError> {
    tx.query_for(
        "select id, kind, title, team_id, pair, last_seq, last_message_at, created_by, created_at
         from internal_threads where id = $1",
        "select id, kind, title, team_id, pair, last_seq, last_message_at, created_by, created_at
         from internal_threads where id = $1 for update",
    )
    .bind(id)
    .optional()
    .await
}

/// The direct thread of a pair.
pub async fn thread_of_pair(tx: &mut Tx, pair: &str) -> Result<Option<ThreadRow>, StoreError> {
    tx.query(
        "select id, kind, title, team_id, pair, last_seq, last_message_at, created_by, created_at
         from internal_threads where pair = $1",
    )
    .bind(pair)
    .optional()
    .await
}

/// The threads of somebody, where something was said last first; after the one that `after` names by its time and id.
pub async fn threads_of(
    tx: &mut Tx,
    user: UserId,
    after: Option<(DateTime<Utc>, InternalThreadId)>,
    limit: i64,
) -> Result<Vec<ThreadRow>, StoreError> {
    let (at, id) = after.unzip();
    tx.query_for(
        "select t.id, t.kind, t.title, t.team_id, t.pair, t.last_seq, t.last_message_at, t.created_by, t.created_at
         from internal_thread_members m join internal_threads t on t.id = m.thread_id
         where m.user_id = $1 and m.left_at is null and ($2 is null or (t.last_message_at, t.id) < ($2, $3))
         order by t.last_message_at desc, t.id desc limit $4",
        "select t.id, t.kind, t.title, t.team_id, t.pair, t.last_seq, t.last_message_at, t.created_by, t.created_at
         from internal_thread_members m join internal_threads t on t.id = m.thread_id
         where m.user_id = $1 and m.left_at is null
           and ($2::timestamptz is null or (t.last_message_at, t.id) < ($2, $3::uuid))
         order by t.last_message_at desc, t.id desc limit $4",
    )
    .bind(user)
    .bind(at)
    .bind(id)
    .bind(limit)
    .all()
    .await
}

/// Who is in these threads, in the order in which they came.
pub async fn members(tx: &mut Tx, threads: &[InternalThreadId]) -> Result<Vec<MemberRow>, StoreError> {
    tx.query_for(
        "select thread_id, user_id, last_read_seq from internal_thread_members
         where thread_id in (select unhex(value ->> 0) from json_each($1)) and left_at is null
         order by thread_id, joined_at, user_id",
        "select thread_id, user_id, last_read_seq from internal_thread_members
         where thread_id = any($1::uuid[]) and left_at is null
         order by thread_id, joined_at, user_id",
    )
    .bind_batch(Batch::new().ids(threads.iter().copied()))
    .all()
    .await
}

/// Takes somebody in; whoever left before is back, and has read everything until now. `false`: they are in it.
pub async fn join(tx: &mut Tx, thread: &ThreadRow, user: UserId, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let changed = tx
        .query(
            "insert into internal_thread_members (thread_id, user_id, last_read_seq, joined_at) values ($1, $2, $3, $4)
             on conflict (thread_id, user_id) do update
             set left_at = null, joined_at = excluded.joined_at, last_read_seq = excluded.last_read_seq
             where internal_thread_members.left_at is not null",
        )
        .bind(thread.id)
        .bind(user)
        .bind(thread.last_seq)
        .bind(now)
        .execute()
        .await?;
    Ok(changed == 1)
}

/// Somebody leaves. `false`: they are not in it.
pub async fn leave(
    tx: &mut Tx,
    thread: InternalThreadId,
    user: UserId,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let changed = tx
        .query(
            "update internal_thread_members set left_at = $3
             where thread_id = $1 and user_id = $2 and left_at is null",
        )
        .bind(thread)
        .bind(user)
        .bind(now)
        .execute()
        .await?;
    Ok(changed == 1)
}

/// Remembers how far somebody has read; never goes back.
pub async fn mark_read(tx: &mut Tx, thread: InternalThreadId, user: UserId, seq: i64) -> Result<(), StoreError> {
    tx.query(
        "update internal_thread_members set last_read_seq = $3
         where thread_id = $1 and user_id = $2 and last_read_seq < $3",
    )
    .bind(thread)
    .bind(user)
    .bind(seq)
    .execute()
    .await
    .map(drop)
}

/// Writes a message, and that the thread goes as far. To be called under the thread's lock.
pub async fn insert_message(tx: &mut Tx, row: &InternalMessageRow) -> Result<(), StoreError> {
    tx.query(
        "insert into internal_messages (id, thread_id, seq, author_id, author_name, text, mentions, conversation_id,
                client_message_id, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(row.id)
    .bind(row.thread_id)
    .bind(row.seq)
    .bind(row.author_id)
    .bind(row.author_name.as_str())
    .bind(row.text.as_str())
    .bind(row.mentions.clone())
    .bind(row.conversation_id)
    .bind(row.client_message_id)
    .bind(row.created_at)
    .execute()
    .await?;
    tx.query("update internal_threads set last_seq = $2, last_message_at = $3 where id = $1")
        .bind(row.thread_id)
        .bind(row.seq)
        .bind(row.created_at)
        .execute()
        .await
        .map(drop)
}

/// What somebody said under a name of their own.
pub async fn message_by_client_id(
    tx: &mut Tx,
    thread: InternalThreadId,
    author: UserId,
    client_message_id: Uuid,
) -> Result<Option<InternalMessageRow>, StoreError> {
    tx.query(
        "select id, thread_id, seq, author_id, author_name, text, mentions, conversation_id, client_message_id, created_at
         from internal_messages where thread_id = $1 and author_id = $2 and client_message_id = $3",
    )
    .bind(thread)
    .bind(author)
    .bind(client_message_id)
    .optional()
    .await
}

/// Messages between two places of a thread, the newest `limit` of them, in order.
pub async fn messages_before(
    tx: &mut Tx,
    thread: InternalThreadId,
    before: i64,
    limit: i64,
) -> Result<Vec<InternalMessageRow>, StoreError> {
    let mut rows: Vec<InternalMessageRow> = tx
        .query(
            "select id, thread_id, seq, author_id, author_name, text, mentions, conversation_id, client_message_id,
                    created_at
             from internal_messages where thread_id = $1 and seq < $2 order by seq desc limit $3",
        )
        .bind(thread)
        .bind(before)
        .bind(limit)
        .all()
        .await?;
    rows.reverse();
    Ok(rows)
}

/// Messages after a place of a thread, in order.
pub async fn messages_after(
    tx: &mut Tx,
    thread: InternalThreadId,
    after: i64,
    limit: i64,
) -> Result<Vec<InternalMessageRow>, StoreError> {
    tx.query(
        "select id, thread_id, seq, author_id, author_name, text, mentions, conversation_id, client_message_id, created_at
         from internal_messages where thread_id = $1 and seq > $2 order by seq limit $3",
    )
    .bind(thread)
    .bind(after)
    .bind(limit)
    .all()
    .await
}

/// The newest message of each of these threads.
pub async fn newest(tx: &mut Tx, threads: &[InternalThreadId]) -> Result<Vec<InternalMessageRow>, StoreError> {
    tx.query_for(
        "select m.id, m.thread_id, m.seq, m.author_id, m.author_name, m.text, m.mentions, m.conversation_id,
                m.client_message_id, m.created_at
         from internal_threads t join internal_messages m on m.thread_id = t.id and m.seq = t.last_seq
         where t.id in (select unhex(value ->> 0) from json_each($1))",
        "select m.id, m.thread_id, m.seq, m.author_id, m.author_name, m.text, m.mentions, m.conversation_id,
                m.client_message_id, m.created_at
         from internal_threads t join internal_messages m on m.thread_id = t.id and m.seq = t.last_seq
         where t.id = any($1::uuid[])",
    )
    .bind_batch(Batch::new().ids(threads.iter().copied()))
    .all()
    .await
}
