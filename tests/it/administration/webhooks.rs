//! Outgoing webhooks: kept over the API, called by the workers, taken by a receiver on a real port.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode};
use chrono::TimeDelta;
use hmac::{Hmac, KeyInit as _, Mac as _};
use patchbay_core::event::{Audience, EventName, NewEvent};
use patchbay_core::ids::{EventId, NodeId, OutboxId};
use patchbay_store::events;
use patchbay_store::outbox::{self, OutboxRow};
use patchbay_tests::wait::{PATIENCE, eventually};
use patchbay_tests::{TestDatabase, both_engines};
use patchbay_workers::limits::MemoryLimits;
use patchbay_workers::{Deps, WebhookConfig, Workers, WorkersConfig};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::world::{Answer, World};

both_engines! {
    an_event_arrives_signed_once_and_stands_in_the_log;
    what_happens_to_a_ticket_arrives_from_the_outbox;
    only_wanted_events_arrive;
    a_secret_is_shown_once_and_two_sign_while_they_overlap;
    a_failed_call_is_tried_again_on_schedule_under_the_same_event_id;
    what_the_receiver_refuses_is_not_tried_again_and_can_be_replayed;
    a_dead_address_does_not_delay_another;
    an_address_that_fails_for_five_days_is_disabled;
    a_receiver_that_is_gone_is_disabled_at_once;
    an_address_out_of_use_is_not_called;
    an_internal_address_is_refused;
    a_call_whose_node_died_is_made_again;
    a_test_call_pings;
}

/// Somebody who is called.
#[derive(Clone, Default)]
struct Receiver {
    calls: Arc<Mutex<Vec<Call>>>,
    /// Statuses of the next answers; 200 without any.
    answers: Arc<Mutex<VecDeque<u16>>>,
    /// How long an answer takes.
    delay: Arc<Mutex<Duration>>,
}

#[derive(Clone)]
struct Call {
    headers: HeaderMap,
    body: Bytes,
}

impl Call {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    /// As the documentation tells a receiver to check it.
    fn is_signed_with(&self, secret: &str) -> bool {
        let mut parts = self.header("x-patchbay-signature").split(',');
        let time = parts.next().and_then(|part| part.strip_prefix("t=")).expect("a time");
        parts.filter_map(|part| part.strip_prefix("v1=")).any(|given| {
            let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any key");
            mac.update(format!("{time}.").as_bytes());
            mac.update(&self.body);
            mac.verify_slice(&hex::decode(given).expect("hexadecimal")).is_ok()
        })
    }
}

impl Receiver {
    async fn start() -> (Self, SocketAddr, JoinHandle<()>) {
        let receiver = Self::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let app = Router::new().fallback(take).with_state(receiver.clone());
        let task = tokio::spawn(async move { axum::serve(listener, app).await.expect("the receiver serves") });
        (receiver, address, task)
    }

    fn answer_next(&self, statuses: &[u16]) {
        self.answers.lock().expect("free").extend(statuses);
    }

    fn calls(&self) -> Vec<Call> {
        self.calls.lock().expect("free").clone()
    }
}

async fn take(State(receiver): State<Receiver>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let delay = *receiver.delay.lock().expect("free");
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    receiver.calls.lock().expect("free").push(Call { headers, body });
    let status = receiver.answers.lock().expect("free").pop_front().unwrap_or(200);
    StatusCode::from_u16(status).expect("a status")
}

struct Ground {
    world: World,
    deps: Deps,
    receiver: Receiver,
    address: SocketAddr,
    _task: JoinHandle<()>,
}

