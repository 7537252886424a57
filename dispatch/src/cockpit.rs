//! The dispatcher's queue: which tickets come first, and what may be done with each. Source: domain, cockpit.

use std::cmp::Reverse;
use std::collections::HashMap;

use chrono::{DateTime, Utc};
use patchbay_core::Ctx;
use patchbay_core::actor::Scope;
use patchbay_core::ids::{AccountId, SiteId, TechnicianId, TicketId, ZoneId};
use patchbay_core::ticket::policy::{self, Facts, Performer};
use patchbay_core::ticket::sla::{SlaStatus, WARNING_MINUTES, hours_and_minutes, status};
use patchbay_core::ticket::{Command, Ticket, TicketPriority, TicketState};
use patchbay_store::cockpit::{self, Lane, QueueFilter, QueueKey, QueueRow};
use patchbay_store::{StoreError, Tx};

use crate::actions::Desk;
use crate::body::cockpit::{
    ActorBody, CockpitBody, EvidenceSummary, FiltersBody, Named, QueueItem, QueueSite, Selected,
};
use crate::error::CommandError;
use crate::guard;
use crate::pipeline::Dispatch;
use crate::query::Parameters;
use crate::{read, timeline};

/// Most rows of the queue.
const MOST_ROWS: usize = 200;
/// The index knows the minute of a deadline, the answer the minutes that are left: at the end of the list two
/// neighbors may change places. So many more keys than rows are looked at.
const MOST_KEYS: i64 = 300;

/// How many of its latest events the ticket in detail shows.
const LATEST_EVENTS: i64 = 100;

/// Keeps the queue true after a zone changed its weight. Part of the change of the zone; the tickets themselves do not
/// change.
pub async fn zone_changed(tx: &mut Tx, zone: ZoneId) -> Result<(), StoreError> {
    cockpit::reweigh_zone(tx, zone).await.map(drop)
}

/// Keeps the queue true after a site moved into another zone.
pub async fn site_changed(tx: &mut Tx, site: SiteId) -> Result<(), StoreError> {
    cockpit::reweigh_site(tx, site).await.map(drop)
}

/// What the query asks for.
#[derive(Debug)]
pub(crate) struct CockpitQuery {
    states: Vec<TicketState>,
    priorities: Vec<TicketPriority>,
    statuses: Vec<SlaStatus>,
    accounts: Vec<AccountId>,
    sites: Vec<SiteId>,
    technicians: Vec<TechnicianId>,
    incident_types: Vec<String>,
    selected: Option<TicketId>,
}

impl CockpitQuery {
    /// Error: 400 `INVALID_QUERY`.
    pub(crate) fn read(mut given: Parameters) -> Result<Self, CommandError> {
        let query = Self {
            states: given.words("state", TicketState::WORDS)?,
            priorities: given.words("priority", TicketPriority::WORDS)?,
            statuses: given.words("sla_status", SlaStatus::WORDS)?,
            accounts: given.ids("account_id")?,
            sites: given.ids("site_id")?,
            technicians: given.ids("assigned_tech_id")?,
            incident_types: given.texts("incident_type")?.iter().map(|text| text.to_uppercase()).collect(),
            selected: given.id("ticket_id")?,
        };
        given.finish()?;
        Ok(query)
    }

    fn filter(&self, ctx: &Ctx) -> QueueFilter {
        QueueFilter {
            accounts: within(&ctx.actor.accounts, &self.accounts),
            sites: within(&ctx.actor.sites, &self.sites),
            states: self.states.clone(),
            priorities: self.priorities.clone(),
            technicians: self.technicians.clone(),
            incident_types: self.incident_types.clone(),
        }
    }

    /// The parts of the queue that have tickets in these states. Over ones only on request.
    fn lanes(&self) -> Vec<Lane> {
        let mut lanes = Vec::new();
        if self.states.is_empty() || self.states.iter().any(|state| !state.is_terminal()) {
            lanes.push(Lane::Running);
        }
        if self.states.is_empty() || self.states.contains(&TicketState::OnHold) {
            lanes.push(Lane::Paused);
        }
        if self.states.iter().any(|state| state.is_terminal()) {
            lanes.push(Lane::Over);
        }
        lanes
    }

