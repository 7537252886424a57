//! The dispatcher's queue: which tickets come first, and what is shown of them. Two steps, so that only the few that are
//! shown are read in full: the keys come from an index in the queue's order.

use chrono::{DateTime, Utc};
use patchbay_core::actor::Scope;
use patchbay_core::ids::{AccountId, ActorId, SiteId, TechnicianId, TicketId, ZoneId};
use patchbay_core::role::Role;
use patchbay_core::ticket::words::ApprovalOrigin;
use patchbay_core::ticket::{Ticket, TicketPriority, TicketState};

use crate::batch::Batch;
use crate::error::StoreError;
use crate::record;
use crate::row::{Record, Row};
use crate::tickets::listed;
use crate::tx::Tx;

/// A part of the queue with an order of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// Tickets whose clock runs.
    Running,
    /// Tickets whose clock stands still.
    Paused,
    /// Tickets that are over.
    Over,
}

/// Which tickets the queue shows. Empty lists do not filter.
#[derive(Clone, Debug)]
pub struct QueueFilter {
    /// Only of these accounts.
    pub accounts: Scope<AccountId>,
    /// Only at these sites.
    pub sites: Scope<SiteId>,
    /// Only in one of these states.
    pub states: Vec<TicketState>,
    /// Only of one of these priorities.
    pub priorities: Vec<TicketPriority>,
    /// Only of one of these technicians.
    pub technicians: Vec<TechnicianId>,
    /// Only of one of these incident types, upper case.
    pub incident_types: Vec<String>,
}

record! {
    /// What a ticket's place in the queue depends on.
    #[derive(Clone, Debug)]
    pub struct QueueKey {
        /// The ticket.
        pub id: TicketId,
        /// When its time is up, if its clock does not stand still.
        pub sla_due_at: DateTime<Utc>,
        /// Since when it stands still.
        pub sla_paused_since: Option<DateTime<Utc>>,
        /// Of its priority.
        pub queue_rank: i64,
        /// Of the ranking rules.
        pub ranking_score: i64,
        /// Of its site's zone.
        pub region_weight: i64,
        /// When it changed last.
        pub updated_at: DateTime<Utc>,
    }
}

