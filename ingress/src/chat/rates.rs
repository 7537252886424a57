//! How much a visitor and a network address may send: a token bucket each.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use patchbay_core::Code;
use patchbay_core::ids::InboxId;
use patchbay_http::ApiError;

/// Buckets that are remembered; then the full ones are forgotten.
const REMEMBERED: usize = 100_000;

/// What is counted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Who {
    /// What one visitor or user of an inbox says.
    Author(InboxId, String),
    /// Everything from one network address.
    Address(IpAddr),
    /// Sessions that one network address asks for.
    Sessions(IpAddr),
}

impl Who {
    /// Tokens a second, and how many at once.
    fn rate(&self) -> (f64, f64) {
        match self {
            Self::Author(..) => (10.0, 300.0),
            Self::Address(_) => (300.0, 3000.0),
            Self::Sessions(_) => (20.0, 500.0),
        }
    }
}

/// How much visitors may send to this node. Cheap to clone; all clones count together.
#[derive(Clone, Debug, Default)]
pub(crate) struct ChatRates {
    /// Held for a few instructions.
    buckets: Arc<Mutex<HashMap<Who, Bucket>>>,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    tokens: f64,
    at: DateTime<Utc>,
}

impl ChatRates {
    /// Takes one. Error: 429 `RATE_LIMITED` with `Retry-After`.
    pub(super) fn take(&self, who: Who, now: DateTime<Utc>) -> Result<(), ApiError> {
        let (per_second, burst) = who.rate();
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= REMEMBERED {
            buckets.retain(|who, bucket| {
                let (per_second, burst) = who.rate();
                filled(*bucket, now, per_second, burst) < burst
            });
        }
        let bucket = buckets.entry(who).or_insert(Bucket { tokens: burst, at: now });
        *bucket = Bucket { tokens: filled(*bucket, now, per_second, burst), at: bucket.at.max(now) };
        if bucket.tokens < 1.0 {
            return Err(ApiError::new(Code::RateLimited, "too much at once; slow down").retry_after(1));
        }
        bucket.tokens -= 1.0;
        Ok(())
    }
}

fn filled(bucket: Bucket, now: DateTime<Utc>, per_second: f64, burst: f64) -> f64 {
    let passed = (now - bucket.at).to_std().unwrap_or_default().as_secs_f64();
    (bucket.tokens + passed * per_second).min(burst)
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn a_visitor_is_slowed_down_alone() {
        let rates = ChatRates::default();
        let inbox = InboxId::new();
        let start = DateTime::from_timestamp(0, 0).unwrap();
        let author = |name: &str| Who::Author(inbox, name.to_owned());
        let passed = |now| (0..1000).filter(|_| rates.take(author("loud"), now).is_ok()).count();
        assert_eq!(passed(start), 300);
        assert_eq!(passed(start + TimeDelta::seconds(2)), 20);
        assert!(rates.take(author("quiet"), start).is_ok());
    }
}
