//! The layer that counts every request and writes its record. Source: S1 and domain, metrics and logs.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::Response;
use chrono::{DateTime, SecondsFormat, Utc};
use patchbay_core::Code;
use patchbay_core::clock::Clock;
use patchbay_core::ids::ActorId;
use patchbay_core::ticket::{Command, commands};
use patchbay_dispatch::TOOL_NAME;
use patchbay_dispatch::alerts::ErrorCounts;
use patchbay_http::{Noted, RequestIds, error_code};
use serde::Serialize;
use tokio::sync::{Notify, mpsc};
use uuid::Uuid;

/// Template of a path that no route has.
const UNMATCHED: &str = "UNMATCHED";

/// Watches requests. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Observer {
    clock: Clock,
    errors: ErrorCounts,
    /// Tools by their endpoint: `POST /tickets`.
    tools: Arc<HashMap<String, &'static str>>,
    /// Where records go.
    records: Option<mpsc::Sender<String>>,
    /// Told when a counter has changed.
    changed: Arc<Notify>,
}

impl Observer {
    pub(crate) fn new(
        clock: Clock,
        errors: ErrorCounts,
        records: Option<mpsc::Sender<String>>,
        changed: Arc<Notify>,
    ) -> Self {
        for name in ["idempotency_replay_total", "idempotency_conflict_total"] {
            metrics::counter!(name).increment(0);
        }
        patchbay_dispatch::describe_counters();
        let tools = commands().map(|row| (row.endpoint(), row.tool)).collect();
        Self { clock, errors, tools: Arc::new(tools), records, changed }
    }

    fn count(&self, seen: &Seen<'_>) {
        metrics::counter!(
            "requests_total",
            "method" => seen.method, "endpoint" => seen.endpoint.to_owned(), "status" => status_label(seen.status)
        )
        .increment(1);
        if let Some(code) = seen.code {
            metrics::counter!("errors_total", "code" => code.as_str()).increment(1);
            self.errors.record(code, self.clock.now());
            if code == Code::IdempotencyPayloadMismatch {
                metrics::counter!("idempotency_conflict_total").increment(1);
            }
        }
        if seen.replay {
            metrics::counter!("idempotency_replay_total").increment(1);
        }
        self.changed.notify_one();
    }
}

/// A request that was answered.
struct Seen<'r> {
    method: &'static str,
    endpoint: &'r str,
    status: u16,
    code: Option<Code>,
    replay: bool,
}

/// What is written about one request: no body, no text, no address.
#[derive(Serialize)]
struct Record<'r> {
    ts: String,
    level: &'static str,
    service: &'static str,
    method: &'static str,
    path: &'r str,
    endpoint: String,
    request_id: &'r str,
    correlation_id: &'r str,
    trace_id: &'r str,
    span_id: &'r str,
    actor_type: Option<&'static str>,
    actor_id: Option<ActorId>,
    actor_role: Option<&'static str>,
    tool_name: Option<Cow<'r, str>>,
    ticket_id: Option<Uuid>,
    conversation_id: Option<Uuid>,
    replay: bool,
    status: u16,
    error_code: Option<&'static str>,
    duration_ms: f64,
}

/// Layer: counts the request and writes its record. Stands inside of the correlation layer, whose ids it tells.
pub(crate) async fn observe(State(observer): State<Observer>, mut request: Request, next: Next) -> Response {
    let began = Instant::now();
    let method = method_label(request.method());
    let template = request.extensions().get::<MatchedPath>().cloned();
    let noted = Noted::default();
    let of_record = observer.records.is_some().then(|| {
        request.extensions_mut().insert(noted.clone());
        OfRecord {
            ids: request.extensions().get::<RequestIds>().cloned(),
            subject: Subject::of(request.uri().path()),
            tool: tool(request.headers()),
        }
    });
    let response = next.run(request).await;
    let endpoint = template.as_ref().map_or(UNMATCHED, MatchedPath::as_str);
    let seen = Seen {
        method,
        endpoint,
        status: response.status().as_u16(),
        code: error_code(&response),
        replay: response.headers().contains_key("idempotency-replayed"),
    };
    observer.count(&seen);
    if let (Some(records), Some(of_record)) = (&observer.records, of_record) {
        let line = of_record.line(&observer, &seen, &noted, began.elapsed().as_secs_f64() * 1_000.0);
        if records.try_send(line).is_err() {
            metrics::counter!("request_records_dropped_total").increment(1);
        }
    }
    response
}

