//! What a socket missed while it was away.

use axum::extract::ws::Utf8Bytes;
use chrono::TimeDelta;
use patchbay_core::actor::Actor;
use patchbay_store::feed::Position;
use patchbay_store::{StoreError, feed};

use crate::frame::{Frame, Subject};
use crate::rights;
use crate::service::Realtime;

/// Events read at once.
const PAGE: i64 = 500;
/// Events looked through for each one that may be replayed: an actor with narrow rights skips most of a busy feed.
const LOOKED_THROUGH: usize = 20;

/// What a socket missed.
#[derive(Debug)]
pub(crate) enum Missed {
    /// Everything, in order.
    Frames(Vec<Utf8Bytes>),
    /// More than can be replayed, or nobody knows; the reason is for the client.
    TooMuch(&'static str),
}

/// The frames that `actor` may see after `from` up to and including `to`, which the sockets of this node have been
/// handed: what comes after it waits in the mailbox.
pub(crate) async fn missed(
    realtime: &Realtime,
    actor: &Actor,
    from: Position,
    to: Position,
) -> Result<Missed, StoreError> {
    let mut tx = realtime.db.read().await?;
    if !feed::bounds(&mut tx).await?.cover(from) {
        return Ok(Missed::TooMuch("cursor_expired"));
    }
    let oldest_allowed =
        realtime.gate.clock.now() - TimeDelta::from_std(realtime.config.resume_age).unwrap_or(TimeDelta::MAX);
    let mut frames = Vec::new();
    let (mut at, mut seen) = (from, 0);
    while at < to {
        let batch = feed::after(&mut tx, at, PAGE).await?;
        let Some(last) = batch.events.last() else { break };
        at = last.position;
        if seen == 0 && batch.events.first().is_some_and(|event| event.created_at < oldest_allowed) {
            return Ok(Missed::TooMuch("too_old"));
        }
        seen += batch.events.len();
        for event in batch.events.iter().take_while(|event| event.position <= to) {
            if rights::may_know(actor, &Subject::of(event)) {
                frames.push(Frame::of(event).text);
            }
        }
        if frames.len() > realtime.config.resume_events || seen > realtime.config.resume_events * LOOKED_THROUGH {
            return Ok(Missed::TooMuch("too_many"));
        }
    }
    Ok(Missed::Frames(frames))
}
