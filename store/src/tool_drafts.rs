//! Drafts of assistants. Every change of state compares and sets: of two that race, one wins.

use chrono::{DateTime, Utc};
use patchbay_core::ids::{AccountId, ActorId, ContactId, ConversationId, MessageId, TicketId, ToolDraftId};
use patchbay_core::role::Role;
use patchbay_core::tool::{DraftState, Plan};
use serde_json::Value;
use uuid::Uuid;

use crate::error::StoreError;
use crate::record;
use crate::tx::Tx;

crate::stored_words!(DraftState);
crate::stored_words!(Plan);

record! {
    /// A draft as it is stored.
    #[derive(Clone, Debug)]
    pub struct DraftRow {
        /// Our id.
        pub id: ToolDraftId,
        /// The tool that made it.
        pub tool: String,
        /// Conversation it belongs to.
        pub conversation_id: ConversationId,
        /// Customer it is bound to.
        pub contact_id: ContactId,
        /// Address the proof must come from.
        pub contact_address: String,
        /// Account of that customer.
        pub account_id: Option<AccountId>,
        /// Who asked for it.
        pub requested_by: ActorId,
        /// As what.
        pub requested_role: Role,
        /// What is to be done, in canonical form.
        pub payload: Value,
        /// Hash of tool, payload and policy.
        pub payload_hash: String,
        /// Policy under which it was made.
        pub policy_version: i64,
        /// Which proofs it needs.
        pub plan: Plan,
        /// Where it stands.
        pub state: DraftState,
        /// How much, in minor units.
        pub amount_minor: Option<i64>,
        /// Of which currency.
        pub currency: Option<String>,
        /// `{"score","marks"}`.
        pub suspicion: Value,
        /// The caller's key.
        pub request_key: Option<Uuid>,
        /// Hash of what was asked with it.
        pub request_hash: String,
        /// What the other system calls it.
        pub external_id: Option<String>,
        /// What the other system calls what came of it.
        pub reference: Option<String>,
        /// Why it did not come to anything.
        pub failure: Option<String>,
        /// The question to the customer.
        pub question_message_id: Option<MessageId>,
        /// Keyed hash of the code in it.
        pub code_hash: Option<String>,
        /// So many wrong answers are left.
        pub attempts_left: i64,
        /// When the customer was asked.
        pub asked_at: Option<DateTime<Utc>>,
        /// The customer's own message.
        pub proof_message_id: Option<MessageId>,
        /// When it came.
        pub proved_at: Option<DateTime<Utc>>,
        /// The person of ours who decided.
        pub decided_by: Option<ActorId>,
        /// When.
        pub decided_at: Option<DateTime<Utc>>,
        /// Why.
        pub decision_reason: Option<String>,
        /// The hash that person saw.
        pub hash_seen: Option<String>,
        /// How often the other system was asked to carry it out.
        pub commit_attempts: i64,
        /// When that began.
        pub committing_at: Option<DateTime<Utc>>,
        /// When its outcome is looked for next.
        pub check_at: Option<DateTime<Utc>>,
        /// Until when its proofs can come and be used.
        pub expires_at: DateTime<Utc>,
        /// When it was made.
        pub created_at: DateTime<Utc>,
        /// When it last changed.
        pub updated_at: DateTime<Utc>,
        /// Grows with every change.
        pub version: i64,
    }
}

/// Writes a new draft. Error: [`StoreError::Duplicate`] when its key was used in its conversation for its tool.
pub async fn insert(tx: &mut Tx, row: &DraftRow) -> Result<(), StoreError> {
    tx.query(
        "insert into tool_drafts (id, tool, conversation_id, contact_id, contact_address, account_id, requested_by,
                requested_role, payload, payload_hash, policy_version, plan, state, amount_minor, currency, suspicion,
                request_key, request_hash, external_id, reference, failure, question_message_id, code_hash,
                attempts_left, asked_at, commit_attempts, expires_at, created_at, updated_at, version)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22,
                 $23, $24, $25, $26, $27, $28, $29, $30)",
    )
    .bind(row.id)
    .bind(row.tool.as_str())
    .bind(row.conversation_id)
    .bind(row.contact_id)
    .bind(row.contact_address.as_str())
    .bind(row.account_id)
    .bind(row.requested_by)
    .bind(row.requested_role)
    .bind(row.payload.clone())
    .bind(row.payload_hash.as_str())
    .bind(row.policy_version)
    .bind(row.plan)
    .bind(row.state)
    .bind(row.amount_minor)
    .bind(row.currency.as_deref())
    .bind(row.suspicion.clone())
    .bind(row.request_key)
    .bind(row.request_hash.as_str())
    .bind(row.external_id.as_deref())
    .bind(row.reference.as_deref())
    .bind(row.failure.as_deref())
    .bind(row.question_message_id)
    .bind(row.code_hash.as_deref())
    .bind(row.attempts_left)
    .bind(row.asked_at)
    .bind(row.commit_attempts)
    .bind(row.expires_at)
    .bind(row.created_at)
    .bind(row.updated_at)
    .bind(row.version)
    .execute()
    .await
    .map(drop)
}