/// The first tickets of a lane whose `queue_minute` is within `minutes`, both ends included.
pub async fn keys(
    tx: &mut Tx,
    lane: Lane,
    filter: &QueueFilter,
    minutes: (i64, i64),
    limit: i64,
) -> Result<Vec<QueueKey>, StoreError> {
    let statement = match lane {
        Lane::Running => tx.query_for(
            "select id, sla_due_at, sla_paused_since, queue_rank, ranking_score, region_weight, updated_at
         from tickets
         where sla_paused_since is null and state not in ('CLOSED', 'CANCELLED')
           and queue_minute between $1 and $2
           and ($3 or account_id in (select unhex(value ->> 0) from json_each($4)))
           and ($5 or site_id in (select unhex(value ->> 0) from json_each($6)))
           and ($7 or state in (select value ->> 0 from json_each($8)))
           and ($9 or priority in (select value ->> 0 from json_each($10)))
           and ($11 or assigned_tech_id in (select unhex(value ->> 0) from json_each($12)))
           and ($13 or incident_type in (select value ->> 0 from json_each($14)))
         order by queue_minute, queue_rank, ranking_score desc, region_weight, updated_at desc, id limit $15",
            "select id, sla_due_at, sla_paused_since, queue_rank, ranking_score, region_weight, updated_at
         from tickets
         where sla_paused_since is null and state not in ('CLOSED', 'CANCELLED')
           and queue_minute between $1 and $2
           and ($3::boolean or account_id = any($4::uuid[]))
           and ($5::boolean or site_id = any($6::uuid[]))
           and ($7::boolean or state = any($8::text[]))
           and ($9::boolean or priority = any($10::text[]))
           and ($11::boolean or assigned_tech_id = any($12::uuid[]))
           and ($13::boolean or incident_type = any($14::text[]))
         order by queue_minute, queue_rank, ranking_score desc, region_weight, updated_at desc, id limit $15",
        ),
        Lane::Paused => tx.query_for(
            "select id, sla_due_at, sla_paused_since, queue_rank, ranking_score, region_weight, updated_at
         from tickets
         where sla_paused_since is not null and state not in ('CLOSED', 'CANCELLED')
           and queue_minute between $1 and $2
           and ($3 or account_id in (select unhex(value ->> 0) from json_each($4)))
           and ($5 or site_id in (select unhex(value ->> 0) from json_each($6)))
           and ($7 or state in (select value ->> 0 from json_each($8)))
           and ($9 or priority in (select value ->> 0 from json_each($10)))
           and ($11 or assigned_tech_id in (select unhex(value ->> 0) from json_each($12)))
           and ($13 or incident_type in (select value ->> 0 from json_each($14)))
         order by queue_minute, queue_rank, ranking_score desc, region_weight, updated_at desc, id limit $15",
            "select id, sla_due_at, sla_paused_since, queue_rank, ranking_score, region_weight, updated_at
         from tickets
         where sla_paused_since is not null and state not in ('CLOSED', 'CANCELLED')
           and queue_minute between $1 and $2
           and ($3::boolean or account_id = any($4::uuid[]))
           and ($5::boolean or site_id = any($6::uuid[]))
           and ($7::boolean or state = any($8::text[]))
           and ($9::boolean or priority = any($10::text[]))
           and ($11::boolean or assigned_tech_id = any($12::uuid[]))
           and ($13::boolean or incident_type = any($14::text[]))
         order by queue_minute, queue_rank, ranking_score desc, region_weight, updated_at desc, id limit $15",
        ),
        Lane::Over => tx.query_for(
            "select id, sla_due_at, sla_paused_since, queue_rank, ranking_score, region_weight, updated_at
         from tickets
         where state in ('CLOSED', 'CANCELLED')
           and queue_minute between $1 and $2
           and ($3 or account_id in (select unhex(value ->> 0) from json_each($4)))
           and ($5 or site_id in (select unhex(value ->> 0) from json_each($6)))
           and ($7 or state in (select value ->> 0 from json_each($8)))
           and ($9 or priority in (select value ->> 0 from json_each($10)))
           and ($11 or assigned_tech_id in (select unhex(value ->> 0) from json_each($12)))
           and ($13 or incident_type in (select value ->> 0 from json_each($14)))
         order by queue_minute, queue_rank, ranking_score desc, region_weight, updated_at desc, id limit $15",
            "select id, sla_due_at, sla_paused_since, queue_rank, ranking_score, region_weight, updated_at
         from tickets
         where state in ('CLOSED', 'CANCELLED')
           and queue_minute between $1 and $2
           and ($3::boolean or account_id = any($4::uuid[]))
           and ($5::boolean or site_id = any($6::uuid[]))
           and ($7::boolean or state = any($8::text[]))
           and ($9::boolean or priority = any($10::text[]))
           and ($11::boolean or assigned_tech_id = any($12::uuid[]))
           and ($13::boolean or incident_type = any($14::text[]))
         order by queue_minute, queue_rank, ranking_score desc, region_weight, updated_at desc, id limit $15",
        ),
    };
    statement
        .bind(minutes.0)
        .bind(minutes.1)
        .bind(filter.accounts == Scope::All)
        .bind_batch(Batch::new().ids(listed(&filter.accounts)))
        .bind(filter.sites == Scope::All)
        .bind_batch(Batch::new().ids(listed(&filter.sites)))
        .bind(filter.states.is_empty())
        .bind_batch(Batch::new().texts(filter.states.iter().map(|state| state.as_str())))
        .bind(filter.priorities.is_empty())
        .bind_batch(Batch::new().texts(filter.priorities.iter().map(|priority| priority.as_str())))
        .bind(filter.technicians.is_empty())
        .bind_batch(Batch::new().ids(filter.technicians.iter().copied()))
        .bind(filter.incident_types.is_empty())
        .bind_batch(Batch::new().texts(filter.incident_types.iter().map(String::as_str)))
        .bind(limit)
        .all()
        .await
}

/// A ticket as the queue shows it.
#[derive(Clone, Debug)]
pub struct QueueRow {
    /// The ticket.
    pub ticket: Ticket,
    /// Name of its site.
    pub site_name: String,
    /// City of its site.
    pub site_city: String,
    /// State or province of its site.
    pub site_region: Option<String>,
    /// Name of its technician.
    pub technician_name: Option<String>,
    /// Name of its vendor.
    pub vendor_name: Option<String>,
    /// Who asked for the approval it waits for.
    pub approval_by: Option<ActorId>,
    /// As what.
    pub approval_by_role: Option<Role>,
    /// Where that approval was asked for.
    pub approval_origin: Option<ApprovalOrigin>,
    /// Until when the customer may confirm its frozen schedule.
    pub hold_until: Option<DateTime<Utc>>,
    /// When it last moved.
    pub last_transition_at: Option<DateTime<Utc>>,
}

impl Record for QueueRow {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            ticket: Ticket::read(row)?,
            site_name: row.get("site_name")?,
            site_city: row.get("site_city")?,
            site_region: row.get("site_region")?,
            technician_name: row.get("technician_name")?,
            vendor_name: row.get("vendor_name")?,
            approval_by: row.get("approval_by")?,
            approval_by_role: row.get("approval_by_role")?,
            approval_origin: row.get("approval_origin")?,
            hold_until: row.get("hold_until")?,
            last_transition_at: row.get("last_transition_at")?,
        })
    }
}

