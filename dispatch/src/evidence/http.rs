//! The endpoints of evidence beside its commands: reading it, leave to upload, and uploads that come through us.

use axum::Json;
use axum::body::Body as Stream;
use axum::extract::{FromRef, Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use futures::TryStreamExt as _;
use patchbay_core::evidence::{ObjectUri, Sha256Sum, UPLOADABLE, is_uploadable};
use patchbay_core::ids::EvidenceId;
use patchbay_core::ticket::Command;
use patchbay_core::{Code, Ctx};
use patchbay_http::{ApiError, Body, Caller, Disposition, Gate, OpenApiRouter, ServedFile, routes};
use patchbay_store::evidence;
use patchbay_store::objects::{ObjectError, Objects, ReceiveError, Received, Upload};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::read::EvidenceListBody;
use crate::error::CommandError;
use crate::pipeline::Dispatch;
use crate::read::visible;
use crate::routes::{InPath, tool};

/// The endpoints.
pub(crate) fn router<S>() -> OpenApiRouter<S>
where
    S: Clone + Send + Sync + 'static,
    Dispatch: FromRef<S>,
    Gate: FromRef<S>,
{
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(content)).routes(routes!(grant)).routes(routes!(upload))
}

/// A file to be uploaded.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct UploadRequest {
    /// Its type: a picture (JPEG, PNG, GIF, WebP), MP4, PDF, Ogg or MP3 sound, plain text, CSV or JSON.
    content_type: String,
    /// Its exact size in bytes.
    #[schema(minimum = 1)]
    size_bytes: u64,
    /// SHA-256 of its content, in hex.
    sha256: String,
}

/// How to upload a file.
#[derive(Debug, Serialize, ToSchema)]
struct UploadTicket {
    /// Method of the request: `PUT`.
    method: &'static str,
    /// Where to; the address is the leave, and holds until `expires_at`.
    url: String,
    /// Headers that the request must have, exactly so.
    #[schema(value_type = Object)]
    headers: serde_json::Map<String, serde_json::Value>,
    /// Give it as `uri` of `closeout.add_evidence` afterwards.
    uri: String,
    /// Give it as `checksum`.
    checksum: String,
    /// Until when.
    expires_at: DateTime<Utc>,
}

/// The evidence of a ticket. Errors: 400 `INVALID_TICKET_ID`, 403 `FORBIDDEN`, 404 `TICKET_NOT_FOUND`.
#[utoipa::path(
    get, path = "/tickets/{ticket_id}/evidence", tag = "tickets", operation_id = "ticket_evidence",
    params(("ticket_id" = Uuid, Path, description = "The ticket.")),
    responses(
        (status = 200, description = "All of it.", body = EvidenceListBody),
        (status = 400, description = "The id is not a UUID."),
        (status = 401, description = "No valid token."),
        (status = 403, description = "Not with this role, tool or scope."),
        (status = 404, description = "No such ticket."),
        (status = 429, description = "Too many requests."),
        (status = 503, description = "The database is away; try again."),
    ),
    security(("bearer" = [])),
)]
async fn list(
    State(dispatch): State<Dispatch>,
    Caller(ctx): Caller,
    headers: HeaderMap,
    InPath(id): InPath,
) -> Result<Json<EvidenceListBody>, ApiError> {
    Ok(Json(dispatch.evidence(&ctx, id, tool(&headers)).await?))
}

