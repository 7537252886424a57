//! How long conversations take from their beginning to their end.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use chrono::{DateTime, Utc};
use patchbay_http::{Caller, Params};
use serde::Serialize;
use utoipa::ToSchema;

use super::answer::{Line, Report, ReportTeam, Spreads, Times, answer};
use super::asked::{Asked, ReportParams};
use super::source::Pieces;
use crate::error::HubError;
use crate::state::Hub;

/// Conversations of one team that ended in one bucket. Seconds.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct ResolutionRow {
    /// When the bucket begins.
    bucket: DateTime<Utc>,
    /// Team of the conversations; null: of none.
    team: Option<ReportTeam>,
    #[serde(flatten)]
    times: Times,
}

impl Line for ResolutionRow {
    const COLUMNS: &'static [&'static str] = &["bucket", "team", "count", "p50", "p95", "p99", "average", "median"];

    fn cells(&self) -> Vec<String> {
        let mut cells = vec![self.bucket.to_rfc3339(), ReportTeam::slug(self.team.as_ref())];
        cells.extend(self.times.cells());
        cells
    }
}

/// How long conversations took from their beginning to their end, by the time of the end: average and median by team, in seconds. Spam and duplicates do not count.
#[utoipa::path(get, path = "/api/v1/reports/resolution", tag = "reports", operation_id = "report_resolution", params(ReportParams),
    responses((status = 200, description = "JSON, or CSV by `Accept: text/csv`.", body = Report<ResolutionRow, Times>),
              (status = 400, description = "INVALID_QUERY"), (status = 401, description = "AUTH_REQUIRED"),
              (status = 403, description = "FORBIDDEN, FORBIDDEN_SCOPE")))]
pub(super) async fn read(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    Params(params): Params<ReportParams>,
    headers: HeaderMap,
) -> Result<Response, HubError> {
    let mut tx = hub.db.read().await?;
    let asked = Asked::read(&hub, &ctx, &mut tx, &params).await?;
    let mut spreads = Spreads::new();
    let pieces = Pieces::of(&mut tx, &asked).await?;
    for took in pieces.resolutions(&mut tx, &asked).await? {
        spreads.add(asked.buckets.place(took.at), took.team_id, took.lasted);
    }
    drop(tx);
    let directory = hub.directory();
    let (each, total) = spreads.figures();
    let row = |(place, team, times): (usize, _, Times)| ResolutionRow {
        bucket: asked.buckets.start(place),
        team: ReportTeam::of(&directory, team),
        times,
    };
    let rows = each.into_iter().map(row).collect();
    Ok(answer("resolution", asked, &headers, rows, total))
}
