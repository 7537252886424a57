//! `POST /2010-04-01/Accounts/{sid}/Messages.json`.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse, Response};
use axum::{Json, extract::rejection::FormRejection};
use http::{HeaderMap, StatusCode};
use patchbay_core::channel::Channel;
use serde_json::{Map, Value, json};

use super::resource::resource;
use super::{TwilioError, authorize};
use crate::carrier::{self, Journey, Reports, Step};
use crate::config::TwilioNumber;
use crate::courier::Key;
use crate::door::{self, Noted};
use crate::faults::Provider;
use crate::message::{DeliveryState, Sent, ThreadMedia};
use crate::world::Shared;

const LONGEST_BODY: usize = 1600;
const MOST_MEDIA: usize = 10;

pub(super) async fn create(
    State(shared): State<Arc<Shared>>,
    Path(account_sid): Path<String>,
    headers: HeaderMap,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Response {
    if let Err(stopped) = door::enter(&shared, Provider::Twilio).await {
        return TwilioError::from(stopped).into();
    }
    // A body that is no form has no parameters for Twilio.
    let form = form.map(|Form(form)| form).unwrap_or_default();
    match take(&shared, &account_sid, &headers, form) {
        Err(error) => error.into(),
        Ok((id, answer)) => {
            let mut response = (StatusCode::CREATED, Json(answer)).into_response();
            response.extensions_mut().insert(Noted { error_code: None, message_id: Some(id) });
            door::leave(&shared, Provider::Twilio, response, || TwilioError::new(20_500).into()).await
        }
    }
}

/// A form that would be accepted.
struct Order<'a> {
    number: &'a TwilioNumber,
    to: String,
    text: String,
    media: Vec<String>,
    callback: Option<String>,
    /// Sent through a messaging service: the answer says `accepted`, and `queued` is a callback of its own.
    service: Option<String>,
}

fn take(
    shared: &Shared,
    account_sid: &str,
    headers: &HeaderMap,
    form: Vec<(String, String)>,
) -> Result<(String, Value), TwilioError> {
    let auth_token = authorize(shared, headers, account_sid)?.clone();
    let order = check(shared, account_sid, &form)?;
    let fate = {
        let mut world = shared.world();
        if world.is_opted_out(&order.number.address, &order.to) {
            return Err(TwilioError::new(21_610));
        }
        carrier::fate(&mut world, &shared.config, Provider::Twilio, &order.to)
    };
    let prefix = if order.media.is_empty() { "SM" } else { "MM" };
    let media = order.media.into_iter().map(|url| ThreadMedia { url, mime_type: None, filename: None });
    let message = Sent {
        provider: Provider::Twilio,
        id: format!("{prefix}{}", shared.world().hex(16)),
        our_id: order.callback.as_deref().and_then(last_segment),
        from: order.number.address.clone(),
        to: order.to,
        kind: if prefix == "SM" { "text" } else { "media" }.to_owned(),
        text: Some(order.text),
        media: media.collect(),
        body: as_object(form),
        at: shared.now(),
        state: DeliveryState::Queued,
        error_code: None,
    };
    let group = shared.world().hex(16);
    let reports = Reports::Twilio { callback: order.callback, account_sid: account_sid.to_owned(), auth_token, group };
    let entry = carrier::outbound(message.clone(), Channel::Sms, account_sid, None);
    let (id, mut answer) = (message.id.clone(), resource(&entry));
    if order.service.is_some() {
        answer["status"] = json!("accepted");
        let step = Step { after: Duration::ZERO, state: DeliveryState::Queued, error_code: None };
        let post = reports.post(shared, &message, step, Key::Ours);
        carrier::plan(shared, &message, step, 1, post);
    }
    carrier::accept(shared, Journey { message, fate, reports }, entry);
    Ok((id, answer))
}

fn check<'a>(shared: &'a Shared, account_sid: &str, form: &[(String, String)]) -> Result<Order<'a>, TwilioError> {
    let one = |name: &str| form.iter().find(|(key, value)| key == name && !value.is_empty()).map(|(_, v)| v.clone());
    let to = one("To").ok_or_else(|| TwilioError::new(21_604))?;
    let from = one("From");
    let service = one("MessagingServiceSid");
    if from.is_none() && service.is_none() {
        return Err(TwilioError::new(21_603));
    }
    if [Some(&to), from.as_ref()].into_iter().flatten().any(|address| address.contains(':')) {
        // No WhatsApp sender is registered with this account.
        return Err(TwilioError::new(63_007));
    }
    let text = match one("ContentSid") {
        None => one("Body").unwrap_or_default(),
        // The text of a content template lives with Twilio; the phone shows which one it was.
        Some(sid) if sid.len() == 34 && sid.starts_with("HX") => format!("Template {sid}"),
        Some(_) => return Err(TwilioError::new(21_655)),
    };
    let media: Vec<String> = form.iter().filter(|(key, _)| key == "MediaUrl").map(|(_, url)| url.clone()).collect();
    if text.is_empty() && media.is_empty() {
        return Err(TwilioError::new(21_602));
    }
    if text.chars().count() > LONGEST_BODY {
        return Err(TwilioError::new(21_617));
    }
    if media.len() > MOST_MEDIA {
        return Err(TwilioError::new(21_623));
    }
    if media.iter().any(|url| !is_http(url)) {
        return Err(TwilioError::new(21_620));
    }
    let callback = one("StatusCallback");
    if callback.as_deref().is_some_and(|url| !is_http(url)) {
        return Err(TwilioError::new(21_609));
    }
    let well_formed = to.strip_prefix('+').is_some_and(|digits| {
        (5..=15).contains(&digits.len()) && !digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit())
    });
    if !well_formed {
        return Err(TwilioError::new(21_211).message(format!("Invalid 'To' Phone Number: {}", masked(&to))));
    }
    let mut ours = shared.config.twilio.iter().filter(|number| number.account_sid == account_sid);
    let number = match (&from, &service) {
        (Some(from), _) => ours.find(|number| number.address == *from).ok_or_else(|| {
            TwilioError::new(21_606).message(format!(
                "The 'From' phone number provided ({from}) is not a valid message-capable Twilio phone number for \
                 this destination."
            ))
        })?,
        (None, service) => {
            ours.find(|number| number.messaging_service_sid == *service).ok_or_else(|| TwilioError::new(21_701))?
        }
    };
    if number.address == to {
        return Err(TwilioError::new(21_266).message("'To' and 'From' number cannot be the same"));
    }
    Ok(Order { number, to, text, media, callback, service })
}

/// As Twilio shows a number it refuses.
fn masked(number: &str) -> String {
    let shown = number.chars().count().saturating_sub(4);
    number.chars().enumerate().map(|(at, digit)| if at < shown { digit } else { 'X' }).collect()
}

fn is_http(url: &str) -> bool {
    reqwest::Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

/// The last path segment of a callback URL: where the sender put its own id.
fn last_segment(url: &str) -> Option<String> {
    let url = reqwest::Url::parse(url).ok()?;
    url.path_segments()?.next_back().filter(|last| !last.is_empty()).map(str::to_owned)
}

fn as_object(form: Vec<(String, String)>) -> Value {
    let mut object = Map::new();
    for (name, value) in form {
        match object.get_mut(&name) {
            None => drop(object.insert(name, Value::String(value))),
            Some(Value::Array(list)) => list.push(Value::String(value)),
            Some(first) => *first = json!([first.take(), value]),
        }
    }
    Value::Object(object)
}
