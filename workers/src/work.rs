//! What a worker is to the runner: something that takes a claimed job and says what is to become of it.

use chrono::{DateTime, Utc};
use futures::future::BoxFuture;
use patchbay_core::ctx::Ctx;
use patchbay_hub::HubError;
use patchbay_store::jobs::ClaimedJob;
use patchbay_store::{StoreError, Tx};

/// What becomes of a job that ran.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Done: the job goes.
    Done,
    /// The worker settled the job itself, in the transaction of its effect.
    Settled,
    /// Has to wait through no fault of its own.
    Later(DateTime<Utc>),
    /// Will never succeed, for this reason: it becomes a dead letter.
    Hopeless(&'static str),
}

/// Why a job did not get to a verdict; it is tried again with back-off.
#[derive(Debug, thiserror::Error)]
pub enum WorkError {
    /// The database did not play along.
    #[error("the store refused")]
    Store(#[from] StoreError),
    /// The job's payload is not what its kind promises.
    #[error("the payload cannot be read")]
    Payload(#[source] serde_json::Error),
    /// Another system did not play along, in our words.
    #[error("{0}")]
    Elsewhere(&'static str),
}

impl From<HubError> for WorkError {
    fn from(error: HubError) -> Self {
        match error {
            HubError::Store(error) => Self::Store(error),
            HubError::Refused(refusal) => Self::Elsewhere(refusal.code().as_str()),
        }
    }
}

/// Does jobs.
pub trait Work: Send + Sync + 'static {
    /// Does `job`. May be dropped at any await: whatever it leaves behind, the next run has to cope with.
    fn run<'a>(&'a self, ctx: &'a Ctx, job: &'a ClaimedJob) -> BoxFuture<'a, Result<Verdict, WorkError>>;

    /// The database was away, and is back now or soon.
    fn store_was_away(&self) {}

    /// Gives `job` up, in the transaction that buries it: says so wherever somebody waits for it. `true`: what it left
    /// behind is itself a dead letter, and the job needs none of its own.
    fn give_up<'a>(
        &'a self,
        tx: &'a mut Tx,
        ctx: &'a Ctx,
        job: &'a ClaimedJob,
    ) -> BoxFuture<'a, Result<bool, StoreError>>;
}
