//! `GET /chat/{inbox}/ws`: the visitor's conversation while it happens. A frame carries the sequence of its message, so a
//! page that comes back says where it was and misses nothing; whatever has no place in the conversation carries none.

mod client;
mod frames;

use std::collections::BTreeMap;
use std::time::Duration;

use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use http::{HeaderMap, header};
use patchbay_core::Code;
use patchbay_http::{ApiError, Chain};
use patchbay_hub::chat::{Desk, Session, ShownConversation, ShownMessage, Watch};
use serde::Deserialize;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use self::client::Budget;
use super::door::{Denied, Visit, desk};
use crate::webhook::Ingress;

/// The subprotocol that a socket speaks.
const PROTOCOL: &str = "patchbay.chat.v1";
/// How often the server pings, and half of how long it waits for a sign of life.
const HEARTBEAT: Duration = Duration::from_secs(25);
/// How long a new socket may take to say who it is.
const FIRST_FRAME: Duration = Duration::from_secs(10);
/// How long the peer may take no byte before it is too slow.
const WRITE_WITHIN: Duration = Duration::from_secs(15);
/// How long the peer may take to read our goodbye, and to answer it.
const GOODBYE: Duration = Duration::from_secs(3);
/// Longest frame of a client.
const MAX_FRAME_BYTES: usize = 16 << 10;
/// Newest messages whose changes are told.
const REMEMBERED: usize = 50;
/// Sockets one node takes.
const MAX_SOCKETS: usize = 20_000;
/// Pause before a look is tried again when the database is away.
const AWAY: Duration = Duration::from_secs(1);

/// Where a socket goes on.
#[derive(Debug, Default, Deserialize)]
struct ConnectQuery {
    after_seq: Option<i64>,
    conversation_id: Option<String>,
}

/// The visitor's socket. The session comes as a subprotocol (`patchbay.chat.v1, ticket.<session_token>`) or in the first
/// frame (`{"type":"hello","session_token","after_seq"?,"conversation_id"?}`), never in the address. Frames of the
/// server: `{"event","seq","ts","data"}`: `hello`, `message`, `message.updated`, `conversation`, `typing`, `pong`,
/// `error`. Frames of the client: `typing.start`, `typing.stop`, `read {"up_to_seq"}`, `renew {"session_token"}`, `ping`.
/// Close codes: 4401 session, 4408 too slow, 1012 restart.
#[utoipa::path(
    get, path = "/chat/{inbox}/ws", tag = "chat", operation_id = "chat_socket",
    params(("inbox" = String, Path, description = "name of the inbox"),
           ("after_seq" = Option<i64>, Query, description = "sequence of the last message seen"),
           ("conversation_id" = Option<String>, Query, description = "the conversation it stands in")),
    responses((status = 101, description = "the socket is open"), (status = 400, description = "not an upgrade"),
              (status = 403, description = "ORIGIN_NOT_ALLOWED"), (status = 404, description = "no such inbox"),
              (status = 503, description = "NOT_READY: as many sockets as this node takes")),
)]
pub(super) async fn connect(
    State(ingress): State<Ingress>,
    Path(inbox): Path<String>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
    request: Request,
) -> Response {
    match Visit::enter(&ingress, &inbox, request.headers(), request.extensions()) {
        Ok(visit) => open(&ingress, visit, upgrade, &request).unwrap_or_else(Denied::into_response),
        Err(denied) => denied.into_response(),
    }
}

fn open(
    ingress: &Ingress,
    visit: Visit,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
    request: &Request,
) -> Result<Response, Denied> {
    let upgrade = upgrade
        .map_err(|_| ApiError::new(Code::InvalidRequest, "this is a WebSocket; ask for an upgrade"))?
        .protocols([PROTOCOL])
        .max_message_size(MAX_FRAME_BYTES)
        .max_frame_size(MAX_FRAME_BYTES);
    let desk = desk(ingress)?.clone();
    if desk.sockets().len() >= MAX_SOCKETS {
        return Err(ApiError::new(Code::NotReady, "as many sockets as this node takes").retry_after(5).into());
    }
    let query: ConnectQuery =
        axum::extract::Query::try_from_uri(request.uri()).map(|query| query.0).unwrap_or_default();
    let ticket = ticket(request.headers()).map(str::to_owned);
    let clock = ingress.clock().clone();
    let tracker = desk.sockets().clone();
    let run = move |ws| async move {
        let hello = Hello { ticket, after_seq: query.after_seq, conversation_id: query.conversation_id };
        tracker.track_future(run(ws, desk, visit, clock, hello)).await;
    };
    Ok(upgrade.on_upgrade(run).into_response())
}

