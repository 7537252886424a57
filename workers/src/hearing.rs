//! Since when this node has been there to hear what providers report.

use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, Utc};

/// Since when this node runs and has its database: what providers tell earlier may still wait outside, with them or in
/// the spool.
#[derive(Debug)]
pub(crate) struct Hearing(AtomicI64);

impl Hearing {
    pub(crate) fn since(now: DateTime<Utc>) -> Self {
        Self(AtomicI64::new(now.timestamp_micros()))
    }

    /// The database was away: hearing begins anew.
    pub(crate) fn begin_anew(&self, now: DateTime<Utc>) {
        self.0.store(now.timestamp_micros(), Ordering::Relaxed);
    }

    pub(crate) fn began_at(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.0.load(Ordering::Relaxed)).unwrap_or_default()
    }
}
