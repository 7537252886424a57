//! Signed WhatsApp webhooks from 128 connections and 5,000 customers: the server and the bare floor, one after the other.

use std::process::{Command, Stdio};
use std::time::Duration;

use patchbay_store::Engine;
use patchbay_tests::TestDatabase;
use patchbay_tests::services::free_port;
use patchbay_tests::wait::eventually;

use crate::load::{Measured, closed_loop};
use crate::post::Connection;
use crate::report::{Report, percentile, rate};
use crate::target::{Target, name};

const WARM_UP: usize = 20_000;
const EVENTS: usize = 200_000;
const MILLION: usize = 1_000_000;

/// Server and floor on both engines.
pub(crate) async fn run() -> Report {
    let mut report = Report::default();
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let floor = floor(engine).await;
        report.add(format!("floor, {}", name(engine)), figures(&floor));
        let target = Target::start(engine).await;
        let measured = closed_loop(target.port, "bench", WARM_UP, EVENTS).await;
        let mut figures = figures(&measured);
        figures.push(("of the floor", rate(measured.events, measured.took) / rate(floor.events, floor.took)));
        figures.push(("memory MB", megabytes(target.node.resident_bytes())));
        report.add(format!("patchbay, {}", name(engine)), figures);
    }
    report
}

/// Memory of the server after a million messages.
pub(crate) async fn memory() -> Report {
    let mut report = Report::default();
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let target = Target::start(engine).await;
        let measured = closed_loop(target.port, "bench", 0, MILLION).await;
        let mut figures = figures(&measured);
        figures.push(("memory MB", megabytes(target.node.resident_bytes())));
        report.add(format!("a million, {}", name(engine)), figures);
    }
    report
}

fn figures(measured: &Measured) -> Vec<(&'static str, f64)> {
    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
    let refused = measured.refused as f64;
    vec![
        ("events/s", rate(measured.events, measured.took)),
        ("p50 ms", percentile(&measured.waits, 0.5)),
        ("p99 ms", percentile(&measured.waits, 0.99)),
        ("refused", refused),
    ]
}

#[expect(clippy::cast_precision_loss, reason = "sizes stay far below 2^52")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

/// The bare program as a process of its own, so that it shares the machine with the load as the server does.
async fn floor(engine: Engine) -> Measured {
    let database = TestDatabase::empty(engine).await;
    let port = free_port();
    let mut child = Command::new(std::env::current_exe().expect("a running program knows its path"))
        .args(["floor", &port.to_string(), database.url()])
        .stdin(Stdio::null())
        .spawn()
        .expect("the floor starts");
    eventually("the floor accepts", Duration::from_secs(20), || async { Connection::open(port).await.ok() }).await;
    let measured = closed_loop(port, "floor", WARM_UP, EVENTS).await;
    let _killed = child.kill();
    let _status = child.wait();
    measured
}
