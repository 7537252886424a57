//! Notes, tags and priority.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use chrono::{DateTime, Utc};
use patchbay_core::conversation::Priority;
use patchbay_core::ctx::Ctx;
use patchbay_core::event::{EventName, NewEvent};
use patchbay_core::ids::{ConversationId, EventId, NoteId};
use patchbay_http::{ApiError, Caller, Id, Page};
use patchbay_store::annotations::{self, NoteRow};
use patchbay_store::conversations::ConversationRow;
use patchbay_store::{Tx, events};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use super::access::{load_visible, require_hand_in_it, require_hub};
use super::change::Change;
use crate::body::ConversationBody;
use crate::error::HubError;
use crate::feed::audience;
use crate::resource::{Begun, Stamp, Stamped};
use crate::state::Hub;

/// Longest note, in characters.
const NOTE_CHARS: usize = 10_000;
/// Longest tag, in characters.
const TAG_CHARS: usize = 40;

/// A note. Never leaves the hub.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct NoteBody {
    /// Our id.
    id: Uuid,
    /// Conversation it is on.
    conversation_id: Uuid,
    /// What it says.
    text: String,
    /// Who wrote it; `id` is absent for the system.
    author: NoteAuthor,
    /// When it was written.
    created_at: DateTime<Utc>,
}

/// Who wrote a note.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct NoteAuthor {
    /// A user.
    id: Option<Uuid>,
    /// The name then.
    name: String,
}

impl From<&NoteRow> for NoteBody {
    fn from(row: &NoteRow) -> Self {
        Self {
            id: row.id.into(),
            conversation_id: row.conversation_id.into(),
            text: row.text.clone(),
            author: NoteAuthor { id: row.author_id.map(Into::into), name: row.author_name.clone() },
            created_at: row.created_at,
        }
    }
}

/// Notes of a conversation, oldest first.
#[utoipa::path(get, path = "/api/v1/conversations/{id}/notes", tag = "conversations",
    params(("id" = Uuid, Path)), responses((status = 200, body = Page<NoteBody>)))]
pub(crate) async fn notes(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<ConversationId>,
) -> Result<Json<Page<NoteBody>>, HubError> {
    let mut tx = hub.db.read().await?;
    load_visible(&mut tx, &ctx, id).await?;
    let rows = annotations::notes(&mut tx, id, None, 500).await?;
    Ok(Json(Page::whole(rows.iter().map(NoteBody::from).collect())))
}

/// A note to write.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewNote {
    /// What it says; up to 10,000 characters. `content` is another name for it.
    #[serde(alias = "content")]
    text: String,
}

/// Writes a note.
#[utoipa::path(post, path = "/api/v1/conversations/{id}/notes", tag = "conversations",
    params(("id" = Uuid, Path),
           ("Idempotency-Key" = Option<String>, Header, description = "A UUID that names the one request.")), request_body = NewNote,
    responses((status = 201, body = NoteBody), (status = 403, description = "NOT_ASSIGNED")))]
pub(crate) async fn add_note(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<ConversationId>,
    Stamped { body, stamp }: Stamped<NewNote>,
) -> Result<Response, HubError> {
    let mut change = match Change::begin(&hub, &ctx, id, &stamp).await? {
        Begun::Now(change) => change,
        Begun::Before(answer) => return Ok(answer),
    };
    require_hand_in_it(&ctx.actor, &change.row)?;
    let text = body.text.trim();
    if text.is_empty() || text.chars().count() > NOTE_CHARS {
        return Err(ApiError::invalid("text", "must have 1 to 10000 characters").into());
    }
    let note = note_by(&mut change.write.tx, &ctx, &change.row, text).await?;
    annotations::record_event(&mut change.write.tx, &ctx, id, "noted", json!({ "note_id": note.id })).await?;
    super::audit_override(&mut change.write.tx, &ctx, &change.row, "noted").await?;
    change.write.finish(StatusCode::CREATED, &NoteBody::from(&note)).await
}

/// Writes a note of the caller, with its event.
pub(super) async fn note_by(
    tx: &mut Tx,
    ctx: &Ctx,
    conversation: &ConversationRow,
    text: &str,
) -> Result<NoteRow, HubError> {
    crate::directory::ensure_user(tx, ctx).await?;
    let note = NoteRow {
        id: NoteId::new(),
        conversation_id: conversation.id,
        author_id: Some(ctx.actor.user_id()),
        author_name: ctx.actor.name.clone().unwrap_or_else(|| "Unknown".into()),
        text: text.to_owned(),
        created_at: ctx.now,
    };
    write_note(tx, ctx, conversation, &note).await?;
    Ok(note)
}

/// Writes a note with its event.
pub(crate) async fn write_note(
    tx: &mut Tx,
    ctx: &Ctx,
    conversation: &ConversationRow,
    note: &NoteRow,
) -> Result<(), HubError> {
    annotations::insert_note(tx, note).await?;
    let event = NewEvent {
        id: EventId::new(),
        name: EventName::ConversationNote,
        conversation_id: Some(conversation.id),
        conversation_seq: None,
        ticket_id: None,
        audience: audience(conversation, None),
        payload: json!({ "note": NoteBody::from(note), "conversation_id": conversation.id }).to_string(),
        created_at: ctx.now,
    };
    events::append(tx, &[event]).await?;
    Ok(())
}

