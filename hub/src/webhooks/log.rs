//! The log of an address: what was sent to it, every try, and sending anew.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use chrono::{DateTime, Utc};
use patchbay_core::Code;
use patchbay_core::ids::{EventId, WebhookDeliveryId, WebhookId};
use patchbay_core::webhook::{DeliveryState, PING};
use patchbay_http::{ApiError, Caller, Id, Page, Params, decode_cursor, encode_cursor, limit};
use patchbay_store::webhook_deliveries::{self as store, DeliveryRow, NewDelivery};
use patchbay_store::webhooks::{self, WebhookRow};
use patchbay_store::{StoreError, Tx};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use super::body::{DeliveryBody, DeliveryDetailBody};
use super::keep::require_viewer;
use crate::error::HubError;
use crate::resource::{Begun, Stamp, Stamped, Write, record, require_admin};
use crate::state::Hub;

/// Which deliveries to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct DeliveryQuery {
    /// `pending`, `delivered`, `failed` or `canceled`.
    status: Option<String>,
    /// Where the last page ended.
    cursor: Option<String>,
    /// 1 to 100; 20 when absent.
    limit: Option<i64>,
}

/// What was sent to an address, newest first.
#[utoipa::path(get, path = "/api/v1/webhooks/{id}/deliveries", tag = "webhooks", operation_id = "webhook_deliveries",
    params(("id" = Uuid, Path), DeliveryQuery),
    responses((status = 200, body = Page<DeliveryBody>), (status = 400, description = "INVALID_QUERY"),
              (status = 401, description = "AUTH_REQUIRED"), (status = 403, description = "FORBIDDEN"),
              (status = 404, description = "NOT_FOUND")))]
pub(super) async fn list(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<WebhookId>,
    Params(query): Params<DeliveryQuery>,
) -> Result<Json<Page<DeliveryBody>>, HubError> {
    require_viewer(&ctx)?;
    let limit = limit(query.limit)?;
    let before: Option<WebhookDeliveryId> = query.cursor.as_deref().map(decode_cursor).transpose()?;
    let state = query.status.as_deref().map(str::parse::<DeliveryState>).transpose();
    let state = state.map_err(|_| {
        ApiError::new(Code::InvalidQuery, format!("status must be one of {}", DeliveryState::WORDS.join(", ")))
    })?;
    let mut tx = hub.db.read().await?;
    address(&mut tx, id).await?;
    let rows = store::page(&mut tx, id, state, before, limit + 1).await?;
    let page = Page::of(rows, limit, |row: &DeliveryRow| encode_cursor(&row.id));
    let data = page.data.iter().map(DeliveryBody::from).collect();
    Ok(Json(Page { data, next_cursor: page.next_cursor }))
}

/// One delivery with what is sent and every try.
#[utoipa::path(get, path = "/api/v1/webhooks/{id}/deliveries/{delivery_id}", tag = "webhooks",
    operation_id = "webhook_delivery", params(("id" = Uuid, Path), ("delivery_id" = Uuid, Path)),
    responses((status = 200, body = DeliveryDetailBody), (status = 401, description = "AUTH_REQUIRED"),
              (status = 403, description = "FORBIDDEN"), (status = 404, description = "NOT_FOUND")))]
pub(super) async fn read(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id((id, delivery)): Id<(WebhookId, WebhookDeliveryId)>,
) -> Result<Json<DeliveryDetailBody>, HubError> {
    require_admin(&ctx)?;
    let mut tx = hub.db.read().await?;
    let row = store::find(&mut tx, id, delivery).await?.ok_or_else(|| ApiError::not_found("delivery"))?;
    let attempts = store::attempts(&mut tx, delivery).await?;
    Ok(Json(DeliveryDetailBody::of(&row, attempts)))
}

/// Sends a delivery anew: the same event under the same id, from the first try on.
#[utoipa::path(post, path = "/api/v1/webhooks/{id}/deliveries/{delivery_id}/replay", tag = "webhooks",
    operation_id = "webhook_delivery_replay",
    params(("id" = Uuid, Path), ("delivery_id" = Uuid, Path),
           ("Idempotency-Key" = Option<String>, Header, description = "A UUID that names the one request.")),
    responses((status = 202, body = DeliveryBody), (status = 401, description = "AUTH_REQUIRED"),
              (status = 403, description = "FORBIDDEN"), (status = 404, description = "NOT_FOUND"),
              (status = 409, description = "INVALID_STATE_TRANSITION: the address is out of use")))]
