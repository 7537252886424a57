//! The routes: the socket, the same feed over HTTP, and who is there.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::http::{HeaderMap, header};
use axum::response::Response;
use chrono::{DateTime, Utc};
use patchbay_core::Code;
use patchbay_core::ids::UserId;
use patchbay_core::notice::Availability;
use patchbay_http::{ApiError, Caller, Claims, OpenApiRouter, Page, Params, TokenSource, bearer, routes};
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep};
use utoipa::{IntoParams, ToSchema};

use crate::mailbox::Closing;
use crate::registry::{NoSeat, Seat};
use crate::service::Realtime;
use crate::socket::{self, Seated, Start};
use crate::{feed, rights};

/// The protocol that a client offers beside its token, and that the server selects.
const PROTOCOL: &str = "patchbay.v1";
/// Buffers of one socket, in bytes; the library's defaults would take 128 KiB for each.
const READ_BUFFER_BYTES: usize = 2 << 10;
const WRITE_BUFFER_BYTES: usize = 4 << 10;
const MAX_WRITE_BUFFER_BYTES: usize = 256 << 10;
/// Longest frame a client may send, in bytes.
const MAX_MESSAGE_BYTES: usize = 64 << 10;
/// How long a socket that came while the node starts waits for the feed to be found.
const START_PATIENCE: Duration = Duration::from_secs(3);

/// `/ws`, `/api/v1/events` and `/api/v1/presence`. Mount it outside of compression and of limits on the whole body's
/// time.
pub fn router<S: Clone + Send + Sync + 'static>(realtime: Realtime) -> OpenApiRouter<S> {
    routes().with_state(realtime)
}

/// The OpenAPI part of these endpoints.
#[cfg(debug_assertions)]
pub fn openapi() -> utoipa::openapi::OpenApi {
    routes().into_openapi()
}

fn routes() -> OpenApiRouter<Realtime> {
    OpenApiRouter::new().routes(routes!(connect)).routes(routes!(feed::read)).routes(routes!(presence))
}

/// How to connect.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ConnectQuery {
    /// The token, for clients that can set neither a header nor a subprotocol.
    token: Option<String>,
    /// Cursor of the last event seen: everything missed comes first.
    after: Option<String>,
}

