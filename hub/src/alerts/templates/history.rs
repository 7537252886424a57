//! `GET /api/v1/notification-templates/{id}/versions`: the words as they were, and who changed them.

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use patchbay_core::ids::NotificationTemplateId;
use patchbay_http::{ApiError, Caller, Id};
use patchbay_store::notification_templates::{self, NotificationTemplateVersionRow};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::error::HubError;
use crate::resource::require_reader;
use crate::state::Hub;

/// How many versions are shown: the newest.
const MOST: i64 = 100;

/// The newest versions first, 100 at most.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = NotificationTemplateVersions)]
pub(in crate::alerts) struct Versions {
    /// The versions.
    data: Vec<Wording>,
}

/// Words as they were.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = NotificationTemplateVersion)]
pub(in crate::alerts) struct Wording {
    /// Which one, from 1.
    version: i64,
    /// One line.
    subject: String,
    /// All of it.
    text: String,
    /// Whether they counted.
    enabled: bool,
    /// Who made them so.
    changed_by: Option<Uuid>,
    /// Their name, when they are one of our users.
    changed_by_name: Option<String>,
    /// When.
    created_at: DateTime<Utc>,
}

/// Every version of these words, the newest first.
#[utoipa::path(get, path = "/api/v1/notification-templates/{id}/versions", tag = "alerts",
    params(("id" = Uuid, Path)),
    responses((status = 200, body = Versions), (status = 401, description = "AUTH_REQUIRED"),
              (status = 403, description = "FORBIDDEN"), (status = 404, description = "NOT_FOUND")))]
pub(in crate::alerts) async fn versions(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<NotificationTemplateId>,
) -> Result<Json<Versions>, HubError> {
    require_reader(&ctx)?;
    let rows = notification_templates::versions(&mut hub.db.read().await?, id, MOST).await?;
    if rows.is_empty() {
        return Err(ApiError::not_found("notification_template").into());
    }
    Ok(Json(Versions { data: rows.into_iter().map(version).collect() }))
}

fn version(row: NotificationTemplateVersionRow) -> Wording {
    let said = |name: &str| row.content.get(name).and_then(|text| text.as_str()).unwrap_or_default().to_owned();
    Wording {
        version: row.version,
        subject: said("subject"),
        text: said("text"),
        enabled: row.content.get("enabled").and_then(serde_json::Value::as_bool).unwrap_or_default(),
        changed_by: row.changed_by,
        changed_by_name: row.changed_by_name,
        created_at: row.created_at,
    }
}
