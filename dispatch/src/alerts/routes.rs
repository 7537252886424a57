//! `GET /ops/alerts`.

use axum::Json;
use axum::extract::{FromRef, State};
use axum::http::HeaderMap;
use patchbay_http::{ApiError, Gate, OpenApiRouter, OperationsDoor, routes};

use super::{Alerts, Report};
use crate::error::CommandError;

/// What the endpoint needs.
#[derive(Clone, Debug)]
struct Watched {
    alerts: Alerts,
    gate: Gate,
    door: OperationsDoor,
}

impl FromRef<Watched> for Gate {
    fn from_ref(watched: &Watched) -> Self {
        watched.gate.clone()
    }
}

/// The alerts endpoint, at the root of the server.
pub fn alerts_router(alerts: Alerts, gate: Gate, door: OperationsDoor) -> OpenApiRouter {
    paths().with_state(Watched { alerts, gate, door })
}

/// The OpenAPI part of it.
#[cfg(debug_assertions)]
pub fn alerts_openapi() -> utoipa::openapi::OpenApi {
    paths().into_openapi()
}

fn paths() -> OpenApiRouter<Watched> {
    OpenApiRouter::new().routes(routes!(read))
}

/// What is stuck, failing or piling up, with a runbook for each alert. Open on a private address; elsewhere for auditors,
/// dispatchers, supervisors, administrators and the scrape token. Errors: 401, 403 `FORBIDDEN`, 503 `NOT_READY`.
#[utoipa::path(
    get, path = "/ops/alerts", tag = "operations", operation_id = "alerts_read",
    responses(
        (status = 200, description = "How things stand.", body = Report),
        (status = 401, description = "No valid token, where one is needed."),
        (status = 403, description = "Not with this role."),
        (status = 503, description = "The database is away."),
    ),
)]
async fn read(State(watched): State<Watched>, headers: HeaderMap) -> Result<Json<Report>, ApiError> {
    watched.door.admit(&watched.gate, &headers).await?;
    let report = watched.alerts.evaluate().await.map_err(CommandError::from)?;
    Ok(Json(report))
}
