//! A repair of many dead letters or quarantined events: at a rate, by a job that shows how far it is. Interrupted, it goes
//! on where it was; what it did already stays done.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use patchbay_core::ctx::Ctx;
use patchbay_core::directory::Directory;
use patchbay_core::ids::{DeadLetterId, JobId, QuarantineId, RepairId};
use patchbay_core::job::{JobKind, JobQueue, NewJob};
use patchbay_http::{ApiError, Caller, Id};
use patchbay_store::repairs::{self as store, RepairAction, RepairRow, RepairStatus, RepairSubject};
use patchbay_store::{Db, StoreError, jobs};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use super::reenact::Reenactor;
use super::settling::{Settled, discard_note, require_observer};
use super::{dead_letters, quarantine};
use crate::error::HubError;
use crate::resource::record;
use crate::state::Hub;

/// Most of one repair.
pub(crate) const MOST: usize = 10_000;
/// How many in a second when nobody says.
const RATE: i64 = 10;
/// How many of them between two notes of how far it is.
const STRIDE: usize = 20;

/// Which to repair, and how fast. Name them, or say which all of them are.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BulkRequest {
    /// These, up to 10,000.
    #[serde(default)]
    pub(crate) ids: Vec<Uuid>,
    /// All open ones.
    #[serde(default)]
    pub(crate) all: bool,
    /// Of this kind of work (dead letters).
    pub(crate) kind: Option<String>,
    /// From here (dead letters): `message`, `job` or `outbox`.
    pub(crate) source: Option<String>,
    /// Put aside for this reason (quarantine).
    pub(crate) quarantine_reason: Option<String>,
    /// How many in a second, 1 to 100.
    per_second: Option<i64>,
    /// Why they are discarded; up to 500 characters.
    reason: Option<String>,
}

/// A repair and how far it is.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct RepairBody {
    /// Our id.
    id: Uuid,
    /// `dlq` or `quarantine`.
    subject: &'static str,
    /// `replay` or `discard`.
    action: &'static str,
    /// `running` or `done`.
    status: &'static str,
    /// How many in a second.
    per_second: i64,
    /// How many there are.
    total: i64,
    /// How many were dealt with.
    processed: i64,
    /// How many of them were repaired.
    repaired: i64,
    /// How many were settled before.
    skipped: i64,
    /// How many could not be.
    failed: i64,
    /// When it was asked for.
    created_at: DateTime<Utc>,
    /// When it last made progress.
    updated_at: DateTime<Utc>,
}

impl From<RepairRow> for RepairBody {
    fn from(row: RepairRow) -> Self {
        Self {
            id: row.id.into(),
            subject: row.subject.as_str(),
            action: row.action.as_str(),
            status: row.status.as_str(),
            per_second: row.per_second,
            total: row.total,
            processed: row.processed,
            repaired: row.repaired,
            skipped: row.skipped,
            failed: row.failed,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// Promises a repair of `ids`.
pub(crate) async fn begin(
    hub: &Hub,
    ctx: &Ctx,
    subject: RepairSubject,
    action: RepairAction,
    ids: Vec<Uuid>,
    request: &BulkRequest,
) -> Result<(StatusCode, Json<RepairBody>), HubError> {
    let per_second = request.per_second.unwrap_or(RATE);
    if !(1..=100).contains(&per_second) {
        return Err(ApiError::invalid("per_second", "must be between 1 and 100").into());
    }
    if ids.len() > MOST {
        return Err(ApiError::invalid("ids", format!("must not be more than {MOST}")).into());
    }
    let note = discard_note(request.reason.as_deref())?;
    let row = RepairRow {
        id: RepairId::new(),
        subject,
        action,
        total: i64::try_from(ids.len()).unwrap_or(i64::MAX),
        ids: json!(ids),
        note,
        per_second,
        status: if ids.is_empty() { RepairStatus::Done } else { RepairStatus::Running },
        processed: 0,
        repaired: 0,
        skipped: 0,
        failed: 0,
        created_by: ctx.actor.id,
        created_at: ctx.now,
        updated_at: ctx.now,
    };
    let mut tx = hub.db.begin().await?;
    store::insert(&mut tx, &row).await?;
    let job = NewJob {
        id: JobId::new(),
        queue: JobQueue::Default,
        kind: JobKind::RunRepair,
        lane: Some(format!("repair:{}", row.id)),
        dedupe_key: None,
        payload: json!({ "repair_id": row.id }),
        run_at: ctx.now,
        max_attempts: 10,
    };
    jobs::enqueue(&mut tx, ctx, &job).await?;
    let what = json!({ "repair_id": row.id, "count": row.total, "per_second": per_second });
    record(&mut tx, ctx, None, &format!("{subject}.{action}_many"), what).await?;
    tx.commit().await?;
    Ok((StatusCode::ACCEPTED, Json(row.into())))
}

/// How far a repair is.
#[utoipa::path(get, path = "/api/v1/repairs/{id}", tag = "operations", params(("id" = Uuid, Path)),
    responses((status = 200, body = RepairBody), (status = 401, description = "AUTH_REQUIRED"),
              (status = 403, description = "FORBIDDEN"), (status = 404, description = "NOT_FOUND")))]
pub(crate) async fn progress(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<RepairId>,
) -> Result<Json<RepairBody>, HubError> {
    require_observer(&ctx.actor)?;
    let row = store::by_id(&mut hub.db.read().await?, id).await?;
    Ok(Json(row.ok_or_else(|| ApiError::not_found("repair"))?.into()))
}

/// Whether some are left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RepairStep {
    /// Come again.
    More,
    /// All were dealt with.
    Done,
}