impl Ground {
    async fn new(database: TestDatabase) -> Self {
        let (receiver, address, task) = Receiver::start().await;
        // The second host is open, and nobody listens there.
        let hosts = [address.to_string(), "127.0.0.1:9".to_owned()];
        let world = World::opening(database, &hosts).await;
        let hub = &world.hub;
        let webhooks =
            WebhookConfig { internal_hosts: hosts.to_vec(), timeout_seconds: 60, ..WebhookConfig::default() };
        let deps = Deps {
            db: hub.db.clone(),
            clock: hub.gate.clock.clone(),
            directory: hub.gate.directory.clone(),
            files: hub.files.clone(),
            limits: Arc::new(MemoryLimits::new(hub.gate.clock.clone())),
            public_url: "https://patchbay.test".into(),
            media_link: Arc::new(|id| format!("https://patchbay.test/media/{id}")),
            unsubscribe_link: Arc::new(|_| None),
            node: NodeId::new().to_string(),
            hub: hub.clone(),
            reenactor: patchbay_hub::recovery::Reenactor::default(),
            journal_days: 30,
            config: WorkersConfig { webhooks, ..WorkersConfig::default() },
        };
        Self { world, deps, receiver, address, _task: task }
    }

    async fn make(&self, body: Value) -> Answer {
        self.world.post("/api/v1/webhooks").bearer(&self.world.admin()).json(body).send().await
    }

    /// An address of the receiver that hears of everything.
    async fn listening(&self) -> Answer {
        let made = self.make(json!({ "url": format!("http://{}/hook", self.address) })).await;
        assert_eq!(made.status, 201, "{}", made.body);
        made
    }

    async fn event(&self, name: EventName) -> EventId {
        let id = EventId::new();
        let event = NewEvent {
            id,
            name,
            conversation_id: None,
            conversation_seq: None,
            ticket_id: None,
            audience: Audience::default(),
            payload: json!({ "conversation": { "id": id } }).to_string(),
            created_at: self.world.hub.gate.clock.now(),
        };
        let mut tx = self.world.hub.db.begin().await.expect("a transaction");
        events::append(&mut tx, &[event]).await.expect("an event");
        tx.commit().await.expect("a commit");
        self.world.feed_is_settled().await;
        id
    }

    async fn call(&self) -> usize {
        Workers::call_webhooks(&self.deps).await.expect("calls")
    }

    fn advance(&self, by: TimeDelta) {
        self.world.advance(by.to_std().expect("forward"));
    }

    async fn read(&self, id: &str) -> Answer {
        self.world.get(&format!("/api/v1/webhooks/{id}")).bearer(&self.world.admin()).send().await
    }

    async fn log(&self, id: &str) -> Vec<Value> {
        let log = self.world.get(&format!("/api/v1/webhooks/{id}/deliveries")).bearer(&self.world.admin()).send().await;
        assert_eq!(log.status, 200, "{}", log.body);
        log.body["data"].as_array().expect("a list").clone()
    }

    async fn post(&self, path: &str) -> Answer {
        self.world.post(path).bearer(&self.world.admin()).send().await
    }
}

async fn an_event_arrives_signed_once_and_stands_in_the_log(database: TestDatabase) {
    let ground = Ground::new(database).await;
    let before = ground.event(EventName::ConversationNew).await;
    ground.advance(TimeDelta::seconds(1));
    let made = ground.listening().await;
    let event = ground.event(EventName::ConversationUpdated).await;
    assert_eq!(ground.call().await, 1);
    assert_eq!(ground.call().await, 0);
    let calls = ground.receiver.calls();
    assert_eq!(calls.len(), 1, "what happened before ({before}) is not told");
    let call = &calls[0];
    assert!(call.is_signed_with(made.text("/secret")));
    assert!(!call.is_signed_with("whsec_another"));
    assert_eq!(call.header("x-patchbay-event"), "conversation.updated");
    assert_eq!(call.header("x-patchbay-event-id"), event.to_string());
    let body = call.json();
    assert_eq!((&body["event_id"], &body["event_type"]), (&json!(event), &json!("conversation.updated")));
    assert_eq!(body["payload"]["conversation"]["id"], json!(event));
    assert_eq!(body["metadata"]["schema_version"], json!(1));
    let log = ground.log(made.text("/id")).await;
    assert_eq!((&log[0]["status"], &log[0]["response_status"]), (&json!("delivered"), &json!(200)));
    let path = format!("/api/v1/webhooks/{}/deliveries/{}", made.text("/id"), log[0]["id"].as_str().expect("an id"));
    let detail = ground.world.get(&path).bearer(&ground.world.admin()).send().await;
    assert_eq!((&detail.body["body"], detail.body["log"].as_array().map(Vec::len)), (&body, Some(1)));
}

