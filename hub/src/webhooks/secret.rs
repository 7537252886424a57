//! What calls are signed with: a secret of ours for each address, and for a while the one before it.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use base64::Engine as _;
use chrono::{DateTime, TimeDelta, Utc};
use patchbay_core::ids::WebhookId;
use patchbay_core::secret::Secret;
use patchbay_core::webhook::USUAL_OVERLAP;
use patchbay_http::{ApiError, Caller, Id, OptionalBody};
use patchbay_store::webhooks::{self, WebhookRow};
use rand::RngExt as _;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::error::HubError;
use crate::resource::{Begun, Stamp, Write, record, require_admin};
use crate::sealing::Seals;
use crate::state::Hub;

/// Longest time that an old secret goes on signing.
const LONGEST_OVERLAP: TimeDelta = TimeDelta::days(7);

/// A secret as stored.
#[derive(Serialize, Deserialize)]
struct Kept {
    /// As it is, where nothing seals it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sealed: Option<String>,
    expires_at: Option<DateTime<Utc>>,
}

impl Kept {
    fn new(seals: Option<&Seals>, webhook: WebhookId, secret: &str) -> Self {
        let sealed = seals.and_then(|seals| seals.seal(webhook.into(), secret));
        Self { secret: sealed.is_none().then(|| secret.to_owned()), sealed, expires_at: None }
    }

    fn open(self, seals: Option<&Seals>, webhook: WebhookId) -> Option<Secret> {
        let opened = || {
            let opened = seals?.open(webhook.into(), self.sealed.as_deref()?);
            if opened.is_none() {
                tracing::error!(webhook.id = %webhook, "a secret was sealed under a key that is not in the settings");
            }
            opened
        };
        self.secret.clone().or_else(opened).map(Secret::new)
    }
}

/// A new secret, 256 bits of chance.
pub(super) fn make() -> String {
    let bytes: [u8; 32] = rand::rng().random();
    format!("whsec_{}", base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes))
}

/// The first secret of an address, as stored.
pub(super) fn first(seals: Option<&Seals>, webhook: WebhookId, secret: &str) -> Value {
    json!([Kept::new(seals, webhook, secret)])
}

/// The secrets of an address that hold, newest first.
pub fn holding(seals: Option<&Seals>, row: &WebhookRow, now: DateTime<Utc>) -> Vec<Secret> {
    let kept: Vec<Kept> = serde_json::from_value(row.secrets.clone()).unwrap_or_default();
    let holds = |kept: &Kept| kept.expires_at.is_none_or(|end| now < end);
    kept.into_iter().filter(holds).filter_map(|kept| kept.open(seals, row.id)).collect()
}

/// How long the old secret goes on signing.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RotateBody {
    /// Seconds during which calls are signed with both, up to a week; a day when absent.
    overlap_seconds: Option<i64>,
}

/// A new secret.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RotatedBody {
    /// Our id of the address.
    id: Uuid,
    /// What calls are signed with from now on. Shown once.
    secret: String,
    /// Until when they are signed with the one before it, too.
    previous_expires_at: DateTime<Utc>,
    /// Version of the address.
    version: i64,
}

/// Gives an address a new secret. For a while calls are signed with the old one too, so that the receiver can change over.
#[utoipa::path(post, path = "/api/v1/webhooks/{id}/rotate-secret", tag = "webhooks",
    operation_id = "webhook_rotate_secret",
    params(("id" = Uuid, Path),
           ("Idempotency-Key" = Option<String>, Header, description = "A UUID that names the one request.")),
    request_body = Option<RotateBody>,
    responses((status = 200, body = RotatedBody), (status = 400, description = "INVALID_REQUEST"),
              (status = 401, description = "AUTH_REQUIRED"), (status = 403, description = "FORBIDDEN"),
              (status = 404, description = "NOT_FOUND"), (status = 409, description = "VERSION_CONFLICT")))]
pub(super) async fn rotate(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<WebhookId>,
    stamp: Stamp,
    OptionalBody(body): OptionalBody<RotateBody>,
) -> Result<Response, HubError> {
    require_admin(&ctx)?;
    let overlap = match body.overlap_seconds {
        None => USUAL_OVERLAP,
        Some(seconds) if (0..=LONGEST_OVERLAP.num_seconds()).contains(&seconds) => TimeDelta::seconds(seconds),
        Some(_) => return Err(ApiError::invalid("overlap_seconds", "must be between 0 and 604800").into()),
    };
    let mut write = match Write::begin(&hub, &ctx, &stamp).await? {
        Begun::Now(write) => write,
        Begun::Before(answer) => return Ok(answer),
    };
    let mut row = webhooks::by_id(&mut write.tx, id).await?.ok_or_else(|| ApiError::not_found("webhook"))?;
    let end = ctx.now + overlap;
    let secret = make();
    let kept: Vec<Kept> = serde_json::from_value(row.secrets.clone()).unwrap_or_default();
    let still = kept.into_iter().filter(|kept| kept.expires_at.is_none_or(|known| ctx.now < known)).take(2);
    let still =
        still.map(|kept| Kept { expires_at: Some(kept.expires_at.map_or(end, |known| known.min(end))), ..kept });
    let new = Kept::new(hub.config.seals.as_deref(), id, &secret);
    row.secrets = json!(std::iter::once(new).chain(still).collect::<Vec<Kept>>());
    row.updated_at = ctx.now;
    webhooks::update(&mut write.tx, &row).await?;
    let subject = json!({ "webhook_id": id, "version": row.version + 1 });
    record(&mut write.tx, &ctx, None, "webhook.rotate_secret", subject).await?;
    let body = RotatedBody { id: id.into(), secret, previous_expires_at: end, version: row.version + 1 };
    write.finish(StatusCode::OK, &body).await
}
