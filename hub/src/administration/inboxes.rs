//! Inboxes: our configured addresses. Secrets go in and never come out.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use chrono::{DateTime, Utc};
use patchbay_core::directory::Directory;
use patchbay_core::ids::{InboxId, TeamId};
use patchbay_core::{Code, Ctx};
use patchbay_http::{ApiError, Caller, Id, Page, Params, decode_cursor, encode_cursor, limit};
use patchbay_store::inbox_health::{self, HealthRow};
use patchbay_store::inboxes::{self, InboxRow};
use patchbay_store::{StoreError, Tx, teams};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::authority::{require_admin, require_lead};
use super::fields;
use super::inbox_rules::{Misfit, account, check, clash};
use super::start::{DEFAULT_TEAM, row_of};
use crate::delivery::Lane;
use crate::directory::{Health, InboxProblem, InboxSettings, MASK, health};
use crate::inbox_health::HealthBody;
use crate::resource::{Begun, Stamp, Stamped, Write, record};
use crate::{Hub, HubError};

/// An inbox: its settings with secrets masked, and how it does.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct InboxBody {
    /// Our id.
    id: Uuid,
    /// As they were given; a secret is shown as `***`, or as the reference it was given by.
    #[serde(flatten)]
    settings: InboxSettings,
    /// Default team.
    team_id: Option<Uuid>,
    /// Account it belongs to.
    account_id: Option<Uuid>,
    /// Who carries its messages: `whatsapp_cloud`, `twilio` or `unserved`.
    provider: String,
    /// Where it was configured: `settings` or `api`. What the settings file says wins at every start.
    origin: String,
    /// Deactivated inboxes take and send nothing.
    is_active: bool,
    /// How it fares. `degraded`: sends fail, or it cannot send; `disabled`: it takes and sends nothing.
    health: HealthBody,
    /// Messages that wait to leave it.
    waiting: WaitingBody,
    /// Grows with every change.
    version: i64,
    /// When it was created.
    created_at: DateTime<Utc>,
    /// When it last changed.
    updated_at: DateTime<Utc>,
}

/// Messages that wait to leave an inbox, by lane.
#[derive(Clone, Copy, Debug, Default, Serialize, ToSchema)]
pub(super) struct WaitingBody {
    /// Answers of people.
    high: i64,
    /// Templates, and what machines write.
    normal: i64,
    /// The same for many.
    bulk: i64,
}

/// What passes through an inbox tells of it.
#[derive(Debug, Default)]
struct Traffic {
    health: Option<HealthRow>,
    waiting: WaitingBody,
}

async fn traffic(tx: &mut Tx) -> Result<BTreeMap<InboxId, Traffic>, StoreError> {
    let mut traffic: BTreeMap<InboxId, Traffic> = BTreeMap::new();
    for row in inbox_health::all(tx).await? {
        let inbox = row.inbox_id;
        traffic.entry(inbox).or_default().health = Some(row);
    }
    for row in inbox_health::waiting(tx).await? {
        let waiting = &mut traffic.entry(row.inbox_id).or_default().waiting;
        match Lane::by(row.sender_type, row.content_type) {
            Lane::High => waiting.high += row.count,
            Lane::Normal => waiting.normal += row.count,
            Lane::Bulk => waiting.bulk += row.count,
        }
    }
    Ok(traffic)
}

/// What the settings allow beats what happened; without anything that happened the inbox is as good as its settings.
fn health_of(row: &InboxRow, settings: &InboxSettings, traffic: &Traffic) -> HealthBody {
    let configured = if row.is_active { health(settings) } else { Health::Disabled(InboxProblem::Deactivated) };
    let seen = traffic.health.as_ref().map(HealthBody::of);
    let problem = |state: &str, problem: InboxProblem| HealthBody {
        state: state.to_owned(),
        since: Some(row.updated_at),
        reason: Some(problem.to_string()),
        code: None,
        last_ok_at: seen.as_ref().and_then(|seen| seen.last_ok_at),
    };
    match configured {
        Health::Disabled(why) => problem("disabled", why),
        Health::CannotSend(why) if seen.as_ref().is_none_or(|seen| seen.state == "ok") => problem("degraded", why),
        _ => seen.unwrap_or(HealthBody {
            state: "ok".to_owned(),
            since: None,
            reason: None,
            code: None,
            last_ok_at: None,
        }),
    }
}

