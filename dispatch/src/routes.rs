//! The endpoints: extract, execute, shape.

use axum::extract::{DefaultBodyLimit, FromRef, FromRequestParts, Path, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use patchbay_core::Code;
use patchbay_core::ids::TicketId;
use patchbay_core::ticket::Command;
use patchbay_http::{ApiError, Body, Caller, Gate, Page, Params};
use serde_json::Value;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::also::Alone;
use crate::body::{CreateBody, IntakeBody, TicketBody, TimelineBody};
use crate::call::{Call, MAX_BODY_BYTES, Reply, TOOL_NAME};
use crate::pipeline::Dispatch;
use crate::read::TicketQuery;

/// The ticket endpoints, at the root of the server.
pub fn router<S>() -> OpenApiRouter<S>
where
    S: Clone + Send + Sync + 'static,
    Dispatch: FromRef<S>,
    Gate: FromRef<S>,
{
    OpenApiRouter::new()
        .routes(routes!(create, list))
        .routes(routes!(intake))
        .routes(routes!(read))
        .routes(routes!(timeline))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
}

/// The ticket of a path. Error: 400 `INVALID_TICKET_ID`.
struct InPath(TicketId);

impl<S: Send + Sync> FromRequestParts<S> for InPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let text = Path::<String>::from_request_parts(parts, state).await.ok();
        text.and_then(|Path(text)| text.parse().ok())
            .map(Self)
            .ok_or_else(|| ApiError::new(Code::InvalidTicketId, "the ticket id is not a UUID"))
    }
}

fn tool(headers: &HeaderMap) -> Option<&str> {
    headers.get(TOOL_NAME).and_then(|value| value.to_str().ok())
}

/// Records a request as a ticket. Errors: the codes of commands; 403 `FORBIDDEN_SCOPE`, 409 `DUPLICATE_INTAKE` when
/// the source message is a ticket already.
#[utoipa::path(
    post, path = "/tickets", tag = "tickets", operation_id = "ticket_create",
    params(
        ("Idempotency-Key" = Uuid, Header, description = "Names the one request; repeat it with the same key."),
        ("X-Tool-Name" = Option<String>, Header, description = "The tool the caller acts with: `ticket.create`."),
    ),
    request_body = CreateBody,
    responses(
        (status = 201, description = "The ticket; also when the request was carried out before.", body = TicketBody),
        (status = 400, description = "The body does not fit, or the idempotency key is missing or no UUID."),
        (status = 401, description = "No valid token."),
        (status = 403, description = "Not with this role, tool or scope."),
        (status = 409, description = "The key is in use, or the request is a ticket already."),
        (status = 413, description = "Larger than 256 KiB."),
        (status = 415, description = "Not JSON."),
    ),
    security(("bearer" = [])),
)]
async fn create(
    State(dispatch): State<Dispatch>,
    Caller(ctx): Caller,
    headers: HeaderMap,
    Body(body): Body<Value>,
) -> Result<Reply, ApiError> {
    Ok(dispatch.execute(&ctx, Call::new(Command::TicketCreate, &headers, body), &mut Alone).await?)
}

/// Records a request that an intake classified by itself. READY_TO_SCHEDULE when it was sure and handed off, else
/// TRIAGED. Errors: the codes of commands; 400 `BLIND_INTAKE_VALIDATION_FAILED`, 409 `DUPLICATE_INTAKE`.
#[utoipa::path(
    post, path = "/tickets/intake", tag = "tickets", operation_id = "ticket_blind_intake",
    params(
        ("Idempotency-Key" = Uuid, Header, description = "Names the one request; repeat it with the same key."),
        ("X-Tool-Name" = Option<String>, Header, description = "The tool the caller acts with: `ticket.blind_intake`."),
    ),
    request_body = IntakeBody,
    responses(
        (status = 201, description = "The ticket; also when the request was carried out before.", body = TicketBody),
        (status = 400, description = "The body does not fit, nobody can be reached, or the idempotency key is missing."),
        (status = 401, description = "No valid token."),
        (status = 403, description = "Not with this role, tool or scope."),
        (status = 409, description = "The key is in use, or the same request is an open ticket already."),
        (status = 413, description = "Larger than 256 KiB."),
        (status = 415, description = "Not JSON."),
    ),
    security(("bearer" = [])),
)]
async fn intake(
    State(dispatch): State<Dispatch>,
    Caller(ctx): Caller,
    headers: HeaderMap,
    Body(body): Body<Value>,
) -> Result<Reply, ApiError> {
    Ok(dispatch.execute(&ctx, Call::new(Command::TicketBlindIntake, &headers, body), &mut Alone).await?)
}

