//! `POST /chat/{inbox}/satisfaction`: how it was, asked once when the conversation is over.

use axum::Json;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use patchbay_core::ids::ConversationId;
use patchbay_core::satisfaction::{COMMENT_CHARS, Rating};
use patchbay_http::ApiError;
use patchbay_hub::chat::{Rated, ShownAnswer};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::door::{Denied, Visit, desk};
use super::rates::Who;
use crate::config::BODY_BYTES;
use crate::refusal::Refusal;
use crate::webhook::{Ingress, read_body};

/// How it was.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SatisfactionAnswer {
    /// The visitor's conversation that is over.
    conversation_id: Uuid,
    /// From 1, the worst, to 5.
    #[schema(minimum = 1, maximum = 5)]
    rating: i64,
    /// In their own words, up to 1000 characters.
    #[serde(default)]
    comment: Option<String>,
}

/// Keeps what the visitor says of a conversation of theirs that is over. A conversation is rated once: the same again is
/// answered with what stands.
#[utoipa::path(
    post, path = "/chat/{inbox}/satisfaction", tag = "chat", operation_id = "chat_satisfaction",
    params(("inbox" = String, Path, description = "name of the inbox")), request_body = SatisfactionAnswer,
    responses((status = 201, description = "kept", body = ShownAnswer),
              (status = 200, description = "the same was said before", body = ShownAnswer),
              (status = 400, description = "INVALID_REQUEST"),
              (status = 401, description = "AUTH_REQUIRED, INVALID_AUTH_TOKEN"),
              (status = 403, description = "ORIGIN_NOT_ALLOWED"),
              (status = 404, description = "no such inbox, or no such conversation of the visitor"),
              (status = 409, description = "INVALID_STATE_TRANSITION: not over; ALREADY_EXISTS: rated otherwise before"),
              (status = 413, description = "PAYLOAD_TOO_LARGE"), (status = 429, description = "RATE_LIMITED")),
)]
pub(super) async fn answer(State(ingress): State<Ingress>, Path(inbox): Path<String>, request: Request) -> Response {
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
    let body = read_body(ingress.config(), request, BODY_BYTES).await?;
    let said: SatisfactionAnswer = serde_json::from_slice(&body).map_err(|_| Refusal::MalformedPayload)?;
    let rating = Rating::new(said.rating).ok_or_else(|| ApiError::invalid("rating", "must be a number from 1 to 5"))?;
    let comment = said.comment.map(|text| text.replace('\0', "").trim().to_owned()).filter(|text| !text.is_empty());
    if comment.as_ref().is_some_and(|text| text.chars().count() > COMMENT_CHARS) {
        return Err(ApiError::invalid("comment", "must have at most 1000 characters").into());
    }
    let conversation = ConversationId::from(said.conversation_id);
    let (status, answer) = match desk(ingress)?.rate(&session, conversation, rating, comment).await? {
        Rated::Now(answer) => (StatusCode::CREATED, answer),
        Rated::Before(answer) => (StatusCode::OK, answer),
    };
    Ok((status, Json(answer)).into_response())
}
