//! Quarantined events over HTTP.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use patchbay_core::ids::{InboxId, QuarantineId};
use patchbay_core::item::Item;
use patchbay_http::{
    ApiError, Body, Caller, Id, OpenApiRouter, OptionalBody, Page, Params, decode_cursor, encode_cursor, limit, routes,
};
use patchbay_store::quarantine::{self as store, QuarantineFilter, QuarantineRow};
use patchbay_store::repairs::{RepairAction, RepairSubject};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::{Way, discard, preview, replay, way};
use crate::error::HubError;
use crate::recovery::run::{BulkRequest, MOST, RepairBody, begin};
use crate::recovery::settling::{DiscardRequest, answer, discard_note, require_observer, require_operator, status_of};
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
    /// `open` until somebody has dealt with it, then `replayed` or `discarded`.
    pub status: String,
    /// How often somebody tried to replay it.
    pub attempts: i64,
    /// Why it was discarded.
    pub note: Option<String>,
    /// Who settled it.
    pub resolved_by: Option<Uuid>,
    /// When it was settled.
    pub resolved_at: Option<DateTime<Utc>>,
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
            attempts: row.attempts,
            note: row.note,
            resolved_by: row.resolved_by.map(Into::into),
            resolved_at: row.resolved_at,
            received_at: row.received_at,
            created_at: row.created_at,
        }
    }
}

/// A quarantined event with what may be shown of its content.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct QuarantineDetail {
    /// The event.
    #[serde(flatten)]
    event: QuarantineBody,
    /// Its content without words, names, numbers and addresses.
    payload: Value,
    /// How it can be replayed: `request` as the provider sent it, `items` as they were understood, or not at all.
    replay: Option<&'static str>,
}

/// The endpoints under `/api/v1/quarantine`.
pub(in crate::recovery) fn router() -> OpenApiRouter<Hub> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(replay_many))
        .routes(routes!(discard_many))
        .routes(routes!(get))
        .routes(routes!(replay_endpoint))
        .routes(routes!(discard_endpoint))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct ListParams {
    /// `open` (the default), `replayed` or `discarded`.
    status: Option<String>,
    /// Put aside for this reason.
    reason: Option<String>,
    /// Came to this inbox.
    inbox_id: Option<Uuid>,
    /// Where the last page ended.
    cursor: Option<String>,
    /// Rows of a page.
    limit: Option<i64>,
}

/// Quarantined events of one status, newest first.
#[utoipa::path(get, path = "/api/v1/quarantine", tag = "operations", params(ListParams),
    responses((status = 200, body = Page<QuarantineBody>), (status = 400, description = "INVALID_QUERY"),
              (status = 401, description = "AUTH_REQUIRED"), (status = 403, description = "FORBIDDEN")))]
async fn list(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Params(params): Params<ListParams>,
) -> Result<Json<Page<QuarantineBody>>, HubError> {
    require_observer(&ctx.actor)?;
    let limit = limit(params.limit)?;
    let before = params.cursor.as_deref().map(decode_cursor::<QuarantineId>).transpose()?;
    let status = status_of(params.status.as_deref())?;
    let filter = QuarantineFilter { status, reason: params.reason.as_deref(), inbox_id: params.inbox_id.map(InboxId) };
    let rows = store::page(&mut hub.db.read().await?, &filter, before, limit + 1).await?;
    let rows = rows.into_iter().map(QuarantineBody::from).collect();
    Ok(Json(Page::of(rows, limit, |row: &QuarantineBody| encode_cursor(&row.id))))
}

/// One quarantined event, with its content without words, names, numbers and addresses.
#[utoipa::path(get, path = "/api/v1/quarantine/{id}", tag = "operations", params(("id" = Uuid, Path)),
    responses((status = 200, body = QuarantineDetail), (status = 401, description = "AUTH_REQUIRED"),
              (status = 403, description = "FORBIDDEN"), (status = 404, description = "NOT_FOUND")))]
async fn get(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<QuarantineId>,
) -> Result<Json<QuarantineDetail>, HubError> {
    require_observer(&ctx.actor)?;
    let mut tx = hub.db.read().await?;
    let row = store::by_id(&mut tx, id).await?.ok_or_else(|| ApiError::not_found("quarantined event"))?;
    let content = store::content(&mut tx, id).await?.ok_or_else(|| ApiError::not_found("quarantined event"))?;
    let replay = match way(&row, &content) {
        Some(Way::Items(..)) => Some("items"),
        Some(Way::Request(_)) => Some("request"),
        None => None,
    };
    Ok(Json(QuarantineDetail { payload: preview::of(&content.raw), replay, event: row.into() }))
}

