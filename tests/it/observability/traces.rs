//! Traces by OTLP: a collector of ours takes what the real binary posts, as protocol buffers.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use patchbay_core::channel::Channel;
use patchbay_core::clock::Clock;
use patchbay_core::ids::RecordId;
use patchbay_simulator::{Attachment, Saying};
use patchbay_tests::deployment::{CUSTOMER, Plan};
use patchbay_tests::settings::{APP_SECRET, PHONE_NUMBER_ID};
use patchbay_tests::wait::{PATIENCE, eventually};
use patchbay_tests::webhook::{sign_meta, whatsapp_text};
use patchbay_tests::{Deployment, Socket, both_databases, client};
use prost::Message;
use reqwest::Method;
use serde_json::json;
use tokio::net::TcpListener;

use crate::gateway::desk::{Desk, UNLIMITED};

both_databases! {
    a_trace_follows_a_message_from_the_webhook_to_the_socket_and_to_the_provider;
    an_answer_is_traced_from_the_request_to_the_provider;
    a_file_is_fetched_in_the_trace_of_its_message;
    a_call_of_a_tool_is_traced_to_the_screens_that_hear_of_it;
}

/// What a collector reads: the part of opentelemetry/proto/collector/trace/v1 and trace/v1 that we write.
#[derive(Clone, PartialEq, Message)]
struct ExportRequest {
    #[prost(message, repeated, tag = "1")]
    resource_spans: Vec<ResourceSpans>,
}

#[derive(Clone, PartialEq, Message)]
struct ResourceSpans {
    #[prost(message, optional, tag = "1")]
    resource: Option<Resource>,
    #[prost(message, repeated, tag = "2")]
    scope_spans: Vec<ScopeSpans>,
}

#[derive(Clone, PartialEq, Message)]
struct Resource {
    #[prost(message, repeated, tag = "1")]
    attributes: Vec<KeyValue>,
}

#[derive(Clone, PartialEq, Message)]
struct ScopeSpans {
    #[prost(message, repeated, tag = "2")]
    spans: Vec<Span>,
}

#[derive(Clone, PartialEq, Message)]
struct Span {
    #[prost(bytes = "vec", tag = "1")]
    trace_id: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    id: Vec<u8>,
    #[prost(bytes = "vec", tag = "4")]
    parent_span_id: Vec<u8>,
    #[prost(string, tag = "5")]
    name: String,
    #[prost(int32, tag = "6")]
    kind: i32,
    #[prost(fixed64, tag = "7")]
    start_time_unix_nano: u64,
    #[prost(fixed64, tag = "8")]
    end_time_unix_nano: u64,
    #[prost(message, repeated, tag = "9")]
    attributes: Vec<KeyValue>,
    #[prost(message, optional, tag = "15")]
    status: Option<Status>,
    #[prost(fixed32, tag = "16")]
    flags: u32,
}

#[derive(Clone, PartialEq, Message)]
struct Status {
    #[prost(string, tag = "2")]
    message: String,
    #[prost(int32, tag = "3")]
    code: i32,
}

#[derive(Clone, PartialEq, Message)]
struct KeyValue {
    #[prost(string, tag = "1")]
    key: String,
    #[prost(message, optional, tag = "2")]
    value: Option<AnyValue>,
}

#[derive(Clone, PartialEq, Message)]
struct AnyValue {
    #[prost(string, optional, tag = "1")]
    string_value: Option<String>,
    #[prost(int64, optional, tag = "3")]
    int_value: Option<i64>,
}

