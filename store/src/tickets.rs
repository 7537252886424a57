//! Tickets, the steps they took, and the conversations they belong to.

use chrono::{DateTime, Utc};
use patchbay_core::event::Audience;
use patchbay_core::ids::{AccountId, ActorId, AuditId, ConversationId, InboxId, SiteId, TeamId, TicketId, UserId};
use patchbay_core::place::{PlaceStatus, SiteRelation, SlaTier, TicketRelation};
use patchbay_core::ticket::intake::Duplicate;
use patchbay_core::ticket::words::{InvoiceState, WorkHoldReason};
use patchbay_core::ticket::{Profile, SlaClock, Ticket, TicketPriority, TicketState, Transition, Urgency};
use serde_json::Value;

use crate::error::StoreError;
use crate::record;
use crate::row::{Record, Row};
use crate::tx::Tx;

mod change;
mod list;
mod scenes;

pub use change::{update, update_all};
pub(crate) use list::listed;
pub use list::{Approvals, TicketFilter, of_assets, page};
pub use scenes::{Scene, scenes};

crate::stored_words!(
    InvoiceState, PlaceStatus, Profile, SiteRelation, SlaTier, TicketPriority, TicketRelation, TicketState, Urgency,
    WorkHoldReason,
);

impl Record for Ticket {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.get("id")?,
            code: row.get("code")?,
            account_id: row.get("account_id")?,
            site_id: row.get("site_id")?,
            asset_id: row.get("asset_id")?,
            contact_id: row.get("contact_id")?,
            profile: row.get("profile")?,
            state: row.get("state")?,
            priority: row.get("priority")?,
            urgency: row.get("urgency")?,
            category: row.get("category")?,
            incident_type: row.get("incident_type")?,
            template_version: row.get("template_version")?,
            risk_flags: words(row, "risk_flags")?,
            summary: row.get("summary")?,
            description: row.get("description")?,
            customer_name: row.get("customer_name")?,
            contact_phone: row.get("contact_phone")?,
            contact_email: row.get("contact_email")?,
            requested_window: row.get("requested_window")?,
            requested_start: row.get("requested_start")?,
            requested_end: row.get("requested_end")?,
            nte_cents: row.get("nte_cents")?,
            estimate_cents: row.get("estimate_cents")?,
            currency: row.get("currency")?,
            identity_signature: row.get("identity_signature")?,
            identity_confidence: row.get("identity_confidence")?,
            classification_confidence: row.get("classification_confidence")?,
            sop_handoff_required: row.get("sop_handoff_required")?,
            sop_handoff_acknowledged: row.get("sop_handoff_acknowledged")?,
            sop_handoff_prompt: row.get("sop_handoff_prompt")?,
            review_required: row.get("review_required")?,
            review_reasons: words(row, "review_reasons")?,
            reviewed_by: row.get("reviewed_by")?,
            ranking_score: row.get("ranking_score")?,
            applied_rules: words(row, "applied_rules")?,
            scheduled_start: row.get("scheduled_start")?,
            scheduled_end: row.get("scheduled_end")?,
            assigned_tech_id: row.get("assigned_tech_id")?,
            assigned_provider_id: row.get("assigned_provider_id")?,
            accepted_at: row.get("accepted_at")?,
            hold_reason: row.get("hold_reason")?,
            held_from_state: row.get("held_from_state")?,
            delayed_until: row.get("delayed_until")?,
            escalation_level: row.get("escalation_level")?,
            escalated_at: row.get("escalated_at")?,
            intake_completed_at: row.get("intake_completed_at")?,
            billable: row.get("billable")?,
            invoice_state: row.get("invoice_state")?,
            sla: SlaClock {
                template_minutes: row.get("sla_minutes")?,
                due_at: row.get("sla_due_at")?,
                paused_since: row.get("sla_paused_since")?,
                paused_seconds: row.get("sla_paused_s")?,
            },
            region_weight: row.get("region_weight")?,
            source_system: row.get("source_system")?,
            source_message_id: row.get("source_message_id")?,
            version: row.get("version")?,
            created_at: row.get("created_at")?,
            updated_at: row.get("updated_at")?,
        })
    }
}

