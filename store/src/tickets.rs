//! Tickets, the steps they took, and the conversations they belong to.

use chrono::{DateTime, Utc};
use patchbay_core::actor::Scope;
use patchbay_core::ids::{AccountId, ActorId, AssetId, AuditId, ConversationId, SiteId, TicketId};
use patchbay_core::place::{PlaceStatus, SiteRelation, SlaTier, TicketRelation};
use patchbay_core::ticket::intake::Duplicate;
use patchbay_core::ticket::{Profile, Ticket, TicketPriority, TicketState, Transition, Urgency};
use serde_json::Value;
use uuid::Uuid;

use crate::batch::Batch;
use crate::error::StoreError;
use crate::record;
use crate::row::{Record, Row};
use crate::tx::Tx;

crate::stored_words!(Profile, TicketPriority, TicketState, Urgency, PlaceStatus, SiteRelation, SlaTier, TicketRelation,);

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
            summary: row.get("summary")?,
            description: row.get("description")?,
            customer_name: row.get("customer_name")?,
            contact_phone: row.get("contact_phone")?,
            contact_email: row.get("contact_email")?,
            requested_window: row.get("requested_window")?,
            requested_start: row.get("requested_start")?,
            requested_end: row.get("requested_end")?,
            nte_cents: row.get("nte_cents")?,
            currency: row.get("currency")?,
            identity_signature: row.get("identity_signature")?,
            identity_confidence: row.get("identity_confidence")?,
            classification_confidence: row.get("classification_confidence")?,
            sop_handoff_required: row.get("sop_handoff_required")?,
            sop_handoff_acknowledged: row.get("sop_handoff_acknowledged")?,
            sop_handoff_prompt: row.get("sop_handoff_prompt")?,
            review_required: row.get("review_required")?,
            review_reasons: words(row, "review_reasons")?,
            ranking_score: row.get("ranking_score")?,
            applied_rules: words(row, "applied_rules")?,
            scheduled_start: row.get("scheduled_start")?,
            scheduled_end: row.get("scheduled_end")?,
            assigned_tech_id: row.get("assigned_tech_id")?,
            assigned_provider_id: row.get("assigned_provider_id")?,
            escalation_level: row.get("escalation_level")?,
            billable: row.get("billable")?,
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
        "insert into tickets (id, code, account_id, site_id, asset_id, contact_id, profile, state, priority, urgency,
                category, incident_type, summary, description, customer_name, contact_phone, contact_email,
                requested_window, requested_start, requested_end, nte_cents, currency, identity_signature,
                identity_confidence, classification_confidence, sop_handoff_required, sop_handoff_acknowledged,
                sop_handoff_prompt, review_required, review_reasons, ranking_score, applied_rules, scheduled_start,
                scheduled_end, assigned_tech_id, assigned_provider_id, escalation_level, billable, source_system,
                source_message_id, version, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22,
                 $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40, $41, $42,
                 $43)",
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
    .bind(ticket.summary.as_str())
    .bind(ticket.description.as_deref())
    .bind(ticket.customer_name.as_deref())
    .bind(ticket.contact_phone.as_deref())
    .bind(ticket.contact_email.as_deref())
    .bind(ticket.requested_window.as_deref())
    .bind(ticket.requested_start)
    .bind(ticket.requested_end)
    .bind(ticket.nte_cents)
    .bind(ticket.currency.as_str())
    .bind(ticket.identity_signature.as_deref())
    .bind(ticket.identity_confidence)
    .bind(ticket.classification_confidence)
    .bind(ticket.sop_handoff_required)
    .bind(ticket.sop_handoff_acknowledged)
    .bind(ticket.sop_handoff_prompt.as_deref())
    .bind(ticket.review_required)
    .bind(Value::from(ticket.review_reasons.clone()))
    .bind(ticket.ranking_score)
    .bind(Value::from(ticket.applied_rules.clone()))
    .bind(ticket.scheduled_start)
    .bind(ticket.scheduled_end)
    .bind(ticket.assigned_tech_id)
    .bind(ticket.assigned_provider_id)
    .bind(ticket.escalation_level)
    .bind(ticket.billable)
    .bind(ticket.source_system.as_str())
    .bind(ticket.source_message_id.as_deref())
    .bind(ticket.version)
    .bind(ticket.created_at)
    .bind(ticket.updated_at)
    .execute()
    .await
    .map(drop)
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
                incident_type, summary, description, customer_name, contact_phone, contact_email, requested_window,
                requested_start, requested_end, nte_cents, currency, identity_signature, identity_confidence,
                classification_confidence, sop_handoff_required, sop_handoff_acknowledged, sop_handoff_prompt,
                review_required, review_reasons, ranking_score, applied_rules, scheduled_start, scheduled_end,
                assigned_tech_id, assigned_provider_id, escalation_level, billable, source_system, source_message_id,
                version, created_at, updated_at
         from tickets where id = $1",
    )
    .bind(id)
    .optional()
    .await
}

