//! Alerts: what needs somebody's eye, and how far it has climbed its ladder.

use chrono::{DateTime, Utc};
use patchbay_core::alert::{AlertLife, AlertState, Digest, NotifyChannel, Severity};
use patchbay_core::ids::{ActorId, AlertId, AlertRuleId, ConversationId, InboxId, TeamId, TicketId, UserId};
use serde_json::Value;

use crate::batch::Batch;
use crate::error::StoreError;
use crate::record;
use crate::stored_words;
use crate::tx::Tx;

stored_words!(AlertState, Severity, NotifyChannel, Digest);

record! {
    /// An alert as it is stored.
    #[derive(Clone, Debug)]
    pub struct AlertRow {
        /// Our id.
        pub id: AlertId,
        /// The rule that made it.
        pub rule_id: AlertRuleId,
        /// Its version then.
        pub rule_version: i64,
        /// What it was called then.
        pub rule_name: String,
        /// What happened.
        pub code: String,
        /// How bad it is.
        pub severity: Severity,
        /// What is the same alert again has the same.
        pub group_key: String,
        /// How it stands.
        pub state: AlertState,
        /// How often it happened.
        pub count: i64,
        /// When it first happened.
        pub first_at: DateTime<Utc>,
        /// When it last happened.
        pub last_at: DateTime<Utc>,
        /// The conversation it is about.
        pub conversation_id: Option<ConversationId>,
        /// The ticket it is about.
        pub ticket_id: Option<TicketId>,
        /// The team it is about.
        pub team_id: Option<TeamId>,
        /// The inbox it is about.
        pub inbox_id: Option<InboxId>,
        /// Who looks after it.
        pub owner_id: Option<UserId>,
        /// When somebody said so.
        pub acknowledged_at: Option<DateTime<Utc>>,
        /// Who.
        pub acknowledged_by: Option<ActorId>,
        /// By which way.
        pub acknowledged_via: Option<String>,
        /// Until when nobody is told.
        pub snoozed_until: Option<DateTime<Utc>>,
        /// When it was over.
        pub resolved_at: Option<DateTime<Utc>>,
        /// Who said so; nobody when it ended by itself.
        pub resolved_by: Option<ActorId>,
        /// Why.
        pub resolved_reason: Option<String>,
        /// What to answer with.
        pub reply_code: String,
        /// The ladder it climbs.
        pub ladder: Value,
        /// How often the ladder was begun.
        pub run: i64,
        /// The step that comes next.
        pub step: i64,
        /// When.
        pub next_step_at: Option<DateTime<Utc>>,
        /// Grows with every change.
        pub version: i64,
        /// When it was made.
        pub created_at: DateTime<Utc>,
        /// When it last changed.
        pub updated_at: DateTime<Utc>,
    }
}

impl AlertRow {
    /// How it stands and what comes next.
    pub fn life(&self) -> AlertLife {
        AlertLife {
            state: self.state,
            run: self.run,
            step: self.step,
            next_step_at: self.next_step_at,
            snoozed_until: self.snoozed_until,
        }
    }

    /// Takes over how it stands now.
    pub fn live(&mut self, life: &AlertLife) {
        self.state = life.state;
        self.run = life.run;
        self.step = life.step;
        self.next_step_at = life.next_step_at;
        self.snoozed_until = life.snoozed_until;
    }
}

/// Which alerts a list shows.
#[derive(Clone, Debug, Default)]
pub struct AlertFilter {
    /// In this state.
    pub state: Option<AlertState>,
    /// This bad.
    pub severity: Option<Severity>,
    /// Of this code.
    pub code: Option<String>,
    /// Of this team.
    pub team: Option<TeamId>,
    /// About this conversation.
    pub conversation: Option<ConversationId>,
    /// Looked after by this person.
    pub owner: Option<UserId>,
    /// Only what somebody may see; `None`: everything.
    pub seen_by: Option<Viewer>,
}

/// Who looks.
#[derive(Clone, Debug)]
pub struct Viewer {
    /// The person: sees what they look after and what they were told of.
    pub user: UserId,
    /// Teams whose alerts they see.
    pub teams: Vec<TeamId>,
    /// Whether they see what belongs to no team.
    pub sees_teamless: bool,
}

