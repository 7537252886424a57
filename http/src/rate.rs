//! How many requests an actor may send. Source: domain, rate limits.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota};
use patchbay_core::Code;
use patchbay_core::ids::ActorId;

use crate::error::ApiError;

/// Requests that may come at once after a pause, as seconds of the sustained rate: a page loads with a burst.
const BURST_SECONDS: u32 = 5;
/// After so many requests, actors that have been quiet are forgotten.
const FORGET_EVERY: u64 = 10_000;

/// How many requests an actor may send to this node. Cheap to clone; all clones count together.
#[derive(Clone, Default)]
pub struct ActorRates {
    limiter: Option<Arc<DefaultKeyedRateLimiter<ActorId>>>,
    seen: Arc<AtomicU64>,
}

impl std::fmt::Debug for ActorRates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ActorRates")
    }
}

impl ActorRates {
    /// So many a second for each actor, five seconds' worth at once; 0 is no limit.
    pub fn per_second(rate: u32) -> Self {
        let quota = NonZeroU32::new(rate).map(|rate| {
            Quota::per_second(rate).allow_burst(rate.saturating_mul(NonZeroU32::MIN.saturating_add(BURST_SECONDS - 1)))
        });
        Self { limiter: quota.map(|quota| Arc::new(DefaultKeyedRateLimiter::keyed(quota))), seen: Arc::default() }
    }

    /// Counts a request. Error: 429 `RATE_LIMITED` with `Retry-After`.
    pub fn check(&self, actor: ActorId) -> Result<(), ApiError> {
        let Some(limiter) = &self.limiter else { return Ok(()) };
        if self.seen.fetch_add(1, Ordering::Relaxed) % FORGET_EVERY == FORGET_EVERY - 1 {
            limiter.retain_recent();
        }
        limiter.check_key(&actor).map_err(|not_yet| {
            let wait = not_yet.wait_time_from(DefaultClock::default().now()).as_secs() + 1;
            ApiError::new(Code::RateLimited, "too many requests; slow down").retry_after(wait)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_actor_is_slowed_down_alone() {
        let rates = ActorRates::per_second(2);
        let (loud, quiet) = (ActorId::new(), ActorId::new());
        let passed = (0..50).filter(|_| rates.check(loud).is_ok()).count();
        assert!((10..13).contains(&passed), "{passed} passed");
        assert!(rates.check(quiet).is_ok());
    }

    #[test]
    fn zero_is_no_limit() {
        let rates = ActorRates::per_second(0);
        assert!((0..1_000).all(|_| rates.check(ActorId(uuid::Uuid::nil())).is_ok()));
    }
}
