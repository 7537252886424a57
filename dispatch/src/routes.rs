//! The endpoints: extract, execute, shape. Those of commands come from the table; reads are written out.

mod operations;
mod reads;

use axum::extract::{DefaultBodyLimit, FromRef, FromRequestParts, Path, State};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use axum::routing::{MethodFilter, on};
use patchbay_core::Code;
use patchbay_core::ids::TicketId;
use patchbay_core::ticket::command::Kind;
use patchbay_core::ticket::{CommandRow, Method, commands};
use patchbay_http::{ApiError, Body, Caller, Gate, OpenApiRouter};
use serde_json::Value;

use crate::also::Alone;
use crate::call::{Call, MAX_BODY_BYTES, TOOL_NAME};
use crate::document;
use crate::evidence;
use crate::pipeline::Dispatch;

/// The ticket endpoints, at the root of the server.
pub fn router<S>() -> OpenApiRouter<S>
where
    S: Clone + Send + Sync + 'static,
    Dispatch: FromRef<S>,
    Gate: FromRef<S>,
{
    let reads = reads::router(OpenApiRouter::with_openapi(document::of_commands))
        .merge(evidence::router())
        .merge(operations::router());
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
pub(crate) struct InPath(pub(crate) TicketId);

impl<S: Send + Sync> FromRequestParts<S> for InPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let text = Path::<String>::from_request_parts(parts, state).await.ok();
        text.and_then(|Path(text)| text.parse().ok())
            .map(Self)
            .ok_or_else(|| ApiError::new(Code::InvalidTicketId, "the ticket id is not a UUID"))
    }
}

pub(crate) fn tool(headers: &HeaderMap) -> Option<&str> {
    headers.get(TOOL_NAME).and_then(|value| value.to_str().ok())
}
