//! A closed loop of signed webhooks from many connections.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::time::Duration;

use patchbay_core::clock::Clock;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::post::{Connection, whatsapp_post};

/// Keep-alive connections. Source: the benchmark.
const CONNECTIONS: u32 = 128;
/// Customers who write.
const CONTACTS: u32 = 5_000;

/// What a loop measured after its warm-up.
#[derive(Debug)]
pub(crate) struct Measured {
    /// How many were answered 200.
    pub(crate) events: usize,
    /// How many were answered anything else.
    pub(crate) refused: usize,
    /// How long it took.
    pub(crate) took: Duration,
    /// From sending to the answer, in order of size.
    pub(crate) waits: Vec<Duration>,
}

/// Posts `warm_up` and then `events` messages to `port`, as fast as they are answered.
pub(crate) async fn closed_loop(port: u16, run: &str, warm_up: usize, events: usize) -> Measured {
    exchange_all(port, &format!("{run}w"), warm_up).await;
    exchange_all(port, run, events).await
}

async fn exchange_all(port: u16, run: &str, events: usize) -> Measured {
    let left = Arc::new(AtomicUsize::new(events));
    let contact = Arc::new(AtomicU32::new(0));
    let at = Clock::system().now().timestamp();
    let started = Instant::now();
    let mut connections = JoinSet::new();
    for number in 0..CONNECTIONS {
        let (left, contact, run) = (Arc::clone(&left), Arc::clone(&contact), run.to_owned());
        connections.spawn(async move {
            let mut connection = Connection::open(port).await.expect("the server accepts");
            let (mut waits, mut refused) = (Vec::new(), 0_usize);
            while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok() {
                let contact = contact.fetch_add(1, Ordering::Relaxed) % CONTACTS;
                let id = format!("wamid.{run}.{number}.{}", waits.len() + refused);
                let request = whatsapp_post(port, contact, &id, "Is my appointment still on for Tuesday at nine?", at);
                let sent = Instant::now();
                match connection.exchange(&request).await.expect("the server answers") {
                    200 => waits.push(sent.elapsed()),
                    _ => refused += 1,
                }
            }
            (waits, refused)
        });
    }
    let (mut waits, mut refused) = (Vec::with_capacity(events), 0);
    for (some, others) in connections.join_all().await {
        waits.extend(some);
        refused += others;
    }
    let took = started.elapsed();
    waits.sort_unstable();
    Measured { events: waits.len(), refused, took, waits }
}
