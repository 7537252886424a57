//! How long a node takes from nothing to ready on SQLite, and how big the binary is.

use patchbay_store::Engine;
use patchbay_tests::node;
use tokio::time::Instant;

use crate::report::{Report, percentile};
use crate::target::Target;

const ROUNDS: usize = 5;

/// Five starts, each on an empty database.
pub(crate) async fn run() -> Report {
    let mut waits = Vec::new();
    let mut idle = 0;
    for _ in 0..ROUNDS {
        let before = Instant::now();
        let target = Target::start(Engine::Sqlite).await;
        waits.push(before.elapsed());
        idle = target.node.resident_bytes();
    }
    waits.sort_unstable();
    let size = std::fs::metadata(node::binary()).map_or(0, |found| found.len());
    let mut report = Report::default();
    #[expect(clippy::cast_precision_loss, reason = "sizes stay far below 2^52")]
    report.add(
        "start, sqlite",
        vec![
            ("p50 ms", percentile(&waits, 0.5)),
            ("longest ms", percentile(&waits, 1.0)),
            ("memory MB", idle as f64 / 1e6),
            ("binary MB", size as f64 / 1e6),
        ],
    );
    report
}
