//! What people are told of alerts, in the words of whoever runs this, and every version as it was.

use chrono::{DateTime, Utc};
use patchbay_core::ctx::Ctx;
use patchbay_core::ids::NotificationTemplateId;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::error::StoreError;
use crate::record;
use crate::tx::Tx;

/// The code of words for whatever has none of its own.
pub const ANY: &str = "*";

record! {
    /// Words as they are stored.
    #[derive(Clone, Debug)]
    pub struct NotificationTemplateRow {
        /// Our id.
        pub id: NotificationTemplateId,
        /// For what happened: a code, or [`ANY`].
        pub code: String,
        /// `en` or `fr`.
        pub language: String,
        /// One line.
        pub subject: String,
        /// All of it.
        pub body: String,
        /// Whether they count.
        pub enabled: bool,
        /// Grows with every change.
        pub version: i64,
        /// When they were made.
        pub created_at: DateTime<Utc>,
        /// When they last changed.
        pub updated_at: DateTime<Utc>,
    }
}

record! {
    /// Words as they were.
    #[derive(Clone, Debug)]
    pub struct NotificationTemplateVersionRow {
        /// Which version, from 1.
        pub version: i64,
        /// `{subject, text, enabled}`.
        pub content: Value,
        /// Who made them so.
        pub changed_by: Option<Uuid>,
        /// Their name, when they are one of our users.
        pub changed_by_name: Option<String>,
        /// When.
        pub created_at: DateTime<Utc>,
    }
}

/// Keeps new words, and their first version.
pub async fn insert(tx: &mut Tx, ctx: &Ctx, row: &NotificationTemplateRow) -> Result<(), StoreError> {
    tx.query(
        "insert into notification_templates (id, code, language, subject, body, enabled, version, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(row.id)
    .bind(row.code.as_str())
    .bind(row.language.as_str())
    .bind(row.subject.as_str())
    .bind(row.body.as_str())
    .bind(row.enabled)
    .bind(row.version)
    .bind(row.created_at)
    .bind(row.updated_at)
    .execute()
    .await?;
    keep_version(tx, ctx, row).await
}

/// Stores changed words; the version before stays readable. Error: [`StoreError::Conflict`] when somebody else was first.
pub async fn update(tx: &mut Tx, ctx: &Ctx, row: &mut NotificationTemplateRow) -> Result<(), StoreError> {
    let changed = tx
        .query(
            "update notification_templates
             set subject = $3, body = $4, enabled = $5, version = version + 1, updated_at = $6
             where id = $1 and version = $2",
        )
        .bind(row.id)
        .bind(row.version)
        .bind(row.subject.as_str())
        .bind(row.body.as_str())
        .bind(row.enabled)
        .bind(row.updated_at)
        .execute()
        .await?;
    if changed != 1 {
        return Err(StoreError::Conflict);
    }
    row.version += 1;
    keep_version(tx, ctx, row).await
}

async fn keep_version(tx: &mut Tx, ctx: &Ctx, row: &NotificationTemplateRow) -> Result<(), StoreError> {
    let content = json!({ "subject": row.subject, "text": row.body, "enabled": row.enabled });
    tx.query(
        "insert into notification_template_versions (template_id, version, content, changed_by, created_at)
         values ($1, $2, $3, $4, $5)",
    )
    .bind(row.id)
    .bind(row.version)
    .bind(content)
    .bind(ctx.actor.id)
    .bind(ctx.now)
    .execute()
    .await
    .map(drop)
}

/// Words by their id.
pub async fn by_id(tx: &mut Tx, id: NotificationTemplateId) -> Result<Option<NotificationTemplateRow>, StoreError> {
    tx.query(
        "select id, code, language, subject, body, enabled, version, created_at, updated_at
         from notification_templates where id = $1",
    )
    .bind(id)
    .optional()
    .await
}

/// The words for a code in a language, whether they count or not.
pub async fn of(tx: &mut Tx, code: &str, language: &str) -> Result<Option<NotificationTemplateRow>, StoreError> {
    tx.query(
        "select id, code, language, subject, body, enabled, version, created_at, updated_at
         from notification_templates where code = $1 and language = $2",
    )
    .bind(code)
    .bind(language)
    .optional()
    .await
}

/// The versions of words, the newest first.
pub async fn versions(
    tx: &mut Tx,
    id: NotificationTemplateId,
    limit: i64,
) -> Result<Vec<NotificationTemplateVersionRow>, StoreError> {
    tx.query(
        "select v.version, v.content, v.changed_by, u.full_name as changed_by_name, v.created_at
         from notification_template_versions v left join users u on u.id = v.changed_by
         where v.template_id = $1 order by v.version desc limit $2",
    )
    .bind(id)
    .bind(limit)
    .all()
    .await
}

/// Words in the order they were made, after `after`.
pub async fn page(
    tx: &mut Tx,
    enabled: Option<bool>,
    after: Option<NotificationTemplateId>,
    limit: i64,
) -> Result<Vec<NotificationTemplateRow>, StoreError> {
    tx.query_for(
        "select id, code, language, subject, body, enabled, version, created_at, updated_at
         from notification_templates
         where ($1 is null or id > $1) and ($2 is null or enabled = $2) order by id limit $3",
        "select id, code, language, subject, body, enabled, version, created_at, updated_at
         from notification_templates
         where ($1::uuid is null or id > $1) and ($2::boolean is null or enabled = $2) order by id limit $3",
    )
    .bind(after)
    .bind(enabled)
    .bind(limit)
    .all()
    .await
}

/// The words that count for a code in a language: its own, else those for whatever has none.
pub async fn in_force(tx: &mut Tx, code: &str, language: &str) -> Result<Option<NotificationTemplateRow>, StoreError> {
    tx.query(
        "select id, code, language, subject, body, enabled, version, created_at, updated_at
         from notification_templates where code in ($1, $3) and language = $2 and enabled
         order by case when code = $1 then 0 else 1 end limit 1",
    )
    .bind(code)
    .bind(language)
    .bind(ANY)
    .optional()
    .await
}
