//! What a client says: `{"type":…,"id"?…}`; every reply repeats the `id`.

use patchbay_core::Code;
use patchbay_core::channel::Channel;
use patchbay_core::ctx::Ctx;
use patchbay_core::ids::{ConversationId, JobId};
use patchbay_core::job::{JobKind, JobQueue, NewJob};
use patchbay_core::notice::{Availability, Typing, TypingMode, TypingState};
use patchbay_http::Chain;
use patchbay_store::{StoreError, jobs, queues};
use serde_json::{Map, Value, json};
use tokio::time::{Duration, Instant};

use super::{End, Socket};
use crate::frame::control;
use crate::mailbox::Closing;
use crate::rights;
use crate::service::Realtime;
use crate::topic::{Topic, Topics};
use crate::typing::Act;

/// Frames a client may send in a second; beyond it they are refused, and beyond twice that ignored.
const FRAMES_PER_SECOND: u32 = 50;
/// Topics one socket may follow.
const MAX_TOPICS: usize = 200;
/// Longest `id` that a reply repeats, in bytes.
const MAX_ID_BYTES: usize = 128;

/// How many frames a client sent lately.
#[derive(Debug)]
pub(super) struct Budget {
    since: Instant,
    frames: u32,
}

impl Budget {
    pub(super) fn new(now: Instant) -> Self {
        Self { since: now, frames: 0 }
    }

    fn spend(&mut self) -> u32 {
        let now = Instant::now();
        if self.since + Duration::from_secs(1) <= now {
            *self = Self::new(now);
        }
        self.frames = self.frames.saturating_add(1);
        self.frames
    }
}

/// A refusal: the code and a sentence, and facts beside them.
struct Refusal {
    code: Code,
    message: &'static str,
    facts: Map<String, Value>,
    end: Option<Closing>,
}

impl Refusal {
    fn new(code: Code, message: &'static str) -> Self {
        Self { code, message, facts: Map::new(), end: None }
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        tracing::warn!(error = %Chain(&error), "a socket's request found the store failing");
        Self::new(Code::NotReady, "not ready to answer this; try again shortly")
    }
}

/// Acts on one frame of the client and answers it.
pub(super) async fn hear(socket: &mut Socket, text: &str) -> Result<(), End> {
    let frame = serde_json::from_str::<Value>(text).ok();
    let id = frame.as_ref().and_then(|frame| frame.get("id")).filter(|id| repeatable(id)).cloned();
    let spent = socket.budget.spend();
    if spent > FRAMES_PER_SECOND * 2 {
        return Ok(());
    }
    let answer = if spent > FRAMES_PER_SECOND {
        Err(Refusal::new(Code::RateLimited, "too many frames; slow down"))
    } else {
        match &frame {
            Some(Value::Object(frame)) => act(socket, frame).await,
            Some(_) => Err(Refusal::new(Code::InvalidRequest, "a frame is a JSON object")),
            None => Err(Refusal::new(Code::InvalidJson, "the frame is not JSON")),
        }
    };
    let now = socket.realtime().gate.clock.now();
    match answer {
        Ok(Some((event, data))) => socket.write(vec![control(event, id.as_ref(), None, now, &data)]).await,
        Ok(None) => Ok(()),
        Err(refusal) => {
            let mut data = refusal.facts;
            data.insert("code".into(), refusal.code.as_str().into());
            data.insert("message".into(), refusal.message.into());
            socket.write(vec![control("error", id.as_ref(), None, now, &Value::Object(data))]).await?;
            refusal.end.map_or(Ok(()), |closing| Err(End::Close(closing)))
        }
    }
}

fn repeatable(id: &Value) -> bool {
    match id {
        Value::String(text) => text.len() <= MAX_ID_BYTES,
        Value::Number(_) => true,
        _ => false,
    }
}

