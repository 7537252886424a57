//! `POST …/messages` and `POST …/messages/template`.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use chrono::TimeDelta;
use patchbay_core::Code;
use patchbay_core::ctx::Ctx;
use patchbay_core::ids::{ConversationId, RequestId};
use patchbay_http::{ApiError, Body, Caller, Id};
use patchbay_store::Tx;
use patchbay_store::conversations::ConversationRow;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::accept::{Accepted, Draft, accept, open, provider_of};
use super::body::{ReplyBody, ReplyMetadata, TemplateReplyBody};
use super::target;
use super::template;
use crate::body::MessageBody;
use crate::error::HubError;
use crate::state::Hub;

type Answer = Result<(StatusCode, Json<MessageBody>), HubError>;

/// How old a message may be that gets a reaction. Source: channels reference, "Sending".
const REACTIONS_WITHIN: TimeDelta = TimeDelta::days(30);

/// Sends a message to the customer. It is written at once as `pending`; its progress comes with the feed. The same
/// `client_message_id` again answers 200 with the first message.
#[utoipa::path(post, path = "/api/v1/conversations/{id}/messages", tag = "conversations",
    params(("id" = Uuid, Path)), request_body = ReplyBody,
    responses((status = 201, body = MessageBody), (status = 200, body = MessageBody),
              (status = 400, description = "INVALID_REQUEST"), (status = 403, description = "NOT_ASSIGNED"),
              (status = 404, description = "NOT_FOUND"),
              (status = 409, description = "OUTSIDE_CUSTOMER_SERVICE_WINDOW, CONTACT_OPTED_OUT, CONVERSATION_MOVED, \
                                            INVALID_STATE_TRANSITION, CHANNEL_REFUSED"),
              (status = 413, description = "PAYLOAD_TOO_LARGE; `limit_bytes` names the limit")))]
pub(crate) async fn send(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<ConversationId>,
    headers: HeaderMap,
    Body(body): Body<ReplyBody>,
) -> Answer {
    let client_message_id = own_id(body.client_message_id, &headers)?;
    let mut tx = hub.db.begin().await?;
    let row = match open(&mut tx, &ctx, id, client_message_id).await? {
        Ok(row) => row,
        Err(known) => return Ok(answer(Accepted::Known(*known))),
    };
    body.content.check(row.channel, provider_of(&hub.directory(), row.inbox_id))?;
    let files = body.content.files();
    let metadata = metadata(&mut tx, &ctx, &row, &body.content.metadata).await?;
    let draft = Draft {
        text: body.content.text.filter(|text| !text.trim().is_empty()).map(|text| text.replace('\0', "")),
        files,
        metadata,
        reply_to: target::reply_to(&mut tx, &row, body.reply_to).await?,
        seen_seq: body.seen_seq,
        ..Draft::new(body.content.kind, client_message_id)
    };
    let draft = match reacts_to(&draft.metadata) {
        Some(on) => Draft { reply_to: Some(on), ..draft },
        None => draft,
    };
    Ok(answer(accept(tx, &hub, &ctx, row, draft).await?))
}

/// What is stored of a location, of something to press, of a reaction.
async fn metadata(tx: &mut Tx, ctx: &Ctx, row: &ConversationRow, given: &ReplyMetadata) -> Result<Value, HubError> {
    let mut metadata = Map::new();
    if let Some(subject) = &given.subject {
        metadata.insert("subject".into(), subject.as_str().into());
    }
    if !given.cc.is_empty() {
        metadata.insert("cc".into(), json!(given.cc));
    }
    if let Some(location) = &given.location {
        metadata.insert("location".into(), json!(location));
    }
    if let Some(interactive) = &given.interactive {
        metadata.insert("interactive".into(), json!(interactive));
    }
    if let Some(reaction) = &given.reaction {
        let field = "content.metadata.reaction.message_id";
        let (message, key) = target::find(tx, row, field, &reaction.message_id).await?;
        if message.occurred_at + REACTIONS_WITHIN < ctx.now {
            return Err(ApiError::invalid(field, "the message is older than 30 days").into());
        }
        let emoji = reaction.emoji.as_deref().filter(|emoji| !emoji.is_empty());
        let reaction = json!({ "message_id": key, "emoji": emoji, "removed": emoji.is_none() });
        metadata.insert("reaction".into(), reaction);
    }
    Ok(Value::Object(metadata))
}

/// The message that a reaction is on.
fn reacts_to(metadata: &Value) -> Option<String> {
    metadata.pointer("/reaction/message_id").and_then(Value::as_str).map(str::to_owned)
}

/// Sends an approved WhatsApp template; the only way once the 24-hour window is closed.
#[utoipa::path(post, path = "/api/v1/conversations/{id}/messages/template", tag = "conversations",
    params(("id" = Uuid, Path)), request_body = TemplateReplyBody,
    responses((status = 201, body = MessageBody), (status = 200, body = MessageBody),
              (status = 400, description = "INVALID_REQUEST"), (status = 403, description = "NOT_ASSIGNED"),
              (status = 409, description = "CONTACT_OPTED_OUT, CHANNEL_REFUSED, INVALID_STATE_TRANSITION"),
              (status = 413, description = "PAYLOAD_TOO_LARGE; `limit_bytes` names the limit")))]
pub(crate) async fn send_template(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<ConversationId>,
    headers: HeaderMap,
    Body(body): Body<TemplateReplyBody>,
) -> Answer {
    let client_message_id = own_id(body.client_message_id, &headers)?;
    let mut tx = hub.db.begin().await?;
    let row = match open(&mut tx, &ctx, id, client_message_id).await? {
        Ok(row) => row,
        Err(known) => return Ok(answer(Accepted::Known(*known))),
    };
    let directory = hub.directory();
    let draft = template::draft(&mut tx, provider_of(&directory, row.inbox_id), &row, body, client_message_id).await?;
    drop(directory);
    Ok(answer(accept(tx, &hub, &ctx, row, draft).await?))
}

/// The sender's own id: from the body, else the idempotency key, else a new one.
fn own_id(given: Option<Uuid>, headers: &HeaderMap) -> Result<Uuid, ApiError> {
    match (given, headers.get("idempotency-key")) {
        (Some(id), _) => Ok(id),
        (None, Some(key)) => key
            .to_str()
            .ok()
            .and_then(|key| Uuid::parse_str(key).ok())
            .ok_or_else(|| ApiError::new(Code::InvalidIdempotencyKey, "the idempotency key must be a UUID")),
        (None, None) => Ok(RequestId::new().into()),
    }
}

fn answer(accepted: Accepted) -> (StatusCode, Json<MessageBody>) {
    match accepted {
        Accepted::New(row) => (StatusCode::CREATED, Json(MessageBody::from(&row))),
        Accepted::Known(row) => (StatusCode::OK, Json(MessageBody::from(&row))),
    }
}
