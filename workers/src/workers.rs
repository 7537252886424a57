//! All workers of a node, started and stopped together.

use std::sync::Arc;
use std::time::Duration;

use patchbay_core::ctx::Ctx;
use patchbay_core::inbox_health::HealthState;
use patchbay_core::job::JobQueue;
use patchbay_hub::{inbox_health as health, months};
use patchbay_store::{StoreError, inbox_health, jobs};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::deps::Deps;
use crate::desk::Desk;
use crate::hearing::Hearing;
use crate::heartbeat::Heartbeat;
use crate::provider::{NoClient, ProviderClient};
use crate::runner::{Causes, Runner};
use crate::{
    close_idle, follow_alerts, follow_automations, relay, retain, roll_up, search_index, sign_heads, sweep,
    watch_alerts, watch_queues, webhooks,
};

/// How often the depth of the queues is measured.
const MEASURE_EVERY: Duration = Duration::from_secs(10);
/// How often the schedule is looked after.
const SCHEDULE_EVERY: Duration = Duration::from_mins(5);

/// Starts the workers.
#[derive(Clone, Copy, Debug)]
pub struct Workers;

/// Webhooks could not be called.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The database did not play along.
    #[error("the store refused")]
    Store(#[from] StoreError),
    /// There is nothing to call with.
    #[error("no client")]
    Client(#[from] NoClient),
}

/// Workers that run. Dropping it stops them without waiting; [`RunningWorkers::stopped`] waits.
#[derive(Debug)]
pub struct RunningWorkers {
    tasks: JoinSet<()>,
    heartbeat: Heartbeat,
}

impl Workers {
    /// Starts everything: the runner, the search index, the schedule. Ends when `stop` is cancelled.
    pub fn start(deps: &Deps, stop: &CancellationToken) -> Result<RunningWorkers, NoClient> {
        let runner = Self::runner(deps)?;
        let heartbeat = runner.heartbeat();
        let mut tasks = JoinSet::new();
        let token = stop.clone();
        tasks.spawn(async move { runner.run(token).await });
        tasks.spawn(measure(deps.clone(), stop.clone()));
        tasks.spawn(relay::run(deps.clone(), stop.clone()));
        tasks.spawn(search_index::run(deps.clone(), stop.clone()));
        tasks.spawn(roll_up::run(deps.clone(), stop.clone()));
        tasks.spawn(follow_alerts::run(deps.clone(), stop.clone()));
        tasks.spawn(follow_automations::run(deps.clone(), stop.clone()));
        let enrolled = Arc::new(Notify::new());
        tasks.spawn(webhooks::enroll(deps.clone(), enrolled.clone(), stop.clone()));
        tasks.spawn(webhooks::deliver(deps.clone(), webhooks::Caller::new(deps)?, enrolled, stop.clone()));
        tasks.spawn(schedule(deps.clone(), stop.clone()));
        Ok(RunningWorkers { tasks, heartbeat })
    }

    /// Takes the next events into the search index and tells how many: for tests that do not want to wait.
    pub async fn index(deps: &Deps) -> Result<usize, StoreError> {
        search_index::index(deps).await
    }

    /// Writes down who hears of the next events, then calls everybody who is due and waits for the answers: for tests
    /// that move the clock. Tells how many calls that were.
    pub async fn call_webhooks(deps: &Deps) -> Result<usize, CallError> {
        webhooks::call_once(deps).await
    }

    /// Hands a batch of the outbox on and tells how many events that were: for tests that do not want to wait.
    pub async fn relay_outbox(deps: &Deps) -> Result<usize, StoreError> {
        relay::relay(deps).await
    }

    /// Takes what happened into the alerts and tells how many events that were: for tests that do not want to wait.
    pub async fn take_alerts(deps: &Deps) -> Result<usize, StoreError> {
        follow_alerts::take_once(deps).await
    }

    /// Runs what automations have to do for what happened and tells how many events that were: for tests that do not want
    /// to wait.
    pub async fn run_automations(deps: &Deps) -> Result<usize, StoreError> {
        follow_automations::take_once(deps).await
    }

    /// Only the runner with all its workers: for tests that drain it themselves.
    pub fn runner(deps: &Deps) -> Result<Runner, NoClient> {
        let client = ProviderClient::new(deps.config.provider_timeout())?;
        let desk = Desk { deps: deps.clone(), client, hearing: Hearing::since(deps.clock.now()) };
        Ok(Runner::new(deps.db.clone(), deps.clock.clone(), &deps.node, deps.config.clone(), Arc::new(desk)))
    }
}

impl RunningWorkers {
    /// The signs of life of the runner.
    pub fn heartbeat(&self) -> Heartbeat {
        self.heartbeat.clone()
    }

    /// Waits until all of them have ended; cancel the token they were started with first.
    pub async fn stopped(mut self) {
        while self.tasks.join_next().await.is_some() {}
    }
}

/// Sees to it that what recurs is promised and that there are months for what comes: at the start, and from then on in case
/// a dead letter broke the chain.
async fn schedule(deps: Deps, stop: CancellationToken) {
    let mut every = tokio::time::interval(SCHEDULE_EVERY);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = every.tick() => {}
        }
        if let Err(error) = months::look_ahead(&deps.db, deps.clock.now()).await {
            tracing::warn!(error = %Causes(&error), "months could not be made ahead; trying again");
        }
        for work in [
            sweep::SWEEPS,
            watch_queues::LOOKS,
            watch_alerts::LOOKS,
            close_idle::ROUNDS,
            retain::ROUNDS,
            sign_heads::ROUNDS,
        ] {
            if let Err(error) = work.promise(&deps).await {
                tracing::warn!(error = %Causes(&error), "{} could not be scheduled; trying again", work.name);
            }
        }
    }
}

async fn measure(deps: Deps, stop: CancellationToken) {
    let mut every = tokio::time::interval(MEASURE_EVERY);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = every.tick() => {}
        }
        if let Err(error) = measure_once(&deps).await {
            tracing::debug!(error = %Causes(&error), "the queues could not be measured");
        }
    }
}

async fn measure_once(deps: &Deps) -> Result<(), StoreError> {
    let rows = inbox_health::all(&mut deps.db.read().await?).await?;
    if rows.iter().any(|row| row.state == HealthState::Degraded) {
        let ctx = Ctx::system(deps.clock.now(), "measure");
        let mut tx = deps.db.begin().await?;
        health::forget_old_trouble(&mut tx, &ctx, &deps.directory.load_full()).await?;
        tx.commit().await?;
    }
    let depths = jobs::depths(&mut deps.db.read().await?, deps.clock.now()).await?;
    for queue in JobQueue::ALL {
        let depth = depths.iter().find(|depth| depth.queue == queue.rank());
        let figure = |count: i64| f64::from(i32::try_from(count).unwrap_or(i32::MAX));
        metrics::gauge!("jobs_due", "queue" => queue.as_str()).set(figure(depth.map_or(0, |depth| depth.due)));
        metrics::gauge!("jobs_waiting", "queue" => queue.as_str()).set(figure(depth.map_or(0, |depth| depth.total)));
    }
    Ok(())
}
