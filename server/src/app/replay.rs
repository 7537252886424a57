//! `patchbay journal replay`: what the journal holds goes through the adapters again, oldest first. What is here already
//! is found by its key and stays one.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::Duration;

use chrono::{DateTime, Utc};
use patchbay_core::ids::{InboxId, JournalSegmentId};
use patchbay_http::Chain;
use patchbay_hub::directory::DirectoryKeeper;
use patchbay_hub::intake::Intake;
use patchbay_ingress::journal::Outcome;
use patchbay_ingress::{Inboxes, Reenactment};
use patchbay_store::{StoreError, journal};
use tokio_util::sync::CancellationToken;

use super::parts::{Parts, ingress_config};
use super::{Mode, StartError};
use crate::settings::Settings;

/// Segments that are read at once.
const SEGMENTS: i64 = 20;
/// How often, and how long apart, a request is tried that the intake cannot take.
const TRIES: u32 = 30;
const RETRY: Duration = Duration::from_secs(1);

/// Which requests.
#[derive(Clone, Debug)]
pub(crate) struct Window {
    /// Those that came at this time or later,
    pub(crate) from: DateTime<Utc>,
    /// and before this one.
    pub(crate) to: DateTime<Utc>,
    /// Only those for the inbox of this name.
    pub(crate) inbox: Option<String>,
}

/// What came of a replay.
#[derive(Clone, Debug, Default)]
pub(crate) struct Replayed {
    /// Requests that went through the adapters.
    pub(crate) sent: u64,
    /// Of these, those that were taken.
    pub(crate) accepted: u64,
    /// Messages that were not here before.
    pub(crate) fresh_messages: u64,
    /// Requests that are still for nobody or not understood, and requests that the adapters refuse, by reason.
    pub(crate) refused: BTreeMap<String, u64>,
    /// Entries that no configured key opens.
    pub(crate) unreadable: u64,
}

impl Replayed {
    fn refuse(&mut self, reason: String) {
        *self.refused.entry(reason).or_default() += 1;
    }
}

/// Replays; `progress` hears how many of how many entries are done.
pub(crate) async fn replay_journal(
    settings: &Settings,
    window: &Window,
    mut progress: impl FnMut(u64, u64),
) -> Result<Replayed, StartError> {
    let failed = |error: StoreError| StartError::Database(Chain(&error).to_string());
    let stop = CancellationToken::new();
    let mut parts = Parts::open(settings, Mode::Earnest, &stop).await?;
    DirectoryKeeper::new(&parts.hub).refresh().await.map_err(failed)?;
    let Some(journal) = Parts::open_journal(settings)? else {
        return Err(StartError::Part { what: "the journal", problem: "journal.key is not set".into() });
    };
    let directory = parts.hub.directory().clone();
    let inbox = match &window.inbox {
        None => None,
        Some(name) => match directory.inboxes.values().find(|inbox| inbox.name == *name) {
            Some(inbox) => Some(inbox.id),
            None => return Err(StartError::Part { what: "the replay", problem: format!("no inbox is named {name}") }),
        },
    };
    let inboxes = Inboxes::new(directory.inboxes.values().cloned());
    let (intake, shards) = Intake::start(parts.hub.clone(), &stop);
    parts.tasks.extend(shards);
    let counted = intake.clone();
    let way = Reenactment::new(ingress_config(settings), &inboxes, intake, journal);
    let total = journal::count_between(&mut parts.hub.db.read().await.map_err(failed)?, window.from, window.to)
        .await
        .map_err(failed)?;
    let total = u64::try_from(total).unwrap_or(0);
    let mut replayed = Replayed::default();
    let (mut after, mut seen): (Option<JournalSegmentId>, u64) = (None, 0);
    loop {
        let mut tx = parts.hub.db.read().await.map_err(failed)?;
        let segments = journal::between(&mut tx, window.from, window.to, after, SEGMENTS).await.map_err(failed)?;
        drop(tx);
        let Some(last) = segments.last() else { break };
        after = Some(last.id);
        for segment in &segments {
            for entry in segment.entries() {
                seen += 1;
                let is_wanted = entry.received_at >= window.from
                    && entry.received_at < window.to
                    && inbox.is_none_or(|wanted: InboxId| entry.inbox_id == Some(wanted));
                if is_wanted {
                    send(&way, &entry, &mut replayed).await;
                }
            }
            progress(seen, total);
        }
    }
    replayed.fresh_messages = counted.counts().fresh.load(Ordering::Relaxed);
    stop.cancel();
    drop(way);
    parts.finish().await;
    Ok(replayed)
}

async fn send(way: &Reenactment, entry: &journal::JournalEntry, replayed: &mut Replayed) {
    let Ok(request) = way.open(&entry.sealed, entry.received_at, entry.inbox_id) else {
        replayed.unreadable += 1;
        return;
    };
    replayed.sent += 1;
    for _ in 0..TRIES {
        match way.send(request.clone(), entry.received_at).await {
            Outcome::Accepted => {
                replayed.accepted += 1;
                return;
            }
            Outcome::SetAside(reason) | Outcome::Refused(reason) => return replayed.refuse(reason),
            Outcome::Unavailable => tokio::time::sleep(RETRY).await,
        }
    }
    replayed.refuse("unavailable".into());
}
