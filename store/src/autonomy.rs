//! Where automation is paused, and when that changed.

use patchbay_core::ticket::autonomy::{Control, ControlChange};
use patchbay_core::ticket::words::AutonomyScope;

use crate::error::StoreError;
use crate::row::{Record, Row};
use crate::tx::Tx;

crate::stored_words!(AutonomyScope);

impl Record for Control {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            scope_type: row.get("scope")?,
            key: key(row)?,
            is_paused: row.get("is_paused")?,
            reason: row.get("reason")?,
            actor_id: row.get("actor_id")?,
            updated_at: row.get("updated_at")?,
        })
    }
}

impl Record for ControlChange {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.get("id")?,
            scope_type: row.get("scope")?,
            key: key(row)?,
            is_paused: row.get("is_paused")?,
            reason: row.get("reason")?,
            actor_id: row.get("actor_id")?,
            actor_role: row.get("actor_role")?,
            created_at: row.get("created_at")?,
        })
    }
}

/// The key of everything is stored as an empty text, so that it can be unique.
fn key(row: &Row) -> Result<Option<String>, StoreError> {
    Ok(Some(row.get::<String>("control_key")?).filter(|key| !key.is_empty()))
}

/// Says something about a scope, and remembers that it was said.
pub async fn put(tx: &mut Tx, change: &ControlChange) -> Result<(), StoreError> {
    tx.query(
        "insert into autonomy_controls (scope, control_key, is_paused, reason, actor_id, updated_at)
         values ($1, $2, $3, $4, $5, $6)
         on conflict (scope, control_key) do update
         set is_paused = excluded.is_paused, reason = excluded.reason, actor_id = excluded.actor_id,
             updated_at = excluded.updated_at",
    )
    .bind(change.scope_type)
    .bind(change.key.clone().unwrap_or_default())
    .bind(change.is_paused)
    .bind(change.reason.as_str())
    .bind(change.actor_id)
    .bind(change.created_at)
    .execute()
    .await?;
    tx.query(
        "insert into autonomy_history (id, scope, control_key, is_paused, reason, actor_id, actor_role, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(change.id)
    .bind(change.scope_type)
    .bind(change.key.clone().unwrap_or_default())
    .bind(change.is_paused)
    .bind(change.reason.as_str())
    .bind(change.actor_id)
    .bind(change.actor_role)
    .bind(change.created_at)
    .execute()
    .await
    .map(drop)
}

/// What was said last about a ticket, about its kind of work (empty: it has none) and about everything.
pub async fn covering(tx: &mut Tx, ticket: &str, incident_type: &str) -> Result<Vec<Control>, StoreError> {
    tx.query(
        "select scope, control_key, is_paused, reason, actor_id, updated_at from autonomy_controls
         where (scope = 'TICKET' and control_key = $1)
            or (scope = 'INCIDENT' and control_key = $2 and control_key <> '')
            or (scope = 'GLOBAL' and control_key = '')",
    )
    .bind(ticket)
    .bind(incident_type)
    .all()
    .await
}

/// What was said about a ticket, about its kind of work and about everything, oldest first.
pub async fn history(tx: &mut Tx, ticket: &str, incident_type: &str) -> Result<Vec<ControlChange>, StoreError> {
    tx.query(
        "select id, scope, control_key, is_paused, reason, actor_id, actor_role, created_at from autonomy_history
         where (scope = 'TICKET' and control_key = $1)
            or (scope = 'INCIDENT' and control_key = $2 and control_key <> '')
            or (scope = 'GLOBAL' and control_key = '')
         order by created_at, id",
    )
    .bind(ticket)
    .bind(incident_type)
    .all()
    .await
}

/// What was said last about the scopes of one kind, at most `limit`: the paused ones first, then the last that changed.
pub async fn said(tx: &mut Tx, scope: AutonomyScope, limit: i64) -> Result<Vec<Control>, StoreError> {
    tx.query(
        "select scope, control_key, is_paused, reason, actor_id, updated_at from autonomy_controls
         where scope = $1
         order by is_paused desc, updated_at desc, control_key limit $2",
    )
    .bind(scope)
    .bind(limit)
    .all()
    .await
}
