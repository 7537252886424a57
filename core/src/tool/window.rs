//! The exact limit: in no rolling window are more calls admitted than allowed. A log of times, not a bucket: a bucket
//! admits a burst and its refill in one window.

use chrono::{DateTime, TimeDelta, Utc};

/// The times of the calls that one window admitted, oldest first, in microseconds.
pub type Log = Vec<i64>;

/// A limit of calls in a rolling window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Its name in headers and refusals.
    pub name: &'static str,
    /// Most calls in a window.
    pub most: usize,
    /// Length of the window, in seconds.
    pub seconds: i64,
}

/// A limit and what was admitted under it.
#[derive(Clone, Debug)]
pub struct Window {
    /// The limit.
    pub limit: Limit,
    /// What was admitted.
    pub log: Log,
}

/// What one window says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The limit.
    pub limit: Limit,
    /// How many more calls it admits now.
    pub remaining: usize,
    /// Seconds until it admits one more than now; 0 when it is empty.
    pub reset_s: u64,
}

/// The decision about one call over all its windows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It is admitted by all; their logs have it.
    Admitted(Vec<Standing>),
    /// One window is full; no log has changed.
    Refused {
        /// Which.
        by: Limit,
        /// Seconds until it has room.
        retry_after_s: u64,
        /// What all of them say.
        standings: Vec<Standing>,
    },
}

impl Window {
    /// Forgets what has left the window at `now`.
    fn prune(&mut self, now: i64) {
        let oldest = now - self.limit.seconds.saturating_mul(1_000_000);
        self.log.retain(|at| *at > oldest);
    }

    fn standing(&self, now: i64) -> Standing {
        let remaining = self.limit.most.saturating_sub(self.log.len());
        // The call whose end makes room: the oldest, or the one that is over the limit.
        let next = self.log.len().saturating_sub(self.limit.most);
        let reset_s = self.log.get(next).map_or(0, |at| seconds_until(at + self.limit.seconds * 1_000_000, now));
        Standing { limit: self.limit, remaining, reset_s }
    }
}

/// Seconds from `now` to `then`, rounded up.
fn seconds_until(then: i64, now: i64) -> u64 {
    u64::try_from((then - now).max(0)).unwrap_or_default().div_ceil(1_000_000)
}

/// Decides about a call at `now`: all windows admit it and note it, or none does. A clock that went back counts as
/// standing still.
pub fn decide(windows: &mut [Window], now: DateTime<Utc>) -> Decision {
    let newest = windows.iter().filter_map(|window| window.log.last()).max().copied().unwrap_or(i64::MIN);
    let now = now.timestamp_micros().max(newest);
    for window in windows.iter_mut() {
        window.prune(now);
    }
    let full = windows.iter().filter(|window| window.log.len() >= window.limit.most);
    let latest = full.max_by_key(|window| window.standing(now).reset_s).map(|window| window.standing(now));
    if let Some(standing) = latest {
        let standings = windows.iter().map(|window| window.standing(now)).collect();
        return Decision::Refused { by: standing.limit, retry_after_s: standing.reset_s.max(1), standings };
    }
    for window in windows.iter_mut() {
        window.log.push(now);
    }
    Decision::Admitted(windows.iter().map(|window| window.standing(now)).collect())
}

/// How long a log of this limit has to be kept after its newest entry.
pub fn kept_for(limit: Limit) -> TimeDelta {
    TimeDelta::seconds(limit.seconds)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TEN: Limit = Limit { name: "conv", most: 10, seconds: 3_600 };
    const FIVE: Limit = Limit { name: "tool", most: 5, seconds: 600 };

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_700_000_000 + seconds, 0).expect("a time")
    }

    #[test]
    fn the_eleventh_call_waits_for_the_first_to_leave_the_hour() {
        let mut windows = vec![Window { limit: TEN, log: Log::new() }];
        for minute in 0..10 {
            assert!(matches!(decide(&mut windows, at(minute * 60)), Decision::Admitted(_)));
        }
        let Decision::Refused { retry_after_s, .. } = decide(&mut windows, at(600)) else { panic!("admitted") };
        assert_eq!(retry_after_s, 3_000);
        assert!(matches!(decide(&mut windows, at(3_599)), Decision::Refused { .. }));
        assert!(matches!(decide(&mut windows, at(3_600)), Decision::Admitted(_)));
        assert!(matches!(decide(&mut windows, at(3_601)), Decision::Refused { .. }));
    }

    #[test]
    fn a_refusal_consumes_from_no_window() {
        let mut windows = vec![Window { limit: TEN, log: Log::new() }, Window { limit: FIVE, log: Log::new() }];
        for _ in 0..20 {
            decide(&mut windows, at(0));
        }
        assert_eq!((windows[0].log.len(), windows[1].log.len()), (5, 5));
    }

    proptest! {
        #[test]
        fn no_rolling_hour_ever_admits_more_than_ten(steps in prop::collection::vec(0_i64..1_200, 1..300)) {
            let mut windows = vec![Window { limit: TEN, log: Log::new() }];
            let mut admitted: Vec<i64> = Vec::new();
            let mut now = 0;
            for step in steps {
                now += step;
                if matches!(decide(&mut windows, at(now)), Decision::Admitted(_)) {
                    admitted.push(now);
                }
            }
            for (index, first) in admitted.iter().enumerate() {
                let within = admitted[index..].iter().take_while(|call| **call < first + 3_600).count();
                prop_assert!(within <= 10, "{within} calls in the hour from {first}");
            }
        }
    }
}