/// The object of a piece of evidence, when it lies in our store. Errors: as for the list, and 404 `NOT_FOUND`.
#[utoipa::path(
    get, path = "/tickets/{ticket_id}/evidence/{evidence_id}/content", tag = "tickets",
    operation_id = "ticket_evidence_content",
    params(
        ("ticket_id" = Uuid, Path, description = "The ticket."),
        ("evidence_id" = Uuid, Path, description = "The piece of evidence."),
    ),
    responses(
        (status = 200, description = "The object.", content_type = "*/*"),
        (status = 400, description = "The ticket's id is not a UUID."),
        (status = 401, description = "No valid token."),
        (status = 403, description = "Not with this role, tool or scope."),
        (status = 404, description = "No such ticket or evidence, or its object is not in our store."),
        (status = 429, description = "Too many requests."),
        (status = 503, description = "The database or the object store is away; try again."),
    ),
    security(("bearer" = [])),
)]
async fn content(
    State(dispatch): State<Dispatch>,
    Caller(ctx): Caller,
    headers: HeaderMap,
    Path((ticket, evidence)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let missing = || ApiError::not_found("object");
    let ticket = ticket.parse().map_err(|_| ApiError::new(Code::InvalidTicketId, "the ticket id is not a UUID"))?;
    let mut tx = dispatch.db.read().await.map_err(CommandError::from)?;
    visible(&mut tx, &ctx, Command::TicketEvidence.row(), ticket, tool(&headers)).await?;
    let id: EvidenceId = evidence.parse().map_err(|_| missing())?;
    let rows = evidence::of_ticket(&mut tx, ticket).await.map_err(CommandError::from)?;
    drop(tx);
    let row = rows.into_iter().find(|row| row.id == id).ok_or_else(missing)?;
    let objects = dispatch.evidence.objects.as_ref().ok_or_else(missing)?;
    let uri = ObjectUri::parse(&row.uri, &dispatch.evidence.rules.schemes).map_err(|_| missing())?;
    let key = objects.key_of(&uri).filter(|key| Objects::belongs(key, ticket)).ok_or_else(missing)?;
    let found = objects.get(&key).await.map_err(object_error)?;
    let file = ServedFile {
        body: Stream::from_stream(found.bytes),
        mime_type: row.content_type.as_deref().filter(|kind| is_uploadable(kind)).unwrap_or("application/octet-stream"),
        filename: &format!("{}-{id}", row.kind.to_lowercase()),
        disposition: Disposition::Attachment,
    };
    Ok(file.into_response())
}

/// Leave to upload one file as evidence of a ticket: by a presigned address of the object store, or through us. Errors:
/// 400 `INVALID_REQUEST`, 403, 404 `TICKET_NOT_FOUND`, 409 `INVALID_STATE_TRANSITION`, 413 `PAYLOAD_TOO_LARGE`, 415
/// `UNSUPPORTED_MEDIA_TYPE`.
#[utoipa::path(
    post, path = "/tickets/{ticket_id}/evidence/uploads", tag = "tickets", operation_id = "ticket_evidence_upload_grant",
    params(("ticket_id" = Uuid, Path, description = "The ticket.")),
    request_body = UploadRequest,
    responses(
        (status = 201, description = "How to upload it.", body = UploadTicket),
        (status = 400, description = "The body does not fit."),
        (status = 401, description = "No valid token."),
        (status = 403, description = "Not with this role, tool or scope."),
        (status = 404, description = "No such ticket."),
        (status = 409, description = "The ticket is over."),
        (status = 413, description = "The file is larger than allowed."),
        (status = 415, description = "Files of this type are not taken."),
        (status = 429, description = "Too many requests."),
        (status = 503, description = "The database or the object store is away; try again."),
    ),
    security(("bearer" = [])),
)]
async fn grant(
    State(dispatch): State<Dispatch>,
    Caller(ctx): Caller,
    headers: HeaderMap,
    InPath(id): InPath,
    Body(asked): Body<UploadRequest>,
) -> Result<(StatusCode, Json<UploadTicket>), ApiError> {
    let mut tx = dispatch.db.read().await.map_err(CommandError::from)?;
    visible(&mut tx, &ctx, Command::AddEvidence.row(), id, tool(&headers)).await?;
    drop(tx);
    let objects = dispatch.evidence.objects.as_ref().ok_or_else(|| ApiError::not_found("object store"))?;
    let rules = &dispatch.evidence.rules;
    let mime_type = asked.content_type.trim().to_ascii_lowercase();
    if !is_uploadable(&mime_type) {
        let message = format!("evidence may be {}", UPLOADABLE.join(", "));
        return Err(ApiError::new(Code::UnsupportedMediaType, message));
    }
    if asked.size_bytes == 0 {
        return Err(ApiError::invalid("size_bytes", "the file is empty"));
    }
    if asked.size_bytes > rules.max_upload_bytes {
        return Err(too_large(rules.max_upload_bytes));
    }
    let sha256: Sha256Sum =
        asked.sha256.parse().map_err(|_| ApiError::invalid("sha256", "must be a SHA-256 sum in hex"))?;
    let expires_at = expiry(&ctx, rules.upload_life);
    let upload =
        Upload { ticket_id: id, mime_type, size_bytes: asked.size_bytes, sha256, expires: expires_at.timestamp() };
    let granted = objects.grant(&upload, ctx.now).await.map_err(object_error)?;
    let ticket = UploadTicket {
        method: "PUT",
        url: granted.url,
        headers: granted.headers.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect(),
        uri: granted.uri,
        checksum: sha256.to_string(),
        expires_at,
    };
    Ok((StatusCode::CREATED, Json(ticket)))
}

