//! Leases, lanes, back-off, dead letters.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::DateTime;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use patchbay_core::clock::Clock;
use patchbay_core::ctx::Ctx;
use patchbay_core::ids::JobId;
use patchbay_core::job::{JobKind, JobQueue, NewJob};
use patchbay_store::jobs::{self, ClaimedJob, Lease};
use patchbay_store::{Db, StoreError, Tx, dead_letters};
use patchbay_tests::{TestDatabase, both_engines};
use patchbay_workers::{Runner, Verdict, Work, WorkError, WorkersConfig};
use serde_json::json;
use tokio_util::sync::CancellationToken;

both_engines! {
    four_workers_never_claim_a_job_twice;
    a_lane_runs_one_at_a_time_in_order;
    what_a_dead_node_held_is_taken_over;
    a_job_that_fails_backs_off_and_ends_as_a_dead_letter;
    a_panic_is_a_failure_like_any_other;
    a_lost_lease_settles_nothing;
    a_stop_finishes_what_runs_and_gives_back_the_rest;
    low_work_does_not_keep_high_work_waiting;
    a_key_is_promised_once;
}

fn clock() -> Clock {
    Clock::manual(DateTime::from_timestamp(1_772_719_195, 0).unwrap())
}

async fn promise(db: &Db, clock: &Clock, queue: JobQueue, lane: Option<&str>) -> JobId {
    let job = NewJob {
        id: JobId::new(),
        queue,
        kind: JobKind::Sweep,
        lane: lane.map(str::to_owned),
        dedupe_key: None,
        payload: json!({}),
        run_at: clock.now(),
        max_attempts: 3,
    };
    let mut tx = db.begin().await.unwrap();
    jobs::enqueue(&mut tx, &Ctx::system(clock.now(), "test"), &job).await.unwrap();
    tx.commit().await.unwrap();
    job.id
}

async fn left(db: &Db, clock: &Clock) -> i64 {
    let mut tx = db.read().await.unwrap();
    jobs::depths(&mut tx, clock.now()).await.unwrap().iter().map(|depth| depth.total).sum()
}

/// Notes what it is given and answers as told.
#[derive(Default)]
struct Recorder {
    seen: Mutex<Vec<JobId>>,
    at_once: AtomicUsize,
    overlapped: AtomicBool,
    pause: Duration,
    answer: Answer,
}

#[derive(Clone, Copy, Default)]
enum Answer {
    #[default]
    Done,
    Fail,
    Panic,
}

impl Work for Recorder {
    fn run<'a>(&'a self, _: &'a Ctx, job: &'a ClaimedJob) -> BoxFuture<'a, Result<Verdict, WorkError>> {
        async move {
            self.seen.lock().unwrap().push(job.id);
            if self.at_once.fetch_add(1, Ordering::SeqCst) > 0 {
                self.overlapped.store(true, Ordering::SeqCst);
            }
            tokio::time::sleep(self.pause).await;
            self.at_once.fetch_sub(1, Ordering::SeqCst);
            match self.answer {
                Answer::Done => Ok(Verdict::Done),
                Answer::Fail => Err(WorkError::Elsewhere("it does not work")),
                Answer::Panic => panic!("it panics"),
            }
        }
        .boxed()
    }

    fn give_up<'a>(&'a self, _: &'a mut Tx, _: &'a Ctx, _: &'a ClaimedJob) -> BoxFuture<'a, Result<bool, StoreError>> {
        std::future::ready(Ok(false)).boxed()
    }
}

fn runner(db: &Db, clock: &Clock, node: &str, work: &Arc<Recorder>) -> Runner {
    Runner::new(db.clone(), clock.clone(), node, WorkersConfig::default(), work.clone())
}

async fn four_workers_never_claim_a_job_twice(database: TestDatabase) {
    let (db, clock) = (database.open().await, clock());
    for _ in 0..50 {
        promise(&db, &clock, JobQueue::Default, None).await;
    }
    let work = Arc::new(Recorder::default());
    let nodes: Vec<Runner> = (0..4).map(|n| runner(&db, &clock, &format!("node-{n}"), &work)).collect();
    futures::future::join_all(nodes.iter().map(Runner::drain_all)).await;
    let seen = work.seen.lock().unwrap().clone();
    assert_eq!(seen.len(), 50);
    assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), 50);
    assert_eq!(left(&db, &clock).await, 0);
}

async fn a_lane_runs_one_at_a_time_in_order(database: TestDatabase) {
    let (db, clock) = (database.open().await, clock());
    let mut promised = Vec::new();
    for _ in 0..10 {
        promised.push(promise(&db, &clock, JobQueue::High, Some("one")).await);
    }
    let work = Arc::new(Recorder { pause: Duration::from_millis(3), ..Recorder::default() });
    let nodes: Vec<Runner> = (0..3).map(|n| runner(&db, &clock, &format!("node-{n}"), &work)).collect();
    while left(&db, &clock).await > 0 {
        futures::future::join_all(nodes.iter().map(Runner::drain_once)).await;
    }
    assert_eq!(*work.seen.lock().unwrap(), promised);
    assert!(!work.overlapped.load(Ordering::SeqCst));
}