type Answer = Result<Option<(&'static str, Value)>, Refusal>;

async fn act(socket: &mut Socket, frame: &Map<String, Value>) -> Answer {
    let kind = frame.get("type").and_then(Value::as_str).unwrap_or_default();
    if matches!(kind, "subscribe" | "unsubscribe" | "typing.start" | "typing.stop") {
        socket.active = Instant::now();
        if socket.chosen == Availability::Online {
            socket.show(Availability::Online);
        }
    }
    match kind {
        "ping" => Ok(Some(("pong", json!({})))),
        "ack" => Ok(frame.contains_key("id").then(|| ("reply", json!({ "type": "ack" })))),
        "subscribe" => subscribe(socket, frame).await,
        "unsubscribe" => unsubscribe(socket, frame),
        "typing.start" => typing(socket, frame, TypingState::Active).await,
        "typing.stop" => typing(socket, frame, TypingState::Stopped).await,
        "viewing.start" => viewing(socket, frame, TypingState::Active).await,
        "viewing.stop" => viewing(socket, frame, TypingState::Stopped).await,
        "presence.set" => presence(socket, frame),
        _ => Err(Refusal::new(Code::InvalidRequest, "unknown type of frame")),
    }
}

fn topics<'f>(frame: &'f Map<String, Value>) -> Result<Vec<&'f str>, Refusal> {
    let malformed = || Refusal::new(Code::InvalidRequest, "topics must be a list of texts");
    let list = frame.get("topics").and_then(Value::as_array).ok_or_else(malformed)?;
    let texts: Option<Vec<&'f str>> = list.iter().map(Value::as_str).collect();
    texts.filter(|texts| !texts.is_empty() && texts.len() <= MAX_TOPICS).ok_or_else(malformed)
}

async fn subscribe(socket: &mut Socket, frame: &Map<String, Value>) -> Answer {
    let asked = topics(frame)?;
    let realtime = socket.seated.realtime.clone();
    let id = socket.seated.seat.id;
    let Some((actor, followed)) = realtime.registry.view(id) else { return Ok(None) };
    let directory = realtime.gate.directory.load_full();
    let (mut allowed, mut forbidden) = (Topics::new(), Vec::new());
    for text in asked {
        match Topic::parse(text, &directory) {
            Some(topic) if rights::may_follow(&actor, topic, &directory, &realtime.db).await? => {
                allowed.insert(topic);
            }
            _ => forbidden.push(text),
        }
    }
    if !forbidden.is_empty() {
        // Nothing of a request is done when part of it is refused; a client that asks for nothing it may see is closed.
        let mut refusal = Refusal::new(Code::Forbidden, "not yours to follow, or not there");
        refusal.facts.insert("topics".into(), forbidden.into());
        refusal.end = allowed.is_empty().then_some(Closing::Forbidden);
        return Err(refusal);
    }
    allowed.extend(followed);
    if allowed.len() > MAX_TOPICS {
        return Err(Refusal::new(Code::InvalidRequest, "too many topics"));
    }
    realtime.registry.set_topics(id, allowed.clone());
    let names: Vec<String> = allowed.iter().map(|topic| topic.name(&directory)).collect();
    Ok(Some(("reply", json!({ "type": "subscribe", "topics": names }))))
}

fn unsubscribe(socket: &mut Socket, frame: &Map<String, Value>) -> Answer {
    let asked = topics(frame)?;
    let realtime = socket.realtime();
    let id = socket.seated.seat.id;
    let Some((_, mut followed)) = realtime.registry.view(id) else { return Ok(None) };
    let directory = realtime.gate.directory.load_full();
    for topic in asked.into_iter().filter_map(|text| Topic::parse(text, &directory)) {
        followed.remove(&topic);
    }
    let names: Vec<String> = followed.iter().map(|topic| topic.name(&directory)).collect();
    realtime.registry.set_topics(id, followed);
    Ok(Some(("reply", json!({ "type": "unsubscribe", "topics": names }))))
}

/// A field of the frame, or of its `data`.
fn field<'f>(frame: &'f Map<String, Value>, name: &str) -> Option<&'f str> {
    frame.get(name).or_else(|| frame.get("data")?.get(name)).and_then(Value::as_str)
}

