//! Who writes where, and who looks: signals that end by themselves.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use patchbay_core::ids::{ConversationId, SocketId};
use patchbay_core::notice::{Notice, Typing, TypingMode, TypingState};
use serde_json::json;
use tokio::time::Instant;

use crate::frame::{About, Frame, Subject};
use crate::service::Realtime;

/// A signal that goes on is told again after this long, for those who came late.
const TELL_AGAIN: Duration = Duration::from_secs(2);

/// The signals that came from sockets of this node.
#[derive(Debug, Default)]
pub(crate) struct Signs {
    /// Guards the signals; never held across an await.
    active: Mutex<HashMap<(SocketId, ConversationId, Act), Sign>>,
    /// When customers were last shown that somebody types. Never held across an await.
    shown: Mutex<HashMap<ConversationId, Instant>>,
}

/// A customer's phone shows somebody typing for about this long. Source: channels reference, "Sending" (WhatsApp).
const SHOWN_FOR: Duration = Duration::from_secs(20);

/// What a signal says: a socket gives one of each for a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Act {
    /// Somebody writes.
    Writes,
    /// Somebody has it open.
    Looks,
}

impl Act {
    /// What a mode is a signal of.
    pub(crate) fn of(mode: TypingMode) -> Self {
        if mode == TypingMode::View { Self::Looks } else { Self::Writes }
    }
}

#[derive(Debug)]
struct Sign {
    typing: Typing,
    ends: Instant,
    told: Instant,
}

impl Signs {
    /// Starts or prolongs a signal. Gives it back when others should be told.
    pub(crate) fn start(&self, typing: Typing, lasts: Duration) -> Option<Notice> {
        let now = Instant::now();
        let mut active = self.lock();
        let key = (typing.socket, typing.conversation, Act::of(typing.mode));
        let known = active.get(&key);
        let told = known.filter(|sign| sign.typing == typing && sign.told + TELL_AGAIN > now).map(|sign| sign.told);
        active.insert(key, Sign { typing: typing.clone(), ends: now + lasts, told: told.unwrap_or(now) });
        told.is_none().then_some(Notice::Typing(typing))
    }

    /// Whether the customer of a conversation does not see any more, or not yet, that somebody types; then it is taken as
    /// shown from now on.
    pub(crate) fn show_customer(&self, conversation: ConversationId) -> bool {
        let now = Instant::now();
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        shown.retain(|_, at| *at + SHOWN_FOR > now);
        let is_due = !shown.contains_key(&conversation);
        if is_due {
            shown.insert(conversation, now);
        }
        is_due
    }

    /// Ends a signal. Gives it back when it was going on.
    pub(crate) fn stop(&self, socket: SocketId, conversation: ConversationId, act: Act) -> Option<Notice> {
        self.lock().remove(&(socket, conversation, act)).map(|sign| stopped(sign.typing))
    }

    /// Ends all signals of a socket.
    pub(crate) fn stop_all(&self, socket: SocketId) -> Vec<Notice> {
        self.end_where(|(from, _, _), _| *from == socket)
    }

    /// Ends the signals that were not prolonged.
    pub(crate) fn expire(&self) -> Vec<Notice> {
        let now = Instant::now();
        self.end_where(|_, sign| sign.ends <= now)
    }

    fn end_where(&self, which: impl Fn(&(SocketId, ConversationId, Act), &Sign) -> bool) -> Vec<Notice> {
        self.lock().extract_if(|key, sign| which(key, sign)).map(|(_, sign)| stopped(sign.typing)).collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(SocketId, ConversationId, Act), Sign>> {
        self.active.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn stopped(typing: Typing) -> Notice {
    Notice::Typing(Typing { state: TypingState::Stopped, ..typing })
}

/// Shows a signal, from here or from another node, to whoever may see the conversation; not to the socket it came from.
pub(crate) fn show(realtime: &Realtime, typing: &Typing) {
    let subject = Subject {
        audience: typing.audience,
        conversation: Some(typing.conversation),
        ticket: None,
        about: About::Work,
    };
    let mut data = json!({
        "conversation_id": typing.conversation,
        "user": { "id": typing.user, "name": typing.name },
        "active": typing.state == TypingState::Active,
    });
    let event = match Act::of(typing.mode) {
        Act::Looks => "conversation.viewers",
        Act::Writes => {
            data["mode"] = json!(typing.mode);
            "agent.typing"
        }
    };
    let mut frame = Frame::passing(event, realtime.gate.clock.now(), &data);
    frame.not_to = Some(typing.socket);
    realtime.registry.distribute(vec![(subject, frame)], None);
}
