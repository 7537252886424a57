//! How much agents have to do.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use chrono::{DateTime, Utc};
use patchbay_core::directory::{Directory, User};
use patchbay_core::ids::{TeamId, UserId};
use patchbay_http::{Caller, Params};
use patchbay_store::reports;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::answer::{Line, Report, answer, number, share};
use super::asked::{Asked, ReportParams};
use super::source::Pieces;
use crate::error::HubError;
use crate::sheet;
use crate::state::Hub;

/// An agent in one bucket. What stands as of now is null in buckets, which are about the past.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct UtilisationRow {
    /// When the bucket begins.
    bucket: DateTime<Utc>,
    /// Who.
    agent: ReportAgent,
    /// Whether the agent has an open page.
    online: Option<bool>,
    #[serde(flatten)]
    load: Load,
}

/// An agent, in a report.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct ReportAgent {
    /// Our id.
    id: Uuid,
    /// Name to show.
    name: String,
}

/// How much there is to do.
#[derive(Clone, Copy, Debug, Default, Serialize, ToSchema)]
pub(super) struct Load {
    /// Open conversations that the agent has.
    active: Option<i64>,
    /// In how many of them the customer waits for the agent.
    waiting: Option<i64>,
    /// How many the agent can have at once.
    capacity: Option<i64>,
    /// `active` divided by `capacity`.
    utilisation: Option<f64>,
    /// Conversations that the agent closed.
    closed: i64,
}

impl Line for UtilisationRow {
    const COLUMNS: &'static [&'static str] =
        &["bucket", "agent_id", "agent", "online", "active", "waiting", "capacity", "utilisation", "closed"];

    fn cells(&self) -> Vec<String> {
        let count = |count: Option<i64>| count.map(|count| count.to_string()).unwrap_or_default();
        vec![
            self.bucket.to_rfc3339(),
            self.agent.id.to_string(),
            sheet::harmless(&self.agent.name),
            self.online.map(|online| online.to_string()).unwrap_or_default(),
            count(self.load.active),
            count(self.load.waiting),
            count(self.load.capacity),
            number(self.load.utilisation),
            self.load.closed.to_string(),
        ]
    }
}

/// How many open conversations each agent has of those the agent can have at once, and how many were closed in the range.
#[utoipa::path(get, path = "/api/v1/reports/utilisation", tag = "reports", operation_id = "report_utilisation",
    params(ReportParams),
    responses((status = 200, description = "JSON, or CSV by `Accept: text/csv`.", body = Report<UtilisationRow, Load>),
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
    let mut closed: BTreeMap<(usize, UserId), i64> = BTreeMap::new();
    for quarter in pieces.closed_by_agent(&mut tx, &asked).await? {
        *closed.entry((asked.buckets.place(quarter.at), quarter.user_id)).or_default() += quarter.count;
    }
    let active: BTreeMap<UserId, (i64, i64)> = reports::active_by_agent(&mut tx, &asked.reach)
        .await?
        .into_iter()
        .map(|row| (row.user_id, (row.active, row.waiting)))
        .collect();
    drop(tx);
    let directory = hub.directory();
    let agents = agents(&directory, asked.reach.teams.as_deref(), &active, &closed);
    let mut total = Load::default();
    let mut rows = Vec::new();
    for (place, start) in asked.buckets.starts().iter().enumerate() {
        for user in &agents {
            let done = closed.get(&(place, user.id)).copied().unwrap_or(0);
            total.closed += done;
            let row = UtilisationRow {
                bucket: *start,
                agent: ReportAgent { id: user.id.into(), name: user.full_name.clone() },
                online: None,
                load: Load { closed: done, ..Load::default() },
            };
            match asked.size {
                Some(_) if done == 0 => {}
                Some(_) => rows.push(row),
                None => {
                    let (active, waiting) = active.get(&user.id).copied().unwrap_or_default();
                    let capacity = user.capacity;
                    let load = Load {
                        active: Some(active),
                        waiting: Some(waiting),
                        capacity: Some(capacity),
                        utilisation: share(active, capacity),
                        closed: done,
                    };
                    rows.push(UtilisationRow { online: Some(directory.online.contains(user.id)), load, ..row });
                }
            }
        }
    }
    let sum = |of: fn(&Load) -> Option<i64>| rows.iter().filter_map(|row| of(&row.load)).sum::<i64>();
    if asked.size.is_none() {
        let (active, capacity) = (sum(|load| load.active), sum(|load| load.capacity));
        total.active = Some(active);
        total.waiting = Some(sum(|load| load.waiting));
        total.capacity = Some(capacity);
        total.utilisation = share(active, capacity);
    }
    Ok(answer("utilisation", asked, &headers, rows, total))
}

/// Those who work conversations of these teams, and whoever has or closed one all the same, by name.
fn agents<'d>(
    directory: &'d Directory,
    teams: Option<&[TeamId]>,
    active: &BTreeMap<UserId, (i64, i64)>,
    closed: &BTreeMap<(usize, UserId), i64>,
) -> Vec<&'d User> {
    let belongs = |user: &User| match teams {
        None => user.role.works_conversations() && !user.teams.is_empty(),
        Some(teams) => user.role.works_conversations() && teams.iter().any(|team| user.teams.contains(team)),
    };
    let mut agents: Vec<&User> = directory
        .users
        .values()
        .filter(|user| {
            (user.is_active && belongs(user))
                || active.contains_key(&user.id)
                || closed.keys().any(|(_, closer)| *closer == user.id)
        })
        .collect();
    agents.sort_by(|one, other| (&one.full_name, one.id).cmp(&(&other.full_name, other.id)));
    agents
}
