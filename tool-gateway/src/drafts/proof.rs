//! The customer's own message as the proof: it came in by the channel's adapter, from the address the question went to,
//! after the question, in time, with the code.

use chrono::TimeDelta;
use patchbay_core::Ctx;
use patchbay_core::channel::{Direction, SenderType};
use patchbay_core::event::{EventName, NewEvent};
use patchbay_core::ids::MessageId;
use patchbay_core::tool::DraftState;
use patchbay_core::tool::question::{self, Answer};
use patchbay_hub::HubError;
use patchbay_store::conversations::{self, ConversationRow};
use patchbay_store::messages::{self, MessageRow};
use patchbay_store::tool_drafts::{self, DraftRow};
use patchbay_store::{StoreError, Tx, events};
use serde_json::json;
use subtle::ConstantTimeEq as _;

use super::create::person_body;
use crate::audit::event;
use crate::gateway::Gateway;

impl Gateway {
    /// Takes an inbound message into account. A message that answers no question changes nothing.
    pub(crate) async fn heard(&self, tx: &mut Tx, ctx: &Ctx, id: MessageId) -> Result<(), HubError> {
        let Some(message) = messages::by_id(tx, id).await? else { return Ok(()) };
        let waiting: Vec<DraftRow> = tool_drafts::open_of(tx, message.conversation_id)
            .await?
            .into_iter()
            .filter(|draft| draft.state == DraftState::AwaitingCustomer)
            .collect();
        if waiting.is_empty() {
            return Ok(());
        }
        let Some(conversation) = conversations::by_id(tx, message.conversation_id).await? else { return Ok(()) };
        let answer = question::read(message.text.as_deref().unwrap_or_default());
        let mut asked: Vec<DraftRow> =
            waiting.into_iter().filter(|draft| answers(draft, &message, &conversation, ctx)).collect();
        match answer {
            Answer::Other => {}
            Answer::No => {
                for mut draft in asked {
                    draft.state = DraftState::Cancelled;
                    draft.failure = Some("the customer said no".into());
                    draft.check_at = draft.external_id.is_some().then_some(ctx.now);
                    self.write(tx, ctx, &conversation, draft, EventName::DraftFailed).await?;
                }
            }
            Answer::Code(code) => {
                let meant = asked.iter().position(|draft| self.is_code(draft, &code));
                match meant {
                    Some(index) => self.proven(tx, ctx, &conversation, asked.remove(index), &message).await?,
                    None => {
                        for draft in asked {
                            self.guessed(tx, ctx, &conversation, draft).await?;
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// Whether a code is the one in the draft's question.
    pub(crate) fn is_code(&self, draft: &DraftRow, code: &str) -> bool {
        let expected = draft.code_hash.as_deref().unwrap_or_default();
        let given = self.code_hash(draft, code);
        !expected.is_empty() && bool::from(expected.as_bytes().ct_eq(given.as_bytes()))
    }

    async fn proven(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        conversation: &ConversationRow,
        mut draft: DraftRow,
        message: &MessageRow,
    ) -> Result<(), StoreError> {
        draft.proof_message_id = Some(message.id);
        draft.proved_at = Some(ctx.now);
        let name = if draft.plan.asks_human() {
            draft.state = DraftState::AwaitingHuman;
            draft.expires_at = ctx.now + TimeDelta::minutes(self.config.approval_minutes);
            EventName::DraftAwaitingHuman
        } else {
            draft.state = DraftState::Confirmed;
            draft.expires_at = draft.expires_at.max(ctx.now + TimeDelta::minutes(self.config.draft_minutes));
            EventName::DraftConfirmed
        };
        self.write(tx, ctx, conversation, draft, name).await.map(drop)
    }

    /// A wrong code: one guess less, and none left voids the draft.
    pub(crate) async fn guessed(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        conversation: &ConversationRow,
        mut draft: DraftRow,
    ) -> Result<(), StoreError> {
        draft.attempts_left -= 1;
        if draft.attempts_left <= 0 {
            draft.state = DraftState::Voided;
            draft.failure = Some("too many wrong codes".into());
            draft.check_at = draft.external_id.is_some().then_some(ctx.now);
            return self.write(tx, ctx, conversation, draft, EventName::DraftFailed).await.map(drop);
        }
        draft.updated_at = ctx.now;
        tool_drafts::update(tx, &draft).await.map(drop)
    }

    /// Writes a draft that moved, and tells it. `false`: somebody was faster, and nothing is written.
    pub(crate) async fn write(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        conversation: &ConversationRow,
        mut draft: DraftRow,
        name: EventName,
    ) -> Result<bool, StoreError> {
        draft.updated_at = ctx.now;
        if !tool_drafts::update(tx, &draft).await? {
            return Ok(false);
        }
        draft.version += 1;
        let mut told =
            vec![event(ctx, name, conversation, &json!({"draft": person_body(&draft, &conversation.contact_name)}))];
        if name == EventName::DraftAwaitingHuman {
            told.push(approval_wanted(ctx, conversation, &draft));
        }
        events::append(tx, &told).await?;
        Ok(true)
    }
}

/// Tells supervisors that a draft waits for one of them.
pub(super) fn approval_wanted(ctx: &Ctx, conversation: &ConversationRow, draft: &DraftRow) -> NewEvent {
    let alert = json!({"alert": {
        "code": "APPROVAL_REQUESTED", "severity": "info", "title": "A draft waits for approval",
        "conversation_id": conversation.id, "draft_id": draft.id,
    }});
    event(ctx, EventName::AlertRaised, conversation, &alert)
}

/// Whether a message can answer the draft's question: it came in, from the same customer at the same address, after the
/// question, in time. Nothing that we or an assistant wrote ever does.
pub(crate) fn answers(draft: &DraftRow, message: &MessageRow, conversation: &ConversationRow, ctx: &Ctx) -> bool {
    message.direction == Direction::Inbound
        && message.sender_type == SenderType::Customer
        && draft.contact_id == conversation.contact_id
        && draft.contact_address == conversation.contact_address
        && message.sender_id.is_none_or(|sender| sender == draft.contact_id.0)
        && draft.asked_at.is_some_and(|asked| message.created_at >= asked)
        && draft.expires_at > ctx.now
}
