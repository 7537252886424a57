//! Service levels of conversations: policies, the clocks that follow them, and the timers that tell when time is up.
//! Source: domain, ticket SLA (conversation part).

mod clocks;
mod policies;
mod timers;

use patchbay_http::{OpenApiRouter, routes};
use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::TimeDelta;
use patchbay_core::Ctx;
use patchbay_core::calendar::Calendar;
use patchbay_core::directory::Team;
use patchbay_core::ids::{JobId, TeamId};
use patchbay_core::job::{JobKind, JobQueue, NewJob};
use patchbay_core::sla::{SlaPolicies, SlaPolicy};
use patchbay_store::sla_policies::SlaPolicyRow;
use patchbay_store::{StoreError, Tx, jobs};
use serde_json::{Value, json};

pub(crate) use clocks::{begin, follow, raise, set_timers};
pub use timers::{recompute_some, ring};

use crate::directory::calendar_of;
use crate::state::Hub;

/// When deadlines are set anew a second time: by then every node knows the change.
const SETTLED_AFTER: TimeDelta = TimeDelta::seconds(15);

/// The endpoints under `/api/v1/sla-policies`.
pub fn router() -> OpenApiRouter<Hub> {
    OpenApiRouter::new().routes(routes!(policies::list, policies::create)).routes(routes!(
        policies::read,
        policies::change,
        policies::deactivate
    ))
}

/// Policies as conversations are held against them.
pub(crate) fn policies_of(rows: &[SlaPolicyRow], teams: &BTreeMap<TeamId, Team>) -> SlaPolicies {
    let policies =
        rows.iter().map(|row| ((row.team_id, row.priority), Arc::new(policy_of(row, teams.get(&row.team_id)))));
    SlaPolicies { by_team: policies.collect() }
}

fn policy_of(row: &SlaPolicyRow, team: Option<&Team>) -> SlaPolicy {
    let span = |seconds: Option<i64>| seconds.and_then(TimeDelta::try_seconds);
    SlaPolicy {
        id: row.id,
        version: row.version,
        first_response: span(row.frt_s),
        resolution: span(row.resolution_s),
        escalation: span(row.escalation_s),
        warning: span(row.warning_s),
        calendar: row.calendar.as_ref().and_then(|calendar| counted_in(calendar, team)),
    }
}

/// The calendar of a policy: the team's own, or one it brings. `None`: time always counts.
fn counted_in(calendar: &Value, team: Option<&Team>) -> Option<Arc<Calendar>> {
    if calendar.as_str() == Some("team") {
        return team.and_then(|team| team.calendar.clone());
    }
    let timezone = calendar.get("timezone").and_then(Value::as_str)?;
    calendar_of(timezone, &calendar["hours"], &calendar["holidays"]).map(Arc::new)
}

/// Promises to set the deadlines of a team's conversations anew: now, and once more when every node knows the change.
pub(crate) async fn recompute(tx: &mut Tx, ctx: &Ctx, team: TeamId) -> Result<(), StoreError> {
    let job = |wait: TimeDelta| NewJob {
        id: JobId::new(),
        queue: JobQueue::Default,
        kind: JobKind::SlaRecompute,
        lane: Some(format!("sla_recompute:{team}")),
        dedupe_key: None,
        payload: json!({ "team_id": team, "after": null }),
        run_at: ctx.now + wait,
        max_attempts: 10,
    };
    jobs::enqueue_all(tx, ctx, &[job(TimeDelta::zero()), job(SETTLED_AFTER)]).await
}