/// What only the record needs.
struct OfRecord {
    ids: Option<RequestIds>,
    subject: Subject,
    tool: Option<String>,
}

impl OfRecord {
    fn line(self, observer: &Observer, seen: &Seen<'_>, noted: &Noted, duration_ms: f64) -> String {
        let actor = noted.actor();
        let endpoint = format!("{} {}", seen.method, seen.endpoint);
        let ids = self.ids.as_ref();
        let tool_name = match self.tool {
            Some(named) => Some(Cow::Owned(named)),
            None => observer.tools.get(&endpoint).map(|tool| Cow::Borrowed(*tool)),
        };
        let record = Record {
            ts: written(observer.clock.now()),
            level: match seen.status {
                500.. => "error",
                400.. => "warn",
                _ => "info",
            },
            service: "patchbay",
            method: seen.method,
            path: seen.endpoint,
            endpoint,
            request_id: ids.map_or("", |ids| &ids.request_id),
            correlation_id: ids.map_or("", |ids| &ids.correlation_id),
            trace_id: ids.map_or("", |ids| &ids.trace.trace_id),
            span_id: ids.map_or("", |ids| &ids.trace.span_id),
            actor_type: actor.map(|actor| actor.actor_type.as_str()),
            actor_id: actor.map(|actor| actor.id),
            actor_role: actor.map(|actor| actor.role.as_str()),
            tool_name,
            ticket_id: self.subject.ticket,
            conversation_id: self.subject.conversation,
            replay: seen.replay,
            status: seen.status,
            error_code: seen.code.map(Code::as_str),
            duration_ms: (duration_ms * 1_000.0).round() / 1_000.0,
        };
        serde_json::to_string(&record).expect("a record is plain data")
    }
}

/// What a path is about.
#[derive(Debug, Default, PartialEq, Eq)]
struct Subject {
    ticket: Option<Uuid>,
    conversation: Option<Uuid>,
}

impl Subject {
    fn of(path: &str) -> Self {
        let id_after = |prefix: &str| {
            let rest = path.strip_prefix(prefix)?;
            Uuid::parse_str(rest.split('/').next()?).ok()
        };
        Self {
            ticket: id_after("/tickets/").or_else(|| id_after("/ux/technician/job-packet/")),
            conversation: id_after("/api/v1/conversations/"),
        }
    }
}

/// The tool a caller names, when there is one of that name: anything else may be anything.
fn tool(headers: &HeaderMap) -> Option<String> {
    let named = headers.get(&TOOL_NAME)?.to_str().ok()?;
    Command::by_tool(named).map(|command| command.row().tool.to_owned())
}

/// Methods have few names; what else a caller sends is not ours to count.
fn method_label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        _ => "OTHER",
    }
}

fn status_label(status: u16) -> Cow<'static, str> {
    match status {
        200 => Cow::Borrowed("200"),
        201 => Cow::Borrowed("201"),
        other => Cow::Owned(other.to_string()),
    }
}

fn written(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_tells_what_it_is_about() {
        let id = Uuid::from_u128(7);
        let ticket = Subject { ticket: Some(id), conversation: None };
        assert_eq!(Subject::of(&format!("/tickets/{id}")), ticket);
        assert_eq!(Subject::of(&format!("/tickets/{id}/tech/complete")), ticket);
        assert_eq!(Subject::of(&format!("/ux/technician/job-packet/{id}")), ticket);
        let conversation = Subject { ticket: None, conversation: Some(id) };
        assert_eq!(Subject::of(&format!("/api/v1/conversations/{id}/messages")), conversation);
        for other in ["/tickets", "/tickets/intake", "/health", "/"] {
            assert_eq!(Subject::of(other), Subject::default(), "{other}");
        }
    }
}