/// `ticket.<session>` among the subprotocols.
fn ticket(headers: &HeaderMap) -> Option<&str> {
    headers
        .get_all(header::SEC_WEBSOCKET_PROTOCOL)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .find_map(|protocol| protocol.trim().strip_prefix("ticket."))
}

/// What a socket says first, in its address and subprotocol or in its first frame.
#[derive(Debug)]
struct Hello {
    ticket: Option<String>,
    after_seq: Option<i64>,
    conversation_id: Option<String>,
}

/// Why a socket ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// The peer is gone.
    Gone,
    /// The session is over, or was never one.
    Session,
    /// The peer does not take what it is sent, or is silent.
    TooSlow,
    /// This process stops.
    Restart,
}

impl End {
    fn frame(self) -> Option<CloseFrame> {
        let (code, reason) = match self {
            Self::Gone => return None,
            Self::Session => (4401, "session"),
            Self::TooSlow => (4408, "too slow"),
            Self::Restart => (1012, "restart"),
        };
        Some(CloseFrame { code, reason: Utf8Bytes::from_static(reason) })
    }
}

async fn run(mut ws: WebSocket, desk: Desk, visit: Visit, clock: patchbay_core::clock::Clock, hello: Hello) {
    let end = match client::greet(&mut ws, hello).await {
        Ok(hello) => match hello.ticket.and_then(|text| desk.keys().read(&text, visit.inbox.id, clock.now()).ok()) {
            Some(session) if session.is_verified() || !visit.site().require_identity => {
                let watch = desk.watch(&session);
                let now = Instant::now();
                let mut socket = Socket {
                    ws: &mut ws,
                    desk: &desk,
                    watch,
                    clock: &clock,
                    seen: Seen::begin(hello.after_seq, hello.conversation_id),
                    session,
                    heard: now,
                    next_ping: now + HEARTBEAT,
                    typing_told: None,
                    budget: Budget::new(now),
                };
                match socket.begin().await {
                    Ok(()) => socket.live().await,
                    Err(end) => end,
                }
            }
            _ => End::Session,
        },
        Err(end) => end,
    };
    if let Some(frame) = end.frame()
        && matches!(timeout(GOODBYE, ws.send(Message::Close(Some(frame)))).await, Ok(Ok(())))
    {
        let _answered = timeout(GOODBYE, async { while let Some(Ok(_)) = ws.recv().await {} }).await;
    }
}

/// What the page has been shown.
#[derive(Debug, Default)]
struct Seen {
    conversation: Option<ShownConversation>,
    /// The conversation that `seq` is a place in; `None` until the page's own word on it was checked.
    within: Option<String>,
    /// Everything up to here was shown.
    seq: i64,
    /// The newest messages as they were shown, by sequence.
    shown: BTreeMap<i64, String>,
}

impl Seen {
    fn begin(after_seq: Option<i64>, conversation: Option<String>) -> Self {
        Self { within: conversation, seq: after_seq.unwrap_or(0).max(0), ..Self::default() }
    }

    /// Where to look from: a little before the end, for what changed.
    fn look_from(&self) -> i64 {
        self.shown.keys().next().map_or(self.seq, |first| (first - 1).min(self.seq))
    }

    fn remember(&mut self, seq: i64, frame: String) {
        self.seq = self.seq.max(seq);
        self.shown.insert(seq, frame);
        while self.shown.len() > REMEMBERED {
            self.shown.pop_first();
        }
    }
}

struct Socket<'s> {
    ws: &'s mut WebSocket,
    desk: &'s Desk,
    watch: Watch,
    clock: &'s patchbay_core::clock::Clock,
    session: Session,
    seen: Seen,
    heard: Instant,
    next_ping: Instant,
    typing_told: Option<Instant>,
    budget: Budget,
}

