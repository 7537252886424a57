//! What is said in a thread, and how far it was read.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use patchbay_core::ids::{ConversationId, InternalMessageId, InternalThreadId, UserId};
use patchbay_http::{ApiError, Caller, Id, OptionalBody, Page, Params, limit};
use patchbay_store::internal_chat::{self, InternalMessageRow};
use serde::Deserialize;
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::body::{InternalMessageBody, ThreadBody};
use super::{lock_own, own, require_talker, tell};
use crate::conversations::load_visible;
use crate::error::HubError;
use crate::resource::{Begun, Stamped, Write};
use crate::state::Hub;

/// Longest message, in characters.
const TEXT_CHARS: usize = 10_000;

/// Which messages to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct InternalMessageQuery {
    /// Those before this sequence; the newest when neither is given.
    before_seq: Option<i64>,
    /// Those after this sequence.
    after_seq: Option<i64>,
    /// How many, 1 to 100; 20 when missing.
    limit: Option<i64>,
}

/// What to say.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewInternalMessage {
    /// What; up to 10,000 characters.
    text: String,
    /// Whom it names: people of the thread. Whoever stands in the text as `@Full Name` is named, too.
    #[serde(default)]
    mentions: Vec<Uuid>,
    /// The conversation it is about; one that the caller may see.
    conversation_id: Option<Uuid>,
    /// The same again is not said twice.
    client_message_id: Option<Uuid>,
}

/// How far.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReadInternal {
    /// The last sequence the caller saw; everything when missing.
    #[serde(default)]
    seq: Option<i64>,
}

/// What was said in a thread, by sequence.
#[utoipa::path(get, path = "/api/v1/internal/threads/{id}/messages", tag = "internal chat",
    params(("id" = Uuid, Path), InternalMessageQuery),
    responses((status = 200, body = Page<InternalMessageBody>), (status = 400, description = "INVALID_QUERY, INVALID_REQUEST"),
              (status = 401, description = "AUTH_REQUIRED"), (status = 403, description = "FORBIDDEN"),
              (status = 404, description = "NOT_FOUND")))]
pub(super) async fn list(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<InternalThreadId>,
    Params(query): Params<InternalMessageQuery>,
) -> Result<Json<Page<InternalMessageBody>>, HubError> {
    require_talker(&ctx.actor)?;
    let limit = limit(query.limit)?;
    let mut tx = hub.db.read().await?;
    own(&mut tx, &ctx.actor, id).await?;
    let rows = if let Some(after) = query.after_seq {
        internal_chat::messages_after(&mut tx, id, after, limit).await?
    } else {
        internal_chat::messages_before(&mut tx, id, query.before_seq.unwrap_or(i64::MAX), limit).await?
    };
    Ok(Json(Page::whole(rows.iter().map(Into::into).collect())))
}

/// Says something. The same `client_message_id` again answers 200 with the first one.
#[utoipa::path(post, path = "/api/v1/internal/threads/{id}/messages", tag = "internal chat",
    params(("id" = Uuid, Path),
           ("Idempotency-Key" = Option<String>, Header, description = "A UUID that names the one request.")),
    request_body = NewInternalMessage,
    responses((status = 201, body = InternalMessageBody), (status = 200, body = InternalMessageBody),
              (status = 400, description = "INVALID_REQUEST"), (status = 401, description = "AUTH_REQUIRED"),
              (status = 403, description = "FORBIDDEN"), (status = 404, description = "NOT_FOUND"),
              (status = 409, description = "IDEMPOTENCY_PAYLOAD_MISMATCH")))]