pub(super) async fn replay(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id((id, delivery)): Id<(WebhookId, WebhookDeliveryId)>,
    stamp: Stamp,
) -> Result<Response, HubError> {
    require_admin(&ctx)?;
    let mut write = match Write::begin(&hub, &ctx, &stamp).await? {
        Begun::Now(write) => write,
        Begun::Before(answer) => return Ok(answer),
    };
    require_active(&address(&mut write.tx, id).await?)?;
    if store::find(&mut write.tx, id, delivery).await?.is_none() {
        return Err(ApiError::not_found("delivery").into());
    }
    store::replay(&mut write.tx, delivery, ctx.now).await?;
    let subject = json!({ "webhook_id": id, "delivery_id": delivery });
    record(&mut write.tx, &ctx, None, "webhook.replay", subject).await?;
    let row = store::find(&mut write.tx, id, delivery).await?.ok_or(StoreError::NoRow)?;
    write.finish(StatusCode::ACCEPTED, &DeliveryBody::from(&row)).await
}

/// From when on to send anew.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReplayMissedBody {
    /// Everything that was made since then and did not arrive.
    since: DateTime<Utc>,
}

/// What is sent anew.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ReplayedBody {
    /// How many deliveries.
    replayed: u64,
}

/// Sends everything anew that did not arrive at an address since a time.
#[utoipa::path(post, path = "/api/v1/webhooks/{id}/replay", tag = "webhooks", operation_id = "webhook_replay_missed",
    params(("id" = Uuid, Path),
           ("Idempotency-Key" = Option<String>, Header, description = "A UUID that names the one request.")),
    request_body = ReplayMissedBody,
    responses((status = 202, body = ReplayedBody), (status = 400, description = "INVALID_REQUEST"),
              (status = 401, description = "AUTH_REQUIRED"), (status = 403, description = "FORBIDDEN"),
              (status = 404, description = "NOT_FOUND"),
              (status = 409, description = "INVALID_STATE_TRANSITION: the address is out of use"),
              (status = 413, description = "PAYLOAD_TOO_LARGE"),
              (status = 415, description = "UNSUPPORTED_MEDIA_TYPE")))]
pub(super) async fn replay_missed(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<WebhookId>,
    asked: Stamped<ReplayMissedBody>,
) -> Result<Response, HubError> {
    require_admin(&ctx)?;
    let mut write = match Write::begin(&hub, &ctx, &asked.stamp).await? {
        Begun::Now(write) => write,
        Begun::Before(answer) => return Ok(answer),
    };
    require_active(&address(&mut write.tx, id).await?)?;
    let replayed = store::replay_missed(&mut write.tx, id, asked.body.since, ctx.now).await?;
    let subject = json!({ "webhook_id": id, "replayed": replayed });
    record(&mut write.tx, &ctx, None, "webhook.replay", subject).await?;
    write.finish(StatusCode::ACCEPTED, &ReplayedBody { replayed }).await
}

/// Sends an address an event that means nothing, `webhook.ping`: whether it takes it shows in the log.
#[utoipa::path(post, path = "/api/v1/webhooks/{id}/test", tag = "webhooks", operation_id = "webhook_test",
    params(("id" = Uuid, Path),
           ("Idempotency-Key" = Option<String>, Header, description = "A UUID that names the one request.")),
    responses((status = 202, body = DeliveryBody), (status = 401, description = "AUTH_REQUIRED"),
              (status = 403, description = "FORBIDDEN"), (status = 404, description = "NOT_FOUND"),
              (status = 409, description = "INVALID_STATE_TRANSITION: the address is out of use")))]
pub(super) async fn test(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<WebhookId>,
    stamp: Stamp,
) -> Result<Response, HubError> {
    require_admin(&ctx)?;
    let mut write = match Write::begin(&hub, &ctx, &stamp).await? {
        Begun::Now(write) => write,
        Begun::Before(answer) => return Ok(answer),
    };
    require_active(&address(&mut write.tx, id).await?)?;
    let (event, delivery) = (EventId::new(), WebhookDeliveryId::new());
    let body = json!({
        "event_id": event, "event_type": PING, "occurred_at": ctx.now, "payload": { "webhook_id": id },
        "metadata": { "schema_version": super::body::SCHEMA_VERSION },
    });
    let new =
        NewDelivery { id: delivery, webhook_id: id, event_id: event, event_type: PING.into(), body: body.to_string() };
    store::insert(&mut write.tx, &[new], ctx.now).await?;
    let row = store::find(&mut write.tx, id, delivery).await?.ok_or(StoreError::NoRow)?;
    record(&mut write.tx, &ctx, None, "webhook.test", json!({ "webhook_id": id })).await?;
    write.finish(StatusCode::ACCEPTED, &DeliveryBody::from(&row)).await
}

async fn address(tx: &mut Tx, id: WebhookId) -> Result<WebhookRow, HubError> {
    Ok(webhooks::by_id(tx, id).await?.ok_or_else(|| ApiError::not_found("webhook"))?)
}

/// Nothing is sent to an address that is out of use. Error: 409 `INVALID_STATE_TRANSITION`.
fn require_active(row: &WebhookRow) -> Result<(), ApiError> {
    if row.is_active {
        Ok(())
    } else {
        Err(ApiError::new(Code::InvalidStateTransition, "the webhook is out of use; take it into use first"))
    }
}