impl Socket<'_> {
    fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Says hello and sends what was missed.
    async fn begin(&mut self) -> Result<(), End> {
        let look = loop {
            match self.desk.look(&self.session, i64::MAX).await {
                Ok(look) => break look,
                Err(error) => {
                    tracing::debug!(error = %Chain(&error), "a visitor waits for the database");
                    sleep(AWAY).await;
                }
            }
        };
        let conversation = look.map(|look| look.conversation);
        let availability = self.desk.availability(self.session.inbox);
        let hello = frames::hello(&self.session, conversation.as_ref(), &availability, HEARTBEAT, self.now());
        self.write(vec![hello]).await?;
        self.seen.conversation = conversation;
        self.show().await
    }

    async fn live(&mut self) -> End {
        loop {
            let alarm = sleep_until(self.next_alarm());
            let done = tokio::select! {
                () = self.desk.stopping().cancelled() => Err(End::Restart),
                message = self.ws.recv() => match message {
                    Some(Ok(message)) => self.hear(message).await,
                    Some(Err(_)) | None => Err(End::Gone),
                },
                () = self.watch.woken() => self.woken().await,
                () = alarm => self.tick().await,
            };
            if let Err(end) = done {
                return end;
            }
        }
    }

    fn next_alarm(&self) -> Instant {
        let left = (self.session.ends() - self.now()).to_std().unwrap_or(Duration::ZERO);
        self.next_ping.min(Instant::now() + left)
    }

    async fn tick(&mut self) -> Result<(), End> {
        if self.session.ends() <= self.now() {
            return Err(End::Session);
        }
        if self.heard.elapsed() > HEARTBEAT * 2 {
            return Err(End::TooSlow);
        }
        if self.next_ping <= Instant::now() {
            self.next_ping = Instant::now() + HEARTBEAT;
            self.send(Message::Ping(bytes::Bytes::new())).await?;
        }
        Ok(())
    }

    async fn hear(&mut self, message: Message) -> Result<(), End> {
        self.heard = Instant::now();
        match message {
            Message::Text(text) => client::hear(self, text.as_str()).await,
            Message::Binary(_) => client::hear(self, "").await,
            Message::Ping(_) | Message::Pong(_) => Ok(()),
            Message::Close(_) => Err(End::Gone),
        }
    }

    async fn woken(&mut self) -> Result<(), End> {
        if let Some(sign) = self.watch.sign() {
            let frame = frames::typing(&sign, self.now());
            self.write(vec![frame]).await?;
        }
        self.show().await
    }

    /// Sends everything that is new or changed, and marks what reached the page.
    async fn show(&mut self) -> Result<(), End> {
        let mut from = self.seen.look_from();
        loop {
            let look = match self.desk.look(&self.session, from).await {
                Ok(Some(look)) => look,
                Ok(None) => return Ok(()),
                Err(error) => {
                    // Not lost: the next wake, at the latest the next ping's, looks again.
                    tracing::debug!(error = %Chain(&error), "a visitor waits for the database");
                    return Ok(());
                }
            };
            let id = look.conversation.id.to_string();
            if self.seen.within.as_ref().is_some_and(|within| *within != id) {
                // Another conversation follows the one that the page knows: its sequence starts anew.
                self.seen = Seen { within: Some(id), ..Seen::default() };
                from = 0;
                continue;
            }
            self.seen.within = Some(id);
            self.watch.follow(look.conversation.id.into());
            let frames = self.frames_of(&look.messages);
            let arrived: Vec<_> =
                look.messages.iter().filter(|message| message.awaits_delivery()).map(ShownMessage::id).collect();
            from = look.messages.last().map_or(from, |message| message.seq);
            let is_end = !look.more;
            let mut frames = frames;
            if is_end && self.seen.conversation.as_ref() != Some(&look.conversation) {
                frames.push(frames::conversation(&look.conversation, self.now()));
                self.seen.conversation = Some(look.conversation);
            }
            self.write(frames).await?;
            if let Err(error) = self.desk.delivered(&arrived).await {
                tracing::debug!(error = %Chain(&error), "a mark of delivery could not be written");
            }
            if is_end {
                return Ok(());
            }
        }
    }

    /// The frames of messages that the page has not seen, or saw otherwise.
    fn frames_of(&mut self, messages: &[ShownMessage]) -> Vec<Utf8Bytes> {
        let now = self.now();
        let mut out = Vec::new();
        for message in messages {
            let was = self.seen.shown.get(&message.seq);
            let is_new = message.seq > self.seen.seq;
            let state = frames::state_of(message);
            if !message.is_shown() && (is_new || was.is_none()) {
                self.seen.seq = self.seen.seq.max(message.seq);
                continue;
            }
            let changed = was.is_some_and(|was| *was != state);
            if is_new {
                out.push(frames::message("message", message, now));
            } else if changed {
                out.push(frames::message("message.updated", message, now));
            }
            if is_new || changed {
                self.seen.remember(message.seq, state);
            }
        }
        out
    }

    /// Writes frames. A peer that takes none of it in time is too slow.
    async fn write(&mut self, frames: Vec<Utf8Bytes>) -> Result<(), End> {
        for frame in frames {
            self.send(Message::Text(frame)).await?;
        }
        Ok(())
    }

    async fn send(&mut self, message: Message) -> Result<(), End> {
        match timeout(WRITE_WITHIN, self.ws.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(End::Gone),
            Err(_) => Err(End::TooSlow),
        }
    }
}
