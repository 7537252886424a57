//! Taking a file in: streamed into the object store, named after its content.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{FromRequest as _, Multipart, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use futures::{Stream, StreamExt as _};
use patchbay_core::Code;
use patchbay_core::ctx::Ctx;
use patchbay_core::evidence::sniff;
use patchbay_core::ids::MediaId;
use patchbay_http::{ApiError, Caller};
use patchbay_store::media::{self, MediaStatus, NewMedia};
use patchbay_store::objects::{Announced, KeepError, Kept, keep};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::conversations::require_worker;
use crate::error::HubError;
use crate::state::Hub;

/// An uploaded file.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct MediaBody {
    /// Our id; give it as `media_id` of a message.
    id: Uuid,
    /// Type, as told by the content.
    mime_type: String,
    /// Name to show.
    filename: Option<String>,
    /// Size in bytes.
    size_bytes: i64,
    /// SHA-256, lowercase hex.
    sha256: String,
}

/// Keeps a file to be sent with a message. The body is the file itself; its name may stand in `X-Filename`
/// (percent-encoded). A form (`multipart/form-data`) with the file in its field `file` will do as well.
#[utoipa::path(post, path = "/api/v1/media", tag = "media", request_body(content = Vec<u8>, content_type = "*/*"),
    responses((status = 201, body = MediaBody), (status = 400, description = "INVALID_REQUEST"),
              (status = 413, description = "PAYLOAD_TOO_LARGE; `limit_bytes` names the limit")))]
pub(crate) async fn upload(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    headers: HeaderMap,
    request: Request,
) -> Result<(StatusCode, Json<MediaBody>), HubError> {
    require_worker(&ctx.actor)?;
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let claimed = text("content-type").unwrap_or_default();
    if claimed.trim_start().to_ascii_lowercase().starts_with("multipart/form-data") {
        return from_form(&hub, &ctx, request).await;
    }
    let most = hub.config.max_upload_bytes;
    if text(header::CONTENT_LENGTH.as_str()).and_then(|length| length.parse::<u64>().ok()).is_some_and(|it| it > most) {
        return Err(too_large(most).into());
    }
    let filename = text("x-filename").map(percent_decoded);
    let kept = take(&hub, request.into_body().into_data_stream()).await?;
    record(&hub, &ctx, &kept, claimed, filename).await
}

/// The field `file` of a form.
async fn from_form(hub: &Hub, ctx: &Ctx, request: Request) -> Result<(StatusCode, Json<MediaBody>), HubError> {
    let unreadable = || ApiError::new(Code::InvalidRequest, "the form could not be read");
    let mut form = Multipart::from_request(request, &()).await.map_err(|_| unreadable())?;
    while let Some(field) = form.next_field().await.map_err(|_| unreadable())? {
        if field.name() != Some("file") {
            continue;
        }
        let filename = field.file_name().map(file_name);
        let claimed = field.content_type().unwrap_or_default().to_owned();
        let kept = take(hub, field).await?;
        return record(hub, ctx, &kept, &claimed, filename).await;
    }
    Err(ApiError::invalid("file", "the form has no field of this name").into())
}

/// Keeps a stream of at most the configured size.
pub(crate) async fn take<E: Send>(
    hub: &Hub,
    content: impl Stream<Item = Result<Bytes, E>> + Send,
) -> Result<Kept, ApiError> {
    // A stream without a byte is no file; ask before anything is written.
    let mut content = std::pin::pin!(content);
    let first = loop {
        match content.next().await {
            None => return Err(ApiError::invalid("body", "the file is empty")),
            Some(Ok(piece)) if piece.is_empty() => {}
            Some(piece) => break piece,
        }
    };
    let announced = Announced { most: hub.config.max_upload_bytes, sha256: None };
    let whole = futures::stream::once(std::future::ready(first)).chain(content);
    keep(&hub.files, whole, announced).await.map_err(|error| match error {
        KeepError::TooLarge(most) => too_large(most),
        KeepError::BrokeOff | KeepError::Different => {
            ApiError::new(Code::InvalidRequest, "the file could not be read to its end")
        }
        KeepError::Store(error) => ApiError::not_ready(&error),
    })
}

async fn record(
    hub: &Hub,
    ctx: &Ctx,
    kept: &Kept,
    claimed: &str,
    filename: Option<String>,
) -> Result<(StatusCode, Json<MediaBody>), HubError> {
    let mime_type = sniff(&kept.first, claimed);
    let size_bytes = i64::try_from(kept.size_bytes).unwrap_or(i64::MAX);
    let id = MediaId::new();
    let mut tx = hub.db.begin().await?;
    crate::directory::ensure_user(&mut tx, ctx).await?;
    let row = NewMedia {
        id,
        message_id: None,
        conversation_id: None,
        provider_media_id: None,
        mime_type: &mime_type,
        filename: filename.as_deref(),
        size_bytes: Some(size_bytes),
        sha256: Some(&kept.sha256),
        storage_key: Some(&kept.storage_key),
        status: MediaStatus::Ready,
        created_by: Some(ctx.actor.user_id()),
    };
    media::insert(&mut tx, &row, ctx.now).await?;
    tx.commit().await?;
    let sha256 = kept.sha256.clone();
    Ok((StatusCode::CREATED, Json(MediaBody { id: id.into(), mime_type, filename, size_bytes, sha256 })))
}

fn too_large(most: u64) -> ApiError {
    ApiError::new(Code::PayloadTooLarge, format!("files may have up to {} MB", most >> 20)).with("limit_bytes", most)
}

/// A name as it stands in a header: without any path in it, up to 200 characters.
pub(crate) fn percent_decoded(encoded: &str) -> String {
    file_name(&percent_encoding::percent_decode_str(encoded).decode_utf8_lossy())
}

/// A name without any path in it, up to 200 characters.
fn file_name(given: &str) -> String {
    let name = given.rsplit(['/', '\\']).next().unwrap_or_default();
    name.chars().filter(|letter| !letter.is_control() && *letter != '"').take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_no_path() {
        assert_eq!(percent_decoded("..%2F..%2Fetc%2Fpasswd"), "passwd");
        assert_eq!(file_name("C:\\tmp\\a\"b\n.txt"), "ab.txt");
    }
}
