//! `/api/v1/escalation-ladders`: who is told of an alert, and who next when nobody answers.

mod keep;

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use patchbay_core::ids::LadderId;
use patchbay_http::{Caller, Id, Page, Params};
use uuid::Uuid;

use crate::error::HubError;
use crate::resource::{self, Stamp, Stamped, require_catalog_keeper};
use crate::state::Hub;
use keep::{Checked, LadderBody, LadderChange, LadderQuery, Ladders, NewLadder};

/// Ladders, in the order they were made.
#[utoipa::path(get, path = "/api/v1/escalation-ladders", tag = "alerts", operation_id = "ladder_list",
    params(LadderQuery),
    responses((status = 200, body = Page<LadderBody>), (status = 400, description = "INVALID_QUERY"),
              (status = 401, description = "AUTH_REQUIRED"), (status = 403, description = "FORBIDDEN")))]
pub(super) async fn list(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Params(query): Params<LadderQuery>,
) -> Result<Json<Page<LadderBody>>, HubError> {
    resource::list::<Ladders>(&hub, &ctx, query).await
}

/// Makes a ladder. Admins and supervisors only.
#[utoipa::path(post, path = "/api/v1/escalation-ladders", tag = "alerts", operation_id = "ladder_create",
    params(("Idempotency-Key" = Option<String>, Header, description = "A UUID that names the one request.")),
    request_body = NewLadder,
    responses((status = 201, body = LadderBody), (status = 400, description = "INVALID_REQUEST"),
              (status = 401, description = "AUTH_REQUIRED"), (status = 403, description = "FORBIDDEN"),
              (status = 409, description = "IDEMPOTENCY_PAYLOAD_MISMATCH"),
              (status = 413, description = "PAYLOAD_TOO_LARGE"),
              (status = 415, description = "UNSUPPORTED_MEDIA_TYPE")))]
pub(super) async fn create(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    asked: Stamped<NewLadder>,
) -> Result<Response, HubError> {
    require_catalog_keeper(&ctx)?;
    let Stamped { body, stamp } = asked;
    let body = Checked { hosts: Arc::clone(&hub.config.webhook_hosts), body };
    resource::create::<Ladders>(&hub, &ctx, Stamped { body, stamp }).await
}

/// One ladder.
#[utoipa::path(get, path = "/api/v1/escalation-ladders/{id}", tag = "alerts", operation_id = "ladder_read",
    params(("id" = Uuid, Path)),
    responses((status = 200, body = LadderBody), (status = 401, description = "AUTH_REQUIRED"),
              (status = 403, description = "FORBIDDEN"), (status = 404, description = "NOT_FOUND")))]
pub(super) async fn read(State(hub): State<Hub>, Caller(ctx): Caller, Id(id): Id<Uuid>) -> Result<Response, HubError> {
    resource::read::<Ladders>(&hub, &ctx, LadderId(id)).await
}

/// Changes a ladder; alerts that climb it already go on as it was. Admins and supervisors only.
#[utoipa::path(patch, path = "/api/v1/escalation-ladders/{id}", tag = "alerts", operation_id = "ladder_change",
    params(("id" = Uuid, Path),
           ("If-Match" = Option<String>, Header, description = "The version that the change was made from."),
           ("Idempotency-Key" = Option<String>, Header, description = "A UUID that names the one request.")),
    request_body = LadderChange,
    responses((status = 200, body = LadderBody), (status = 400, description = "INVALID_REQUEST"),
              (status = 401, description = "AUTH_REQUIRED"), (status = 403, description = "FORBIDDEN"),
              (status = 404, description = "NOT_FOUND"),
              (status = 409, description = "VERSION_CONFLICT, INVALID_STATE_TRANSITION, IDEMPOTENCY_PAYLOAD_MISMATCH"),
              (status = 413, description = "PAYLOAD_TOO_LARGE"),
              (status = 415, description = "UNSUPPORTED_MEDIA_TYPE")))]
pub(super) async fn change(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<Uuid>,
    asked: Stamped<LadderChange>,
) -> Result<Response, HubError> {
    require_catalog_keeper(&ctx)?;
    let Stamped { body, stamp } = asked;
    let body = Checked { hosts: Arc::clone(&hub.config.webhook_hosts), body };
    resource::change::<Ladders>(&hub, &ctx, LadderId(id), Stamped { body, stamp }).await
}

/// Takes a ladder out of use, unless rules or ladders lead to it. Admins and supervisors only.
#[utoipa::path(delete, path = "/api/v1/escalation-ladders/{id}", tag = "alerts", operation_id = "ladder_deactivate",
    params(("id" = Uuid, Path),
           ("If-Match" = Option<String>, Header, description = "The version that the change was made from."),
           ("Idempotency-Key" = Option<String>, Header, description = "A UUID that names the one request.")),
    responses((status = 200, body = LadderBody), (status = 400, description = "INVALID_REQUEST"),
              (status = 401, description = "AUTH_REQUIRED"), (status = 403, description = "FORBIDDEN"),
              (status = 404, description = "NOT_FOUND"),
              (status = 409, description = "VERSION_CONFLICT, INVALID_STATE_TRANSITION, IDEMPOTENCY_PAYLOAD_MISMATCH")))]
pub(super) async fn deactivate(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<Uuid>,
    stamp: Stamp,
) -> Result<Response, HubError> {
    resource::deactivate::<Ladders>(&hub, &ctx, LadderId(id), stamp).await
}
