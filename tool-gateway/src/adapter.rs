//! What calls to other systems have in common: an answer or none, tries with waits between them, a breaker, places for
//! calls at once that no tenant takes alone, and a memory of what was read. Source: domain, integration hub.

mod breaker;
mod cache;
mod lanes;
pub(crate) mod tried;
mod wire;

pub(crate) use breaker::Call;
pub(crate) use cache::Cache;
pub(crate) use wire::{Ended, Reply, finish, http_client};

use std::future::Future;
use std::time::Duration;

use breaker::Breaker;
use chrono::{DateTime, Utc};
use lanes::Lanes;
pub(crate) use lanes::Slot;
use patchbay_core::Code;
use serde_json::Value;
use tokio::time::Instant;

use crate::outcome::Refusal;

/// How often a read is tried.
const TRIES: u32 = 3;
/// Longest wait that another system may ask for between two tries.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// The word of a definite no.
const REFUSED: &str = "upstream.refused";

/// What the tries of a call left behind.
#[derive(Debug, Default)]
struct Trace {
    /// One may have reached the other side and been carried out there.
    may_have_worked: bool,
}

/// Something that was read, and when.
#[derive(Clone, Debug)]
pub struct Read<T> {
    /// What.
    pub value: T,
    /// When.
    pub at: DateTime<Utc>,
    /// Whether it is older than it should be, because the system does not answer.
    pub stale: bool,
}

/// The way to another system.
#[derive(Debug)]
pub(crate) struct Adapter {
    /// Its name in metrics and alerts.
    pub(crate) name: &'static str,
    /// What callers are told it is.
    title: &'static str,
    breaker: Breaker,
    lanes: Lanes,
    retry_after: Duration,
}

impl Adapter {
    pub(crate) fn new(name: &'static str, title: &'static str, retry_after: Duration) -> Self {
        Self { name, title, breaker: Breaker::default(), lanes: Lanes::default(), retry_after }
    }

    /// A place for a call; one is always left to calls that carry something out.
    pub(crate) async fn slot(&self, tenant: &str, call: Call) -> Result<Slot<'_>, Refusal> {
        self.lanes.slot(tenant, call).await.ok_or_else(|| {
            Refusal::new(Code::NotReady, "upstream.busy", "too many calls at once; try again shortly").retry(1)
        })
    }

    /// Whether a call may pass the breaker.
    pub(crate) fn enter(&self, call: Call) -> Result<(), Refusal> {
        self.breaker.enter(call, Instant::now()).map_err(|seconds| {
            let message = format!("{} is left alone for a while", self.title);
            Refusal::new(Code::CircuitOpen, "upstream.open_circuit", message).retry(seconds)
        })?;
        tried::note(self.name);
        Ok(())
    }

    /// Notes how a call ended.
    pub(crate) fn leave(&self, ended: &Ended) {
        let failed = matches!(ended, Ended::NotSent | Ended::Lost | Ended::Answer(500..=599 | 429, _));
        self.breaker.leave(failed, Instant::now());
        metrics::gauge!("integration_circuit_open", "adapter" => self.name)
            .set(f64::from(u8::from(self.breaker.is_open())));
    }

    /// Reads, with tries and waits between them. `None`: there is no such thing.
    pub(crate) async fn read<F>(&self, tenant: &str, call: impl Fn() -> F) -> Result<Option<Value>, Refusal>
    where
        F: Future<Output = Reply> + Send,
    {
        self.tried(tenant, call, &mut Trace::default()).await
    }

    /// Writes under a key that each try gives again, so it is tried like a read. When the other side never says what
    /// became of a try that may have reached it, the outcome is unknown: that is no failure, and nobody repeats it under
    /// another key.
    pub(crate) async fn write<F>(&self, tenant: &str, call: impl Fn() -> F) -> Result<Option<Value>, Refusal>
    where
        F: Future<Output = Reply> + Send,
    {
        let mut trace = Trace::default();
        self.tried(tenant, call, &mut trace).await.map_err(|refusal| {
            if !trace.may_have_worked || refusal.reason == REFUSED {
                return refusal;
            }
            let message = format!("{} did not say what became of it; a person has to look", self.title);
            Refusal::new(Code::IntegrationTimeout, "upstream.unknown_outcome", message)
        })
    }

    async fn tried<F>(&self, tenant: &str, call: impl Fn() -> F, trace: &mut Trace) -> Result<Option<Value>, Refusal>
    where
        F: Future<Output = Reply> + Send,
    {
        let _slot = self.slot(tenant, Call::Ordinary).await?;
        let mut wait = self.retry_after;
        let mut tries = 0;
        loop {
            tries += 1;
            self.enter(Call::Ordinary)?;
            let reply = call().await;
            self.leave(&reply.ended);
            trace.may_have_worked |= matches!(reply.ended, Ended::Lost | Ended::Answer(500..=599, _));
            match reply.ended {
                Ended::Answer(200..=299, value) => return Ok(Some(value)),
                Ended::Answer(404, _) => return Ok(None),
                other if tries < TRIES && is_worth_repeating(&other) => {
                    let jitter = f64::from(rand::random::<u8>()) / 1_024.0;
                    let asked = reply.retry_after.map(Duration::from_secs).unwrap_or_default();
                    tokio::time::sleep((wait + wait.mul_f64(jitter)).max(asked.min(LONGEST_WAIT))).await;
                    wait *= 2;
                }
                other => return Err(self.refusal_of(&other)),
            }
        }
    }

    /// What a caller is told of a bad end: never what the other system wrote.
    pub(crate) fn refusal_of(&self, ended: &Ended) -> Refusal {
        let title = self.title;
        match ended {
            Ended::Lost => {
                let message = format!("{title} did not answer in time");
                Refusal::new(Code::IntegrationTimeout, "upstream.timeout", message).retry(30)
            }
            Ended::NotSent => self.failed("upstream.unreachable", "cannot be reached").retry(30),
            Ended::Answer(429 | 500..=599, _) => self.failed("upstream.failed", "failed").retry(30),
            Ended::Answer(..) => self.failed(REFUSED, "refused"),
        }
    }

    pub(crate) fn failed(&self, reason: &str, what: &str) -> Refusal {
        Refusal::new(Code::IntegrationFailed, reason, format!("{} {what}", self.title))
    }
}

fn is_worth_repeating(ended: &Ended) -> bool {
    matches!(ended, Ended::NotSent | Ended::Lost | Ended::Answer(500..=599 | 429 | 408, _))
}
