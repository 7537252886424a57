//! How fast may be sent, and what has to wait: a leaky bucket for each number, and holds that a provider's refusal puts
//! on a number, an account or a recipient. In memory for one node, in Redis for several; both pass the same tests.

mod connect;
mod memory;
mod redis;

use std::time::Duration;

use futures::future::BoxFuture;
use patchbay_core::ids::{ContactId, InboxId};
use patchbay_hub::delivery::Lane;

pub use connect::{BadAddress, check_redis, shared_limits};
pub use memory::MemoryLimits;
pub use redis::RedisLimits;

/// What a rate or a hold applies to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Everything from one number of ours.
    Inbox(InboxId),
    /// What leaves one number of ours by one lane.
    Lane(InboxId, Lane),
    /// Everything of the provider account that the inbox belongs to.
    Account(String),
    /// What we start ourselves from a number: templates.
    BusinessInitiated(InboxId),
    /// Everything from one number of ours to one contact.
    Recipient(InboxId, ContactId),
}

impl Scope {
    /// Name of the scope in a shared store; no address in it.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Inbox(inbox) => format!("inbox:{inbox}"),
            Self::Lane(inbox, lane) => format!("lane:{inbox}:{lane}"),
            Self::Account(account) => format!("account:{account}"),
            Self::BusinessInitiated(inbox) => format!("business:{inbox}"),
            Self::Recipient(inbox, contact) => format!("recipient:{inbox}:{contact}"),
        }
    }
}

/// So many in a time, a few of them at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Time between two at the sustained rate.
    interval: Duration,
    /// How many may go at once after a pause.
    burst: u32,
}

impl Rate {
    /// So many a second.
    pub fn per_second(count: u32, burst: u32) -> Self {
        Self::one_in(Duration::from_secs(1) / count.max(1), burst)
    }

    /// One in so much time.
    pub fn one_in(interval: Duration, burst: u32) -> Self {
        Self { interval, burst: burst.max(1) }
    }

    /// The same so many times slower.
    #[must_use]
    pub fn slower(self, times: u32) -> Self {
        Self { interval: self.interval * times.max(1), burst: (self.burst / times.max(1)).max(1) }
    }

    /// Time between two at the sustained rate, in microseconds.
    pub(crate) fn interval_micros(self) -> i64 {
        i64::try_from(self.interval.as_micros()).unwrap_or(i64::MAX / 1_000_000).max(1)
    }

    /// How far the bucket may run ahead, in microseconds.
    pub(crate) fn tolerance_micros(self) -> i64 {
        self.interval_micros().saturating_mul(i64::from(self.burst))
    }
}

/// Rates and holds, shared by whoever sends from the same numbers.
pub trait RateLimits: Send + Sync + std::fmt::Debug + 'static {
    /// Takes one from the bucket of `scope`. Zero: taken. Else: nothing was taken, and so long to wait.
    fn take<'a>(&'a self, scope: &'a Scope, rate: Rate) -> BoxFuture<'a, Duration>;

    /// Makes everything of `scope` wait so long from now, or longer if it waits longer already.
    fn hold<'a>(&'a self, scope: &'a Scope, wait: Duration) -> BoxFuture<'a, ()>;

    /// The longest wait that holds on any of `scopes`; zero when none does.
    fn held<'a>(&'a self, scopes: &'a [Scope]) -> BoxFuture<'a, Duration>;
}

#[cfg(test)]
mod tests;
