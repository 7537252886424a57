//! `/health`, `/health/ready` and `/metrics`.

mod snapshot;

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use metrics_exporter_prometheus::PrometheusHandle;
use patchbay_http::{ApiError, Gate, OpenApiRouter, OperationsDoor, routes};
use patchbay_realtime::Bus;
use patchbay_store::Db;
use patchbay_store::objects::Objects;
use patchbay_workers::Heartbeat;
use serde::Serialize;
use utoipa::ToSchema;

use crate::settings::EvidenceProfile;

/// Longest time one check may take.
const PATIENCE: Duration = Duration::from_secs(3);

/// What the checks look at.
#[derive(Clone)]
pub(crate) struct Health {
    pub(crate) db: Db,
    pub(crate) gate: Gate,
    pub(crate) metrics: PrometheusHandle,
    /// Who may read the metrics.
    pub(crate) door: OperationsDoor,
    pub(crate) objects: Objects,
    pub(crate) bus: Bus,
    /// Signs of life of the workers, and how long they may be silent; `None` when they run elsewhere.
    pub(crate) workers: Option<(Heartbeat, Duration)>,
    pub(crate) evidence: EvidenceProfile,
}

/// How one thing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Condition {
    /// As it should be.
    Ok,
    /// It does not answer.
    Unavailable,
    /// The schema is older than the program.
    Outdated,
    /// The two do not agree.
    Drifted,
    /// It runs in other processes.
    Elsewhere,
}

/// How the server is.
#[derive(Debug, Serialize, ToSchema)]
struct HealthBody {
    /// `ok` or `unhealthy`.
    status: &'static str,
    /// Whether the database answers.
    database: Condition,
    /// Whether its schema is current.
    migrations: Condition,
    /// Whether the database checks the same steps of a ticket as the table of commands knows.
    contract: Condition,
    /// What evidence has to prove here.
    evidence: EvidenceProfile,
    /// Version of the program.
    version: &'static str,
}

/// Whether the server can take traffic.
#[derive(Debug, Serialize, ToSchema)]
struct ReadyBody {
    /// `ok`; `degraded` when it serves but is slower than it should be; `unhealthy`.
    status: &'static str,
    /// Whether the database answers.
    database: Condition,
    /// Whether this process hears its neighbors; without them it still serves, with delay.
    bus: Condition,
    /// Whether the workers of this process show signs of life.
    workers: Condition,
    /// Whether files can be kept and read.
    object_store: Condition,
    /// Version of the program.
    version: &'static str,
}

pub(crate) fn router(health: Health) -> OpenApiRouter {
    routes().with_state(health)
}

/// The OpenAPI part of these endpoints.
#[cfg(debug_assertions)]
pub(crate) fn openapi() -> utoipa::openapi::OpenApi {
    routes().into_openapi()
}

fn routes() -> OpenApiRouter<Health> {
    OpenApiRouter::new().routes(routes!(alive)).routes(routes!(ready)).routes(routes!(metrics))
}

/// Whether the server and its database are well and belong together.
#[utoipa::path(get, path = "/health", tag = "operations",
    responses((status = 200, body = HealthBody), (status = 503, body = HealthBody)))]
async fn alive(State(health): State<Health>) -> (StatusCode, Json<HealthBody>) {
    let (database, migrations) = match patient(health.db.is_migrated()).await {
        Some(Ok(true)) => (Condition::Ok, Condition::Ok),
        Some(Ok(false)) => (Condition::Ok, Condition::Outdated),
        Some(Err(error)) if !error.is_unavailable() => (Condition::Ok, Condition::Outdated),
        Some(Err(_)) | None => (Condition::Unavailable, Condition::Unavailable),
    };
    let contract = match patient(patchbay_dispatch::contract_drift(&health.db)).await {
        Some(Ok(steps)) if steps.is_empty() => Condition::Ok,
        Some(Ok(steps)) => {
            tracing::error!(?steps, "the database checks other steps of a ticket than the table of commands knows");
            Condition::Drifted
        }
        Some(Err(_)) | None => Condition::Unavailable,
    };
    let well = migrations == Condition::Ok && contract == Condition::Ok;
    let body = HealthBody {
        status: if well { "ok" } else { "unhealthy" },
        database,
        migrations,
        contract,
        evidence: health.evidence,
        version: env!("CARGO_PKG_VERSION"),
    };
    (status(well), Json(body))
}

/// Whether the server can take traffic.
#[utoipa::path(get, path = "/health/ready", tag = "operations",
    responses((status = 200, body = ReadyBody), (status = 503, body = ReadyBody)))]
async fn ready(State(health): State<Health>) -> (StatusCode, Json<ReadyBody>) {
    let (database, object_store) = tokio::join!(patient(health.db.ping()), patient(health.objects.ping()));
    let answers = |well: bool| if well { Condition::Ok } else { Condition::Unavailable };
    let database = answers(matches!(database, Some(Ok(()))));
    let object_store = answers(matches!(object_store, Some(Ok(()))));
    let bus = answers(health.bus.is_up());
    let workers = match &health.workers {
        None => Condition::Elsewhere,
        Some((heartbeat, silence)) => answers(heartbeat.age() <= *silence),
    };
    let serves = database == Condition::Ok && object_store == Condition::Ok && workers != Condition::Unavailable;
    let status_word = match (serves, bus) {
        (false, _) => "unhealthy",
        (true, Condition::Ok) => "ok",
        (true, _) => "degraded",
    };
    let version = env!("CARGO_PKG_VERSION");
    (status(serves), Json(ReadyBody { status: status_word, database, bus, workers, object_store, version }))
}

fn status(well: bool) -> StatusCode {
    if well { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }
}

async fn patient<F: Future>(check: F) -> Option<F::Output> {
    tokio::time::timeout(PATIENCE, check).await.ok()
}

/// Metrics as JSON, or in the text format of Prometheus for whoever accepts `text/plain`. Open on a private address;
/// elsewhere for auditors, those who lead, and the scrape token.
#[utoipa::path(get, path = "/metrics", tag = "operations",
    responses(
        (status = 200, content((snapshot::Snapshot = "application/json"), (String = "text/plain"))),
        (status = 401, description = "No valid token, where one is needed."),
        (status = 403, description = "Not with this role."),
    ))]
async fn metrics(State(health): State<Health>, headers: HeaderMap) -> Result<Response, ApiError> {
    health.door.admit(&health.gate, &headers).await?;
    let wants_text = headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|value| value.contains("text/plain") || value.contains("openmetrics-text"));
    if wants_text {
        let text = rendered(&health.metrics);
        return Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response());
    }
    Ok(Json(snapshot::Snapshot::of(&rendered(&health.metrics), health.gate.clock.now())).into_response())
}

/// The metrics as one line of JSON, for the sink.
pub(crate) fn snapshot_text(metrics: &PrometheusHandle, now: DateTime<Utc>) -> String {
    serde_json::to_string(&snapshot::Snapshot::of(&rendered(metrics), now)).expect("a snapshot is plain data")
}

fn rendered(metrics: &PrometheusHandle) -> String {
    metrics.run_upkeep();
    metrics.render()
}
