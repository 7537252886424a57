//! Service levels: what is promised, and which promises were broken.

use chrono::{DateTime, Utc};
use patchbay_core::conversation::Priority;
use patchbay_core::ids::{ConversationId, RecordId, SlaPolicyId, TeamId};
use patchbay_core::sla::SlaTarget;
use serde_json::Value;

use crate::error::StoreError;
use crate::record;
use crate::stored_words;
use crate::tx::Tx;

stored_words!(SlaTarget);

record! {
    /// A policy as it is stored.
    #[derive(Clone, Debug)]
    pub struct SlaPolicyRow {
        /// Our id.
        pub id: SlaPolicyId,
        /// Whose customers it is for.
        pub team_id: TeamId,
        /// For conversations of this priority.
        pub priority: Priority,
        /// Until somebody has answered, in seconds.
        pub frt_s: Option<i64>,
        /// Until it is done, in seconds.
        pub resolution_s: Option<i64>,
        /// Until somebody else is told that nobody has answered, in seconds.
        pub escalation_s: Option<i64>,
        /// How long before a deadline it is warned of, in seconds.
        pub warning_s: Option<i64>,
        /// When time counts; null: always.
        pub calendar: Option<Value>,
        /// Whether it counts.
        pub is_active: bool,
        /// Grows with every change.
        pub version: i64,
        /// When it was made.
        pub created_at: DateTime<Utc>,
        /// When it last changed.
        pub updated_at: DateTime<Utc>,
    }
}

/// Makes a policy. Error: [`StoreError::Duplicate`] when team and priority have one.
pub async fn insert(tx: &mut Tx, row: &SlaPolicyRow) -> Result<(), StoreError> {
    tx.query(
        "insert into sla_policies (id, team_id, priority, frt_s, resolution_s, escalation_s, warning_s, calendar,
                is_active, version, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
    )
    .bind(row.id)
    .bind(row.team_id)
    .bind(row.priority)
    .bind(row.frt_s)
    .bind(row.resolution_s)
    .bind(row.escalation_s)
    .bind(row.warning_s)
    .bind(row.calendar.clone())
    .bind(row.is_active)
    .bind(row.version)
    .bind(row.created_at)
    .bind(row.updated_at)
    .execute()
    .await
    .map(drop)
}

/// One policy.
pub async fn by_id(tx: &mut Tx, id: SlaPolicyId) -> Result<Option<SlaPolicyRow>, StoreError> {
    tx.query(
        "select id, team_id, priority, frt_s, resolution_s, escalation_s, warning_s, calendar, is_active, version,
                created_at, updated_at
         from sla_policies where id = $1",
    )
    .bind(id)
    .optional()
    .await
}

/// The policies that count.
pub async fn in_force(tx: &mut Tx) -> Result<Vec<SlaPolicyRow>, StoreError> {
    tx.query(
        "select id, team_id, priority, frt_s, resolution_s, escalation_s, warning_s, calendar, is_active, version,
                created_at, updated_at
         from sla_policies where is_active order by id",
    )
    .all()
    .await
}

/// Policies in the order they were made, after `after`.
pub async fn page(
    tx: &mut Tx,
    team: Option<TeamId>,
    after: Option<SlaPolicyId>,
    limit: i64,
) -> Result<Vec<SlaPolicyRow>, StoreError> {
    tx.query_for(
        "select id, team_id, priority, frt_s, resolution_s, escalation_s, warning_s, calendar, is_active, version,
                created_at, updated_at
         from sla_policies where ($1 is null or id > $1) and ($2 is null or team_id = $2) order by id limit $3",
        "select id, team_id, priority, frt_s, resolution_s, escalation_s, warning_s, calendar, is_active, version,
                created_at, updated_at
         from sla_policies where ($1::uuid is null or id > $1) and ($2::uuid is null or team_id = $2)
         order by id limit $3",
    )
    .bind(after)
    .bind(team)
    .bind(limit)
    .all()
    .await
}

/// Writes a policy as it stands. Errors: [`StoreError::Conflict`] when it changed since it was read,
/// [`StoreError::Duplicate`] when team and priority have another.
pub async fn update(tx: &mut Tx, row: &SlaPolicyRow) -> Result<(), StoreError> {
    let changed = tx
        .query(
            "update sla_policies
             set team_id = $3, priority = $4, frt_s = $5, resolution_s = $6, escalation_s = $7, warning_s = $8,
                 calendar = $9, is_active = $10, updated_at = $11, version = version + 1
             where id = $1 and version = $2",
        )
        .bind(row.id)
        .bind(row.version)
        .bind(row.team_id)
        .bind(row.priority)
        .bind(row.frt_s)
        .bind(row.resolution_s)
        .bind(row.escalation_s)
        .bind(row.warning_s)
        .bind(row.calendar.clone())
        .bind(row.is_active)
        .bind(row.updated_at)
        .execute()
        .await?;
    if changed == 1 { Ok(()) } else { Err(StoreError::Conflict) }
}

/// A promise that was broken.
#[derive(Clone, Debug)]
pub struct NewViolation {
    /// Of which conversation.
    pub conversation_id: ConversationId,
    /// What was promised.
    pub target: SlaTarget,
    /// The policy, if it is still known.
    pub policy_id: Option<SlaPolicyId>,
    /// Its version.
    pub policy_version: i64,
    /// The team then.
    pub team_id: Option<TeamId>,
    /// The priority then.
    pub priority: Priority,
    /// How long was promised, in seconds.
    pub target_s: Option<i64>,
    /// When it should have been.
    pub due_at: DateTime<Utc>,
}

/// Keeps a broken promise; one of a kind for each conversation.
pub async fn violate(tx: &mut Tx, new: &NewViolation, now: DateTime<Utc>) -> Result<(), StoreError> {
    tx.query(
        "insert into sla_violations (id, conversation_id, type, policy_id, policy_version, team_id, priority, target_s,
                due_at, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         on conflict (conversation_id, type) do nothing",
    )
    .bind(RecordId::new())
    .bind(new.conversation_id)
    .bind(new.target)
    .bind(new.policy_id)
    .bind(new.policy_version)
    .bind(new.team_id)
    .bind(new.priority)
    .bind(new.target_s)
    .bind(new.due_at)
    .bind(now)
    .execute()
    .await
    .map(drop)
}

/// Keeps how long it took in the end.
pub async fn settle(
    tx: &mut Tx,
    conversation: ConversationId,
    target: SlaTarget,
    actual_s: i64,
) -> Result<(), StoreError> {
    tx.query("update sla_violations set actual_s = $3 where conversation_id = $1 and type = $2 and actual_s is null")
        .bind(conversation)
        .bind(target)
        .bind(actual_s)
        .execute()
        .await
        .map(drop)
}

/// Open conversations of a team after `after`, in the order of their ids.
pub async fn open_of_team(
    tx: &mut Tx,
    team: TeamId,
    after: Option<ConversationId>,
    limit: i64,
) -> Result<Vec<ConversationId>, StoreError> {
    tx.query_for(
        "select id from conversations
         where team_id = $1 and status <> 'closed' and ($2 is null or id > $2) order by id limit $3",
        "select id from conversations
         where team_id = $1 and status <> 'closed' and ($2::uuid is null or id > $2) order by id limit $3",
    )
    .bind(team)
    .bind(after)
    .bind(limit)
    .column()
    .await
}