    /// The ranges of a lane's order that can hold what is asked for; neighbors share their border minute.
    fn ranges(&self, lane: Lane, now: DateTime<Utc>) -> Vec<(i64, i64)> {
        if self.statuses.is_empty() {
            return vec![(i64::MIN, i64::MAX)];
        }
        let zero = if lane == Lane::Paused { 0 } else { now.timestamp().div_euclid(60) };
        let warned = zero + WARNING_MINUTES + 1;
        self.statuses
            .iter()
            .map(|status| match status {
                SlaStatus::Breach => (i64::MIN, zero),
                SlaStatus::Warning => (zero, warned),
                SlaStatus::Healthy => (warned - 1, i64::MAX),
            })
            .collect()
    }

    fn wants(&self, minutes: i64) -> bool {
        self.statuses.is_empty() || self.statuses.contains(&status(minutes))
    }
}

/// The ids a caller asks for, as far as it may touch them; all it may touch when it asks for none.
pub(crate) fn within<Id: Ord + Copy>(scope: &Scope<Id>, asked: &[Id]) -> Scope<Id> {
    if asked.is_empty() {
        scope.clone()
    } else {
        Scope::Only(asked.iter().copied().filter(|id| scope.allows(id)).collect())
    }
}

/// Orders keys as the queue is ordered: fewest minutes left, then priority, score, region, last change, id. A ticket in
/// breach has fewer minutes left than one that is warned of, and that one fewer than a healthy one.
fn place(key: &QueueKey, now: DateTime<Utc>) -> (i64, i64, Reverse<i64>, i64, Reverse<DateTime<Utc>>, TicketId) {
    (
        minutes_left(key, now),
        key.queue_rank,
        Reverse(key.ranking_score),
        key.region_weight,
        Reverse(key.updated_at),
        key.id,
    )
}

fn minutes_left(key: &QueueKey, now: DateTime<Utc>) -> i64 {
    (key.sla_due_at - key.sla_paused_since.map_or(now, |since| since.min(now))).num_seconds().div_euclid(60)
}

impl Dispatch {
    /// The queue, and one ticket in detail. Errors: 403 `FORBIDDEN`, 400 `INVALID_QUERY`; for the one ticket 404
    /// `TICKET_NOT_FOUND`, 403 `FORBIDDEN_SCOPE`.
    pub(crate) async fn cockpit(
        &self,
        ctx: &Ctx,
        given: Parameters,
        tool: Option<&str>,
    ) -> Result<CockpitBody, CommandError> {
        let row = Command::Cockpit.row();
        policy::authorize(&ctx.actor, row, tool)?;
        let query = CockpitQuery::read(given)?;
        let mut tx = self.db.read().await?;
        let selected = match query.selected {
            None => None,
            Some(id) => Some(selected(&mut tx, ctx, id, tool).await?),
        };
        let queue = queue(&mut tx, ctx, &query).await?;
        Ok(CockpitBody {
            generated_at: ctx.now,
            actor: ActorBody::of(&ctx.actor, tool.unwrap_or(row.tool)),
            filters_applied: FiltersBody {
                state: query.states.iter().map(|state| state.as_str()).collect(),
                priority: query.priorities.iter().map(|priority| priority.as_str()).collect(),
                sla_status: query.statuses.iter().map(|status| status.as_str()).collect(),
                account_id: query.accounts.iter().map(|id| id.0).collect(),
                site_id: query.sites.iter().map(|id| id.0).collect(),
                assigned_tech_id: query.technicians.iter().map(|id| id.0).collect(),
                incident_type: query.incident_types,
                ticket_id: query.selected.map(|id| id.0),
            },
            queue,
            selected_ticket: selected,
        })
    }
}

