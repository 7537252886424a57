//! Where time comes from. Nothing else asks the operating system for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use chrono::{DateTime, SubsecRound as _, TimeDelta, Utc};

/// A source of time in whole microseconds: the machine's, or one that tests or the demo move. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    Machine,
    /// Microseconds since 1970 of a clock that only moves when told to.
    Manual(Arc<AtomicI64>),
    /// Microseconds by which a clock is ahead of the machine's.
    Ahead(Arc<AtomicI64>),
}

impl Clock {
    /// The clock of the machine.
    pub fn system() -> Self {
        Self(Source::Machine)
    }

    /// A clock that stands still at `start` until it is moved.
    pub fn manual(start: DateTime<Utc>) -> Self {
        Self(Source::Manual(Arc::new(AtomicI64::new(start.timestamp_micros()))))
    }

    /// A clock that runs as the machine's does and can be moved forward: the demo's.
    pub fn movable() -> Self {
        Self(Source::Ahead(Arc::default()))
    }

    /// The time now, in whole microseconds: what both engines store without loss.
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the machine for the time")]
    pub fn now(&self) -> DateTime<Utc> {
        match &self.0 {
            Source::Machine => Utc::now().trunc_subsecs(6),
            Source::Manual(micros) => {
                DateTime::from_timestamp_micros(micros.load(Ordering::SeqCst)).unwrap_or_default()
            }
            Source::Ahead(micros) => {
                let now = Utc::now().trunc_subsecs(6);
                now.checked_add_signed(TimeDelta::microseconds(micros.load(Ordering::SeqCst))).unwrap_or(now)
            }
        }
    }

    /// By how much it is ahead of the machine's clock; `None` for a clock that does not run ahead of it.
    pub fn ahead(&self) -> Option<TimeDelta> {
        match &self.0 {
            Source::Ahead(micros) => Some(TimeDelta::microseconds(micros.load(Ordering::SeqCst))),
            Source::Machine | Source::Manual(_) => None,
        }
    }

    /// Moves a manual clock to a time, also back; no other clock can be moved so.
    pub fn move_to(&self, to: DateTime<Utc>) {
        if let Source::Manual(micros) = &self.0 {
            micros.store(to.timestamp_micros(), Ordering::SeqCst);
        }
    }

    /// Moves a manual or a movable clock forward; the machine's clock cannot be moved.
    pub fn advance(&self, by: Duration) {
        if let Source::Manual(micros) | Source::Ahead(micros) = &self.0 {
            micros.fetch_add(i64::try_from(by.as_micros()).unwrap_or(i64::MAX), Ordering::SeqCst);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_movable_clock_runs_ahead_of_the_machine_by_what_it_was_moved() {
        let clock = Clock::movable();
        let other = clock.clone();
        assert_eq!(clock.ahead(), Some(TimeDelta::zero()));
        clock.advance(Duration::from_hours(1));
        clock.advance(Duration::from_hours(2));
        assert_eq!(other.ahead(), Some(TimeDelta::hours(3)));
        let ahead = other.now() - Clock::system().now();
        assert!(ahead > TimeDelta::minutes(179) && ahead < TimeDelta::minutes(181), "{ahead}");
    }

    #[test]
    fn the_clock_of_the_machine_cannot_be_moved() {
        let clock = Clock::system();
        let before = clock.now();
        clock.advance(Duration::from_hours(1));
        assert!(clock.now() - before < TimeDelta::minutes(1));
        assert_eq!(clock.ahead(), None);
    }
}