/// A list of words, stored as a JSON array.
fn words(row: &Row, column: &str) -> Result<Vec<String>, StoreError> {
    serde_json::from_value(row.get::<Value>(column)?)
        .map_err(|error| StoreError::Decode { column: column.into(), source: error.into() })
}

/// Records a ticket. Error: [`StoreError::Duplicate`] when its source message is a ticket already.
pub async fn insert(tx: &mut Tx, ticket: &Ticket) -> Result<(), StoreError> {
    tx.query(
        "insert into tickets (id, code, account_id, site_id, asset_id, contact_id, profile, state, priority, urgency, category,
                incident_type, template_version, risk_flags, summary, description, customer_name, contact_phone,
                contact_email, requested_window, requested_start, requested_end, nte_cents, estimate_cents, currency,
                identity_signature, identity_confidence, classification_confidence, sop_handoff_required,
                sop_handoff_acknowledged, sop_handoff_prompt, review_required, review_reasons, reviewed_by,
                ranking_score, applied_rules, scheduled_start, scheduled_end, assigned_tech_id, assigned_provider_id,
                accepted_at, hold_reason, held_from_state, delayed_until, escalation_level, escalated_at,
                intake_completed_at, billable, invoice_state, sla_minutes, sla_due_at, sla_paused_since, sla_paused_s,
                region_weight, queue_minute, queue_rank, source_system, source_message_id, version, created_at,
                updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21,
                 $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40,
                 $41, $42, $43, $44, $45, $46, $47, $48, $49, $50, $51, $52, $53, $54, $55, $56, $57, $58, $59, $60,
                 $61)",
    )
    .bind(ticket.id)
    .bind(ticket.code.as_str())
    .bind(ticket.account_id)
    .bind(ticket.site_id)
    .bind(ticket.asset_id)
    .bind(ticket.contact_id)
    .bind(ticket.profile)
    .bind(ticket.state)
    .bind(ticket.priority)
    .bind(ticket.urgency)
    .bind(ticket.category.as_deref())
    .bind(ticket.incident_type.as_deref())
    .bind(ticket.template_version)
    .bind(Value::from(ticket.risk_flags.clone()))
    .bind(ticket.summary.as_str())
    .bind(ticket.description.as_deref())
    .bind(ticket.customer_name.as_deref())
    .bind(ticket.contact_phone.as_deref())
    .bind(ticket.contact_email.as_deref())
    .bind(ticket.requested_window.as_deref())
    .bind(ticket.requested_start)
    .bind(ticket.requested_end)
    .bind(ticket.nte_cents)
    .bind(ticket.estimate_cents)
    .bind(ticket.currency.as_str())
    .bind(ticket.identity_signature.as_deref())
    .bind(ticket.identity_confidence)
    .bind(ticket.classification_confidence)
    .bind(ticket.sop_handoff_required)
    .bind(ticket.sop_handoff_acknowledged)
    .bind(ticket.sop_handoff_prompt.as_deref())
    .bind(ticket.review_required)
    .bind(Value::from(ticket.review_reasons.clone()))
    .bind(ticket.reviewed_by)
    .bind(ticket.ranking_score)
    .bind(Value::from(ticket.applied_rules.clone()))
    .bind(ticket.scheduled_start)
    .bind(ticket.scheduled_end)
    .bind(ticket.assigned_tech_id)
    .bind(ticket.assigned_provider_id)
    .bind(ticket.accepted_at)
    .bind(ticket.hold_reason)
    .bind(ticket.held_from_state)
    .bind(ticket.delayed_until)
    .bind(ticket.escalation_level)
    .bind(ticket.escalated_at)
    .bind(ticket.intake_completed_at)
    .bind(ticket.billable)
    .bind(ticket.invoice_state)
    .bind(ticket.sla.template_minutes)
    .bind(ticket.sla.due_at)
    .bind(ticket.sla.paused_since)
    .bind(ticket.sla.paused_seconds)
    .bind(ticket.region_weight)
    .bind(ticket.queue_minute())
    .bind(ticket.priority.rank())
    .bind(ticket.source_system.as_str())
    .bind(ticket.source_message_id.as_deref())
    .bind(ticket.version)
    .bind(ticket.created_at)
    .bind(ticket.updated_at)
    .execute()
    .await
    .map(drop)
}

