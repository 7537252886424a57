//! Spans on their way to a collector: gathered in a bounded queue, posted in batches by OTLP over HTTP. A collector that is
//! away or too slow costs spans, which are counted, and nothing else. Source: OpenTelemetry protocol, OTLP/HTTP.

mod encode;

use std::time::Duration;

use patchbay_core::clock::Clock;
use patchbay_core::trace::{self, Finished, Recorder};
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode, Url};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::settings::{SettingsError, TelemetrySettings};

/// Spans that may wait.
const WAITING: usize = 8_192;
/// Spans of one post.
const BATCH: usize = 512;
/// How long spans gather before they are posted.
const GATHERING: Duration = Duration::from_secs(1);
/// Longest wait for a collector.
const PATIENCE: Duration = Duration::from_secs(5);
/// Pauses before a batch is posted again that a collector could not take.
const AGAIN: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(3)];
/// After a failure, the next one is logged only after so long.
const COMPLAIN_EVERY: Duration = Duration::from_mins(1);

/// Why traces cannot be sent.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TracesError {
    /// The settings do not fit.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// No client could be made.
    #[error("no HTTP client could be made")]
    Client(#[from] reqwest::Error),
}

/// Begins to record traces when the settings name a collector. The task ends after `stop`, when everything is posted or
/// one more try has failed.
pub(crate) fn start(
    settings: &TelemetrySettings,
    stop: CancellationToken,
) -> Result<Option<JoinHandle<()>>, TracesError> {
    if settings.otlp_endpoint.is_empty() {
        return Ok(None);
    }
    let Some(url) = settings.traces_url() else { return Ok(None) };
    let collector = Collector {
        client: client()?,
        url,
        headers: settings.headers()?,
        service: settings.service_name.clone(),
        complained_at: None,
    };
    let (sender, waiting) = mpsc::channel(WAITING);
    let take = move |span: Finished| {
        if sender.try_send(span).is_err() {
            count("dropped", 1);
        }
    };
    // A second server in the same process (a test) leaves its spans to the first.
    if !trace::install(Recorder::new(Clock::system(), settings.sample_ratio, take)) {
        return Ok(None);
    }
    Ok(Some(tokio::spawn(post_all(collector, waiting, stop))))
}

/// A slim image has no CA bundle; then the roots that we carry have to do.
fn client() -> Result<Client, reqwest::Error> {
    let builder = || Client::builder().no_proxy().redirect(Policy::none()).timeout(PATIENCE);
    builder().build().or_else(|_| {
        let roots =
            webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().filter_map(|der| reqwest::Certificate::from_der(der).ok());
        builder().tls_certs_only(roots).build()
    })
}

async fn post_all(mut collector: Collector, mut waiting: mpsc::Receiver<Finished>, stop: CancellationToken) {
    let mut batch = Vec::with_capacity(BATCH);
    loop {
        let received = tokio::select! {
            received = waiting.recv_many(&mut batch, BATCH) => received,
            () = stop.cancelled() => break,
        };
        if received == 0 {
            return;
        }
        let full = tokio::time::Instant::now() + GATHERING;
        while batch.len() < BATCH {
            let room = BATCH - batch.len();
            tokio::select! {
                more = waiting.recv_many(&mut batch, room) => if more == 0 { break },
                () = tokio::time::sleep_until(full) => break,
                () = stop.cancelled() => break,
            }
        }
        collector.post(&batch, &stop).await;
        batch.clear();
    }
    while let Ok(span) = waiting.try_recv() {
        batch.push(span);
    }
    for some in batch.chunks(BATCH) {
        collector.post(some, &stop).await;
    }
}

struct Collector {
    client: Client,
    url: Url,
    headers: HeaderMap,
    service: String,
    complained_at: Option<tokio::time::Instant>,
}

impl Collector {
    /// Posts a batch, again when the collector asks for patience; then its spans are lost.
    async fn post(&mut self, batch: &[Finished], stop: &CancellationToken) {
        let body = bytes::Bytes::from(encode::request(&self.service, batch));
        let mut pauses = AGAIN.iter();
        loop {
            let answer = self.try_post(body.clone()).await;
            let again = match answer {
                Ok(status) if status.is_success() => return count("sent", batch.len()),
                // The only ones that OTLP allows to repeat.
                Ok(status) => matches!(status.as_u16(), 429 | 502 | 503 | 504),
                Err(_) => true,
            };
            let pause = pauses.next().filter(|_| again && !stop.is_cancelled());
            let Some(pause) = pause else {
                self.complain(&answer);
                return count("failed", batch.len());
            };
            tokio::select! {
                () = tokio::time::sleep(*pause) => {}
                () = stop.cancelled() => {}
            }
        }
    }

    async fn try_post(&self, body: bytes::Bytes) -> Result<StatusCode, reqwest::Error> {
        let call = self.client.post(self.url.clone()).headers(self.headers.clone());
        let answer = call.header(CONTENT_TYPE, "application/x-protobuf").body(body).send().await?;
        Ok(answer.status())
    }

    fn complain(&mut self, answer: &Result<StatusCode, reqwest::Error>) {
        if self.complained_at.is_some_and(|at| at.elapsed() < COMPLAIN_EVERY) {
            return;
        }
        self.complained_at = Some(tokio::time::Instant::now());
        let status = answer.as_ref().map_or(0, StatusCode::as_u16);
        tracing::warn!(status, "the collector does not take traces; spans are lost");
    }
}

fn count(outcome: &'static str, spans: usize) {
    metrics::counter!("trace_spans_total", "outcome" => outcome).increment(spans as u64);
}
