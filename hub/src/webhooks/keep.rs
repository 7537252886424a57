//! Keeping addresses: list, make, read, change, take out of use.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use patchbay_core::Ctx;
use patchbay_core::ids::WebhookId;
use patchbay_core::role::Role;
use patchbay_core::webhook::Filter;
use patchbay_http::{ApiError, Caller, Id, Page, Params};
use patchbay_store::webhooks::{self, WebhookRow};
use patchbay_store::{Tx, webhook_deliveries};
use uuid::Uuid;

use super::address::door;
use super::body::{NewWebhookBody, WebhookBody, WebhookChangeBody, WebhookQuery};
use super::secret;
use crate::error::HubError;
use crate::resource::{self, Mark, Resource, Stamp, Stamped, Window, require_admin};
use crate::sealing::Seals;
use crate::state::Hub;

/// Most addresses that are active at once: each is called on its own, beside all others.
const MOST: i64 = 100;
/// Longest description.
const MAX_DESCRIPTION: usize = 500;

/// An address, and the secret it was just given.
#[derive(Clone)]
pub(super) struct KeptWebhook {
    row: WebhookRow,
    fresh: Option<String>,
}

/// What was sent, and its address once it was found good.
pub(super) struct Checked<T> {
    url: Option<String>,
    seals: Option<Arc<Seals>>,
    body: T,
}

/// Addresses.
pub(super) struct Webhooks;

impl Resource for Webhooks {
    const NAME: &'static str = "webhook";
    type Key = Uuid;
    type Row = KeptWebhook;
    type Query = WebhookQuery;
    type New = Checked<NewWebhookBody>;
    type Change = Checked<WebhookChangeBody>;
    type Body = WebhookBody;

    fn may_read(ctx: &Ctx) -> Result<(), ApiError> {
        require_viewer(ctx)
    }

    fn may_write(ctx: &Ctx) -> Result<(), ApiError> {
        require_admin(ctx)
    }

    fn window(query: &WebhookQuery) -> Window<'_> {
        Window { cursor: query.cursor.as_deref(), limit: query.limit }
    }

    fn mark(kept: &KeptWebhook) -> Mark {
        Mark { id: kept.row.id.into(), version: kept.row.version, account: None }
    }

    fn made_from(change: &Checked<WebhookChangeBody>) -> Option<i64> {
        change.body.version
    }

    fn body(_: &Hub, kept: &KeptWebhook) -> WebhookBody {
        WebhookBody::of(&kept.row, kept.fresh.clone())
    }

    async fn page(
        tx: &mut Tx,
        _: &Hub,
        _: &Ctx,
        query: WebhookQuery,
        after: Option<Uuid>,
        limit: i64,
    ) -> Result<Vec<KeptWebhook>, HubError> {
        let rows = webhooks::page(tx, query.active, after.map(WebhookId), limit).await?;
        Ok(rows.into_iter().map(|row| KeptWebhook { row, fresh: None }).collect())
    }

    async fn find(tx: &mut Tx, _: &Ctx, key: &Uuid) -> Result<Option<KeptWebhook>, HubError> {
        Ok(webhooks::by_id(tx, WebhookId(*key)).await?.map(|row| KeptWebhook { row, fresh: None }))
    }

    async fn make(tx: &mut Tx, ctx: &Ctx, new: Checked<NewWebhookBody>) -> Result<KeptWebhook, HubError> {
        if webhooks::count_active(tx).await? >= MOST {
            return Err(ApiError::invalid("url", format!("there are {MOST} active webhooks already")).into());
        }
        let (id, secret) = (WebhookId::new(), secret::make());
        let row = WebhookRow {
            id,
            url: new.url.unwrap_or_default(),
            description: description(new.body.description.as_deref().unwrap_or_default())?,
            events: events(new.body.events.unwrap_or_else(|| vec!["*".into()]))?,
            secrets: secret::first(new.seals.as_deref(), id, &secret),
            is_active: true,
            disabled_at: None,
            disabled_reason: None,
            failing_since: None,
            failures: 0,
            last_delivered_at: None,
            created_by: ctx.actor.id,
            version: 1,
            created_at: ctx.now,
            updated_at: ctx.now,
        };
        webhooks::insert(tx, &row).await?;
        Ok(KeptWebhook { row, fresh: Some(secret) })
    }

    async fn apply(
        tx: &mut Tx,
        _: &Ctx,
        kept: &mut KeptWebhook,
        change: Checked<WebhookChangeBody>,
    ) -> Result<(), HubError> {
        let Checked { url, seals: _, body: change } = change;
        let row = &mut kept.row;
        if let Some(url) = url {
            row.url = url;
        }
        if let Some(words) = change.events {
            row.events = events(words)?;
        }
        if let Some(text) = &change.description {
            row.description = description(text)?;
        }
        match change.is_active {
            Some(true) if !row.is_active => {
                if webhooks::count_active(tx).await? >= MOST {
                    let message = format!("there are {MOST} active webhooks already");
                    return Err(ApiError::invalid("is_active", message).into());
                }
                row.is_active = true;
                (row.disabled_at, row.disabled_reason) = (None, None);
                (row.failing_since, row.failures) = (None, 0);
            }
            Some(false) => row.is_active = false,
            Some(true) | None => {}
        }
        Ok(())
    }

    async fn save(tx: &mut Tx, ctx: &Ctx, kept: &mut KeptWebhook) -> Result<(), HubError> {
        kept.row.updated_at = ctx.now;
        webhooks::update(tx, &kept.row).await?;
        kept.row.version += 1;
        if !kept.row.is_active {
            webhook_deliveries::cancel(tx, kept.row.id, ctx.now).await?;
        }
        Ok(())
    }

    fn retire(kept: &mut KeptWebhook) -> bool {
        std::mem::replace(&mut kept.row.is_active, false)
    }
}

