//! The published keys of an outside issuer: fetched by one task, kept for a bounded time when the issuer is away, looked
//! up by whoever checks a token. Source: RFC 7517.

mod fetch;
mod key;

use std::sync::Arc;
use std::time::Duration;

use jsonwebtoken::{Algorithm, DecodingKey};
use patchbay_core::Code;
use tokio::sync::{Notify, Semaphore, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use crate::error::ApiError;
use fetch::Fetcher;
use key::{Found, KeySet};

pub use fetch::NoHttpClient;

/// Requests that may wait for a fetch at once; more are refused, so that made-up key ids cannot pile up.
const MAX_WAITING: usize = 256;

/// How published keys are kept.
#[derive(Clone, Copy, Debug)]
pub struct JwksRules {
    /// Time between two fetches while all is well. A key that the issuer withdraws is refused after this time.
    pub refresh_every: Duration,
    /// Least time between two fetches, also when tokens name unknown keys or the issuer is away.
    pub min_interval: Duration,
    /// How long keys are used after the last fetch that succeeded. Beyond it tokens of the issuer are refused.
    pub stale_for: Duration,
    /// Longest time of one fetch.
    pub timeout: Duration,
    /// Largest answer, in bytes.
    pub max_bytes: usize,
}

impl Default for JwksRules {
    fn default() -> Self {
        Self {
            refresh_every: Duration::from_mins(10),
            min_interval: Duration::from_secs(5),
            stale_for: Duration::from_hours(1),
            timeout: Duration::from_secs(5),
            max_bytes: 256 << 10,
        }
    }
}

/// The published keys as they are now. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Jwks {
    state: watch::Receiver<State>,
    wanted: Arc<Notify>,
    waiting: Arc<Semaphore>,
    rules: JwksRules,
}

/// What the last fetches brought.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    /// The keys of the last fetch that succeeded, and when that was.
    fetched: Option<(Arc<KeySet>, Instant)>,
}

impl Jwks {
    /// Starts the task that fetches the keys from `url` until `stop`; whoever starts it awaits it. Error: no HTTP client
    /// can be made.
    pub fn start(url: &str, rules: JwksRules, stop: CancellationToken) -> Result<(Self, JoinHandle<()>), NoHttpClient> {
        let (publish, state) = watch::channel(State::default());
        let wanted = Arc::new(Notify::new());
        let fetcher = Fetcher::new(url, rules, publish, wanted.clone())?;
        let task = tokio::spawn(fetcher.run(stop));
        Ok((Self { state, wanted, waiting: Arc::new(Semaphore::new(MAX_WAITING)), rules }, task))
    }

    /// The key that checks a token with this key id and algorithm. Errors: 401 `INVALID_AUTH_TOKEN`, 503 `NOT_READY`.
    pub(crate) async fn key(&self, kid: Option<&str>, algorithm: Algorithm) -> Result<DecodingKey, ApiError> {
        let mut state = self.state.clone();
        let known = self.look(&state.borrow_and_update(), kid, algorithm);
        let refusal = match known {
            Look::Key(_) | Look::Refused => return known.verdict(),
            Look::Unknown | Look::NoKeys => known,
        };
        let Ok(_place) = self.waiting.try_acquire() else { return refusal.verdict() };
        self.wanted.notify_one();
        // The task fetches once the least interval has passed; then there is an answer or there is none.
        let patience = self.rules.min_interval + self.rules.timeout;
        let _fetched = timeout(patience, state.changed()).await;
        self.look(&state.borrow(), kid, algorithm).verdict()
    }

    fn look(&self, state: &State, kid: Option<&str>, algorithm: Algorithm) -> Look {
        let Some((keys, at)) = &state.fetched else { return Look::NoKeys };
        if at.elapsed() > self.rules.stale_for {
            return Look::NoKeys;
        }
        match keys.find(kid, algorithm) {
            Found::Key(key) => Look::Key(Box::new(key.clone())),
            Found::OtherAlgorithm => Look::Refused,
            Found::Nothing => Look::Unknown,
        }
    }
}

enum Look {
    Key(Box<DecodingKey>),
    /// The key is known and serves another algorithm: a fetch changes nothing.
    Refused,
    /// Perhaps the issuer has a new key.
    Unknown,
    /// Never fetched, or too long ago.
    NoKeys,
}

impl Look {
    fn verdict(self) -> Result<DecodingKey, ApiError> {
        match self {
            Self::Key(key) => Ok(*key),
            Self::Refused | Self::Unknown => Err(ApiError::new(Code::InvalidAuthToken, "the token is not valid")),
            Self::NoKeys => {
                let problem = "the keys to check this token with cannot be had; try again shortly";
                Err(ApiError::new(Code::NotReady, problem).retry_after(5))
            }
        }
    }
}

#[cfg(test)]
mod tests;