/// A collector on a port of its own.
#[derive(Clone, Default)]
struct Collector {
    posted: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Collector {
    async fn start() -> (Self, String) {
        let collector = Self::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it listens");
        let router = Router::new().route("/v1/traces", post(take)).with_state(collector.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (collector, format!("http://{address}"))
    }

    fn spans(&self) -> Vec<Span> {
        let posted = self.posted.lock().expect("nobody panicked").clone();
        let requests = posted.iter().map(|body| ExportRequest::decode(body.as_slice()).expect("an export request"));
        let of_service = |spans: &ResourceSpans| {
            let attributes = &spans.resource.as_ref().expect("a resource").attributes;
            text_of(attributes, "service.name") == Some("patchbay-under-test")
        };
        let resources: Vec<ResourceSpans> = requests.flat_map(|request| request.resource_spans).collect();
        assert!(resources.iter().all(of_service), "{resources:?}");
        resources.into_iter().flat_map(|spans| spans.scope_spans).flat_map(|scope| scope.spans).collect()
    }

    /// The spans of a trace, once each of these ways up from a span is whole.
    async fn trace_with(&self, trace_id: &[u8], ways: &[&[&str]]) -> Vec<Span> {
        let has =
            |spans: &[Span], way: &[&str]| spans.iter().any(|span| span.name == way[0] && way_up(spans, span) == way);
        eventually(&format!("the collector has {ways:?}"), PATIENCE, || async {
            let spans: Vec<Span> = self.spans().into_iter().filter(|span| span.trace_id == trace_id).collect();
            ways.iter().all(|way| has(&spans, way)).then_some(spans)
        })
        .await
    }
}

async fn take(State(collector): State<Collector>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let mut posted = collector.posted.lock().expect("nobody panicked");
    if headers.get("content-type").is_none_or(|kind| kind != "application/x-protobuf")
        || headers.get("x-key").is_none_or(|key| key != "the-key")
    {
        return StatusCode::BAD_REQUEST;
    }
    posted.push(body.to_vec());
    StatusCode::OK
}

fn text_of<'a>(attributes: &'a [KeyValue], key: &str) -> Option<&'a str> {
    let found = attributes.iter().find(|attribute| attribute.key == key)?;
    found.value.as_ref()?.string_value.as_deref()
}

fn number_of(attributes: &[KeyValue], key: &str) -> Option<i64> {
    attributes.iter().find(|attribute| attribute.key == key)?.value.as_ref()?.int_value
}

fn settings(endpoint: &str) -> String {
    format!(
        "[telemetry]\notlp_endpoint = \"{endpoint}\"\nservice_name = \"patchbay-under-test\"\n\
         otlp_headers = {{ x-key = \"the-key\" }}\n"
    )
}

/// The names of a span and of all above it, up to the one that begins the trace here.
fn way_up<'a>(spans: &'a [Span], from: &'a Span) -> Vec<&'a str> {
    let mut way = vec![from.name.as_str()];
    let mut span = from;
    while let Some(parent) = spans.iter().find(|other| other.id == span.parent_span_id) {
        way.push(&parent.name);
        span = parent;
    }
    way
}

fn named<'a>(spans: &'a [Span], name: &str) -> &'a Span {
    spans.iter().find(|span| span.name == name).unwrap_or_else(|| panic!("no {name} in {spans:#?}"))
}