impl InboxBody {
    /// Reads secret files: blocks.
    fn of(row: InboxRow, directory: &Directory, traffic: &Traffic) -> Self {
        let settings = settings_of(&row, directory);
        let health = health_of(&row, &settings, traffic);
        Self {
            id: row.id.into(),
            settings: settings.masked(),
            team_id: row.team_id.map(Into::into),
            account_id: row.account_id.map(Into::into),
            provider: row.provider,
            origin: row.origin,
            is_active: row.is_active,
            health,
            waiting: traffic.waiting,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// The settings of a row; the team by its current slug.
fn settings_of(row: &InboxRow, directory: &Directory) -> InboxSettings {
    let mut settings = serde_json::from_value(row.settings.clone())
        .unwrap_or_else(|_| InboxSettings::new(row.name.clone(), row.channel));
    settings.team = row.team_id.and_then(|id| directory.teams.get(&id)).map(|team| team.slug.clone());
    settings
}

async fn bodies(hub: &Hub, tx: &mut Tx, rows: Vec<InboxRow>) -> Result<Vec<InboxBody>, HubError> {
    let directory = hub.gate.directory.load_full();
    let traffic = traffic(tx).await?;
    let none = Traffic::default();
    let body = move |row: InboxRow| {
        let seen = traffic.get(&row.id).unwrap_or(&none);
        InboxBody::of(row, &directory, seen)
    };
    let bodies = tokio::task::spawn_blocking(move || rows.into_iter().map(body).collect()).await;
    Ok(bodies.map_err(|error| ApiError::internal(&error))?)
}

async fn body(hub: &Hub, tx: &mut Tx, row: InboxRow) -> Result<InboxBody, HubError> {
    let mut bodies = bodies(hub, tx, vec![row]).await?;
    Ok(bodies.remove(0))
}

/// A page of the inboxes.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct InboxQuery {
    /// Where the last page ended.
    cursor: Option<String>,
    /// 1 to 100; 20 when absent.
    limit: Option<i64>,
}

/// Inboxes.
#[utoipa::path(get, path = "/api/v1/inboxes", tag = "administration", params(InboxQuery),
    responses((status = 200, body = Page<InboxBody>), (status = 403, description = "FORBIDDEN")))]
pub(super) async fn list(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Params(query): Params<InboxQuery>,
) -> Result<Json<Page<InboxBody>>, HubError> {
    require_lead(&ctx)?;
    let limit = limit(query.limit)?;
    let after = query.cursor.as_deref().map(decode_cursor::<InboxId>).transpose()?;
    let mut tx = hub.db.read().await?;
    let rows = inboxes::page(&mut tx, after, limit + 1).await?;
    let page = Page::of(rows, limit, |row| encode_cursor(&row.id));
    Ok(Json(Page { data: bodies(&hub, &mut tx, page.data).await?, next_cursor: page.next_cursor }))
}

/// Creates an inbox. A secret may be given itself or as `env:NAME` or `file:PATH`.
#[utoipa::path(post, path = "/api/v1/inboxes", tag = "administration", params(("Idempotency-Key" = Option<String>, Header, description = "A UUID that names the one request.")),
    request_body = InboxSettings,
    responses((status = 201, body = InboxBody), (status = 400, description = "INVALID_REQUEST"),
              (status = 403, description = "FORBIDDEN"), (status = 409, description = "ALREADY_EXISTS")))]
