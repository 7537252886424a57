//! The question at the end of a conversation, in inboxes with `csat`, and its answer by the same channel: a score does not
//! open the conversation again. Source: S3, CSAT.

use patchbay_core::Ctx;
use patchbay_core::conversation::CloseReason;
use patchbay_core::directory::Directory;
use patchbay_core::item::{ContentType, MessageItem};
use patchbay_core::satisfaction::{ANSWERS_FOR, question, score_of};
use patchbay_core::triage::{Language, TriageState};
use patchbay_store::conversations::ConversationRow;
use patchbay_store::satisfaction::{self as store, NewQuestion};
use patchbay_store::{StoreError, Tx, annotations, conversations, triage_states};
use serde_json::json;
use uuid::Uuid;

use crate::error::HubError;
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
    let is_asked = directory.asking.contains(&row.inbox_id) && reason == CloseReason::Resolved;
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
    let (team_id, agent_id, channel) = (row.team_id, row.assigned_to, row.channel);
    store::ask(tx, NewQuestion { conversation_id: row.id, team_id, agent_id, channel }, ctx.now).await?;
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
    let Some(score) = message.content.text.as_deref().and_then(score_of) else { return Ok(false) };
    if !store::answer(tx, row.id, score, ctx.now - ANSWERS_FOR, ctx.now).await? {
        return Ok(false);
    }
    annotations::record_event(tx, ctx, row.id, "satisfaction", json!({ "score": score })).await?;
    metrics::counter!("satisfaction_answers_total").increment(1);
    Ok(true)
}
