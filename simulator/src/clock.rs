//! The time the fakes live in: the machine's, or the one a test moves by hand.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

use chrono::{DateTime, TimeDelta, Utc};

/// Where the fakes read the time for windows, media life and timestamps on the wire. Cheap to clone; clones share the
/// shift made by [`Clock::advance`]. Callback delays and limits run on tokio's clock instead.
#[derive(Clone)]
pub struct Clock {
    source: Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>,
    shift_ms: Arc<AtomicI64>,
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self::from_fn(|| DateTime::<Utc>::from(SystemTime::now()))
    }

    /// A clock that asks `source`, for tests that move time by hand.
    pub fn from_fn(source: impl Fn() -> DateTime<Utc> + Send + Sync + 'static) -> Self {
        Self { source: Arc::new(source), shift_ms: Arc::default() }
    }

    /// The time now.
    pub fn now(&self) -> DateTime<Utc> {
        (self.source)() + TimeDelta::milliseconds(self.shift_ms.load(Ordering::Relaxed))
    }

    /// Moves this clock and its clones forward, to see a window close.
    pub fn advance(&self, by: Duration) {
        let ms = i64::try_from(by.as_millis()).unwrap_or(i64::MAX / 4);
        self.shift_ms.fetch_add(ms, Ordering::Relaxed);
    }
}

impl std::fmt::Debug for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Clock")
    }
}
