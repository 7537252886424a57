//! From the customer's message at the front door to the agent's socket, at 1,000 messages a second and 100 sockets.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use patchbay_core::clock::Clock;
use patchbay_store::Engine;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};

use crate::post::{Connection, whatsapp_post};
use crate::report::{Report, percentile, rate};
use crate::subscriber::{Counts, subscribe};
use crate::target::{Target, name};

const SOCKETS: usize = 100;
const MESSAGES_PER_SECOND: u32 = 1_000;
const SECONDS: u32 = 10;

/// Both engines.
pub(crate) async fn run() -> Report {
    let mut report = Report::default();
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let target = Target::start(engine).await;
        let counts = Arc::new(Counts::default());
        let (sender, mut receiver) = mpsc::channel(2_000_000);
        let mut sockets = JoinSet::new();
        for _ in 0..SOCKETS {
            let reading = subscribe(target.port, target.admin.token(), Arc::clone(&counts), Some(sender.clone())).await;
            sockets.spawn(reading.expect("the socket opens"));
        }
        let started = Instant::now();
        let refused = paced(target.port, "latency", MESSAGES_PER_SECOND, MESSAGES_PER_SECOND * SECONDS).await;
        let took = started.elapsed();
        sleep(Duration::from_secs(2)).await;
        let mut waits = Vec::new();
        while let Ok(wait) = receiver.try_recv() {
            waits.push(wait);
        }
        waits.sort_unstable();
        #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
        report.add(
            format!("webhook to socket, {}", name(engine)),
            vec![
                ("messages/s", rate((MESSAGES_PER_SECOND * SECONDS) as usize, took)),
                ("frames/s", rate(counts.frames.load(Ordering::Relaxed), took)),
                ("p50 ms", percentile(&waits, 0.5)),
                ("p99 ms", percentile(&waits, 0.99)),
                ("seen", waits.len() as f64),
                ("resyncs", counts.resyncs.load(Ordering::Relaxed) as f64),
                ("refused", refused as f64),
            ],
        );
    }
    report
}

/// Posts `count` messages at `per_second`, whether or not earlier ones were answered; returns how many were not answered
/// 200.
pub(crate) async fn paced(port: u16, run: &str, per_second: u32, count: u32) -> usize {
    paced_with(port, run, per_second, count, |_| format!("t={}", Clock::system().now().timestamp_micros())).await
}

/// The same with a text for each number.
pub(crate) async fn paced_with(
    port: u16,
    run: &str,
    per_second: u32,
    count: u32,
    text: impl Fn(u32) -> String + Clone + Send + 'static,
) -> usize {
    const LANES: u32 = 32;
    let lanes = LANES.min(per_second);
    let refused = Arc::new(AtomicUsize::new(0));
    let mut posting = JoinSet::new();
    for lane in 0..lanes {
        let (refused, run, text) = (Arc::clone(&refused), run.to_owned(), text.clone());
        posting.spawn(async move {
            let mut connection = Connection::open(port).await.expect("the server accepts");
            let mut ticks = interval(Duration::from_secs(1) * lanes / per_second);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
            sleep(Duration::from_secs(1) * lane / per_second).await;
            for number in (lane..count).step_by(lanes as usize) {
                ticks.tick().await;
                let now = Clock::system().now();
                let text = text(number);
                let id = format!("wamid.{run}.{number}");
                let request = whatsapp_post(port, number % 5_000, &id, &text, now.timestamp());
                if connection.exchange(&request).await.expect("the server answers") != 200 {
                    refused.fetch_add(1, Ordering::Relaxed);
                }
            }
        });
    }
    posting.join_all().await;
    refused.load(Ordering::Relaxed)
}
