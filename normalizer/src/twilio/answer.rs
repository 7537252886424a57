//! What Twilio answers to a send.

use patchbay_core::item::ProviderError;
use serde_json::Value;

use super::errors::TABLE;
use crate::answer::{Accepted, Answer, Outcome, Refusal, rule_for, rule_for_status};
use crate::json::{text, word};

/// Reads the answer to `POST …/Messages.json`.
pub fn classify(answer: &Answer<'_>) -> Outcome {
    let body: Option<Value> = serde_json::from_slice(answer.body).ok();
    if (200..300).contains(&answer.status)
        && let Some(accepted) = body.as_ref().and_then(accepted)
    {
        return Outcome::Accepted(accepted);
    }
    let code = body.as_ref().and_then(|body| word(body, "code").or_else(|| word(body, "error_code")));
    let message = body.as_ref().and_then(|body| text(body, "message")).map(str::to_owned);
    // A server error is ambiguous whatever its body says; 429 was certainly not processed.
    let rule = match &code {
        Some(code) if answer.status < 500 && answer.status != 429 => *rule_for(TABLE, code),
        _ => rule_for_status(answer.status),
    };
    Outcome::Refused(Refusal {
        error: ProviderError {
            code: code.unwrap_or_else(|| format!("http_{}", answer.status)),
            title: None,
            message,
            details: None,
            class: rule.class,
        },
        action: rule.action,
        alarm: rule.alarm,
        retry_after: answer.retry_after,
    })
}

fn accepted(body: &Value) -> Option<Accepted> {
    Some(Accepted {
        channel_message_id: text(body, "sid")?.to_owned(),
        provider_status: text(body, "status").map(str::to_owned),
        recipient_addresses: text(body, "to")
            .map(|to| super::inbound::split_prefix(to).1.to_owned())
            .into_iter()
            .collect(),
        segments: word(body, "num_segments").and_then(|count| count.parse().ok()),
    })
}
