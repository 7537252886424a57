//! The audit log. Rows are appended, never changed; those of an account chain by hash.

use chrono::{DateTime, Utc};
use patchbay_core::audit::{AuditEntry, Outcome};
use patchbay_core::ids::{AccountId, ActorId, AuditId, ConversationId, TeamId, TicketId};
use patchbay_core::redaction::sink;
use uuid::Uuid;

use crate::batch::Batch;
use crate::chains::{self, Log};
use crate::error::StoreError;
use crate::row::{Record, Row};
use crate::tx::Tx;

crate::stored_words!(Outcome);

/// An entry as it is stored.
#[derive(Clone, Debug)]
pub struct AuditRow {
    /// The entry.
    pub entry: AuditEntry,
    /// Hash of the entry before it in its account's chain.
    pub prev_hash: Option<String>,
    /// Its own hash.
    pub hash: String,
}

impl Record for AuditRow {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            entry: AuditEntry {
                id: row.get("id")?,
                ticket_id: row.get("ticket_id")?,
                conversation_id: row.get("conversation_id")?,
                account_id: row.get("account_id")?,
                actor_type: row.get("actor_type")?,
                actor_id: row.get("actor_id")?,
                actor_role: row.get("actor_role")?,
                on_behalf_of: row.get("on_behalf_of")?,
                tool_name: row.get("tool_name")?,
                request_id: row.get("request_id")?,
                correlation_id: row.get("correlation_id")?,
                before_state: row.get("before_state")?,
                after_state: row.get("after_state")?,
                ticket_version: row.get("ticket_version")?,
                outcome: row.get("outcome")?,
                error_code: row.get("error_code")?,
                payload: row.get("payload")?,
                changes: row.get("changes")?,
                created_at: row.get("created_at")?,
            },
            prev_hash: row.get("prev_hash")?,
            hash: row.get("hash")?,
        })
    }
}

/// Appends an entry to its account's chain. The chain stays locked until the transaction ends: append late.
pub async fn append(tx: &mut Tx, entry: &AuditEntry) -> Result<AuditId, StoreError> {
    let head = chains::lock(tx, Log::Audit, entry.account_id).await?;
    append_after(tx, entry, head.as_deref()).await?;
    Ok(entry.id)
}

/// Appends an entry to its account's chain, which is locked and ends with `previous`.
pub(crate) async fn append_after(tx: &mut Tx, entry: &AuditEntry, previous: Option<&str>) -> Result<(), StoreError> {
    // Here and nowhere else, whoever writes: what is kept for good holds nobody's number.
    let entry = &AuditEntry {
        payload: sink::value(&entry.payload),
        changes: entry.changes.as_ref().map(sink::value),
        ..entry.clone()
    };
    let hash = entry.hash(previous);
    tx.query_for(
        "insert into audit_events (id, ticket_id, conversation_id, account_id, actor_type, actor_id, actor_role,
                on_behalf_of, tool_name, request_id, correlation_id, before_state, after_state, ticket_version, outcome,
                error_code, payload, changes, prev_hash, hash, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21);
         update audit_heads set hash = $20 where account_id = $22",
        "with entry as (
             insert into audit_events (id, ticket_id, conversation_id, account_id, actor_type, actor_id, actor_role,
                    on_behalf_of, tool_name, request_id, correlation_id, before_state, after_state, ticket_version,
                    outcome, error_code, payload, changes, prev_hash, hash, created_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)
         )
         update audit_heads set hash = $20 where account_id = $22",
    )
    .bind(entry.id)
    .bind(entry.ticket_id)
    .bind(entry.conversation_id)
    .bind(entry.account_id)
    .bind(entry.actor_type)
    .bind(entry.actor_id)
    .bind(entry.actor_role)
    .bind(entry.on_behalf_of)
    .bind(entry.tool_name.as_str())
    .bind(entry.request_id.as_deref())
    .bind(entry.correlation_id.as_str())
    .bind(entry.before_state.as_deref())
    .bind(entry.after_state.as_deref())
    .bind(entry.ticket_version)
    .bind(entry.outcome)
    .bind(entry.error_code.as_deref())
    .bind(entry.payload.clone())
    .bind(entry.changes.clone())
    .bind(previous)
    .bind(hash.as_str())
    .bind(entry.created_at)
    .bind(chains::key(entry.account_id))
    .execute()
    .await
    .map(drop)
}

/// What happened to a ticket, oldest first: everything that was done, and attempts to record the same request again.
/// Other refusals are kept in the log but are no part of the ticket's story.
pub async fn of_ticket(
    tx: &mut Tx,
    ticket: TicketId,
    after: Option<(DateTime<Utc>, AuditId)>,
    limit: i64,
) -> Result<Vec<AuditRow>, StoreError> {
    let (time, id) = after.unwrap_or((DateTime::UNIX_EPOCH, AuditId(Uuid::nil())));
    tx.query(
        "select id, ticket_id, conversation_id, account_id, actor_type, actor_id, actor_role, on_behalf_of, tool_name,
                request_id, correlation_id, before_state, after_state, ticket_version, outcome, error_code, payload,
                changes, prev_hash, hash, created_at
         from audit_events
         where ticket_id = $1 and (outcome = 'success' or error_code = 'DUPLICATE_INTAKE')
           and (created_at, id) > ($2, $3)
         order by created_at, id limit $4",
    )
    .bind(ticket)
    .bind(time)
    .bind(id)
    .bind(limit)
    .all()
    .await
}

