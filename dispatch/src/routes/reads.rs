//! The endpoints that read tickets.

use axum::Json;
use axum::extract::{FromRef, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use patchbay_http::{ApiError, Caller, Gate, OpenApiRouter, Page, routes};

use super::{InPath, tool};
use crate::body::cockpit::CockpitBody;
use crate::body::packet::PacketBody;
use crate::body::{InvoiceBody, TicketBody, TicketView, TimelineBody};
use crate::pipeline::Dispatch;
use crate::query::Parameters;

pub(super) fn router<S>(documented: OpenApiRouter<S>) -> OpenApiRouter<S>
where
    S: Clone + Send + Sync + 'static,
    Dispatch: FromRef<S>,
    Gate: FromRef<S>,
{
    documented
        .routes(routes!(list))
        .routes(routes!(read))
        .routes(routes!(timeline))
        .routes(routes!(cockpit))
        .routes(routes!(invoice))
        .routes(routes!(packet))
}

/// Tickets the caller may see, newest first. Whoever does the work sees what is its own, and what is nobody's yet.
/// Errors: 400 `INVALID_QUERY`, 403 `FORBIDDEN`, 403 `FORBIDDEN_SCOPE` without any scope.
#[utoipa::path(
    get, path = "/tickets", tag = "tickets", operation_id = "ticket_list",
    params(
        ("state" = Option<Vec<String>>, Query, description = "States, repeated or separated by commas. PENDING and \
         COMPLETED, words of the dealerships, stand for the states they mean."),
        ("status" = Option<Vec<String>>, Query, description = "Words of the dealerships: PENDING, SCHEDULED, IN_PROGRESS, \
         COMPLETED, CANCELLED; each stands for the states it means."),
        ("account_id" = Option<Vec<Uuid>>, Query, description = "Only of these accounts."),
        ("site_id" = Option<Vec<Uuid>>, Query, description = "Only at these sites."),
        ("priority" = Option<Vec<String>>, Query, description = "Only of these priorities."),
        ("assigned_tech_id" = Option<Vec<Uuid>>, Query, description = "Only of these technicians."),
        ("incident_type" = Option<Vec<String>>, Query, description = "Only of these incident types."),
        ("q" = Option<String>, Query, description = "Text in code or summary."),
        ("updated_since" = Option<chrono::DateTime<chrono::Utc>>, Query, description = "Only what changed then or later."),
        ("cursor" = Option<String>, Query, description = "Where the page before ended."),
        ("limit" = Option<i64>, Query, minimum = 1, maximum = 100, description = "How many."),
    ),
    responses(
        (status = 200, description = "A page of tickets.", body = Page<TicketBody>),
        (status = 400, description = "A parameter is not what it should be."),
        (status = 403, description = "Not with this role or tool."),
    ),
    security(("bearer" = [])),
)]
async fn list(
    State(dispatch): State<Dispatch>,
    Caller(ctx): Caller,
    headers: HeaderMap,
    given: Parameters,
) -> Result<Json<Page<TicketBody>>, ApiError> {
    Ok(Json(dispatch.tickets(&ctx, given, tool(&headers)).await?))
}

/// One ticket, and what it waits for; its version is also the `ETag`. Errors: 400 `INVALID_TICKET_ID`, 403 `FORBIDDEN`,
/// 403 `FORBIDDEN_SCOPE`, 403 `NOT_ASSIGNED`, 404 `TICKET_NOT_FOUND`.
#[utoipa::path(
    get, path = "/tickets/{ticket_id}", tag = "tickets", operation_id = "ticket_read",
    params(("ticket_id" = Uuid, Path, description = "The ticket.")),
    responses(
        (status = 200, description = "The ticket.", body = TicketView),
        (status = 400, description = "The id is not a UUID."),
        (status = 403, description = "Not with this role, tool or scope, or it is somebody else's work."),
        (status = 404, description = "No such ticket."),
    ),
    security(("bearer" = [])),
)]
async fn read(
    State(dispatch): State<Dispatch>,
    Caller(ctx): Caller,
    headers: HeaderMap,
    InPath(id): InPath,
) -> Result<Response, ApiError> {
    let view = dispatch.view(&ctx, id, tool(&headers)).await?;
    let version = HeaderValue::from_str(&format!("\"{}\"", view.ticket.version));
    let mut response = Json(view).into_response();
    if let Ok(version) = version {
        response.headers_mut().insert(header::ETAG, version);
    }
    Ok(response)
}

