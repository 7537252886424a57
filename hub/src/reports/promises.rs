//! What was promised and not kept.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use chrono::{DateTime, Utc};
use patchbay_core::ids::TeamId;
use patchbay_core::sla::SlaTarget;
use patchbay_http::{Caller, Params};
use patchbay_store::report_promises::breaches;
use serde::Serialize;
use utoipa::ToSchema;

use super::answer::{Line, Report, ReportTeam, answer, number, share};
use super::asked::{Asked, ReportParams};
use super::source::Pieces;
use crate::error::HubError;
use crate::state::Hub;

/// A team's promises in one bucket.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct SlaRow {
    /// When the bucket begins.
    bucket: DateTime<Utc>,
    /// Team of the conversations; null: of none.
    team: Option<ReportTeam>,
    #[serde(flatten)]
    kept: Kept,
}

/// How many promises were broken.
#[derive(Clone, Copy, Debug, Default, Serialize, ToSchema)]
pub(super) struct Kept {
    /// Conversations that began.
    opened: i64,
    /// First answers that were due and had not been given.
    first_response_breaches: i64,
    /// Ends that were due and had not come.
    resolution_breaches: i64,
    /// `first_response_breaches` divided by `opened`.
    first_response_breach_rate: Option<f64>,
    /// `resolution_breaches` divided by `opened`.
    resolution_breach_rate: Option<f64>,
}

impl Kept {
    fn settle(mut self) -> Self {
        self.first_response_breach_rate = share(self.first_response_breaches, self.opened);
        self.resolution_breach_rate = share(self.resolution_breaches, self.opened);
        self
    }
}

impl Line for SlaRow {
    const COLUMNS: &'static [&'static str] = &[
        "bucket", "team", "opened", "first_response_breaches", "resolution_breaches", "first_response_breach_rate",
        "resolution_breach_rate",
    ];

    fn cells(&self) -> Vec<String> {
        let mut cells = vec![self.bucket.to_rfc3339(), ReportTeam::slug(self.team.as_ref())];
        let counts = [self.kept.opened, self.kept.first_response_breaches, self.kept.resolution_breaches];
        cells.extend(counts.map(|count| count.to_string()));
        cells.extend([self.kept.first_response_breach_rate, self.kept.resolution_breach_rate].map(number));
        cells
    }
}

/// Promised times that passed, by team, beside the conversations that began.
#[utoipa::path(get, path = "/api/v1/reports/sla", tag = "reports", operation_id = "report_sla", params(ReportParams),
    responses((status = 200, description = "JSON, or CSV by `Accept: text/csv`.", body = Report<SlaRow, Kept>),
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
    let pieces = Pieces::of(&mut tx, &asked).await?;
    let mut of: BTreeMap<(usize, Option<TeamId>), Kept> = BTreeMap::new();
    let mut total = Kept::default();
    for quarter in pieces.opened(&mut tx, &asked).await? {
        of.entry((asked.buckets.place(quarter.at), quarter.team_id)).or_default().opened += quarter.count;
        total.opened += quarter.count;
    }
    for broken in breaches(&mut tx, &asked.reach).await? {
        let team = of.entry((asked.buckets.place(broken.at), broken.team_id)).or_default();
        for kept in [team, &mut total] {
            match broken.target.parse() {
                Ok(SlaTarget::FirstResponse) => kept.first_response_breaches += broken.count,
                Ok(SlaTarget::Resolution) => kept.resolution_breaches += broken.count,
                Err(_) => {}
            }
        }
    }
    drop(tx);
    // What a conversation took with it to another team leaves a zero in the roll-up.
    of.retain(|_, kept| kept.opened + kept.first_response_breaches + kept.resolution_breaches > 0);
    let directory = hub.directory();
    let rows = of
        .into_iter()
        .map(|((place, team), kept)| SlaRow {
            bucket: asked.buckets.start(place),
            team: ReportTeam::of(&directory, team),
            kept: kept.settle(),
        })
        .collect();
    drop(directory);
    Ok(answer("sla", asked, &headers, rows, total.settle()))
}
