//! One write: its key claimed, its effect, its audit entry and its answer in one transaction.

use std::collections::BTreeSet;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::TimeDelta;
use patchbay_core::audit::{AuditEntry, Outcome};
use patchbay_core::ids::AccountId;
use patchbay_core::{Code, Ctx};
use patchbay_http::ApiError;
use patchbay_store::idempotency::{self, Claim, RequestKey};
use patchbay_store::{StoreError, Tx, audit};
use serde::Serialize;
use serde_json::{Value, json};

use super::stamp::Stamp;
use crate::error::HubError;
use crate::state::Hub;

/// How long an answer can be had again. Source: domain, idempotency.
const KEPT_FOR: TimeDelta = TimeDelta::days(7);

/// A write under way. Dropped, it did not happen, and its key is free.
pub(crate) struct Write {
    /// Its transaction.
    pub(crate) tx: Tx,
    claim: Option<Claim>,
}

/// Whether a write happens now or happened before.
pub(crate) enum Begun<W = Write> {
    /// Now.
    Now(W),
    /// Before: its answer again.
    Before(Response),
}

impl Write {
    /// A write that nobody asks for a second time.
    pub(crate) fn unnamed(tx: Tx) -> Self {
        Self { tx, claim: None }
    }

    /// Begins a write, claiming its key when it has one. Errors: 400 `INVALID_IDEMPOTENCY_KEY`, 409
    /// `IDEMPOTENCY_PAYLOAD_MISMATCH`.
    pub(crate) async fn begin(hub: &Hub, ctx: &Ctx, stamp: &Stamp) -> Result<Begun, HubError> {
        let key = stamp.key()?;
        let mut tx = hub.db.begin().await?;
        let Some(request_id) = key else { return Ok(Begun::Now(Self { tx, claim: None })) };
        // The claim is written in the transaction of the effect: nobody ever sees it unsettled.
        let key = RequestKey { actor_id: ctx.actor.id, endpoint: stamp.endpoint.clone(), request_id };
        let claim =
            Claim { key, request_hash: stamp.hash.clone(), expires_at: ctx.now + KEPT_FOR, locked_until: ctx.now };
        if idempotency::claim(&mut tx, &claim, ctx.now).await? {
            return Ok(Begun::Now(Self { tx, claim: Some(claim) }));
        }
        let used = idempotency::find(&mut tx, &claim.key).await?.ok_or(StoreError::Conflict)?;
        if used.request_hash != stamp.hash {
            let message = "the idempotency key was used for a different request";
            return Err(ApiError::new(Code::IdempotencyPayloadMismatch, message).into());
        }
        let status = used.response_code.and_then(|code| u16::try_from(code).ok()).unwrap_or(200);
        let mut answer = json_text(status, used.response_body.unwrap_or_default());
        answer.headers_mut().insert("idempotency-replayed", HeaderValue::from_static("true"));
        Ok(Begun::Before(answer))
    }

    /// Keeps the answer and commits.
    pub(crate) async fn finish(mut self, status: StatusCode, body: &impl Serialize) -> Result<Response, HubError> {
        let text = serde_json::to_string(body).expect("a body is plain data");
        if let Some(claim) = &self.claim {
            idempotency::settle(&mut self.tx, claim, i64::from(status.as_u16()), &text, None).await?;
        }
        self.tx.commit().await?;
        Ok(json_text(status.as_u16(), text))
    }
}

fn json_text(status: u16, text: String) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    (status, [(header::CONTENT_TYPE, "application/json")], text).into_response()
}

/// Records who changed what.
pub(crate) async fn record(
    tx: &mut Tx,
    ctx: &Ctx,
    account: Option<AccountId>,
    tool: &str,
    subject: Value,
) -> Result<(), StoreError> {
    record_changes(tx, ctx, account, tool, (subject, None)).await
}

/// Records who changed what, with values before and after where they may be told.
pub(crate) async fn record_changes(
    tx: &mut Tx,
    ctx: &Ctx,
    account: Option<AccountId>,
    tool: &str,
    (subject, changes): (Value, Option<Value>),
) -> Result<(), StoreError> {
    let entry = AuditEntry {
        account_id: account,
        payload: json!({ "subject": subject }),
        changes,
        ..AuditEntry::new(ctx, tool, Outcome::Success)
    };
    audit::append(tx, &entry).await.map(drop)
}

/// What fields that differ were and are, `{field: [before, after]}`: switches and whole numbers, such as whether a rule
/// is in use, its place and its score. What is written in words may be private and is told by name alone.
pub(crate) fn told_values(before: &impl Serialize, after: &impl Serialize) -> Option<Value> {
    let before = serde_json::to_value(before).unwrap_or_default();
    let after = serde_json::to_value(after).unwrap_or_default();
    let tells = |value: &Value| value.is_boolean() || value.is_i64() || value.is_u64();
    let nothing = Value::Null;
    let of = |body: &Value, name: &str| body.get(name).unwrap_or(&nothing).clone();
    let told: serde_json::Map<String, Value> = changed_fields(&before, &after)
        .into_iter()
        .map(|name| (of(&before, &name), of(&after, &name), name))
        .filter(|(was, is, _)| [was, is].iter().all(|value| value.is_null() || tells(value)))
        .map(|(was, is, name)| (name, json!([was, is])))
        .collect();
    (!told.is_empty()).then_some(Value::Object(told))
}

/// The names of the fields that differ. Their values are private: the audit log keeps few of them (`told_values`).
pub(crate) fn changed_fields(before: &impl Serialize, after: &impl Serialize) -> Vec<String> {
    let as_json = |body: Value| if let Value::Object(fields) = body { fields } else { serde_json::Map::new() };
    let before = as_json(serde_json::to_value(before).unwrap_or_default());
    let after = as_json(serde_json::to_value(after).unwrap_or_default());
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let differs = |name: &&&String| before.get(**name) != after.get(**name);
    let always = ["version", "updated_at"];
    names.iter().filter(differs).map(|name| (*name).clone()).filter(|name| !always.contains(&name.as_str())).collect()
}
