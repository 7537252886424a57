//! Routes below `/sim/api`.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{DefaultBodyLimit, Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{StatusCode, header};
use patchbay_core::channel::Channel;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Page, SayError, Saying, feed};
use crate::faults::Faults;
use crate::mail::{self, MailSaying};
use crate::media::Attachment;
use crate::message::ThreadMessage;
use crate::world::{FeedEvent, Shared};

/// A picture from a phone, base64 included.
const BODY_BYTES: usize = 24 << 20;
/// Requests and webhooks the wire view shows.
const WIRE: usize = 200;

pub(crate) fn router(shared: &Arc<Shared>) -> Router {
    Router::new()
        .route("/sim/api/phones", get(phones))
        .route("/sim/api/phones/{address}/messages", post(say))
        .route("/sim/api/phones/{address}/read", post(read))
        .route("/sim/api/mailboxes", get(mailboxes))
        .route("/sim/api/mailboxes/{address}/mails", post(write))
        .route("/sim/api/events", get(feed::events))
        .route("/sim/api/faults", get(faults).put(set_faults))
        .route("/sim/api/wire", get(wire))
        .route("/sim/api/media/{id}", get(media))
        .route("/sim/api/clock", get(clock).post(forward))
        .route("/sim/api/reset", post(reset))
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        .with_state(Arc::clone(shared))
}

#[derive(Serialize)]
struct PhoneBody<'a> {
    address: &'a str,
    name: &'a str,
    channel: Channel,
    thread: Vec<&'a ThreadMessage>,
}

