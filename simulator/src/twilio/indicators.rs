//! `POST /v3/Indicators/Typing.json`: shows a customer on WhatsApp that somebody is typing, and marks their message read.
//! Source: Twilio, "Typing indicators".

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use http::HeaderMap;
use patchbay_core::channel::{Channel, Direction};
use serde_json::{Value, json};

use super::{TwilioError, caller};
use crate::faults::Provider;
use crate::message::{DeliveryState, Shown};
use crate::world::Shared;

pub(super) async fn typing(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Value>, TwilioError> {
    let account = caller(&shared, &headers)?;
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let text = |key: &str| body.get(key).and_then(Value::as_str).unwrap_or_default();
    if text("channel") != "WHATSAPP" {
        return Err(TwilioError::new(20_001).message("channel must be WHATSAPP"));
    }
    let id = text("messageId").to_owned();
    let mut world = shared.world();
    let known = world.messages.get(&id).is_some_and(|entry| {
        let theirs = entry.direction == Direction::Inbound && entry.channel == Channel::Whatsapp;
        theirs && entry.owner == account.account_sid
    });
    if !known {
        return Err(TwilioError::not_found("/v3/Indicators/Typing.json"));
    }
    let event = world.progress(&id, DeliveryState::Read, None);
    world.note_shown(Shown { provider: Provider::Twilio, message_id: id, what: "typing".to_owned() });
    drop(world);
    shared.tell(event);
    Ok(Json(json!({ "success": true })))
}
