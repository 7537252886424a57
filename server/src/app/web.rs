//! The web front: routes of the roles, layers around them.

use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use patchbay_core::Code;
use patchbay_http::{ApiError, correlate, no_such_method, no_such_path};
use tokio_util::sync::CancellationToken;
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::timeout::TimeoutLayer;

use super::demo::Simulated;
use super::observability::Observability;
use super::parts::Parts;
use crate::document;
use crate::health::{self, Health};
use crate::observe::observe;
use crate::packed::{self, Encoding};
use crate::pages::{self, SimulatorPages};
use crate::roles::Roles;
use crate::settings::Settings;

/// Longest body of a request to the API; uploads and commands have limits of their own.
const BODY_BYTES: usize = 1 << 20;
/// Longest time one API request may take.
const REQUEST_DEADLINE: Duration = Duration::from_secs(30);

/// The OpenAPI document.
async fn api_document(taken: Encoding) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], packed::answer(document::packed(), taken))
}

/// Everything the process serves.
pub(super) fn router(
    settings: &Settings,
    roles: Roles,
    parts: &Parts,
    watched: Observability,
    simulated: &Simulated,
    stop: &CancellationToken,
) -> Router {
    let Observability { observer, alerts, door, metrics } = watched;
    let alerts = patchbay_dispatch::alerts::alerts_router(alerts, parts.hub.gate.clone(), door.clone()).into_router();
    let health = Health {
        db: parts.hub.db.clone(),
        gate: parts.hub.gate.clone(),
        metrics,
        door,
        objects: parts.objects.clone(),
        bus: parts.bus.clone(),
        workers: parts.workers.as_ref().map(|workers| (workers.heartbeat(), settings.workers.lease())),
        evidence: settings.evidence_profile(),
    };
    let operations = health::router(health).into_router();
    let mut bounded = operations.merge(alerts);
    let mut pages = Router::new();
    if roles.api {
        let api = document::hub_routes().with_state(parts.hub.clone()).into_router();
        let shown = match simulated {
            Simulated::No => SimulatorPages::Hidden,
            Simulated::Yes { .. } => SimulatorPages::Shown,
        };
        bounded = bounded.merge(api);
        pages = pages::router(shown, simulated.people(), parts.hub.gate.directory.clone())
            .route("/openapi.json", get(api_document));
    }
    if let Some(gateway) = parts.gateway.as_ref().filter(|_| roles.api) {
        let tools = patchbay_tool_gateway::router().with_state(gateway.clone()).into_router();
        bounded = bounded.merge(tools);
    }
    // Compression and deadlines are for requests with an end; sockets and streams of the phones have none. The pages and
    // the document are packed already.
    let mut router = bounded
        .layer(CompressionLayer::new())
        .merge(pages)
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, REQUEST_DEADLINE));
    if let Some(ingress) = &parts.ingress {
        let webhooks = patchbay_ingress::router(ingress.clone()).into_router();
        router = router.merge(webhooks);
    }
    if let Some(realtime) = &parts.realtime {
        let live = patchbay_realtime::router::<()>(realtime.clone()).into_router();
        router = router.merge(live);
    }
    if let Some(gateway) = parts.gateway.as_ref().filter(|_| roles.api) {
        let door = patchbay_tool_gateway::McpDoor::new(gateway.clone(), &settings.public_url, stop);
        router = router.merge(door.router());
    }
    if let Some(simulator) = &parts.simulator {
        router = router.merge(simulator.phones_router());
    }
    // One layer of layers, the outermost first: each one that a router gets by itself costs every request a box.
    let around_everything = ServiceBuilder::new()
        .layer(axum::middleware::map_response(|mut response: axum::response::Response| async {
            response.headers_mut().entry(header::X_CONTENT_TYPE_OPTIONS).or_insert(HeaderValue::from_static("nosniff"));
            response
        }))
        .layer(axum::middleware::from_fn(correlate))
        .layer(axum::middleware::from_fn_with_state(observer, observe))
        .layer(CatchPanicLayer::custom(|_panic: Box<dyn std::any::Any + Send>| {
            tracing::error!("a handler panicked");
            ApiError::new(Code::InternalError, "something went wrong on our side; quote the request id").into_response()
        }));
    router.fallback(no_such_path).method_not_allowed_fallback(no_such_method).layer(around_everything)
}
