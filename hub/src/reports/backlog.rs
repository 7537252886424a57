//! How many conversations wait, and how many come and go.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use chrono::{DateTime, Utc};
use patchbay_core::conversation::ConversationStatus;
use patchbay_core::ids::TeamId;
use patchbay_http::{Caller, Params};
use patchbay_store::reports::{self, Standing};
use serde::Serialize;
use utoipa::ToSchema;

use super::answer::{Line, Report, ReportTeam, answer};
use super::asked::{Asked, ReportParams};
use super::source::Pieces;
use crate::error::HubError;
use crate::state::Hub;

/// A team's conversations in one bucket. What stands as of now is null in buckets, which are about the past.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct BacklogRow {
    /// When the bucket begins.
    bucket: DateTime<Utc>,
    /// Team of the conversations; null: of none.
    team: Option<ReportTeam>,
    #[serde(flatten)]
    flow: Flow,
    #[serde(flatten)]
    now: NowStanding,
}

/// What came and went.
#[derive(Clone, Copy, Debug, Default, Serialize, ToSchema)]
pub(super) struct Flow {
    /// Conversations that began.
    opened: i64,
    /// Conversations that ended.
    closed: i64,
    /// Conversations that were open at the end.
    open_at_end: i64,
}

/// How things stand now.
#[derive(Clone, Copy, Debug, Default, Serialize, ToSchema)]
pub(super) struct NowStanding {
    /// Open conversations that wait in the queue.
    queued: Option<i64>,
    /// Open conversations in which it is an agent's turn.
    pending_agent: Option<i64>,
    /// Open conversations in which it is the customer's turn.
    pending_customer: Option<i64>,
    /// All open conversations.
    open: Option<i64>,
    /// Open conversations that nobody has.
    unassigned: Option<i64>,
    /// How long the customer has waited who has waited longest.
    oldest_waiting_seconds: Option<i64>,
}

/// All teams together.
#[derive(Clone, Copy, Debug, Default, Serialize, ToSchema)]
pub(super) struct BacklogTotal {
    #[serde(flatten)]
    flow: Flow,
    #[serde(flatten)]
    now: NowStanding,
}

impl NowStanding {
    fn nothing() -> Self {
        let none = Some(0);
        Self {
            queued: none,
            pending_agent: none,
            pending_customer: none,
            open: none,
            unassigned: none,
            oldest_waiting_seconds: None,
        }
    }

    fn add(&mut self, standing: &Standing, now: DateTime<Utc>) {
        let add = |field: &mut Option<i64>, count: i64| *field = Some(field.unwrap_or(0) + count);
        add(&mut self.open, standing.count);
        add(&mut self.unassigned, standing.unassigned);
        match standing.status {
            ConversationStatus::New | ConversationStatus::Triage | ConversationStatus::Queued => {
                add(&mut self.queued, standing.count);
            }
            ConversationStatus::PendingAgent => add(&mut self.pending_agent, standing.count),
            ConversationStatus::PendingCustomer => add(&mut self.pending_customer, standing.count),
            ConversationStatus::Assigned | ConversationStatus::Closed => {}
        }
        let waits = standing.waiting_since.map(|since| (now - since).num_seconds().max(0));
        self.oldest_waiting_seconds = self.oldest_waiting_seconds.max(waits);
    }
}

impl Line for BacklogRow {
    const COLUMNS: &'static [&'static str] = &[
        "bucket", "team", "opened", "closed", "open_at_end", "queued", "pending_agent", "pending_customer", "open",
        "unassigned", "oldest_waiting_seconds",
    ];

    fn cells(&self) -> Vec<String> {
        let mut cells = vec![self.bucket.to_rfc3339(), ReportTeam::slug(self.team.as_ref())];
        cells.extend([self.flow.opened, self.flow.closed, self.flow.open_at_end].map(|count| count.to_string()));
        let now = &self.now;
        let figures =
            [now.queued, now.pending_agent, now.pending_customer, now.open, now.unassigned, now.oldest_waiting_seconds];
        cells.extend(figures.map(|count| count.map(|count| count.to_string()).unwrap_or_default()));
        cells
    }
}

/// How many conversations wait now, by team, and how many began and ended in the range.
#[utoipa::path(get, path = "/api/v1/reports/backlog", tag = "reports", operation_id = "report_backlog",
    params(ReportParams),
    responses((status = 200, description = "JSON, or CSV by `Accept: text/csv`.",
               body = Report<BacklogRow, BacklogTotal>),
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
    let mut flows: BTreeMap<(usize, Option<TeamId>), Flow> = BTreeMap::new();
    for quarter in pieces.opened(&mut tx, &asked).await? {
        flows.entry((asked.buckets.place(quarter.at), quarter.team_id)).or_default().opened += quarter.count;
    }
    for quarter in pieces.closed(&mut tx, &asked).await? {
        flows.entry((asked.buckets.place(quarter.at), quarter.team_id)).or_default().closed += quarter.count;
    }
    let mut open = pieces.open_before(&mut tx, &asked).await?;
    let mut standing: BTreeMap<Option<TeamId>, NowStanding> = BTreeMap::new();
    let mut total = BacklogTotal { now: NowStanding::nothing(), ..BacklogTotal::default() };
    for row in reports::standing(&mut tx, &asked.reach).await? {
        standing.entry(row.team_id).or_insert_with(NowStanding::nothing).add(&row, asked.now);
        total.now.add(&row, asked.now);
    }
    drop(tx);
    let directory = hub.directory();
    let mut teams: Vec<Option<TeamId>> =
        flows.keys().map(|(_, team)| *team).chain(open.keys().copied()).chain(standing.keys().copied()).collect();
    // A team without any conversation has a backlog of 0, and shows it.
    let is_asked = |id: &TeamId| asked.reach.teams.as_ref().is_none_or(|teams| teams.contains(id));
    teams
        .extend(directory.teams.values().filter(|team| team.is_active && is_asked(&team.id)).map(|team| Some(team.id)));
    teams.sort_unstable();
    teams.dedup();
    let mut rows = Vec::new();
    for (place, start) in asked.buckets.starts().iter().enumerate() {
        for team in &teams {
            let mut flow = flows.get(&(place, *team)).copied().unwrap_or_default();
            let open = open.entry(*team).or_default();
            *open += flow.opened - flow.closed;
            flow.open_at_end = *open;
            total.flow.opened += flow.opened;
            total.flow.closed += flow.closed;
            let now = match asked.size {
                None => standing.get(team).copied().unwrap_or_else(NowStanding::nothing),
                Some(_) => NowStanding::default(),
            };
            rows.push(BacklogRow { bucket: *start, team: ReportTeam::of(&directory, *team), flow, now });
        }
    }
    total.flow.open_at_end = open.values().sum();
    Ok(answer("backlog", asked, &headers, rows, total))
}
