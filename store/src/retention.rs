//! Runs of retention policies, what is due for them, and what lies in the archive.

use chrono::{DateTime, Utc};
use patchbay_core::ids::{ActorId, ConversationId, RetentionRunId};
use patchbay_core::retention::{RetentionPolicy, RetentionState};
use uuid::Uuid;

use crate::batch::Batch;
use crate::error::StoreError;
use crate::record;
use crate::stored_words;
use crate::tx::Tx;

stored_words!(RetentionPolicy, RetentionState);

record! {
    /// A run of a policy.
    #[derive(Clone, Debug)]
    pub struct RunRow {
        /// Our id.
        pub id: RetentionRunId,
        /// Of what.
        pub policy: RetentionPolicy,
        /// Whether it only counts.
        pub dry_run: bool,
        /// Where it stands.
        pub state: RetentionState,
        /// What is older goes.
        pub cutoff_at: DateTime<Utc>,
        /// Where it goes on.
        pub cursor: Option<String>,
        /// How much was due when it began.
        pub expected: i64,
        /// How much it looked at.
        pub seen: i64,
        /// How much went.
        pub done: i64,
        /// How much was put into the archive.
        pub bytes: i64,
        /// Why it could not go on.
        pub error: Option<String>,
        /// Who began it.
        pub started_by: ActorId,
        /// When.
        pub created_at: DateTime<Utc>,
        /// When it last went on.
        pub updated_at: DateTime<Utc>,
        /// When it ended.
        pub finished_at: Option<DateTime<Utc>>,
    }
}

/// Begins a run. `false`: one of the same policy goes on.
pub async fn insert_run(tx: &mut Tx, row: &RunRow) -> Result<bool, StoreError> {
    let inserted = tx
        .query(
            "insert into retention_runs (id, policy, dry_run, state, cutoff_at, cursor, expected, seen, done, bytes,
                    started_by, created_at, updated_at, finished_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
             on conflict do nothing",
        )
        .bind(row.id)
        .bind(row.policy)
        .bind(row.dry_run)
        .bind(row.state)
        .bind(row.cutoff_at)
        .bind(row.cursor.clone())
        .bind(row.expected)
        .bind(row.seen)
        .bind(row.done)
        .bind(row.bytes)
        .bind(row.started_by)
        .bind(row.created_at)
        .bind(row.updated_at)
        .bind(row.finished_at)
        .execute()
        .await?;
    Ok(inserted == 1)
}

/// One run.
pub async fn run(tx: &mut Tx, id: RetentionRunId) -> Result<Option<RunRow>, StoreError> {
    tx.query(
        "select id, policy, dry_run, state, cutoff_at, cursor, expected, seen, done, bytes, error, started_by, created_at,
                updated_at, finished_at
         from retention_runs where id = $1",
    )
    .bind(id)
    .optional()
    .await
}

/// Runs, the newest first, before `before`.
pub async fn runs(
    tx: &mut Tx,
    policy: Option<RetentionPolicy>,
    before: Option<RetentionRunId>,
    limit: i64,
) -> Result<Vec<RunRow>, StoreError> {
    tx.query_for(
        "select id, policy, dry_run, state, cutoff_at, cursor, expected, seen, done, bytes, error, started_by, created_at,
                updated_at, finished_at
         from retention_runs
         where ($1 is null or policy = $1) and ($2 is null or id < $2) order by id desc limit $3",
        "select id, policy, dry_run, state, cutoff_at, cursor, expected, seen, done, bytes, error, started_by, created_at,
                updated_at, finished_at
         from retention_runs
         where ($1::text is null or policy = $1) and ($2::uuid is null or id < $2) order by id desc limit $3",
    )
    .bind(policy)
    .bind(before)
    .bind(limit)
    .all()
    .await
}

