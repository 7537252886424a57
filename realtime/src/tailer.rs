//! Follows the feed and hands every event to the sockets of this node, once and in order.

use std::sync::Arc;
use std::time::Duration;

use patchbay_core::directory::Directory;
use patchbay_http::Chain;
use patchbay_store::{StoreError, feed};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use crate::frame::{Frame, Subject};
use crate::service::Realtime;

/// Events read at once.
const BATCH: i64 = 512;
/// First pause before looking again for events that are committed but not settled; doubles up to the longest.
const FIRST_LOOK: Duration = Duration::from_millis(1);
const LAST_LOOK: Duration = Duration::from_millis(50);
/// Pause while the database is away.
const AWAY: Duration = Duration::from_secs(1);

/// Follows the feed for as long as it is polled.
pub(crate) async fn follow(realtime: &Realtime) {
    let mut grew = realtime.db.signals().feed();
    let mut directory = realtime.gate.directory.load_full();
    let mut look = FIRST_LOOK;
    let mut away = false;
    loop {
        notice_directory(realtime, &mut directory);
        // Marks hints as seen before looking: one that comes while we look makes us look again.
        grew.borrow_and_update();
        let found = look_once(realtime).await;
        if away && found.is_ok() {
            tracing::info!("the feed is read again");
        }
        match found {
            Ok(Found::Events) => {
                look = FIRST_LOOK;
                // Under load the sockets get their turn before the next batch.
                tokio::task::yield_now().await;
            }
            Ok(Found::Unsettled) => {
                sleep(look).await;
                look = (look * 2).min(LAST_LOOK);
            }
            Ok(Found::Nothing) => {
                look = FIRST_LOOK;
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
    /// Events were handed out, and there may be more.
    Events,
    /// Nothing new is settled, but something is committed.
    Unsettled,
    /// Nothing new.
    Nothing,
    /// Nobody is connected: the feed was skipped.
    Nobody,
}

async fn look_once(realtime: &Realtime) -> Result<Found, StoreError> {
    let mut tx = realtime.db.read().await?;
    let position = match realtime.registry.position() {
        Some(position) if !realtime.registry.is_empty() => position,
        _ => {
            let latest = feed::bounds(&mut tx).await?.latest;
            // Without sockets a change of queues cannot be seen in events: count again when somebody comes.
            realtime.queues.touch();
            return Ok(if realtime.registry.skip_to(latest) { Found::Nobody } else { Found::Nothing });
        }
    };
    let batch = feed::after(&mut tx, position, BATCH).await?;
    drop(tx);
    let Some(last) = batch.events.last().map(|event| event.position) else {
        return Ok(if batch.unsettled { Found::Unsettled } else { Found::Nothing });
    };
    if batch.events.iter().any(|event| event.name.as_str().starts_with("conversation.")) {
        realtime.queues.touch();
    }
    let frames = batch.events.iter().map(|event| (Subject::of(event), Frame::of(event))).collect();
    realtime.registry.distribute(frames, Some(last));
    let full = i64::try_from(batch.events.len()).is_ok_and(|events| events == BATCH);
    Ok(match (full, batch.unsettled) {
        (true, _) => Found::Events,
        (false, true) => Found::Unsettled,
        (false, false) => Found::Nothing,
    })
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
        realtime.registry.resolve_all(|claims| realtime.gate.resolve(claims));
    }
}
