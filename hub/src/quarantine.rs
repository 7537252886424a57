//! Inbound events that were put aside: what an admin sees of them.

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use patchbay_core::ids::QuarantineId;
use patchbay_http::{Caller, Page, Params, decode_cursor, encode_cursor, limit};
use patchbay_store::quarantine::{self as store, QuarantineRow};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::dead_letters::require_observer;
use crate::error::HubError;
use crate::state::Hub;

/// A quarantined event. Its bytes stay in the database.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct QuarantineBody {
    /// Our id.
    pub id: Uuid,
    /// Inbox it came to, when known.
    pub inbox_id: Option<Uuid>,
    /// Which provider sent it.
    pub provider: String,
    /// Why it was put aside.
    pub reason: String,
    /// Size of its bytes.
    pub size_bytes: i64,
    /// `open` until somebody has dealt with it.
    pub status: String,
    /// When it was received.
    pub received_at: DateTime<Utc>,
    /// When it was put aside.
    pub created_at: DateTime<Utc>,
}

impl From<QuarantineRow> for QuarantineBody {
    fn from(row: QuarantineRow) -> Self {
        Self {
            id: row.id.into(),
            inbox_id: row.inbox_id.map(Into::into),
            provider: row.provider,
            reason: row.reason,
            size_bytes: row.size_bytes,
            status: row.status,
            received_at: row.received_at,
            created_at: row.created_at,
        }
    }
}

/// The endpoint `/api/v1/quarantine`.
pub fn router() -> OpenApiRouter<Hub> {
    OpenApiRouter::new().routes(routes!(list))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct ListParams {
    /// Where the last page ended.
    cursor: Option<String>,
    /// Rows of a page.
    limit: Option<i64>,
}

/// Quarantined events that nobody has dealt with, newest first.
#[utoipa::path(get, path = "/api/v1/quarantine", tag = "operations", params(ListParams),
    responses((status = 200, body = Page<QuarantineBody>)))]
async fn list(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Params(params): Params<ListParams>,
) -> Result<Json<Page<QuarantineBody>>, HubError> {
    require_observer(&ctx.actor)?;
    let limit = limit(params.limit)?;
    let before = params.cursor.as_deref().map(decode_cursor::<QuarantineId>).transpose()?;
    let rows = store::page(&mut hub.db.read().await?, "open", before, limit + 1).await?;
    let rows = rows.into_iter().map(QuarantineBody::from).collect();
    Ok(Json(Page::of(rows, limit, |row: &QuarantineBody| encode_cursor(&row.id))))
}
