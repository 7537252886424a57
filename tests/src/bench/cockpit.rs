//! The dispatcher's queue: 200 rows out of 100,000 open tickets, one caller after the other and four at once.

use std::sync::Arc;
use std::time::Duration;

use patchbay_store::Engine;
use patchbay_tests::settings;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::desk::{busy, fill, places, read};
use crate::post::Connection;
use crate::report::{Report, load, percentile, rate};
use crate::target::{Target, name};

const TICKETS: usize = 100_000;
const ACCOUNTS: usize = 20;
const WARM_UP: usize = 20;
const READS: usize = 400;

/// Both engines.
pub(crate) async fn run() -> Report {
    let mut report = Report::default();
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let target = Target::start(engine).await;
        let (places, model) = places(&target.admin, ACCOUNTS).await;
        fill(&target, &places, model, TICKETS, busy).await;
        let queue = target.admin.get("/ux/dispatcher/cockpit").await.expect(200);
        let rows = queue["queue"].as_array().map_or(0, Vec::len);
        read_all(target.port, 1, WARM_UP).await;
        for callers in [1, 4] {
            let before = load();
            let started = Instant::now();
            let waits = read_all(target.port, callers, READS).await;
            let took = started.elapsed();
            #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
            report.add(
                format!("{}, {callers} at once", name(engine)),
                vec![
                    ("rows", rows as f64),
                    ("reads/s", rate(waits.len(), took)),
                    ("p50 ms", percentile(&waits, 0.5)),
                    ("p99 ms", percentile(&waits, 0.99)),
                    ("load before", before),
                ],
            );
        }
    }
    report
}

/// Reads the queue `count` times; returns how long each took, in order of size.
async fn read_all(port: u16, callers: usize, count: usize) -> Vec<Duration> {
    let token: Arc<str> = settings::token("dispatcher").into();
    let mut reading = JoinSet::new();
    for _ in 0..callers {
        let token = Arc::clone(&token);
        reading.spawn(async move {
            let mut connection = Connection::open(port).await.expect("the server accepts");
            let request = read(port, &token, "/ux/dispatcher/cockpit");
            let mut waits = Vec::new();
            for _ in 0..count / callers {
                let sent = Instant::now();
                let status = connection.exchange(&request).await.expect("the server answers");
                assert_eq!(status, 200, "the queue is read");
                waits.push(sent.elapsed());
            }
            waits
        });
    }
    let mut waits = reading.join_all().await.concat();
    waits.sort_unstable();
    waits
}
