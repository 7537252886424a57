//! Limits that several nodes share, in Redis. While Redis is away every node falls back to limits of its own: sending
//! goes on, a little too fast, and the provider's refusals slow it down.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use patchbay_core::clock::Clock;
use redis::Script;
use redis::aio::ConnectionLike;
use tokio::time::{Instant, timeout};

use super::{MemoryLimits, Rate, RateLimits, Scope};

/// Longest wait for Redis. A blocked command is worse than a limit that is not shared for a moment.
const ANSWER_WITHIN: Duration = Duration::from_millis(250);
/// How long Redis is left alone after it did not answer.
const LEAVE_ALONE: Duration = Duration::from_secs(5);

/// Generic cell rate algorithm in the time of the Redis server. Answers the wait in microseconds; 0 when one was taken.
const TAKE: &str = r"
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local tat = tonumber(redis.call('GET', KEYS[1]) or now)
if tat < now then tat = now end
local new = tat + tonumber(ARGV[1])
local wait = new - tonumber(ARGV[2]) - now
if wait > 0 then return math.ceil(wait) end
redis.call('SET', KEYS[1], string.format('%.0f', new), 'PX', math.ceil((new - now) / 1000))
return 0";

/// Sets a hold unless a longer one stands.
const HOLD: &str = r"
local left = redis.call('PTTL', KEYS[1])
if left < tonumber(ARGV[1]) then redis.call('SET', KEYS[1], '1', 'PX', ARGV[1]) end
return 0";

/// Limits that several nodes share, over a connection to a single Redis or to a cluster.
pub struct RedisLimits<C> {
    connection: C,
    prefix: String,
    take: Script,
    hold: Script,
    fallback: MemoryLimits,
    /// Until when Redis is left alone.
    away_until: Mutex<Option<Instant>>,
}

impl<C> std::fmt::Debug for RedisLimits<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RedisLimits").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

impl<C> RedisLimits<C> {
    /// Limits over `connection`, below `prefix` (such as `patchbay`).
    pub fn new(connection: C, prefix: impl Into<String>, clock: Clock) -> Self {
        Self {
            connection,
            prefix: prefix.into(),
            take: Script::new(TAKE),
            hold: Script::new(HOLD),
            fallback: MemoryLimits::new(clock),
            away_until: Mutex::new(None),
        }
    }

    fn key(&self, kind: &str, scope: &Scope) -> String {
        format!("{}:{kind}:{{{}}}", self.prefix, scope.name())
    }

    /// Redis' answer; `None` when it gave none.
    async fn ask<T>(&self, question: impl Future<Output = redis::RedisResult<T>>) -> Option<T> {
        let away_until = *self.away_until.lock().unwrap_or_else(PoisonError::into_inner);
        if away_until.is_some_and(|until| Instant::now() < until) {
            return None;
        }
        let answer = timeout(ANSWER_WITHIN, question).await.ok().and_then(Result::ok);
        let mut away = self.away_until.lock().unwrap_or_else(PoisonError::into_inner);
        if answer.is_none() && away.is_none() {
            tracing::warn!("Redis does not answer; this node keeps its own send limits for now");
        }
        *away = if answer.is_none() { Some(Instant::now() + LEAVE_ALONE) } else { None };
        answer
    }
}

impl<C: ConnectionLike + Clone + Send + Sync + 'static> RateLimits for RedisLimits<C> {
    fn take<'a>(&'a self, scope: &'a Scope, rate: Rate) -> BoxFuture<'a, Duration> {
        async move {
            let mut connection = self.connection.clone();
            let mut call = self.take.key(self.key("rate", scope));
            call.arg(rate.interval_micros()).arg(rate.tolerance_micros());
            match self.ask(call.invoke_async::<i64>(&mut connection)).await {
                Some(wait) => Duration::from_micros(u64::try_from(wait).unwrap_or_default()),
                None => self.fallback.take(scope, rate).await,
            }
        }
        .boxed()
    }

    fn hold<'a>(&'a self, scope: &'a Scope, wait: Duration) -> BoxFuture<'a, ()> {
        async move {
            let mut connection = self.connection.clone();
            let mut call = self.hold.key(self.key("hold", scope));
            call.arg(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).max(1));
            self.ask(call.invoke_async::<i64>(&mut connection)).await;
            // Kept here as well: it holds on this node even when Redis goes away.
            self.fallback.hold(scope, wait).await;
        }
        .boxed()
    }

    fn held<'a>(&'a self, scopes: &'a [Scope]) -> BoxFuture<'a, Duration> {
        async move {
            let mut longest = self.fallback.held(scopes).await;
            for scope in scopes {
                let mut connection = self.connection.clone();
                let mut ttl = redis::cmd("PTTL");
                ttl.arg(self.key("hold", scope));
                if let Some(left) = self.ask(ttl.query_async::<i64>(&mut connection)).await {
                    longest = longest.max(Duration::from_millis(u64::try_from(left).unwrap_or_default()));
                }
            }
            longest
        }
        .boxed()
    }
}
