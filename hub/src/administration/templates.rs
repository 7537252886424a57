//! WhatsApp templates.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use chrono::{DateTime, Utc};
use patchbay_core::channel::Channel;
use patchbay_core::directory::Directory;
use patchbay_core::ids::{InboxId, TemplateId};
use patchbay_core::inbox::Inbox;
use patchbay_core::template::{TemplateCategory, TemplateStatus, count_parameters};
use patchbay_core::{Code, Ctx};
use patchbay_http::{ApiError, Caller, Id, Page, Params, decode_cursor, encode_cursor, limit};
use patchbay_store::Tx;
use patchbay_store::templates::{self, TemplateRow};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::authority::{require_admin, require_colleague};
use super::fields;
use crate::body::InboxRef;
use crate::resource::{Begun, Stamp, Stamped, Write, record};
use crate::{Hub, HubError};

/// A WhatsApp template.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct TemplateBody {
    /// Our id.
    id: Uuid,
    /// Inbox it can be sent from.
    inbox: InboxRef,
    /// Name, as registered with the provider.
    name: String,
    /// Language, as registered with the provider.
    language: String,
    /// `MARKETING`, `UTILITY` or `AUTHENTICATION`.
    #[schema(value_type = String)]
    category: TemplateCategory,
    /// `PENDING`, `APPROVED`, `REJECTED`, `PAUSED` or `DISABLED`.
    #[schema(value_type = String)]
    status: TemplateStatus,
    /// Text with `{{1}}`, `{{2}}` for the parameters.
    body: String,
    /// How many parameters it takes.
    param_count: i64,
    /// Header, text, footer and buttons as the provider describes them; empty for one that was written down here.
    components: Value,
    /// The provider's id of it.
    provider_id: Option<String>,
    /// When it was last read from the provider.
    synced_at: Option<DateTime<Utc>>,
    /// Grows with every change.
    version: i64,
    /// When it was created.
    created_at: DateTime<Utc>,
    /// When it last changed.
    updated_at: DateTime<Utc>,
}

impl TemplateBody {
    fn of(row: TemplateRow, directory: &Directory) -> Self {
        let name = directory.inboxes.get(&row.inbox_id).map(|inbox| inbox.name.clone()).unwrap_or_default();
        Self {
            id: row.id.into(),
            inbox: InboxRef { id: row.inbox_id.into(), name },
            name: row.name,
            language: row.language,
            category: row.category,
            status: row.status,
            body: row.body,
            param_count: row.param_count,
            components: row.components,
            provider_id: row.provider_id,
            synced_at: row.synced_at,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// Which templates to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct TemplateQuery {
    /// Of this inbox (id or name).
    inbox: Option<String>,
    /// `PENDING`, `APPROVED`, `REJECTED`, `PAUSED` or `DISABLED`.
    status: Option<String>,
    /// Where the last page ended.
    cursor: Option<String>,
    /// 1 to 100; 20 when absent.
    limit: Option<i64>,
}

/// WhatsApp templates.
#[utoipa::path(get, path = "/api/v1/templates", tag = "administration", params(TemplateQuery),
    responses((status = 200, body = Page<TemplateBody>), (status = 403, description = "FORBIDDEN")))]
pub(super) async fn list(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Params(query): Params<TemplateQuery>,
) -> Result<Json<Page<TemplateBody>>, HubError> {
    require_colleague(&ctx)?;
    let limit = limit(query.limit)?;
    let after = query.cursor.as_deref().map(decode_cursor::<TemplateId>).transpose()?;
    let status = query
        .status
        .as_deref()
        .map(|status| status.parse().map_err(|_| ApiError::new(Code::InvalidQuery, "status: no such status")))
        .transpose()?;
    let directory = hub.directory();
    let inbox = match &query.inbox {
        None => None,
        Some(named) => match find_inbox(&directory, named) {
            Some(inbox) => Some(inbox.id),
            None => return Ok(Json(Page::whole(Vec::new()))),
        },
    };
    let rows = {
        let mut tx = hub.db.read().await?;
        templates::page(&mut tx, inbox, status, after, limit + 1).await?
    };
    let page = Page::of(rows, limit, |row| encode_cursor(&row.id));
    let data = page.data.into_iter().map(|row| TemplateBody::of(row, &directory)).collect();
    Ok(Json(Page { data, next_cursor: page.next_cursor }))
}