/// One ticket, kept from others until the transaction ends.
pub async fn lock(tx: &mut Tx, id: TicketId) -> Result<Option<Ticket>, StoreError> {
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
         from tickets where id = $1",
        "select id, code, account_id, site_id, asset_id, contact_id, profile, state, priority, urgency, category,
                incident_type, template_version, risk_flags, summary, description, customer_name, contact_phone,
                contact_email, requested_window, requested_start, requested_end, nte_cents, estimate_cents, currency,
                identity_signature, identity_confidence, classification_confidence, sop_handoff_required,
                sop_handoff_acknowledged, sop_handoff_prompt, review_required, review_reasons, reviewed_by,
                ranking_score, applied_rules, scheduled_start, scheduled_end, assigned_tech_id, assigned_provider_id,
                accepted_at, hold_reason, held_from_state, delayed_until, escalation_level, escalated_at,
                intake_completed_at, billable, invoice_state, sla_minutes, sla_due_at, sla_paused_since, sla_paused_s,
                region_weight, source_system, source_message_id, version, created_at, updated_at
         from tickets where id = $1 for update",
    )
    .bind(id)
    .optional()
    .await
}

/// Records a step of a ticket, after the ones it took before.
pub async fn append_transition(
    tx: &mut Tx,
    ticket: TicketId,
    step: Transition,
    command: &str,
    audit: AuditId,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    tx.query(
        "insert into ticket_state_transitions (ticket_id, seq, from_state, to_state, command, audit_event_id, created_at)
         select $1, coalesce(max(seq), 0) + 1, $2, $3, $4, $5, $6 from ticket_state_transitions where ticket_id = $1",
    )
    .bind(ticket)
    .bind(step.from)
    .bind(step.to)
    .bind(command)
    .bind(audit)
    .bind(now)
    .execute()
    .await
    .map(drop)
}

record! {
    /// A step a ticket took.
    #[derive(Clone, Debug)]
    pub struct TransitionRow {
        /// Its place among the ticket's steps, from 1.
        pub seq: i64,
        /// From where; `None` before the ticket existed.
        pub from_state: Option<TicketState>,
        /// To where.
        pub to_state: TicketState,
        /// The command that took it.
        pub command: String,
        /// The audit entry of that command.
        pub audit_event_id: AuditId,
        /// When.
        pub created_at: DateTime<Utc>,
    }
}

/// The steps a ticket took, in order.
pub async fn transitions(tx: &mut Tx, ticket: TicketId) -> Result<Vec<TransitionRow>, StoreError> {
    tx.query(
        "select seq, from_state, to_state, command, audit_event_id, created_at
         from ticket_state_transitions where ticket_id = $1 order by seq",
    )
    .bind(ticket)
    .all()
    .await
}

/// One ticket.
pub async fn by_id(tx: &mut Tx, id: TicketId) -> Result<Option<Ticket>, StoreError> {
    tx.query(
        "select id, code, account_id, site_id, asset_id, contact_id, profile, state, priority, urgency, category,
                incident_type, template_version, risk_flags, summary, description, customer_name, contact_phone,
                contact_email, requested_window, requested_start, requested_end, nte_cents, estimate_cents, currency,
                identity_signature, identity_confidence, classification_confidence, sop_handoff_required,
                sop_handoff_acknowledged, sop_handoff_prompt, review_required, review_reasons, reviewed_by,
                ranking_score, applied_rules, scheduled_start, scheduled_end, assigned_tech_id, assigned_provider_id,
                accepted_at, hold_reason, held_from_state, delayed_until, escalation_level, escalated_at,
                intake_completed_at, billable, invoice_state, sla_minutes, sla_due_at, sla_paused_since, sla_paused_s,
                region_weight, source_system, source_message_id, version, created_at, updated_at
         from tickets where id = $1",
    )
    .bind(id)
    .optional()
    .await
}

