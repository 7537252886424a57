//! What Meta answers to a send.

use serde_json::Value;

use super::errors::{self, TABLE};
use crate::address::of_whatsapp_id;
use crate::answer::{Accepted, Answer, Outcome, Refusal, rule_for, rule_for_status};
use crate::json::{object, text, word};
use patchbay_core::item::ProviderError;

/// Reads the answer to `POST /{phone_number_id}/messages`. Decides on the error code; the HTTP status is unreliable
/// and counts only when there is no code.
pub fn classify(answer: &Answer<'_>) -> Outcome {
    let body: Option<Value> = serde_json::from_slice(answer.body).ok();
    if let Some(error) = body.as_ref().and_then(|body| object(body, "error"))
        && word(error, "code").is_some()
    {
        let error = errors::read(error);
        let rule = rule_for(TABLE, &error.code);
        return Outcome::Refused(Refusal {
            action: rule.action,
            alarm: rule.alarm,
            retry_after: answer.retry_after,
            error,
        });
    }
    if (200..300).contains(&answer.status)
        && let Some(accepted) = body.as_ref().and_then(accepted)
    {
        return Outcome::Accepted(accepted);
    }
    let rule = rule_for_status(answer.status);
    Outcome::Refused(Refusal {
        error: ProviderError {
            code: format!("http_{}", answer.status),
            title: None,
            message: None,
            details: None,
            class: rule.class,
        },
        action: rule.action,
        alarm: rule.alarm,
        retry_after: answer.retry_after,
    })
}

fn accepted(body: &Value) -> Option<Accepted> {
    let message = body.get("messages")?.get(0)?;
    let contact = body.get("contacts").and_then(|contacts| contacts.get(0));
    let known = |key| contact.and_then(|contact| word(contact, key)).map(|id| of_whatsapp_id(&id));
    Some(Accepted {
        channel_message_id: text(message, "id")?.to_owned(),
        provider_status: text(message, "message_status").map(str::to_owned),
        recipient_addresses: [known("wa_id"), known("user_id")].into_iter().flatten().collect(),
        segments: None,
    })
}