/// A new template, as it was registered with the provider.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewTemplateBody {
    /// WhatsApp inbox, by name or id; may be left out when there is only one.
    inbox: Option<String>,
    /// Name: a-z, 0-9 and `_`.
    name: String,
    /// Language: `en`, `en_US`.
    language: String,
    /// `MARKETING`, `UTILITY` or `AUTHENTICATION`.
    #[schema(value_type = String)]
    category: TemplateCategory,
    /// `PENDING` when absent.
    #[schema(value_type = Option<String>)]
    status: Option<TemplateStatus>,
    /// Text with `{{1}}`, `{{2}}` for the parameters.
    body: String,
    /// The provider's id of it: Twilio sends templates by their `HX…`.
    provider_id: Option<String>,
}

/// Creates a template.
#[utoipa::path(post, path = "/api/v1/templates", tag = "administration", params(("Idempotency-Key" = Option<String>, Header, description = "A UUID that names the one request.")),
    request_body = NewTemplateBody,
    responses((status = 201, body = TemplateBody), (status = 400, description = "INVALID_REQUEST"),
              (status = 403, description = "FORBIDDEN"), (status = 409, description = "ALREADY_EXISTS")))]
pub(super) async fn create(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Stamped { body, stamp }: Stamped<NewTemplateBody>,
) -> Result<Response, HubError> {
    require_admin(&ctx)?;
    let directory = hub.directory();
    let inbox_id = whatsapp_inbox(&directory, body.inbox.as_deref())?;
    let text = fields::text("body", &body.body, 1024)?;
    let row = TemplateRow {
        id: TemplateId::new(),
        inbox_id,
        name: name(&body.name)?,
        language: language(&body.language)?,
        category: body.category,
        status: body.status.unwrap_or(TemplateStatus::Pending),
        param_count: parameters(&text)?,
        body: text,
        provider_id: body.provider_id.as_deref().map(provider_id).transpose()?,
        components: json!([]),
        synced_at: None,
        version: 1,
        created_at: ctx.now,
        updated_at: ctx.now,
    };
    let mut write = match Write::begin(&hub, &ctx, &stamp).await? {
        Begun::Now(write) => write,
        Begun::Before(answer) => return Ok(answer),
    };
    templates::insert(&mut write.tx, &row).await?;
    record(&mut write.tx, &ctx, None, "template.create", json!({ "id": row.id })).await?;
    write.finish(StatusCode::CREATED, &TemplateBody::of(row, &directory)).await
}

/// One template.
#[utoipa::path(get, path = "/api/v1/templates/{id}", tag = "administration", params(("id" = Uuid, Path)),
    responses((status = 200, body = TemplateBody), (status = 404, description = "NOT_FOUND")))]
pub(super) async fn read(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<TemplateId>,
) -> Result<Json<TemplateBody>, HubError> {
    require_colleague(&ctx)?;
    let mut tx = hub.db.read().await?;
    let row = existing(&mut tx, id).await?;
    Ok(Json(TemplateBody::of(row, &hub.directory())))
}

/// What changes about a template; absent fields stay.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TemplateChangeBody {
    /// Name: a-z, 0-9 and `_`.
    name: Option<String>,
    /// Language: `en`, `en_US`.
    language: Option<String>,
    /// `MARKETING`, `UTILITY` or `AUTHENTICATION`.
    #[schema(value_type = Option<String>)]
    category: Option<TemplateCategory>,
    /// `PENDING`, `APPROVED`, `REJECTED`, `PAUSED` or `DISABLED`.
    #[schema(value_type = Option<String>)]
    status: Option<TemplateStatus>,
    /// Text with `{{1}}`, `{{2}}` for the parameters.
    body: Option<String>,
    /// The provider's id of it.
    provider_id: Option<String>,
    /// Version the change was made from; `If-Match` says the same.
    #[serde(alias = "expected_version")]
    version: Option<i64>,
}

/// Changes a template.
#[utoipa::path(patch, path = "/api/v1/templates/{id}", tag = "administration", params(("id" = Uuid, Path),
           ("Idempotency-Key" = Option<String>, Header, description = "A UUID that names the one request.")),
    request_body = TemplateChangeBody,
    responses((status = 200, body = TemplateBody), (status = 403, description = "FORBIDDEN"),
              (status = 404, description = "NOT_FOUND"), (status = 409, description = "VERSION_CONFLICT, ALREADY_EXISTS")))]
pub(super) async fn change(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<TemplateId>,
    Stamped { body, stamp }: Stamped<TemplateChangeBody>,
) -> Result<Response, HubError> {
    apply(&hub, &ctx, id, body, &stamp).await
}

