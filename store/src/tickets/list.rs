//! Lists of tickets.

use chrono::{DateTime, Utc};
use patchbay_core::actor::Scope;
use patchbay_core::ids::{AccountId, AssetId, SiteId, TechnicianId, TicketId};
use patchbay_core::ticket::{Ticket, TicketPriority, TicketState};
use uuid::Uuid;

use crate::batch::Batch;
use crate::error::StoreError;
use crate::tickets::by_id;
use crate::tx::Tx;

/// Which tickets a list shows.
#[derive(Clone, Debug)]
pub struct TicketFilter {
    /// Only of these accounts.
    pub accounts: Scope<AccountId>,
    /// Only at these sites.
    pub sites: Scope<SiteId>,
    /// Whether the state does not matter.
    pub is_any_state: bool,
    /// Only in one of these states.
    pub states: Vec<TicketState>,
    /// Which of those that wait for an approval beside them.
    pub approvals: Approvals,
    /// Only of one of these priorities; all when empty.
    pub priorities: Vec<TicketPriority>,
    /// Only of one of these technicians; all when empty.
    pub technicians: Vec<TechnicianId>,
    /// Only of one of these incident types, upper case; all when empty.
    pub incident_types: Vec<String>,
    /// Only what changed then or later.
    pub updated_since: Option<DateTime<Utc>>,
    /// Only what is assigned to one of these technicians or vendors, or to nobody.
    pub of_performer: Option<Vec<Uuid>>,
    /// Only with this in their code or summary; lower case.
    pub text: Option<String>,
    /// Only recorded before this one.
    pub before: Option<TicketId>,
}

/// Which tickets in `APPROVAL_REQUIRED` a list shows: the older vocabularies tell those of triage, which nobody works on,
/// from those that came up during the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Approvals {
    /// None.
    None,
    /// Those nobody is assigned to.
    BeforeWork,
    /// Those somebody is assigned to.
    DuringWork,
    /// All.
    All,
}

impl Approvals {
    /// These and `others`.
    #[must_use]
    pub fn and(self, others: Self) -> Self {
        match (self, others) {
            (Self::None, one) | (one, Self::None) => one,
            (one, other) if one == other => one,
            _ => Self::All,
        }
    }
}

