//! Answered errors, counted by the minute: here first, then in the database, where all nodes count together.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};
use patchbay_core::Code;
use patchbay_store::{Db, StoreError, error_counts};

/// Counts that a database that is away may leave behind: older ones no longer matter to any window.
const KEEP: TimeDelta = TimeDelta::hours(1);
/// How long the database keeps them.
const KEPT_FOR: TimeDelta = TimeDelta::days(1);

type Minutes = BTreeMap<(&'static str, DateTime<Utc>), i64>;

/// Counts answered errors. Cheap to clone; all clones count together.
#[derive(Clone, Debug, Default)]
pub struct ErrorCounts {
    /// Not yet in the database. Held for single additions only.
    pending: Arc<Mutex<Minutes>>,
    /// Held while counts move into the database, and while both are added up.
    moving: Arc<tokio::sync::Mutex<()>>,
}

impl ErrorCounts {
    /// Counts one answer with `code`.
    pub fn record(&self, code: Code, now: DateTime<Utc>) {
        *self.locked().entry((code.as_str(), minute(now))).or_default() += 1;
    }

    /// Answers with each code since `since`, on all nodes as far as they have told.
    pub(super) async fn since(&self, db: &Db, since: DateTime<Utc>) -> Result<BTreeMap<String, i64>, StoreError> {
        let _still = self.moving.lock().await;
        let from = minute(since);
        let rows = error_counts::since(&mut db.read().await?, from).await?;
        let mut counts: BTreeMap<String, i64> = rows.into_iter().map(|row| (row.code, row.count)).collect();
        for ((code, at), count) in self.locked().iter() {
            if *at >= from {
                *counts.entry((*code).to_owned()).or_default() += count;
            }
        }
        Ok(counts)
    }

    /// Moves what was counted into the database. On an error it stays here.
    pub(crate) async fn flush(&self, db: &Db, now: DateTime<Utc>) -> Result<(), StoreError> {
        let _alone = self.moving.lock().await;
        let counted = {
            let mut pending = self.locked();
            pending.retain(|(_, at), _| *at >= now - KEEP);
            pending.clone()
        };
        if counted.is_empty() {
            return Ok(());
        }
        let mut tx = db.begin().await?;
        for ((code, at), count) in &counted {
            error_counts::add(&mut tx, code, *at, *count).await?;
        }
        error_counts::forget(&mut tx, now - KEPT_FOR).await?;
        tx.commit().await?;
        let mut pending = self.locked();
        for (key, moved) in counted {
            if let Some(count) = pending.get_mut(&key) {
                *count -= moved;
            }
        }
        pending.retain(|_, count| *count > 0);
        Ok(())
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, Minutes> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn minute(at: DateTime<Utc>) -> DateTime<Utc> {
    at.duration_trunc(TimeDelta::minutes(1)).unwrap_or(at)
}
