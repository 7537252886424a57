//! What waits for one socket: bounded, and honest about what it dropped.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use patchbay_store::feed::Position;
use tokio::sync::Notify;

use crate::frame::Frame;

/// Why the server closes a socket: the code and the word that the client gets. Source: contract, realtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Closing {
    /// The token expired, or is not valid any more.
    Token,
    /// Everything asked for is forbidden.
    Forbidden,
    /// The peer does not take what it is sent, or is silent.
    TooSlow,
    /// This node stops; another one, or the same one later, serves.
    Restart,
}

impl Closing {
    pub(crate) fn code(self) -> u16 {
        match self {
            Self::Token => 4401,
            Self::Forbidden => 4403,
            Self::TooSlow => 4408,
            Self::Restart => 1012,
        }
    }

    pub(crate) fn reason(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Forbidden => "forbidden",
            Self::TooSlow => "too slow",
            Self::Restart => "restart",
        }
    }
}

/// What waits for one socket.
#[derive(Debug)]
pub(crate) struct Mailbox {
    /// Guards what waits; never held across an await.
    waiting: Mutex<Waiting>,
    wake: Notify,
    capacity: usize,
}

#[derive(Debug, Default)]
struct Waiting {
    batches: VecDeque<Arc<[Frame]>>,
    frames: usize,
    dropped: Option<Dropped>,
    closing: Option<Closing>,
}

/// Frames were dropped, up to the event at this position if any of them was of the feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Dropped {
    pub(crate) up_to: Option<Position>,
}

/// What a socket takes out of its mailbox at once.
#[derive(Debug)]
pub(crate) struct Taken {
    /// Frames in order.
    pub(crate) batches: VecDeque<Arc<[Frame]>>,
    /// Frames after them were dropped; the ones that come next time follow the gap.
    pub(crate) dropped: Option<Dropped>,
    /// The socket must close after them.
    pub(crate) closing: Option<Closing>,
}

impl Mailbox {
    pub(crate) fn new(capacity: usize) -> Self {
        Self { waiting: Mutex::default(), wake: Notify::new(), capacity }
    }

    /// Adds frames, or drops them when too many wait already. Holds at most the capacity and one more batch.
    pub(crate) fn push(&self, batch: &Arc<[Frame]>) {
        let mut waiting = self.lock();
        if waiting.dropped.is_some() || waiting.frames >= self.capacity {
            let last = batch.iter().rev().find_map(|frame| frame.position);
            let dropped = waiting.dropped.get_or_insert(Dropped { up_to: None });
            dropped.up_to = last.or(dropped.up_to);
        } else {
            waiting.frames += batch.len();
            waiting.batches.push_back(batch.clone());
        }
        drop(waiting);
        self.wake.notify_one();
    }

    /// Asks the socket to close, once it sent what waits. The first reason stays.
    pub(crate) fn close(&self, closing: Closing) {
        self.lock().closing.get_or_insert(closing);
        self.wake.notify_one();
    }

    /// Waits until there may be something to take.
    pub(crate) async fn changed(&self) {
        self.wake.notified().await;
    }

    /// Takes everything that waits.
    pub(crate) fn take(&self) -> Taken {
        let mut waiting = self.lock();
        waiting.frames = 0;
        Taken {
            batches: std::mem::take(&mut waiting.batches),
            dropped: waiting.dropped.take(),
            closing: waiting.closing,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
