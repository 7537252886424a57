//! `POST /api/v1/inboxes/{id}/pause` and `…/resume`.

use axum::Json;
use axum::extract::State;
use patchbay_core::ctx::Ctx;
use patchbay_core::ids::InboxId;
use patchbay_http::{ApiError, Body, Caller, Id, OpenApiRouter, routes};
use patchbay_store::inbox_health::{self as store, HealthRow};
use patchbay_store::inboxes;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{HealthBody, tell};
use crate::error::HubError;
use crate::resource::{record, require_admin};
use crate::state::Hub;

/// The endpoints that pause and resume.
pub(crate) fn router() -> OpenApiRouter<Hub> {
    OpenApiRouter::new().routes(routes!(pause)).routes(routes!(resume))
}

/// Why an inbox is paused.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PauseBody {
    /// For those whose messages wait: 3 to 200 characters.
    reason: String,
}

/// Pauses an inbox: it takes messages and sends none; what is to be sent waits. Pausing it again changes the reason.
#[utoipa::path(post, path = "/api/v1/inboxes/{id}/pause", tag = "administration", params(("id" = Uuid, Path)),
    request_body = PauseBody,
    responses((status = 200, body = HealthBody), (status = 400, description = "INVALID_REQUEST"),
              (status = 403, description = "FORBIDDEN"), (status = 404, description = "NOT_FOUND")))]
pub(crate) async fn pause(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<InboxId>,
    Body(body): Body<PauseBody>,
) -> Result<Json<HealthBody>, HubError> {
    require_admin(&ctx)?;
    let reason = body.reason.trim();
    if !(3..=200).contains(&reason.chars().count()) {
        return Err(ApiError::invalid("reason", "must have 3 to 200 characters").into());
    }
    let reason = reason.to_owned();
    let changed = change(&hub, &ctx, id, "inbox.pause", |row| HealthRow {
        paused_at: row.paused_at.or(Some(ctx.now)),
        paused_by: Some(ctx.actor.user_id()),
        pause_reason: Some(reason),
        ..row
    });
    Ok(Json(changed.await?))
}

/// Resumes a paused inbox: what waited leaves. Resuming one that is not paused changes nothing.
#[utoipa::path(post, path = "/api/v1/inboxes/{id}/resume", tag = "administration", params(("id" = Uuid, Path)),
    responses((status = 200, body = HealthBody), (status = 403, description = "FORBIDDEN"),
              (status = 404, description = "NOT_FOUND")))]
pub(crate) async fn resume(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<InboxId>,
) -> Result<Json<HealthBody>, HubError> {
    require_admin(&ctx)?;
    let changed = change(&hub, &ctx, id, "inbox.resume", |row| HealthRow {
        paused_at: None,
        paused_by: None,
        pause_reason: None,
        ..row
    });
    Ok(Json(changed.await?))
}

async fn change(
    hub: &Hub,
    ctx: &Ctx,
    id: InboxId,
    tool: &str,
    with: impl FnOnce(HealthRow) -> HealthRow,
) -> Result<HealthBody, HubError> {
    let mut tx = hub.db.begin().await?;
    let inbox = inboxes::by_id(&mut tx, id).await?.ok_or_else(|| ApiError::not_found("inbox"))?;
    let before = store::of(&mut tx, id).await?.unwrap_or_else(|| HealthRow::new(id, ctx.now));
    let shown = HealthBody::of(&before);
    let row = with(before);
    let body = HealthBody::of(&row);
    if body != shown {
        store::put(&mut tx, &row).await?;
        tell(&mut tx, ctx, &hub.directory(), &row).await?;
        record(&mut tx, ctx, inbox.account_id, tool, json!({ "inbox_id": id })).await?;
        tx.commit().await?;
    }
    Ok(body)
}