/// What happened to a ticket, oldest first. Errors: as for the ticket itself, 400 `INVALID_QUERY`.
#[utoipa::path(
    get, path = "/tickets/{ticket_id}/timeline", tag = "tickets", operation_id = "ticket_timeline",
    params(
        ("ticket_id" = Uuid, Path, description = "The ticket."),
        ("cursor" = Option<String>, Query, description = "Where the page before ended."),
        ("limit" = Option<i64>, Query, minimum = 1, maximum = 500, description = "How many; 500 when missing."),
    ),
    responses(
        (status = 200, description = "What happened to it.", body = TimelineBody),
        (status = 400, description = "The id is not a UUID, or a parameter is not what it should be."),
        (status = 403, description = "Not with this role, tool or scope, or it is somebody else's work."),
        (status = 404, description = "No such ticket."),
    ),
    security(("bearer" = [])),
)]
async fn timeline(
    State(dispatch): State<Dispatch>,
    Caller(ctx): Caller,
    headers: HeaderMap,
    InPath(id): InPath,
    given: Parameters,
) -> Result<Json<TimelineBody>, ApiError> {
    Ok(Json(dispatch.timeline(&ctx, id, given, tool(&headers)).await?))
}

/// The dispatcher's queue: up to 200 tickets, the most pressing first, each with what may be done to it. Errors: 400
/// `INVALID_QUERY`, 403 `FORBIDDEN`; for the one ticket 404 `TICKET_NOT_FOUND`, 403 `FORBIDDEN_SCOPE`.
#[utoipa::path(
    get, path = "/ux/dispatcher/cockpit", tag = "tickets", operation_id = "dispatcher_cockpit",
    params(
        ("state" = Option<Vec<String>>, Query, description = "States, repeated or separated by commas; what is not over \
         when missing."),
        ("priority" = Option<Vec<String>>, Query, description = "EMERGENCY, URGENT, ROUTINE."),
        ("sla_status" = Option<Vec<String>>, Query, description = "breach, warning, healthy."),
        ("account_id" = Option<Vec<Uuid>>, Query, description = "Only of these accounts."),
        ("site_id" = Option<Vec<Uuid>>, Query, description = "Only at these sites."),
        ("assigned_tech_id" = Option<Vec<Uuid>>, Query, description = "Only of these technicians."),
        ("incident_type" = Option<Vec<String>>, Query, description = "Only of these incident types."),
        ("ticket_id" = Option<Uuid>, Query, description = "A ticket to show in detail."),
    ),
    responses(
        (status = 200, description = "The queue.", body = CockpitBody),
        (status = 400, description = "A parameter is not what it should be."),
        (status = 403, description = "Not with this role, tool or scope."),
        (status = 404, description = "No such ticket."),
    ),
    security(("bearer" = [])),
)]
async fn cockpit(
    State(dispatch): State<Dispatch>,
    Caller(ctx): Caller,
    headers: HeaderMap,
    given: Parameters,
) -> Result<Json<CockpitBody>, ApiError> {
    Ok(Json(dispatch.cockpit(&ctx, given, tool(&headers)).await?))
}

/// All that whoever does the work needs; technicians and vendors read the packets of their own work only. Errors: 400
/// `INVALID_TICKET_ID`, 403 `FORBIDDEN`, 403 `FORBIDDEN_SCOPE`, 403 `NOT_ASSIGNED`, 404 `TICKET_NOT_FOUND`.
#[utoipa::path(
    get, path = "/ux/technician/job-packet/{ticket_id}", tag = "tickets", operation_id = "tech_job_packet",
    params(("ticket_id" = Uuid, Path, description = "The ticket.")),
    responses(
        (status = 200, description = "The packet.", body = PacketBody),
        (status = 400, description = "The id is not a UUID."),
        (status = 403, description = "Not with this role, tool or scope, or it is somebody else's work."),
        (status = 404, description = "No such ticket."),
    ),
    security(("bearer" = [])),
)]
async fn packet(
    State(dispatch): State<Dispatch>,
    Caller(ctx): Caller,
    headers: HeaderMap,
    InPath(id): InPath,
) -> Result<Json<PacketBody>, ApiError> {
    Ok(Json(dispatch.packet(&ctx, id, tool(&headers)).await?))
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
) -> Result<Json<InvoiceBody>, ApiError> {
    Ok(Json(dispatch.invoice(&ctx, id, tool(&headers)).await?))
}
