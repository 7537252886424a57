//! On SQLite, transactions that end close together share a commit: each is there as a whole or not at all, and it is
//! durable once its commit has returned, whatever its neighbors do.
#![expect(clippy::unwrap_used, reason = "a test shows the error it met")]

use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use futures::future::poll_fn;
use patchbay_store::{Db, StoreError, Tx};
use proptest::prelude::*;
use proptest::test_runner::Config;
use tempfile::TempDir;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

struct Place {
    folder: TempDir,
    db: Db,
}

impl Place {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let db = open(&folder).await;
        db.migrate().await.unwrap();
        Self { folder, db }
    }

    /// What a process finds that opens the file now.
    async fn names(&self) -> Vec<String> {
        let other = open(&self.folder).await;
        let mut tx = other.read().await.unwrap();
        tx.query("select name from counters order by name").column().await.unwrap()
    }
}

async fn open(folder: &TempDir) -> Db {
    Db::open(&format!("sqlite://{}", folder.path().join("shared.db").display()), 1).await.unwrap()
}

async fn insert(tx: &mut Tx, name: &str) -> Result<u64, StoreError> {
    tx.query("insert into counters (name, value) values ($1, 1)").bind(name).execute().await
}

/// Inserts and commits in a task of its own; returns once it waits for its turn.
async fn behind(db: &Db, name: &'static str) -> tokio::task::JoinHandle<Result<(), StoreError>> {
    let db = db.clone();
    let task = tokio::spawn(async move {
        let mut tx = db.begin().await?;
        insert(&mut tx, name).await?;
        tx.commit().await
    });
    sleep(Duration::from_millis(20)).await;
    task
}

