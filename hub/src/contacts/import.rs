//! Reading in a list of contacts: checked row by row, by a job that shows how far it is. A row that does not fit is
//! refused alone and says why. A dry run stores nothing.

mod row;

use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use patchbay_core::Code;
use patchbay_core::ctx::Ctx;
use patchbay_core::ids::{ContactImportId, JobId};
use patchbay_core::job::{JobKind, JobQueue, NewJob};
use patchbay_core::role::Role;
use patchbay_http::{ApiError, Caller, Id, Params};
use patchbay_store::contact_imports::{self as store, ImportRow, ImportStatus};
use patchbay_store::{Db, StoreError, jobs};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::time::Instant;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use self::row::{Columns, Outcome, take};
use crate::error::HubError;
use crate::resource::record;
use crate::state::Hub;

/// Longest list.
const MOST_BYTES: usize = 20 << 20;
/// Most rows of a list.
const MOST_ROWS: usize = 100_000;
/// Rows of one transaction.
const BITE: usize = 100;
/// Refused rows whose reason is kept.
const ERRORS_KEPT: usize = 1_000;
/// How long one run of the job goes on.
const ONE_RUN: Duration = Duration::from_secs(15);

/// How a list is read.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ImportParams {
    /// Check everything and store nothing.
    #[serde(default)]
    dry_run: bool,
}

/// A list and how far it is.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ImportBody {
    /// Our id.
    id: Uuid,
    /// `running` or `done`.
    status: &'static str,
    /// Rows are checked and nothing is stored.
    dry_run: bool,
    /// Rows of the list.
    total: i64,
    /// Rows that were read.
    processed: i64,
    /// Contacts that were made, or would be.
    created: i64,
    /// Contacts that were there and changed, or would.
    updated: i64,
    /// Rows that were refused.
    failed: i64,
    /// Why, the first thousand: `{"row", "field", "problem"}`; the first row after the heading is row 2.
    errors: Value,
    /// When it was sent.
    created_at: DateTime<Utc>,
    /// When it last made progress.
    updated_at: DateTime<Utc>,
}

impl From<ImportRow> for ImportBody {
    fn from(row: ImportRow) -> Self {
        Self {
            id: row.id.into(),
            status: row.status.as_str(),
            dry_run: row.is_dry_run,
            total: row.total,
            processed: row.processed,
            created: row.created,
            updated: row.updated,
            failed: row.failed,
            errors: row.errors,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

fn require_keeper(ctx: &Ctx) -> Result<(), ApiError> {
    match ctx.actor.role {
        Role::Admin | Role::Supervisor => Ok(()),
        _ => Err(ApiError::forbidden("only admins and supervisors read lists of contacts in")),
    }
}

/// Takes a list of contacts: CSV in UTF-8 with a heading. Columns: `name`, `phone`, `whatsapp`, `email`, and if wanted
/// `id`, `account_id`, `locale`, `timezone`; others are passed over. Each row names at least one address. A row whose
/// address is known changes that contact. Admins and supervisors only.
#[utoipa::path(post, path = "/api/v1/contacts/import", tag = "contacts", params(ImportParams),
    request_body(content = String, content_type = "text/csv", description = "the list"),
    responses((status = 202, body = ImportBody), (status = 400, description = "INVALID_REQUEST"),
              (status = 401, description = "AUTH_REQUIRED"), (status = 403, description = "FORBIDDEN"),
              (status = 413, description = "PAYLOAD_TOO_LARGE")))]
pub(crate) async fn start(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Params(params): Params<ImportParams>,
    request: Request,
) -> Result<(StatusCode, Json<ImportBody>), HubError> {
    require_keeper(&ctx)?;
    let bytes = whole(request).await?;
    let document = String::from_utf8(bytes.to_vec()).map_err(|_| ApiError::invalid("body", "must be UTF-8"))?;
    let document = document.trim_start_matches('\u{feff}').to_owned();
    let rows = parse(&document).map_err(|problem| ApiError::invalid("body", problem))?;
    let row = ImportRow {
        id: ContactImportId::new(),
        status: ImportStatus::Running,
        is_dry_run: params.dry_run,
        total: i64::try_from(rows.records.len()).unwrap_or(i64::MAX),
        processed: 0,
        created: 0,
        updated: 0,
        failed: 0,
        errors: json!([]),
        created_by: ctx.actor.id,
        created_at: ctx.now,
        updated_at: ctx.now,
    };
    let mut tx = hub.db.begin().await?;
    store::insert(&mut tx, &row, &document).await?;
    let job = NewJob {
        id: JobId::new(),
        queue: JobQueue::Low,
        kind: JobKind::ImportContacts,
        lane: Some("contact_import".into()),
        dedupe_key: None,
        payload: json!({ "import_id": row.id }),
        run_at: ctx.now,
        max_attempts: 10,
    };
    jobs::enqueue(&mut tx, &ctx, &job).await?;
    let subject = json!({ "import_id": row.id, "rows": row.total, "dry_run": row.is_dry_run });
    record(&mut tx, &ctx, None, "contact.import", subject).await?;
    tx.commit().await?;
    Ok((StatusCode::ACCEPTED, Json(row.into())))
}

/// The whole body, up to [`MOST_BYTES`] and no further. Error: 413 `PAYLOAD_TOO_LARGE`.
async fn whole(request: Request) -> Result<Bytes, ApiError> {
    axum::body::to_bytes(request.into_body(), MOST_BYTES).await.map_err(|error| {
        if error.into_inner().is::<http_body_util::LengthLimitError>() {
            ApiError::new(Code::PayloadTooLarge, format!("lists may have up to {} MB", MOST_BYTES >> 20))
        } else {
            ApiError::new(Code::InvalidRequest, "the body could not be read")
        }
    })
}

/// How far a list is.
#[utoipa::path(get, path = "/api/v1/contacts/imports/{id}", tag = "contacts", params(("id" = Uuid, Path)),
    responses((status = 200, body = ImportBody), (status = 401, description = "AUTH_REQUIRED"),
              (status = 403, description = "FORBIDDEN"), (status = 404, description = "NOT_FOUND")))]
