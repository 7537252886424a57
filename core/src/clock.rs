//! Where time comes from. Nothing else asks the operating system for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use chrono::{DateTime, SubsecRound as _, Utc};

/// A source of time in whole microseconds; the real one, or one that tests move. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Clock {
    /// Microseconds since 1970 of a clock that only moves when told to.
    manual: Option<Arc<AtomicI64>>,
}

impl Clock {
    /// The clock of the machine.
    pub fn system() -> Self {
        Self { manual: None }
    }

    /// A clock that stands still at `start` until it is moved.
    pub fn manual(start: DateTime<Utc>) -> Self {
        Self { manual: Some(Arc::new(AtomicI64::new(start.timestamp_micros()))) }
    }

    /// The time now, in whole microseconds: what both engines store without loss.
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the machine for the time")]
    pub fn now(&self) -> DateTime<Utc> {
        match &self.manual {
            Some(micros) => DateTime::from_timestamp_micros(micros.load(Ordering::SeqCst)).unwrap_or_default(),
            None => Utc::now().trunc_subsecs(6),
        }
    }

    /// Moves a manual clock to a time, also back; the machine's clock cannot be moved.
    pub fn move_to(&self, to: DateTime<Utc>) {
        if let Some(micros) = &self.manual {
            micros.store(to.timestamp_micros(), Ordering::SeqCst);
        }
    }

    /// Moves a manual clock forward; the machine's clock cannot be moved.
    pub fn advance(&self, by: Duration) {
        if let Some(micros) = &self.manual {
            micros.fetch_add(i64::try_from(by.as_micros()).unwrap_or(i64::MAX), Ordering::SeqCst);
        }
    }
}