/// Writes everything of a draft that may change, if it still is as it was read. `false`: somebody was faster.
pub async fn update(tx: &mut Tx, row: &DraftRow) -> Result<bool, StoreError> {
    let changed = tx
        .query(
            "update tool_drafts
             set state = $3, external_id = $4, reference = $5, failure = $6, question_message_id = $7, code_hash = $8,
                 attempts_left = $9, asked_at = $10, proof_message_id = $11, proved_at = $12, decided_by = $13,
                 decided_at = $14, decision_reason = $15, hash_seen = $16, commit_attempts = $17, committing_at = $18,
                 check_at = $19, expires_at = $20, updated_at = $21, version = version + 1
             where id = $1 and version = $2",
        )
        .bind(row.id)
        .bind(row.version)
        .bind(row.state)
        .bind(row.external_id.as_deref())
        .bind(row.reference.as_deref())
        .bind(row.failure.as_deref())
        .bind(row.question_message_id)
        .bind(row.code_hash.as_deref())
        .bind(row.attempts_left)
        .bind(row.asked_at)
        .bind(row.proof_message_id)
        .bind(row.proved_at)
        .bind(row.decided_by)
        .bind(row.decided_at)
        .bind(row.decision_reason.as_deref())
        .bind(row.hash_seen.as_deref())
        .bind(row.commit_attempts)
        .bind(row.committing_at)
        .bind(row.check_at)
        .bind(row.expires_at)
        .bind(row.updated_at)
        .execute()
        .await?;
    Ok(changed == 1)
}

/// Begins to carry a draft out, if it is confirmed, unexpired, still bound to exactly this, its ticket as it was, and
/// made under the policy that is in force: one of all who try gets `true`.
pub async fn begin_commit(tx: &mut Tx, row: &DraftRow, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let ticket: Option<TicketId> = row.payload["ticket_id"].as_str().and_then(|id| id.parse().ok());
    let changed = tx
        .query(
            "update tool_drafts
             set state = 'COMMITTING', committing_at = $6, check_at = $7, commit_attempts = commit_attempts + 1,
                 updated_at = $6, version = version + 1
             where id = $1 and state = 'CONFIRMED' and payload_hash = $2 and conversation_id = $3 and contact_id = $4
               and policy_version = $5 and expires_at > $6
               and exists (select 1 from conversations v
                           where v.id = $3 and v.contact_id = $4 and v.contact_address = $8)
               and exists (select 1 from tool_policies p where p.version = $5 and p.state = 'in_force')
               and ($9 is null or exists (select 1 from tickets t where t.id = $9 and t.version = $10))",
        )
        .bind(row.id)
        .bind(row.payload_hash.as_str())
        .bind(row.conversation_id)
        .bind(row.contact_id)
        .bind(row.policy_version)
        .bind(now)
        .bind(now + chrono::TimeDelta::seconds(30))
        .bind(row.contact_address.as_str())
        .bind(ticket)
        .bind(row.payload["ticket_version"].as_i64())
        .execute()
        .await?;
    Ok(changed == 1)
}

/// Has the outcome of a draft looked for at `now`, where it is not known.
pub async fn look_again(tx: &mut Tx, id: ToolDraftId, now: DateTime<Utc>) -> Result<(), StoreError> {
    tx.query(
        "update tool_drafts set check_at = $2, updated_at = $2, version = version + 1
         where id = $1 and state in ('COMMITTING', 'UNKNOWN')",
    )
    .bind(id)
    .bind(now)
    .execute()
    .await
    .map(drop)
}

/// One draft.
pub async fn by_id(tx: &mut Tx, id: ToolDraftId) -> Result<Option<DraftRow>, StoreError> {
    tx.query(
        "select id, tool, conversation_id, contact_id, contact_address, account_id, requested_by, requested_role, payload,
                payload_hash, policy_version, plan, state, amount_minor, currency, suspicion, request_key, request_hash,
                external_id, reference, failure, question_message_id, code_hash, attempts_left, asked_at,
                proof_message_id, proved_at, decided_by, decided_at, decision_reason, hash_seen, commit_attempts,
                committing_at, check_at, expires_at, created_at, updated_at, version
         from tool_drafts where id = $1",
    )
    .bind(id)
    .optional()
    .await
}

/// Drafts in the order of the list, which is short.
async fn each(tx: &mut Tx, ids: Vec<ToolDraftId>) -> Result<Vec<DraftRow>, StoreError> {
    let mut rows = Vec::with_capacity(ids.len());
    for id in ids {
        rows.extend(by_id(tx, id).await?);
    }
    Ok(rows)
}

/// The draft that a key made.
pub async fn by_request(
    tx: &mut Tx,
    conversation: ConversationId,
    tool: &str,
    key: Uuid,
) -> Result<Option<DraftRow>, StoreError> {
    let ids = tx
        .query("select id from tool_drafts where conversation_id = $1 and tool = $2 and request_key = $3")
        .bind(conversation)
        .bind(tool)
        .bind(key)
        .column()
        .await?;
    Ok(each(tx, ids).await?.pop())
}