/// Which tickets a list shows.
#[derive(Clone, Debug)]
pub struct TicketFilter {
    /// Only of these accounts.
    pub accounts: Scope<AccountId>,
    /// Only at these sites.
    pub sites: Scope<SiteId>,
    /// Only in one of these states; all when empty.
    pub states: Vec<TicketState>,
    /// Only with this in their code or summary; lower case.
    pub text: Option<String>,
    /// Only recorded before this one.
    pub before: Option<TicketId>,
}

/// Tickets, newest first.
pub async fn page(tx: &mut Tx, filter: &TicketFilter, limit: i64) -> Result<Vec<Ticket>, StoreError> {
    // A pattern's own signs have no meaning in what people look for.
    let pattern = filter.text.as_ref().map(|text| format!("%{}%", text.replace(['%', '_', '\\'], "")));
    tx.query_for(
        "select id, code, account_id, site_id, asset_id, contact_id, profile, state, priority, urgency, category,
                incident_type, summary, description, customer_name, contact_phone, contact_email, requested_window,
                requested_start, requested_end, nte_cents, currency, identity_signature, identity_confidence,
                classification_confidence, sop_handoff_required, sop_handoff_acknowledged, sop_handoff_prompt,
                review_required, review_reasons, ranking_score, applied_rules, scheduled_start, scheduled_end,
                assigned_tech_id, assigned_provider_id, escalation_level, billable, source_system, source_message_id,
                version, created_at, updated_at
         from tickets
         where id < $1
           and ($2 or account_id in (select unhex(value ->> 0) from json_each($3)))
           and ($4 or site_id in (select unhex(value ->> 0) from json_each($5)))
           and ($6 or state in (select value ->> 0 from json_each($7)))
           and ($8 is null or lower(summary) like $8 or lower(code) like $8)
         order by id desc limit $9",
        "select id, code, account_id, site_id, asset_id, contact_id, profile, state, priority, urgency, category,
                incident_type, summary, description, customer_name, contact_phone, contact_email, requested_window,
                requested_start, requested_end, nte_cents, currency, identity_signature, identity_confidence,
                classification_confidence, sop_handoff_required, sop_handoff_acknowledged, sop_handoff_prompt,
                review_required, review_reasons, ranking_score, applied_rules, scheduled_start, scheduled_end,
                assigned_tech_id, assigned_provider_id, escalation_level, billable, source_system, source_message_id,
                version, created_at, updated_at
         from tickets
         where id < $1
           and ($2::boolean or account_id = any($3::uuid[]))
           and ($4::boolean or site_id = any($5::uuid[]))
           and ($6::boolean or state = any($7::text[]))
           and ($8::text is null or lower(summary) like $8 or lower(code) like $8)
         order by id desc limit $9",
    )
    .bind(filter.before.unwrap_or(TicketId(Uuid::max())))
    .bind(filter.accounts == Scope::All)
    .bind_batch(Batch::new().ids(listed(&filter.accounts)))
    .bind(filter.sites == Scope::All)
    .bind_batch(Batch::new().ids(listed(&filter.sites)))
    .bind(filter.states.is_empty())
    .bind_batch(Batch::new().texts(filter.states.iter().map(|state| state.as_str())))
    .bind(pattern)
    .bind(limit)
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
