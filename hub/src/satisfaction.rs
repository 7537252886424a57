//! The question at the end of a conversation, in inboxes with `csat`, and its answer by the same channel: a score does not
//! open the conversation again. Source: S3, CSAT.

use patchbay_core::Ctx;
use patchbay_core::channel::Channel;
use patchbay_core::conversation::CloseReason;
use patchbay_core::directory::Directory;
use patchbay_core::event::EventName;
use patchbay_core::item::{ContentType, MessageItem};
use patchbay_core::satisfaction::{ASKED_WITHIN, question, rating_in};
use patchbay_core::triage::{Language, TriageState};
use patchbay_store::conversations::ConversationRow;
use patchbay_store::satisfaction::{self as store, AnswerRow};
use patchbay_store::{StoreError, Tx, annotations, conversations, events, triage_states};
use serde_json::json;
use uuid::Uuid;

use crate::body::ConversationBody;
use crate::error::HubError;
use crate::feed::conversation_event;
use crate::replies::{Said, say};

/// Names the question of a conversation.
const NAME: &[u8] = b"satisfaction";

/// Asks the customer of a conversation that is about to be closed, if its inbox asks and a person had it. To be called
/// under its lock, before it is closed; `row` is then as it is stored. Who cannot be written to is not asked.
pub(crate) async fn ask(
    tx: &mut Tx,
    ctx: &Ctx,
    directory: &Directory,
    row: &mut ConversationRow,
    reason: CloseReason,
) -> Result<(), StoreError> {
    // The widget of a web chat asks by itself.
    let by_message = directory.asking.contains(&row.inbox_id) && row.channel != Channel::Chat;
    let is_asked = by_message && reason == CloseReason::Resolved;
    if !is_asked || row.first_response_at.is_none() {
        return Ok(());
    }
    let language = triage_states::of(tx, row.id)
        .await?
        .and_then(|stored| serde_json::from_value::<TriageState>(stored.state).ok())
        .map_or(Language::En, |state| state.language);
    let asking = Ctx { correlation_id: ctx.correlation_id.clone(), ..Ctx::system(ctx.now, "satisfaction") };
    let name = Uuid::new_v5(&row.id.0, NAME);
    match say(tx, &asking, directory, row.id, name, question(language)).await {
        Ok(Said::Now(_)) => {}
        Ok(Said::Before(_) | Said::Nowhere) => return Ok(()),
        Err(HubError::Store(error)) => return Err(error),
        Err(HubError::Refused(refusal)) => {
            let code = refusal.code().as_str();
            tracing::debug!(conversation.id = %row.id, code, "the customer cannot be asked how it was");
            return Ok(());
        }
    }
    store::ask(tx, row.id, ctx.now).await?;
    if let Some(written) = conversations::lock(tx, row.id).await? {
        *row = written;
    }
    Ok(())
}

/// Keeps what a customer writes to a closed conversation, when it answers the question. `false`: it is a message like any
/// other.
pub(crate) async fn take(
    tx: &mut Tx,
    ctx: &Ctx,
    directory: &Directory,
    row: &ConversationRow,
    message: &MessageItem,
) -> Result<bool, StoreError> {
    if !directory.asking.contains(&row.inbox_id) || message.content.kind == ContentType::Reaction {
        return Ok(false);
    }
    let Some(rating) = message.content.text.as_deref().and_then(rating_in) else { return Ok(false) };
    let answer = AnswerRow {
        conversation_id: row.id,
        team_id: row.team_id,
        agent_id: row.assigned_to.or(row.previous_assignee),
        rating,
        comment: None,
        answered_at: ctx.now,
    };
    if !store::was_asked(tx, row.id, ctx.now - ASKED_WITHIN).await? || !store::insert(tx, &answer).await? {
        return Ok(false);
    }
    annotations::record_event(tx, ctx, row.id, "rated", json!({ "rating": rating })).await?;
    let mut body = ConversationBody::of(row, directory);
    body.satisfaction = Some(answer.into());
    events::append(tx, &[conversation_event(ctx, EventName::ConversationRated, row, body, None)]).await?;
    metrics::counter!("satisfaction_answers_total").increment(1);
    Ok(true)
}
