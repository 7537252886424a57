//! The bodies of the dispatcher's queue.

use chrono::{DateTime, Utc};
use patchbay_core::actor::Actor;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{TicketView, TimelineEvent};
use crate::actions::ActionBody;

/// The dispatcher's queue.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Cockpit)]
pub(crate) struct CockpitBody {
    /// When it was made.
    pub generated_at: DateTime<Utc>,
    /// For whom.
    pub actor: ActorBody,
    /// What was asked for.
    pub filters_applied: FiltersBody,
    /// Up to 200 tickets, the most pressing first.
    pub queue: Vec<QueueItem>,
    /// The ticket that was asked for, in detail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selected_ticket: Option<Selected>,
}

/// Whoever reads.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ReadingActor)]
pub(crate) struct ActorBody {
    /// Subject of the token.
    pub actor_id: Uuid,
    /// As what.
    pub actor_role: &'static str,
    /// What kind of being.
    pub actor_type: &'static str,
    /// With which tool.
    pub tool_name: String,
}

impl ActorBody {
    /// `actor` with a tool.
    pub(crate) fn of(actor: &Actor, tool: &str) -> Self {
        Self {
            actor_id: actor.id.into(),
            actor_role: actor.role.as_str(),
            actor_type: actor.actor_type.as_str(),
            tool_name: tool.to_owned(),
        }
    }
}

/// The filters of a queue. An empty list does not filter; without states, tickets that are over are left out.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = CockpitFilters)]
pub(crate) struct FiltersBody {
    /// States.
    pub state: Vec<&'static str>,
    /// Priorities.
    pub priority: Vec<&'static str>,
    /// How they stand against their target.
    pub sla_status: Vec<&'static str>,
    /// Accounts.
    pub account_id: Vec<Uuid>,
    /// Sites.
    pub site_id: Vec<Uuid>,
    /// Technicians.
    pub assigned_tech_id: Vec<Uuid>,
    /// Incident types.
    pub incident_type: Vec<String>,
    /// The ticket in detail.
    pub ticket_id: Option<Uuid>,
}

/// A ticket in the queue.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct QueueItem {
    /// Its id.
    pub ticket_id: Uuid,
    /// Its name for people.
    pub code: String,
    /// Whose site.
    pub account_id: Uuid,
    /// Where it stands.
    pub state: &'static str,
    /// Where it stands for the dispatch desk.
    pub phase: &'static str,
    /// `EMERGENCY`, `URGENT` or `ROUTINE`.
    pub priority: &'static str,
    /// `LOW`, `MEDIUM`, `HIGH` or `CRITICAL`.
    pub urgency: &'static str,
    /// What the ranking rules say.
    pub ranking_score: i64,
    /// Kind of work.
    pub incident_type: Option<String>,
    /// One line.
    pub summary: String,
    /// Where.
    pub site: QueueSite,
    /// Technician who does it.
    pub assigned_tech: Option<Named>,
    /// Vendor who does it.
    pub assigned_provider: Option<Named>,
    /// Committed window, from.
    pub scheduled_start: Option<DateTime<Utc>>,
    /// Committed window, until.
    pub scheduled_end: Option<DateTime<Utc>>,
    /// When it changed last.
    pub last_update_at: DateTime<Utc>,
    /// When it moved last.
    pub last_transition_at: Option<DateTime<Utc>>,
    /// A person has to look before dispatch.
    pub review_required: bool,
    /// How often somebody was called in.
    pub escalation_level: i64,
    /// Place of the site's zone, 10 to 990; lower comes first, 500 without a zone.
    pub region_weight: i64,
    /// Minutes it has in all.
    pub sla_target_minutes: i64,
    /// When its time is up.
    pub sla_deadline_at: DateTime<Utc>,
    /// Whole minutes left; negative when its time is up.
    pub sla_timer_remaining_minutes: i64,
    /// The same as `[-]HH:MM`.
    pub sla_timer_remaining: String,
    /// `breach`, `warning` or `healthy`.
    pub sla_status: &'static str,
    /// Whom it waits for: `customer`, `provider` or `unknown`.
    pub sla_delay_attribution: &'static str,
    /// Grows by one with each command.
    pub version: i64,
    /// What may be done with it.
    pub actions: Vec<ActionBody>,
}

/// The place of a ticket in the queue.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct QueueSite {
    /// The site.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// Its city.
    pub city: String,
    /// Its state or province.
    pub region: Option<String>,
}

/// Somebody with a name.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Named {
    /// Who.
    pub id: Uuid,
    /// The name, if it is known.
    pub name: Option<String>,
}

/// A ticket in detail.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = SelectedTicket)]
pub(crate) struct Selected {
    /// The ticket.
    pub ticket: TicketView,
    /// What happened to it, oldest first: the latest 100.
    pub timeline: Vec<TimelineEvent>,
    /// How much evidence it has.
    pub evidence_summary: EvidenceSummary,
}

/// How much evidence a ticket has.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(crate) struct EvidenceSummary {
    /// Pieces in all.
    pub total_items: i64,
}