pub(super) async fn write(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<InternalThreadId>,
    Stamped { body, stamp }: Stamped<NewInternalMessage>,
) -> Result<Response, HubError> {
    require_talker(&ctx.actor)?;
    let text = body.text.trim();
    if text.is_empty() || text.chars().count() > TEXT_CHARS {
        return Err(ApiError::invalid("text", "must have 1 to 10000 characters").into());
    }
    let mut write = match Write::begin(&hub, &ctx, &stamp).await? {
        Begun::Now(write) => write,
        Begun::Before(answer) => return Ok(answer),
    };
    let tx = &mut write.tx;
    let (row, members) = lock_own(tx, &ctx.actor, id).await?;
    let author = ctx.actor.user_id();
    if let Some(client) = body.client_message_id
        && let Some(known) = internal_chat::message_by_client_id(tx, id, author, client).await?
    {
        return write.finish(StatusCode::OK, &InternalMessageBody::from(&known)).await;
    }
    let is_member = |user: &UserId| members.iter().any(|member| member.user_id == *user);
    let mut mentions: Vec<UserId> = Vec::new();
    for (place, named) in body.mentions.iter().copied().map(UserId).enumerate() {
        if !is_member(&named) {
            return Err(ApiError::invalid(&format!("mentions[{place}]"), "is not in this thread").into());
        }
        if !mentions.contains(&named) {
            mentions.push(named);
        }
    }
    let directory = hub.gate.directory.load_full();
    for member in &members {
        let name = directory.users.get(&member.user_id).map(|user| user.full_name.as_str());
        if name.is_some_and(|name| names(text, name)) && !mentions.contains(&member.user_id) {
            mentions.push(member.user_id);
        }
    }
    let conversation_id = body.conversation_id.map(ConversationId);
    if let Some(about) = conversation_id {
        let seen = load_visible(tx, &ctx, about).await;
        seen.map_err(|_| ApiError::invalid("conversation_id", "no conversation that you see has this id"))?;
    }
    let message = InternalMessageRow {
        id: InternalMessageId::new(),
        thread_id: id,
        seq: row.last_seq + 1,
        author_id: author,
        author_name: ctx.actor.name.clone().unwrap_or_else(|| "Unknown".into()),
        text: text.to_owned(),
        mentions: json!(mentions),
        conversation_id,
        client_message_id: body.client_message_id,
        created_at: ctx.now,
    };
    internal_chat::insert_message(tx, &message).await?;
    internal_chat::mark_read(tx, id, author, message.seq).await?;
    tell::of_message(tx, &ctx, &members, (&message, &mentions)).await?;
    write.finish(StatusCode::CREATED, &InternalMessageBody::from(&message)).await
}

/// Whether a text names somebody: `@` and the whole name, whatever the case.
fn names(text: &str, name: &str) -> bool {
    let (text, name) = (text.to_lowercase(), format!("@{}", name.to_lowercase()));
    text.match_indices(&name).any(|(at, found)| {
        let after = text.get(at + found.len()..).and_then(|rest| rest.chars().next());
        after.is_none_or(|letter| !letter.is_alphanumeric())
    })
}

/// Remembers how far the caller has read a thread.
#[utoipa::path(post, path = "/api/v1/internal/threads/{id}/read", tag = "internal chat",
    params(("id" = Uuid, Path)), request_body = Option<ReadInternal>,
    responses((status = 200, body = ThreadBody), (status = 401, description = "AUTH_REQUIRED"),
              (status = 403, description = "FORBIDDEN"), (status = 404, description = "NOT_FOUND")))]
pub(super) async fn mark_read(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<InternalThreadId>,
    OptionalBody(body): OptionalBody<ReadInternal>,
) -> Result<Json<ThreadBody>, HubError> {
    require_talker(&ctx.actor)?;
    // To read twice is to read once: it takes no key.
    let mut tx = hub.db.begin().await?;
    let user = ctx.actor.user_id();
    let (row, _) = lock_own(&mut tx, &ctx.actor, id).await?;
    let seq = body.seq.unwrap_or(row.last_seq).clamp(0, row.last_seq);
    internal_chat::mark_read(&mut tx, id, user, seq).await?;
    let members = internal_chat::members(&mut tx, &[id]).await?;
    let newest = internal_chat::newest(&mut tx, &[id]).await?;
    tx.commit().await?;
    let directory = hub.gate.directory.load_full();
    Ok(Json(ThreadBody::of(&row, &members, newest.first(), &directory, user)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_counts_only_whole_and_after_its_sign() {
        assert!(names("hello @Ada Byron, look", "Ada Byron"));
        assert!(names("@ada byron", "Ada Byron"));
        assert!(!names("Ada Byron", "Ada Byron"));
        assert!(!names("@Ada Byronova", "Ada Byron"));
    }
}