/// An event of a ticket, as a command writes it; told twice by the feed and the outbox under one name, it arrives once.
async fn what_happens_to_a_ticket_arrives_from_the_outbox(database: TestDatabase) {
    let ground = Ground::new(database).await;
    let url = format!("http://{}/hook", ground.address);
    let made = ground.make(json!({ "url": url, "events": ["ticket.*", "appointment.confirmed"] })).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let now = ground.world.hub.gate.clock.now();
    let mut told = Vec::new();
    let mut tx = ground.world.hub.db.begin().await.expect("a transaction");
    for topic in ["ticket.triaged", "ticket.updated", "appointment.confirmed", "qa.passed"] {
        let id = OutboxId::new();
        let row = OutboxRow {
            id,
            aggregate_type: "ticket".into(),
            aggregate_id: id.into(),
            aggregate_version: 2,
            event_type: topic.into(),
            payload: json!({ "event_id": id, "event_type": topic, "payload": { "code": "T-2026-001" } }),
            headers: json!({}),
            idempotency_key: topic.into(),
            attempt_count: 0,
            created_at: now,
        };
        outbox::append(&mut tx, &row).await.expect("an event");
        told.push(row);
    }
    tx.commit().await.expect("a commit");
    assert_eq!(Workers::relay_outbox(&ground.deps).await.expect("relays"), 4);
    assert_eq!(Workers::relay_outbox(&ground.deps).await.expect("relays"), 0, "each is handed on once");
    assert_eq!(ground.call().await, 2);
    let mut bodies: Vec<Value> = ground.receiver.calls().iter().map(Call::json).collect();
    bodies.sort_by_key(|body| body["event_type"].to_string());
    assert_eq!(bodies, [told[2].payload.clone(), told[0].payload.clone()]);
}

async fn only_wanted_events_arrive(database: TestDatabase) {
    let ground = Ground::new(database).await;
    let url = format!("http://{}/hook", ground.address);
    let made = ground.make(json!({ "url": url, "events": ["ticket.*", "message.received"] })).await;
    assert_eq!(made.status, 201, "{}", made.body);
    for name in [EventName::ConversationNew, EventName::TicketUpdated, EventName::MessageReceived] {
        ground.event(name).await;
    }
    assert_eq!(ground.call().await, 2);
    let wrong = ground.make(json!({ "url": url, "events": ["ticket.*", "weather.changed"] })).await;
    assert_eq!((wrong.status, wrong.text("/error/validation_errors/0/path")), (400, "events[1]"));
}

async fn a_secret_is_shown_once_and_two_sign_while_they_overlap(database: TestDatabase) {
    let ground = Ground::new(database).await;
    let made = ground.listening().await;
    let (id, old) = (made.text("/id").to_owned(), made.text("/secret").to_owned());
    let read = ground.read(&id).await;
    assert!(!read.body.to_string().contains("whsec_"), "{}", read.body);
    let rotated = ground
        .world
        .post(&format!("/api/v1/webhooks/{id}/rotate-secret"))
        .bearer(&ground.world.admin())
        .json(json!({ "overlap_seconds": 3600 }))
        .send()
        .await;
    assert_eq!(rotated.status, 200, "{}", rotated.body);
    let new = rotated.text("/secret").to_owned();
    ground.event(EventName::ConversationNew).await;
    ground.call().await;
    ground.advance(TimeDelta::seconds(3601));
    ground.event(EventName::ConversationNew).await;
    ground.call().await;
    let calls = ground.receiver.calls();
    assert!(calls[0].is_signed_with(&old) && calls[0].is_signed_with(&new));
    assert!(!calls[1].is_signed_with(&old) && calls[1].is_signed_with(&new));
}

