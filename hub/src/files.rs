//! Files: uploaded to be sent, received to be shown. Kept once under the hash of their content, served so that no page
//! of ours can be attacked with them.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, KeyInit, Mac};
use object_store::ObjectStoreExt;
use object_store::path::Path as ObjectPath;
use patchbay_core::Code;
use patchbay_core::evidence::sniff;
use patchbay_core::ids::MediaId;
use patchbay_core::secret::Secret;
use patchbay_http::{ApiError, Caller, Disposition, Id, Params, ServedFile};
use patchbay_store::media::{self, MediaRow, MediaStatus, NewMedia};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::conversations::{load_visible, require_worker};
use crate::error::HubError;
use crate::state::Hub;

/// How long a link for a provider lives.
const LINK_LIFE: TimeDelta = TimeDelta::hours(6);

/// The endpoints under `/api/v1/media` and the signed links under `/media`.
pub fn router() -> OpenApiRouter<Hub> {
    OpenApiRouter::new().routes(routes!(upload)).routes(routes!(download)).routes(routes!(linked))
}

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

/// Where a file with this hash lies in the object store.
pub fn storage_key(sha256: &str) -> String {
    format!("media/{}/{sha256}", sha256.get(..2).unwrap_or("00"))
}

/// Keeps a file to be sent with a message. The body is the file itself; its name may stand in `X-Filename`
/// (percent-encoded).
#[utoipa::path(post, path = "/api/v1/media", tag = "media", request_body(content = Vec<u8>, content_type = "*/*"),
    responses((status = 201, body = MediaBody), (status = 413, description = "PAYLOAD_TOO_LARGE")))]
pub(crate) async fn upload(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    headers: HeaderMap,
    request: Request,
) -> Result<(StatusCode, Json<MediaBody>), HubError> {
    require_worker(&ctx.actor)?;
    let bytes = body_within(request, hub.config.max_upload_bytes).await?;
    if bytes.is_empty() {
        return Err(ApiError::invalid("body", "the file is empty").into());
    }
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let mime_type = sniff(&bytes, text("content-type").unwrap_or_default());
    let filename = text("x-filename").map(file_name);
    let sha256 = hex::encode(Sha256::digest(&bytes));
    let key = storage_key(&sha256);
    let size_bytes = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
    hub.files.put(&ObjectPath::from(key.as_str()), bytes.into()).await.map_err(|error| ApiError::internal(&error))?;
    let id = MediaId::new();
    let mut tx = hub.db.begin().await?;
    crate::directory::ensure_user(&mut tx, &ctx).await?;
    let row = NewMedia {
        id,
        message_id: None,
        conversation_id: None,
        provider_media_id: None,
        mime_type: &mime_type,
        filename: filename.as_deref(),
        size_bytes: Some(size_bytes),
        sha256: Some(&sha256),
        storage_key: Some(&key),
        status: MediaStatus::Ready,
        created_by: Some(ctx.actor.user_id()),
    };
    media::insert(&mut tx, &row, ctx.now).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(MediaBody { id: id.into(), mime_type, filename, size_bytes, sha256 })))
}

/// The whole body, which is buffered up to `limit` bytes and no further. Error: 413 `PAYLOAD_TOO_LARGE`.
async fn body_within(request: Request, limit: u64) -> Result<Bytes, ApiError> {
    let too_large = || ApiError::new(Code::PayloadTooLarge, format!("files may have up to {} MB", limit >> 20));
    let declared = request.headers().get(header::CONTENT_LENGTH);
    let declared = declared.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if declared.is_some_and(|length| length > limit) {
        return Err(too_large());
    }
    let body = request.into_body();
    axum::body::to_bytes(body, usize::try_from(limit).unwrap_or(usize::MAX)).await.map_err(|error| {
        if error.into_inner().is::<http_body_util::LengthLimitError>() {
            too_large()
        } else {
            ApiError::new(Code::InvalidRequest, "the body could not be read")
        }
    })
}