/// Every phone once per channel it is on, with its thread, oldest message first.
async fn phones(State(shared): Page) -> Json<Value> {
    let world = shared.world();
    let phones: Vec<PhoneBody<'_>> = world
        .phones
        .iter()
        .flat_map(|phone| phone.channels.iter().map(move |channel| (phone, *channel)))
        .map(|(phone, channel)| PhoneBody {
            address: &phone.address,
            name: &phone.name,
            channel,
            thread: world.threads.get(&(phone.address.clone(), channel)).into_iter().flatten().collect(),
        })
        .collect();
    Json(json!({ "data": phones }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SayBody {
    channel: Channel,
    to: Option<String>,
    text: Option<String>,
    media: Option<MediaBody>,
    reply_to: Option<String>,
}

/// Every customer's mailbox with its mails, oldest first, and our mailboxes.
async fn mailboxes(State(shared): Page) -> Json<Value> {
    let server = shared.config.mail.as_ref();
    let ours: Vec<&str> = server.iter().flat_map(|server| &server.mailboxes).map(|one| one.address.as_str()).collect();
    let world = shared.world();
    let theirs: Vec<Value> = server
        .iter()
        .flat_map(|server| &server.correspondents)
        .map(|one| {
            let mails = world.mailboxes.get(&one.address).into_iter().flatten();
            let shown: Vec<_> = mails.filter(|mail| mail.shows()).collect();
            json!({ "address": one.address, "name": one.name, "mails": shown })
        })
        .collect();
    Json(json!({ "data": theirs, "ours": ours }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WriteBody {
    to: Option<String>,
    subject: Option<String>,
    text: String,
    reply_to: Option<String>,
    media: Option<MediaBody>,
}

/// Writes a mail as the customer. 202 with its Message-ID: it is on its way.
async fn write(State(shared): Page, Path(address): Path<String>, Json(body): Json<WriteBody>) -> Response {
    let attachment = match body.media.map(MediaBody::read).transpose() {
        Ok(attachment) => attachment,
        Err(refusal) => return refusal,
    };
    let WriteBody { to, subject, text, reply_to, .. } = body;
    let saying = MailSaying { from: address, to, subject, text, reply_to, attachment };
    match mail::write(&shared, &saying) {
        Ok(id) => (StatusCode::ACCEPTED, Json(json!({ "data": { "id": id } }))).into_response(),
        Err(error) => say_error(error),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MediaBody {
    mime_type: String,
    filename: Option<String>,
    /// The file, base64.
    base64: String,
}

impl MediaBody {
    #[expect(clippy::result_large_err, reason = "the refusal is the answer")]
    fn read(self) -> Result<Attachment, Response> {
        match STANDARD.decode(&self.base64) {
            Ok(bytes) => {
                Ok(Attachment { mime_type: self.mime_type, filename: self.filename, bytes: Bytes::from(bytes) })
            }
            Err(_) => Err(refused(StatusCode::UNPROCESSABLE_ENTITY, "VALIDATION_ERROR", "media is not base64")),
        }
    }
}

/// Sends as the customer. 202 with the provider's id: the webhook is on its way.
async fn say(State(shared): Page, Path(address): Path<String>, Json(body): Json<SayBody>) -> Response {
    let media = match body.media.map(MediaBody::read).transpose() {
        Ok(media) => media,
        Err(refusal) => return refusal,
    };
    let (channel, to, text, reply_to) = (body.channel, body.to, body.text, body.reply_to);
    match super::say(&shared, &Saying { from: address, channel, to, text, media, reply_to }) {
        Ok(id) => (StatusCode::ACCEPTED, Json(json!({ "data": { "id": id } }))).into_response(),
        Err(error) => say_error(error),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReadBody {
    channel: Channel,
}

async fn read(State(shared): Page, Path(address): Path<String>, Json(body): Json<ReadBody>) -> Response {
    match super::read(&shared, &address, body.channel) {
        Ok(count) => Json(json!({ "data": { "read": count } })).into_response(),
        Err(error) => say_error(error),
    }
}

async fn faults(State(shared): Page) -> Json<Value> {
    Json(json!({ "data": shared.world().faults }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FaultsBody {
    meta: Option<Faults>,
    twilio: Option<Faults>,
    mail: Option<Faults>,
}

/// Replaces the faults of the providers named; a field left out has no fault.
async fn set_faults(State(shared): Page, Json(body): Json<FaultsBody>) -> Json<Value> {
    {
        let mut world = shared.world();
        if let Some(meta) = body.meta {
            world.faults.meta = meta;
        }
        if let Some(twilio) = body.twilio {
            world.faults.twilio = twilio;
        }
        if let Some(mail) = body.mail {
            world.faults.mail = mail;
        }
    }
    shared.tell([FeedEvent::Faults]);
    faults(State(shared)).await
}

/// The last requests to the fakes and the last webhooks from them, newest first.
async fn wire(State(shared): Page) -> Json<Value> {
    let world = shared.world();
    let requests: Vec<_> = world.requests.iter().rev().take(WIRE).collect();
    let webhooks: Vec<_> = world.webhooks.iter().rev().take(WIRE).collect();
    Json(json!({ "data": { "requests": requests, "webhooks": webhooks } }))
}

/// A file on a phone. Never rendered by the browser as anything but what a phone shows.
async fn media(State(shared): Page, Path(id): Path<String>) -> Response {
    let world = shared.world();
    let Some(media) = world.media.get(&id) else {
        return refused(StatusCode::NOT_FOUND, "NOT_FOUND", "there is no such file");
    };
    let shown = ["image/", "video/", "audio/"].iter().any(|kind| media.mime_type.starts_with(kind))
        && !media.mime_type.starts_with("image/svg");
    let disposition = if shown { "inline" } else { "attachment" };
    let headers = [
        (header::CONTENT_TYPE, media.mime_type.clone()),
        (header::CONTENT_DISPOSITION, disposition.to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    (headers, media.bytes.clone()).into_response()
}

async fn reset(State(shared): Page) -> StatusCode {
    Shared::reset(&shared);
    StatusCode::NO_CONTENT
}

fn say_error(error: SayError) -> Response {
    let (status, code) = match error {
        SayError::NoSuchPhone => (StatusCode::NOT_FOUND, "NOT_FOUND"),
        SayError::NotOnChannel | SayError::NoSuchNumber | SayError::Empty | SayError::TooLong => {
            (StatusCode::UNPROCESSABLE_ENTITY, "VALIDATION_ERROR")
        }
        SayError::Busy => (StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE"),
    };
    refused(status, code, &error.to_string())
}

fn refused(status: StatusCode, code: &str, message: &str) -> Response {
    (status, Json(json!({ "error": { "code": code, "message": message } }))).into_response()
}

/// How far one request moves the clock at most: a week.
const FARTHEST_S: u32 = 7 * 24 * 3600;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ForwardBody {
    forward_s: u32,
}

/// What time it is here; 404 where the clock cannot be moved, which is everywhere but in the demo.
async fn clock(State(shared): Page) -> Response {
    match shared.config.clock.ahead() {
        Some(ahead) => Json(json!({ "now": shared.now(), "ahead_s": ahead.num_seconds() })).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Moves the clock forward for everything that runs by it: windows, deadlines, what was put off.
async fn forward(State(shared): Page, Json(body): Json<ForwardBody>) -> Response {
    if shared.config.clock.ahead().is_none() {
        return StatusCode::NOT_FOUND.into_response();
    }
    if body.forward_s == 0 || body.forward_s > FARTHEST_S {
        return refused(StatusCode::UNPROCESSABLE_ENTITY, "VALIDATION_ERROR", "a jump goes from a second to a week");
    }
    shared.config.clock.advance(Duration::from_secs(body.forward_s.into()));
    let ahead_s = shared.config.clock.ahead().unwrap_or_default().num_seconds();
    let now = shared.now();
    shared.tell([FeedEvent::Clock { now, ahead_s }]);
    Json(json!({ "now": now, "ahead_s": ahead_s })).into_response()
}