async fn what_a_dead_node_held_is_taken_over(database: TestDatabase) {
    let (db, clock) = (database.open().await, clock());
    let id = promise(&db, &clock, JobQueue::High, None).await;
    let mut tx = db.begin().await.unwrap();
    let lease = Lease { owner: "dead", now: clock.now(), until: clock.now() + Duration::from_mins(1) };
    assert_eq!(jobs::claim(&mut tx, lease, JobQueue::High, 5).await.unwrap().len(), 1);
    tx.commit().await.unwrap();
    let work = Arc::new(Recorder::default());
    let node = runner(&db, &clock, "alive", &work);
    clock.advance(Duration::from_secs(59));
    assert_eq!(node.drain_all().await.unwrap(), 0);
    clock.advance(Duration::from_secs(1));
    assert_eq!(node.drain_all().await.unwrap(), 1);
    assert_eq!(*work.seen.lock().unwrap(), [id]);
}

async fn a_job_that_fails_backs_off_and_ends_as_a_dead_letter(database: TestDatabase) {
    let (db, clock) = (database.open().await, clock());
    promise(&db, &clock, JobQueue::Default, None).await;
    let work = Arc::new(Recorder { answer: Answer::Fail, ..Recorder::default() });
    let node = runner(&db, &clock, "node", &work);
    for tries in 1..=3 {
        node.drain_all().await.unwrap();
        assert_eq!(work.seen.lock().unwrap().len(), tries);
        clock.advance(Duration::from_secs(21));
    }
    assert_eq!(left(&db, &clock).await, 0);
    let mut tx = db.read().await.unwrap();
    let letters = dead_letters::page(&mut tx, "open", None, 10).await.unwrap();
    assert_eq!(letters.len(), 1);
    assert_eq!((letters[0].error.as_str(), letters[0].attempts), ("it does not work", 3));
}

async fn a_panic_is_a_failure_like_any_other(database: TestDatabase) {
    let (db, clock) = (database.open().await, clock());
    promise(&db, &clock, JobQueue::Default, None).await;
    let work = Arc::new(Recorder { answer: Answer::Panic, ..Recorder::default() });
    let node = runner(&db, &clock, "node", &work);
    for _ in 0..3 {
        node.drain_all().await.unwrap();
        clock.advance(Duration::from_secs(21));
    }
    let mut tx = db.read().await.unwrap();
    assert_eq!(dead_letters::count_open(&mut tx).await.unwrap(), 1);
}

async fn a_lost_lease_settles_nothing(database: TestDatabase) {
    let (db, clock) = (database.open().await, clock());
    promise(&db, &clock, JobQueue::High, None).await;
    let claim = async |owner: &str| {
        let mut tx = db.begin().await.unwrap();
        let lease = Lease { owner, now: clock.now(), until: clock.now() + Duration::from_mins(1) };
        let claimed = jobs::claim(&mut tx, lease, JobQueue::High, 5).await.unwrap();
        tx.commit().await.unwrap();
        claimed
    };
    let stalled = claim("node").await.remove(0);
    clock.advance(Duration::from_secs(61));
    let taken = claim("node").await.remove(0);
    let mut tx = db.begin().await.unwrap();
    assert!(!jobs::complete(&mut tx, &stalled).await.unwrap());
    assert!(!jobs::defer(&mut tx, &stalled, clock.now()).await.unwrap());
    assert!(jobs::complete(&mut tx, &taken).await.unwrap());
    tx.commit().await.unwrap();
}

async fn a_stop_finishes_what_runs_and_gives_back_the_rest(database: TestDatabase) {
    let (db, clock) = (database.open().await, clock());
    promise(&db, &clock, JobQueue::High, None).await;
    promise(&db, &clock, JobQueue::Low, Some("lane")).await;
    promise(&db, &clock, JobQueue::Low, Some("lane")).await;
    let work = Arc::new(Recorder { pause: Duration::from_millis(150), ..Recorder::default() });
    let node = Arc::new(runner(&db, &clock, "node", &work));
    let stop = CancellationToken::new();
    let task = tokio::spawn({
        let (node, stop) = (node.clone(), stop.clone());
        async move { node.run(stop).await }
    });
    while work.seen.lock().unwrap().len() < 2 {
        tokio::task::yield_now().await;
    }
    stop.cancel();
    task.await.unwrap();
    assert_eq!(work.at_once.load(Ordering::SeqCst), 0, "what ran was finished");
    assert_eq!(left(&db, &clock).await, 1, "the next of the lane was not begun");
    assert_eq!(node.drain_all().await.unwrap(), 1, "and is free at once");
}

async fn low_work_does_not_keep_high_work_waiting(database: TestDatabase) {
    let (db, clock) = (database.open().await, clock());
    for _ in 0..30 {
        promise(&db, &clock, JobQueue::Low, None).await;
    }
    let high = promise(&db, &clock, JobQueue::High, None).await;
    let work = Arc::new(Recorder::default());
    runner(&db, &clock, "node", &work).drain_once().await.unwrap();
    assert!(work.seen.lock().unwrap().contains(&high));
    assert!(work.seen.lock().unwrap().len() <= 1 + WorkersConfig::default().low_permits);
}

async fn a_key_is_promised_once(database: TestDatabase) {
    let (db, clock) = (database.open().await, clock());
    let ctx = Ctx::system(clock.now(), "test");
    let mut answers = Vec::new();
    for _ in 0..2 {
        let job = NewJob {
            id: JobId::new(),
            queue: JobQueue::Low,
            kind: JobKind::Sweep,
            lane: None,
            dedupe_key: Some("sweep:1".into()),
            payload: json!({}),
            run_at: clock.now(),
            max_attempts: 3,
        };
        let mut tx = db.begin().await.unwrap();
        answers.push(jobs::enqueue(&mut tx, &ctx, &job).await.unwrap());
        tx.commit().await.unwrap();
    }
    assert_eq!(answers, [true, false]);
}
