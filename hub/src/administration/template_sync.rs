//! Reading the templates of an inbox from its provider: promised here, done by a worker.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use patchbay_core::Code;
use patchbay_core::channel::Channel;
use patchbay_core::ids::{InboxId, JobId};
use patchbay_core::inbox::Provider;
use patchbay_core::job::{JobKind, JobQueue, NewJob};
use patchbay_http::{ApiError, Caller, Id};
use patchbay_store::jobs;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::authority::require_admin;
use crate::{Hub, HubError};

/// A promise to look.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(super) struct SyncBody {
    /// Whether this call promised it; `false`: it was promised already.
    promised: bool,
}

/// Reads the templates of a WhatsApp inbox from its provider. The list of templates shows what came of it: each has its
/// parts, its status and `synced_at`.
#[utoipa::path(post, path = "/api/v1/inboxes/{id}/templates/sync", tag = "administration", params(("id" = Uuid, Path)),
    responses((status = 202, body = SyncBody), (status = 403, description = "FORBIDDEN"),
              (status = 404, description = "NOT_FOUND"), (status = 409, description = "CHANNEL_REFUSED")))]
pub(super) async fn sync(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<InboxId>,
) -> Result<(StatusCode, Json<SyncBody>), HubError> {
    require_admin(&ctx)?;
    let inbox = hub.directory().inboxes.get(&id).cloned().ok_or_else(|| ApiError::not_found("inbox"))?;
    if inbox.channel != Channel::Whatsapp || matches!(inbox.provider, Provider::Unserved) {
        return Err(ApiError::new(Code::ChannelRefused, "only WhatsApp inboxes that are in use have templates").into());
    }
    let job = NewJob {
        id: JobId::new(),
        queue: JobQueue::Default,
        kind: JobKind::SyncTemplates,
        lane: Some(format!("templates:{id}")),
        dedupe_key: Some(format!("sync_templates:{id}")),
        payload: json!({ "inbox_id": id }),
        run_at: ctx.now,
        max_attempts: 6,
    };
    let mut tx = hub.db.begin().await?;
    let promised = jobs::enqueue(&mut tx, &ctx, &job).await?;
    tx.commit().await?;
    Ok((StatusCode::ACCEPTED, Json(SyncBody { promised })))
}