async fn typing(socket: &mut Socket, frame: &Map<String, Value>, state: TypingState) -> Answer {
    let mode = match field(frame, "mode") {
        None | Some("reply") => TypingMode::Reply,
        Some("note") => TypingMode::Note,
        Some(_) => return Err(Refusal::new(Code::InvalidRequest, "mode must be reply or note")),
    };
    sign(socket, frame, mode, state).await?;
    let kind = if state == TypingState::Active { "typing.start" } else { "typing.stop" };
    Ok(Some(("reply", json!({ "type": kind }))))
}

/// A conversation is open on a screen, or no more. It goes on for as long as it is said again.
async fn viewing(socket: &mut Socket, frame: &Map<String, Value>, state: TypingState) -> Answer {
    sign(socket, frame, TypingMode::View, state).await?;
    let kind = if state == TypingState::Active { "viewing.start" } else { "viewing.stop" };
    Ok(Some(("reply", json!({ "type": kind }))))
}

/// Begins, prolongs or ends a signal of this socket.
async fn sign(
    socket: &mut Socket,
    frame: &Map<String, Value>,
    mode: TypingMode,
    state: TypingState,
) -> Result<(), Refusal> {
    let conversation = field(frame, "conversation_id")
        .and_then(|text| text.parse::<ConversationId>().ok())
        .ok_or_else(|| Refusal::new(Code::InvalidRequest, "conversation_id must name a conversation"))?;
    let realtime = socket.seated.realtime.clone();
    let id = socket.seated.seat.id;
    let notice = if state == TypingState::Stopped {
        realtime.signs.stop(id, conversation, Act::of(mode))
    } else {
        let Some((actor, _)) = realtime.registry.view(id) else { return Ok(()) };
        let mut tx = realtime.db.read().await?;
        let audience = queues::audience_of_conversation(&mut tx, conversation)
            .await?
            .filter(|audience| audience.includes(&actor))
            .ok_or_else(|| Refusal::new(Code::NotFound, "no such conversation"))?;
        drop(tx);
        let channel =
            audience.inbox_id.and_then(|id| realtime.gate.directory.load().inboxes.get(&id).map(|it| it.channel));
        let answers = mode == TypingMode::Reply && audience.assigned_to == Some(actor.user_id());
        if answers && channel == Some(Channel::Whatsapp) && realtime.signs.show_customer(conversation) {
            show_customer(&realtime, conversation).await?;
        }
        let typing =
            Typing { conversation, audience, user: actor.id, name: actor.name.clone(), mode, state, socket: id };
        let lasts = match Act::of(mode) {
            Act::Writes => realtime.config.typing_lasts,
            Act::Looks => realtime.config.viewing_lasts,
        };
        realtime.signs.start(typing, lasts)
    };
    if let Some(notice) = notice {
        realtime.db.signals().announce(notice);
    }
    Ok(())
}

/// Promises to show the customer that somebody is typing.
async fn show_customer(realtime: &Realtime, conversation: ConversationId) -> Result<(), StoreError> {
    let ctx = Ctx::system(realtime.gate.clock.now(), "typing");
    let job = NewJob {
        id: JobId::new(),
        queue: JobQueue::Default,
        kind: JobKind::ShowRead,
        lane: None,
        dedupe_key: Some(format!("show_typing:{conversation}")),
        payload: json!({ "show": "typing", "conversation_id": conversation }),
        run_at: ctx.now,
        max_attempts: 2,
    };
    let mut tx = realtime.db.begin().await?;
    jobs::enqueue(&mut tx, &ctx, &job).await?;
    tx.commit().await
}

fn presence(socket: &mut Socket, frame: &Map<String, Value>) -> Answer {
    let availability = field(frame, "status")
        .and_then(|text| text.parse::<Availability>().ok())
        .ok_or_else(|| Refusal::new(Code::InvalidRequest, "status must be online, away or offline"))?;
    socket.active = Instant::now();
    socket.chosen = availability;
    socket.show(availability);
    Ok(Some(("reply", json!({ "type": "presence.set", "status": availability }))))
}
