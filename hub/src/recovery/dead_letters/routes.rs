//! Dead letters over HTTP.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use patchbay_core::ids::DeadLetterId;
use patchbay_core::redaction::sink;
use patchbay_http::{
    ApiError, Body, Caller, Id, OpenApiRouter, OptionalBody, Page, Params, decode_cursor, encode_cursor, limit, routes,
};
use patchbay_store::dead_letters::{DeadLetterRow, LetterFilter};
use patchbay_store::repairs::{RepairAction, RepairSubject};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::{discard, page, replay, show};
use crate::error::HubError;
use crate::recovery::run::{BulkRequest, MOST, RepairBody, begin};
use crate::recovery::settling::{DiscardRequest, answer, discard_note, require_observer, require_operator, status_of};
use crate::state::Hub;

/// A dead letter.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DeadLetterBody {
    /// Our id.
    pub id: Uuid,
    /// Where it comes from: `message`, `job`, `outbox`, `integration`.
    pub source: String,
    /// What kind of work it was.
    pub kind: String,
    /// The message, job or outbox row it is about.
    pub ref_id: Option<Uuid>,
    /// What a replay needs: ids, no texts and no addresses.
    pub payload: Value,
    /// Why it was given up.
    pub error: String,
    /// How often it was tried.
    pub attempts: i64,
    /// `open`, `replayed` or `discarded`.
    pub status: String,
    /// Why it was discarded.
    pub note: Option<String>,
    /// Who settled it.
    pub resolved_by: Option<Uuid>,
    /// When it was settled.
    pub resolved_at: Option<DateTime<Utc>>,
    /// When it was given up.
    pub created_at: DateTime<Utc>,
}

impl From<DeadLetterRow> for DeadLetterBody {
    fn from(row: DeadLetterRow) -> Self {
        Self {
            id: row.id.into(),
            source: row.source,
            kind: row.kind,
            ref_id: row.ref_id,
            // Letters of before errors were redacted are shown like new ones.
            payload: sink::value(&row.payload),
            error: sink::text(&row.error).into_owned(),
            attempts: row.attempts,
            status: row.status,
            note: row.note,
            resolved_by: row.resolved_by.map(Into::into),
            resolved_at: row.resolved_at,
            created_at: row.created_at,
        }
    }
}

/// The endpoints under `/api/v1/dlq`.
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
    /// Where they come from: `message`, `job` or `outbox`.
    source: Option<String>,
    /// What kind of work it was.
    kind: Option<String>,
    /// Where the last page ended.
    cursor: Option<String>,
    /// Rows of a page.
    limit: Option<i64>,
}

/// Dead letters of one status, newest first.
#[utoipa::path(get, path = "/api/v1/dlq", tag = "operations", params(ListParams),
    responses((status = 200, body = Page<DeadLetterBody>)))]
async fn list(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Params(params): Params<ListParams>,
) -> Result<Json<Page<DeadLetterBody>>, HubError> {
    require_observer(&ctx.actor)?;
    let limit = limit(params.limit)?;
    let status = status_of(params.status.as_deref())?;
    let before = params.cursor.as_deref().map(decode_cursor::<DeadLetterId>).transpose()?;
    let filter = LetterFilter { status, source: params.source.as_deref(), kind: params.kind.as_deref() };
    let rows = page(&hub.db, &filter, before, limit + 1).await?;
    let rows = rows.into_iter().map(DeadLetterBody::from).collect();
    Ok(Json(Page::of(rows, limit, |row: &DeadLetterBody| encode_cursor(&row.id))))
}

/// One dead letter.
#[utoipa::path(get, path = "/api/v1/dlq/{id}", tag = "operations", params(("id" = Uuid, Path)),
    responses((status = 200, body = DeadLetterBody)))]
async fn get(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<DeadLetterId>,
) -> Result<Json<DeadLetterBody>, HubError> {
    require_observer(&ctx.actor)?;
    let letter = show(&hub.db, id).await?.ok_or_else(|| ApiError::not_found("dead letter"))?;
    Ok(Json(letter.into()))
}

/// What to do instead.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReplayLetter {
    /// What the worker shall know instead of what it knew, for a job.
    #[schema(value_type = Option<Object>)]
    #[serde(default)]
    payload: Option<serde_json::Map<String, Value>>,
}

