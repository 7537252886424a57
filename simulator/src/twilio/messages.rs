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
use crate::carrier::{self, Fate, Journey, Reports, Step};
use crate::config::{Content, TwilioNumber, WindowRule};
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
    /// A content template: the one thing that goes out on WhatsApp whatever the window.
    is_template: bool,
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
        let channel = order.number.channel;
        let now = shared.now();
        let free_form = channel == Channel::Whatsapp && !order.is_template;
        if free_form
            && shared.config.window != WindowRule::Ignored
            && !world.window_is_open(&order.number.address, &order.to, now)
        {
            Fate::Fails(63_016)
        } else {
            carrier::fate(&mut world, &shared.config, (Provider::Twilio, channel), &order.to)
        }
    };
    let prefix = if order.media.is_empty() { "SM" } else { "MM" };
    let media = order.media.into_iter().map(|url| ThreadMedia { url, mime_type: None, filename: None });
    let message = Sent {
        provider: Provider::Twilio,
        channel: order.number.channel,
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
    let entry = carrier::outbound(message.clone(), order.number.channel, account_sid, None);
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
    let (channel, to) = channel_of(to);
    let from = one("From").map(channel_of);
    let service = one("MessagingServiceSid");
    if from.is_none() && service.is_none() {
        return Err(TwilioError::new(21_603));
    }
    if to.contains(':') || from.as_ref().is_some_and(|(from_channel, _)| *from_channel != channel) {
        // From and To are of different channels, or of one that nobody registered.
        return Err(TwilioError::new(63_007));
    }
    let from = from.map(|(_, from)| from);
    let mut ours = shared.config.twilio.iter().filter(|number| number.account_sid == account_sid);
    let is_template = one("ContentSid").is_some();
    let text = match one("ContentSid") {
        None => one("Body").unwrap_or_default(),
        Some(sid) => content(&mut ours.clone(), &sid, one("ContentVariables").as_deref())?,
    };
    if one("PersistentAction").is_some_and(|action| channel != Channel::Whatsapp || !is_place(&action)) {
        return Err(TwilioError::new(63_021));
    }
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
    let user_id = channel == Channel::Whatsapp && to.split_once('.').is_some_and(|(country, _)| country.len() == 2);
    if !well_formed && !user_id {
        return Err(TwilioError::new(21_211).message(format!("Invalid 'To' Phone Number: {}", masked(&to))));
    }
    let number = match (&from, &service) {
        (Some(from), _) => {
            ours.find(|number| number.address == *from && number.channel == channel).ok_or_else(|| {
                if channel == Channel::Whatsapp {
                    return TwilioError::new(63_007);
                }
                TwilioError::new(21_606).message(format!(
                    "The 'From' phone number provided ({from}) is not a valid message-capable Twilio phone number for \
                 this destination."
                ))
            })?
        }
        (None, service) => {
            ours.find(|number| number.messaging_service_sid == *service).ok_or_else(|| TwilioError::new(21_701))?
        }
    };
    if number.address == to {
        return Err(TwilioError::new(21_266).message("'To' and 'From' number cannot be the same"));
    }
    Ok(Order { number, to, text, media, callback, is_template, service })
}

/// Channel and bare address of an address as Twilio takes it.
fn channel_of(address: String) -> (Channel, String) {
    match address.strip_prefix("whatsapp:") {
        Some(bare) => (Channel::Whatsapp, bare.to_owned()),
        None => (Channel::Sms, address),
    }
}

/// The text of a content template with its variables. Content that the fakes do not know is taken as it is named, as long
/// as no content is known at all.
fn content<'a>(
    ours: &mut impl Iterator<Item = &'a TwilioNumber>,
    sid: &str,
    variables: Option<&str>,
) -> Result<String, TwilioError> {
    let contents: Vec<&Content> = ours.flat_map(|number| &number.contents).collect();
    if sid.len() != 34 || !sid.starts_with("HX") {
        return Err(TwilioError::new(21_655));
    }
    if contents.is_empty() {
        return Ok(format!("Template {sid}"));
    }
    let known = contents.into_iter().find(|content| content.sid == sid).ok_or_else(|| TwilioError::new(21_655))?;
    if known.status == "paused" {
        return Err(TwilioError::new(63_041));
    }
    let variables: Map<String, Value> = match variables {
        None => Map::new(),
        Some(text) => serde_json::from_str(text).map_err(|_| TwilioError::new(21_656))?,
    };
    let mut text = known.body.clone();
    for (name, value) in &variables {
        text = text.replace(&format!("{{{{{name}}}}}"), value.as_str().unwrap_or_default());
    }
    if text.contains("{{") { Err(TwilioError::new(21_656)) } else { Ok(text) }
}

/// `geo:latitude,longitude|label`.
fn is_place(action: &str) -> bool {
    let place = action.strip_prefix("geo:").map(|rest| rest.split('|').next().unwrap_or_default());
    let degrees = place.and_then(|place| place.split_once(','));
    degrees.is_some_and(|(latitude, longitude)| latitude.parse::<f64>().is_ok() && longitude.parse::<f64>().is_ok())
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
