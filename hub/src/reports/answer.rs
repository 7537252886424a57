//! What a report answers, as JSON or as CSV.

use std::collections::BTreeMap;

use axum::Json;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use patchbay_core::directory::Directory;
use patchbay_core::ids::TeamId;
use patchbay_core::report::{Figures, Spread};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::asked::Asked;
use crate::sheet;

/// A report.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[expect(clippy::struct_field_names, reason = "an answer names what it is")]
pub(super) struct Report<R, T> {
    /// Its name, as in its path.
    report: &'static str,
    /// From then on.
    from: DateTime<Utc>,
    /// Until before then.
    to: DateTime<Utc>,
    /// `hour`, `day`, `week`, `month`; null: in one piece.
    bucket: Option<&'static str>,
    /// Whose clocks cut the buckets.
    timezone: &'static str,
    /// The team that was asked for.
    team: Option<ReportTeam>,
    /// When it was made.
    generated_at: DateTime<Utc>,
    /// The rows: by bucket, then by what the report is about.
    data: Vec<R>,
    /// Everything together.
    total: T,
}

/// A team, in a report.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct ReportTeam {
    /// Our id.
    id: Uuid,
    /// Short unique name.
    slug: String,
    /// Name to show.
    name: String,
}

impl ReportTeam {
    /// The team of a row. `None`: of no team.
    pub(super) fn of(directory: &Directory, team: Option<TeamId>) -> Option<Self> {
        directory.teams.get(&team?).map(|team| Self {
            id: team.id.into(),
            slug: team.slug.clone(),
            name: team.name.clone(),
        })
    }

    /// Its slug; nothing when there is none.
    pub(super) fn slug(team: Option<&Self>) -> String {
        team.map(|team| sheet::harmless(&team.slug)).unwrap_or_default()
    }
}

/// A row of a report, as CSV shows it.
pub(super) trait Line {
    /// Names of the columns.
    const COLUMNS: &'static [&'static str];

    /// The cells, one for each column.
    fn cells(&self) -> Vec<String>;
}

/// Answers with the rows: CSV when the caller accepts that and not JSON first.
pub(super) fn answer<R: Serialize + Line, T: Serialize>(
    name: &'static str,
    asked: Asked,
    headers: &HeaderMap,
    data: Vec<R>,
    total: T,
) -> Response {
    if wants_csv(headers) {
        let bytes = sheet::csv(R::COLUMNS, data.iter().map(Line::cells));
        let mut response = bytes.into_response();
        let disposition = format!("attachment; filename=\"{name}.csv\"");
        let written = response.headers_mut();
        written.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
        if let Ok(disposition) = HeaderValue::from_str(&disposition) {
            written.insert(header::CONTENT_DISPOSITION, disposition);
        }
        written.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        written.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        written.insert(header::VARY, HeaderValue::from_static("accept"));
        return response;
    }
    let report = Report {
        report: name,
        from: asked.reach.from,
        to: asked.reach.to,
        bucket: asked.size.map(patchbay_core::report::BucketSize::as_str),
        timezone: asked.zone.name(),
        team: asked.team.map(|team| ReportTeam { id: team.id.into(), slug: team.slug, name: team.name }),
        generated_at: asked.now,
        data,
        total,
    };
    let mut response = Json(report).into_response();
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("accept"));
    response
}

/// Whether CSV is named before JSON, or anything.
fn wants_csv(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    for kind in accepted.flat_map(|value| value.split(',')) {
        match kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
            "text/csv" => return true,
            "application/json" | "application/*" | "*/*" => return false,
            _ => {}
        }
    }
    false
}

/// What durations come to, in seconds; null without any.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(super) struct Times {
    /// How many there are.
    pub(super) count: i64,
    /// Half of them were shorter.
    pub(super) p50: Option<f64>,
    /// 95 of a hundred were shorter.
    pub(super) p95: Option<f64>,
    /// 99 of a hundred were shorter.
    pub(super) p99: Option<f64>,
    /// Their sum divided by their number.
    pub(super) average: Option<f64>,
    /// The one in the middle; the same as `p50`.
    pub(super) median: Option<f64>,
}

impl From<Figures> for Times {
    fn from(figures: Figures) -> Self {
        let Figures { count, average, p50, p95, p99 } = figures;
        Self { count, p50, p95, p99, average, median: p50 }
    }
}

impl Times {
    /// The cells of the columns `count`, `p50`, `p95`, `p99`, `average`, `median`.
    pub(super) fn cells(&self) -> Vec<String> {
        let mut cells = vec![self.count.to_string()];
        cells.extend([self.p50, self.p95, self.p99, self.average, self.median].map(number));
        cells
    }
}

/// A figure as text; nothing when there is none.
pub(super) fn number(value: Option<f64>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

/// Durations by bucket and subject.
#[derive(Debug)]
pub(super) struct Spreads<K> {
    of: BTreeMap<(usize, K), Spread>,
    all: Spread,
}

impl<K: Ord> Spreads<K> {
    /// None yet.
    pub(super) fn new() -> Self {
        Self { of: BTreeMap::new(), all: Spread::default() }
    }

    /// Adds one that ended in a bucket.
    pub(super) fn add(&mut self, bucket: usize, subject: K, took: chrono::TimeDelta) {
        self.of.entry((bucket, subject)).or_default().add(took);
        self.all.add(took);
    }

    /// What they come to: each, and all together.
    pub(super) fn figures(self) -> (Vec<(usize, K, Times)>, Times) {
        let each = self.of.into_iter().map(|((bucket, subject), spread)| (bucket, subject, spread.figures().into()));
        (each.collect(), self.all.figures().into())
    }
}

/// A share of a whole between 0 and 1, with four digits; null when there is no whole.
pub(super) fn share(part: i64, whole: i64) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "counts of rows are far below 2^53")]
    (whole > 0).then(|| (part as f64 / whole as f64 * 10_000.0).round() / 10_000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn csv_is_for_whoever_names_it_first() {
        for (accept, expect) in [
            ("text/csv", true),
            ("Text/CSV; charset=utf-8", true),
            ("text/html, text/csv", true),
            ("text/csv, application/json", true),
            ("application/json, text/csv", false),
            ("*/*", false),
            ("application/json", false),
        ] {
            let headers = HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static(accept))]);
            assert_eq!(wants_csv(&headers), expect, "{accept}");
        }
        assert!(!wants_csv(&HeaderMap::new()));
    }

    #[test]
    fn a_share_of_nothing_is_none() {
        assert_eq!(share(1, 3), Some(0.3333));
        assert_eq!(share(0, 0), None);
    }
}
