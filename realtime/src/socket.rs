//! One socket: a task that sends what waits in its mailbox, answers what the client says, and knows when to end.

mod client;

use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket};
use chrono::{DateTime, Utc};
use futures::SinkExt as _;
use patchbay_core::actor::Actor;
use patchbay_core::notice::Availability;
use patchbay_http::Chain;
use patchbay_store::feed::Position;
use serde_json::json;
use tokio::time::{Instant, sleep_until, timeout};

use self::client::Budget;
use crate::frame::control;
use crate::mailbox::Closing;
use crate::registry::Seat;
use crate::resume::{self, Missed};
use crate::rights;
use crate::service::Realtime;

/// The span in which resyncs are counted.
const MINUTE: Duration = Duration::from_mins(1);

/// A seat that is given up when it is dropped, whatever happened.
#[derive(Debug)]
pub(crate) struct Seated {
    pub(crate) realtime: Realtime,
    pub(crate) actor: Arc<Actor>,
    pub(crate) seat: Seat,
}

impl Drop for Seated {
    fn drop(&mut self) {
        self.realtime.registry.leave(self.seat.id);
        for notice in self.realtime.signs.stop_all(self.seat.id) {
            self.realtime.db.signals().announce(notice);
        }
        if rights::is_present(&self.actor) {
            self.realtime.people.set(self.realtime.db.signals(), &self.actor, self.seat.id, Availability::Offline);
        }
    }
}

/// Where a socket wants to go on.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Start {
    /// With what happens from now on.
    Now,
    /// After this event.
    After(Position),
    /// After something that is not one of our cursors.
    Unknown,
}

/// Why a socket ends.
#[derive(Clone, Copy, Debug)]
enum End {
    /// The peer is gone.
    Gone,
    /// We close it.
    Close(Closing),
}

struct Socket {
    ws: WebSocket,
    seated: Seated,
    /// Frames of the feed up to here were sent before, or on another node.
    floor: Position,
    expires: DateTime<Utc>,
    heard: Instant,
    active: Instant,
    next_ping: Instant,
    chosen: Availability,
    shown: Availability,
    budget: Budget,
    resyncs: (Instant, usize),
}

/// Runs a socket to its end.
pub(crate) async fn run(ws: WebSocket, seated: Seated, start: Start, expires: DateTime<Utc>) {
    let now = Instant::now();
    let heartbeat = seated.realtime.config.heartbeat;
    let mut socket = Socket {
        ws,
        floor: Position::START,
        expires,
        heard: now,
        active: now,
        // Sockets that came at once shall not be pinged at once for ever.
        next_ping: now + heartbeat.mul_f64(rand::random_range(0.5..1.0)),
        chosen: Availability::Online,
        shown: Availability::Offline,
        budget: Budget::new(now),
        resyncs: (now, 0),
        seated,
    };
    let end = match socket.open(start).await {
        Ok(()) => socket.live().await,
        Err(end) => end,
    };
    // The seat goes first: the goodbye may take a while, and the person is gone.
    let Socket { mut ws, seated, .. } = socket;
    let patience = seated.realtime.config.goodbye_timeout;
    drop(seated);
    if let End::Close(closing) = end {
        close(&mut ws, closing, patience).await;
    }
}

/// Says why, and gives the peer `patience` to hear it, then as much to answer.
pub(crate) async fn close(ws: &mut WebSocket, closing: Closing, patience: Duration) {
    let frame = CloseFrame { code: closing.code(), reason: Utf8Bytes::from_static(closing.reason()) };
    if matches!(timeout(patience, ws.send(Message::Close(Some(frame)))).await, Ok(Ok(()))) {
        let _ = timeout(patience, async { while let Some(Ok(_)) = ws.recv().await {} }).await;
    }
}

impl Socket {
    fn realtime(&self) -> &Realtime {
        &self.seated.realtime
    }

    /// Says hello and sends what was missed. The mailbox gathers what happens meanwhile.
    async fn open(&mut self, start: Start) -> Result<(), End> {
        let realtime = self.seated.realtime.clone();
        let joined_at = self.seated.seat.position;
        let missed = match start {
            Start::Now => Missed::Frames(Vec::new()),
            Start::Unknown => Missed::TooMuch("unknown_cursor"),
            Start::After(from) => {
                let _turn = realtime.resumes.acquire().await.map_err(|_| End::Gone)?;
                let missed = resume::missed(&realtime, &self.seated.actor, from, joined_at).await;
                if matches!(missed, Ok(Missed::Frames(_))) {
                    // Another node may have been ahead of this one: what it sent must not come again.
                    self.floor = from;
                }
                missed.unwrap_or_else(|error| {
                    tracing::warn!(error = %Chain(&error), "a socket could not resume");
                    Missed::TooMuch("not_available")
                })
            }
        };
        let hello = self.hello(matches!(missed, Missed::Frames(_)));
        match missed {
            Missed::Frames(frames) => {
                metrics::counter!("patchbay_realtime_frames_total").increment(frames.len() as u64);
                self.write(vec![hello]).await?;
                self.write(frames).await?;
            }
            Missed::TooMuch(reason) => {
                let resync = self.resync(reason, Some(joined_at));
                self.write(vec![hello, resync]).await?;
            }
        }
        self.show(Availability::Online);
        Ok(())
    }

