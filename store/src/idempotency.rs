//! Idempotency keys: one request, one effect, the same answer again.

use chrono::{DateTime, Utc};
use patchbay_core::ids::{ActorId, TicketId};
use uuid::Uuid;

use crate::error::StoreError;
use crate::record;
use crate::tx::Tx;

/// What names a request: who sent it where, under which key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RequestKey {
    /// Who.
    pub actor_id: ActorId,
    /// Where: method and route.
    pub endpoint: String,
    /// The caller's key.
    pub request_id: Uuid,
}

/// A request being carried out, in the transaction that claims its key: undoing that transaction frees the key. Only
/// whoever holds this claim can settle it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The key.
    pub key: RequestKey,
    /// Hash of what is asked with it.
    pub request_hash: String,
    /// Until when the answer is kept.
    pub expires_at: DateTime<Utc>,
    /// When it was claimed; tells this claim from a later one. Claims of before they shared their command's transaction
    /// could be left behind by a crash: those are taken over after this time.
    pub locked_until: DateTime<Utc>,
}

record! {
    /// A key that was used before.
    #[derive(Clone, Debug)]
    pub struct UsedKey {
        /// Hash of what was asked with it.
        pub request_hash: String,
        /// Status of the answer; `None` while the request is carried out.
        pub response_code: Option<i64>,
        /// The answer.
        pub response_body: Option<String>,
        /// The ticket it was about.
        pub ticket_id: Option<TicketId>,
        /// Until when it is carried out at the latest.
        pub locked_until: DateTime<Utc>,
        /// Until when the answer is kept.
        pub expires_at: DateTime<Utc>,
    }
}

/// Claims a key that is new, or whose last user never settled it, or whose answer has expired. `false`: it is in use.
pub async fn claim(tx: &mut Tx, claim: &Claim, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let rows = tx
        .query(
            "insert into idempotency_keys (actor_id, endpoint, request_id, request_hash, status, locked_until,
                    expires_at, created_at)
             values ($1, $2, $3, $4, 'IN_PROGRESS', $5, $6, $7)
             on conflict (actor_id, endpoint, request_id) do update
             set request_hash = excluded.request_hash, status = 'IN_PROGRESS', locked_until = excluded.locked_until,
                 expires_at = excluded.expires_at, created_at = excluded.created_at, response_code = null,
                 response_body = null, ticket_id = null
             where (idempotency_keys.status = 'IN_PROGRESS' and idempotency_keys.locked_until < excluded.created_at)
                or (idempotency_keys.status = 'DONE' and idempotency_keys.expires_at < excluded.created_at)",
        )
        .bind(claim.key.actor_id)
        .bind(claim.key.endpoint.as_str())
        .bind(claim.key.request_id)
        .bind(claim.request_hash.as_str())
        .bind(claim.locked_until)
        .bind(claim.expires_at)
        .bind(now)
        .execute()
        .await?;
    Ok(rows == 1)
}

/// What is known about a key.
pub async fn find(tx: &mut Tx, key: &RequestKey) -> Result<Option<UsedKey>, StoreError> {
    tx.query(
        "select request_hash, response_code, response_body, ticket_id, locked_until, expires_at
         from idempotency_keys where actor_id = $1 and endpoint = $2 and request_id = $3",
    )
    .bind(key.actor_id)
    .bind(key.endpoint.as_str())
    .bind(key.request_id)
    .optional()
    .await
}

/// Keeps the answer of a request, in the transaction that makes its effect. Error: [`StoreError::Conflict`] when the
/// claim was taken over meanwhile, so that the effect must not happen.
pub async fn settle(
    tx: &mut Tx,
    claim: &Claim,
    response_code: i64,
    response_body: &str,
    ticket_id: Option<TicketId>,
) -> Result<(), StoreError> {
    let rows = tx
        .query(
            "update idempotency_keys set status = 'DONE', response_code = $5, response_body = $6, ticket_id = $7
             where actor_id = $1 and endpoint = $2 and request_id = $3 and locked_until = $4
               and status = 'IN_PROGRESS'",
        )
        .bind(claim.key.actor_id)
        .bind(claim.key.endpoint.as_str())
        .bind(claim.key.request_id)
        .bind(claim.locked_until)
        .bind(response_code)
        .bind(response_body)
        .bind(ticket_id)
        .execute()
        .await?;
    if rows == 1 { Ok(()) } else { Err(StoreError::Conflict) }
}

/// Forgets up to `limit` keys whose answers have expired, and tells how many.
pub async fn sweep(tx: &mut Tx, now: DateTime<Utc>, limit: i64) -> Result<u64, StoreError> {
    tx.query(
        "delete from idempotency_keys
         where (actor_id, endpoint, request_id) in (
             select actor_id, endpoint, request_id from idempotency_keys where expires_at < $1 limit $2)",
    )
    .bind(now)
    .bind(limit)
    .execute()
    .await
}
