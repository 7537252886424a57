//! What commands find that are carried out together: their tickets, locked, and who sees them.

use patchbay_core::event::Audience;
use patchbay_core::ids::{ConversationId, TicketId};
use patchbay_core::ticket::Ticket;

use super::Linked;
use crate::batch::Batch;
use crate::error::StoreError;
use crate::idempotency::RequestKey;
use crate::row::{Record, Row};
use crate::tx::Tx;

/// What a command finds.
#[derive(Clone, Debug)]
pub struct Scene {
    /// Which of those that were asked for, from 0.
    pub place: usize,
    /// Its ticket.
    pub ticket: Ticket,
    /// The conversation the ticket was linked to last, and who sees it.
    pub linked: Option<(ConversationId, Audience)>,
}

impl Record for Scene {
    fn read(row: &Row) -> Result<Self, StoreError> {
        let place: i64 = row.get("place")?;
        Ok(Self {
            place: usize::try_from(place - 1).unwrap_or_default(),
            ticket: Ticket::read(row)?,
            linked: Linked::read(row)?.told(),
        })
    }
}

/// The scenes of commands whose key is new, in no particular order; none for a ticket that is not there. The tickets stay
/// locked until the transaction ends; they are locked in the order of their ids, so that rounds do not wait for each other
/// in a circle. PostgreSQL only: SQLite, which needs no trip to a server, looks at them one by one.
pub async fn scenes(tx: &mut Tx, asked: &[(TicketId, &RequestKey)]) -> Result<Vec<Scene>, StoreError> {
    let batch = Batch::new()
        .ids(asked.iter().map(|(ticket, _)| *ticket))
        .ids(asked.iter().map(|(_, key)| key.actor_id))
        .texts(asked.iter().map(|(_, key)| key.endpoint.as_str()))
        .ids(asked.iter().map(|(_, key)| key.request_id));
    tx.query_postgres(
        "with asked as (
             select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[])
                           with ordinality as asked (ticket_id, actor_id, endpoint, request_id, place)
         ), locked as (
             select id, code, account_id, site_id, asset_id, contact_id, profile, state, priority, urgency, category,
                incident_type, template_version, risk_flags, summary, description, customer_name, contact_phone,
                contact_email, requested_window, requested_start, requested_end, nte_cents, estimate_cents, currency,
                identity_signature, identity_confidence, classification_confidence, sop_handoff_required,
                sop_handoff_acknowledged, sop_handoff_prompt, review_required, review_reasons, reviewed_by,
                ranking_score, applied_rules, scheduled_start, scheduled_end, assigned_tech_id, assigned_provider_id,
                accepted_at, hold_reason, held_from_state, delayed_until, escalation_level, escalated_at,
                intake_completed_at, billable, invoice_state, sla_minutes, sla_due_at, sla_paused_since, sla_paused_s,
                region_weight, source_system, source_message_id, version, created_at, updated_at
             from tickets where id = any($1::uuid[]) order by id for update
         )
         select asked.place, linked.*, locked.*
         from asked
         join locked on locked.id = asked.ticket_id
         left join lateral (
             select c.id as to_conversation, c.inbox_id, c.team_id, c.assigned_to, c.status = 'queued' as is_queued
             from ticket_links l join conversations c on c.id = l.conversation_id
             where l.ticket_id = asked.ticket_id order by l.created_at desc, c.id desc limit 1
         ) linked on true
         where not exists (
             select 1 from idempotency_keys used
             where used.actor_id = asked.actor_id and used.endpoint = asked.endpoint
               and used.request_id = asked.request_id)",
    )
    .bind_batch(batch)
    .all()
    .await
}
