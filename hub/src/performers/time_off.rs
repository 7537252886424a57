//! `/api/v1/technicians/{id}/time-off`: when a technician is away. Recorded and called off, never changed.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use chrono::{DateTime, Utc};
use patchbay_core::ids::{TechnicianId, TimeOffId};
use patchbay_core::technician::TimeOffKind;
use patchbay_http::{ApiError, Caller, Id, Page, Params, decode_cursor, encode_cursor, limit};
use patchbay_store::time_off::{self, TimeOffRow};
use patchbay_store::{Tx, technicians};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::error::HubError;
use crate::resource::text::optional_text;
use crate::resource::{Begun, Stamp, Stamped, Write, record, require_dispatch_lead, require_reader};
use crate::state::Hub;

/// A stretch of time off.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = TimeOff)]
pub(super) struct TimeOffBody {
    /// Our id.
    id: Uuid,
    /// Who is away.
    technician_id: Uuid,
    /// From.
    start: DateTime<Utc>,
    /// Until.
    end: DateTime<Utc>,
    /// `full_day`, `multi_day`, `half_day_morning`, `half_day_afternoon` or `break`.
    kind: &'static str,
    /// What people should know.
    note: Option<String>,
    /// When it was called off; null: it counts.
    cancelled_at: Option<DateTime<Utc>>,
    /// When it was recorded.
    created_at: DateTime<Utc>,
}

impl From<TimeOffRow> for TimeOffBody {
    fn from(row: TimeOffRow) -> Self {
        Self {
            id: row.id.into(),
            technician_id: row.technician_id.into(),
            start: row.starts_at,
            end: row.ends_at,
            kind: row.kind.as_str(),
            note: row.note,
            cancelled_at: row.cancelled_at,
            created_at: row.created_at,
        }
    }
}

/// A page of time off.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct TimeOffQuery {
    /// Where the page before ended.
    cursor: Option<String>,
    /// How many, 1 to 100; 20 when missing.
    limit: Option<i64>,
}

/// New time off.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewTimeOff {
    /// From.
    start: DateTime<Utc>,
    /// Until; later than `start`.
    end: DateTime<Utc>,
    /// `full_day`, `multi_day`, `half_day_morning`, `half_day_afternoon` or `break`.
    #[schema(value_type = String)]
    kind: TimeOffKind,
    /// What people should know.
    note: Option<String>,
}

/// The time off of a technician, called-off ones included, in the order it was recorded.
#[utoipa::path(get, path = "/api/v1/technicians/{id}/time-off", tag = "performers",
    params(("id" = Uuid, Path), TimeOffQuery),
    responses((status = 200, body = Page<TimeOffBody>), (status = 400, description = "INVALID_QUERY"),
              (status = 401, description = "AUTH_REQUIRED"), (status = 403, description = "FORBIDDEN"),
              (status = 404, description = "NOT_FOUND")))]
pub(super) async fn list(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<TechnicianId>,
    Params(query): Params<TimeOffQuery>,
) -> Result<Json<Page<TimeOffBody>>, HubError> {
    require_reader(&ctx)?;
    let limit = limit(query.limit)?;
    let after = query.cursor.as_deref().map(decode_cursor::<TimeOffId>).transpose()?;
    let mut tx = hub.db.read().await?;
    require_technician(&mut tx, id).await?;
    let page = Page::of(time_off::page(&mut tx, id, after, limit + 1).await?, limit, |row| encode_cursor(&row.id));
    Ok(Json(Page { data: page.data.into_iter().map(Into::into).collect(), next_cursor: page.next_cursor }))
}

/// Records time off. Admins, supervisors and dispatchers only.
#[utoipa::path(post, path = "/api/v1/technicians/{id}/time-off", tag = "performers",
    params(("id" = Uuid, Path),
           ("Idempotency-Key" = Option<String>, Header, description = "A UUID that names the one request.")),
    request_body = NewTimeOff,
    responses((status = 201, body = TimeOffBody), (status = 400, description = "INVALID_REQUEST"),
              (status = 401, description = "AUTH_REQUIRED"), (status = 403, description = "FORBIDDEN"),
              (status = 404, description = "NOT_FOUND"), (status = 409, description = "IDEMPOTENCY_PAYLOAD_MISMATCH"),
              (status = 413, description = "PAYLOAD_TOO_LARGE"),
              (status = 415, description = "UNSUPPORTED_MEDIA_TYPE")))]
pub(super) async fn create(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<TechnicianId>,
    asked: Stamped<NewTimeOff>,
) -> Result<Response, HubError> {
    require_dispatch_lead(&ctx)?;
    let mut write = match Write::begin(&hub, &ctx, &asked.stamp).await? {
        Begun::Now(write) => write,
        Begun::Before(answer) => return Ok(answer),
    };
    require_technician(&mut write.tx, id).await?;
    let new = asked.body;
    if new.start >= new.end {
        return Err(ApiError::invalid("end", "must be later than start").into());
    }
    let row = TimeOffRow {
        id: TimeOffId::new(),
        technician_id: id,
        starts_at: new.start,
        ends_at: new.end,
        kind: new.kind,
        note: optional_text("note", new.note)?,
        cancelled_at: None,
        created_by: ctx.actor.id,
        created_at: ctx.now,
    };
    time_off::insert(&mut write.tx, &row).await?;
    let subject = json!({ "technician_id": id, "time_off_id": row.id });
    record(&mut write.tx, &ctx, None, "technician.time_off", subject).await?;
    write.finish(StatusCode::CREATED, &TimeOffBody::from(row)).await
}

/// Calls time off off. Doing it again changes nothing. Admins, supervisors and dispatchers only.
#[utoipa::path(delete, path = "/api/v1/technicians/{id}/time-off/{time_off_id}", tag = "performers",
    params(("id" = Uuid, Path), ("time_off_id" = Uuid, Path),
           ("Idempotency-Key" = Option<String>, Header, description = "A UUID that names the one request.")),
    responses((status = 200, body = TimeOffBody), (status = 400, description = "INVALID_IDEMPOTENCY_KEY"),
              (status = 401, description = "AUTH_REQUIRED"), (status = 403, description = "FORBIDDEN"),
              (status = 404, description = "NOT_FOUND"), (status = 409, description = "IDEMPOTENCY_PAYLOAD_MISMATCH")))]
pub(super) async fn cancel(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id((id, time_off)): Id<(TechnicianId, TimeOffId)>,
    stamp: Stamp,
) -> Result<Response, HubError> {
    require_dispatch_lead(&ctx)?;
    let mut write = match Write::begin(&hub, &ctx, &stamp).await? {
        Begun::Now(write) => write,
        Begun::Before(answer) => return Ok(answer),
    };
    let row = time_off::by_id(&mut write.tx, time_off).await?.filter(|row| row.technician_id == id);
    let mut row = row.ok_or_else(|| ApiError::not_found("time off"))?;
    if time_off::cancel(&mut write.tx, time_off, ctx.now).await? {
        row.cancelled_at = Some(ctx.now);
        let subject = json!({ "technician_id": id, "time_off_id": time_off });
        record(&mut write.tx, &ctx, None, "technician.cancel_time_off", subject).await?;
    }
    write.finish(StatusCode::OK, &TimeOffBody::from(row)).await
}

async fn require_technician(tx: &mut Tx, id: TechnicianId) -> Result<(), HubError> {
    if technicians::by_id(tx, id).await?.is_some() { Ok(()) } else { Err(ApiError::not_found("technician").into()) }
}