/// Stores a new alert. `false`: there is an open one of its group.
pub async fn insert(tx: &mut Tx, row: &AlertRow) -> Result<bool, StoreError> {
    let inserted = tx
        .query(
            "insert into alerts (id, rule_id, rule_version, rule_name, code, severity, group_key, state, count, first_at,
                    last_at, conversation_id, ticket_id, team_id, inbox_id, snoozed_until, reply_code, ladder, run, step,
                    next_step_at, version, created_at, updated_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, 1,
                     $22, $22)
             on conflict do nothing",
        )
        .bind(row.id)
        .bind(row.rule_id)
        .bind(row.rule_version)
        .bind(row.rule_name.as_str())
        .bind(row.code.as_str())
        .bind(row.severity)
        .bind(row.group_key.as_str())
        .bind(row.state)
        .bind(row.count)
        .bind(row.first_at)
        .bind(row.last_at)
        .bind(row.conversation_id)
        .bind(row.ticket_id)
        .bind(row.team_id)
        .bind(row.inbox_id)
        .bind(row.snoozed_until)
        .bind(row.reply_code.as_str())
        .bind(row.ladder.clone())
        .bind(row.run)
        .bind(row.step)
        .bind(row.next_step_at)
        .bind(row.created_at)
        .execute()
        .await?;
    Ok(inserted == 1)
}

/// Writes an alert as it stands. Error: [`StoreError::Conflict`] when it changed since it was read.
pub async fn update(tx: &mut Tx, row: &mut AlertRow) -> Result<(), StoreError> {
    let changed = tx
        .query(
            "update alerts
             set severity = $3, state = $4, count = $5, last_at = $6, owner_id = $7, acknowledged_at = $8,
                 acknowledged_by = $9, acknowledged_via = $10, snoozed_until = $11, resolved_at = $12, resolved_by = $13,
                 resolved_reason = $14, run = $15, step = $16, next_step_at = $17, updated_at = $18,
                 version = version + 1
             where id = $1 and version = $2",
        )
        .bind(row.id)
        .bind(row.version)
        .bind(row.severity)
        .bind(row.state)
        .bind(row.count)
        .bind(row.last_at)
        .bind(row.owner_id)
        .bind(row.acknowledged_at)
        .bind(row.acknowledged_by)
        .bind(row.acknowledged_via.clone())
        .bind(row.snoozed_until)
        .bind(row.resolved_at)
        .bind(row.resolved_by)
        .bind(row.resolved_reason.clone())
        .bind(row.run)
        .bind(row.step)
        .bind(row.next_step_at)
        .bind(row.updated_at)
        .execute()
        .await?;
    if changed != 1 {
        return Err(StoreError::Conflict);
    }
    row.version += 1;
    Ok(())
}

/// One alert.
pub async fn by_id(tx: &mut Tx, id: AlertId) -> Result<Option<AlertRow>, StoreError> {
    tx.query(
        "select id, rule_id, rule_version, rule_name, code, severity, group_key, state, count, first_at, last_at,
                conversation_id, ticket_id, team_id, inbox_id, owner_id, acknowledged_at, acknowledged_by,
                acknowledged_via, snoozed_until, resolved_at, resolved_by, resolved_reason, reply_code, ladder, run, step,
                next_step_at, version, created_at, updated_at
         from alerts where id = $1",
    )
    .bind(id)
    .optional()
    .await
}

/// One alert, which nobody else changes until the transaction ends.
pub async fn lock(tx: &mut Tx, id: AlertId) -> Result<Option<AlertRow>, StoreError> {
    tx.query_for(
        "select id, rule_id, rule_version, rule_name, code, severity, group_key, state, count, first_at, last_at,
                conversation_id, ticket_id, team_id, inbox_id, owner_id, acknowledged_at, acknowledged_by,
                acknowledged_via, snoozed_until, resolved_at, resolved_by, resolved_reason, reply_code, ladder, run, step,
                next_step_at, version, created_at, updated_at
         from alerts where id = $1",
        "select id, rule_id, rule_version, rule_name, code, severity, group_key, state, count, first_at, last_at,
                conversation_id, ticket_id, team_id, inbox_id, owner_id, acknowledged_at, acknowledged_by,
                acknowledged_via, snoozed_until, resolved_at, resolved_by, resolved_reason, reply_code, ladder, run, step,
                next_step_at, version, created_at, updated_at
         from alerts where id = $1 for update",
    )
    .bind(id)
    .optional()
    .await
}

/// The open alert of a group.
pub async fn open_of(tx: &mut Tx, group_key: &str) -> Result<Option<AlertId>, StoreError> {
    let found =
        tx.query("select id from alerts where group_key = $1 and resolved_at is null").bind(group_key).column().await?;
    Ok(found.into_iter().next())
}