/// What became of one.
enum One {
    Repaired,
    Skipped,
    Failed,
}

/// Repairs the next of them at the rate that was asked for.
pub async fn run_repair(
    db: &Db,
    ctx: &Ctx,
    directory: &Directory,
    reenactor: &Reenactor,
    id: RepairId,
) -> Result<RepairStep, StoreError> {
    let row = store::by_id(&mut db.read().await?, id).await?;
    let Some(mut row) = row.filter(|row| row.status == RepairStatus::Running) else { return Ok(RepairStep::Done) };
    // Whoever asked for it settles them.
    let mut ctx = ctx.clone();
    ctx.actor.id = row.created_by;
    let ctx = &ctx;
    let ids: Vec<Uuid> = serde_json::from_value(row.ids.clone()).unwrap_or_default();
    let at = usize::try_from(row.processed).unwrap_or(usize::MAX);
    let pause = Duration::from_millis(1_000 / u64::try_from(row.per_second.clamp(1, 100)).unwrap_or(1));
    for id in ids.iter().skip(at).take(STRIDE) {
        let (letter, event, note) = (DeadLetterId(*id), QuarantineId(*id), row.note.as_deref());
        let one = match (row.subject, row.action) {
            (RepairSubject::Dlq, RepairAction::Replay) => {
                one(&dead_letters::replay(db, ctx, directory, letter, None).await?)
            }
            (RepairSubject::Dlq, RepairAction::Discard) => one(&dead_letters::discard(db, ctx, letter, note).await?),
            (RepairSubject::Quarantine, RepairAction::Replay) => {
                one(&quarantine::replay(db, ctx, reenactor, event, None).await?)
            }
            (RepairSubject::Quarantine, RepairAction::Discard) => {
                one(&quarantine::discard(db, ctx, event, note).await?)
            }
        };
        row.processed += 1;
        match one {
            One::Repaired => row.repaired += 1,
            One::Skipped => row.skipped += 1,
            One::Failed => row.failed += 1,
        }
        tokio::time::sleep(pause).await;
    }
    row.updated_at = ctx.now;
    if row.processed >= row.total {
        row.status = RepairStatus::Done;
    }
    let mut tx = db.begin().await?;
    store::update(&mut tx, &row).await?;
    tx.commit().await?;
    Ok(if row.status == RepairStatus::Done { RepairStep::Done } else { RepairStep::More })
}

fn one<R>(settled: &Settled<R>) -> One {
    match settled {
        Settled::Done(_) => One::Repaired,
        Settled::Already(_) => One::Skipped,
        Settled::Refused(_) | Settled::Missing => One::Failed,
    }
}