pub(crate) async fn progress(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Id(id): Id<ContactImportId>,
) -> Result<Json<ImportBody>, HubError> {
    require_keeper(&ctx)?;
    let row = store::by_id(&mut hub.db.read().await?, id).await?;
    Ok(Json(row.ok_or_else(|| ApiError::not_found("import"))?.into()))
}

/// A list, taken apart.
struct Rows {
    columns: Columns,
    records: Vec<csv::StringRecord>,
}

fn parse(document: &str) -> Result<Rows, String> {
    let heading = document.lines().next().unwrap_or_default();
    let delimiter = if heading.contains(';') && !heading.contains(',') { b';' } else { b',' };
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(document.as_bytes());
    let heading = reader.headers().map_err(|_| "the heading cannot be read".to_owned())?;
    let columns = Columns::of(heading)?;
    let mut records = Vec::new();
    for record in reader.into_records() {
        records.push(record.map_err(|_| format!("row {} cannot be read", records.len() + 2))?);
        if records.len() > MOST_ROWS {
            return Err(format!("must not have more than {MOST_ROWS} rows"));
        }
    }
    if records.is_empty() { Err("has no rows".into()) } else { Ok(Rows { columns, records }) }
}

/// Whether rows are left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportStep {
    /// Come again.
    More,
    /// All were read.
    Done,
}

/// Reads rows of a list for a while. What one transaction stores and how far the list is are one commit: a row is read
/// once, however often the job is interrupted.
pub async fn import_rows(db: &Db, ctx: &Ctx, id: ContactImportId) -> Result<ImportStep, StoreError> {
    let since = Instant::now();
    let mut reading = db.read().await?;
    let Some(mut row) = store::by_id(&mut reading, id).await?.filter(|row| row.status == ImportStatus::Running) else {
        return Ok(ImportStep::Done);
    };
    let document = store::document(&mut reading, id).await?;
    drop(reading);
    // It was taken apart when it was sent; a list that cannot be any more has nothing left to read.
    let rows = parse(&document).unwrap_or(Rows { columns: Columns::default(), records: Vec::new() });
    loop {
        let from = row.processed;
        let mut tx = db.begin().await?;
        let at = usize::try_from(from).unwrap_or(usize::MAX);
        let mut errors = row.errors.as_array().cloned().unwrap_or_default();
        for (offset, record) in rows.records.iter().skip(at).take(BITE).enumerate() {
            row.processed += 1;
            match take(&mut tx, ctx, &rows.columns, record, row.is_dry_run).await? {
                Outcome::Created => row.created += 1,
                Outcome::Updated => row.updated += 1,
                Outcome::Same => {}
                Outcome::Refused { field, problem } => {
                    row.failed += 1;
                    if errors.len() < ERRORS_KEPT {
                        errors.push(json!({ "row": at + offset + 2, "field": field, "problem": problem }));
                    }
                }
            }
        }
        row.errors = Value::from(errors);
        row.updated_at = ctx.now;
        if row.processed >= row.total || row.processed == from {
            row.status = ImportStatus::Done;
        }
        if !store::advance(&mut tx, &row, from).await? {
            tx.rollback().await?;
            return Ok(ImportStep::Done);
        }
        tx.commit().await?;
        if row.status == ImportStatus::Done {
            return Ok(ImportStep::Done);
        }
        if since.elapsed() > ONE_RUN {
            return Ok(ImportStep::More);
        }
    }
}
