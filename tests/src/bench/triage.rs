//! `POST /tickets/{id}/triage` on distinct tickets from 64 connections, spread over twenty accounts and all of one account,
//! whose entries of the audit chain one after the other.

use std::sync::Arc;
use std::time::Duration;

use patchbay_core::ids::TicketId;
use patchbay_store::Engine;
use patchbay_tests::settings;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::desk::{command, fill, places};
use crate::post::Connection;
use crate::report::{Report, load, percentile, rate};
use crate::target::{Target, name};

const CONNECTIONS: usize = 64;
const WARM_UP: usize = 2_000;
const TICKETS: usize = 20_000;
const BODY: &str =
    r#"{"priority":"URGENT","incident_type":"DOOR_WONT_LATCH","nte_cents":25000,"ready_to_schedule":true}"#;

/// Both engines.
pub(crate) async fn run() -> Report {
    let mut report = Report::default();
    for engine in [Engine::Sqlite, Engine::Postgres] {
        if std::env::var("BENCH_ENGINE").is_ok_and(|chosen| chosen != name(engine)) {
            continue;
        }
        for accounts in [20, 1] {
            let target = Target::start(engine).await;
            let (places, model) = places(&target.admin, accounts).await;
            let tickets = fill(&target, &places, model, WARM_UP + TICKETS, |_, ticket| ticket).await;
            let (warm_up, rest) = tickets.split_at(WARM_UP);
            triage_all(target.port, warm_up).await;
            let before = load();
            let started = Instant::now();
            let (waits, refused) = triage_all(target.port, rest).await;
            let took = started.elapsed();
            #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
            report.add(
                format!("{}, {accounts} accounts", name(engine)),
                vec![
                    ("triages/s", rate(waits.len(), took)),
                    ("p50 ms", percentile(&waits, 0.5)),
                    ("p99 ms", percentile(&waits, 0.99)),
                    ("refused", refused as f64),
                    ("load before", before),
                ],
            );
        }
    }
    report
}

/// Triages each ticket once; returns how long each took, in order of size, and how many were not answered 200.
async fn triage_all(port: u16, tickets: &[TicketId]) -> (Vec<Duration>, usize) {
    let token: Arc<str> = settings::token("dispatcher").into();
    let mut connections = JoinSet::new();
    for lane in 0..CONNECTIONS {
        let mine: Vec<TicketId> = tickets.iter().copied().skip(lane).step_by(CONNECTIONS).collect();
        let token = Arc::clone(&token);
        connections.spawn(async move {
            let mut connection = Connection::open(port).await.expect("the server accepts");
            let (mut waits, mut refused) = (Vec::with_capacity(mine.len()), 0);
            for ticket in mine {
                let request = command(port, &token, &format!("/tickets/{ticket}/triage"), BODY);
                let sent = Instant::now();
                match connection.exchange(&request).await.expect("the server answers") {
                    200 => waits.push(sent.elapsed()),
                    _ => refused += 1,
                }
            }
            (waits, refused)
        });
    }
    let (mut waits, mut refused) = (Vec::with_capacity(tickets.len()), 0);
    for (some, others) in connections.join_all().await {
        waits.extend(some);
        refused += others;
    }
    waits.sort_unstable();
    (waits, refused)
}