async fn selected(tx: &mut Tx, ctx: &Ctx, id: TicketId, tool: Option<&str>) -> Result<Selected, CommandError> {
    let ticket = read::visible(tx, ctx, Command::Cockpit.row(), id, tool).await?;
    let total_items = cockpit::count_evidence(tx, id).await?;
    Ok(Selected {
        timeline: timeline::latest(tx, id, LATEST_EVENTS).await?,
        ticket: read::view(tx, &ticket).await?,
        evidence_summary: EvidenceSummary { total_items },
    })
}

async fn queue(tx: &mut Tx, ctx: &Ctx, query: &CockpitQuery) -> Result<Vec<QueueItem>, CommandError> {
    let filter = query.filter(ctx);
    let mut keys = Vec::new();
    for lane in query.lanes() {
        for minutes in query.ranges(lane, ctx.now) {
            keys.extend(cockpit::keys(tx, lane, &filter, minutes, MOST_KEYS).await?);
        }
    }
    keys.retain(|key| query.wants(minutes_left(key, ctx.now)));
    keys.sort_by_key(|key| place(key, ctx.now));
    keys.dedup_by_key(|key| key.id);
    keys.truncate(MOST_ROWS);
    let ids: Vec<TicketId> = keys.iter().map(|key| key.id).collect();
    let mut rows: HashMap<TicketId, QueueRow> =
        cockpit::rows(tx, &ids).await?.into_iter().map(|row| (row.ticket.id, row)).collect();
    let mut desk = Desk::of(&ctx.actor);
    Ok(ids.iter().filter_map(|id| rows.remove(id)).map(|row| item(&row, ctx, &mut desk)).collect())
}

fn item(row: &QueueRow, ctx: &Ctx, desk: &mut Desk<'_>) -> QueueItem {
    let ticket = &row.ticket;
    let standing = ticket.sla_standing(ctx.now);
    let facts = Facts {
        account_id: ticket.account_id,
        site_id: ticket.site_id,
        state: Some(ticket.state),
        // No reader of the cockpit owns work.
        performer: Performer::Nobody,
    };
    let known = guard::Known::from(row);
    let actions = desk.actions(ticket.id, &facts, |command| guard::of(command, ticket, &known, &ctx.actor, ctx.now));
    let Ticket { id, state, priority, urgency, .. } = *ticket;
    QueueItem {
        ticket_id: id.into(),
        code: ticket.code.clone(),
        account_id: ticket.account_id.into(),
        state: state.as_str(),
        phase: ticket.projections().phase.as_str(),
        priority: priority.as_str(),
        urgency: urgency.as_str(),
        ranking_score: ticket.ranking_score,
        incident_type: ticket.incident_type.clone(),
        summary: ticket.summary.clone(),
        site: QueueSite {
            id: ticket.site_id.into(),
            name: row.site_name.clone(),
            city: row.site_city.clone(),
            region: row.site_region.clone(),
        },
        assigned_tech: ticket.assigned_tech_id.map(|id| Named { id: id.into(), name: row.technician_name.clone() }),
        assigned_provider: ticket.assigned_provider_id.map(|id| Named { id: id.into(), name: row.vendor_name.clone() }),
        scheduled_start: ticket.scheduled_start,
        scheduled_end: ticket.scheduled_end,
        last_update_at: ticket.updated_at,
        last_transition_at: row.last_transition_at,
        review_required: ticket.review_required,
        escalation_level: ticket.escalation_level,
        region_weight: ticket.region_weight,
        sla_target_minutes: standing.target_minutes,
        sla_deadline_at: standing.deadline_at,
        sla_timer_remaining_minutes: standing.remaining_minutes,
        sla_timer_remaining: hours_and_minutes(standing.remaining_minutes),
        sla_status: standing.status.as_str(),
        sla_delay_attribution: standing.attribution.as_str(),
        version: ticket.version,
        actions,
    }
}
