//! Status callbacks, and the names of Meta's error codes.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::carrier::Step;
use crate::config::WhatsappNumber;
use crate::courier::{Key, Post};
use crate::message::DeliveryState;
use crate::payload::{now_as_text, value};

/// The webhook about one step of a message. `to` is the wa_id, `our_id` what the sender attached.
pub(crate) fn post_status(
    number: &WhatsappNumber,
    id: &str,
    to: &str,
    our_id: Option<&str>,
    step: Step,
    at: DateTime<Utc>,
    key: Key,
) -> Post {
    let mut status = json!({ "id": id, "status": step.state.as_str(), "timestamp": now_as_text(at) });
    // A business-scoped user id is told apart from a number by its dot.
    status[if to.contains('.') { "recipient_user_id" } else { "recipient_id" }] = json!(to);
    if matches!(step.state, DeliveryState::Sent | DeliveryState::Delivered) {
        status["pricing"] =
            json!({ "billable": true, "pricing_model": "PMP", "type": "regular", "category": "service" });
    }
    if let Some(code) = step.error_code {
        status["errors"] = json!([error(code)]);
    }
    if let Some(our_id) = our_id {
        status["biz_opaque_callback_data"] = json!(our_id);
    }
    Post::Meta { phone_number_id: number.phone_number_id.clone(), value: value(number, None, "statuses", status), key }
}

fn error(code: u32) -> Value {
    json!({
        "code": code,
        "title": title(code),
        "message": title(code),
        "error_data": { "details": details(code) },
        "href": "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/",
    })
}

/// Short name of an error code.
pub(crate) fn title(code: u32) -> &'static str {
    match code {
        2 => "API Service",
        4 => "Application request limit reached",
        100 => "Invalid parameter",
        190 => "Invalid OAuth access token",
        80_007 => "Rate limit issues",
        130_429 => "Rate limit hit",
        130_472 => "User's number is part of an experiment",
        131_000 => "Something went wrong",
        131_005 => "Access denied",
        131_008 => "Required parameter is missing",
        131_009 => "Parameter value is not valid",
        131_016 => "Service unavailable",
        131_021 => "Recipient cannot be sender",
        131_026 => "Message undeliverable",
        131_031 => "Business Account locked",
        131_042 => "Business eligibility payment issue",
        131_047 => "Re-engagement message",
        131_048 => "Spam rate limit hit",
        131_049 => "This message was not delivered to maintain healthy ecosystem engagement.",
        131_050 => "User has stopped marketing messages from this business",
        131_051 => "Unsupported message type",
        131_052 => "Media download error",
        131_053 => "Media upload error",
        131_056 => "(Business Account, Consumer Account) pair rate limit hit",
        132_000 => "Number of parameters does not match the expected number of params",
        132_001 => "Template name does not exist in the translation",
        132_012 => "Template Parameter Format Mismatch",
        132_015 => "Template is paused",
        132_016 => "Template is disabled",
        _ => "Unknown error",
    }
}

fn details(code: u32) -> &'static str {
    match code {
        131_047 => {
            "Message failed to send because more than 24 hours have passed since the customer last replied to this \
             number."
        }
        131_026 => "Message Undeliverable.",
        131_056 => "Message failed to send because there were too many messages sent from this phone number.",
        _ => title(code),
    }
}