pub(super) async fn create(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Stamped { body: settings, stamp }: Stamped<InboxSettings>,
) -> Result<Response, HubError> {
    require_admin(&ctx)?;
    let mut write = match Write::begin(&hub, &ctx, &stamp).await? {
        Begun::Now(write) => write,
        Begun::Before(answer) => return Ok(answer),
    };
    let team_id = team_of(&mut write.tx, &settings).await?;
    check(&settings).map_err(refuse)?;
    refuse_clash(&mut write.tx, &settings, None).await?;
    let row = row_of(&settings, team_id, account(&settings).map_err(refuse)?, "api", ctx.now);
    inboxes::insert(&mut write.tx, &row).await?;
    record(&mut write.tx, &ctx, None, "inbox.create", json!({ "id": row.id })).await?;
    let body = body(&hub, &mut write.tx, row).await?;
    let answer = write.finish(StatusCode::CREATED, &body).await?;
    hub.directory_changed().await;
    Ok(answer)
}

/// One inbox.
#[utoipa::path(get, path = "/api/v1/inboxes/{id}", tag = "administration", params(("id" = Uuid, Path)),
    responses((status = 200, body = InboxBody), (status = 404, description = "NOT_FOUND")))]
pub(super) async fn read(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<InboxId>,
) -> Result<Json<InboxBody>, HubError> {
    require_lead(&ctx)?;
    let mut tx = hub.db.read().await?;
    let row = existing(&mut tx, id).await?;
    Ok(Json(body(&hub, &mut tx, row).await?))
}

/// Changes an inbox: the given keys of its settings, null to take one away; `is_active`; `version` as with `If-Match`.
/// A secret given as `***` stays what it is. The channel stays.
#[utoipa::path(patch, path = "/api/v1/inboxes/{id}", tag = "administration", params(("id" = Uuid, Path),
           ("Idempotency-Key" = Option<String>, Header, description = "A UUID that names the one request.")),
    request_body(content = InboxSettings, description = "any part of the settings, is_active, version"),
    responses((status = 200, body = InboxBody), (status = 400, description = "INVALID_REQUEST"),
              (status = 403, description = "FORBIDDEN"), (status = 404, description = "NOT_FOUND"),
              (status = 409, description = "VERSION_CONFLICT, ALREADY_EXISTS")))]
pub(super) async fn change(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<InboxId>,
    Stamped { body: mut change, stamp }: Stamped<Map<String, Value>>,
) -> Result<Response, HubError> {
    require_admin(&ctx)?;
    let version = take(&mut change, "version", Value::as_i64, "must be a number")?;
    let is_active = take(&mut change, "is_active", Value::as_bool, "must be true or false")?;
    let mut write = match Write::begin(&hub, &ctx, &stamp).await? {
        Begun::Now(write) => write,
        Begun::Before(answer) => return Ok(answer),
    };
    let row = existing(&mut write.tx, id).await?;
    stamp.check_version(version, row.version)?;
    let mut settings = serde_json::to_value(settings_of(&row, &hub.directory())).unwrap_or_default();
    overlay(&mut settings, change);
    let settings: InboxSettings =
        serde_json::from_value(settings).map_err(|error| ApiError::invalid("body", error.to_string()))?;
    if settings.channel != row.channel {
        return Err(ApiError::invalid("channel", "cannot change; make another inbox").into());
    }
    let changed = InboxRow { is_active: is_active.unwrap_or(row.is_active), ..row };
    save(&hub, write, &ctx, changed, settings).await
}

/// Deactivates an inbox: it takes and sends nothing; its conversations stay.
#[utoipa::path(delete, path = "/api/v1/inboxes/{id}", tag = "administration", params(("id" = Uuid, Path),
           ("Idempotency-Key" = Option<String>, Header, description = "A UUID that names the one request.")),
    responses((status = 200, body = InboxBody), (status = 403, description = "FORBIDDEN"),
              (status = 404, description = "NOT_FOUND")))]