async fn a_trace_follows_a_message_from_the_webhook_to_the_socket_and_to_the_provider(plan: Plan) {
    let (collector, endpoint) = Collector::start().await;
    let deployment = Deployment::start_with(plan, &settings(&endpoint)).await;
    let inboxes = deployment.admin.get("/api/v1/inboxes").await.expect(200);
    let listed = inboxes["data"].as_array().expect("a list");
    let inbox = listed.iter().find(|inbox| inbox["name"] == "whatsapp-main").expect("an inbox for WhatsApp");
    let path = format!("/api/v1/inboxes/{}", inbox["id"].as_str().expect("an id"));
    deployment.admin.call(Method::PATCH, &path, Some(json!({ "triage": "menu" })), &[]).await.expect(200);
    let mut screen = Socket::open(&deployment.admin, None).await;
    // As a proxy in front of us would that records traces too.
    let (from, at) = (CUSTOMER.trim_start_matches('+'), Clock::system().now().timestamp());
    let body =
        whatsapp_text(PHONE_NUMBER_ID, from, "Robin", "wamid.traced", "My secret is a blue door", at).to_string();
    let (trace_id, parent) = ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7");
    let answer = client::http()
        .post(format!("{}/webhooks/whatsapp", deployment.admin.base_url()))
        .header("content-type", "application/json")
        .header("x-hub-signature-256", sign_meta(APP_SECRET, body.as_bytes()))
        .header("traceparent", format!("00-{trace_id}-{parent}-01"))
        .body(body)
        .send()
        .await
        .expect("an answer");
    assert_eq!(answer.status().as_u16(), 200);
    assert!(answer.headers()["traceparent"].to_str().expect("plain").starts_with(&format!("00-{trace_id}-")));
    screen.await_event("message.received").await;
    let trace = hex::decode(trace_id).expect("hexadecimal");
    let to_the_socket = ["push message.received", "intake", "POST /webhooks/whatsapp"];
    let to_the_provider = ["provider call", "job send_message", "job triage", "intake", "POST /webhooks/whatsapp"];
    let spans = collector.trace_with(&trace, &[&to_the_socket, &to_the_provider]).await;

    let webhook = named(&spans, "POST /webhooks/whatsapp");
    assert_eq!(hex::encode(&webhook.parent_span_id), parent, "it goes on where the caller was");
    assert_eq!((webhook.kind, webhook.flags), (2, 1));
    assert_eq!(number_of(&webhook.attributes, "http.response.status_code"), Some(200));
    let intake = named(&spans, "intake");
    assert_eq!(intake.parent_span_id, webhook.id);
    assert_eq!(text_of(&intake.attributes, "patchbay.channel"), Some("whatsapp"));
    let pushed = named(&spans, "push message.received");
    assert_eq!(number_of(&pushed.attributes, "patchbay.sockets"), Some(1));
    let called = named(&spans, "provider call");
    assert_eq!((called.kind, number_of(&called.attributes, "http.response.status_code")), (3, Some(200)));
    let ids: HashSet<&[u8]> = spans.iter().map(|span| span.id.as_slice()).collect();
    assert_eq!(ids.len(), spans.len(), "every span has an id of its own");
    assert!(spans.iter().all(|span| span.start_time_unix_nano <= span.end_time_unix_nano));

    let told = format!("{:?}", collector.spans());
    for private in ["blue door", "Robin", CUSTOMER, from, "wamid.traced", PHONE_NUMBER_ID] {
        assert!(!told.contains(private), "{private} is in a trace");
    }
    assert!(!told.contains("GET /health/ready"), "what is asked all the time is no trace");
}

async fn an_answer_is_traced_from_the_request_to_the_provider(plan: Plan) {
    let (collector, endpoint) = Collector::start().await;
    let deployment = Deployment::start_with(plan, &settings(&endpoint)).await;
    let ann = deployment.sign_in("Ann", "support_agent").await;
    deployment.hear(CUSTOMER, Channel::Whatsapp, "Hello").await;
    let conversation = deployment.conversation(&ann, CUSTOMER, Channel::Whatsapp).await;
    let id = conversation["id"].as_str().expect("an id");
    ann.post(&format!("/api/v1/conversations/{id}/take"), json!({})).await.expect(200);
    let body = json!({ "content": { "type": "text", "text": "Good day" }, "client_message_id": RecordId::new().0 });
    let path = format!("/api/v1/conversations/{id}/messages");
    let answer = ann.post(&path, body).await;
    let ours = answer.headers["traceparent"].to_str().expect("plain").to_owned();
    answer.expect(201);
    let mut parts = ours.split('-').skip(1);
    let trace = hex::decode(parts.next().expect("a trace")).expect("hexadecimal");
    assert_eq!(parts.nth(1), Some("01"), "it is recorded");
    let request = "POST /api/v1/conversations/{id}/messages";
    let spans = collector.trace_with(&trace, &[&["provider call", "job send_message", request]]).await;
    assert!(named(&spans, request).parent_span_id.is_empty(), "it begins here");
    // One that had to wait for its turn ran more than once.
    let called = named(&spans, "provider call");
    let job = spans.iter().find(|span| span.id == called.parent_span_id).expect("the job that called");
    assert_eq!(text_of(&job.attributes, "patchbay.outcome"), Some("done"));
    assert_eq!(job.status, None);
}

