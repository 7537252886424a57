//! `POST /{version}/{phone_number_id}/messages`: send, mark as read, typing.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use patchbay_core::channel::{Channel, Direction};
use serde_json::{Value, json};

use super::bodies::{self, Around, Outgoing};
use super::limits::Fields;
use super::{GraphError, authorize, check_version};
use crate::carrier::{self, Fate, Journey, Reports};
use crate::config::{WhatsappNumber, WindowRule};
use crate::door::{self, Noted};
use crate::faults::Provider;
use crate::message::{DeliveryState, Sent, Shown};
use crate::world::Shared;

pub(super) async fn send(
    State(shared): State<Arc<Shared>>,
    Path((version, phone_number_id)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if let Err(stopped) = door::enter(&shared, Provider::Meta).await {
        return GraphError::from(stopped).into();
    }
    match take(&shared, &version, &phone_number_id, &headers, &body) {
        Err(error) => error.into(),
        Ok(Taken::Marked) => Json(json!({ "success": true })).into_response(),
        Ok(Taken::Accepted { id, answer }) => {
            let mut response = Json(answer).into_response();
            response.extensions_mut().insert(Noted { error_code: None, message_id: Some(id) });
            door::leave(&shared, Provider::Meta, response, || GraphError::new(131_000).into()).await
        }
    }
}

enum Taken {
    Accepted { id: String, answer: Value },
    Marked,
}

fn take(
    shared: &Shared,
    version: &str,
    phone_number_id: &str,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Taken, GraphError> {
    check_version(version)?;
    let number = authorize(shared, headers, Some(phone_number_id))?;
    let body: Value = serde_json::from_slice(body)
        .ok()
        .filter(Value::is_object)
        .ok_or_else(|| GraphError::parameter("The parameter messaging_product is required."))?;
    match body.get("messaging_product") {
        None => return Err(GraphError::parameter("The parameter messaging_product is required.")),
        Some(product) if product == "whatsapp" => {}
        Some(_) => return Err(GraphError::parameter("Param messaging_product must be one of {WHATSAPP}.")),
    }
    if body.get("status").is_some() {
        mark(shared, &body)?;
        return Ok(Taken::Marked);
    }
    let receiver = Receiver::of(&body, number)?;
    let our_id = match body.get("biz_opaque_callback_data") {
        None => None,
        Some(Value::String(data)) if data.chars().count() <= 512 => Some(data.clone()),
        Some(_) => {
            return Err(GraphError::parameter("Param biz_opaque_callback_data must be at most 512 characters long."));
        }
    };
    let outgoing = {
        let world = shared.world();
        let templates = world.templates.get(&number.phone_number_id).map(Vec::as_slice).unwrap_or_default();
        let known = |id: &str| world.messages.get(id).is_some();
        bodies::check(&body, number, &Around { shelf: &world.media, templates, known: &known })?
    };
    let fate = pace(shared, number, &receiver, &outgoing)?;
    let message = Sent {
        provider: Provider::Meta,
        channel: Channel::Whatsapp,
        id: wamid(shared, &receiver.wire),
        our_id,
        from: number.address.clone(),
        to: receiver.address.clone(),
        kind: outgoing.kind,
        text: outgoing.text,
        media: outgoing.media,
        body,
        at: shared.now(),
        state: DeliveryState::Queued,
        error_code: None,
    };
    let answer = json!({
        "messaging_product": "whatsapp",
        "contacts": [receiver.contact()],
        "messages": [{ "id": message.id, "message_status": "accepted" }],
    });
    let entry = carrier::outbound(message.clone(), Channel::Whatsapp, &number.phone_number_id, outgoing.reply_to);
    let reports = Reports::Meta { phone_number_id: number.phone_number_id.clone(), wa_id: receiver.wire };
    let id = message.id.clone();
    carrier::accept(shared, Journey { message, fate, reports }, entry);
    Ok(Taken::Accepted { id, answer })
}

/// Whom a message goes to.
struct Receiver {
    /// As the request named it.
    input: String,
    /// Digits of the number, or the business-scoped user id.
    wire: String,
    /// E.164, or the business-scoped user id.
    address: String,
}

impl Receiver {
    fn of(body: &Value, number: &WhatsappNumber) -> Result<Self, GraphError> {
        if body.get("recipient_type").is_some_and(|kind| kind != "individual") {
            return Err(GraphError::parameter("Param recipient_type must be one of {individual}."));
        }
        let named = |key: &str| match body.get(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(GraphError::parameter(format!("Param {key} must be a string."))),
        };
        match (named("to")?, named("recipient")?) {
            (None, None) => Err(GraphError::parameter("The parameter to is required.")),
            (Some(_), Some(_)) => Err(GraphError::parameter("Only one of to and recipient may be given.")),
            (None, Some(user_id)) => match user_id.split_once('.') {
                Some((country, rest)) if country.len() == 2 && !rest.is_empty() => {
                    Ok(Self { input: user_id.clone(), wire: user_id.clone(), address: user_id })
                }
                _ => Err(GraphError::value("Recipient is not a valid user id")),
            },
            (Some(to), None) => {
                let digits: String = to.trim_start_matches('+').chars().filter(|c| !" -()".contains(*c)).collect();
                if !(5..=15).contains(&digits.len()) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                    return Err(GraphError::value("Recipient phone number is not valid"));
                }
                if digits == number.display() {
                    return Err(
                        GraphError::new(131_021).details("Recipient phone number cannot be sender phone number")
                    );
                }
                Ok(Self { input: to, address: format!("+{digits}"), wire: digits })
            }
        }
    }

    fn contact(&self) -> Value {
        let key = if self.wire.contains('.') { "user_id" } else { "wa_id" };
        let mut contact = json!({ "input": self.input });
        contact[key] = json!(self.wire);
        contact
    }
}

/// Throughput, pair limit and window; what becomes of the message when it may go.
fn pace(
    shared: &Shared,
    number: &WhatsappNumber,
    receiver: &Receiver,
    outgoing: &Outgoing,
) -> Result<Fate, GraphError> {
    let config = &shared.config;
    let now = shared.now();
    let mut world = shared.world();
    let closed = outgoing.kind != "template" && !world.window_is_open(&number.address, &receiver.address, now);
    if closed && config.window == WindowRule::Synchronous {
        return Err(GraphError::new(131_047).details(
            "Message failed to send because more than 24 hours have passed since the customer last replied to this \
             number.",
        ));
    }
    if !world.within_throughput(&number.phone_number_id, config.limits.throughput_per_second) {
        return Err(GraphError::new(130_429).details("Cloud API message throughput has been reached."));
    }
    if !world.within_pair_limit(&number.address, &receiver.address, config) {
        return Err(GraphError::new(131_056).details(
            "Message failed to send because there were too many messages sent from this phone number to the same \
             phone number in a short period of time.",
        ));
    }
    if closed && config.window == WindowRule::Asynchronous {
        return Ok(Fate::Fails(131_047));
    }
    Ok(carrier::fate(&mut world, config, (Provider::Meta, Channel::Whatsapp), &receiver.address))
}

/// Mark as read, with or without a typing indicator: the customer's message and those before it get blue ticks.
fn mark(shared: &Shared, body: &Value) -> Result<(), GraphError> {
    if body["status"] != "read" {
        return Err(GraphError::parameter("Param status must be one of {read}."));
    }
    if body.get("typing_indicator").is_some() {
        let kind = Fields::of(body, "typing_indicator", &["type"])?.text("type", 16)?;
        if kind != "text" {
            return Err(GraphError::parameter("Param typing_indicator['type'] must be one of {text}."));
        }
    }
    let id = body.get("message_id").and_then(Value::as_str).ok_or_else(|| GraphError::missing("message_id"))?;
    let mut world = shared.world();
    let entry = world.messages.get(id).filter(|entry| entry.direction == Direction::Inbound);
    let Some(entry) = entry else {
        return Err(GraphError::parameter("Invalid parameter").details("The message id does not exist"));
    };
    let key = (entry.message.from.clone(), entry.channel);
    let mut earlier = vec![id.to_owned()];
    if let Some(thread) = world.threads.get(&key) {
        let theirs = thread.iter().take_while(|shown| shown.id != id);
        earlier.extend(theirs.filter(|shown| shown.from.as_str() == "phone").map(|shown| shown.id.clone()));
    }
    let events: Vec<_> = earlier.iter().filter_map(|id| world.progress(id, DeliveryState::Read, None)).collect();
    let what = if body.get("typing_indicator").is_some() { "typing" } else { "read" };
    world.note_shown(Shown { provider: Provider::Meta, message_id: id.to_owned(), what: what.to_owned() });
    drop(world);
    shared.tell(events);
    Ok(())
}

/// An id shaped like WhatsApp's: `wamid.` and base64 around the number and a random part.
pub(crate) fn wamid(shared: &Shared, digits: &str) -> String {
    let random = shared.world().hex(10).to_uppercase();
    let mut raw = vec![0x1d, 0x02, 0x0b];
    raw.extend_from_slice(digits.as_bytes());
    raw.extend_from_slice(&[0x15, 0x02, 0x00, 0x11, 0x18, 0x14]);
    raw.extend_from_slice(random.as_bytes());
    raw.push(0);
    format!("wamid.{}", STANDARD.encode(raw))
}
