//! How content customers were.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use chrono::{DateTime, Utc};
use patchbay_core::ids::TeamId;
use patchbay_core::satisfaction::CONTENT;
use patchbay_http::{Caller, Params};
use patchbay_store::satisfaction::scores;
use serde::Serialize;
use utoipa::ToSchema;

use super::answer::{Line, Report, ReportTeam, answer, number, share};
use super::asked::{Asked, ReportParams};
use crate::error::HubError;
use crate::state::Hub;

/// A team's customers in one bucket.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct CsatRow {
    /// When the bucket begins.
    bucket: DateTime<Utc>,
    /// Team of the conversations; null: of none.
    team: Option<ReportTeam>,
    #[serde(flatten)]
    asked: Satisfaction,
}

/// What customers answered who were asked.
#[derive(Clone, Copy, Debug, Default, Serialize, ToSchema)]
pub(super) struct Satisfaction {
    /// Customers who were asked.
    asked: i64,
    /// Those who answered.
    answered: i64,
    /// `answered` divided by `asked`.
    answer_rate: Option<f64>,
    /// Those who gave 4 or 5.
    satisfied: i64,
    /// `satisfied` divided by `answered`.
    csat: Option<f64>,
    /// Mean of the scores, from 1 to 5.
    average_score: Option<f64>,
    #[serde(skip)]
    sum: i64,
}

impl Satisfaction {
    fn add(&mut self, score: Option<i64>, count: i64) {
        self.asked += count;
        if let Some(score) = score {
            self.answered += count;
            self.sum += score * count;
            self.satisfied += if score >= CONTENT { count } else { 0 };
        }
    }

    fn settle(mut self) -> Self {
        self.answer_rate = share(self.answered, self.asked);
        self.csat = share(self.satisfied, self.answered);
        self.average_score = share(self.sum, self.answered);
        self
    }
}

impl Line for CsatRow {
    const COLUMNS: &'static [&'static str] =
        &["bucket", "team", "asked", "answered", "answer_rate", "satisfied", "csat", "average_score"];

    fn cells(&self) -> Vec<String> {
        let asked = &self.asked;
        vec![
            self.bucket.to_rfc3339(),
            ReportTeam::slug(self.team.as_ref()),
            asked.asked.to_string(),
            asked.answered.to_string(),
            number(asked.answer_rate),
            asked.satisfied.to_string(),
            number(asked.csat),
            number(asked.average_score),
        ]
    }
}

/// What customers answered who were asked at the end of their conversations, by team and by when they were asked.
#[utoipa::path(get, path = "/api/v1/reports/csat", tag = "reports", operation_id = "report_csat", params(ReportParams),
    responses((status = 200, description = "JSON, or CSV by `Accept: text/csv`.", body = Report<CsatRow, Satisfaction>),
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
    let mut of: BTreeMap<(usize, Option<TeamId>), Satisfaction> = BTreeMap::new();
    let mut total = Satisfaction::default();
    for row in scores(&mut tx, &asked.reach).await? {
        of.entry((asked.buckets.place(row.at), row.team_id)).or_default().add(row.score, row.count);
        total.add(row.score, row.count);
    }
    drop(tx);
    let directory = hub.directory();
    let rows = of
        .into_iter()
        .map(|((place, team), sums)| CsatRow {
            bucket: asked.buckets.start(place),
            team: ReportTeam::of(&directory, team),
            asked: sums.settle(),
        })
        .collect();
    drop(directory);
    Ok(answer("csat", asked, &headers, rows, total.settle()))
}