/// Polls `work` at most so often, then drops it. `None`: it was dropped.
async fn cut_short<T>(work: impl Future<Output = T>, polls: usize) -> Option<T> {
    let mut work = pin!(work);
    let mut left = polls;
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        work.as_mut().poll(context).map(Some)
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_has_returned_is_durable() {
    let place = Place::new().await;
    let mut tasks = JoinSet::new();
    for number in 0..300 {
        let db = place.db.clone();
        tasks.spawn(async move {
            let mut tx = db.begin().await.unwrap();
            insert(&mut tx, &format!("{number:03}")).await.unwrap();
            tx.commit().await.unwrap();
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    let expected: Vec<String> = (0..300).map(|number| format!("{number:03}")).collect();
    assert_eq!(place.names().await, expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_is_undone_leaves_no_trace_and_harms_no_neighbor() {
    let place = Place::new().await;
    let mut first = place.db.begin().await.unwrap();
    insert(&mut first, "first").await.unwrap();
    let db = place.db.clone();
    let undone = tokio::spawn(async move {
        let mut tx = db.begin().await?;
        insert(&mut tx, "undone").await?;
        insert(&mut tx, "undone too").await?;
        tx.rollback().await
    });
    sleep(Duration::from_millis(20)).await;
    let last = behind(&place.db, "last").await;
    first.commit().await.unwrap();
    undone.await.unwrap().unwrap();
    last.await.unwrap().unwrap();
    assert_eq!(place.names().await, ["first", "last"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_waits_for_whoever_shares_it_and_no_longer() {
    let place = Place::new().await;
    let mut first = place.db.begin().await.unwrap();
    insert(&mut first, "first").await.unwrap();
    let (go, gone) = tokio::sync::oneshot::channel::<()>();
    let db = place.db.clone();
    let second = tokio::spawn(async move {
        let mut tx = db.begin().await.unwrap();
        insert(&mut tx, "second").await.unwrap();
        gone.await.unwrap();
        drop(tx);
    });
    sleep(Duration::from_millis(20)).await;
    let mut commit = pin!(first.commit());
    assert!(timeout(Duration::from_millis(50), &mut commit).await.is_err(), "the second has not ended");
    assert!(place.names().await.is_empty(), "nothing is committed yet");
    go.send(()).unwrap();
    commit.await.unwrap();
    second.await.unwrap();
    assert_eq!(place.names().await, ["first"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_goes_away_or_panics_is_undone_and_the_next_can_write() {
    let place = Place::new().await;
    let mut tx = place.db.begin().await.unwrap();
    insert(&mut tx, "dropped").await.unwrap();
    drop(tx);
    let db = place.db.clone();
    let panicked = tokio::spawn(async move {
        let mut tx = db.begin().await.unwrap();
        insert(&mut tx, "panicked").await.unwrap();
        panic!("in the middle");
    });
    assert!(panicked.await.is_err());
    behind(&place.db, "next").await.await.unwrap().unwrap();
    assert_eq!(place.names().await, ["next"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_statement_does_not_end_its_transaction() {
    let place = Place::new().await;
    let mut tx = place.db.begin().await.unwrap();
    insert(&mut tx, "a").await.unwrap();
    assert!(matches!(insert(&mut tx, "a").await, Err(StoreError::Duplicate)));
    insert(&mut tx, "b").await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(place.names().await, ["a", "b"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_the_engine_gives_up_nobody_is_told_that_it_is_durable_and_the_next_can_write() {
    let place = Place::new().await;
    let mut first = place.db.begin().await.unwrap();
    let pages: i64 = first.query("pragma page_count").scalar().await.unwrap();
    // The limit is part of the text, and so the text is not one of the store's.
    let limit: &'static str = format!("pragma max_page_count = {}", pages + 4).leak();
    first.query(limit).execute().await.unwrap();
    insert(&mut first, "first").await.unwrap();
    let db = place.db.clone();
    let second = tokio::spawn(async move {
        let mut tx = db.begin().await?;
        insert(&mut tx, &"x".repeat(1_000_000)).await?;
        tx.commit().await
    });
    sleep(Duration::from_millis(20)).await;
    let first = first.commit().await;
    assert!(matches!(second.await.unwrap(), Err(StoreError::Unavailable(_))), "the disk is full");
    let expected: &[&str] = if first.is_ok() { &["first"] } else { &[] };
    assert_eq!(place.names().await, expected, "what the first was told is true");
    let mut tx = place.db.begin().await.unwrap();
    tx.query("pragma max_page_count = 1000000").execute().await.unwrap();
    insert(&mut tx, "z").await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(place.names().await.last().unwrap(), "z");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_closed_database_has_what_was_committed_and_takes_no_more() {
    let place = Place::new().await;
    behind(&place.db, "kept").await.await.unwrap().unwrap();
    place.db.close().await;
    assert!(matches!(place.db.begin().await, Err(StoreError::Unavailable(_))));
    assert_eq!(place.names().await, ["kept"]);
}

/// How one of many transactions ends.
#[derive(Clone, Copy, Debug)]
enum End {
    Commit,
    Rollback,
    Drop,
    /// The caller goes away after so many polls, wherever it is then.
    CutShort(usize),
}

fn ends() -> impl Strategy<Value = Vec<(End, u8)>> {
    let end = prop_oneof![
        4 => Just(End::Commit),
        2 => Just(End::Rollback),
        2 => Just(End::Drop),
        4 => (0_usize..24).prop_map(End::CutShort),
    ];
    proptest::collection::vec((end, 1_u8..4), 1..60)
}

async fn run(db: Db, number: usize, end: End, rows: u8) -> Option<bool> {
    let work = async {
        let mut tx = db.begin().await.unwrap();
        for row in 0..rows {
            insert(&mut tx, &format!("{number:03}.{row}")).await.unwrap();
            if number.is_multiple_of(3) {
                tokio::task::yield_now().await;
            }
        }
        match end {
            End::Commit | End::CutShort(_) => tx.commit().await.map(|()| true).unwrap(),
            End::Rollback => tx.rollback().await.map(|()| false).unwrap(),
            End::Drop => false,
        }
    };
    match end {
        End::CutShort(polls) => cut_short(work, polls).await,
        _ => Some(work.await),
    }
}

proptest! {
    #![proptest_config(Config { cases: 40, failure_persistence: None, ..Config::default() })]

    #[test]
    fn each_is_there_as_a_whole_or_not_at_all(ends in ends()) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            let place = Place::new().await;
            let ends = Arc::new(ends);
            let mut tasks = JoinSet::new();
            for (number, (end, rows)) in ends.iter().copied().enumerate() {
                let db = place.db.clone();
                tasks.spawn(async move { (number, run(db, number, end, rows).await) });
            }
            let told = tasks.join_all().await;
            // Whoever went away may be at work still; after this commit nobody is.
            let mut tx = place.db.begin().await.unwrap();
            insert(&mut tx, "zzz").await.unwrap();
            tx.commit().await.unwrap();
            let names = place.names().await;
            for (number, told) in told {
                let rows = usize::from(ends[number].1);
                let found = names.iter().filter(|name| name.starts_with(&format!("{number:03}."))).count();
                let expected = match told {
                    Some(true) => found == rows,
                    Some(false) => found == 0,
                    None => found == 0 || found == rows,
                };
                assert!(expected, "{number} ended {:?}, was told {told:?}, and {found} rows are there", ends[number].0);
            }
            assert_eq!(names.last().unwrap(), "zzz");
        });
    }
}
