//! How long to wait before a failed job is tried again.

use std::time::Duration;

use rand::RngExt as _;

/// First wait; doubles from then on. Source: domain, outbox.
const FIRST: Duration = Duration::from_secs(5);
/// Longest wait.
const LONGEST: Duration = Duration::from_mins(5);

/// The wait after `failed` failures: doubling, capped, and spread over its upper half so that what failed together does
/// not come back together.
pub(crate) fn after(failed: i64) -> Duration {
    between(failed, FIRST, LONGEST)
}

/// The same with a first and a longest wait of its own.
pub(crate) fn between(failed: i64, first: Duration, longest: Duration) -> Duration {
    let doublings = u32::try_from(failed.saturating_sub(1).clamp(0, 16)).unwrap_or(16);
    let full = first.saturating_mul(1 << doublings).min(longest);
    full.mul_f64(rand::rng().random_range(0.5..=1.0))
}

/// A point between 0 and 1, for plans that bring their own figures.
pub(crate) fn jitter() -> f64 {
    rand::rng().random_range(0.0..=1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_five_minutes() {
        for (failed, full) in [(1, 5), (2, 10), (3, 20), (7, 300), (40, 300)] {
            let wait = after(failed);
            assert!(wait <= Duration::from_secs(full) && wait >= Duration::from_secs(full) / 2, "{failed}: {wait:?}");
        }
    }
}
