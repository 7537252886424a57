//! A read tool over `POST /tools/…` with the limits lifted: one assistant after the other, then 32 at once in as many
//! conversations. Each call leaves its row in the audit chain before it is answered. And the redactor over messages as
//! customers write them.

use std::sync::Arc;
use std::time::Duration;

use patchbay_core::ids::ActorId;
use patchbay_core::redaction::{Known, Reader, Redactor};
use patchbay_core::secret::Secret;
use patchbay_http::{Claims, TokenKeys, WordList};
use patchbay_store::Engine;
use patchbay_tests::{corpus, settings};
use serde_json::Value;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::post::{Connection, whatsapp_post};
use crate::report::{Report, load, percentile, rate};
use crate::target::{Target, name};

const CONVERSATIONS: usize = 32;
/// An unoptimized build only shows that it works.
const WARM_UP: usize = if cfg!(debug_assertions) { 32 } else { 500 };
const CALLS: usize = if cfg!(debug_assertions) { 320 } else { 6_000 };
const LIFTED: &str = "[tool_gateway]\ncalls_per_hour = 0\nflurry_calls = 0\ndenials_per_ten_minutes = 0\n";
const BODY: &str = r#"{"arguments":{}}"#;

/// Both engines.
pub(crate) async fn run() -> Report {
    let mut report = Report::default();
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let target = Target::start_with(engine, LIFTED).await;
        let requests = Arc::new(requests(&target).await);
        call_all(target.port, &requests, 4, WARM_UP).await;
        for callers in [1, CONVERSATIONS] {
            let before = load();
            let busy = target.node.cpu_time();
            let started = Instant::now();
            let waits = call_all(target.port, &requests, callers, CALLS).await;
            let took = started.elapsed();
            report.add(
                format!("{}, {callers} at once", name(engine)),
                vec![
                    ("calls/s", rate(waits.len(), took)),
                    ("p50 ms", percentile(&waits, 0.5)),
                    ("p99 ms", percentile(&waits, 0.99)),
                    ("cpu us/call", each(target.node.cpu_time().saturating_sub(busy), waits.len())),
                    ("load before", before),
                ],
            );
        }
    }
    report.add("redactor, a message", redactor());
    report
}

/// What customers write, with personal data and without, in both languages; mails are longer.
const MESSAGES: &[&str] = &[
    "Hi, the front door does not close since this morning. Could somebody come today?",
    "Bonjour, la porte du quai 3 reste ouverte, le moteur tourne mais rien ne bouge. Merci de passer avant 15 h.",
    "You can reach me at 514-555-0123 or at maya.lindqvist@example.test, order 5145550123 is still open.",
    "Mon numéro est le 438 555-0199, je suis au 1234, rue Sainte-Catherine Ouest, bureau 5, Montréal (Québec) H3G 1P1",
    "ok thanks",
    "The card was 4111 1111 1111 1111, the invoice 123456789, VIN 1HGCM82633A004352, the unit is at 12 Main Street, Apt 4.",
    "{\"level\":\"info\",\"customer_phone\":\"+15145550123\",\"msg\":\"ticket T-2026-000123 moved\",\"duration_ms\":42}",
    "Hello,\n\nwe wrote to you last week about the yearly check of our four doors at Harbor Clinic and have not heard from \
     you since. Could you tell us when a technician can come? Mornings are best, but not on Wednesdays. The code of the \
     back door has changed; please ring at the reception.\n\nBest regards,\nOleg Hansen\nHouse management\n+1 (613) 555-0148",
];
const ROUNDS: usize = if cfg!(debug_assertions) { 2 } else { 100 };

/// Processor time for one of many, in microseconds.
fn each(time: Duration, count: usize) -> f64 {
    time.as_secs_f64() * 1e6 / f64::from(u32::try_from(count.max(1)).unwrap_or(u32::MAX))
}

/// How long one message takes, in microseconds: of the messages here and of the corpus that redaction is tested with.
fn redactor() -> Vec<(&'static str, f64)> {
    Redactor::prepare();
    let redactor = Redactor::new(b"a benchmark", Reader::Sink);
    let known = Known::new(["Maya Lindqvist", "Oleg Hansen"]);
    let messages: Vec<String> =
        MESSAGES.iter().map(|message| (*message).to_owned()).chain(corpus::messages()).collect();
    let mut waits = Vec::with_capacity(messages.len() * ROUNDS);
    for _ in 0..ROUNDS {
        for message in &messages {
            let began = Instant::now();
            std::hint::black_box(redactor.redact(message, &known));
            waits.push(began.elapsed());
        }
    }
    waits.sort_unstable();
    vec![("p50 us", percentile(&waits, 0.5) * 1e3), ("p99 us", percentile(&waits, 0.99) * 1e3)]
}

/// A call of a read tool for each of the conversations, as it goes over the wire.
async fn requests(target: &Target) -> Vec<Vec<u8>> {
    let mut connection = Connection::open(target.port).await.expect("the server accepts");
    let now = patchbay_core::clock::Clock::system().now().timestamp();
    for number in 0..CONVERSATIONS {
        let contact = u32::try_from(number).expect("few") + 1;
        let webhook = whatsapp_post(target.port, contact, &format!("wamid.gateway.{number}"), "Hello", now);
        assert_eq!(connection.exchange(&webhook).await.expect("the server answers"), 200);
    }
    let listed = target.admin.get("/api/v1/conversations?limit=100").await.expect(200);
    let keys = TokenKeys::new(&Secret::new(settings::JWT_SECRET.to_owned()), None, None).expect("long enough");
    let of = |conversation: &Value| {
        let claims = Claims {
            sub: ActorId::new().to_string(),
            role: "ai".to_owned(),
            exp: now + 3_600,
            conv: conversation["id"].as_str().and_then(|id| id.parse().ok()),
            account_ids: Some(WordList::Text("*".into())),
            ..Claims::default()
        };
        let token = keys.issue(claims).expect("a token");
        let port = target.port;
        format!(
            "POST /tools/search_tickets HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\ncontent-type: application/json\r\n\
             authorization: Bearer {token}\r\ncontent-length: {}\r\n\r\n{BODY}",
            BODY.len()
        )
        .into_bytes()
    };
    listed["data"].as_array().expect("a list").iter().map(of).collect()
}

/// Calls the tool `count` times in all; returns how long each took, in order of size.
async fn call_all(port: u16, requests: &Arc<Vec<Vec<u8>>>, callers: usize, count: usize) -> Vec<Duration> {
    let mut calling = JoinSet::new();
    for caller in 0..callers {
        let requests = Arc::clone(requests);
        calling.spawn(async move {
            let mut connection = Connection::open(port).await.expect("the server accepts");
            let request = &requests[caller % requests.len()];
            let mut waits = Vec::with_capacity(count / callers);
            for _ in 0..count / callers {
                let sent = Instant::now();
                assert_eq!(connection.exchange(request).await.expect("the server answers"), 200);
                waits.push(sent.elapsed());
            }
            waits
        });
    }
    let mut waits = calling.join_all().await.concat();
    waits.sort_unstable();
    waits
}
