//! Follows the feed and hands every event to the sockets of this node, once and in order.

use std::sync::Arc;
use std::time::Duration;

use patchbay_core::directory::Directory;
use patchbay_core::trace::{self, Kind, Span};
use patchbay_http::Chain;
use patchbay_store::feed::StoredEvent;
use patchbay_store::{StoreError, Tx, feed, traces};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use crate::frame::{Frame, Subject};
use crate::service::Realtime;

/// Events read at once.
const BATCH: i64 = 512;
/// First pause before looking again for events that are committed but not settled; doubles up to the longest.
const FIRST_LOOK: Duration = Duration::from_millis(1);
const LAST_LOOK: Duration = Duration::from_millis(10);
/// Pause while the database is away.
const AWAY: Duration = Duration::from_secs(1);
/// Sockets woken in a second, at most. After an event went out, the next ones wait for as long as this allows, and then
/// go out together: under load, ten frames in one write cost little more than one. A single event never waits.
const WAKES_PER_SECOND: f64 = 30_000.0;
const LONGEST_GATHERING: Duration = Duration::from_millis(200);

/// Follows the feed for as long as it is polled.
pub(crate) async fn follow(realtime: &Realtime) {
    let mut grew = realtime.db.signals().feed();
    let mut directory = realtime.gate.directory.load_full();
    let mut pause = FIRST_LOOK;
    let mut away = false;
    let mut reader: Option<Tx> = None;
    let mut not_before = Instant::now();
    loop {
        if not_before > Instant::now() {
            sleep_until(not_before).await;
        }
        // Marks hints as seen before looking: one that comes while we look makes us look again.
        grew.borrow_and_update();
        let found = look(realtime, &mut directory, &mut reader).await;
        if away && found.is_ok() {
            tracing::info!("the feed is read again");
        }
        match found {
            Ok(Found::Events { woken }) => {
                pause = FIRST_LOOK;
                not_before = Instant::now() + gathering(woken);
                // The sockets get their turn before the next batch.
                tokio::task::yield_now().await;
            }
            Ok(Found::Unsettled) => {
                // What holds it back is a transaction of this node, which tells when it has ended, or one of another.
                let _ = timeout(pause, grew.changed()).await;
                pause = (pause * 2).min(LAST_LOOK);
            }
            Ok(Found::Nothing) => {
                pause = FIRST_LOOK;
                // Without a hint, look anyway: hints may be lost.
                let _ = timeout(realtime.config.poll, grew.changed()).await;
            }
            Ok(Found::Nobody) => wait_for_somebody(realtime, &mut grew).await,
            Err(ref error) => {
                if !away {
                    tracing::warn!(error = %Chain(error), "the feed cannot be read; sockets wait");
                }
                sleep(AWAY).await;
            }
        }
        away = found.is_err();
    }
}

enum Found {
    /// Events were handed out, to so many sockets, and there may be more.
    Events { woken: usize },
    /// Nothing new is settled, but something is committed.
    Unsettled,
    /// Nothing new.
    Nothing,
    /// Nobody is connected: the feed was skipped.
    Nobody,
}

/// Looks once, with the connection of the last time: sockets do not wait when all connections are busy. One that ended
/// meanwhile is replaced.
async fn look(
    realtime: &Realtime,
    directory: &mut Arc<Directory>,
    reader: &mut Option<Tx>,
) -> Result<Found, StoreError> {
    if let Some(mut tx) = reader.take()
        && let Ok(found) = look_with(realtime, directory, &mut tx).await
    {
        *reader = Some(tx);
        return Ok(found);
    }
    let mut tx = realtime.db.read().await?;
    let found = look_with(realtime, directory, &mut tx).await?;
    *reader = Some(tx);
    Ok(found)
}

async fn look_with(realtime: &Realtime, directory: &mut Arc<Directory>, tx: &mut Tx) -> Result<Found, StoreError> {
    let position = match realtime.registry.position() {
        Some(position) if !realtime.registry.is_empty() => position,
        _ => {
            let latest = feed::bounds(tx).await?.latest;
            return Ok(if realtime.registry.skip_to(latest) { Found::Nobody } else { Found::Nothing });
        }
    };
    let batch = feed::after(tx, position, BATCH).await?;
    // After reading: whatever changed before an event was committed counts for that event.
    notice_directory(realtime, directory);
    let Some(last) = batch.events.last().map(|event| event.position) else {
        return Ok(if batch.unsettled { Found::Unsettled } else { Found::Nothing });
    };
    if batch.events.iter().any(|event| event.name.starts_with("conversation.")) {
        realtime.queues.touch();
    }
    let spans = begin_spans(tx, &batch.events).await?;
    let frames = batch.events.iter().map(|event| (Subject::of(event), Frame::of(event))).collect();
    let woken = realtime.registry.distribute(frames, Some(last));
    for mut span in spans {
        span.set("patchbay.sockets", i64::try_from(woken).unwrap_or(i64::MAX));
    }
    Ok(Found::Events { woken })
}

/// The spans of handing out events that recorded requests left behind. Asks nobody when nothing is recorded.
async fn begin_spans(tx: &mut Tx, events: &[StoredEvent]) -> Result<Vec<Span>, StoreError> {
    if !trace::is_on() {
        return Ok(Vec::new());
    }
    let left_by = traces::of(tx, events.iter().map(|event| event.id.into())).await?;
    let begin = |event: &StoredEvent| {
        let mut span =
            trace::child_of(*left_by.get(&event.id.into())?, format!("push {}", event.name), Kind::Producer)?;
        if let Some(id) = event.conversation_id {
            span.set("patchbay.conversation_id", id.to_string());
        }
        Some(span)
    };
    Ok(events.iter().filter_map(begin).collect())
}

#[expect(clippy::cast_precision_loss, reason = "a node has far fewer than 2^52 sockets")]
fn gathering(woken: usize) -> Duration {
    Duration::from_secs_f64(woken as f64 / WAKES_PER_SECOND).min(LONGEST_GATHERING)
}

/// Until a socket joins, the position moves along once in a while, so that the first socket starts near the end.
async fn wait_for_somebody(realtime: &Realtime, grew: &mut watch::Receiver<u64>) {
    tokio::select! {
        () = realtime.registry.joined() => {}
        () = async {
            sleep(realtime.config.poll).await;
            let _ = timeout(realtime.config.poll * 20, grew.changed()).await;
        } => {}
    }
}

/// When the directory was replaced, everybody's rights are asked for again before the next event goes out.
fn notice_directory(realtime: &Realtime, seen: &mut Arc<Directory>) {
    let now = realtime.gate.directory.load();
    if !Arc::ptr_eq(&now, seen) {
        *seen = now.clone();
        realtime.registry.resolve_all(realtime.gate.clock.now(), |claims| realtime.gate.resolve(claims));
    }
}
