//! `POST …/messages` and `POST …/messages/template`.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use patchbay_core::Code;
use patchbay_core::channel::Channel;
use patchbay_core::ids::{ConversationId, RequestId};
use patchbay_core::item::ContentType;
use patchbay_core::template::TemplateStatus;
use patchbay_http::{ApiError, Body, Caller, Id};
use patchbay_store::templates;
use serde_json::json;
use uuid::Uuid;

use super::accept::{Accepted, Draft, accept, open};
use super::body::{ReplyBody, TemplateReplyBody};
use crate::body::MessageBody;
use crate::error::HubError;
use crate::state::Hub;

type Answer = Result<(StatusCode, Json<MessageBody>), HubError>;

/// Sends a message to the customer. It is written at once as `pending`; its progress comes with the feed. The same
/// `client_message_id` again answers 200 with the first message.
#[utoipa::path(post, path = "/api/v1/conversations/{id}/messages", tag = "conversations",
    params(("id" = Uuid, Path)), request_body = ReplyBody,
    responses((status = 201, body = MessageBody), (status = 200, body = MessageBody),
              (status = 400, description = "INVALID_REQUEST"), (status = 403, description = "NOT_ASSIGNED"),
              (status = 404, description = "NOT_FOUND"),
              (status = 409, description = "OUTSIDE_CUSTOMER_SERVICE_WINDOW, CONTACT_OPTED_OUT, CONVERSATION_MOVED, \
                                            INVALID_STATE_TRANSITION")))]
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
    body.content.check(row.channel)?;
    let draft = Draft {
        kind: body.content.kind,
        text: body.content.text.filter(|text| !text.trim().is_empty()).map(|text| text.replace('\0', "")),
        media_id: body.content.media_id,
        metadata: json!(body.content.metadata),
        reply_to: body.reply_to,
        client_message_id,
        seen_seq: body.seen_seq,
    };
    Ok(answer(accept(tx, &hub, &ctx, row, draft).await?))
}

/// Sends an approved WhatsApp template; the only way once the 24-hour window is closed.
#[utoipa::path(post, path = "/api/v1/conversations/{id}/messages/template", tag = "conversations",
    params(("id" = Uuid, Path)), request_body = TemplateReplyBody,
    responses((status = 201, body = MessageBody), (status = 200, body = MessageBody),
              (status = 400, description = "INVALID_REQUEST"), (status = 403, description = "NOT_ASSIGNED"),
              (status = 409, description = "CONTACT_OPTED_OUT, CHANNEL_REFUSED, INVALID_STATE_TRANSITION")))]
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
    if row.channel != Channel::Whatsapp {
        return Err(ApiError::new(Code::ChannelRefused, "templates exist on WhatsApp only").into());
    }
    let template = templates::by_name(&mut tx, row.inbox_id, &body.template_name, &body.language)
        .await?
        .ok_or_else(|| ApiError::invalid("template_name", "the inbox has no such template in this language"))?;
    if template.status != TemplateStatus::Approved {
        return Err(ApiError::invalid("template_name", "the template is not approved").into());
    }
    if i64::try_from(body.params.len()) != Ok(template.param_count) {
        let message = format!("the template has {} placeholders", template.param_count);
        return Err(ApiError::invalid("params", message).into());
    }
    let draft = Draft {
        kind: ContentType::Template,
        text: Some(filled(&template.body, &body.params)),
        media_id: None,
        metadata: json!({ "template": { "name": template.name, "language": template.language,
                                        "params": body.params } }),
        reply_to: None,
        client_message_id,
        seen_seq: None,
    };
    Ok(answer(accept(tx, &hub, &ctx, row, draft).await?))
}

/// The template's text with `{{1}}`, `{{2}}` … filled in.
fn filled(body: &str, params: &[String]) -> String {
    params
        .iter()
        .enumerate()
        .fold(body.to_owned(), |text, (index, param)| text.replace(&format!("{{{{{}}}}}", index + 1), param))
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
