//! One event to many sockets: frames a second, waits, and what a socket costs in memory.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use patchbay_store::Engine;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::latency::paced;
use crate::report::{Report, percentile, rate};
use crate::subscriber::{Counts, subscribe};
use crate::target::Target;

/// Frames a second that are asked of the server, as many as a quiet one sends for each message: a third more than the
/// bar, because under load a counter tells several changes in one frame.
const OFFERED: usize = 270_000;
const SECONDS: u32 = 10;
/// After so long without a frame there is none left.
const QUIET: Duration = Duration::from_secs(1);
/// Sockets whose waits are kept.
const SAMPLED: usize = 50;

/// A thousand and ten thousand sockets.
pub(crate) async fn run() -> Report {
    let mut report = Report::default();
    for sockets in [1_000, 10_000] {
        let target = Target::start(Engine::Sqlite).await;
        let before = target.node.resident_bytes();
        let counts = Arc::new(Counts::default());
        let (sender, mut receiver) = mpsc::channel(1_000_000);
        let mut readers = JoinSet::new();
        for number in 0..sockets {
            let waits = (number < SAMPLED).then(|| sender.clone());
            let reading = subscribe(target.port, target.admin.token(), Arc::clone(&counts), waits).await;
            readers.spawn(reading.expect("the socket opens"));
        }
        sleep(Duration::from_secs(2)).await;
        let after = target.node.resident_bytes();

        // How many frames a message makes is the server's to decide; ask it, then set the pace.
        let idle = counts.frames.load(Ordering::Relaxed);
        paced(target.port, "calibrate", 10, 10).await;
        sleep(Duration::from_secs(2)).await;
        let frames_per_message = ((counts.frames.load(Ordering::Relaxed) - idle) / 10).max(1);
        let per_second = u32::try_from((OFFERED / frames_per_message).max(1)).expect("the pace is small");
        while receiver.try_recv().is_ok() {}

        let first = counts.frames.load(Ordering::Relaxed);
        let started = Instant::now();
        paced(target.port, "fanout", per_second, per_second * SECONDS).await;
        // Counters gather what changes, so that there are fewer frames than messages times what one makes: all have come
        // when no more come.
        let mut took = started.elapsed();
        let mut seen = counts.frames.load(Ordering::Relaxed);
        let mut last = Instant::now();
        while last.elapsed() < QUIET {
            sleep(Duration::from_millis(10)).await;
            let now = counts.frames.load(Ordering::Relaxed);
            if now > seen {
                (seen, last, took) = (now, Instant::now(), started.elapsed());
            }
        }
        let frames = counts.frames.load(Ordering::Relaxed) - first;
        let mut waits = Vec::new();
        while let Ok(wait) = receiver.try_recv() {
            waits.push(wait);
        }
        waits.sort_unstable();
        #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
        report.add(
            format!("{sockets} sockets"),
            vec![
                ("frames/s", rate(frames, took)),
                ("p50 ms", percentile(&waits, 0.5)),
                ("p99 ms", percentile(&waits, 0.99)),
                ("bytes/socket", after.saturating_sub(before) as f64 / f64::from(u32::try_from(sockets).unwrap_or(1))),
                ("messages/s", f64::from(per_second)),
                ("resyncs", counts.resyncs.load(Ordering::Relaxed) as f64),
                ("ended", counts.ended.load(Ordering::Relaxed) as f64),
            ],
        );
    }
    report
}