/// The open alerts that a rule made, at most 1,000.
pub async fn open_of_rule(tx: &mut Tx, rule: AlertRuleId) -> Result<Vec<AlertId>, StoreError> {
    tx.query("select id from alerts where rule_id = $1 and resolved_at is null order by id limit 1000")
        .bind(rule)
        .column()
        .await
}

/// The open alerts about an inbox that have this code.
pub async fn open_of_inbox(tx: &mut Tx, inbox: InboxId, code: &str) -> Result<Vec<AlertId>, StoreError> {
    tx.query("select id from alerts where inbox_id = $1 and code = $2 and resolved_at is null order by id limit 1000")
        .bind(inbox)
        .bind(code)
        .column()
        .await
}

/// Open alerts that are over: their conversation is closed, or somebody has taken it, which is all they asked for.
pub async fn over(tx: &mut Tx, limit: i64) -> Result<Vec<AlertId>, StoreError> {
    tx.query(
        "select a.id from alerts a join conversations v on v.id = a.conversation_id
         where a.resolved_at is null
           and (v.status = 'closed' or (a.code = 'CONVERSATION_UNASSIGNED' and v.assigned_to is not null))
         order by a.id limit $1",
    )
    .bind(limit)
    .column()
    .await
}

/// Alerts that the filter lets through, newest first, before `before`.
pub async fn page(
    tx: &mut Tx,
    filter: &AlertFilter,
    before: Option<AlertId>,
    limit: i64,
) -> Result<Vec<AlertRow>, StoreError> {
    let viewer = filter.seen_by.clone();
    let user = viewer.as_ref().map(|viewer| viewer.user);
    let (teams, sees_teamless) = viewer.map_or((Vec::new(), true), |viewer| (viewer.teams, viewer.sees_teamless));
    tx.query_for(
        "select id, rule_id, rule_version, rule_name, code, severity, group_key, state, count, first_at, last_at,
                conversation_id, ticket_id, team_id, inbox_id, owner_id, acknowledged_at, acknowledged_by,
                acknowledged_via, snoozed_until, resolved_at, resolved_by, resolved_reason, reply_code, ladder, run, step,
                next_step_at, version, created_at, updated_at
         from alerts a
         where ($1 is null or id < $1) and ($2 is null or state = $2) and ($3 is null or severity = $3)
           and ($4 is null or code = $4) and ($5 is null or team_id = $5) and ($6 is null or conversation_id = $6)
           and ($7 is null or owner_id = $7)
           and ($8 is null or owner_id = $8 or (team_id is null and $9)
                or team_id in (select unhex(value ->> 0) from json_each($10))
                or exists (select 1 from alert_notifications n where n.alert_id = a.id and n.user_id = $8))
         order by id desc limit $11",
        "select id, rule_id, rule_version, rule_name, code, severity, group_key, state, count, first_at, last_at,
                conversation_id, ticket_id, team_id, inbox_id, owner_id, acknowledged_at, acknowledged_by,
                acknowledged_via, snoozed_until, resolved_at, resolved_by, resolved_reason, reply_code, ladder, run, step,
                next_step_at, version, created_at, updated_at
         from alerts a
         where ($1::uuid is null or id < $1) and ($2::text is null or state = $2)
           and ($3::text is null or severity = $3) and ($4::text is null or code = $4)
           and ($5::uuid is null or team_id = $5) and ($6::uuid is null or conversation_id = $6)
           and ($7::uuid is null or owner_id = $7)
           and ($8::uuid is null or owner_id = $8 or (team_id is null and $9::boolean)
                or team_id = any($10::uuid[])
                or exists (select 1 from alert_notifications n where n.alert_id = a.id and n.user_id = $8))
         order by id desc limit $11",
    )
    .bind(before)
    .bind(filter.state)
    .bind(filter.severity)
    .bind(filter.code.clone())
    .bind(filter.team)
    .bind(filter.conversation)
    .bind(filter.owner)
    .bind(user)
    .bind(sees_teamless)
    .bind_batch(Batch::new().ids(teams.iter().copied()))
    .bind(limit)
    .all()
    .await
}

/// Whether somebody was told of an alert.
pub async fn was_told(tx: &mut Tx, alert: AlertId, user: UserId) -> Result<bool, StoreError> {
    tx.query("select exists (select 1 from alert_notifications where alert_id = $1 and user_id = $2) as found")
        .bind(alert)
        .bind(user)
        .scalar()
        .await
}
