//! `/health`, `/health/ready` and `/metrics`.

mod snapshot;

use std::net::IpAddr;

use axum::Json;
use axum::extract::{FromRef, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use metrics_exporter_prometheus::PrometheusHandle;
use patchbay_core::role::Role;
use patchbay_http::{ApiError, Gate};
use patchbay_store::Db;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What the checks look at.
#[derive(Clone)]
pub(crate) struct Health {
    pub(crate) db: Db,
    pub(crate) gate: Gate,
    pub(crate) metrics: PrometheusHandle,
    /// Where the server listens: on a loopback address the metrics are open.
    pub(crate) listens_on: IpAddr,
}

impl FromRef<Health> for Gate {
    fn from_ref(health: &Health) -> Self {
        health.gate.clone()
    }
}

/// How the server is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HealthBody {
    /// `ok` or `unhealthy`.
    status: &'static str,
    /// Whether the database answers: `ok` or `unavailable`.
    database: &'static str,
    /// Version of the program.
    version: &'static str,
}

pub(crate) fn router(health: Health) -> OpenApiRouter {
    routes().with_state(health)
}

/// The OpenAPI part of these endpoints.
pub(crate) fn openapi() -> utoipa::openapi::OpenApi {
    routes().into_openapi()
}

fn routes() -> OpenApiRouter<Health> {
    OpenApiRouter::new().routes(routes!(alive)).routes(routes!(ready)).routes(routes!(metrics))
}

/// Whether the server and its database are well.
#[utoipa::path(get, path = "/health", tag = "operations",
    responses((status = 200, body = HealthBody), (status = 503, body = HealthBody)))]
async fn alive(State(health): State<Health>) -> (StatusCode, Json<HealthBody>) {
    check(&health).await
}

/// Whether the server can take traffic.
#[utoipa::path(get, path = "/health/ready", tag = "operations",
    responses((status = 200, body = HealthBody), (status = 503, body = HealthBody)))]
async fn ready(State(health): State<Health>) -> (StatusCode, Json<HealthBody>) {
    check(&health).await
}

async fn check(health: &Health) -> (StatusCode, Json<HealthBody>) {
    let well = health.db.ping().await.is_ok();
    let body = HealthBody {
        status: if well { "ok" } else { "unhealthy" },
        database: if well { "ok" } else { "unavailable" },
        version: env!("CARGO_PKG_VERSION"),
    };
    (if well { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }, Json(body))
}

/// Metrics as JSON, or in the text format of Prometheus for whoever accepts `text/plain`. Open on a loopback address;
/// elsewhere for auditors and who leads.
#[utoipa::path(get, path = "/metrics", tag = "operations",
    responses((status = 200, content((snapshot::Snapshot = "application/json"), (String = "text/plain")))))]
async fn metrics(State(health): State<Health>, headers: HeaderMap) -> Result<Response, ApiError> {
    if !health.listens_on.is_loopback() {
        let (actor, _) = health.gate.admit(&headers).await?;
        if !matches!(actor.role, Role::Admin | Role::Supervisor | Role::Dispatcher | Role::Auditor | Role::System) {
            return Err(ApiError::forbidden("this role does not read metrics"));
        }
    }
    health.metrics.run_upkeep();
    let rendered = health.metrics.render();
    let wants_text = headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|value| value.contains("text/plain") || value.contains("openmetrics-text"));
    if wants_text {
        return Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], rendered).into_response());
    }
    Ok(Json(snapshot::Snapshot::of(&rendered, health.gate.clock.now())).into_response())
}
