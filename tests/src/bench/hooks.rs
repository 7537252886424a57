//! Outgoing webhooks: ten thousand events that a receiver refused are replayed to it at once, beside a receiver that never
//! answers and one that is not there; in the middle the server is killed.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use patchbay_store::Engine;
use patchbay_tests::services::free_port;
use patchbay_tests::wait::eventually;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::load::closed_loop;
use crate::report::{Report, load, rate};
use crate::target::{Target, name};

/// An unoptimized build only shows that it works.
const EVENTS: usize = if cfg!(debug_assertions) { 300 } else { 10_000 };
const PATIENCE: Duration = Duration::from_mins(3);

/// Somebody who is called.
#[derive(Clone, Default)]
struct Receiver {
    takes: Arc<AtomicBool>,
    refused: Arc<Mutex<HashMap<String, u32>>>,
    taken: Arc<Mutex<HashMap<String, u32>>>,
}

impl Receiver {
    async fn listen(&self) -> (u16, JoinHandle<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let app = Router::new().route("/hook", post(take)).with_state(self.clone());
        (port, tokio::spawn(async move { axum::serve(listener, app).await.expect("the receiver serves") }))
    }

    fn refused(&self) -> usize {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    fn taken(&self) -> (usize, u32) {
        let taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        (taken.len(), taken.values().sum())
    }
}

async fn take(State(receiver): State<Receiver>, headers: HeaderMap) -> StatusCode {
    let event = headers.get("x-patchbay-event-id").and_then(|id| id.to_str().ok()).unwrap_or_default().to_owned();
    let takes = receiver.takes.load(Ordering::Relaxed);
    let (book, answer) =
        if takes { (&receiver.taken, StatusCode::OK) } else { (&receiver.refused, StatusCode::NOT_FOUND) };
    *book.lock().unwrap_or_else(PoisonError::into_inner).entry(event).or_default() += 1;
    answer
}

/// Both engines.
pub(crate) async fn run() -> Report {
    let mut report = Report::default();
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let receiver = Receiver::default();
        let (port, serving) = receiver.listen().await;
        // Accepts and says nothing.
        let silent = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let silent_port = silent.local_addr().expect("an address").port();
        let nobody = free_port();
        let more = format!(
            "[workers.webhooks]\ninternal_hosts = [\"127.0.0.1:{port}\", \"127.0.0.1:{silent_port}\", \"127.0.0.1:{nobody}\"]\n"
        );
        let mut target = Target::start_with(engine, &more).await;
        let mut hook = String::new();
        for to in [silent_port, nobody, port] {
            let body = json!({"url": format!("http://127.0.0.1:{to}/hook"), "events": ["message.received"]});
            let made = target.admin.post("/api/v1/webhooks", body).await.expect(201);
            made["id"].as_str().expect("an id").clone_into(&mut hook);
        }
        let began = patchbay_core::clock::Clock::system().now();
        let busy = load();
        let started = Instant::now();
        closed_loop(target.port, "hooks", 0, EVENTS).await;
        let posted = started.elapsed();
        eventually("every event was refused once", PATIENCE, || async { (receiver.refused() >= EVENTS).then_some(()) })
            .await;
        let alongside = started.elapsed();
        // What the last calls ended with has to be written down before it can be replayed.
        tokio::time::sleep(Duration::from_secs(2)).await;
        receiver.takes.store(true, Ordering::Relaxed);
        let since = json!({"since": began.to_rfc3339()});
        let started = Instant::now();
        target.admin.post(&format!("/api/v1/webhooks/{hook}/replay"), since).await.expect(202);
        let half = eventually("half of them arrived", PATIENCE, || async {
            (receiver.taken().0 >= EVENTS / 2).then(|| started.elapsed())
        })
        .await;
        let so_far = receiver.taken().0;
        target.node.kill();
        target.node.restart().await;
        let restarted = Instant::now();
        eventually("all of them arrived", PATIENCE, || async { (receiver.taken().0 >= EVENTS).then_some(()) }).await;
        let (events, calls) = receiver.taken();
        #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
        report.add(
            name(engine),
            vec![
                ("deliveries/s", rate(so_far, half)),
                ("of events/s", rate(EVENTS, posted)),
                ("alongside/s", rate(EVENTS, alongside)),
                ("lost", EVENTS.saturating_sub(events) as f64),
                ("came twice", f64::from(calls) - events as f64),
                ("after kill s", restarted.elapsed().as_secs_f64()),
                ("load before", busy),
            ],
        );
        serving.abort();
        drop(silent);
    }
    report
}
