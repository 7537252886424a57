//! What assistants called, and how it ended.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use chrono::{DateTime, Utc};
use patchbay_http::{Caller, Params};
use patchbay_store::report_promises::{ToolCalls, tool_calls};
use serde::Serialize;
use utoipa::ToSchema;

use super::answer::{Line, Report, answer, number, share};
use super::asked::{Asked, ReportParams};
use crate::error::HubError;
use crate::sheet;
use crate::state::Hub;

/// One tool in one bucket.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct ToolUseRow {
    /// When the bucket begins.
    bucket: DateTime<Utc>,
    /// The tool.
    tool: String,
    #[serde(flatten)]
    calls: ToolUse,
}

/// How calls ended.
#[derive(Clone, Copy, Debug, Default, Serialize, ToSchema)]
pub(super) struct ToolUse {
    /// Calls that ended.
    calls: i64,
    /// Those of them that did what they were for.
    succeeded: i64,
    /// Those of them that the gateway refused.
    refused: i64,
    /// Those of them that were tried and failed.
    failed: i64,
    /// `succeeded` divided by `calls`.
    success_rate: Option<f64>,
}

impl ToolUse {
    fn add(&mut self, calls: &ToolCalls) {
        self.calls += calls.count;
        match (calls.is_refused, &calls.code) {
            (true, _) => self.refused += calls.count,
            (false, Some(_)) => self.failed += calls.count,
            (false, None) => self.succeeded += calls.count,
        }
        self.success_rate = share(self.succeeded, self.calls);
    }
}

impl Line for ToolUseRow {
    const COLUMNS: &'static [&'static str] =
        &["bucket", "tool", "calls", "succeeded", "refused", "failed", "success_rate"];

    fn cells(&self) -> Vec<String> {
        let ToolUse { calls, succeeded, refused, failed, success_rate } = self.calls;
        let mut cells = vec![self.bucket.to_rfc3339(), sheet::harmless(&self.tool)];
        cells.extend([calls, succeeded, refused, failed].map(|count| count.to_string()));
        cells.push(number(success_rate));
        cells
    }
}

/// Calls of tools by assistants, by tool.
#[utoipa::path(get, path = "/api/v1/reports/tools", tag = "reports", operation_id = "report_tools", params(ReportParams),
    responses((status = 200, description = "JSON, or CSV by `Accept: text/csv`.", body = Report<ToolUseRow, ToolUse>),
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
    let mut of: BTreeMap<(usize, String), ToolUse> = BTreeMap::new();
    let mut total = ToolUse::default();
    for calls in tool_calls(&mut tx, &asked.reach).await? {
        of.entry((asked.buckets.place(calls.at), calls.tool.clone())).or_default().add(&calls);
        total.add(&calls);
    }
    drop(tx);
    let rows = of
        .into_iter()
        .map(|((place, tool), calls)| ToolUseRow { bucket: asked.buckets.start(place), tool, calls })
        .collect();
    Ok(answer("tools", asked, &headers, rows, total))
}