/// Tags to put on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewTags {
    /// One tag; `name` is another name for it.
    #[serde(alias = "name")]
    tag: Option<String>,
    /// Several tags.
    #[serde(default)]
    tags: Vec<String>,
}

/// Puts tags on a conversation; those it has stay.
#[utoipa::path(post, path = "/api/v1/conversations/{id}/tags", tag = "conversations",
    params(("id" = Uuid, Path),
           ("Idempotency-Key" = Option<String>, Header, description = "A UUID that names the one request.")), request_body = NewTags,
    responses((status = 200, body = ConversationBody), (status = 403, description = "NOT_ASSIGNED")))]
pub(crate) async fn add_tags(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<ConversationId>,
    Stamped { body, stamp }: Stamped<NewTags>,
) -> Result<Response, HubError> {
    let mut change = match Change::begin(&hub, &ctx, id, &stamp).await? {
        Begun::Now(change) => change,
        Begun::Before(answer) => return Ok(answer),
    };
    require_hand_in_it(&ctx.actor, &change.row)?;
    let names: Vec<String> = body.tag.into_iter().chain(body.tags).map(|name| name.trim().to_lowercase()).collect();
    let fits = |name: &String| (1..=TAG_CHARS).contains(&name.chars().count()) && !name.contains([',', '/']);
    if names.is_empty() || names.len() > 20 || !names.iter().all(fits) {
        return Err(ApiError::invalid("tag", "1 to 20 tags of 1 to 40 characters, without comma or slash").into());
    }
    crate::directory::ensure_user(&mut change.write.tx, &ctx).await?;
    for name in &names {
        let tag = annotations::tag(&mut change.write.tx, &ctx, name).await?;
        annotations::add_tag(&mut change.write.tx, &ctx, id, tag, Some(ctx.actor.user_id())).await?;
    }
    change.row.tags = Value::from(annotations::tags_of(&mut change.write.tx, id).await?);
    let details = json!({ "tags": names });
    change.finish(&hub, &ctx, EventName::ConversationUpdated, "tagged", details).await
}

/// Takes a tag off a conversation.
#[utoipa::path(delete, path = "/api/v1/conversations/{id}/tags/{tag}", tag = "conversations",
    params(("id" = Uuid, Path), ("tag" = String, Path),
           ("Idempotency-Key" = Option<String>, Header, description = "A UUID that names the one request.")),
    responses((status = 200, body = ConversationBody), (status = 404, description = "NOT_FOUND")))]
pub(crate) async fn remove_tag(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id((id, tag)): Id<(ConversationId, String)>,
    stamp: Stamp,
) -> Result<Response, HubError> {
    let mut change = match Change::begin(&hub, &ctx, id, &stamp).await? {
        Begun::Now(change) => change,
        Begun::Before(answer) => return Ok(answer),
    };
    require_hand_in_it(&ctx.actor, &change.row)?;
    if !annotations::remove_tag(&mut change.write.tx, id, &tag.to_lowercase()).await? {
        return Err(ApiError::not_found("tag on this conversation").into());
    }
    change.row.tags = Value::from(annotations::tags_of(&mut change.write.tx, id).await?);
    change.finish(&hub, &ctx, EventName::ConversationUpdated, "untagged", json!({ "tag": tag })).await
}

/// Every tag there is.
#[utoipa::path(get, path = "/api/v1/tags", tag = "conversations", responses((status = 200, body = Page<String>)))]
pub(crate) async fn all_tags(State(hub): State<Hub>, Caller(ctx): Caller) -> Result<Json<Page<String>>, HubError> {
    require_hub(&ctx.actor)?;
    let mut tx = hub.db.read().await?;
    Ok(Json(Page::whole(annotations::all_tags(&mut tx).await?)))
}

/// What to change.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConversationPatch {
    /// `low`, `normal`, `high` or `urgent`.
    #[schema(value_type = Option<String>)]
    priority: Option<Priority>,
    /// What it is about; up to 200 characters.
    subject: Option<String>,
}

/// Changes priority or subject.
#[utoipa::path(patch, path = "/api/v1/conversations/{id}", tag = "conversations",
    params(("id" = Uuid, Path),
           ("Idempotency-Key" = Option<String>, Header, description = "A UUID that names the one request.")), request_body = ConversationPatch,
    responses((status = 200, body = ConversationBody), (status = 403, description = "NOT_ASSIGNED")))]
pub(crate) async fn patch(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<ConversationId>,
    Stamped { body, stamp }: Stamped<ConversationPatch>,
) -> Result<Response, HubError> {
    let mut change = match Change::begin(&hub, &ctx, id, &stamp).await? {
        Begun::Now(change) => change,
        Begun::Before(answer) => return Ok(answer),
    };
    require_hand_in_it(&ctx.actor, &change.row)?;
    if let Some(priority) = body.priority {
        change.row.priority = priority;
    }
    if let Some(subject) = body.subject {
        if subject.chars().count() > 200 {
            return Err(ApiError::invalid("subject", "must have at most 200 characters").into());
        }
        change.row.subject = Some(subject.trim().to_owned()).filter(|subject| !subject.is_empty());
    }
    let details = json!({ "priority": change.row.priority });
    change.finish(&hub, &ctx, EventName::ConversationUpdated, "changed", details).await
}
