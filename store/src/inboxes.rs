//! Inboxes: our configured addresses.

use chrono::{DateTime, Utc};
use patchbay_core::channel::Channel;
use patchbay_core::ids::{AccountId, InboxId, TeamId};
use serde_json::Value;

use crate::error::StoreError;
use crate::record;
use crate::tx::Tx;

record! {
    /// An inbox as stored. `settings` may hold secrets: it does not leave the hub whole.
    #[derive(Clone)]
    pub struct InboxRow {
        /// Our id.
        pub id: InboxId,
        /// Unique name.
        pub name: String,
        /// Channel.
        pub channel: Channel,
        /// Our address there.
        pub address: String,
        /// Team whose queue takes new conversations.
        pub team_id: Option<TeamId>,
        /// Account it belongs to.
        pub account_id: Option<AccountId>,
        /// What happens to a new conversation: `direct` or `menu`.
        pub triage: String,
        /// Who carries the messages: `whatsapp_cloud`, `twilio` or `unserved`.
        pub provider: String,
        /// Everything else it was configured with.
        pub settings: Value,
        /// Where it was configured: `settings` or `api`.
        pub origin: String,
        /// Deactivated inboxes take and send nothing.
        pub is_active: bool,
        /// Grows with every change.
        pub version: i64,
        /// When it was created.
        pub created_at: DateTime<Utc>,
        /// When it last changed.
        pub updated_at: DateTime<Utc>,
    }
}

impl std::fmt::Debug for InboxRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InboxRow").field("id", &self.id).field("name", &self.name).finish_non_exhaustive()
    }
}

/// Stores an inbox. Errors: [`StoreError::Duplicate`] when the name is taken, [`StoreError::MissingReference`] when
/// team or account do not exist.
pub async fn insert(tx: &mut Tx, row: &InboxRow) -> Result<(), StoreError> {
    tx.query(
        "insert into inboxes (id, name, channel, address, team_id, account_id, triage, provider, settings, origin,
                is_active, version, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 1, $12, $12)",
    )
    .bind(row.id)
    .bind(row.name.as_str())
    .bind(row.channel)
    .bind(row.address.as_str())
    .bind(row.team_id)
    .bind(row.account_id)
    .bind(row.triage.as_str())
    .bind(row.provider.as_str())
    .bind(row.settings.clone())
    .bind(row.origin.as_str())
    .bind(row.is_active)
    .bind(row.created_at)
    .execute()
    .await?;
    Ok(())
}

/// One inbox.
pub async fn by_id(tx: &mut Tx, id: InboxId) -> Result<Option<InboxRow>, StoreError> {
    tx.query(
        "select id, name, channel, address, team_id, account_id, triage, provider, settings, origin, is_active,
                version, created_at, updated_at
         from inboxes where id = $1",
    )
    .bind(id)
    .optional()
    .await
}

/// Every inbox, in the order of their creation. There are few.
pub async fn all(tx: &mut Tx) -> Result<Vec<InboxRow>, StoreError> {
    tx.query(
        "select id, name, channel, address, team_id, account_id, triage, provider, settings, origin, is_active,
                version, created_at, updated_at
         from inboxes order by id",
    )
    .all()
    .await
}

/// Inboxes in the order of their creation, after `after`.
pub async fn page(tx: &mut Tx, after: Option<InboxId>, limit: i64) -> Result<Vec<InboxRow>, StoreError> {
    tx.query(
        "select id, name, channel, address, team_id, account_id, triage, provider, settings, origin, is_active,
                version, created_at, updated_at
         from inboxes where ($1 is null or id > $1) order by id limit $2",
    )
    .bind(after)
    .bind(limit)
    .all()
    .await
}

/// Writes an inbox as it stands. Errors: [`StoreError::Conflict`] when it changed since it was read,
/// [`StoreError::Duplicate`] when the name is taken.
pub async fn update(tx: &mut Tx, row: &InboxRow) -> Result<(), StoreError> {
    let changed = tx
        .query(
            "update inboxes
             set name = $3, address = $4, team_id = $5, account_id = $6, triage = $7, provider = $8, settings = $9,
                 origin = $10, is_active = $11, updated_at = $12, version = version + 1
             where id = $1 and version = $2",
        )
        .bind(row.id)
        .bind(row.version)
        .bind(row.name.as_str())
        .bind(row.address.as_str())
        .bind(row.team_id)
        .bind(row.account_id)
        .bind(row.triage.as_str())
        .bind(row.provider.as_str())
        .bind(row.settings.clone())
        .bind(row.origin.as_str())
        .bind(row.is_active)
        .bind(row.updated_at)
        .execute()
        .await?;
    if changed == 1 { Ok(()) } else { Err(StoreError::Conflict) }
}