/// Does the work of a dead letter anew. Errors: 404, 409 `DEAD_LETTER_SETTLED`.
#[utoipa::path(post, path = "/api/v1/dlq/{id}/replay", tag = "operations", params(("id" = Uuid, Path)),
    request_body = Option<ReplayLetter>,
    responses((status = 200, body = DeadLetterBody), (status = 400, description = "INVALID_REQUEST"),
              (status = 401, description = "AUTH_REQUIRED"), (status = 403, description = "FORBIDDEN"),
              (status = 404, description = "NOT_FOUND"), (status = 409, description = "DEAD_LETTER_SETTLED")))]
async fn replay_endpoint(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<DeadLetterId>,
    OptionalBody(body): OptionalBody<ReplayLetter>,
) -> Result<Json<DeadLetterBody>, HubError> {
    require_operator(&ctx.actor)?;
    if body.payload.is_some() {
        let letter = show(&hub.db, id).await?.ok_or_else(|| ApiError::not_found("dead letter"))?;
        if letter.source != "job" {
            return Err(ApiError::invalid("payload", "only a job's payload can be given anew").into());
        }
    }
    let directory = hub.gate.directory.load_full();
    answer(replay(&hub.db, &ctx, &directory, id, body.payload.map(Value::Object)).await?)
}

/// Lets the work of a dead letter be. Errors: 404, 409 `DEAD_LETTER_SETTLED`.
#[utoipa::path(post, path = "/api/v1/dlq/{id}/discard", tag = "operations", params(("id" = Uuid, Path)),
    request_body = Option<DiscardRequest>,
    responses((status = 200, body = DeadLetterBody), (status = 400, description = "INVALID_REQUEST"),
              (status = 401, description = "AUTH_REQUIRED"), (status = 403, description = "FORBIDDEN"),
              (status = 404, description = "NOT_FOUND"), (status = 409, description = "DEAD_LETTER_SETTLED")))]
async fn discard_endpoint(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<DeadLetterId>,
    OptionalBody(body): OptionalBody<DiscardRequest>,
) -> Result<Json<DeadLetterBody>, HubError> {
    require_operator(&ctx.actor)?;
    let note = discard_note(body.reason.as_deref())?;
    answer(discard(&hub.db, &ctx, id, note.as_deref()).await?)
}

async fn which(hub: &Hub, request: &BulkRequest) -> Result<Vec<Uuid>, HubError> {
    if !request.all {
        return Ok(request.ids.clone());
    }
    let filter = LetterFilter { status: "open", source: request.source.as_deref(), kind: request.kind.as_deref() };
    let most = i64::try_from(MOST).unwrap_or(i64::MAX);
    let rows = page(&hub.db, &filter, None, most).await?;
    // Oldest first, as they were given up.
    Ok(rows.into_iter().rev().map(|row| row.id.into()).collect())
}

/// Replays many, at a rate; the answer tells where to look how far it is.
#[utoipa::path(post, path = "/api/v1/dlq/replay", tag = "operations", request_body = BulkRequest,
    responses((status = 202, body = RepairBody), (status = 400, description = "INVALID_REQUEST"),
              (status = 401, description = "AUTH_REQUIRED"), (status = 403, description = "FORBIDDEN")))]
async fn replay_many(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Body(request): Body<BulkRequest>,
) -> Result<(StatusCode, Json<RepairBody>), HubError> {
    require_operator(&ctx.actor)?;
    let ids = which(&hub, &request).await?;
    begin(&hub, &ctx, RepairSubject::Dlq, RepairAction::Replay, ids, &request).await
}

/// Lets many be.
#[utoipa::path(post, path = "/api/v1/dlq/discard", tag = "operations", request_body = BulkRequest,
    responses((status = 202, body = RepairBody), (status = 400, description = "INVALID_REQUEST"),
              (status = 401, description = "AUTH_REQUIRED"), (status = 403, description = "FORBIDDEN")))]
async fn discard_many(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Body(request): Body<BulkRequest>,
) -> Result<(StatusCode, Json<RepairBody>), HubError> {
    require_operator(&ctx.actor)?;
    let ids = which(&hub, &request).await?;
    begin(&hub, &ctx, RepairSubject::Dlq, RepairAction::Discard, ids, &request).await
}