/// Writes how far a run is, if it still goes on. `false`: somebody ended it.
pub async fn put_run(tx: &mut Tx, row: &RunRow) -> Result<bool, StoreError> {
    let changed = tx
        .query(
            "update retention_runs
             set state = $2, cursor = $3, seen = $4, done = $5, bytes = $6, error = $7, updated_at = $8, finished_at = $9
             where id = $1 and state = 'running'",
        )
        .bind(row.id)
        .bind(row.state)
        .bind(row.cursor.clone())
        .bind(row.seen)
        .bind(row.done)
        .bind(row.bytes)
        .bind(row.error.clone())
        .bind(row.updated_at)
        .bind(row.finished_at)
        .execute()
        .await?;
    Ok(changed == 1)
}

/// How much is due for a policy: conversations for messages, rows for the others.
pub async fn count_due(tx: &mut Tx, policy: RetentionPolicy, cutoff: DateTime<Utc>) -> Result<i64, StoreError> {
    match policy {
        RetentionPolicy::Messages => {
            tx.query(
                "select count(*) as due from conversations v
                 where v.closed_at is not null and v.closed_at < $1
                   and not exists (select 1 from archived_conversations a where a.conversation_id = v.id)",
            )
            .bind(cutoff)
            .scalar()
            .await
        }
        RetentionPolicy::ConversationEvents => {
            tx.query("select count(*) as due from conversation_events where created_at < $1")
                .bind(cutoff)
                .scalar()
                .await
        }
        RetentionPolicy::InternalChat => {
            tx.query("select count(*) as due from internal_messages where created_at < $1").bind(cutoff).scalar().await
        }
        RetentionPolicy::AutomationRuns => {
            tx.query("select count(*) as due from automation_runs where created_at < $1").bind(cutoff).scalar().await
        }
        RetentionPolicy::ToolCalls => {
            tx.query("select count(*) as due from tool_invocations where created_at < $1").bind(cutoff).scalar().await
        }
    }
}

record! {
    /// A conversation that ended long ago.
    #[derive(Clone, Copy, Debug)]
    pub struct DueConversation {
        /// Which.
        pub id: ConversationId,
        /// When it ended.
        pub closed_at: DateTime<Utc>,
    }
}

/// Conversations that ended before `cutoff` and are not in the archive, after one of them, in the order of their ends.
pub async fn due_conversations(
    tx: &mut Tx,
    cutoff: DateTime<Utc>,
    (at, id): (DateTime<Utc>, ConversationId),
    limit: i64,
) -> Result<Vec<DueConversation>, StoreError> {
    tx.query(
        "select v.id, v.closed_at from conversations v
         where v.closed_at is not null and v.closed_at < $1 and v.closed_at >= $2 and (v.closed_at, v.id) > ($2, $3)
           and v.status = 'closed'
           and not exists (select 1 from archived_conversations a where a.conversation_id = v.id)
         order by v.closed_at, v.id limit $4",
    )
    .bind(cutoff)
    .bind(at)
    .bind(id)
    .bind(limit)
    .all()
    .await
}

record! {
    /// What lies in the archive of one conversation.
    #[derive(Clone, Debug)]
    pub struct ArchivedRow {
        /// Which conversation.
        pub conversation_id: ConversationId,
        /// Where it lies.
        pub object_key: String,
        /// How many messages.
        pub messages: i64,
        /// How large it is.
        pub bytes: i64,
        /// What it is known by.
        pub sha256: String,
        /// When it was put there.
        pub archived_at: DateTime<Utc>,
    }
}

/// Remembers what lies in the archive. `false`: it was known.
pub async fn insert_archived(tx: &mut Tx, row: &ArchivedRow) -> Result<bool, StoreError> {
    let inserted = tx
        .query(
            "insert into archived_conversations (conversation_id, object_key, messages, bytes, sha256, archived_at)
             values ($1, $2, $3, $4, $5, $6) on conflict (conversation_id) do nothing",
        )
        .bind(row.conversation_id)
        .bind(row.object_key.as_str())
        .bind(row.messages)
        .bind(row.bytes)
        .bind(row.sha256.as_str())
        .bind(row.archived_at)
        .execute()
        .await?;
    Ok(inserted == 1)
}

/// What lies in the archive of a conversation.
pub async fn archived(tx: &mut Tx, conversation: ConversationId) -> Result<Option<ArchivedRow>, StoreError> {
    tx.query(
        "select conversation_id, object_key, messages, bytes, sha256, archived_at
         from archived_conversations where conversation_id = $1",
    )
    .bind(conversation)
    .optional()
    .await
}