pub(super) async fn deactivate(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<InboxId>,
    stamp: Stamp,
) -> Result<Response, HubError> {
    require_admin(&ctx)?;
    let mut write = match Write::begin(&hub, &ctx, &stamp).await? {
        Begun::Now(write) => write,
        Begun::Before(answer) => return Ok(answer),
    };
    let row = existing(&mut write.tx, id).await?;
    stamp.check_version(None, row.version)?;
    let settings = settings_of(&row, &hub.directory());
    save(&hub, write, &ctx, InboxRow { is_active: false, ..row }, settings).await
}

async fn save(
    hub: &Hub,
    mut write: Write,
    ctx: &Ctx,
    row: InboxRow,
    settings: InboxSettings,
) -> Result<Response, HubError> {
    let tx = &mut write.tx;
    let team_id = team_of(tx, &settings).await?;
    if row.is_active {
        check(&settings).map_err(refuse)?;
        refuse_clash(tx, &settings, Some(row.id)).await?;
    }
    let fresh = row_of(&settings, team_id, account(&settings).map_err(refuse)?, &row.origin, ctx.now);
    let mut row =
        InboxRow { id: row.id, is_active: row.is_active, version: row.version, created_at: row.created_at, ..fresh };
    inboxes::update(tx, &row).await?;
    row.version += 1;
    record(tx, ctx, None, "inbox.change", json!({ "id": row.id, "is_active": row.is_active })).await?;
    let body = body(hub, tx, row).await?;
    let answer = write.finish(StatusCode::OK, &body).await?;
    hub.directory_changed().await;
    Ok(answer)
}

async fn existing(tx: &mut Tx, id: InboxId) -> Result<InboxRow, HubError> {
    Ok(inboxes::by_id(tx, id).await?.ok_or_else(|| ApiError::not_found("inbox"))?)
}

async fn team_of(tx: &mut Tx, settings: &InboxSettings) -> Result<Option<TeamId>, HubError> {
    match &settings.team {
        None => Ok(teams::by_slug(tx, DEFAULT_TEAM).await?.map(|team| team.id)),
        Some(named) => Ok(Some(fields::team(tx, "team", named).await?.id)),
    }
}

async fn refuse_clash(tx: &mut Tx, settings: &InboxSettings, own: Option<InboxId>) -> Result<(), HubError> {
    let others = inboxes::all(tx).await?;
    match others.iter().filter(|other| Some(other.id) != own).find_map(|other| clash(settings, other)) {
        None => Ok(()),
        Some(found) => Err(ApiError::new(Code::AlreadyExists, format!("{}: {}", found.path, found.message)).into()),
    }
}

fn refuse(found: Misfit) -> ApiError {
    ApiError::invalid(found.path, found.message)
}

fn take<T>(
    change: &mut Map<String, Value>,
    key: &str,
    read: impl Fn(&Value) -> Option<T>,
    what: &str,
) -> Result<Option<T>, ApiError> {
    change.remove(key).map(|value| read(&value).ok_or_else(|| ApiError::invalid(key, what))).transpose()
}

/// Puts the changed keys over the current ones.
fn overlay(current: &mut Value, change: Map<String, Value>) {
    let Some(current) = current.as_object_mut() else { return };
    for (key, value) in change {
        if value.is_null() {
            current.remove(&key);
        } else {
            let value = unmask(value, current.get(&key));
            current.insert(key, value);
        }
    }
}

/// What was shown as `***` and came back so is what it was.
fn unmask(value: Value, current: Option<&Value>) -> Value {
    match value {
        Value::String(text) if text == MASK => current.cloned().unwrap_or(Value::String(text)),
        Value::Array(list) => {
            let list = list.into_iter().enumerate();
            Value::Array(list.map(|(place, value)| unmask(value, current.and_then(|list| list.get(place)))).collect())
        }
        Value::Object(map) => {
            let map = map.into_iter();
            Value::Object(
                map.map(|(key, value)| {
                    let value = unmask(value, current.and_then(|map| map.get(&key)));
                    (key, value)
                })
                .collect(),
            )
        }
        other => other,
    }
}
