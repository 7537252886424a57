//! A command on its way in, and its answer.

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use patchbay_core::canonical::canonical_hash;
use patchbay_core::ids::{ActorId, TicketId};
use patchbay_core::ticket::{Command, CommandRow};
use patchbay_core::{Code, Ctx};
use patchbay_store::idempotency::RequestKey;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::error::{CommandError, InvalidField};

/// Header that names the one request; a UUID.
pub const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Header that says with which tool the caller acts; the endpoint's own when missing.
pub const TOOL_NAME: HeaderName = HeaderName::from_static("x-tool-name");
/// Header of an answer that was given before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// Largest body of a command, in bytes. Source: domain, errors (413).
pub const MAX_BODY_BYTES: usize = 256 * 1024;

/// A command that somebody asks for.
#[derive(Clone, Debug)]
pub struct Call {
    /// Which command.
    pub command: Command,
    /// Under which tool, when the caller says so.
    pub tool: Option<String>,
    /// The idempotency key, as it was sent.
    pub key: Option<String>,
    /// The command's fields.
    pub body: Value,
    /// For whom it is asked, when not for the caller itself; stands in the audit.
    on_behalf_of: Option<Uuid>,
    /// Method and route it came through: a key means something else elsewhere.
    endpoint: String,
    /// Parameters of that route.
    path: Map<String, Value>,
    /// The ticket of that route.
    ticket: Option<TicketId>,
    /// The version the caller has seen, as the header says it.
    if_match: Option<String>,
}

impl Call {
    /// A call of `command` through its own route, with the headers of its request.
    pub fn new(command: Command, headers: &HeaderMap, body: Value) -> Self {
        let text =
            |name: &HeaderName| headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        Self {
            command,
            tool: text(&TOOL_NAME),
            key: text(&IDEMPOTENCY_KEY),
            body,
            endpoint: command.row().endpoint(),
            path: Map::new(),
            ticket: None,
            on_behalf_of: None,
            if_match: text(&header::IF_MATCH),
        }
    }

    /// The same call, on a ticket.
    #[must_use]
    pub fn on(mut self, ticket: TicketId) -> Self {
        self.path.insert("ticket_id".into(), ticket.to_string().into());
        self.ticket = Some(ticket);
        self
    }

    /// The same call, made for somebody.
    #[must_use]
    pub fn on_behalf_of(self, whom: Uuid) -> Self {
        Self { on_behalf_of: Some(whom), ..self }
    }

    /// A call that Patchbay makes itself, under a key that a repetition gives again.
    pub fn internal(command: Command, key: Uuid, body: Value) -> Self {
        Self { key: Some(key.to_string()), ..Self::new(command, &HeaderMap::new(), body) }
    }

    /// The same call, come through another route.
    #[must_use]
    pub fn through(mut self, endpoint: &str, path: impl IntoIterator<Item = (&'static str, String)>) -> Self {
        self.endpoint = endpoint.into();
        self.path = path.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        self
    }

    pub(crate) fn row(&self) -> &'static CommandRow {
        self.command.row()
    }

    pub(crate) fn whom(&self) -> Option<Uuid> {
        self.on_behalf_of
    }

    pub(crate) fn ticket(&self) -> Option<TicketId> {
        self.ticket
    }

    /// The version the caller has seen, from the body's `expected_version` or from `If-Match`. Error: the two differ, or
    /// the header is no version.
    pub(crate) fn expected_version(&self, body: &Value) -> Result<Option<i64>, CommandError> {
        let in_body = body.get("expected_version").and_then(Value::as_i64);
        let misfit = |message: &str| CommandError::Fields(vec![InvalidField::new("If-Match", message)]);
        let in_header = match self.if_match.as_deref().map(str::trim) {
            None | Some("*") => None,
            Some(tag) => Some(
                tag.strip_prefix('"')
                    .and_then(|tag| tag.strip_suffix('"'))
                    .and_then(|version| version.parse::<i64>().ok())
                    .ok_or_else(|| misfit("must be the version in quotes, like \"3\""))?,
            ),
        };
        match (in_body, in_header) {
            (Some(one), Some(other)) if one != other => Err(misfit("must be the same version as expected_version")),
            (in_body, in_header) => Ok(in_body.or(in_header)),
        }
    }

    /// What names this request. Errors: 400 `MISSING_IDEMPOTENCY_KEY`, 400 `INVALID_IDEMPOTENCY_KEY`.
    pub(crate) fn request_key(&self, ctx: &Ctx) -> Result<RequestKey, CommandError> {
        let invalid = |message: &str| CommandError::Key { code: Code::InvalidIdempotencyKey, message: message.into() };
        let text = self.key.as_deref().ok_or_else(|| CommandError::Key {
            code: Code::MissingIdempotencyKey,
            message: "a command needs the header Idempotency-Key".into(),
        })?;
        let request_id = Uuid::parse_str(text.trim()).map_err(|_| invalid("the idempotency key must be a UUID"))?;
        match self.body.get("request_id") {
            None | Some(Value::Null) => {}
            Some(Value::String(same)) if Uuid::parse_str(same).is_ok_and(|id| id == request_id) => {}
            Some(_) => return Err(invalid("request_id and the idempotency key must be the same UUID")),
        }
        let actor_id: ActorId = ctx.actor.id;
        Ok(RequestKey { actor_id, endpoint: self.endpoint.clone(), request_id })
    }

    /// Hash of what is asked: method and route are part of the key, everything else is here.
    pub(crate) fn hash(&self) -> String {
        canonical_hash(&json!({
            "method": self.row().method.as_str(),
            "path": self.path,
            "body": self.body,
        }))
    }
}

/// The answer to a command. A repeated request gets the very same bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// JSON text.
    pub body: String,
    /// Whether the command was carried out now or before.
    pub given: Given,
}

/// When an answer was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Given {
    /// By this request.
    Now,
    /// By an earlier request with the same key.
    Before,
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::OK);
        let mut response = (status, self.body).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if self.given == Given::Before {
            response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
        }
        response
    }
}
