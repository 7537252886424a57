//! Admins who act on a conversation of a team that they are not of: they may, and it is audited as an override. Source:
//! domain, commands and rules of conversations.

use patchbay_core::actor::Actor;
use patchbay_core::ctx::Ctx;
use patchbay_core::role::Role;
use patchbay_store::conversations::ConversationRow;
use patchbay_store::{StoreError, Tx};
use serde_json::json;

use crate::resource::record;

/// Whether what the caller does to the conversation is one.
pub(crate) fn is_override(actor: &Actor, row: &ConversationRow) -> bool {
    actor.role == Role::Admin && row.team_id.is_none_or(|team| !actor.teams.contains(&team))
}

/// Audits it when it is one. `what`: the word of the conversation's own record, such as `taken`.
pub(crate) async fn audit_override(
    tx: &mut Tx,
    ctx: &Ctx,
    row: &ConversationRow,
    what: &str,
) -> Result<(), StoreError> {
    if !is_override(&ctx.actor, row) {
        return Ok(());
    }
    let subject = json!({ "conversation_id": row.id, "team_id": row.team_id, "what": what });
    record(tx, ctx, None, "conversation.override", subject).await
}
