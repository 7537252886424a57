//! Calls of tools. Rows are appended, never changed; those of an account chain by hash.

mod together;
mod trim;

use chrono::{DateTime, Utc};
use patchbay_core::ids::{AccountId, ActorId, ConversationId, ToolCallId, ToolDraftId};
use patchbay_core::redaction::sink;
use patchbay_core::tool::invocation::{CallDecision, Invocation, Phase};

use crate::chains::{self, Log};
use crate::error::StoreError;
use crate::row::{Record, Row};
use crate::tx::Tx;

pub use together::{Ends, Written, append_all};
pub use trim::{Trimmed, begins_after, trim};

crate::stored_words!(Phase);
crate::stored_words!(CallDecision);

/// A row as it is stored.
#[derive(Clone, Debug)]
pub struct InvocationRow {
    /// The row.
    pub invocation: Invocation,
    /// Hash of the row before it in its account's chain.
    pub prev_hash: Option<String>,
    /// Its own hash.
    pub hash: String,
}

impl Record for InvocationRow {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            invocation: Invocation {
                id: row.get("id")?,
                call_id: row.get("call_id")?,
                phase: row.get("phase")?,
                account_id: row.get("account_id")?,
                conversation_id: row.get("conversation_id")?,
                actor_id: row.get("actor_id")?,
                actor_role: row.get("actor_role")?,
                tool: row.get("tool")?,
                decision: row.get("decision")?,
                code: row.get("code")?,
                draft_id: row.get("draft_id")?,
                details: row.get("details")?,
                at: row.get("created_at")?,
            },
            prev_hash: row.get("prev_hash")?,
            hash: row.get("hash")?,
        })
    }
}

/// Appends a row to its account's chain. The chain stays locked until the transaction ends: append late.
pub async fn append(tx: &mut Tx, row: &Invocation) -> Result<(), StoreError> {
    let head = chains::lock(tx, Log::Calls, row.account_id).await?;
    let row = &kept(row);
    let hash = row.hash(head.as_deref());
    tx.query(
        "insert into tool_invocations (id, call_id, phase, account_id, conversation_id, actor_id, actor_role, tool,
                decision, code, draft_id, details, prev_hash, hash, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
    )
    .bind(row.id)
    .bind(row.call_id)
    .bind(row.phase)
    .bind(row.account_id)
    .bind(row.conversation_id)
    .bind(row.actor_id)
    .bind(row.actor_role)
    .bind(row.tool.as_str())
    .bind(row.decision)
    .bind(row.code.as_deref())
    .bind(row.draft_id)
    .bind(row.details.clone())
    .bind(head.as_deref())
    .bind(hash.as_str())
    .bind(row.at)
    .execute()
    .await?;
    tx.query("update tool_invocation_heads set hash = $2 where account_id = $1")
        .bind(chains::key(row.account_id))
        .bind(hash.as_str())
        .execute()
        .await
        .map(drop)
}

/// A row as it is kept. A tool that is none is kept as it was asked for; what was asked for may be anything.
fn kept(row: &Invocation) -> Invocation {
    Invocation { tool: sink::text(&row.tool).into_owned(), ..row.clone() }
}

/// Which rows a list shows.
#[derive(Clone, Debug, Default)]
pub struct InvocationFilter {
    /// Only of this conversation.
    pub conversation: Option<ConversationId>,
    /// Only of this tool.
    pub tool: Option<String>,
    /// Only of this caller.
    pub actor: Option<ActorId>,
    /// Only with this decision.
    pub decision: Option<CallDecision>,
    /// Only about this draft.
    pub draft: Option<ToolDraftId>,
    /// Only older than this one.
    pub before: Option<ToolCallId>,
}

/// Rows that end a call, and intents whose call has not ended; newest first.
pub async fn page(tx: &mut Tx, filter: &InvocationFilter, limit: i64) -> Result<Vec<InvocationRow>, StoreError> {
    tx.query(
        "select i.id, i.call_id, i.phase, i.account_id, i.conversation_id, i.actor_id, i.actor_role, i.tool, i.decision,
                i.code, i.draft_id, i.details, i.prev_hash, i.hash, i.created_at
         from tool_invocations i
         where ($1 is null or i.conversation_id = $1) and ($2 is null or i.tool = $2) and ($3 is null or i.actor_id = $3)
           and ($4 is null or i.decision = $4) and ($5 is null or i.draft_id = $5) and ($6 is null or i.id < $6)
           and (i.phase = 'done'
                or not exists (select 1 from tool_invocations d where d.call_id = i.call_id and d.phase = 'done'))
         order by i.id desc limit $7",
    )
    .bind(filter.conversation)
    .bind(filter.tool.as_deref())
    .bind(filter.actor)
    .bind(filter.decision)
    .bind(filter.draft)
    .bind(filter.before)
    .bind(limit)
    .all()
    .await
}

/// How many calls were made in a conversation since `since`, counted no further than `most`.
pub async fn count_since(
    tx: &mut Tx,
    conversation: ConversationId,
    since: DateTime<Utc>,
    most: i64,
) -> Result<i64, StoreError> {
    tx.query(
        "select count(*) from (select id from tool_invocations
                               where conversation_id = $1 and created_at > $2 and phase = 'done' limit $3) as counted",
    )
    .bind(conversation)
    .bind(since)
    .bind(most)
    .scalar()
    .await
}

/// Rows of an account's chain (or of the chain of no account), in the order of their ids, after `after`.
pub async fn of_account(
    tx: &mut Tx,
    account: Option<AccountId>,
    after: ToolCallId,
    limit: i64,
) -> Result<Vec<InvocationRow>, StoreError> {
    tx.query(
        "select id, call_id, phase, account_id, conversation_id, actor_id, actor_role, tool, decision, code, draft_id,
                details, prev_hash, hash, created_at
         from tool_invocations
         where (account_id = $1 or ($1 is null and account_id is null)) and id > $2 order by id limit $3",
    )
    .bind(account)
    .bind(after)
    .bind(limit)
    .all()
    .await
}