/// Takes a file for which leave was given; the address is the leave. Errors: 400 `INVALID_REQUEST` when it is not the
/// announced file, 404 `NOT_FOUND` for an address that is not or no longer valid, 415 `UNSUPPORTED_MEDIA_TYPE`.
#[utoipa::path(
    put, path = "/uploads/{token}", tag = "tickets", operation_id = "ticket_evidence_upload",
    params(("token" = String, Path, description = "From the address.")),
    request_body(content = Vec<u8>, content_type = "*/*"),
    responses(
        (status = 201, description = "It is kept."),
        (status = 200, description = "It was there already."),
        (status = 400, description = "It is not the announced file."),
        (status = 404, description = "The address is not valid, or not any more."),
        (status = 415, description = "It is of another type than announced."),
        (status = 503, description = "The object store is away; try again."),
    ),
)]
async fn upload(
    State(dispatch): State<Dispatch>,
    State(gate): State<Gate>,
    Path(token): Path<String>,
    request: Request,
) -> Result<StatusCode, ApiError> {
    let unknown = || ApiError::not_found("upload");
    let objects = dispatch.evidence.objects.as_ref().ok_or_else(unknown)?;
    let granted = objects.granted(&token).filter(|granted| !granted.has_ended(gate.clock.now())).ok_or_else(unknown)?;
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if kind.split(';').next().unwrap_or_default().trim() != granted.mime_type {
        return Err(ApiError::new(
            Code::UnsupportedMediaType,
            format!("the file was announced as {}", granted.mime_type),
        ));
    }
    match objects.receive(&granted, request.into_body().into_data_stream().map_err(std::io::Error::other)).await {
        Ok(Received::Kept) => Ok(StatusCode::CREATED),
        Ok(Received::Known) => Ok(StatusCode::OK),
        Err(error @ (ReceiveError::Size(_) | ReceiveError::Checksum | ReceiveError::BrokeOff)) => {
            Err(ApiError::invalid("body", error.to_string()))
        }
        Err(error @ ReceiveError::Type) => Err(ApiError::new(Code::UnsupportedMediaType, error.to_string())),
        Err(ReceiveError::Store(error)) => Err(object_error(error)),
    }
}

fn expiry(ctx: &Ctx, life: chrono::TimeDelta) -> DateTime<Utc> {
    // Whole seconds, as they are signed.
    let until = ctx.now + life;
    DateTime::from_timestamp(until.timestamp(), 0).unwrap_or(until)
}

fn too_large(limit: u64) -> ApiError {
    ApiError::new(Code::PayloadTooLarge, format!("files may have up to {} MB", limit >> 20))
}

#[expect(clippy::needless_pass_by_value, reason = "map_err hands the error over")]
fn object_error(error: ObjectError) -> ApiError {
    match error {
        ObjectError::Missing => ApiError::not_found("object"),
        ObjectError::Settings(_) => ApiError::internal(&error),
        ObjectError::Store(_) => ApiError::not_ready(&error),
    }
}
