//! Counters of the teams' queues: `queue.updated`, to whoever may see the queue.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use patchbay_core::event::Audience;
use patchbay_core::ids::TeamId;
use patchbay_http::Chain;
use serde_json::json;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep};

use crate::frame::{About, Frame, Subject};
use crate::service::Realtime;

/// The lengths that sockets were told last.
#[derive(Debug, Default)]
pub(crate) struct Queues {
    /// Guards the lengths; never held across an await.
    told: Mutex<BTreeMap<TeamId, i64>>,
    changed: Notify,
}

impl Queues {
    /// Says that a queue may have changed.
    pub(crate) fn touch(&self) {
        self.changed.notify_one();
    }

    /// The length told last for each team; a missing team has an empty queue.
    pub(crate) fn told(&self) -> BTreeMap<TeamId, i64> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn replace(&self, counted: &BTreeMap<TeamId, i64>) -> Vec<(TeamId, i64)> {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let mut changes: Vec<(TeamId, i64)> =
            counted.iter().filter(|(team, queued)| told.get(team) != Some(queued)).map(|(t, q)| (*t, *q)).collect();
        changes.extend(told.keys().filter(|team| !counted.contains_key(team)).map(|team| (*team, 0)));
        told.clone_from(counted);
        changes
    }
}

/// Counts after changes, for as long as it is polled; never more than a tenth of the time.
pub(crate) async fn watch(realtime: &Realtime) {
    loop {
        realtime.queues.changed.notified().await;
        sleep(realtime.config.queue_debounce).await;
        if realtime.registry.is_empty() {
            // The first socket that comes makes us count.
            continue;
        }
        let began = Instant::now();
        match count(realtime).await {
            Ok(counted) => tell(realtime, &counted),
            Err(error) => tracing::debug!(error = %Chain(&error), "the queues were not counted"),
        }
        sleep(began.elapsed() * 9).await;
    }
}

async fn count(realtime: &Realtime) -> Result<BTreeMap<TeamId, i64>, patchbay_store::StoreError> {
    let mut tx = realtime.db.read().await?;
    let lengths = patchbay_store::queues::lengths(&mut tx).await?;
    Ok(lengths.into_iter().map(|length| (length.team_id, length.queued)).collect())
}

fn tell(realtime: &Realtime, counted: &BTreeMap<TeamId, i64>) {
    let changes = realtime.queues.replace(counted);
    if changes.is_empty() {
        return;
    }
    let now = realtime.gate.clock.now();
    let directory = realtime.gate.directory.load();
    let frames = changes
        .into_iter()
        .filter_map(|(id, queued)| {
            let team = directory.teams.get(&id)?;
            let subject = Subject {
                audience: Audience { team_id: Some(id), is_queued: true, ..Audience::default() },
                conversation: None,
                ticket: None,
                about: About::Work,
            };
            let data = json!({ "team": team.slug, "team_id": id, "queued": queued });
            Some((subject, Frame::passing("queue.updated", now, &data)))
        })
        .collect();
    realtime.registry.distribute(frames, None);
}
