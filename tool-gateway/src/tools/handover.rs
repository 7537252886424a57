//! Handing the conversation to a person.

use patchbay_core::event::EventName;
use patchbay_core::ids::RecordId;
use patchbay_store::kill_switches::{self, SwitchRow};
use patchbay_store::{annotations, events};
use serde_json::json;

use crate::audit::event;
use crate::gateway::Gateway;
use crate::outcome::{Outcome, Refusal};
use crate::pipeline::Admitted;

impl Gateway {
    /// From here on the assistant is silent in this conversation until a person lifts the switch.
    pub(crate) async fn request_human(&self, call: &Admitted<'_>) -> Result<Outcome, Refusal> {
        let scene = call.scene;
        let ctx = &scene.ctx;
        let id = RecordId::new();
        let reason = call.arguments["reason"].as_str().unwrap_or("other").to_owned();
        let mut tx = self.hub.db.begin().await?;
        let switch = SwitchRow {
            id,
            scope_type: "handover".into(),
            scope_id: scene.conversation.id.to_string(),
            reason: reason.clone(),
            set_by: ctx.actor.id,
            set_at: ctx.now,
            lifted_by: None,
            lifted_at: None,
        };
        let is_new = kill_switches::set(&mut tx, &switch).await?;
        if is_new {
            let details = json!({"reason": reason, "note": call.arguments["note"]});
            annotations::record_event(&mut tx, ctx, scene.conversation.id, "handover_requested", details).await?;
            let alert = json!({"alert": {
                "code": "HANDOVER_REQUESTED", "severity": "warning", "title": "An assistant asks for a person",
                "conversation_id": scene.conversation.id, "reason": reason,
            }});
            events::append(&mut tx, &[event(ctx, EventName::AlertRaised, &scene.conversation, &alert)]).await?;
        }
        tx.commit().await?;
        Ok(Outcome::of(json!({"handoff_id": id, "state": "handed_over", "conversation_id": scene.conversation.id})))
    }
}
