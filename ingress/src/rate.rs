//! How many webhooks an inbox takes.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};
use patchbay_core::ids::InboxId;

/// A token bucket per inbox; everything for unknown addresses shares one.
#[derive(Debug)]
pub(crate) struct Rates {
    per_second: f64,
    /// Guards the buckets; held for a few instructions.
    buckets: Mutex<HashMap<Option<InboxId>, Bucket>>,
}

#[derive(Debug)]
struct Bucket {
    tokens: f64,
    at: DateTime<Utc>,
}

impl Rates {
    /// `per_second` requests, twice as many in a burst; 0 is no limit.
    pub(crate) fn new(per_second: u32) -> Self {
        Self { per_second: f64::from(per_second), buckets: Mutex::default() }
    }

    /// Takes one request for each inbox, or none at all. `Err` when one of them has had too many.
    pub(crate) fn take(
        &self,
        inboxes: impl Iterator<Item = Option<InboxId>> + Clone,
        now: DateTime<Utc>,
    ) -> Result<(), TooMany> {
        if self.per_second <= 0.0 {
            return Ok(());
        }
        let burst = self.per_second * 2.0;
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        for inbox in inboxes.clone() {
            let bucket = buckets.entry(inbox).or_insert(Bucket { tokens: burst, at: now });
            let passed = (now - bucket.at).to_std().unwrap_or_default().as_secs_f64();
            bucket.tokens = (bucket.tokens + passed * self.per_second).min(burst);
            bucket.at = bucket.at.max(now);
            if bucket.tokens < 1.0 {
                return Err(TooMany);
            }
        }
        for inbox in inboxes {
            if let Some(bucket) = buckets.get_mut(&inbox) {
                bucket.tokens -= 1.0;
            }
        }
        Ok(())
    }
}

/// An inbox has had more than its share; a second later it takes the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooMany;

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn twice_the_rate_passes_in_a_burst_and_the_rate_after_it() {
        let rates = Rates::new(5);
        let inbox = [Some(InboxId::new())];
        let start = DateTime::from_timestamp(0, 0).unwrap();
        let passed = |now| (0..100).filter(|_| rates.take(inbox.into_iter(), now).is_ok()).count();
        assert_eq!(passed(start), 10);
        assert_eq!(passed(start + TimeDelta::seconds(1)), 5);
        assert_eq!(passed(start + TimeDelta::seconds(60)), 10);
    }

    #[test]
    fn one_busy_inbox_does_not_slow_another() {
        let rates = Rates::new(1);
        let now = DateTime::from_timestamp(0, 0).unwrap();
        let (busy, quiet) = (Some(InboxId::new()), Some(InboxId::new()));
        while rates.take([busy].into_iter(), now).is_ok() {}
        assert_eq!(rates.take([quiet].into_iter(), now), Ok(()));
    }

    #[test]
    fn zero_is_no_limit() {
        let rates = Rates::new(0);
        let now = DateTime::from_timestamp(0, 0).unwrap();
        assert!((0..1000).all(|_| rates.take([None].into_iter(), now).is_ok()));
    }
}
