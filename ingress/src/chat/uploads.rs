//! `POST /chat/{inbox}/attachments`: a file, before the message that carries it.

use std::time::Duration;

use axum::Json;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};
use patchbay_core::Code;
use patchbay_http::ApiError;
use patchbay_hub::chat::{Upload, name_of_file};
use tokio::time::timeout;

use super::door::{Denied, Visit, desk};
use super::rates::Who;
use crate::refusal::Refusal;
use crate::webhook::Ingress;

/// How long a visitor may take to send a file.
const UPLOAD_WITHIN: Duration = Duration::from_mins(5);

/// Keeps a file to be sent with a message. The body is the file itself; its name may stand in `X-Filename`
/// (percent-encoded). Needs a session. The type is told by the content, not by the sender.
#[utoipa::path(
    post, path = "/chat/{inbox}/attachments", tag = "chat", operation_id = "chat_attachment",
    params(("inbox" = String, Path, description = "name of the inbox")),
    request_body(content = Vec<u8>, content_type = "*/*"),
    responses((status = 201, description = "kept", body = Upload), (status = 400, description = "INVALID_REQUEST"),
              (status = 401, description = "AUTH_REQUIRED, INVALID_AUTH_TOKEN"),
              (status = 403, description = "ORIGIN_NOT_ALLOWED"), (status = 404, description = "no such inbox"),
              (status = 413, description = "PAYLOAD_TOO_LARGE"), (status = 429, description = "RATE_LIMITED")),
)]
pub(super) async fn create(State(ingress): State<Ingress>, Path(inbox): Path<String>, request: Request) -> Response {
    match Visit::enter(&ingress, &inbox, request.headers(), request.extensions()) {
        Ok(visit) => {
            let answer = keep(&ingress, &visit, request).await;
            visit.answer(answer)
        }
        Err(denied) => super::origin::allow(denied.into_response(), None),
    }
}

async fn keep(ingress: &Ingress, visit: &Visit, request: Request) -> Result<Response, Denied> {
    let session = visit.reader(ingress, request.headers())?;
    ingress.chat().rates.take(Who::Author(visit.inbox.id, session.address()), visit.now)?;
    let desk = desk(ingress)?;
    let (declared, filename) = (text(request.headers(), "content-type"), text(request.headers(), "x-filename"));
    let filename = filename.map(|name| name_of_file(&name)).filter(|name| !name.is_empty());
    let length = text(request.headers(), "content-length").and_then(|length| length.parse::<u64>().ok());
    if length.is_some_and(|length| length > desk.max_upload_bytes()) {
        return Err(ApiError::new(Code::PayloadTooLarge, "the file is too large")
            .with("limit_bytes", desk.max_upload_bytes())
            .into());
    }
    let content = request.into_body().into_data_stream();
    let declared = declared.as_deref().unwrap_or_default();
    let upload = timeout(UPLOAD_WITHIN, desk.keep_upload(&session, declared, filename.as_deref(), content))
        .await
        .map_err(|_| Refusal::MalformedPayload)??;
    Ok((StatusCode::CREATED, Json(upload)).into_response())
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}
