//! What goes out: cleaned, cut, and for assistants without personal data.

use patchbay_core::redaction::is_ours;
use patchbay_core::role::Role;
use patchbay_core::tool::{ToolSpec, answer, text};
use patchbay_store::tool_placeholders;
use serde_json::Value;

use crate::gateway::Gateway;
use crate::outcome::{Outcome, Refusal};
use crate::scene::Scene;

impl Gateway {
    /// What a caller may see of an answer: what the tool declares and no more. An assistant: no invisible characters, no personal data but as placeholders that the
    /// gateway puts back, no text without end.
    pub(crate) async fn finish(&self, scene: &Scene, spec: &ToolSpec, outcome: &mut Outcome) -> Result<(), Refusal> {
        answer::project(spec.answer(), &mut outcome.result);
        text::clean(&mut outcome.result);
        text::cap(&mut outcome.result);
        if scene.ctx.actor.role != Role::AiAgent {
            return Ok(());
        }
        let redactor = self.for_assistants.within(scene.conversation.id);
        let mut shown = Vec::new();
        hide(&mut outcome.result, &redactor, scene, &mut shown);
        if let Some(draft) = &mut outcome.draft {
            hide(draft, &redactor, scene, &mut shown);
        }
        self.keep_shown(scene, shown).await
    }

    /// A text as an assistant may see it.
    pub(crate) async fn hidden(&self, scene: &Scene, text: &str) -> Result<String, Refusal> {
        let redactor = self.for_assistants.within(scene.conversation.id);
        let (mut value, mut shown) = (Value::from(text), Vec::new());
        hide(&mut value, &redactor, scene, &mut shown);
        self.keep_shown(scene, shown).await?;
        Ok(value.as_str().unwrap_or_default().to_owned())
    }

    /// Keeps what stands behind the placeholders that were shown.
    async fn keep_shown(&self, scene: &Scene, shown: Vec<(String, String)>) -> Result<(), Refusal> {
        if shown.is_empty() {
            return Ok(());
        }
        let mut tx = self.hub.db.begin().await?;
        for (placeholder, original) in shown {
            tool_placeholders::keep(&mut tx, scene.conversation.id, &placeholder, &original, scene.ctx.now).await?;
        }
        tx.commit().await?;
        Ok(())
    }
}

/// Puts back what stands behind the placeholders an assistant was shown.
pub(crate) fn put_back(value: &mut Value, kept: &[tool_placeholders::PlaceholderRow]) {
    match value {
        Value::String(text) => {
            for row in kept {
                if text.contains(&row.placeholder) {
                    *text = text.replace(&row.placeholder, &row.original);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| put_back(item, kept)),
        Value::Object(fields) => fields.values_mut().for_each(|field| put_back(field, kept)),
        _ => {}
    }
}

/// Fields of answers that are ours and never personal.
const OURS: &[&str] = &[
    "draft_id", "ticket_id", "id", "state", "code", "plan", "awaits", "currency", "expires_at", "created_at",
    "updated_at", "confirmation_token", "transaction_id", "reference", "payload_hash", "customer_id", "site_id",
    "account_id", "channel", "occurred_at", "at", "starts_at", "ends_at", "conversation_id", "checksum", "kind",
    "amount", "recommendation_id", "technician_id", "evidence_id", "handoff_id", "window_expires_at",
];

/// Replaces personal data in every text of an answer that is not one of our own fields.
fn hide(
    value: &mut Value,
    redactor: &patchbay_core::redaction::Redactor,
    scene: &Scene,
    shown: &mut Vec<(String, String)>,
) {
    match value {
        Value::String(text) if is_ours(text) => {}
        Value::String(text) => {
            let redacted = redactor.redact(text, &scene.known);
            for (span, placeholder) in redacted.spans.iter().zip(&redacted.placeholders) {
                let original = text.get(span.byte_start as usize..span.byte_end as usize);
                if let (Some(placeholder), Some(original)) = (placeholder, original)
                    && placeholder.contains(':')
                {
                    shown.push((placeholder.clone(), original.to_owned()));
                }
            }
            *text = redacted.text;
        }
        Value::Array(items) => items.iter_mut().for_each(|item| hide(item, redactor, scene, shown)),
        Value::Object(fields) => fields
            .iter_mut()
            .filter(|(name, field)| !(OURS.contains(&name.as_str()) && !field.is_object() && !field.is_array()))
            .for_each(|(_, field)| hide(field, redactor, scene, shown)),
        _ => {}
    }
}