async fn apply(
    hub: &Hub,
    ctx: &Ctx,
    id: TemplateId,
    body: TemplateChangeBody,
    stamp: &Stamp,
) -> Result<Response, HubError> {
    require_admin(ctx)?;
    let mut write = match Write::begin(hub, ctx, stamp).await? {
        Begun::Now(write) => write,
        Begun::Before(answer) => return Ok(answer),
    };
    let mut row = existing(&mut write.tx, id).await?;
    stamp.check_version(body.version, row.version)?;
    if let Some(text) = &body.name {
        row.name = name(text)?;
    }
    if let Some(text) = &body.language {
        row.language = language(text)?;
    }
    row.category = body.category.unwrap_or(row.category);
    row.status = body.status.unwrap_or(row.status);
    if let Some(text) = &body.body {
        row.body = fields::text("body", text, 1024)?;
        row.param_count = parameters(&row.body)?;
        // What the provider described is not this text any more.
        row.components = json!([]);
    }
    if let Some(id) = &body.provider_id {
        row.provider_id = Some(provider_id(id)?);
    }
    row.updated_at = ctx.now;
    templates::update(&mut write.tx, &row).await?;
    row.version += 1;
    record(&mut write.tx, ctx, None, "template.change", json!({ "id": row.id })).await?;
    write.finish(StatusCode::OK, &TemplateBody::of(row, &hub.directory())).await
}

/// Takes a template out of use: its status becomes `DISABLED`.
#[utoipa::path(delete, path = "/api/v1/templates/{id}", tag = "administration", params(("id" = Uuid, Path),
           ("Idempotency-Key" = Option<String>, Header, description = "A UUID that names the one request.")),
    responses((status = 200, body = TemplateBody), (status = 403, description = "FORBIDDEN"),
              (status = 404, description = "NOT_FOUND")))]
pub(super) async fn deactivate(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<TemplateId>,
    stamp: Stamp,
) -> Result<Response, HubError> {
    let body = TemplateChangeBody { status: Some(TemplateStatus::Disabled), ..TemplateChangeBody::default() };
    apply(&hub, &ctx, id, body, &stamp).await
}

async fn existing(tx: &mut Tx, id: TemplateId) -> Result<TemplateRow, HubError> {
    Ok(templates::by_id(tx, id).await?.ok_or_else(|| ApiError::not_found("template"))?)
}

fn find_inbox<'d>(directory: &'d Directory, named: &str) -> Option<&'d Inbox> {
    let found = match named.parse::<InboxId>() {
        Ok(id) => directory.inboxes.get(&id),
        Err(_) => directory.inboxes.values().find(|inbox| inbox.name == named),
    };
    found.map(AsRef::as_ref)
}

fn whatsapp_inbox(directory: &Directory, named: Option<&str>) -> Result<InboxId, ApiError> {
    let Some(named) = named else {
        let mut all = directory.inboxes.values().filter(|inbox| inbox.channel == Channel::Whatsapp);
        return match (all.next(), all.next()) {
            (Some(only), None) => Ok(only.id),
            _ => Err(ApiError::invalid("inbox", "must name one of the WhatsApp inboxes")),
        };
    };
    find_inbox(directory, named)
        .filter(|inbox| inbox.channel == Channel::Whatsapp)
        .map(|inbox| inbox.id)
        .ok_or_else(|| ApiError::invalid("inbox", "no such WhatsApp inbox"))
}

fn name(value: &str) -> Result<String, ApiError> {
    let value = fields::text("name", value, 512)?;
    let fits = value.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    if fits { Ok(value) } else { Err(ApiError::invalid("name", "only a-z, 0-9 and _")) }
}

fn language(value: &str) -> Result<String, ApiError> {
    let value = fields::text("language", value, 10)?;
    let fits = value.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if fits { Ok(value) } else { Err(ApiError::invalid("language", "must be a language code such as en_US")) }
}

fn provider_id(value: &str) -> Result<String, ApiError> {
    let value = fields::text("provider_id", value, 64)?;
    let fits = value.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if fits { Ok(value) } else { Err(ApiError::invalid("provider_id", "only letters and digits")) }
}

fn parameters(body: &str) -> Result<i64, ApiError> {
    let count = count_parameters(body).map_err(|error| ApiError::invalid("body", error.to_string()))?;
    i64::try_from(count).map_err(|_| ApiError::invalid("body", "too many parameters"))
}
