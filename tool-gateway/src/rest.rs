//! The face for agent runtimes over plain HTTP: `GET /tools`, `POST /tools/{name}`.

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use patchbay_core::tool::bytes::{self, Flaw, MAX_BYTES};
use patchbay_core::tool::window::Standing;
use patchbay_core::{Code, Ctx};
use patchbay_http::{ApiError, Caller, OpenApiRouter, routes};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::gateway::Gateway;
use crate::outcome::{Outcome, Refusal};
use crate::pipeline::{Surface, ToolCall, require_caller};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const LIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// Most signs of a client's name.
const LONGEST_NAME: usize = 80;

/// Every endpoint of the gateway but `/mcp`.
pub fn router() -> OpenApiRouter<Gateway> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(call))
        .routes(routes!(draft))
        .routes(routes!(cancel))
        .layer(DefaultBodyLimit::max(MAX_BYTES + 1))
        .merge(crate::people::router())
}

/// The part of the API document that the gateway has.
#[cfg(debug_assertions)]
pub fn openapi() -> utoipa::openapi::OpenApi {
    router().into_openapi()
}

/// The tools that the caller may use.
#[utoipa::path(get, path = "/tools", tag = "tools",
    responses((status = 200, description = "`{\"data\":[{name, description, class, input_schema, output_schema}]}`", body = Value),
              (status = 403, description = "TOOL_ROLE_FORBIDDEN")))]
async fn list(State(gateway): State<Gateway>, Caller(ctx): Caller) -> Result<Json<Value>, ApiError> {
    Ok(Json(json!({"data": entries(&gateway, &ctx)})))
}

fn entries(gateway: &Gateway, ctx: &Ctx) -> Vec<Value> {
    gateway.tools_for(ctx).into_iter().map(patchbay_core::tool::ToolSpec::entry).collect()
}

/// Calls a tool. What it changes needs the proofs of its plan; the answer says what a draft waits for.
#[utoipa::path(post, path = "/tools/{name}", tag = "tools",
    params(("name" = String, Path, description = "Name of the tool; dots may be underscores."),
           ("Idempotency-Key" = Option<Uuid>, Header, description = "Names the one call.")),
    request_body(content = Value, description = "`{\"arguments\":{…}}`; a person adds `conversation_id`"),
    responses((status = 200, description = "`{\"result\",\"draft\",\"limits\"}`", body = Value),
              (status = 400, description = "UNKNOWN_TOOL, INVALID_JSON, INVALID_REQUEST"),
              (status = 403, description = "TOOL_NOT_ALLOWED, TOOL_ROLE_FORBIDDEN, FORBIDDEN_SCOPE"),
              (status = 404, description = "NOT_FOUND, TICKET_NOT_FOUND"),
              (status = 409, description = "CONFIRMATION_REQUIRED, CONFIRMATION_INVALID, APPROVAL_THRESHOLD, AUTONOMY_DISABLED"),
              (status = 429, description = "RATE_LIMITED"),
              (status = 502, description = "INTEGRATION_FAILED"), (status = 503, description = "CIRCUIT_OPEN"),
              (status = 504, description = "INTEGRATION_TIMEOUT")))]
async fn call(
    State(gateway): State<Gateway>,
    Caller(ctx): Caller,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let read = require_caller(&ctx).and_then(|()| match &body {
        Ok(body) => read(&headers, body),
        Err(rejection) => Err(unreceived(rejection)),
    });
    let end = match read {
        Ok(call) => gateway.run_apart(&ctx, &rest(&headers), &name, call).await,
        Err(refusal) => gateway.refused_unread(&ctx, &rest(&headers), &name, refusal).await,
    };
    respond(end)
}

/// A draft of the caller's conversation; the same as the tool `get_draft`.
#[utoipa::path(get, path = "/tools/drafts/{id}", tag = "tools", params(("id" = Uuid, Path)),
    responses((status = 200, description = "`{\"result\",\"draft\",\"limits\"}`", body = Value),
              (status = 404, description = "NOT_FOUND"), (status = 429, description = "RATE_LIMITED")))]
async fn draft(
    State(gateway): State<Gateway>,
    Caller(ctx): Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let call = ToolCall { arguments: json!({"draft_id": id}), conversation: None, key: None };
    respond(gateway.run_apart(&ctx, &rest(&headers), "get_draft", call).await)
}

/// Calls off a draft of the caller's conversation; the same as the tool `cancel_transaction_draft`.
#[utoipa::path(post, path = "/tools/drafts/{id}/cancel", tag = "tools", params(("id" = Uuid, Path)),
    responses((status = 200, description = "`{\"result\",\"draft\",\"limits\"}`", body = Value),
              (status = 404, description = "NOT_FOUND"), (status = 409, description = "DRAFT_STATE_CONFLICT"),
              (status = 429, description = "RATE_LIMITED")))]
async fn cancel(
    State(gateway): State<Gateway>,
    Caller(ctx): Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let call = ToolCall { arguments: json!({"draft_id": id}), conversation: None, key: None };
    respond(gateway.run_apart(&ctx, &rest(&headers), "cancel_transaction_draft", call).await)
}

/// The face of plain HTTP, with what the caller says it is.
fn rest(headers: &HeaderMap) -> Surface {
    Surface { name: "rest", protocol_version: None, software: user_agent(headers) }
}

