//! Limits of one node.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use patchbay_core::clock::Clock;

use super::{Rate, RateLimits, Scope};

/// Entries beyond which the ones that say nothing any more are dropped.
const PRUNE_ABOVE: usize = 10_000;

/// Limits of one node, in memory.
#[derive(Debug)]
pub struct MemoryLimits {
    clock: Clock,
    /// Times in microseconds: when each bucket is empty again, and when each hold ends.
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    empty_at: BTreeMap<Scope, i64>,
    held_until: BTreeMap<Scope, i64>,
}

impl MemoryLimits {
    /// Nothing taken, nothing held.
    pub fn new(clock: Clock) -> Self {
        Self { clock, state: Mutex::default() }
    }

    fn now(&self) -> i64 {
        self.clock.now().timestamp_micros()
    }

    fn with<T>(&self, work: impl FnOnce(&mut State, i64) -> T) -> T {
        let now = self.now();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.empty_at.len() + state.held_until.len() > PRUNE_ABOVE {
            state.empty_at.retain(|_, at| *at > now);
            state.held_until.retain(|_, until| *until > now);
        }
        work(&mut state, now)
    }
}

impl RateLimits for MemoryLimits {
    fn take<'a>(&'a self, scope: &'a Scope, rate: Rate) -> BoxFuture<'a, Duration> {
        let wait = self.with(|state, now| {
            let empty_at = state.empty_at.get(scope).copied().unwrap_or(now).max(now);
            let next = empty_at + rate.interval_micros();
            let wait = next - rate.tolerance_micros() - now;
            if wait > 0 {
                return micros(wait);
            }
            state.empty_at.insert(scope.clone(), next);
            Duration::ZERO
        });
        std::future::ready(wait).boxed()
    }

    fn hold<'a>(&'a self, scope: &'a Scope, wait: Duration) -> BoxFuture<'a, ()> {
        self.with(|state, now| {
            let until = now + i64::try_from(wait.as_micros()).unwrap_or(i64::MAX / 2);
            let held = state.held_until.entry(scope.clone()).or_insert(until);
            *held = until.max(*held);
        });
        std::future::ready(()).boxed()
    }

    fn held<'a>(&'a self, scopes: &'a [Scope]) -> BoxFuture<'a, Duration> {
        let longest = self.with(|state, now| {
            let waits = scopes.iter().filter_map(|scope| state.held_until.get(scope)).map(|until| until - now);
            waits.max().unwrap_or_default()
        });
        std::future::ready(micros(longest)).boxed()
    }
}

fn micros(wait: i64) -> Duration {
    Duration::from_micros(u64::try_from(wait).unwrap_or_default())
}
