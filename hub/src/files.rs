//! Files: uploaded to be sent, received to be shown. Kept once under the hash of their content, served so that no page
//! of ours can be attacked with them.

mod link;
mod serve;
mod thumbnail;
mod upload;

use axum::extract::{DefaultBodyLimit, State};
use axum::http::HeaderMap;
use axum::response::Response;
use patchbay_core::ctx::Ctx;
use patchbay_core::ids::MediaId;
use patchbay_http::{ApiError, Caller, Id, OpenApiRouter, routes};
use patchbay_store::media::{self, MediaRow};

use crate::conversations::load_visible;
use crate::error::HubError;
use crate::state::Hub;

pub use link::link;
pub use thumbnail::has_thumbnail;
pub(crate) use thumbnail::thumbnail_key;
pub(crate) use upload::{percent_decoded, take};

/// The endpoints under `/api/v1/media` and the signed links under `/media`.
pub fn router() -> OpenApiRouter<Hub> {
    // The upload counts its bytes itself.
    let upload = OpenApiRouter::new().routes(routes!(upload::upload)).layer(DefaultBodyLimit::disable());
    OpenApiRouter::new()
        .merge(upload)
        .routes(routes!(download))
        .routes(routes!(thumbnail::thumbnail))
        .routes(routes!(link::linked))
}

/// A file of a message that the caller may see, or one the caller uploaded. `Range` and `If-None-Match` are honored.
#[utoipa::path(get, path = "/api/v1/media/{id}", tag = "media", params(("id" = Uuid, Path)),
    responses((status = 200, content_type = "*/*"), (status = 206, content_type = "*/*", description = "a part"),
              (status = 304, description = "not changed"), (status = 404, description = "NOT_FOUND"),
              (status = 416, description = "outside of the file")))]
pub(crate) async fn download(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<MediaId>,
    headers: HeaderMap,
) -> Result<Response, HubError> {
    let row = visible(&hub, &ctx, id).await?;
    serve::serve(&hub, &headers, &row).await
}

/// A file that the caller may see. Error: 404 `NOT_FOUND`, whether absent or not theirs to know.
async fn visible(hub: &Hub, ctx: &Ctx, id: MediaId) -> Result<MediaRow, HubError> {
    let mut tx = hub.db.read().await?;
    let row = media::by_id(&mut tx, id).await?.ok_or_else(|| ApiError::not_found("file"))?;
    let conversation = match (row.conversation_id, row.message_id) {
        (Some(conversation), _) => Some(conversation),
        (None, Some(message)) => {
            patchbay_store::messages::by_id(&mut tx, message).await?.map(|message| message.conversation_id)
        }
        (None, None) => None,
    };
    match conversation {
        Some(conversation) => {
            load_visible(&mut tx, ctx, conversation).await?;
        }
        None if row.created_by == Some(ctx.actor.user_id()) => {}
        None => return Err(ApiError::not_found("file").into()),
    }
    Ok(row)
}