/// A name without any path in it, up to 200 characters.
pub(crate) fn file_name(encoded: &str) -> String {
    let decoded = percent_encoding::percent_decode_str(encoded).decode_utf8_lossy().into_owned();
    let name = decoded.rsplit(['/', '\\']).next().unwrap_or_default();
    name.chars().filter(|letter| !letter.is_control() && *letter != '"').take(200).collect()
}

/// A file of a message that the caller may see, or one the caller uploaded.
#[utoipa::path(get, path = "/api/v1/media/{id}", tag = "media", params(("id" = Uuid, Path)),
    responses((status = 200, content_type = "*/*"), (status = 404, description = "NOT_FOUND")))]
pub(crate) async fn download(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<MediaId>,
) -> Result<Response, HubError> {
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
            load_visible(&mut tx, &ctx, conversation).await?;
        }
        None if row.created_by == Some(ctx.actor.user_id()) => {}
        None => return Err(ApiError::not_found("file").into()),
    }
    drop(tx);
    serve(&hub, &row).await
}

/// The proof of a signed link.
#[derive(Debug, Deserialize)]
pub(crate) struct LinkParams {
    /// Seconds since 1970 until which it holds.
    expires: i64,
    /// HMAC-SHA256 over id and end, lowercase hex.
    signature: String,
}

/// A file by signed link, for the provider that delivers it.
#[utoipa::path(get, path = "/media/{id}", tag = "media",
    params(("id" = Uuid, Path), ("expires" = i64, Query), ("signature" = String, Query)),
    responses((status = 200, content_type = "*/*"), (status = 404, description = "NOT_FOUND")))]
pub(crate) async fn linked(
    State(hub): State<Hub>,
    Id(id): Id<MediaId>,
    Params(link): Params<LinkParams>,
) -> Result<Response, HubError> {
    let unknown = || ApiError::not_found("file");
    let given = hex::decode(&link.signature).map_err(|_| unknown())?;
    proof(&hub.config.link_secret, id, link.expires).verify_slice(&given).map_err(|_| unknown())?;
    if link.expires < hub.gate.clock.now().timestamp() {
        return Err(unknown().into());
    }
    let mut tx = hub.db.read().await?;
    let row = media::by_id(&mut tx, id).await?.ok_or_else(unknown)?;
    drop(tx);
    serve(&hub, &row).await
}

/// A link by which a provider can fetch a file for six hours.
pub fn link(public_url: &str, secret: &Secret, id: MediaId, now: DateTime<Utc>) -> String {
    let expires = (now + LINK_LIFE).timestamp();
    let signature = hex::encode(proof(secret, id, expires).finalize().into_bytes());
    format!("{public_url}/media/{id}?expires={expires}&signature={signature}")
}

fn proof(secret: &Secret, id: MediaId, expires: i64) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()).expect("any length of key is taken");
    mac.update(format!("media-link:{id}:{expires}").as_bytes());
    mac
}

async fn serve(hub: &Hub, row: &MediaRow) -> Result<Response, HubError> {
    let key = row.storage_key.as_deref().filter(|_| row.status == MediaStatus::Ready);
    let key = key.ok_or_else(|| ApiError::not_found("file"))?;
    let object = hub.files.get(&ObjectPath::from(key)).await.map_err(|error| ApiError::internal(&error))?;
    let bytes = object.bytes().await.map_err(|error| ApiError::internal(&error))?;
    let file = ServedFile {
        body: bytes.into(),
        mime_type: &row.mime_type,
        filename: row.filename.as_deref().unwrap_or("file"),
        disposition: Disposition::of_media(&row.mime_type),
    };
    Ok(file.into_response())
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    async fn read(length: usize, limit: u64) -> Result<usize, Code> {
        // A stream does not say how long it is.
        let stream = futures::stream::iter((0..length).map(|_| Ok::<_, std::io::Error>(Bytes::from_static(b"x"))));
        let request = Request::new(Body::from_stream(stream));
        body_within(request, limit).await.map(|bytes| bytes.len()).map_err(|error| error.code())
    }

    #[tokio::test]
    async fn an_upload_is_read_up_to_the_configured_size_and_no_further() {
        assert_eq!(read(8, 8).await, Ok(8));
        assert_eq!(read(9, 8).await, Err(Code::PayloadTooLarge));
    }
}
