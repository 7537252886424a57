//! Changing tickets.

use patchbay_core::ticket::words::WorkHoldReason;
use patchbay_core::ticket::{Ticket, TicketState};
use serde_json::Value;

use crate::batch::Batch;
use crate::error::StoreError;
use crate::tx::Tx;

/// Changes a ticket that stands at the version before `ticket.version`. Error: [`StoreError::Conflict`] when it does
/// not.
pub async fn update(tx: &mut Tx, ticket: &Ticket) -> Result<(), StoreError> {
    update_all(tx, &[ticket]).await
}

/// Changes tickets, each of which stands at the version before its new one. Error: [`StoreError::Conflict`] when one does
/// not.
pub async fn update_all(tx: &mut Tx, tickets: &[&Ticket]) -> Result<(), StoreError> {
    let all = || tickets.iter();
    let words = |list: &[String]| Value::from(list.to_vec()).to_string();
    let batch = Batch::new()
        .ids(all().map(|ticket| ticket.id))
        .integers(all().map(|ticket| ticket.version - 1))
        .optional_ids(all().map(|ticket| ticket.asset_id))
        .optional_ids(all().map(|ticket| ticket.contact_id))
        .texts(all().map(|ticket| ticket.state.as_str()))
        .texts(all().map(|ticket| ticket.priority.as_str()))
        .texts(all().map(|ticket| ticket.urgency.as_str()))
        .optional_texts(all().map(|ticket| ticket.category.as_deref()))
        .optional_texts(all().map(|ticket| ticket.incident_type.as_deref()))
        .optional_integers(all().map(|ticket| ticket.template_version))
        .texts(all().map(|ticket| words(&ticket.risk_flags)))
        .optional_texts(all().map(|ticket| ticket.description.as_deref()))
        .integers(all().map(|ticket| ticket.nte_cents))
        .optional_integers(all().map(|ticket| ticket.estimate_cents))
        .optional_integers(all().map(|ticket| ticket.identity_confidence))
        .optional_integers(all().map(|ticket| ticket.classification_confidence))
        .booleans(all().map(|ticket| ticket.sop_handoff_required))
        .booleans(all().map(|ticket| ticket.sop_handoff_acknowledged))
        .optional_texts(all().map(|ticket| ticket.sop_handoff_prompt.as_deref()))
        .booleans(all().map(|ticket| ticket.review_required))
        .texts(all().map(|ticket| words(&ticket.review_reasons)))
        .optional_ids(all().map(|ticket| ticket.reviewed_by))
        .integers(all().map(|ticket| ticket.ranking_score))
        .texts(all().map(|ticket| words(&ticket.applied_rules)))
        .optional_times(all().map(|ticket| ticket.scheduled_start))
        .optional_times(all().map(|ticket| ticket.scheduled_end))
        .optional_ids(all().map(|ticket| ticket.assigned_tech_id))
        .optional_ids(all().map(|ticket| ticket.assigned_provider_id))
        .optional_times(all().map(|ticket| ticket.accepted_at))
        .optional_texts(all().map(|ticket| ticket.hold_reason.map(WorkHoldReason::as_str)))
        .optional_texts(all().map(|ticket| ticket.held_from_state.map(TicketState::as_str)))
        .optional_times(all().map(|ticket| ticket.delayed_until))
        .integers(all().map(|ticket| ticket.escalation_level))
        .optional_times(all().map(|ticket| ticket.escalated_at))
        .optional_times(all().map(|ticket| ticket.intake_completed_at))
        .booleans(all().map(|ticket| ticket.billable))
        .texts(all().map(|ticket| ticket.invoice_state.as_str()))
        .optional_integers(all().map(|ticket| ticket.sla.template_minutes))
        .times(all().map(|ticket| ticket.sla.due_at))
        .optional_times(all().map(|ticket| ticket.sla.paused_since))
        .integers(all().map(|ticket| ticket.sla.paused_seconds))
        .integers(all().map(|ticket| ticket.queue_minute()))
        .integers(all().map(|ticket| ticket.priority.rank()))
        .integers(all().map(|ticket| ticket.version))
        .times(all().map(|ticket| ticket.updated_at));
    let rows = tx
        .query_for(
            "update tickets
             set asset_id = $3, contact_id = $4, state = $5, priority = $6, urgency = $7, category = $8, incident_type =
                 $9, template_version = $10, risk_flags = $11, description = $12, nte_cents = $13, estimate_cents =
                 $14, identity_confidence = $15, classification_confidence = $16, sop_handoff_required = $17,
                 sop_handoff_acknowledged = $18, sop_handoff_prompt = $19, review_required = $20, review_reasons =
                 $21, reviewed_by = $22, ranking_score = $23, applied_rules = $24, scheduled_start = $25,
                 scheduled_end = $26, assigned_tech_id = $27, assigned_provider_id = $28, accepted_at = $29,
                 hold_reason = $30, held_from_state = $31, delayed_until = $32, escalation_level = $33, escalated_at =
                 $34, intake_completed_at = $35, billable = $36, invoice_state = $37, sla_minutes = $38, sla_due_at =
                 $39, sla_paused_since = $40, sla_paused_s = $41, queue_minute = $42, queue_rank = $43, version = $44,
                 updated_at = $45
             where id = $1 and version = $2",
            "update tickets
             set asset_id = new.asset_id, contact_id = new.contact_id, state = new.state, priority = new.priority, urgency
                 = new.urgency, category = new.category, incident_type = new.incident_type, template_version =
                 new.template_version, risk_flags = new.risk_flags, description = new.description, nte_cents =
                 new.nte_cents, estimate_cents = new.estimate_cents, identity_confidence = new.identity_confidence,
                 classification_confidence = new.classification_confidence, sop_handoff_required =
                 new.sop_handoff_required, sop_handoff_acknowledged = new.sop_handoff_acknowledged, sop_handoff_prompt
                 = new.sop_handoff_prompt, review_required = new.review_required, review_reasons = new.review_reasons,
                 reviewed_by = new.reviewed_by, ranking_score = new.ranking_score, applied_rules = new.applied_rules,
                 scheduled_start = new.scheduled_start, scheduled_end = new.scheduled_end, assigned_tech_id =
                 new.assigned_tech_id, assigned_provider_id = new.assigned_provider_id, accepted_at = new.accepted_at,
                 hold_reason = new.hold_reason, held_from_state = new.held_from_state, delayed_until =
                 new.delayed_until, escalation_level = new.escalation_level, escalated_at = new.escalated_at,
                 intake_completed_at = new.intake_completed_at, billable = new.billable, invoice_state =
                 new.invoice_state, sla_minutes = new.sla_minutes, sla_due_at = new.sla_due_at, sla_paused_since =
                 new.sla_paused_since, sla_paused_s = new.sla_paused_s, queue_minute = new.queue_minute, queue_rank =
                 new.queue_rank, version = new.version, updated_at = new.updated_at
             from unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[],
                  $9::text[], $10::bigint[], $11::text[], $12::text[], $13::bigint[], $14::bigint[], $15::bigint[],
                  $16::bigint[], $17::boolean[], $18::boolean[], $19::text[], $20::boolean[], $21::text[],
                  $22::uuid[], $23::bigint[], $24::text[], $25::timestamptz[], $26::timestamptz[], $27::uuid[],
                  $28::uuid[], $29::timestamptz[], $30::text[], $31::text[], $32::timestamptz[], $33::bigint[],
                  $34::timestamptz[], $35::timestamptz[], $36::boolean[], $37::text[], $38::bigint[],
                  $39::timestamptz[], $40::timestamptz[], $41::bigint[], $42::bigint[], $43::bigint[], $44::bigint[],
                  $45::timestamptz[])
                  as new (id, before, asset_id, contact_id, state, priority, urgency, category, incident_type,
                  template_version, risk_flags, description, nte_cents, estimate_cents, identity_confidence,
                  classification_confidence, sop_handoff_required, sop_handoff_acknowledged, sop_handoff_prompt,
                  review_required, review_reasons, reviewed_by, ranking_score, applied_rules, scheduled_start,
                  scheduled_end, assigned_tech_id, assigned_provider_id, accepted_at, hold_reason, held_from_state,
                  delayed_until, escalation_level, escalated_at, intake_completed_at, billable, invoice_state,
                  sla_minutes, sla_due_at, sla_paused_since, sla_paused_s, queue_minute, queue_rank, version,
                  updated_at)
             where tickets.id = new.id and tickets.version = new.before",
        )
        .bind_each(batch)
        .execute()
        .await?;
    if usize::try_from(rows) == Ok(tickets.len()) { Ok(()) } else { Err(StoreError::Conflict) }
}