/// Addresses that hear of events.
#[utoipa::path(get, path = "/api/v1/webhooks", tag = "webhooks", operation_id = "webhook_list", params(WebhookQuery),
    responses((status = 200, body = Page<WebhookBody>), (status = 400, description = "INVALID_QUERY"),
              (status = 401, description = "AUTH_REQUIRED"), (status = 403, description = "FORBIDDEN")))]
pub(super) async fn list(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Params(query): Params<WebhookQuery>,
) -> Result<Json<Page<WebhookBody>>, HubError> {
    resource::list::<Webhooks>(&hub, &ctx, query).await
}

/// Makes an address that hears of events. The answer shows, this once, the secret that its calls are signed with.
#[utoipa::path(post, path = "/api/v1/webhooks", tag = "webhooks", operation_id = "webhook_create",
    params(("Idempotency-Key" = Option<String>, Header, description = "A UUID that names the one request.")),
    request_body = NewWebhookBody,
    responses((status = 201, body = WebhookBody), (status = 400, description = "INVALID_REQUEST"),
              (status = 401, description = "AUTH_REQUIRED"), (status = 403, description = "FORBIDDEN"),
              (status = 409, description = "IDEMPOTENCY_PAYLOAD_MISMATCH"),
              (status = 413, description = "PAYLOAD_TOO_LARGE"),
              (status = 415, description = "UNSUPPORTED_MEDIA_TYPE")))]
pub(super) async fn create(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    asked: Stamped<NewWebhookBody>,
) -> Result<Response, HubError> {
    require_admin(&ctx)?;
    let Stamped { body, stamp } = asked;
    let url = Some(url(&hub, &body.url)?);
    resource::create::<Webhooks>(
        &hub,
        &ctx,
        Stamped { body: Checked { url, seals: hub.config.seals.clone(), body }, stamp },
    )
    .await
}

/// One address that hears of events.
#[utoipa::path(get, path = "/api/v1/webhooks/{id}", tag = "webhooks", operation_id = "webhook_read",
    params(("id" = Uuid, Path)),
    responses((status = 200, body = WebhookBody), (status = 401, description = "AUTH_REQUIRED"),
              (status = 403, description = "FORBIDDEN"), (status = 404, description = "NOT_FOUND")))]
