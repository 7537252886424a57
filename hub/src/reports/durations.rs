//! How long things take: until the first answer by a person, and until the end.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use chrono::{DateTime, Utc};
use patchbay_core::Ctx;
use patchbay_http::{Caller, Params};
use serde::Serialize;
use utoipa::ToSchema;

use super::answer::{Line, Report, ReportTeam, Spreads, Times, answer};
use super::asked::{Asked, ReportParams};
use super::source::Pieces;
use crate::error::HubError;
use crate::state::Hub;

/// What took its time in conversations of one team, by the bucket in which it was over. Seconds.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct DurationRow {
    /// When the bucket begins.
    bucket: DateTime<Utc>,
    /// Team of the conversations; null: of none.
    team: Option<ReportTeam>,
    #[serde(flatten)]
    times: Times,
}

impl Line for DurationRow {
    const COLUMNS: &'static [&'static str] = &["bucket", "team", "count", "p50", "p95", "p99", "average", "median"];

    fn cells(&self) -> Vec<String> {
        let mut cells = vec![self.bucket.to_rfc3339(), ReportTeam::slug(self.team.as_ref())];
        cells.extend(self.times.cells());
        cells
    }
}

/// What is timed.
#[derive(Clone, Copy, Debug)]
enum Timed {
    FirstResponse,
    Resolution,
}

/// How long customers waited for the first answer by a person, by the time of the answer: percentiles by team, in seconds.
#[utoipa::path(get, path = "/api/v1/reports/first-response", tag = "reports", operation_id = "report_response", params(ReportParams),
    responses((status = 200, description = "JSON, or CSV by `Accept: text/csv`.", body = Report<DurationRow, Times>),
              (status = 400, description = "INVALID_QUERY"), (status = 401, description = "AUTH_REQUIRED"),
              (status = 403, description = "FORBIDDEN, FORBIDDEN_SCOPE")))]
pub(super) async fn first_response(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Params(params): Params<ReportParams>,
    headers: HeaderMap,
) -> Result<Response, HubError> {
    by_team(&hub, &ctx, &params, &headers, Timed::FirstResponse).await
}

/// How long conversations took from their beginning to their end, by the time of the end: average and median by team, in seconds. Spam and duplicates do not count.
#[utoipa::path(get, path = "/api/v1/reports/resolution", tag = "reports", operation_id = "report_resolution", params(ReportParams),
    responses((status = 200, description = "JSON, or CSV by `Accept: text/csv`.", body = Report<DurationRow, Times>),
              (status = 400, description = "INVALID_QUERY"), (status = 401, description = "AUTH_REQUIRED"),
              (status = 403, description = "FORBIDDEN, FORBIDDEN_SCOPE")))]
pub(super) async fn resolution(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Params(params): Params<ReportParams>,
    headers: HeaderMap,
) -> Result<Response, HubError> {
    by_team(&hub, &ctx, &params, &headers, Timed::Resolution).await
}

async fn by_team(
    hub: &Hub,
    ctx: &Ctx,
    params: &ReportParams,
    headers: &HeaderMap,
    timed: Timed,
) -> Result<Response, HubError> {
    let mut tx = hub.db.read().await?;
    let asked = Asked::read(hub, ctx, &mut tx, params).await?;
    let pieces = Pieces::of(&mut tx, &asked).await?;
    let (name, all) = match timed {
        Timed::FirstResponse => ("first-response", pieces.first_responses(&mut tx, &asked).await?),
        Timed::Resolution => ("resolution", pieces.resolutions(&mut tx, &asked).await?),
    };
    drop(tx);
    let mut spreads = Spreads::new();
    for took in all {
        spreads.add(asked.buckets.place(took.at), took.team_id, took.lasted);
    }
    let directory = hub.directory();
    let (each, total) = spreads.figures();
    let rows = each
        .into_iter()
        .map(|(place, team, times)| DurationRow {
            bucket: asked.buckets.start(place),
            team: ReportTeam::of(&directory, team),
            times,
        })
        .collect();
    Ok(answer(name, asked, headers, rows, total))
}
