//! What a visitor's page says: `{"type":…,"id"?…}`.

use axum::extract::ws::{Message, WebSocket};
use patchbay_core::Code;
use patchbay_core::notice::TypingState;
use serde::Deserialize;
use serde_json::{Map, Value};
use tokio::time::{Duration, Instant, timeout};

use super::{End, FIRST_FRAME, Hello, Socket, frames};

/// Frames a client may send in a second; beyond it they are ignored.
const FRAMES_PER_SECOND: u32 = 20;
/// A sign that goes on is told again after this long.
const TELL_AGAIN: Duration = Duration::from_secs(2);
/// Longest `id` that an answer repeats, in bytes.
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

    fn is_spent(&mut self) -> bool {
        if self.since.elapsed() >= Duration::from_secs(1) {
            *self = Self::new(Instant::now());
        }
        self.frames = self.frames.saturating_add(1);
        self.frames > FRAMES_PER_SECOND
    }
}

#[derive(Deserialize)]
struct First {
    #[serde(rename = "type")]
    kind: String,
    session_token: Option<String>,
    after_seq: Option<i64>,
    conversation_id: Option<String>,
}

/// Waits for the first frame, if the subprotocol brought no session.
pub(super) async fn greet(ws: &mut WebSocket, hello: Hello) -> Result<Hello, End> {
    if hello.ticket.is_some() {
        return Ok(hello);
    }
    let first = timeout(FIRST_FRAME, async {
        loop {
            match ws.recv().await {
                Some(Ok(Message::Text(text))) => return Some(text),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                _ => return None,
            }
        }
    });
    let text = first.await.map_err(|_| End::Session)?.ok_or(End::Gone)?;
    let first: First = serde_json::from_str(text.as_str()).map_err(|_| End::Session)?;
    if first.kind != "hello" {
        return Err(End::Session);
    }
    Ok(Hello {
        ticket: first.session_token,
        after_seq: first.after_seq.or(hello.after_seq),
        conversation_id: first.conversation_id.or(hello.conversation_id),
    })
}

/// Acts on one frame.
pub(super) async fn hear(socket: &mut Socket<'_>, text: &str) -> Result<(), End> {
    if socket.budget.is_spent() {
        return Ok(());
    }
    let Ok(Value::Object(frame)) = serde_json::from_str::<Value>(text) else {
        return refuse(socket, None, Code::InvalidJson, "a frame is a JSON object").await;
    };
    let id = frame.get("id").filter(|id| id.to_string().len() <= MAX_ID_BYTES).cloned();
    match frame.get("type").and_then(Value::as_str) {
        Some("typing.start") => typing(socket, TypingState::Active).await,
        Some("typing.stop") => typing(socket, TypingState::Stopped).await,
        Some("read") => read(socket, &frame, id.as_ref()).await,
        Some("renew") => renew(socket, &frame),
        Some("ping") => {
            let pong = frames::pong(id.as_ref(), socket.now());
            socket.write(vec![pong]).await
        }
        _ => refuse(socket, id.as_ref(), Code::InvalidRequest, "no frame of this type is known").await,
    }
}

async fn refuse(socket: &mut Socket<'_>, id: Option<&Value>, code: Code, problem: &str) -> Result<(), End> {
    let frame = frames::error(id, code.as_str(), problem, socket.now());
    socket.write(vec![frame]).await
}

async fn typing(socket: &mut Socket<'_>, state: TypingState) -> Result<(), End> {
    let goes_on = state == TypingState::Active;
    if goes_on && socket.typing_told.is_some_and(|told| told.elapsed() < TELL_AGAIN) {
        return Ok(());
    }
    if !goes_on && socket.typing_told.is_none() {
        return Ok(());
    }
    socket.typing_told = goes_on.then(Instant::now);
    // Passes: when nobody can be told, nothing is lost.
    let _told = socket.desk.typing(&socket.session, state).await;
    Ok(())
}

async fn read(socket: &mut Socket<'_>, frame: &Map<String, Value>, id: Option<&Value>) -> Result<(), End> {
    let Some(seq) = frame.get("up_to_seq").and_then(Value::as_i64).filter(|seq| *seq >= 0) else {
        return refuse(socket, id, Code::InvalidRequest, "up_to_seq must be a sequence").await;
    };
    match socket.desk.read(&socket.session, seq).await {
        Ok(()) => Ok(()),
        Err(_) => refuse(socket, id, Code::NotReady, "not ready to mark this; try again shortly").await,
    }
}

/// Goes on with the next session of the same person. Another's ends the socket.
fn renew(socket: &mut Socket<'_>, frame: &Map<String, Value>) -> Result<(), End> {
    let text = frame.get("session_token").and_then(Value::as_str).unwrap_or_default();
    match socket.desk.keys().read(text, socket.session.inbox, socket.now()) {
        Ok(session) if session.address() == socket.session.address() => {
            socket.session = session;
            Ok(())
        }
        _ => Err(End::Session),
    }
}
