//! How fast may be sent, and what has to wait: a leaky bucket for each number, and holds that a provider's refusal puts
//! on a number, an account or a recipient. In memory for one node, in Redis for several; both pass the same tests.

mod connect;
mod memory;
mod redis;

use std::time::Duration;

use futures::future::BoxFuture;
use patchbay_core::ids::{ContactId, InboxId};

pub use connect::{BadAddress, check_redis, shared_limits};
pub use memory::MemoryLimits;
pub use redis::RedisLimits;

/// What a rate or a hold applies to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Everything from one number of ours.
    Inbox(InboxId),
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
            Self::Account(account) => format!("account:{account}"),
            Self::BusinessInitiated(inbox) => format!("business:{inbox}"),
            Self::Recipient(inbox, contact) => format!("recipient:{inbox}:{contact}"),
        }
    }
}

/// So many a second, a few of them at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Sustained rate.
    pub per_second: u32,
    /// How many may go at once after a pause.
    pub burst: u32,
}

impl Rate {
    /// Time between two at the sustained rate, in microseconds.
    pub(crate) fn interval_micros(self) -> i64 {
        1_000_000 / i64::from(self.per_second.max(1))
    }

    /// How far the bucket may run ahead, in microseconds.
    pub(crate) fn tolerance_micros(self) -> i64 {
        self.interval_micros() * i64::from(self.burst.max(1))
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
