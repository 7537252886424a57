//! `GET /chat/{inbox}/messages` and `POST /chat/{inbox}/read`: the visitor's own conversation, for pages without a socket.

use axum::Json;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};
use patchbay_core::Code;
use patchbay_http::{ApiError, Params};
use patchbay_hub::HubError;
use patchbay_hub::chat::{ShownConversation, ShownMessage};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::door::{Denied, Visit, desk};
use crate::config::BODY_BYTES;
use crate::refusal::Refusal;
use crate::webhook::{Ingress, read_body};

/// Where to read on.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct HistoryQuery {
    /// Sequence of the last message seen.
    #[serde(default)]
    after_seq: i64,
}

/// Part of a conversation.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct HistoryBody {
    /// Messages in order.
    data: Vec<ShownMessage>,
    /// The conversation they belong to; null before the first message.
    conversation: Option<ShownConversation>,
    /// The next `after_seq` when there is more.
    next_cursor: Option<String>,
}

/// The visitor's or user's own messages after a sequence, a page at a time, and the conversation they stand in. With
/// `Authorization: Bearer`: a session, or the site's token. A user's history is shown to proven sessions only.
#[utoipa::path(
    get, path = "/chat/{inbox}/messages", tag = "chat", operation_id = "chat_history",
    params(("inbox" = String, Path, description = "name of the inbox"), HistoryQuery),
    responses((status = 200, body = HistoryBody), (status = 400, description = "INVALID_QUERY"),
              (status = 401, description = "AUTH_REQUIRED, INVALID_AUTH_TOKEN"),
              (status = 403, description = "ORIGIN_NOT_ALLOWED"), (status = 404, description = "no such inbox")),
)]
pub(super) async fn list(
    State(ingress): State<Ingress>,
    Path(inbox): Path<String>,
    query: Result<Params<HistoryQuery>, ApiError>,
    request: Request,
) -> Response {
    match Visit::enter(&ingress, &inbox, request.headers(), request.extensions()) {
        Ok(visit) => {
            let answer = page(&ingress, &visit, request.headers(), query).await;
            visit.answer(answer)
        }
        Err(denied) => super::origin::allow(denied.into_response(), None),
    }
}

async fn page(
    ingress: &Ingress,
    visit: &Visit,
    headers: &HeaderMap,
    query: Result<Params<HistoryQuery>, ApiError>,
) -> Result<Response, Denied> {
    let session = visit.reader(ingress, headers)?;
    let Params(query) = query?;
    let desk = desk(ingress)?;
    let look = desk.look(&session, query.after_seq.max(0)).await.map_err(HubError::from)?;
    let Some(look) = look else {
        return Ok(Json(HistoryBody { data: Vec::new(), conversation: None, next_cursor: None }).into_response());
    };
    let next = look.messages.last().filter(|_| look.more).map(|message| message.seq.to_string());
    let data: Vec<ShownMessage> = look.messages.into_iter().filter(ShownMessage::is_shown).collect();
    let arrived: Vec<_> = data.iter().filter(|message| message.awaits_delivery()).map(ShownMessage::id).collect();
    if let Err(error) = desk.delivered(&arrived).await {
        tracing::debug!(error = %patchbay_http::Chain(&error), "a mark of delivery could not be written");
    }
    Ok(Json(HistoryBody { data, conversation: Some(look.conversation), next_cursor: next }).into_response())
}

/// What was seen.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = VisitorReadBody)]
pub(super) struct ReadBody {
    /// Sequence of the newest message that was seen.
    up_to_seq: i64,
}

/// Marks everything up to a sequence as read.
#[utoipa::path(
    post, path = "/chat/{inbox}/read", tag = "chat", operation_id = "chat_read",
    params(("inbox" = String, Path, description = "name of the inbox")), request_body = ReadBody,
    responses((status = 204, description = "marked"), (status = 400, description = "INVALID_REQUEST"),
              (status = 401, description = "AUTH_REQUIRED, INVALID_AUTH_TOKEN"),
              (status = 403, description = "ORIGIN_NOT_ALLOWED"), (status = 404, description = "no such inbox")),
)]
pub(super) async fn read(State(ingress): State<Ingress>, Path(inbox): Path<String>, request: Request) -> Response {
    match Visit::enter(&ingress, &inbox, request.headers(), request.extensions()) {
        Ok(visit) => {
            let answer = mark(&ingress, &visit, request).await;
            visit.answer(answer)
        }
        Err(denied) => super::origin::allow(denied.into_response(), None),
    }
}

async fn mark(ingress: &Ingress, visit: &Visit, request: Request) -> Result<Response, Denied> {
    let session = visit.reader(ingress, request.headers())?;
    let body = read_body(ingress.config(), request, BODY_BYTES).await?;
    let read: ReadBody = serde_json::from_slice(&body).map_err(|_| Refusal::MalformedPayload)?;
    if read.up_to_seq < 0 {
        return Err(ApiError::new(Code::InvalidRequest, "up_to_seq must not be negative").into());
    }
    desk(ingress)?.read(&session, read.up_to_seq).await.map_err(HubError::from)?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