/// Tickets the caller may see, newest first. Errors: 400 `INVALID_QUERY`, 403 `FORBIDDEN`.
#[utoipa::path(
    get, path = "/tickets", tag = "tickets", operation_id = "ticket_list",
    params(TicketQuery),
    responses(
        (status = 200, description = "A page of tickets.", body = Page<TicketBody>),
        (status = 400, description = "A parameter is not what it should be."),
        (status = 401, description = "No valid token."),
        (status = 403, description = "Not with this role or tool."),
    ),
    security(("bearer" = [])),
)]
async fn list(
    State(dispatch): State<Dispatch>,
    Caller(ctx): Caller,
    headers: HeaderMap,
    Params(query): Params<TicketQuery>,
) -> Result<axum::Json<Page<TicketBody>>, ApiError> {
    Ok(axum::Json(dispatch.tickets(&ctx, query, tool(&headers)).await?))
}

/// One ticket; its version is also the `ETag`. Errors: 400 `INVALID_TICKET_ID`, 403 `FORBIDDEN`, 404
/// `TICKET_NOT_FOUND`.
#[utoipa::path(
    get, path = "/tickets/{ticket_id}", tag = "tickets", operation_id = "ticket_read",
    params(("ticket_id" = Uuid, Path, description = "The ticket.")),
    responses(
        (status = 200, description = "The ticket.", body = TicketBody),
        (status = 400, description = "The id is not a UUID."),
        (status = 401, description = "No valid token."),
        (status = 403, description = "Not with this role or tool."),
        (status = 404, description = "No such ticket, or not yours to know."),
    ),
    security(("bearer" = [])),
)]
async fn read(
    State(dispatch): State<Dispatch>,
    Caller(ctx): Caller,
    headers: HeaderMap,
    InPath(id): InPath,
) -> Result<Response, ApiError> {
    let ticket = dispatch.ticket(&ctx, id, tool(&headers)).await?;
    let mut response = axum::Json(TicketBody::from(&ticket)).into_response();
    if let Ok(version) = HeaderValue::from_str(&format!("\"{}\"", ticket.version)) {
        response.headers_mut().insert(header::ETAG, version);
    }
    Ok(response)
}

/// What happened to a ticket, oldest first. Errors: 400 `INVALID_TICKET_ID`, 403 `FORBIDDEN`, 404 `TICKET_NOT_FOUND`.
#[utoipa::path(
    get, path = "/tickets/{ticket_id}/timeline", tag = "tickets", operation_id = "ticket_timeline",
    params(("ticket_id" = Uuid, Path, description = "The ticket.")),
    responses(
        (status = 200, description = "What happened to it.", body = TimelineBody),
        (status = 400, description = "The id is not a UUID."),
        (status = 401, description = "No valid token."),
        (status = 403, description = "Not with this role or tool."),
        (status = 404, description = "No such ticket, or not yours to know."),
    ),
    security(("bearer" = [])),
)]
async fn timeline(
    State(dispatch): State<Dispatch>,
    Caller(ctx): Caller,
    headers: HeaderMap,
    InPath(id): InPath,
) -> Result<axum::Json<TimelineBody>, ApiError> {
    Ok(axum::Json(dispatch.timeline(&ctx, id, tool(&headers)).await?))
}