/// How much [`of_ticket`] tells.
pub async fn count_of_ticket(tx: &mut Tx, ticket: TicketId) -> Result<i64, StoreError> {
    tx.query(
        "select count(*) from audit_events
         where ticket_id = $1 and (outcome = 'success' or error_code = 'DUPLICATE_INTAKE')",
    )
    .bind(ticket)
    .scalar()
    .await
}

/// The latest of what [`of_ticket`] tells, newest first.
pub async fn latest_of_ticket(tx: &mut Tx, ticket: TicketId, limit: i64) -> Result<Vec<AuditRow>, StoreError> {
    tx.query(
        "select id, ticket_id, conversation_id, account_id, actor_type, actor_id, actor_role, on_behalf_of, tool_name,
                request_id, correlation_id, before_state, after_state, ticket_version, outcome, error_code, payload,
                changes, prev_hash, hash, created_at
         from audit_events
         where ticket_id = $1 and (outcome = 'success' or error_code = 'DUPLICATE_INTAKE')
         order by created_at desc, id desc limit $2",
    )
    .bind(ticket)
    .bind(limit)
    .all()
    .await
}

/// Entries of an account's chain (or of the chain of no account), in the order of their ids, after `after`. Their order
/// in the chain is that of the hashes: ids of two nodes may be made in another order than they are appended.
pub async fn of_account(
    tx: &mut Tx,
    account: Option<AccountId>,
    after: AuditId,
    limit: i64,
) -> Result<Vec<AuditRow>, StoreError> {
    tx.query(
        "select id, ticket_id, conversation_id, account_id, actor_type, actor_id, actor_role, on_behalf_of, tool_name,
                request_id, correlation_id, before_state, after_state, ticket_version, outcome, error_code, payload,
                changes, prev_hash, hash, created_at
         from audit_events
         where (account_id = $1 or ($1 is null and account_id is null)) and id > $2 order by id limit $3",
    )
    .bind(account)
    .bind(after)
    .bind(limit)
    .all()
    .await
}

/// Which entries of the log are wanted.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// What was done begins with this.
    pub tool: Option<String>,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// Who did it.
    pub actor: Option<ActorId>,
    /// About this ticket.
    pub ticket: Option<TicketId>,
    /// About this conversation.
    pub conversation: Option<ConversationId>,
    /// About conversations of these teams, of none, or about no conversation; `None`: all.
    pub teams: Option<Vec<TeamId>>,
    /// Of these accounts, or of none; `None`: of all.
    pub accounts: Option<Vec<AccountId>>,
}

/// Entries of the log, newest first, before `before`.
pub async fn page(
    tx: &mut Tx,
    filter: &AuditFilter,
    before: Option<AuditId>,
    limit: i64,
) -> Result<Vec<AuditRow>, StoreError> {
    tx.query_for(
        "select id, ticket_id, conversation_id, account_id, actor_type, actor_id, actor_role, on_behalf_of, tool_name,
                request_id, correlation_id, before_state, after_state, ticket_version, outcome, error_code, payload,
                changes, prev_hash, hash, created_at
         from audit_events a
         where ($1 is null or id < $1) and ($2 is null or substr(tool_name, 1, length($2)) = $2)
           and ($3 is null or outcome = $3) and ($4 is null or actor_id = $4) and ($5 is null or ticket_id = $5)
           and ($6 is null or conversation_id = $6)
           and ($7 or conversation_id is null or exists (
                select 1 from conversations c where c.id = a.conversation_id
                  and (c.team_id is null or c.team_id in (select unhex(value ->> 0) from json_each($8)))))
           and ($9 or account_id is null or account_id in (select unhex(value ->> 0) from json_each($10)))
         order by id desc limit $11",
        "select id, ticket_id, conversation_id, account_id, actor_type, actor_id, actor_role, on_behalf_of, tool_name,
                request_id, correlation_id, before_state, after_state, ticket_version, outcome, error_code, payload,
                changes, prev_hash, hash, created_at
         from audit_events a
         where ($1::uuid is null or id < $1) and ($2::text is null or substr(tool_name, 1, length($2)) = $2)
           and ($3::text is null or outcome = $3) and ($4::uuid is null or actor_id = $4)
           and ($5::uuid is null or ticket_id = $5) and ($6::uuid is null or conversation_id = $6)
           and ($7::boolean or conversation_id is null or exists (
                select 1 from conversations c where c.id = a.conversation_id
                  and (c.team_id is null or c.team_id = any($8::uuid[]))))
           and ($9::boolean or account_id is null or account_id = any($10::uuid[]))
         order by id desc limit $11",
    )
    .bind(before)
    .bind(filter.tool.clone())
    .bind(filter.outcome)
    .bind(filter.actor)
    .bind(filter.ticket)
    .bind(filter.conversation)
    .bind(filter.teams.is_none())
    .bind_batch(Batch::new().ids(filter.teams.iter().flatten().copied()))
    .bind(filter.accounts.is_none())
    .bind_batch(Batch::new().ids(filter.accounts.iter().flatten().copied()))
    .bind(limit)
    .all()
    .await
}

/// What others than people did or tried to do with a ticket, oldest first, at most `limit`.
pub async fn of_automation(tx: &mut Tx, ticket: TicketId, limit: i64) -> Result<Vec<AuditRow>, StoreError> {
    tx.query(
        "select id, ticket_id, conversation_id, account_id, actor_type, actor_id, actor_role, on_behalf_of, tool_name,
                request_id, correlation_id, before_state, after_state, ticket_version, outcome, error_code, payload,
                changes, prev_hash, hash, created_at
         from audit_events
         where ticket_id = $1 and actor_type <> 'HUMAN'
         order by created_at, id limit $2",
    )
    .bind(ticket)
    .bind(limit)
    .all()
    .await
}
