//! WhatsApp message templates.

use chrono::{DateTime, Utc};
use patchbay_core::ids::{InboxId, TemplateId};
use patchbay_core::template::{TemplateCategory, TemplateStatus};
use serde_json::Value;

use crate::error::StoreError;
use crate::record;
use crate::tx::Tx;

record! {
    /// A template as stored.
    #[derive(Clone, Debug)]
    pub struct TemplateRow {
        /// Our id.
        pub id: TemplateId,
        /// WhatsApp inbox it can be sent from.
        pub inbox_id: InboxId,
        /// Name, as registered with the provider.
        pub name: String,
        /// Language, as registered with the provider: `en`, `en_US`.
        pub language: String,
        /// What it may be used for.
        pub category: TemplateCategory,
        /// Only an approved one may be sent.
        pub status: TemplateStatus,
        /// Text with `{{1}}`, `{{2}}` for the parameters.
        pub body: String,
        /// How many parameters it takes.
        pub param_count: i64,
        /// The provider's id of it.
        pub provider_id: Option<String>,
        /// Its parts as the provider describes them; empty for one that was written down here.
        pub components: Value,
        /// When it was last read from the provider.
        pub synced_at: Option<DateTime<Utc>>,
        /// Grows with every change.
        pub version: i64,
        /// When it was created.
        pub created_at: DateTime<Utc>,
        /// When it last changed.
        pub updated_at: DateTime<Utc>,
    }
}

/// Stores a template. Error: [`StoreError::Duplicate`] when the inbox has one of that name and language.
pub async fn insert(tx: &mut Tx, row: &TemplateRow) -> Result<(), StoreError> {
    tx.query(
        "insert into whatsapp_templates (id, inbox_id, name, language, category, status, body, param_count, provider_id,
                components, synced_at, version, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 1, $12, $12)",
    )
    .bind(row.id)
    .bind(row.inbox_id)
    .bind(row.name.as_str())
    .bind(row.language.as_str())
    .bind(row.category)
    .bind(row.status)
    .bind(row.body.as_str())
    .bind(row.param_count)
    .bind(row.provider_id.as_deref())
    .bind(row.components.clone())
    .bind(row.synced_at)
    .bind(row.created_at)
    .execute()
    .await?;
    Ok(())
}

/// One template.
pub async fn by_id(tx: &mut Tx, id: TemplateId) -> Result<Option<TemplateRow>, StoreError> {
    tx.query(
        "select id, inbox_id, name, language, category, status, body, param_count, provider_id, components,
                synced_at, version, created_at, updated_at
         from whatsapp_templates where id = $1",
    )
    .bind(id)
    .optional()
    .await
}

/// The template of an inbox with a name and a language.
pub async fn by_name(
    tx: &mut Tx,
    inbox: InboxId,
    name: &str,
    language: &str,
) -> Result<Option<TemplateRow>, StoreError> {
    tx.query(
        "select id, inbox_id, name, language, category, status, body, param_count, provider_id, components,
                synced_at, version, created_at, updated_at
         from whatsapp_templates where inbox_id = $1 and name = $2 and language = $3",
    )
    .bind(inbox)
    .bind(name)
    .bind(language)
    .optional()
    .await
}

/// Templates in the order of their creation, after `after`.
pub async fn page(
    tx: &mut Tx,
    inbox: Option<InboxId>,
    status: Option<TemplateStatus>,
    after: Option<TemplateId>,
    limit: i64,
) -> Result<Vec<TemplateRow>, StoreError> {
    tx.query(
        "select id, inbox_id, name, language, category, status, body, param_count, provider_id, components,
                synced_at, version, created_at, updated_at
         from whatsapp_templates
         where ($1 is null or id > $1) and ($2 is null or inbox_id = $2) and ($3 is null or status = $3)
         order by id limit $4",
    )
    .bind(after)
    .bind(inbox)
    .bind(status)
    .bind(limit)
    .all()
    .await
}

/// Writes a template as it stands. Errors: [`StoreError::Conflict`] when it changed since it was read,
/// [`StoreError::Duplicate`] when the inbox has another one of that name and language.
pub async fn update(tx: &mut Tx, row: &TemplateRow) -> Result<(), StoreError> {
    let changed = tx
        .query(
            "update whatsapp_templates
             set name = $3, language = $4, category = $5, status = $6, body = $7, param_count = $8, provider_id = $9,
                 components = $10, synced_at = $11, updated_at = $12, version = version + 1
             where id = $1 and version = $2",
        )
        .bind(row.id)
        .bind(row.version)
        .bind(row.name.as_str())
        .bind(row.language.as_str())
        .bind(row.category)
        .bind(row.status)
        .bind(row.body.as_str())
        .bind(row.param_count)
        .bind(row.provider_id.as_deref())
        .bind(row.components.clone())
        .bind(row.synced_at)
        .bind(row.updated_at)
        .execute()
        .await?;
    if changed == 1 { Ok(()) } else { Err(StoreError::Conflict) }
}

/// All templates of an inbox.
pub async fn of_inbox(tx: &mut Tx, inbox: InboxId) -> Result<Vec<TemplateRow>, StoreError> {
    tx.query(
        "select id, inbox_id, name, language, category, status, body, param_count, provider_id, components,
                synced_at, version, created_at, updated_at
         from whatsapp_templates where inbox_id = $1 order by id",
    )
    .bind(inbox)
    .all()
    .await
}

/// The provider says that a template of an inbox now stands there; `language` may be left open. Answers how many it
/// was. Nobody else's change is lost: only the status is written.
pub async fn set_status(
    tx: &mut Tx,
    inbox: InboxId,
    name: &str,
    language: Option<&str>,
    status: TemplateStatus,
    now: DateTime<Utc>,
) -> Result<u64, StoreError> {
    tx.query(
        "update whatsapp_templates set status = $4, updated_at = $5, version = version + 1
         where inbox_id = $1 and name = $2 and ($3 is null or language = $3) and status <> $4",
    )
    .bind(inbox)
    .bind(name)
    .bind(language)
    .bind(status)
    .bind(now)
    .execute()
    .await
}
