//! Policies of tools: what was proposed, what was agreed to, and which version was in force when. A version is never
//! written twice.

use chrono::{DateTime, Utc};
use patchbay_core::ids::ActorId;
use patchbay_core::tool::policy::{Origin, PolicyState};
use serde_json::Value;

use crate::error::StoreError;
use crate::record;
use crate::tx::Tx;

crate::stored_words!(Origin);
crate::stored_words!(PolicyState);

record! {
    /// A policy as it is stored.
    #[derive(Clone, Debug)]
    pub struct PolicyRow {
        /// Its version.
        pub version: i64,
        /// Hash of everything it says.
        pub hash: String,
        /// What it says.
        pub body: Value,
        /// Where it comes from.
        pub origin: Origin,
        /// Where it stands.
        pub state: PolicyState,
        /// Why it was proposed.
        pub note: String,
        /// Who proposed it.
        pub proposed_by: ActorId,
        /// When.
        pub proposed_at: DateTime<Utc>,
        /// Who agreed, or did not.
        pub decided_by: Option<ActorId>,
        /// When.
        pub decided_at: Option<DateTime<Utc>>,
        /// Why.
        pub decision_reason: Option<String>,
        /// Since when it was in force.
        pub in_force_from: Option<DateTime<Utc>>,
        /// Until when.
        pub in_force_until: Option<DateTime<Utc>>,
    }
}

/// Writes a policy. Error: [`StoreError::Duplicate`] when its version was used before, or another one is in force.
pub async fn insert(tx: &mut Tx, row: &PolicyRow) -> Result<(), StoreError> {
    tx.query(
        "insert into tool_policies (version, hash, body, origin, state, note, proposed_by, proposed_at, decided_by,
                decided_at, decision_reason, in_force_from, in_force_until)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
    )
    .bind(row.version)
    .bind(row.hash.as_str())
    .bind(row.body.clone())
    .bind(row.origin)
    .bind(row.state)
    .bind(row.note.as_str())
    .bind(row.proposed_by)
    .bind(row.proposed_at)
    .bind(row.decided_by)
    .bind(row.decided_at)
    .bind(row.decision_reason.as_deref())
    .bind(row.in_force_from)
    .bind(row.in_force_until)
    .execute()
    .await
    .map(drop)
}

/// The policy that is in force; `None` before the first start.
pub async fn in_force(tx: &mut Tx) -> Result<Option<PolicyRow>, StoreError> {
    match mark(tx).await? {
        Some(mark) => by_version(tx, mark.version).await,
        None => Ok(None),
    }
}

/// Version and hash of the policy that is in force.
pub async fn mark(tx: &mut Tx) -> Result<Option<Mark>, StoreError> {
    tx.query("select version, hash from tool_policies where state = 'in_force'").optional().await
}

record! {
    /// What tells a policy from another one.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Mark {
        /// Its version.
        pub version: i64,
        /// Its hash.
        pub hash: String,
    }
}

/// One version.
pub async fn by_version(tx: &mut Tx, version: i64) -> Result<Option<PolicyRow>, StoreError> {
    let page = page(tx, version.saturating_add(1), 1).await?;
    Ok(page.into_iter().find(|row| row.version == version))
}

/// Up to `limit` versions, newest first, older than `before`.
pub async fn page(tx: &mut Tx, before: i64, limit: i64) -> Result<Vec<PolicyRow>, StoreError> {
    tx.query(
        "select version, hash, body, origin, state, note, proposed_by, proposed_at, decided_by, decided_at,
                decision_reason, in_force_from, in_force_until
         from tool_policies where version < $1 order by version desc limit $2",
    )
    .bind(before)
    .bind(limit)
    .all()
    .await
}

/// Ends the time of the policy that is in force, whichever it is.
pub async fn retire(tx: &mut Tx, now: DateTime<Utc>) -> Result<(), StoreError> {
    tx.query("update tool_policies set state = 'replaced', in_force_until = $1 where state = 'in_force'")
        .bind(now)
        .execute()
        .await
        .map(drop)
}

/// Writes what was decided about a proposal. `false`: it was decided before.
pub async fn decide(tx: &mut Tx, row: &PolicyRow) -> Result<bool, StoreError> {
    let changed = tx
        .query(
            "update tool_policies
             set state = $2, decided_by = $3, decided_at = $4, decision_reason = $5, in_force_from = $6
             where version = $1 and state = 'proposed'",
        )
        .bind(row.version)
        .bind(row.state)
        .bind(row.decided_by)
        .bind(row.decided_at)
        .bind(row.decision_reason.as_deref())
        .bind(row.in_force_from)
        .execute()
        .await?;
    Ok(changed == 1)
}