pub(super) async fn read(State(hub): State<Hub>, Caller(ctx): Caller, Id(id): Id<Uuid>) -> Result<Response, HubError> {
    resource::read::<Webhooks>(&hub, &ctx, id).await
}

/// Changes an address, or takes it into use again.
#[utoipa::path(patch, path = "/api/v1/webhooks/{id}", tag = "webhooks", operation_id = "webhook_change",
    params(("id" = Uuid, Path),
           ("If-Match" = Option<String>, Header, description = "The version that the change was made from."),
           ("Idempotency-Key" = Option<String>, Header, description = "A UUID that names the one request.")),
    request_body = WebhookChangeBody,
    responses((status = 200, body = WebhookBody), (status = 400, description = "INVALID_REQUEST"),
              (status = 401, description = "AUTH_REQUIRED"), (status = 403, description = "FORBIDDEN"),
              (status = 404, description = "NOT_FOUND"),
              (status = 409, description = "VERSION_CONFLICT, IDEMPOTENCY_PAYLOAD_MISMATCH"),
              (status = 413, description = "PAYLOAD_TOO_LARGE"),
              (status = 415, description = "UNSUPPORTED_MEDIA_TYPE")))]
pub(super) async fn change(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<Uuid>,
    asked: Stamped<WebhookChangeBody>,
) -> Result<Response, HubError> {
    require_admin(&ctx)?;
    let Stamped { body, stamp } = asked;
    let url = body.url.as_deref().map(|address| url(&hub, address)).transpose()?;
    resource::change::<Webhooks>(&hub, &ctx, id, Stamped { body: Checked { url, seals: None, body }, stamp }).await
}

/// Takes an address out of use: what is on its way to it is taken back.
#[utoipa::path(delete, path = "/api/v1/webhooks/{id}", tag = "webhooks", operation_id = "webhook_deactivate",
    params(("id" = Uuid, Path),
           ("If-Match" = Option<String>, Header, description = "The version that the change was made from."),
           ("Idempotency-Key" = Option<String>, Header, description = "A UUID that names the one request.")),
    responses((status = 200, body = WebhookBody), (status = 400, description = "INVALID_REQUEST"),
              (status = 401, description = "AUTH_REQUIRED"), (status = 403, description = "FORBIDDEN"),
              (status = 404, description = "NOT_FOUND"),
              (status = 409, description = "VERSION_CONFLICT, IDEMPOTENCY_PAYLOAD_MISMATCH")))]
pub(super) async fn deactivate(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<Uuid>,
    stamp: Stamp,
) -> Result<Response, HubError> {
    resource::deactivate::<Webhooks>(&hub, &ctx, id, stamp).await
}

/// Admins, and auditors. Error: 403 `FORBIDDEN`.
pub(super) fn require_viewer(ctx: &Ctx) -> Result<(), ApiError> {
    if ctx.actor.role == Role::Auditor { resource::require_reader(ctx) } else { require_admin(ctx) }
}

fn url(hub: &Hub, address: &str) -> Result<String, ApiError> {
    let (url, _) =
        door(address, &hub.config.webhook_hosts).map_err(|error| ApiError::invalid("url", error.to_string()))?;
    Ok(url.into())
}

fn events(words: Vec<String>) -> Result<Vec<String>, ApiError> {
    let words = resource::text::words("events", words)?;
    if words.is_empty() {
        return Err(ApiError::invalid("events", "must name at least one event"));
    }
    Filter::new(words.clone())
        .map_err(|error| ApiError::invalid(&format!("events[{}]", error.place), error.to_string()))?;
    Ok(words)
}

fn description(text: &str) -> Result<String, ApiError> {
    let text = text.trim();
    if text.chars().count() > MAX_DESCRIPTION || text.contains('\0') {
        return Err(ApiError::invalid("description", format!("at most {MAX_DESCRIPTION} characters")));
    }
    Ok(text.to_owned())
}