async fn a_failed_call_is_tried_again_on_schedule_under_the_same_event_id(database: TestDatabase) {
    let ground = Ground::new(database).await;
    let made = ground.listening().await;
    ground.receiver.answer_next(&[500, 503, 200]);
    let event = ground.event(EventName::ConversationNew).await;
    assert_eq!(ground.call().await, 1);
    ground.advance(TimeDelta::seconds(4));
    assert_eq!(ground.call().await, 0);
    ground.advance(TimeDelta::seconds(2));
    assert_eq!(ground.call().await, 1);
    ground.advance(TimeDelta::minutes(6));
    assert_eq!(ground.call().await, 1);
    let calls = ground.receiver.calls();
    assert!(calls.iter().all(|call| call.header("x-patchbay-event-id") == event.to_string()));
    assert_eq!(calls.iter().map(|call| call.header("x-patchbay-attempt")).collect::<Vec<_>>(), ["1", "2", "3"]);
    let log = ground.log(made.text("/id")).await;
    assert_eq!((&log[0]["status"], &log[0]["attempts"]), (&json!("delivered"), &json!(3)));
    assert_eq!(ground.read(made.text("/id")).await.body["failing_since"], Value::Null);
}

async fn what_the_receiver_refuses_is_not_tried_again_and_can_be_replayed(database: TestDatabase) {
    let ground = Ground::new(database).await;
    let made = ground.listening().await;
    let id = made.text("/id");
    ground.receiver.answer_next(&[400, 302]);
    ground.event(EventName::ConversationNew).await;
    ground.event(EventName::ConversationUpdated).await;
    assert_eq!(ground.call().await, 2);
    ground.advance(TimeDelta::days(1));
    assert_eq!(ground.call().await, 0);
    let log = ground.log(id).await;
    assert!(log.iter().all(|delivery| delivery["status"] == "failed"), "{log:?}");
    let first = log[1]["id"].as_str().expect("an id");
    let replayed = ground.post(&format!("/api/v1/webhooks/{id}/deliveries/{first}/replay")).await;
    assert_eq!((replayed.status, replayed.text("/status")), (202, "pending"), "{}", replayed.body);
    assert_eq!(ground.call().await, 1);
    let missed = ground
        .world
        .post(&format!("/api/v1/webhooks/{id}/replay"))
        .bearer(&ground.world.admin())
        .json(json!({ "since": "2020-01-01T00:00:00Z" }))
        .send()
        .await;
    assert_eq!((missed.status, &missed.body["replayed"]), (202, &json!(1)), "{}", missed.body);
    assert_eq!(ground.call().await, 1);
    assert!(ground.log(id).await.iter().all(|delivery| delivery["status"] == "delivered"));
}

async fn a_dead_address_does_not_delay_another(database: TestDatabase) {
    let ground = Ground::new(database).await;
    let dead = ground.make(json!({ "url": "http://127.0.0.1:9/hook" })).await;
    assert_eq!(dead.status, 201, "{}", dead.body);
    let alive = ground.listening().await;
    for _ in 0..30 {
        ground.event(EventName::ConversationNew).await;
    }
    ground.call().await;
    assert_eq!(ground.receiver.calls().len(), 30);
    assert!(ground.log(alive.text("/id")).await.iter().all(|delivery| delivery["status"] == "delivered"));
    let log = ground.log(dead.text("/id")).await;
    assert!(log.iter().all(|delivery| delivery["status"] == "pending"), "{log:?}");
    assert!(log.iter().any(|delivery| delivery["error"] == "no connection"), "{log:?}");
}

async fn an_address_that_fails_for_five_days_is_disabled(database: TestDatabase) {
    let ground = Ground::new(database).await;
    let made = ground.listening().await;
    let id = made.text("/id");
    ground.receiver.answer_next(&[500; 40]);
    for _ in 0..6 {
        ground.event(EventName::ConversationNew).await;
        ground.call().await;
        ground.advance(TimeDelta::days(1));
    }
    let read = ground.read(id).await;
    assert_eq!(read.body["is_active"], json!(false), "{}", read.body);
    assert!(read.text("/disabled_reason").contains("five days"));
    ground.receiver.answers.lock().expect("free").clear();
    let back = ground
        .world
        .ask(Method::PATCH, &format!("/api/v1/webhooks/{id}"))
        .bearer(&ground.world.admin())
        .json(json!({ "is_active": true }))
        .send()
        .await;
    assert_eq!((back.status, &back.body["disabled_at"]), (200, &Value::Null), "{}", back.body);
    ground.event(EventName::ConversationNew).await;
    assert!(ground.call().await > 0);
    assert!(ground.read(id).await.body["last_delivered_at"].is_string());
}