/// The socket. Subprotocols `patchbay.v1, bearer.<jwt>`; or `?token=`, the `Authorization` header, or the console's
/// cookie from an allowed origin. Frames are described in the contract's chapter on realtime.
#[utoipa::path(
    get,
    path = "/ws",
    tag = "realtime",
    params(ConnectQuery),
    responses(
        (status = 101, description = "A socket; a token that is not valid closes it with 4401"),
        (status = 401, description = "AUTH_REQUIRED: no token"),
        (status = 403, description = "ORIGIN_NOT_ALLOWED: a cookie from a foreign page"),
        (status = 503, description = "NOT_READY: as many sockets as this node takes"),
    )
)]
async fn connect(
    State(realtime): State<Realtime>,
    Params(query): Params<ConnectQuery>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, ApiError> {
    let token = token(&realtime, &headers, query.token.as_deref())?;
    let upgrade = upgrade
        .map_err(|_| ApiError::new(Code::InvalidRequest, "this is a WebSocket; ask for an upgrade"))?
        .protocols([PROTOCOL, "bearer"])
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(WRITE_BUFFER_BYTES)
        .max_write_buffer_size(MAX_WRITE_BUFFER_BYTES)
        .max_message_size(MAX_MESSAGE_BYTES)
        .max_frame_size(MAX_MESSAGE_BYTES);
    let directory = realtime.gate.directory.load_full();
    let (actor, claims) = match realtime.gate.actor(token).await {
        Ok((actor, claims)) => (Arc::new(actor), Arc::new(claims)),
        // A page sees nothing of a refused upgrade: it hears the reason as a close code.
        Err(error) if error.code().status() == 401 => {
            let (sockets, patience) = (realtime.sockets.clone(), realtime.config.goodbye_timeout);
            return Ok(upgrade.on_upgrade(move |mut ws| {
                sockets.track_future(async move { socket::close(&mut ws, Closing::Token, patience).await })
            }));
        }
        Err(error) => return Err(error),
    };
    let start = match query.after.as_deref() {
        None | Some("") => Start::Now,
        Some(text) => text.parse().map_or(Start::Unknown, Start::After),
    };
    let expires = DateTime::from_timestamp(claims.exp, 0).unwrap_or(DateTime::<Utc>::MAX_UTC);
    let seat = seat(&realtime, &actor, &claims).await?;
    if !Arc::ptr_eq(&directory, &realtime.gate.directory.load()) {
        // The directory was replaced after the token was looked at and maybe before the seat was there to be resolved.
        realtime.registry.resolve_all(realtime.gate.clock.now(), |claims| realtime.gate.resolve(claims));
    }
    realtime.queues.touch();
    let seated = Seated { realtime: realtime.clone(), actor, seat };
    let sockets = realtime.sockets.clone();
    Ok(upgrade.on_upgrade(move |ws| sockets.track_future(socket::run(ws, seated, start, expires))))
}

async fn seat(
    realtime: &Realtime,
    actor: &Arc<patchbay_core::actor::Actor>,
    claims: &Arc<Claims>,
) -> Result<Seat, ApiError> {
    let patience = Instant::now() + START_PATIENCE;
    loop {
        match realtime.registry.join(actor.clone(), claims.clone()) {
            Ok(seat) => return Ok(seat),
            Err(NoSeat::NotServing) if !realtime.sockets.is_closed() && Instant::now() < patience => {
                sleep(Duration::from_millis(20)).await;
            }
            Err(NoSeat::NotServing) => {
                return Err(ApiError::new(Code::NotReady, "not ready to serve this; try again shortly").retry_after(1));
            }
            Err(NoSeat::Full) => {
                return Err(ApiError::new(Code::NotReady, "as many sockets as this node takes").retry_after(5));
            }
        }
    }
}

/// The token of a socket: `bearer.<jwt>` among the subprotocols (or `bearer, <jwt>`), `?token=`, the header, the cookie.
fn token<'r>(realtime: &Realtime, headers: &'r HeaderMap, query: Option<&'r str>) -> Result<&'r str, ApiError> {
    let offered: Vec<&str> = headers
        .get_all(header::SEC_WEBSOCKET_PROTOCOL)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .collect();
    let by_prefix = offered.iter().find_map(|protocol| protocol.strip_prefix("bearer."));
    let by_order =
        || offered.iter().position(|protocol| *protocol == "bearer").and_then(|at| offered.get(at + 1).copied());
    if let Some(token) = by_prefix.or_else(by_order).or(query.filter(|token| !token.is_empty())) {
        return Ok(token);
    }
    match bearer(headers) {
        Some((token, TokenSource::Header)) => Ok(token),
        Some((token, TokenSource::Cookie)) if realtime.gate.allows_origin(headers) => Ok(token),
        Some((_, TokenSource::Cookie)) => Err(ApiError::new(Code::OriginNotAllowed, "this page may not open a socket")),
        None => Err(ApiError::new(Code::AuthRequired, "a token is required")),
    }
}

/// A person who is there.
#[derive(Serialize, ToSchema)]
struct PresentPerson {
    /// Who.
    user: PersonName,
    /// `online` or `away`.
    #[schema(value_type = String)]
    status: Availability,
    /// Slugs of the person's teams.
    teams: Vec<String>,
}

/// A person by id and name.
#[derive(Serialize, ToSchema)]
struct PersonName {
    #[schema(value_type = String, format = Uuid)]
    id: UserId,
    name: Option<String>,
}

/// Who is online or away, among those the caller may know of; whoever is missing is offline.
#[utoipa::path(
    get,
    path = "/api/v1/presence",
    tag = "realtime",
    responses(
        (status = 200, description = "Who is there", body = Page<PresentPerson>),
        (status = 401, description = "No valid token"),
    )
)]
async fn presence(State(realtime): State<Realtime>, Caller(ctx): Caller) -> axum::Json<Page<PresentPerson>> {
    let directory = realtime.gate.directory.load();
    let people = realtime
        .people
        .all()
        .into_iter()
        .filter(|person| rights::may_know_person(&ctx.actor, person.user, &person.teams))
        .map(|person| PresentPerson {
            user: PersonName { id: person.user, name: person.name },
            status: person.availability,
            teams: person
                .teams
                .iter()
                .filter_map(|team| directory.teams.get(team).map(|team| team.slug.clone()))
                .collect(),
        })
        .collect();
    axum::Json(Page::whole(people))
}
