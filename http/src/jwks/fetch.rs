//! The task that fetches the keys.

use std::sync::Arc;

use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;

use super::key::{KeySet, NotAKeySet};
use super::{JwksRules, State};
use crate::error::Chain;

/// The HTTP client for the published keys could not be made.
#[derive(Debug, thiserror::Error)]
#[error("no HTTP client could be made")]
pub struct NoHttpClient(#[source] reqwest::Error);

/// Why a fetch brought nothing.
#[derive(Debug, thiserror::Error)]
enum FetchError {
    #[error("the issuer of the keys cannot be reached")]
    Unreachable(#[source] reqwest::Error),
    #[error("the issuer of the keys answered with {0}")]
    Status(reqwest::StatusCode),
    #[error("the answer is longer than {0} bytes")]
    TooLong(usize),
    #[error(transparent)]
    NotAKeySet(#[from] NotAKeySet),
}

/// Fetches until it is told to stop.
pub(super) struct Fetcher {
    client: reqwest::Client,
    url: String,
    rules: JwksRules,
    publish: watch::Sender<State>,
    wanted: Arc<Notify>,
}

impl Fetcher {
    pub(super) fn new(
        url: &str,
        rules: JwksRules,
        publish: watch::Sender<State>,
        wanted: Arc<Notify>,
    ) -> Result<Self, NoHttpClient> {
        // A slim image has no CA bundle; then the roots that we carry have to do.
        let client = builder(&rules).build().or_else(|_| {
            let roots = webpki_root_certs::TLS_SERVER_ROOT_CERTS
                .iter()
                .filter_map(|der| reqwest::Certificate::from_der(der).ok());
            builder(&rules).tls_certs_only(roots).build()
        });
        Ok(Self { client: client.map_err(NoHttpClient)?, url: url.to_owned(), rules, publish, wanted })
    }

    /// Fetches at once, then when the keys get old, when a token names an unknown key, and after a failure; never more
    /// often than the least interval.
    pub(super) async fn run(self, stop: CancellationToken) {
        loop {
            let began = Instant::now();
            let outcome = tokio::select! {
                () = stop.cancelled() => return,
                outcome = self.fetch() => outcome,
            };
            let pause = match outcome {
                Ok(keys) => {
                    tracing::debug!(keys = keys.len(), "the published keys were fetched");
                    self.publish.send_replace(State { fetched: Some((Arc::new(keys), Instant::now())) });
                    self.rules.refresh_every
                }
                Err(error) => {
                    tracing::warn!(error = %Chain(&error), "the published keys could not be fetched; trying again");
                    // Whoever waits learns that there is no news.
                    self.publish.send_modify(|_| ());
                    (self.rules.min_interval * 4).min(self.rules.refresh_every)
                }
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = sleep(spread(pause)) => {}
                () = self.wanted.notified() => {}
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = sleep_until(began + self.rules.min_interval) => {}
            }
        }
    }

    async fn fetch(&self) -> Result<KeySet, FetchError> {
        let mut answer = self.client.get(&self.url).send().await.map_err(unreachable)?;
        if answer.status() != reqwest::StatusCode::OK {
            return Err(FetchError::Status(answer.status()));
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(unreachable)? {
            if body.len() + chunk.len() > self.rules.max_bytes {
                return Err(FetchError::TooLong(self.rules.max_bytes));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(KeySet::parse(&body)?)
    }
}

/// The address may hold a key of its own.
fn unreachable(error: reqwest::Error) -> FetchError {
    FetchError::Unreachable(error.without_url())
}

fn builder(rules: &JwksRules) -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .user_agent(concat!("patchbay/", env!("CARGO_PKG_VERSION")))
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(rules.timeout)
        .timeout(rules.timeout)
}

/// Up to a tenth shorter: the nodes of a fleet do not all fetch at once.
fn spread(pause: std::time::Duration) -> std::time::Duration {
    pause.mul_f64(1.0 - rand::random::<f64>() / 10.0)
}