/// What a client calls itself.
pub(crate) fn user_agent(headers: &HeaderMap) -> Option<String> {
    headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).map(named)
}

/// A name that somebody gave itself, as it may be kept.
pub(crate) fn named(text: &str) -> String {
    text.chars().filter(|sign| sign.is_ascii_graphic() || *sign == ' ').take(LONGEST_NAME).collect()
}

/// Reads the bytes of a call.
fn read(headers: &HeaderMap, body: &[u8]) -> Result<ToolCall, Refusal> {
    let invalid = |field: &str, message: &str| {
        let mut refusal = Refusal::new(Code::InvalidRequest, "input.schema", format!("{field}: {message}")).at(field);
        refusal.error = refusal.error.with("validation_errors", json!([{"path": field, "message": message}]));
        refusal
    };
    let mut key = key_in(headers)?;
    let body = if body.iter().all(u8::is_ascii_whitespace) {
        Value::Object(Map::new())
    } else {
        bytes::read(body).map_err(flawed)?
    };
    let Value::Object(mut fields) = body else { return Err(invalid("body", "must be an object")) };
    let arguments = match fields.remove("arguments") {
        None => Value::Object(Map::new()),
        Some(arguments @ Value::Object(_)) => arguments,
        Some(_) => return Err(invalid("arguments", "must be an object")),
    };
    let conversation = match fields.remove("conversation_id") {
        None => None,
        Some(value) => Some(
            value
                .as_str()
                .and_then(|id| id.parse().ok())
                .ok_or_else(|| Refusal::not_found("conversation").at("conversation_id"))?,
        ),
    };
    if let Some(value) = fields.remove("request_id") {
        let id = value.as_str().and_then(|id| Uuid::parse_str(id).ok());
        let id = id.ok_or_else(|| invalid("request_id", "must be a UUID"))?;
        if key.is_some_and(|key| key != id) {
            return Err(Refusal::new(
                Code::InvalidIdempotencyKey,
                "input.idempotency_key",
                "request_id and the idempotency key must be the same UUID",
            ));
        }
        key = Some(id);
    }
    if let Some(name) = fields.keys().next() {
        let name: String = name.chars().take(100).collect();
        return Err(invalid(&name, "is not a known field"));
    }
    Ok(ToolCall { arguments, conversation, key })
}

/// The key that names the one call. Error: 400 `INVALID_IDEMPOTENCY_KEY`.
pub(crate) fn key_in(headers: &HeaderMap) -> Result<Option<Uuid>, Refusal> {
    let Some(value) = headers.get(&IDEMPOTENCY_KEY) else { return Ok(None) };
    value.to_str().ok().and_then(|text| Uuid::parse_str(text.trim()).ok()).map(Some).ok_or_else(no_key)
}

/// What is told of a key that is none.
pub(crate) fn no_key() -> Refusal {
    Refusal::new(Code::InvalidIdempotencyKey, "input.idempotency_key", "the idempotency key must be a UUID")
}

/// What is told of a body that did not come whole.
fn unreceived(rejection: &BytesRejection) -> Refusal {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return flawed(Flaw::TooLarge);
    }
    Refusal::new(Code::InvalidRequest, "input.bytes", "the body could not be read")
}

/// What is told of bytes that are no call.
pub(crate) fn flawed(flaw: Flaw) -> Refusal {
    let code = match flaw {
        Flaw::TooLarge => Code::PayloadTooLarge,
        Flaw::NotUtf8 | Flaw::NotJson => Code::InvalidJson,
        Flaw::TooDeep | Flaw::DuplicateKey | Flaw::OddNumber => Code::InvalidRequest,
    };
    Refusal::new(code, "input.bytes", flaw.to_string())
}

fn respond(end: Result<Outcome, Refusal>) -> Response {
    let wants = end.as_ref().err().and_then(|refusal| refusal.wants);
    let (standings, mut response) = match end {
        Ok(outcome) => (outcome.standings.clone(), Json(outcome.body()).into_response()),
        Err(refusal) => (refusal.standings.clone(), refusal.into_api().into_response()),
    };
    limit_headers(&standings, response.headers_mut());
    if let Some(permission) = wants
        && let Ok(value) =
            HeaderValue::from_str(&format!("Bearer error=\"insufficient_scope\", scope=\"{permission}\""))
    {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, value);
    }
    response
}

/// The headers of the limits. Source: RateLimit header fields for HTTP (IETF draft).
pub(crate) fn limit_headers(standings: &[Standing], headers: &mut HeaderMap) {
    if standings.is_empty() {
        return;
    }
    let policies: Vec<String> = standings
        .iter()
        .map(|standing| format!("\"{}\";q={};w={}", standing.limit.name, standing.limit.most, standing.limit.seconds))
        .collect();
    let left: Vec<String> = standings
        .iter()
        .map(|standing| format!("\"{}\";r={};t={}", standing.limit.name, standing.remaining, standing.reset_s))
        .collect();
    for (name, text) in [(POLICY, policies.join(", ")), (LIMIT, left.join(", "))] {
        if let Ok(value) = HeaderValue::from_str(&text) {
            headers.insert(name, value);
        }
    }
}