/// What to replay instead.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReplayRequest {
    /// An item to take instead of the one that was kept, where items were kept.
    #[schema(value_type = Option<Object>)]
    #[serde(default)]
    item: Option<Value>,
}

/// Sends an event where it belongs, once what was wrong is mended. What is here already is not doubled. Errors: 404, 409
/// `QUARANTINE_SETTLED`, `REPLAY_REFUSED` with the reason.
#[utoipa::path(post, path = "/api/v1/quarantine/{id}/replay", tag = "operations", params(("id" = Uuid, Path)),
    request_body = Option<ReplayRequest>,
    responses((status = 200, body = QuarantineBody), (status = 400, description = "INVALID_REQUEST"),
              (status = 401, description = "AUTH_REQUIRED"), (status = 403, description = "FORBIDDEN"),
              (status = 404, description = "NOT_FOUND"),
              (status = 409, description = "QUARANTINE_SETTLED, REPLAY_REFUSED")))]
async fn replay_endpoint(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<QuarantineId>,
    OptionalBody(body): OptionalBody<ReplayRequest>,
) -> Result<Json<QuarantineBody>, HubError> {
    require_operator(&ctx.actor)?;
    let item = body.item.map(serde_json::from_value::<Item>).transpose();
    let item = item.map_err(|_| ApiError::invalid("item", "is not an item as the adapters make them"))?;
    answer(replay(&hub.db, &ctx, &hub.config.reenactor, id, item).await?)
}

/// Lets an event be. Errors: 404, 409 `QUARANTINE_SETTLED`.
#[utoipa::path(post, path = "/api/v1/quarantine/{id}/discard", tag = "operations", params(("id" = Uuid, Path)),
    request_body = Option<DiscardRequest>,
    responses((status = 200, body = QuarantineBody), (status = 400, description = "INVALID_REQUEST"),
              (status = 401, description = "AUTH_REQUIRED"), (status = 403, description = "FORBIDDEN"),
              (status = 404, description = "NOT_FOUND"), (status = 409, description = "QUARANTINE_SETTLED")))]
async fn discard_endpoint(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<QuarantineId>,
    OptionalBody(body): OptionalBody<DiscardRequest>,
) -> Result<Json<QuarantineBody>, HubError> {
    require_operator(&ctx.actor)?;
    let note = discard_note(body.reason.as_deref())?;
    answer(discard(&hub.db, &ctx, id, note.as_deref()).await?)
}

async fn which(hub: &Hub, request: &BulkRequest) -> Result<Vec<Uuid>, HubError> {
    if !request.all {
        return Ok(request.ids.clone());
    }
    let filter = QuarantineFilter { status: "open", reason: request.quarantine_reason.as_deref(), inbox_id: None };
    let most = i64::try_from(MOST).unwrap_or(i64::MAX);
    let rows = store::page(&mut hub.db.read().await?, &filter, None, most).await?;
    // Oldest first, as they came.
    Ok(rows.into_iter().rev().map(|row| row.id.into()).collect())
}

/// Replays many, at a rate; the answer tells where to look how far it is.
#[utoipa::path(post, path = "/api/v1/quarantine/replay", tag = "operations", request_body = BulkRequest,
    responses((status = 202, body = RepairBody), (status = 400, description = "INVALID_REQUEST"),
              (status = 401, description = "AUTH_REQUIRED"), (status = 403, description = "FORBIDDEN")))]
async fn replay_many(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Body(request): Body<BulkRequest>,
) -> Result<(StatusCode, Json<RepairBody>), HubError> {
    require_operator(&ctx.actor)?;
    let ids = which(&hub, &request).await?;
    begin(&hub, &ctx, RepairSubject::Quarantine, RepairAction::Replay, ids, &request).await
}

/// Lets many be.
#[utoipa::path(post, path = "/api/v1/quarantine/discard", tag = "operations", request_body = BulkRequest,
    responses((status = 202, body = RepairBody), (status = 400, description = "INVALID_REQUEST"),
              (status = 401, description = "AUTH_REQUIRED"), (status = 403, description = "FORBIDDEN")))]
async fn discard_many(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Body(request): Body<BulkRequest>,
) -> Result<(StatusCode, Json<RepairBody>), HubError> {
    require_operator(&ctx.actor)?;
    let ids = which(&hub, &request).await?;
    begin(&hub, &ctx, RepairSubject::Quarantine, RepairAction::Discard, ids, &request).await
}
