//! Limits. The exact one: in no rolling window are more calls admitted than allowed. It is a log of times, not a bucket: a
//! bucket admits a burst and its refill in one window. The smooth one is a bucket, for budgets of thousands of calls where
//! a log would be long and a rate is what is meant.

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
    /// How it counts.
    pub pace: Pace,
}

/// How a limit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// By the log of all calls: never more than `most` in any window.
    Exact,
    /// By one time (the generic cell rate algorithm): `most` at once, and from then on as they flow back.
    Smooth,
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
    /// Time after which one call of a smooth limit has flowed back, in microseconds.
    fn interval(&self) -> i64 {
        self.length() / i64::try_from(self.limit.most.max(1)).unwrap_or(i64::MAX)
    }

    fn length(&self) -> i64 {
        self.limit.seconds.saturating_mul(1_000_000)
    }

    /// When everything admitted by a smooth limit has flowed back.
    fn empty_at(&self, now: i64) -> i64 {
        self.log.last().map_or(now, |at| (*at).max(now))
    }

    fn is_full(&self, now: i64) -> bool {
        match self.limit.pace {
            Pace::Exact => self.log.len() >= self.limit.most,
            Pace::Smooth => self.empty_at(now) - now + self.interval() > self.length(),
        }
    }

    /// Notes a call that is admitted.
    fn note(&mut self, now: i64) {
        match self.limit.pace {
            Pace::Exact => self.log.push(now),
            Pace::Smooth => self.log = vec![self.empty_at(now) + self.interval()],
        }
    }

    /// Forgets what has left the window at `now`.
    fn prune(&mut self, now: i64) {
        if self.limit.pace == Pace::Smooth {
            return;
        }
        let oldest = now - self.limit.seconds.saturating_mul(1_000_000);
        self.log.retain(|at| *at > oldest);
    }

    fn standing(&self, now: i64) -> Standing {
        if self.limit.pace == Pace::Smooth {
            let taken = self.empty_at(now) - now;
            let remaining = usize::try_from((self.length() - taken).max(0) / self.interval().max(1)).unwrap_or(0);
            // The next whole call flows back when what is taken has shrunk to a whole number of calls.
            let over = (taken - self.length() + self.interval()).max(0);
            let next = if over > 0 { over } else { taken % self.interval().max(1) };
            return Standing { limit: self.limit, remaining, reset_s: seconds_until(now + next, now) };
        }
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
    let exact = windows.iter().filter(|window| window.limit.pace == Pace::Exact);
    let newest = exact.filter_map(|window| window.log.last()).max().copied().unwrap_or(i64::MIN);
    let now = now.timestamp_micros().max(newest);
    for window in windows.iter_mut() {
        window.prune(now);
    }
    let full = windows.iter().filter(|window| window.is_full(now));
    let latest = full.max_by_key(|window| window.standing(now).reset_s).map(|window| window.standing(now));
    if let Some(standing) = latest {
        let standings = windows.iter().map(|window| window.standing(now)).collect();
        return Decision::Refused { by: standing.limit, retry_after_s: standing.reset_s.max(1), standings };
    }
    for window in windows.iter_mut() {
        window.note(now);
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

    const TEN: Limit = Limit { name: "conv", most: 10, seconds: 3_600, pace: Pace::Exact };
    const FIVE: Limit = Limit { name: "tool", most: 5, seconds: 600, pace: Pace::Exact };
    const SMOOTH: Limit = Limit { name: "tenant", most: 6, seconds: 60, pace: Pace::Smooth };

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

    #[test]
    fn a_smooth_limit_holds_one_time_and_lets_calls_flow_back() {
        let mut windows = vec![Window { limit: SMOOTH, log: Log::new() }];
        for left in (0..6).rev() {
            let Decision::Admitted(standings) = decide(&mut windows, at(0)) else { panic!("refused") };
            assert_eq!(standings[0].remaining, left);
        }
        assert_eq!(windows[0].log.len(), 1);
        let Decision::Refused { retry_after_s, .. } = decide(&mut windows, at(3)) else { panic!("admitted") };
        assert_eq!(retry_after_s, 7);
        assert!(matches!(decide(&mut windows, at(10)), Decision::Admitted(_)));
        assert!(matches!(decide(&mut windows, at(11)), Decision::Refused { .. }));
    }

    #[test]
    fn a_full_smooth_limit_takes_nothing_from_an_exact_one() {
        let mut windows = vec![Window { limit: TEN, log: Log::new() }, Window { limit: SMOOTH, log: Log::new() }];
        for _ in 0..9 {
            decide(&mut windows, at(0));
        }
        assert_eq!(windows[0].log.len(), 6);
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