/// Tickets, newest first.
pub async fn page(tx: &mut Tx, filter: &TicketFilter, limit: i64) -> Result<Vec<Ticket>, StoreError> {
    // A pattern's own signs have no meaning in what people look for.
    let pattern = filter.text.as_ref().map(|text| format!("%{}%", text.replace(['%', '_', '\\'], "")));
    tx.query_for(
        "select id, code, account_id, site_id, asset_id, contact_id, profile, state, priority, urgency, category,
                incident_type, template_version, risk_flags, summary, description, customer_name, contact_phone,
                contact_email, requested_window, requested_start, requested_end, nte_cents, estimate_cents, currency,
                identity_signature, identity_confidence, classification_confidence, sop_handoff_required,
                sop_handoff_acknowledged, sop_handoff_prompt, review_required, review_reasons, reviewed_by,
                ranking_score, applied_rules, scheduled_start, scheduled_end, assigned_tech_id, assigned_provider_id,
                accepted_at, hold_reason, held_from_state, delayed_until, escalation_level, escalated_at,
                intake_completed_at, billable, invoice_state, sla_minutes, sla_due_at, sla_paused_since, sla_paused_s,
                region_weight, source_system, source_message_id, version, created_at, updated_at
         from tickets
         where id < $1
           and ($2 or account_id in (select unhex(value ->> 0) from json_each($3)))
           and ($4 or site_id in (select unhex(value ->> 0) from json_each($5)))
           and ($6 or state in (select value ->> 0 from json_each($7))
                or (state = 'APPROVAL_REQUIRED'
                    and (($10 and assigned_tech_id is null and assigned_provider_id is null)
                         or ($11 and (assigned_tech_id is not null or assigned_provider_id is not null)))))
           and ($8 is null or lower(summary) like $8 or lower(code) like $8)
           and ($12 or priority in (select value ->> 0 from json_each($13)))
           and ($14 or assigned_tech_id in (select unhex(value ->> 0) from json_each($15)))
           and ($16 or incident_type in (select value ->> 0 from json_each($17)))
           and ($18 is null or updated_at >= $18)
           and ($19 or (assigned_tech_id is null and assigned_provider_id is null)
                or assigned_tech_id in (select unhex(value ->> 0) from json_each($20))
                or assigned_provider_id in (select unhex(value ->> 0) from json_each($20)))
         order by id desc limit $9",
        "select id, code, account_id, site_id, asset_id, contact_id, profile, state, priority, urgency, category,
                incident_type, template_version, risk_flags, summary, description, customer_name, contact_phone,
                contact_email, requested_window, requested_start, requested_end, nte_cents, estimate_cents, currency,
                identity_signature, identity_confidence, classification_confidence, sop_handoff_required,
                sop_handoff_acknowledged, sop_handoff_prompt, review_required, review_reasons, reviewed_by,
                ranking_score, applied_rules, scheduled_start, scheduled_end, assigned_tech_id, assigned_provider_id,
                accepted_at, hold_reason, held_from_state, delayed_until, escalation_level, escalated_at,
                intake_completed_at, billable, invoice_state, sla_minutes, sla_due_at, sla_paused_since, sla_paused_s,
                region_weight, source_system, source_message_id, version, created_at, updated_at
         from tickets
         where id < $1
           and ($2::boolean or account_id = any($3::uuid[]))
           and ($4::boolean or site_id = any($5::uuid[]))
           and ($6::boolean or state = any($7::text[])
                or (state = 'APPROVAL_REQUIRED'
                    and (($10::boolean and assigned_tech_id is null and assigned_provider_id is null)
                         or ($11::boolean and (assigned_tech_id is not null or assigned_provider_id is not null)))))
           and ($8::text is null or lower(summary) like $8 or lower(code) like $8)
           and ($12::boolean or priority = any($13::text[]))
           and ($14::boolean or assigned_tech_id = any($15::uuid[]))
           and ($16::boolean or incident_type = any($17::text[]))
           and ($18::timestamptz is null or updated_at >= $18)
           and ($19::boolean or (assigned_tech_id is null and assigned_provider_id is null)
                or assigned_tech_id = any($20::uuid[]) or assigned_provider_id = any($20::uuid[]))
         order by id desc limit $9",
    )
    .bind(filter.before.unwrap_or(TicketId(Uuid::max())))
    .bind(filter.accounts == Scope::All)
    .bind_batch(Batch::new().ids(listed(&filter.accounts)))
    .bind(filter.sites == Scope::All)
    .bind_batch(Batch::new().ids(listed(&filter.sites)))
    .bind(filter.is_any_state)
    .bind_batch(Batch::new().texts(filter.states.iter().map(|state| state.as_str())))
    .bind(pattern)
    .bind(limit)
    .bind(matches!(filter.approvals, Approvals::BeforeWork | Approvals::All))
    .bind(matches!(filter.approvals, Approvals::DuringWork | Approvals::All))
    .bind(filter.priorities.is_empty())
    .bind_batch(Batch::new().texts(filter.priorities.iter().map(|priority| priority.as_str())))
    .bind(filter.technicians.is_empty())
    .bind_batch(Batch::new().ids(filter.technicians.iter().copied()))
    .bind(filter.incident_types.is_empty())
    .bind_batch(Batch::new().texts(filter.incident_types.iter().map(String::as_str)))
    .bind(filter.updated_since)
    .bind(filter.of_performer.is_none())
    .bind_batch(Batch::new().ids(filter.of_performer.iter().flatten().copied()))
    .all()
    .await
}

/// Tickets about these assets within a scope, newest first.
pub async fn of_assets(
    tx: &mut Tx,
    of: &[AssetId],
    accounts: &Scope<AccountId>,
    sites: &Scope<SiteId>,
    limit: i64,
) -> Result<Vec<Ticket>, StoreError> {
    let ids: Vec<TicketId> = tx
        .query_for(
            "select id from tickets
             where asset_id in (select unhex(value ->> 0) from json_each($1))
               and ($2 or account_id in (select unhex(value ->> 0) from json_each($3)))
               and ($4 or site_id in (select unhex(value ->> 0) from json_each($5)))
             order by id desc limit $6",
            "select id from tickets
             where asset_id = any($1::uuid[])
               and ($2::boolean or account_id = any($3::uuid[]))
               and ($4::boolean or site_id = any($5::uuid[]))
             order by id desc limit $6",
        )
        .bind_batch(Batch::new().ids(of.iter().copied()))
        .bind(*accounts == Scope::All)
        .bind_batch(Batch::new().ids(listed(accounts)))
        .bind(*sites == Scope::All)
        .bind_batch(Batch::new().ids(listed(sites)))
        .bind(limit)
        .column()
        .await?;
    let mut tickets = Vec::with_capacity(ids.len());
    for id in ids {
        tickets.extend(by_id(tx, id).await?);
    }
    Ok(tickets)
}

/// The ids a scope lists; none when it allows all.
pub(crate) fn listed<Id: Ord + Copy>(scope: &Scope<Id>) -> Vec<Id> {
    match scope {
        Scope::All => Vec::new(),
        Scope::Only(ids) => ids.iter().copied().collect(),
    }
}