async fn a_receiver_that_is_gone_is_disabled_at_once(database: TestDatabase) {
    let ground = Ground::new(database).await;
    let made = ground.listening().await;
    ground.receiver.answer_next(&[410]);
    ground.event(EventName::ConversationNew).await;
    ground.call().await;
    let read = ground.read(made.text("/id")).await;
    assert_eq!((&read.body["is_active"], read.text("/disabled_reason")), (&json!(false), "it answered 410: gone"));
}

async fn an_address_out_of_use_is_not_called(database: TestDatabase) {
    let ground = Ground::new(database).await;
    let made = ground.listening().await;
    let id = made.text("/id");
    ground.receiver.answer_next(&[500]);
    ground.event(EventName::ConversationNew).await;
    ground.call().await;
    let path = format!("/api/v1/webhooks/{id}");
    let gone = ground.world.ask(Method::DELETE, &path).bearer(&ground.world.admin()).send().await;
    assert_eq!((gone.status, &gone.body["is_active"]), (200, &json!(false)), "{}", gone.body);
    ground.advance(TimeDelta::days(1));
    ground.event(EventName::ConversationNew).await;
    assert_eq!(ground.call().await, 0);
    assert_eq!(ground.log(id).await[0]["status"], json!("canceled"));
    let test = ground.post(&format!("/api/v1/webhooks/{id}/test")).await;
    assert_eq!((test.status, test.code()), (409, "INVALID_STATE_TRANSITION"));
}

async fn an_internal_address_is_refused(database: TestDatabase) {
    let ground = Ground::new(database).await;
    for url in [
        "http://127.0.0.1:1/",
        "https://169.254.169.254/latest/meta-data",
        "https://localhost/",
        "https://[::1]/",
        "http://example.com/",
        "https://user:secret@example.com/",
        "ftp://example.com/",
        "",
    ] {
        let answer = ground.make(json!({ "url": url })).await;
        assert_eq!((answer.status, answer.code()), (400, "INVALID_REQUEST"), "{url}");
        assert_eq!(answer.text("/error/validation_errors/0/path"), "url", "{url}");
    }
}

async fn a_call_whose_node_died_is_made_again(database: TestDatabase) {
    let ground = Ground::new(database).await;
    let made = ground.listening().await;
    // Longer than a loaded machine needs to look.
    *ground.receiver.delay.lock().expect("free") = Duration::from_secs(45);
    let event = ground.event(EventName::ConversationNew).await;
    let deps = ground.deps.clone();
    let calling = tokio::spawn(async move { Workers::call_webhooks(&deps).await });
    eventually("the call is under way", PATIENCE, || async {
        let log = ground.log(made.text("/id")).await;
        log.first().is_some_and(|delivery| delivery["attempts"] == json!(1)).then_some(())
    })
    .await;
    // The node dies while the receiver thinks.
    calling.abort();
    assert!(calling.await.is_err());
    *ground.receiver.delay.lock().expect("free") = Duration::ZERO;
    assert_eq!(ground.call().await, 0);
    ground.advance(TimeDelta::minutes(2));
    assert_eq!(ground.call().await, 1);
    let last = ground.receiver.calls().last().expect("a call").header("x-patchbay-event-id").to_owned();
    assert_eq!(last, event.to_string());
    assert_eq!(ground.log(made.text("/id")).await[0]["status"], json!("delivered"));
}

async fn a_test_call_pings(database: TestDatabase) {
    let ground = Ground::new(database).await;
    let made = ground.make(json!({ "url": format!("http://{}/", ground.address), "events": ["ticket.updated"] })).await;
    let test = ground.post(&format!("/api/v1/webhooks/{}/test", made.text("/id"))).await;
    assert_eq!((test.status, test.text("/event_type")), (202, "webhook.ping"), "{}", test.body);
    assert_eq!(ground.call().await, 1);
    let calls = ground.receiver.calls();
    assert!(calls[0].is_signed_with(made.text("/secret")));
    assert_eq!(calls[0].json()["event_type"], json!("webhook.ping"));
}