async fn a_file_is_fetched_in_the_trace_of_its_message(plan: Plan) {
    let (collector, endpoint) = Collector::start().await;
    let deployment = Deployment::start_with(plan, &settings(&endpoint)).await;
    let file = Attachment { mime_type: "text/plain".into(), filename: None, bytes: "A plan".into() };
    let saying = Saying { media: Some(file), ..Saying::text(CUSTOMER, Channel::Whatsapp, "Look") };
    deployment.phones.say_with(&saying).expect("the phone can write");
    eventually("the fetching is traced up to the webhook", PATIENCE, || async {
        let spans = collector.spans();
        let fetched = spans.iter().find(|span| span.name == "job fetch_media")?;
        (way_up(&spans, fetched) == ["job fetch_media", "intake", "POST /webhooks/whatsapp"]).then_some(())
    })
    .await;
}

async fn a_call_of_a_tool_is_traced_to_the_screens_that_hear_of_it(plan: Plan) {
    let (collector, endpoint) = Collector::start().await;
    let desk = Desk::open(plan, &format!("{UNLIMITED}{}", settings(&endpoint))).await;
    let _screen = Socket::open(&desk.deployment.admin, None).await;
    // What is read is written down in rounds that many calls share, what is changed by the call alone.
    for (tool, arguments) in [
        ("search_tickets", json!({})),
        ("create_transaction_draft", json!({"amount": 12.5, "description": "Brake pads"})),
    ] {
        let answer = desk.call(tool, arguments).await;
        let ours = answer.headers["traceparent"].to_str().expect("plain").to_owned();
        answer.expect(200);
        let trace = hex::decode(ours.split('-').nth(1).expect("a trace")).expect("hexadecimal");
        collector.trace_with(&trace, &[&["push tool.called", "POST /tools/{name}"]]).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collector_that_is_away_hurts_nobody_and_what_is_lost_is_counted() {
    let gone = format!("http://127.0.0.1:{}", patchbay_tests::services::free_port());
    let deployment = Deployment::start_with(Plan::Laptop, &settings(&gone)).await;
    deployment.hear(CUSTOMER, Channel::Sms, "Hello").await;
    eventually("lost spans are counted", PATIENCE, || async {
        let metrics = deployment.admin.get("/metrics").await.expect(200);
        metrics.to_string().contains("trace_spans_total").then_some(())
    })
    .await;
    deployment.hear(CUSTOMER, Channel::Sms, "Still there?").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn settings_of_traces_that_cannot_work_are_refused() {
    for (line, named) in [
        ("otlp_endpoint = \"collector:4318\"", "telemetry.otlp_endpoint"),
        ("sample_ratio = 2.0", "telemetry.sample_ratio"),
        ("otlp_headers = { \"a b\" = \"c\" }", "telemetry.otlp_headers.a b"),
        ("otlp_headers = { key = \"env:PATCHBAY_NO_SUCH_VARIABLE\" }", "telemetry.otlp_headers.key"),
        ("endpoint = \"http://127.0.0.1:4318\"", "endpoint"),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let ended = crate::callers::server::serve_to_its_end(folder.path(), &format!("[telemetry]\n{line}\n"), &[]);
        let told = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert_eq!(ended.status.code(), Some(2), "{line}: {told}");
        assert!(told.contains(named), "{line}: {told}");
    }
}
