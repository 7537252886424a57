//! A read tool over `POST /tools/…` with the limits lifted: one assistant after the other, then 32 at once in as many
//! conversations. Each call leaves its row in the audit chain before it is answered.

use std::sync::Arc;
use std::time::Duration;

use patchbay_core::ids::ActorId;
use patchbay_core::secret::Secret;
use patchbay_http::{Claims, TokenKeys, WordList};
use patchbay_store::Engine;
use patchbay_tests::settings;
use serde_json::Value;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::post::{Connection, whatsapp_post};
use crate::report::{Report, load, percentile, rate};
use crate::target::{Target, name};

const CONVERSATIONS: usize = 32;
const WARM_UP: usize = 500;
const CALLS: usize = 6_000;
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
            let started = Instant::now();
            let waits = call_all(target.port, &requests, callers, CALLS).await;
            let took = started.elapsed();
            report.add(
                format!("{}, {callers} at once", name(engine)),
                vec![
                    ("calls/s", rate(waits.len(), took)),
                    ("p50 ms", percentile(&waits, 0.5)),
                    ("p99 ms", percentile(&waits, 0.99)),
                    ("load before", before),
                ],
            );
        }
    }
    report
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
