//! What people, or an alert, stopped.

use chrono::{DateTime, Utc};
use patchbay_core::ids::{ActorId, ConversationId, RecordId};

use crate::error::StoreError;
use crate::record;
use crate::tx::Tx;

record! {
    /// A switch.
    #[derive(Clone, Debug)]
    pub struct SwitchRow {
        /// Our id.
        pub id: RecordId,
        /// `all`, `agent`, `tool`, `tenant` or `conversation`.
        pub scope_type: String,
        /// Which one; empty for all.
        pub scope_id: String,
        /// Why.
        pub reason: String,
        /// Who stopped it.
        pub set_by: ActorId,
        /// When.
        pub set_at: DateTime<Utc>,
        /// Who let it go on.
        pub lifted_by: Option<ActorId>,
        /// When.
        pub lifted_at: Option<DateTime<Utc>>,
    }
}

/// Sets a switch. `false`: it was set already.
pub async fn set(tx: &mut Tx, row: &SwitchRow) -> Result<bool, StoreError> {
    let written = tx
        .query(
            "insert into kill_switches (id, scope_type, scope_id, reason, set_by, set_at) values ($1, $2, $3, $4, $5, $6)
             on conflict (scope_type, scope_id) where lifted_at is null do nothing",
        )
        .bind(row.id)
        .bind(row.scope_type.as_str())
        .bind(row.scope_id.as_str())
        .bind(row.reason.as_str())
        .bind(row.set_by)
        .bind(row.set_at)
        .execute()
        .await?;
    Ok(written == 1)
}

/// Lifts a switch. `false`: it was not set.
pub async fn lift(
    tx: &mut Tx,
    scope_type: &str,
    scope_id: &str,
    by: ActorId,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let lifted = tx
        .query(
            "update kill_switches set lifted_by = $3, lifted_at = $4
             where scope_type = $1 and scope_id = $2 and lifted_at is null",
        )
        .bind(scope_type)
        .bind(scope_id)
        .bind(by)
        .bind(now)
        .execute()
        .await?;
    Ok(lifted == 1)
}

/// Every switch that is set.
pub async fn set_now(tx: &mut Tx) -> Result<Vec<SwitchRow>, StoreError> {
    tx.query(
        "select id, scope_type, scope_id, reason, set_by, set_at, lifted_by, lifted_at
         from kill_switches where lifted_at is null order by set_at",
    )
    .all()
    .await
}

/// The switches that may stop a call in a conversation: those of other conversations are left out.
pub async fn set_for(tx: &mut Tx, conversation: ConversationId) -> Result<Vec<SwitchRow>, StoreError> {
    tx.query(
        "select id, scope_type, scope_id, reason, set_by, set_at, lifted_by, lifted_at
         from kill_switches
         where lifted_at is null
           and (scope_type in ('all', 'agent', 'tool', 'tenant')
                or scope_type in ('conversation', 'handover') and scope_id = $1)",
    )
    .bind(conversation.to_string())
    .all()
    .await
}

/// The newest switches, set or lifted.
pub async fn latest(tx: &mut Tx, limit: i64) -> Result<Vec<SwitchRow>, StoreError> {
    tx.query(
        "select id, scope_type, scope_id, reason, set_by, set_at, lifted_by, lifted_at
         from kill_switches order by set_at desc limit $1",
    )
    .bind(limit)
    .all()
    .await
}
