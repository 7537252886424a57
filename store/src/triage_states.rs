//! Where the triage of conversations stands.

use chrono::{DateTime, Utc};
use patchbay_core::ids::{ConversationId, ZoneId};
use serde_json::Value;

use crate::batch::Batch;
use crate::error::StoreError;
use crate::record;
use crate::tx::Tx;

record! {
    /// Where the triage of a conversation stands, and what was decided.
    #[derive(Clone, Debug)]
    pub struct TriageRow {
        /// The conversation.
        pub conversation_id: ConversationId,
        /// Where the flow stands.
        pub state: Value,
        /// What a rule made of it before the last question.
        pub plan: Option<Value>,
        /// What was decided in the end.
        pub decision: Option<Value>,
        /// What whoever takes it must be able to do.
        pub required_skills: Vec<String>,
        /// Until when an answer is awaited.
        pub deadline_at: Option<DateTime<Utc>>,
    }
}

record! {
    /// What a conversation asks of whoever takes it.
    #[derive(Clone, Debug)]
    pub struct SkillsNeeded {
        /// The conversation.
        pub conversation_id: ConversationId,
        /// The skills.
        pub required_skills: Vec<String>,
    }
}

/// Where a conversation stands. `None`: nothing was asked.
pub async fn of(tx: &mut Tx, conversation: ConversationId) -> Result<Option<TriageRow>, StoreError> {
    tx.query(
        "select conversation_id, state, plan, decision, required_skills, deadline_at
         from triage_states where conversation_id = $1",
    )
    .bind(conversation)
    .optional()
    .await
}

/// Writes it.
pub async fn put(tx: &mut Tx, row: &TriageRow, now: DateTime<Utc>) -> Result<(), StoreError> {
    tx.query(
        "insert into triage_states (conversation_id, state, plan, decision, required_skills, deadline_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (conversation_id) do update
         set state = excluded.state, plan = excluded.plan, decision = excluded.decision,
             required_skills = excluded.required_skills, deadline_at = excluded.deadline_at,
             updated_at = excluded.updated_at",
    )
    .bind(row.conversation_id)
    .bind(row.state.clone())
    .bind(row.plan.clone())
    .bind(row.decision.clone())
    .bind(row.required_skills.clone())
    .bind(row.deadline_at)
    .bind(now)
    .execute()
    .await
    .map(drop)
}

/// What these conversations ask of whoever takes them; those that ask for nothing are left out.
pub async fn skills_needed(tx: &mut Tx, conversations: &[ConversationId]) -> Result<Vec<SkillsNeeded>, StoreError> {
    if conversations.is_empty() {
        return Ok(Vec::new());
    }
    tx.query_for(
        "select conversation_id, required_skills from triage_states
         where required_skills <> '[]' and conversation_id in (select unhex(value ->> 0) from json_each($1))",
        "select conversation_id, required_skills from triage_states
         where required_skills <> '[]' and conversation_id = any($1::uuid[])",
    )
    .bind_batch(Batch::new().ids(conversations.iter().copied()))
    .all()
    .await
}

/// Conversations whose answer was awaited until `now`, the longest first.
pub async fn overdue(tx: &mut Tx, now: DateTime<Utc>, limit: i64) -> Result<Vec<ConversationId>, StoreError> {
    tx.query(
        "select conversation_id from triage_states
         where deadline_at is not null and deadline_at <= $1 order by deadline_at limit $2",
    )
    .bind(now)
    .bind(limit)
    .column()
    .await
}

record! {
    /// A zone of a customer's site.
    #[derive(Clone, Debug)]
    pub struct CustomerZone {
        /// Its id.
        pub id: ZoneId,
        /// Its name.
        pub name: String,
    }
}

/// The zones of a contact's sites.
pub async fn zones_of(tx: &mut Tx, contact: patchbay_core::ids::ContactId) -> Result<Vec<CustomerZone>, StoreError> {
    tx.query(
        "select distinct z.id, z.name from contact_sites cs join sites s on s.id = cs.site_id
              join zones z on z.id = s.zone_id
         where cs.contact_id = $1 order by z.name limit 100",
    )
    .bind(contact)
    .all()
    .await
}

/// Conversations that are open, belong to nobody and wait for nothing: no queue, no owner, no answer awaited, or with an
/// owner who is not active.
pub async fn adrift(tx: &mut Tx, before: DateTime<Utc>, limit: i64) -> Result<Vec<ConversationId>, StoreError> {
    tx.query(
        "select v.id from conversations v
         where v.status <> 'closed' and v.updated_at < $1
           and ((v.status in ('assigned', 'pending_customer', 'pending_agent') and v.assigned_to is null)
                or (v.status in ('new', 'triage')
                    and not exists (select 1 from triage_states t
                                    where t.conversation_id = v.id and t.deadline_at is not null))
                or exists (select 1 from users u where u.id = v.assigned_to and not u.is_active))
         order by v.id limit $2",
    )
    .bind(before)
    .bind(limit)
    .column()
    .await
}

/// Conversations in a queue since before `before` of which nobody was told that nobody takes them.
pub async fn left_waiting(tx: &mut Tx, before: DateTime<Utc>, limit: i64) -> Result<Vec<ConversationId>, StoreError> {
    tx.query(
        "select v.id from conversations v
         where v.status <> 'closed' and v.status = 'queued' and v.waiting_since < $1 and v.snoozed_until is null
           and not exists (select 1 from conversation_events e
                           where e.conversation_id = v.id and e.kind = 'left_waiting'
                             and e.created_at > v.waiting_since)
         order by v.waiting_since limit $2",
    )
    .bind(before)
    .bind(limit)
    .column()
    .await
}
