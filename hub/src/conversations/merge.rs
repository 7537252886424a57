//! Two conversations of one customer become one: the other is closed as its duplicate, and what hung on it hangs here.
//! Messages stay where they were said: their numbers are the order in which they came.

use axum::extract::State;
use axum::response::Response;
use patchbay_core::Code;
use patchbay_core::conversation::{CloseReason, ConversationStatus, Trigger};
use patchbay_core::event::EventName;
use patchbay_core::ids::{ConversationId, NoteId};
use patchbay_http::{ApiError, Caller, Id};
use patchbay_store::annotations::NoteRow;
use patchbay_store::conversations;
use patchbay_store::{StoreError, annotations, events};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use super::access::{Seen, lock_visible, require_hand_in_it, require_worker};
use super::annotate::write_note;
use super::change::{Change, body_of, end};
use crate::body::ConversationBody;
use crate::error::HubError;
use crate::feed::{conversation_event, placement};
use crate::resource::{Begun, Stamped};
use crate::state::Hub;

/// Which conversation goes on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MergeConversation {
    /// The conversation that goes on. `target_id`, `conversation_id` and `duplicate_of` are other names.
    #[serde(alias = "target_id", alias = "conversation_id", alias = "duplicate_of")]
    into: Uuid,
}

/// Merges the conversation into another of the same contact: it is closed as a duplicate, its tags and a note with its
/// place go to the one that goes on, which is the answer. Errors: 403 `NOT_ASSIGNED`, 409 `INVALID_STATE_TRANSITION` when
/// one of them is closed or they are of different contacts.
#[utoipa::path(post, path = "/api/v1/conversations/{id}/merge", tag = "conversations",
    params(("id" = Uuid, Path),
           ("Idempotency-Key" = Option<String>, Header, description = "A UUID that names the one request.")), request_body = MergeConversation,
    responses((status = 200, body = ConversationBody), (status = 400, description = "INVALID_REQUEST"),
              (status = 401, description = "AUTH_REQUIRED"), (status = 403, description = "NOT_ASSIGNED"),
              (status = 404, description = "NOT_FOUND"), (status = 409, description = "INVALID_STATE_TRANSITION")))]
pub(crate) async fn merge(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<ConversationId>,
    Stamped { body, stamp }: Stamped<MergeConversation>,
) -> Result<Response, HubError> {
    let into = ConversationId(body.into);
    require_worker(&ctx.actor)?;
    if into == id {
        return Err(ApiError::invalid("into", "must be another conversation").into());
    }
    // Locked in the order of their ids, so that two merges never wait for each other.
    let mut change = match Change::begin(&hub, &ctx, id.min(into), &stamp).await? {
        Begun::Now(change) => change,
        Begun::Before(answer) => return Ok(answer),
    };
    let Seen(other) = lock_visible(&mut change.write.tx, &ctx, id.max(into)).await?;
    let mut source = other;
    if change.row.id == id {
        std::mem::swap(&mut source, &mut change.row);
        change.rebase();
    }
    require_hand_in_it(&ctx.actor, &source)?;
    let refuse = |message: &str, from: &str| {
        HubError::from(ApiError::new(Code::InvalidStateTransition, message).because("from_state", from))
    };
    if source.contact_id != change.row.contact_id {
        return Err(refuse("they are of different contacts; merge these first", source.status.as_str()));
    }
    for row in [&source, &change.row] {
        if row.status == ConversationStatus::Closed {
            return Err(refuse("both must be open", "closed"));
        }
    }
    let before = placement(&source);
    let closed_by = hub.directory().users.contains_key(&ctx.actor.user_id()).then(|| ctx.actor.user_id());
    let is_waiting = source.waiting_since;
    end(&mut source, &ctx, CloseReason::Duplicate, closed_by);
    source.updated_at = ctx.now;
    crate::service_levels::follow(&mut change.write.tx, &ctx, &hub.gate.directory.load_full(), &mut source).await?;
    conversations::update(&mut change.write.tx, std::slice::from_ref(&source)).await?;
    source.version += 1;
    let details = json!({ "close_reason": "duplicate", "duplicate_of": into });
    annotations::record_event(&mut change.write.tx, &ctx, source.id, "merged", details).await?;
    let told = body_of(&mut change.write.tx, &hub, &source).await?;
    let event = conversation_event(&ctx, EventName::ConversationUpdated, &source, told, Some(before));
    events::append(&mut change.write.tx, &[event]).await?;
    if is_waiting.is_some()
        && let Some(next) = change.row.status.after(Trigger::CustomerWrote)
    {
        change.row.status = next;
        change.row.waiting_since = change.row.waiting_since.or(is_waiting);
    }
    change.row.priority = change.row.priority.max(source.priority);
    carry_tags(&mut change, &ctx, source.id).await?;
    let inbox = hub.directory().inboxes.get(&source.inbox_id).map_or_else(String::new, |inbox| inbox.name.clone());
    let note = NoteRow {
        id: NoteId::new(),
        conversation_id: into,
        author_id: None,
        author_name: ctx.actor.name.clone().unwrap_or_else(|| "Patchbay".into()),
        text: format!("The conversation in {inbox} with {} messages was merged into this one.", source.last_seq),
        created_at: ctx.now,
    };
    write_note(&mut change.write.tx, &ctx, &change.row, &note).await?;
    let details = json!({ "merged_id": source.id });
    change.finish(&hub, &ctx, EventName::ConversationUpdated, "merged_from", details).await
}

async fn carry_tags(
    change: &mut Change,
    ctx: &patchbay_core::ctx::Ctx,
    source: ConversationId,
) -> Result<(), StoreError> {
    for name in annotations::tags_of(&mut change.write.tx, source).await? {
        let tag = annotations::tag(&mut change.write.tx, ctx, &name).await?;
        annotations::add_tag(&mut change.write.tx, ctx, change.row.id, tag, None).await?;
    }
    change.row.tags = Value::from(annotations::tags_of(&mut change.write.tx, change.row.id).await?);
    Ok(())
}