/// These tickets as the queue shows them, in no order.
pub async fn rows(tx: &mut Tx, tickets: &[TicketId]) -> Result<Vec<QueueRow>, StoreError> {
    tx.query_for(
        "select t.id, t.code, t.account_id, t.site_id, t.asset_id, t.contact_id, t.profile, t.state, t.priority,
                t.urgency, t.category, t.incident_type, t.template_version, t.risk_flags, t.summary,
                t.description, t.customer_name, t.contact_phone, t.contact_email, t.requested_window,
                t.requested_start, t.requested_end, t.nte_cents, t.estimate_cents, t.currency,
                t.identity_signature, t.identity_confidence, t.classification_confidence,
                t.sop_handoff_required, t.sop_handoff_acknowledged, t.sop_handoff_prompt,
                t.review_required, t.review_reasons, t.reviewed_by, t.ranking_score, t.applied_rules,
                t.scheduled_start, t.scheduled_end, t.assigned_tech_id, t.assigned_provider_id,
                t.accepted_at, t.hold_reason, t.held_from_state, t.delayed_until, t.escalation_level,
                t.escalated_at, t.intake_completed_at, t.billable, t.invoice_state, t.sla_minutes,
                t.sla_due_at, t.sla_paused_since, t.sla_paused_s, t.region_weight, t.source_system,
                t.source_message_id, t.version, t.created_at, t.updated_at,
                s.name as site_name, s.city as site_city, s.region as site_region, w.name as technician_name,
                v.name as vendor_name, p.requested_by as approval_by, p.requested_by_role as approval_by_role,
                p.origin as approval_origin, h.confirm_until as hold_until,
                (select x.created_at from ticket_state_transitions x where x.ticket_id = t.id
                 order by x.seq desc limit 1) as last_transition_at
         from json_each($1) as batch cross join tickets t on t.id = unhex(batch.value ->> 0)
         join sites s on s.id = t.site_id
         left join technicians w on w.id = t.assigned_tech_id
         left join vendors v on v.id = t.assigned_provider_id
         left join approvals p on p.ticket_id = t.id and p.status = 'PENDING'
         left join schedule_holds h on h.ticket_id = t.id and h.status = 'ACTIVE'",
        "select t.id, t.code, t.account_id, t.site_id, t.asset_id, t.contact_id, t.profile, t.state, t.priority,
                t.urgency, t.category, t.incident_type, t.template_version, t.risk_flags, t.summary,
                t.description, t.customer_name, t.contact_phone, t.contact_email, t.requested_window,
                t.requested_start, t.requested_end, t.nte_cents, t.estimate_cents, t.currency,
                t.identity_signature, t.identity_confidence, t.classification_confidence,
                t.sop_handoff_required, t.sop_handoff_acknowledged, t.sop_handoff_prompt,
                t.review_required, t.review_reasons, t.reviewed_by, t.ranking_score, t.applied_rules,
                t.scheduled_start, t.scheduled_end, t.assigned_tech_id, t.assigned_provider_id,
                t.accepted_at, t.hold_reason, t.held_from_state, t.delayed_until, t.escalation_level,
                t.escalated_at, t.intake_completed_at, t.billable, t.invoice_state, t.sla_minutes,
                t.sla_due_at, t.sla_paused_since, t.sla_paused_s, t.region_weight, t.source_system,
                t.source_message_id, t.version, t.created_at, t.updated_at,
                s.name as site_name, s.city as site_city, s.region as site_region, w.name as technician_name,
                v.name as vendor_name, p.requested_by as approval_by, p.requested_by_role as approval_by_role,
                p.origin as approval_origin, h.confirm_until as hold_until,
                (select x.created_at from ticket_state_transitions x where x.ticket_id = t.id
                 order by x.seq desc limit 1) as last_transition_at
         from unnest($1::uuid[]) as batch (id) join tickets t on t.id = batch.id
         join sites s on s.id = t.site_id
         left join technicians w on w.id = t.assigned_tech_id
         left join vendors v on v.id = t.assigned_provider_id
         left join approvals p on p.ticket_id = t.id and p.status = 'PENDING'
         left join schedule_holds h on h.ticket_id = t.id and h.status = 'ACTIVE'",
    )
    .bind_batch(Batch::new().ids(tickets.iter().copied()))
    .all()
    .await
}

/// How many pieces of evidence a ticket has.
pub async fn count_evidence(tx: &mut Tx, ticket: TicketId) -> Result<i64, StoreError> {
    tx.query("select count(*) from evidence_items where ticket_id = $1").bind(ticket).scalar().await
}

/// Gives the open tickets of a zone's sites the zone's weight anew.
pub async fn reweigh_zone(tx: &mut Tx, zone: ZoneId) -> Result<u64, StoreError> {
    tx.query(
        "update tickets set region_weight = coalesce((select region_weight from zones where id = $1), 500)
         where state not in ('CLOSED', 'CANCELLED') and site_id in (select id from sites where zone_id = $1)",
    )
    .bind(zone)
    .execute()
    .await
}

/// Gives the open tickets of a site the weight of its zone anew.
pub async fn reweigh_site(tx: &mut Tx, site: SiteId) -> Result<u64, StoreError> {
    tx.query(
        "update tickets set region_weight = coalesce(
                (select z.region_weight from sites s join zones z on z.id = s.zone_id where s.id = $1), 500)
         where state not in ('CLOSED', 'CANCELLED') and site_id = $1",
    )
    .bind(site)
    .execute()
    .await
}