/// What lies in the archive of several.
pub async fn archived_of(tx: &mut Tx, conversations: &[ConversationId]) -> Result<Vec<ArchivedRow>, StoreError> {
    tx.query_for(
        "select conversation_id, object_key, messages, bytes, sha256, archived_at from archived_conversations
         where conversation_id in (select unhex(value ->> 0) from json_each($1))",
        "select conversation_id, object_key, messages, bytes, sha256, archived_at from archived_conversations
         where conversation_id = any($1::uuid[])",
    )
    .bind_batch(Batch::new().ids(conversations.iter().copied()))
    .all()
    .await
}

/// Forgets what lay in the archive of a conversation: it is gone.
pub async fn forget_archived(tx: &mut Tx, conversation: ConversationId) -> Result<(), StoreError> {
    tx.query("delete from archived_conversations where conversation_id = $1")
        .bind(conversation)
        .execute()
        .await
        .map(drop)
}

/// Takes out of the rows of a conversation's messages what lies in the archive now. Their keys stay: what comes again is
/// still known.
pub async fn empty_messages(tx: &mut Tx, conversation: ConversationId) -> Result<u64, StoreError> {
    tx.query(
        "update messages
         set text = null, content = '{\"media\":[],\"metadata\":{}}', metadata = '{\"archived\":true}',
             version = version + 1
         where conversation_id = $1",
    )
    .bind(conversation)
    .execute()
    .await
}

record! {
    /// A row that may be due.
    #[derive(Clone, Copy, Debug)]
    pub struct AgedRow {
        /// Its id.
        pub id: Uuid,
        /// When it was written.
        pub created_at: DateTime<Utc>,
    }
}

/// The next rows of what is only removed, in the order of their ids, which is nearly that of their age. Calls of tools are
/// chains, and go by their own way: [`crate::tool_invocations::trim`].
pub async fn next_aged(
    tx: &mut Tx,
    policy: RetentionPolicy,
    after: Uuid,
    limit: i64,
) -> Result<Vec<AgedRow>, StoreError> {
    match policy {
        RetentionPolicy::Messages | RetentionPolicy::ToolCalls => Ok(Vec::new()),
        RetentionPolicy::ConversationEvents => {
            tx.query("select id, created_at from conversation_events where id > $1 order by id limit $2")
                .bind(after)
                .bind(limit)
                .all()
                .await
        }
        RetentionPolicy::InternalChat => {
            tx.query("select id, created_at from internal_messages where id > $1 order by id limit $2")
                .bind(after)
                .bind(limit)
                .all()
                .await
        }
        RetentionPolicy::AutomationRuns => {
            tx.query("select id, created_at from automation_runs where id > $1 order by id limit $2")
                .bind(after)
                .bind(limit)
                .all()
                .await
        }
    }
}

/// Removes rows.
pub async fn remove(tx: &mut Tx, policy: RetentionPolicy, ids: &[Uuid]) -> Result<u64, StoreError> {
    let batch = Batch::new().ids(ids.iter().copied());
    match policy {
        RetentionPolicy::Messages | RetentionPolicy::ToolCalls => Ok(0),
        RetentionPolicy::ConversationEvents => {
            tx.query_for(
                "delete from conversation_events where id in (select unhex(value ->> 0) from json_each($1))",
                "delete from conversation_events where id = any($1::uuid[])",
            )
            .bind_batch(batch)
            .execute()
            .await
        }
        RetentionPolicy::InternalChat => {
            tx.query_for(
                "delete from internal_messages where id in (select unhex(value ->> 0) from json_each($1))",
                "delete from internal_messages where id = any($1::uuid[])",
            )
            .bind_batch(batch)
            .execute()
            .await
        }
        RetentionPolicy::AutomationRuns => {
            tx.query_for(
                "delete from automation_runs where id in (select unhex(value ->> 0) from json_each($1))",
                "delete from automation_runs where id = any($1::uuid[])",
            )
            .bind_batch(batch)
            .execute()
            .await
        }
    }
}
