//! The audit log. Rows are appended, never changed; those of an account chain by hash.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use patchbay_core::audit::{AuditEntry, Outcome};
use patchbay_core::ids::{AccountId, ActorId, AuditId, ConversationId, TeamId, TicketId};
use patchbay_core::redaction::sink;
use serde_json::Value;
use uuid::Uuid;

use crate::batch::Batch;
use crate::chains::{self, Log};
use crate::db::Engine;
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
    append_all(tx, &[entry], BTreeMap::from([(chains::key(entry.account_id), head)])).await?;
    Ok(entry.id)
}

/// Appends entries to their accounts' chains in this order. The chains are locked, and `heads` says what they end with.
pub(crate) async fn append_all(
    tx: &mut Tx,
    entries: &[&AuditEntry],
    mut heads: BTreeMap<AccountId, Option<String>>,
) -> Result<(), StoreError> {
    let rows: Vec<AuditRow> = entries
        .iter()
        .map(|entry| {
            let head = heads.entry(chains::key(entry.account_id)).or_default();
            // Here and nowhere else, whoever writes: what is kept for good holds nobody's number.
            let entry = AuditEntry {
                payload: sink::value(&entry.payload),
                changes: entry.changes.as_ref().map(sink::value),
                ..(*entry).clone()
            };
            let hash = entry.hash(head.as_deref());
            AuditRow { entry, prev_hash: head.replace(hash.clone()), hash }
        })
        .collect();
    let all = || rows.iter().map(|row| &row.entry);
    let kept = Batch::new()
        .ids(all().map(|entry| entry.id))
        .optional_ids(all().map(|entry| entry.ticket_id))
        .optional_ids(all().map(|entry| entry.conversation_id))
        .optional_ids(all().map(|entry| entry.account_id))
        .texts(all().map(|entry| entry.actor_type.as_str()))
        .ids(all().map(|entry| entry.actor_id))
        .texts(all().map(|entry| entry.actor_role.as_str()))
        .optional_ids(all().map(|entry| entry.on_behalf_of))
        .texts(all().map(|entry| entry.tool_name.as_str()))
        .optional_texts(all().map(|entry| entry.request_id.as_deref()))
        .texts(all().map(|entry| entry.correlation_id.as_str()))
        .optional_texts(all().map(|entry| entry.before_state.as_deref()))
        .optional_texts(all().map(|entry| entry.after_state.as_deref()))
        .optional_integers(all().map(|entry| entry.ticket_version))
        .texts(all().map(|entry| entry.outcome.as_str()))
        .optional_texts(all().map(|entry| entry.error_code.as_deref()))
        .texts(all().map(|entry| entry.payload.to_string()))
        .optional_texts(all().map(|entry| entry.changes.as_ref().map(Value::to_string)))
        .optional_texts(rows.iter().map(|row| row.prev_hash.as_deref()))
        .texts(rows.iter().map(|row| row.hash.as_str()))
        .times(all().map(|entry| entry.created_at));
    let newest = Batch::new().ids(heads.keys().copied()).optional_texts(heads.values().map(Option::as_deref));
    let last = match tx.engine() {
        Engine::Sqlite => {
            tx.query_sqlite(
                "insert into audit_events (id, ticket_id, conversation_id, account_id, actor_type, actor_id, actor_role,
                        on_behalf_of, tool_name, request_id, correlation_id, before_state, after_state, ticket_version,
                        outcome, error_code, payload, changes, prev_hash, hash, created_at)
                 values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)",
            )
            .bind_each(kept)
            .execute()
            .await?;
            tx.query_sqlite("update audit_heads set hash = $2 where account_id = $1").bind_each(newest)
        }
        Engine::Postgres => tx
            .query_postgres(
                "with kept as (
                     insert into audit_events (id, ticket_id, conversation_id, account_id, actor_type, actor_id, actor_role,
                            on_behalf_of, tool_name, request_id, correlation_id, before_state, after_state, ticket_version,
                            outcome, error_code, payload, changes, prev_hash, hash, created_at)
                     select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::uuid[],
                                          $7::text[], $8::uuid[], $9::text[], $10::text[], $11::text[], $12::text[],
                                          $13::text[], $14::bigint[], $15::text[], $16::text[], $17::text[],
                                          $18::text[], $19::text[], $20::text[], $21::timestamptz[])
                 )
                 update audit_heads set hash = newest.hash
                 from unnest($22::uuid[], $23::text[]) as newest (account_id, hash)
                 where audit_heads.account_id = newest.account_id",
            )
            .bind_batch(kept)
            .bind_batch(newest),
    };
    last.execute().await.map(drop)
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
