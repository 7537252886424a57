//! Drafts: made, asked about, proven, carried out, called off. Every step compares and sets.

mod commit;
mod create;
mod decide;
mod effect;
mod job;
mod proof;
mod settle;
mod view;
mod visit;

#[cfg(test)]
pub(crate) use commit::is_what_was_proven;
pub(crate) use create::person_body;
pub(crate) use decide::{Verdict, require_decider};
#[cfg(test)]
pub(crate) use proof::answers;

use patchbay_core::Code;
use patchbay_core::ids::ToolDraftId;
use patchbay_core::tool::DraftState;
use patchbay_core::tool::draft::amount_text;
use patchbay_store::Tx;
use patchbay_store::tool_drafts::{self, DraftRow};
use serde_json::{Value, json};

use crate::gateway::Gateway;
use crate::outcome::{Outcome, Refusal};
use crate::pipeline::Admitted;

impl Gateway {
    /// A draft as its assistant sees it. The token is there once all proofs are.
    pub(crate) fn draft_body(&self, draft: &DraftRow) -> Value {
        let mut body = json!({
            "draft_id": draft.id,
            "tool": draft.tool,
            "state": draft.state,
            "status": draft.state,
            "plan": draft.plan,
            "awaits": draft.state.awaits(),
            "expires_at": draft.expires_at,
            "created_at": draft.created_at,
            "preview": preview(draft),
        });
        if draft.state == DraftState::Confirmed {
            body["confirmation_token"] = self.token(draft).into();
        }
        if let Some(reference) = &draft.reference {
            body["reference"] = reference.clone().into();
            if moves_money(draft) {
                body["transaction_id"] = reference.clone().into();
            }
        }
        if let Some(ticket) = draft.payload.get("ticket_id") {
            body["ticket_id"] = ticket.clone();
        }
        if let (Some(ranked), Some(body)) = (draft.payload["ranked"].as_object(), body.as_object_mut()) {
            body.extend(ranked.clone());
        }
        if let Some(failure) = &draft.failure {
            body["failure"] = failure.clone().into();
        }
        body
    }

    /// A draft of this conversation; one of another conversation is absent.
    pub(crate) async fn own_draft(&self, tx: &mut Tx, call: &Admitted<'_>) -> Result<DraftRow, Refusal> {
        let absent = || Refusal::new(Code::NotFound, "draft.not_found", "no such draft").at("draft_id");
        let id: ToolDraftId = call.arguments["draft_id"].as_str().and_then(|id| id.parse().ok()).ok_or_else(absent)?;
        let draft = tool_drafts::by_id(tx, id).await?.ok_or_else(absent)?;
        if draft.conversation_id == call.scene.conversation.id { Ok(draft) } else { Err(absent()) }
    }

    pub(crate) async fn get_draft(&self, call: &Admitted<'_>) -> Result<Outcome, Refusal> {
        let mut tx = self.hub.db.read().await?;
        let mut draft = self.own_draft(&mut tx, call).await?;
        if !draft.state.is_over() && draft.state.can_be_cancelled() && draft.expires_at <= call.scene.ctx.now {
            draft.state = DraftState::Expired;
        }
        self.shown(&mut tx, &draft).await
    }

    /// The answer about a draft; a job that was recorded is named.
    pub(crate) async fn shown(&self, tx: &mut Tx, draft: &DraftRow) -> Result<Outcome, Refusal> {
        let mut shown = self.draft_body(draft);
        if draft.state == DraftState::Committed
            && draft.tool == job::NAME
            && let Some(ticket) = job::made_by(tx, draft).await?
        {
            shown["ticket_id"] = json!(ticket.id);
        }
        Ok(Outcome { draft: Some(shown.clone()), ..Outcome::of(shown) })
    }
}

/// Whether carrying a draft out is the transaction system's work; all else is ours.
pub(crate) fn moves_money(draft: &DraftRow) -> bool {
    draft.amount_minor.is_some()
}

/// What a draft would do, in our own words.
pub(crate) fn preview(draft: &DraftRow) -> Value {
    let currency = draft.currency.clone().unwrap_or_default();
    json!({
        "amount": draft.amount_minor.map(|minor| amount_text(minor, &currency)),
        "amount_minor": draft.amount_minor,
        "currency": draft.currency,
        "description": draft.payload["description"],
        "customer_id": draft.contact_id,
        "payload_hash": draft.payload_hash,
    })
}

/// Somebody changed the draft in between.
pub(crate) fn moved(draft: &DraftRow) -> Refusal {
    Refusal::new(Code::VersionConflict, "draft.stale", "the draft has changed; read it again").retry(1).about(draft.id)
}
