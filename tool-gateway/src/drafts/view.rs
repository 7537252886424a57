//! A draft as an approver sees it. What the assistant wrote stands apart and says so; everything else is ours or the
//! customer's own.

use chrono::TimeDelta;
use patchbay_core::tool::draft::amount_text;
use patchbay_hub::HubError;
use patchbay_store::tool_drafts::{self, DraftRow};
use patchbay_store::{Tx, conversations, messages};
use serde_json::{Value, json};

use super::{moves_money, person_body};
use crate::gateway::Gateway;

/// Other drafts that are shown beside one.
const OTHERS: i64 = 20;

/// What a draft would do, in one sentence of ours; `customer` is what the conversation calls them.
pub(super) fn sentence(draft: &DraftRow, customer: &str) -> String {
    if let Some(amount) = draft.amount_minor {
        let currency = draft.currency.as_deref().unwrap_or_default();
        return format!("Charge {currency} {} to {customer}", amount_text(amount, currency));
    }
    let said = draft.payload["description"].as_str().unwrap_or_default();
    let what = if draft.tool == super::job::NAME { "Record a job" } else { "Confirm the appointment" };
    format!("{what} for {customer}: {said}")
}

impl Gateway {
    /// The draft, the customer and the very words that confirmed it, the sum and the other drafts of the day.
    pub(crate) async fn for_approval(&self, tx: &mut Tx, draft: &DraftRow) -> Result<Value, HubError> {
        let currency = draft.currency.clone().unwrap_or_default();
        let conversation = conversations::by_id(tx, draft.conversation_id).await?;
        let name = conversation.as_ref().map(|row| row.contact_name.clone()).unwrap_or_default();
        let mut body = person_body(draft, &name);
        if moves_money(draft) {
            let since = draft.created_at - TimeDelta::hours(24);
            let sum =
                tool_drafts::sum_since(tx, draft.conversation_id, draft.contact_id, Some(&currency), since).await?;
            body["day"] = json!({"sum_minor": sum, "sum": amount_text(sum, &currency), "currency": currency});
        }
        body["customer"] = json!({
            "name": name, "address": draft.contact_address,
            "channel": conversation.as_ref().map(|row| row.channel),
            "is_still_the_same": conversation
                .is_some_and(|row| row.contact_id == draft.contact_id && row.contact_address == draft.contact_address),
        });
        body["written_by_the_assistant"] = if moves_money(draft) {
            json!({"description": draft.payload["description"], "metadata": draft.payload["metadata"]})
        } else {
            json!({"vehicle": draft.payload["vehicle"]})
        };
        if let Some(id) = draft.proof_message_id
            && let Some(message) = messages::by_id(tx, id).await?
        {
            body["proof"]["text"] = message.text.into();
        }
        let others = tool_drafts::page(tx, None, Some(draft.conversation_id), None, OTHERS).await?;
        body["other_drafts"] = others
            .iter()
            .filter(|other| other.id != draft.id)
            .map(|other| {
                json!({"id": other.id, "state": other.state, "amount_minor": other.amount_minor,
                       "currency": other.currency, "created_at": other.created_at})
            })
            .collect();
        Ok(body)
    }
}
