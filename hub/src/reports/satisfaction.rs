//! What customers said of how they were helped.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use chrono::{DateTime, Utc};
use patchbay_core::ids::TeamId;
use patchbay_http::{Caller, Params};
use patchbay_store::satisfaction::{Ratings, ratings};
use serde::Serialize;
use utoipa::ToSchema;

use super::answer::{Line, Report, ReportTeam, answer, number, share};
use super::asked::{Asked, ReportParams};
use crate::error::HubError;
use crate::state::Hub;

/// What was said of a team in one bucket.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct CsatRow {
    /// When the bucket begins.
    bucket: DateTime<Utc>,
    /// Team of the conversations; null: of none.
    team: Option<ReportTeam>,
    #[serde(flatten)]
    said: Said,
}

/// How content customers were.
#[derive(Clone, Copy, Debug, Default, Serialize, ToSchema)]
pub(super) struct Said {
    /// Answers to the question at the end of a conversation.
    answers: i64,
    /// Those of them with a 4 or a 5.
    content: i64,
    /// `content` divided by `answers`.
    csat: Option<f64>,
    /// All ratings divided by their number.
    average_rating: Option<f64>,
    /// Answers with a 1.
    rated_1: i64,
    /// Answers with a 2.
    rated_2: i64,
    /// Answers with a 3.
    rated_3: i64,
    /// Answers with a 4.
    rated_4: i64,
    /// Answers with a 5.
    rated_5: i64,
}

impl Said {
    fn add(&mut self, ratings: &Ratings) {
        self.answers += ratings.count;
        if ratings.rating.is_content() {
            self.content += ratings.count;
        }
        let counter = match ratings.rating.get() {
            1 => &mut self.rated_1,
            2 => &mut self.rated_2,
            3 => &mut self.rated_3,
            4 => &mut self.rated_4,
            _ => &mut self.rated_5,
        };
        *counter += ratings.count;
    }

    fn settle(mut self) -> Self {
        let counts = [self.rated_1, self.rated_2, self.rated_3, self.rated_4, self.rated_5];
        let sum: i64 = counts.iter().zip(1..).map(|(count, rating)| count * rating).sum();
        self.csat = share(self.content, self.answers);
        self.average_rating = share(sum, self.answers);
        self
    }
}

impl Line for CsatRow {
    const COLUMNS: &'static [&'static str] = &[
        "bucket", "team", "answers", "content", "csat", "average_rating", "rated_1", "rated_2", "rated_3", "rated_4",
        "rated_5",
    ];

    fn cells(&self) -> Vec<String> {
        let said = &self.said;
        let mut cells = vec![self.bucket.to_rfc3339(), ReportTeam::slug(self.team.as_ref())];
        cells.extend([said.answers, said.content].map(|count| count.to_string()));
        cells.extend([said.csat, said.average_rating].map(number));
        let counts = [said.rated_1, said.rated_2, said.rated_3, said.rated_4, said.rated_5];
        cells.extend(counts.map(|count| count.to_string()));
        cells
    }
}

/// Answers to the question at the end of conversations, by team.
#[utoipa::path(get, path = "/api/v1/reports/csat", tag = "reports", operation_id = "report_csat", params(ReportParams),
    responses((status = 200, description = "JSON, or CSV by `Accept: text/csv`.", body = Report<CsatRow, Said>),
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
    let mut of: BTreeMap<(usize, Option<TeamId>), Said> = BTreeMap::new();
    let mut total = Said::default();
    for rated in ratings(&mut tx, &asked.reach).await? {
        of.entry((asked.buckets.place(rated.at), rated.team_id)).or_default().add(&rated);
        total.add(&rated);
    }
    drop(tx);
    let directory = hub.directory();
    let rows = of
        .into_iter()
        .map(|((place, team), said)| CsatRow {
            bucket: asked.buckets.start(place),
            team: ReportTeam::of(&directory, team),
            said: said.settle(),
        })
        .collect();
    drop(directory);
    Ok(answer("csat", asked, &headers, rows, total.settle()))
}
