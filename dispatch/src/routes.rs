//! The endpoints: extract, execute, shape. Those of commands come from the table; reads are written out.

use axum::extract::{DefaultBodyLimit, FromRef, FromRequestParts, Path, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, on};
use patchbay_core::Code;
use patchbay_core::ids::TicketId;
use patchbay_core::ticket::command::Kind;
use patchbay_core::ticket::{CommandRow, Method, commands};
use patchbay_http::{ApiError, Body, Caller, Gate, Page, Params};
use serde_json::Value;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::also::Alone;
use crate::body::{InvoiceBody, TicketBody, TimelineBody};
use crate::call::{Call, MAX_BODY_BYTES, TOOL_NAME};
use crate::document;
use crate::pipeline::Dispatch;
use crate::read::TicketQuery;

/// The ticket endpoints, at the root of the server.
pub fn router<S>() -> OpenApiRouter<S>
where
    S: Clone + Send + Sync + 'static,
    Dispatch: FromRef<S>,
    Gate: FromRef<S>,
{
    let reads = OpenApiRouter::with_openapi(document::of_commands())
        .routes(routes!(list))
        .routes(routes!(read))
        .routes(routes!(timeline))
        .routes(routes!(invoice));
    commands()
        .filter(|row| row.is_mutating())
        .fold(reads, |router, row| command(router, row))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
}

/// Adds the endpoint of a command.
fn command<S>(router: OpenApiRouter<S>, row: &'static CommandRow) -> OpenApiRouter<S>
where
    S: Clone + Send + Sync + 'static,
    Dispatch: FromRef<S>,
    Gate: FromRef<S>,
{
    let method = match row.method {
        Method::Get => MethodFilter::GET,
        Method::Post => MethodFilter::POST,
        Method::Patch => MethodFilter::PATCH,
    };
    let endpoint = match row.kind {
        Kind::Changes => on(
            method,
            async move |State(dispatch): State<Dispatch>,
                        Caller(ctx): Caller,
                        InPath(ticket): InPath,
                        headers: HeaderMap,
                        Body(body): Body<Value>| {
                let call = Call::new(row.command, &headers, body).on(ticket);
                dispatch.execute(&ctx, call, &mut Alone).await.map_err(ApiError::from)
            },
        ),
        Kind::Creates | Kind::Operates | Kind::Reads => on(
            method,
            async move |State(dispatch): State<Dispatch>,
                        Caller(ctx): Caller,
                        headers: HeaderMap,
                        Body(body): Body<Value>| {
                dispatch.execute(&ctx, Call::new(row.command, &headers, body), &mut Alone).await.map_err(ApiError::from)
            },
        ),
    };
    router.route(row.route, endpoint)
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

/// The newest invoice of a ticket, with what stands against the approval of a draft. Errors: 400 `INVALID_TICKET_ID`, 403
/// `FORBIDDEN`, 404 `TICKET_NOT_FOUND`, 404 `NOT_FOUND`.
#[utoipa::path(
    get, path = "/tickets/{ticket_id}/invoice", tag = "tickets", operation_id = "ticket_invoice",
    params(("ticket_id" = Uuid, Path, description = "The ticket.")),
    responses(
        (status = 200, description = "Its invoice.", body = InvoiceBody),
        (status = 400, description = "The id is not a UUID."),
        (status = 401, description = "No valid token."),
        (status = 403, description = "Not with this role or tool."),
        (status = 404, description = "No such ticket, not yours to know, or without an invoice."),
    ),
    security(("bearer" = [])),
)]
async fn invoice(
    State(dispatch): State<Dispatch>,
    Caller(ctx): Caller,
    headers: HeaderMap,
    InPath(id): InPath,
) -> Result<axum::Json<InvoiceBody>, ApiError> {
    Ok(axum::Json(dispatch.invoice(&ctx, id, tool(&headers)).await?))
}
