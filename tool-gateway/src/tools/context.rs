//! Where the conversation stands.

use patchbay_core::tool::question::Language;
use patchbay_store::tool_drafts;
use serde_json::{Value, json};

use crate::gateway::Gateway;
use crate::outcome::{Outcome, Refusal};
use crate::pipeline::Admitted;

impl Gateway {
    pub(crate) async fn context(&self, call: &Admitted<'_>) -> Result<Outcome, Refusal> {
        let scene = call.scene;
        let drafts = tool_drafts::open_of(&mut self.hub.db.read().await?, scene.conversation.id).await?;
        let language = match Language::of(scene.contact.locale.as_deref()) {
            Language::English => "en",
            Language::French => "fr",
        };
        let drafts: Vec<Value> = drafts
            .iter()
            .map(|draft| json!({"draft_id": draft.id, "state": draft.state, "awaits": draft.state.awaits()}))
            .collect();
        Ok(Outcome::of(json!({
            "conversation_id": scene.conversation.id,
            "channel": scene.conversation.channel,
            "status": scene.conversation.status,
            "window_expires_at": scene.conversation.window_expires_at,
            "language": language,
            "party": scene.party(),
            "team": scene.team,
            "customer_id": scene.contact.id,
            "account_id": scene.account,
            "open_drafts": drafts,
        })))
    }
}