/// Drafts of a conversation that are not over, oldest first.
pub async fn open_of(tx: &mut Tx, conversation: ConversationId) -> Result<Vec<DraftRow>, StoreError> {
    let ids = tx
        .query(
            "select id from tool_drafts
             where conversation_id = $1
               and state in ('OPEN', 'AWAITING_CUSTOMER', 'AWAITING_HUMAN', 'CONFIRMED', 'COMMITTING', 'UNKNOWN')
             order by id",
        )
        .bind(conversation)
        .column()
        .await?;
    each(tx, ids).await
}

/// Whether any customer was asked and has not answered yet.
pub async fn any_awaits_customer(tx: &mut Tx) -> Result<bool, StoreError> {
    let found: Vec<i64> =
        tx.query("select 1 as found from tool_drafts where state = 'AWAITING_CUSTOMER' limit 1").column().await?;
    Ok(!found.is_empty())
}

/// Drafts that somebody may have to look at, newest first: of one state or of all, older than `before`.
pub async fn page(
    tx: &mut Tx,
    state: Option<DraftState>,
    conversation: Option<ConversationId>,
    before: Option<ToolDraftId>,
    limit: i64,
) -> Result<Vec<DraftRow>, StoreError> {
    tx.query(
        "select id, tool, conversation_id, contact_id, contact_address, account_id, requested_by, requested_role, payload,
                payload_hash, policy_version, plan, state, amount_minor, currency, suspicion, request_key, request_hash,
                external_id, reference, failure, question_message_id, code_hash, attempts_left, asked_at,
                proof_message_id, proved_at, decided_by, decided_at, decision_reason, hash_seen, commit_attempts,
                committing_at, check_at, expires_at, created_at, updated_at, version
         from tool_drafts
         where ($1 is null or state = $1) and ($2 is null or conversation_id = $2) and ($3 is null or id < $3)
         order by id desc limit $4",
    )
    .bind(state)
    .bind(conversation)
    .bind(before)
    .bind(limit)
    .all()
    .await
}

/// Drafts whose time is up or whose outcome is to be looked for, at most `limit`.
pub async fn due(tx: &mut Tx, now: DateTime<Utc>, limit: i64) -> Result<Vec<ToolDraftId>, StoreError> {
    tx.query(
        "select id from tool_drafts
         where (state in ('OPEN', 'AWAITING_CUSTOMER', 'AWAITING_HUMAN', 'CONFIRMED') and expires_at <= $1)
            or (state in ('COMMITTING', 'UNKNOWN', 'CANCELLED', 'REJECTED', 'EXPIRED', 'VOIDED', 'FAILED')
                and check_at <= $1)
         order by id limit $2",
    )
    .bind(now)
    .bind(limit)
    .column()
    .await
}

/// Drafts that were made under another policy than `version` and are not being carried out yet, at most `limit`.
pub async fn outdated(tx: &mut Tx, version: i64, limit: i64) -> Result<Vec<ToolDraftId>, StoreError> {
    tx.query(
        "select id from tool_drafts
         where state in ('OPEN', 'AWAITING_CUSTOMER', 'AWAITING_HUMAN', 'CONFIRMED') and policy_version <> $1
         order by id limit $2",
    )
    .bind(version)
    .bind(limit)
    .column()
    .await
}

/// The sum of all amounts that a customer or a conversation has open or carried out since `since`: of one currency, or of
/// all as if they were one.
pub async fn sum_since(
    tx: &mut Tx,
    conversation: ConversationId,
    contact: ContactId,
    currency: Option<&str>,
    since: DateTime<Utc>,
) -> Result<i64, StoreError> {
    let sum: Option<i64> = tx
        .query_for(
            "select sum(amount_minor) from tool_drafts
             where (contact_id = $1 or conversation_id = $2) and ($3 is null or currency = $3) and created_at > $4
               and state in ('OPEN', 'AWAITING_CUSTOMER', 'AWAITING_HUMAN', 'CONFIRMED', 'COMMITTING', 'COMMITTED',
                             'UNKNOWN')",
            "select sum(amount_minor)::bigint from tool_drafts
             where (contact_id = $1 or conversation_id = $2) and ($3::text is null or currency = $3) and created_at > $4
               and state in ('OPEN', 'AWAITING_CUSTOMER', 'AWAITING_HUMAN', 'CONFIRMED', 'COMMITTING', 'COMMITTED',
                             'UNKNOWN')",
        )
        .bind(contact)
        .bind(conversation)
        .bind(currency)
        .bind(since)
        .scalar()
        .await?;
    Ok(sum.unwrap_or(0))
}

/// How many of a conversation's drafts failed since `since`.
pub async fn failed_since(tx: &mut Tx, conversation: ConversationId, since: DateTime<Utc>) -> Result<i64, StoreError> {
    tx.query("select count(*) from tool_drafts where conversation_id = $1 and state = 'FAILED' and updated_at > $2")
        .bind(conversation)
        .bind(since)
        .scalar()
        .await
}