record! {
    struct Recorded {
        id: TicketId,
        state: TicketState,
        created_at: DateTime<Utc>,
    }
}

impl From<Recorded> for Duplicate {
    fn from(row: Recorded) -> Self {
        Self { ticket_id: row.id, state: row.state, created_at: row.created_at }
    }
}

/// The newest open ticket of a site that is the same request, recorded since `since`. Lock the site first
/// ([`crate::sites::lock`]), so that two of them do not miss each other.
pub async fn open_with_signature(
    tx: &mut Tx,
    account: AccountId,
    site: SiteId,
    signature: &str,
    since: DateTime<Utc>,
) -> Result<Option<Duplicate>, StoreError> {
    let row = tx
        .query(
            "select id, state, created_at from tickets
             where account_id = $1 and site_id = $2 and identity_signature = $3 and created_at >= $4
               and state not in ('CLOSED', 'CANCELLED')
             order by created_at desc, id desc limit 1",
        )
        .bind(account)
        .bind(site)
        .bind(signature)
        .bind(since)
        .optional::<Recorded>()
        .await?;
    Ok(row.map(Into::into))
}

/// The ticket that was made from a message of another system.
pub async fn by_source(tx: &mut Tx, system: &str, message_id: &str) -> Result<Option<Ticket>, StoreError> {
    let id = tx
        .query("select id from tickets where source_system = $1 and source_message_id = $2")
        .bind(system)
        .bind(message_id)
        .column::<TicketId>()
        .await?;
    match id.first() {
        Some(id) => by_id(tx, *id).await,
        None => Ok(None),
    }
}

/// Says what a conversation is to a ticket. `false` when they were linked already.
pub async fn link(
    tx: &mut Tx,
    conversation: ConversationId,
    ticket: TicketId,
    relation: TicketRelation,
    by: ActorId,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let rows = tx
        .query(
            "insert into ticket_links (conversation_id, ticket_id, relation, created_by, created_at)
             values ($1, $2, $3, $4, $5)
             on conflict (conversation_id, ticket_id) do nothing",
        )
        .bind(conversation)
        .bind(ticket)
        .bind(relation)
        .bind(by)
        .bind(now)
        .execute()
        .await?;
    Ok(rows == 1)
}

record! {
    struct Linked {
        to_conversation: Option<ConversationId>,
        inbox_id: Option<InboxId>,
        team_id: Option<TeamId>,
        assigned_to: Option<UserId>,
        is_queued: Option<bool>,
    }
}

impl Linked {
    fn told(self) -> Option<(ConversationId, Audience)> {
        let audience = Audience {
            inbox_id: self.inbox_id,
            team_id: self.team_id,
            assigned_to: self.assigned_to,
            is_queued: self.is_queued.unwrap_or_default(),
            ..Audience::default()
        };
        self.to_conversation.map(|conversation| (conversation, audience))
    }
}

/// The conversation a ticket was linked to last, and who sees it.
pub async fn audience(tx: &mut Tx, ticket: TicketId) -> Result<Option<(ConversationId, Audience)>, StoreError> {
    let linked = tx
        .query(
            "select c.id as to_conversation, c.inbox_id, c.team_id, c.assigned_to, c.status = 'queued' as is_queued
             from ticket_links l join conversations c on c.id = l.conversation_id
             where l.ticket_id = $1 order by l.created_at desc, c.id desc limit 1",
        )
        .bind(ticket)
        .optional::<Linked>()
        .await?;
    Ok(linked.and_then(Linked::told))
}