    fn hello(&self, complete: bool) -> Utf8Bytes {
        let realtime = self.realtime();
        let actor = &self.seated.actor;
        let directory = realtime.gate.directory.load();
        let teams: Vec<&str> =
            actor.teams.iter().filter_map(|team| Some(directory.teams.get(team)?.slug.as_str())).collect();
        let told = realtime.queues.told();
        let queues: Vec<_> = directory
            .teams
            .values()
            .filter(|team| rights::sees_everything(actor) || actor.teams.contains(&team.id))
            .map(|team| json!({ "team": team.slug, "team_id": team.id, "queued": told.get(&team.id).unwrap_or(&0) }))
            .collect();
        let data = json!({
            "protocol": "patchbay.v1",
            "user": { "id": actor.id, "name": actor.name, "role": actor.role, "teams": teams },
            "topics": rights::own_topics(actor, &directory),
            "queues": queues,
            "heartbeat_s": realtime.config.heartbeat.as_secs(),
            "resume": { "complete": complete },
        });
        control("hello", None, Some(self.seated.seat.position), realtime.gate.clock.now(), &data)
    }

    fn resync(&self, reason: &str, cursor: Option<Position>) -> Utf8Bytes {
        metrics::counter!("patchbay_realtime_resyncs_total").increment(1);
        control("system.resync", None, cursor, self.realtime().gate.clock.now(), &json!({ "reason": reason }))
    }

    async fn live(&mut self) -> End {
        let alarm = sleep_until(self.next_alarm());
        tokio::pin!(alarm);
        loop {
            let done = tokio::select! {
                message = self.ws.recv() => match message {
                    Some(Ok(message)) => self.hear(message).await,
                    Some(Err(_)) | None => Err(End::Gone),
                },
                () = self.seated.seat.mailbox.changed() => self.deliver().await,
                () = &mut alarm => {
                    let done = self.tick().await;
                    alarm.as_mut().reset(self.next_alarm());
                    done
                }
            };
            if let Err(end) = done {
                return end;
            }
        }
    }

    fn next_alarm(&self) -> Instant {
        let left = (self.expires - self.realtime().gate.clock.now()).to_std().unwrap_or(Duration::ZERO);
        // Far away, so that an expiry in a thousand years does not overflow.
        self.next_ping.min(Instant::now() + left.min(MINUTE))
    }

    /// Sends what waits, many frames with one flush.
    async fn deliver(&mut self) -> Result<(), End> {
        let taken = self.seated.seat.mailbox.take();
        if taken.closing == Some(Closing::Token) {
            // What waits is not the peer's to see any more.
            return Err(End::Close(Closing::Token));
        }
        let (floor, id) = (self.floor, self.seated.seat.id);
        let frames = taken
            .batches
            .iter()
            .flat_map(|batch| batch.iter())
            .filter(|frame| frame.not_to != Some(id) && frame.position.is_none_or(|position| position > floor))
            .map(|frame| frame.text.clone())
            .collect();
        self.write(frames).await?;
        if let Some(dropped) = taken.dropped {
            let resync = self.resync("too_slow", dropped.up_to);
            self.write(vec![resync]).await?;
            self.count_resync()?;
        }
        match taken.closing {
            Some(closing) => Err(End::Close(closing)),
            None => Ok(()),
        }
    }

    fn count_resync(&mut self) -> Result<(), End> {
        let (since, count) = self.resyncs;
        self.resyncs = if since.elapsed() > MINUTE { (Instant::now(), 1) } else { (since, count + 1) };
        if self.resyncs.1 > self.realtime().config.resyncs_per_minute {
            return Err(End::Close(Closing::TooSlow));
        }
        Ok(())
    }

    /// Heartbeat, expiry, idleness.
    async fn tick(&mut self) -> Result<(), End> {
        let now = Instant::now();
        let heartbeat = self.realtime().config.heartbeat;
        if self.expires <= self.realtime().gate.clock.now() {
            return Err(End::Close(Closing::Token));
        }
        if self.heard + heartbeat * 2 < now {
            return Err(End::Close(Closing::TooSlow));
        }
        if self.chosen == Availability::Online && self.active + self.realtime().config.idle_after <= now {
            self.show(Availability::Away);
        }
        if self.next_ping <= now {
            self.next_ping = now + heartbeat;
            let patience = self.realtime().config.write_timeout;
            match timeout(patience, self.ws.send(Message::Ping(bytes::Bytes::new()))).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) => return Err(End::Gone),
                Err(_) => return Err(End::Close(Closing::TooSlow)),
            }
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

    /// Shows how available this socket's person is.
    fn show(&mut self, availability: Availability) {
        if self.shown != availability && rights::is_present(&self.seated.actor) {
            self.shown = availability;
            let (realtime, id) = (self.realtime(), self.seated.seat.id);
            // Teams may have changed since the socket came.
            let actor = realtime.registry.view(id).map_or_else(|| self.seated.actor.clone(), |(actor, _)| actor);
            realtime.people.set(realtime.db.signals(), &actor, id, availability);
        }
    }

    /// Writes frames and flushes once. A peer that takes none of it in time is too slow.
    async fn write(&mut self, frames: Vec<Utf8Bytes>) -> Result<(), End> {
        if frames.is_empty() {
            return Ok(());
        }
        let ws = &mut self.ws;
        let all = async move {
            for frame in frames {
                ws.feed(Message::Text(frame)).await?;
            }
            ws.flush().await
        };
        match timeout(self.seated.realtime.config.write_timeout, all).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(End::Gone),
            Err(_) => Err(End::Close(Closing::TooSlow)),
        }
    }
}
