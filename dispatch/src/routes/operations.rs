//! Reads of operations: where automation is paused, what others are told.

use axum::Json;
use axum::extract::{FromRef, State};
use axum::http::HeaderMap;
use patchbay_http::{ApiError, Caller, Gate, OpenApiRouter, Page, Params, routes};

use super::{InPath, tool};
use crate::body::{AutonomyHistoryBody, AutonomyStateBody, OutboxBody};
use crate::pipeline::Dispatch;
use crate::read::OutboxQuery;

/// The endpoints.
pub(super) fn router<S>() -> OpenApiRouter<S>
where
    S: Clone + Send + Sync + 'static,
    Dispatch: FromRef<S>,
    Gate: FromRef<S>,
{
    OpenApiRouter::new().routes(routes!(autonomy_state)).routes(routes!(autonomy_history)).routes(routes!(outbox))
}

/// Where automation is paused. Errors: 403 `FORBIDDEN`.
#[utoipa::path(
    get, path = "/ops/autonomy/state", tag = "operations", operation_id = "ops_autonomy_state",
    responses(
        (status = 200, description = "Where automation is paused.", body = AutonomyStateBody),
        (status = 400, description = "No such tool."),
        (status = 401, description = "No valid token."),
        (status = 403, description = "Not with this role or tool."),
    ),
    security(("bearer" = [])),
)]
async fn autonomy_state(
    State(dispatch): State<Dispatch>,
    Caller(ctx): Caller,
    headers: HeaderMap,
) -> Result<Json<AutonomyStateBody>, ApiError> {
    Ok(Json(dispatch.autonomy_state(&ctx, tool(&headers)).await?))
}

/// What automation was allowed to do with a ticket, what it did, and when that changed. Errors: 400
/// `INVALID_TICKET_ID`, 403 `FORBIDDEN`, 404 `TICKET_NOT_FOUND`.
#[utoipa::path(
    get, path = "/ops/autonomy/replay/{ticket_id}", tag = "operations", operation_id = "ops_autonomy_replay",
    params(("ticket_id" = Uuid, Path, description = "The ticket.")),
    responses(
        (status = 200, description = "What happened.", body = AutonomyHistoryBody),
        (status = 400, description = "The id is not a UUID."),
        (status = 401, description = "No valid token."),
        (status = 403, description = "Not with this role, tool or scope."),
        (status = 404, description = "No such ticket."),
    ),
    security(("bearer" = [])),
)]
async fn autonomy_history(
    State(dispatch): State<Dispatch>,
    Caller(ctx): Caller,
    headers: HeaderMap,
    InPath(id): InPath,
) -> Result<Json<AutonomyHistoryBody>, ApiError> {
    Ok(Json(dispatch.autonomy_history(&ctx, id, tool(&headers)).await?))
}

/// What others are told, newest first. Errors: 400 `INVALID_QUERY`, 403 `FORBIDDEN`.
#[utoipa::path(
    get, path = "/outbox", tag = "operations", operation_id = "outbox_list",
    params(OutboxQuery),
    responses(
        (status = 200, description = "A page of events.", body = Page<OutboxBody>),
        (status = 400, description = "A parameter is not what it should be."),
        (status = 401, description = "No valid token."),
        (status = 403, description = "Not with this role or tool."),
    ),
    security(("bearer" = [])),
)]
async fn outbox(
    State(dispatch): State<Dispatch>,
    Caller(ctx): Caller,
    headers: HeaderMap,
    Params(query): Params<OutboxQuery>,
) -> Result<Json<Page<OutboxBody>>, ApiError> {
    Ok(Json(dispatch.outbox(&ctx, query, tool(&headers)).await?))
}
