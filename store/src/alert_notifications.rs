//! Who was told of an alert, by which way, and what came of it; and what people want to be told.

use chrono::{DateTime, Utc};
use patchbay_core::alert::{Digest, NotificationState, NotifyChannel};
use patchbay_core::ids::{AlertId, InboxId, NotificationId, UserId};

use crate::error::StoreError;
use crate::record;
use crate::stored_words;
use crate::tx::Tx;

stored_words!(NotificationState);

record! {
    /// One person told of one alert by one way. `target` is an address, a number or a secret: it is not shown.
    #[derive(Clone)]
    pub struct NotificationRow {
        /// Our id.
        pub id: NotificationId,
        /// The alert.
        pub alert_id: AlertId,
        /// How often the ladder had been begun.
        pub run: i64,
        /// The step.
        pub step: i64,
        /// The way.
        pub channel: NotifyChannel,
        /// The person, if it is one.
        pub user_id: Option<UserId>,
        /// Where to.
        pub target: String,
        /// Through which inbox.
        pub inbox_id: Option<InboxId>,
        /// What became of it.
        pub state: NotificationState,
        /// Why it failed last.
        pub error: Option<String>,
        /// When it is due.
        pub due_at: DateTime<Utc>,
        /// When it was told.
        pub sent_at: Option<DateTime<Utc>>,
        /// When it was made.
        pub created_at: DateTime<Utc>,
    }
}

/// Targets do not print.
impl std::fmt::Debug for NotificationRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NotificationRow").field("id", &self.id).field("state", &self.state).finish_non_exhaustive()
    }
}

/// Stores one. `false`: it is there already, for a step is taken once.
pub async fn insert(tx: &mut Tx, row: &NotificationRow) -> Result<bool, StoreError> {
    let inserted = tx
        .query(
            "insert into alert_notifications (id, alert_id, run, step, channel, user_id, target, inbox_id, state, due_at,
                    sent_at, created_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
             on conflict (alert_id, run, step, channel, target) do nothing",
        )
        .bind(row.id)
        .bind(row.alert_id)
        .bind(row.run)
        .bind(row.step)
        .bind(row.channel)
        .bind(row.user_id)
        .bind(row.target.as_str())
        .bind(row.inbox_id)
        .bind(row.state)
        .bind(row.due_at)
        .bind(row.sent_at)
        .bind(row.created_at)
        .execute()
        .await?;
    Ok(inserted == 1)
}

/// One.
pub async fn by_id(tx: &mut Tx, id: NotificationId) -> Result<Option<NotificationRow>, StoreError> {
    tx.query(
        "select id, alert_id, run, step, channel, user_id, target, inbox_id, state, error, due_at, sent_at, created_at
         from alert_notifications where id = $1",
    )
    .bind(id)
    .optional()
    .await
}

/// Those of an alert, in the order they were made; at most 500.
pub async fn of_alert(tx: &mut Tx, alert: AlertId) -> Result<Vec<NotificationRow>, StoreError> {
    tx.query(
        "select id, alert_id, run, step, channel, user_id, target, inbox_id, state, error, due_at, sent_at, created_at
         from alert_notifications where alert_id = $1 order by id limit 500",
    )
    .bind(alert)
    .all()
    .await
}

/// What waits for the next mail to somebody, or was in one that nobody knows the end of; at most 200.
pub async fn gathered_for(
    tx: &mut Tx,
    user: UserId,
    state: NotificationState,
) -> Result<Vec<NotificationRow>, StoreError> {
    tx.query(
        "select id, alert_id, run, step, channel, user_id, target, inbox_id, state, error, due_at, sent_at, created_at
         from alert_notifications where user_id = $1 and state = $2 order by id limit 200",
    )
    .bind(user)
    .bind(state)
    .all()
    .await
}

/// Notes what became of one.
pub async fn settle(
    tx: &mut Tx,
    id: NotificationId,
    state: NotificationState,
    error: Option<&str>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let sent_at = (state == NotificationState::Sent).then_some(now);
    tx.query("update alert_notifications set state = $2, error = $3, sent_at = coalesce($4, sent_at) where id = $1")
        .bind(id)
        .bind(state)
        .bind(error.map(str::to_owned))
        .bind(sent_at)
        .execute()
        .await
        .map(drop)
}

record! {
    /// An alert that somebody could answer.
    #[derive(Clone, Debug)]
    pub struct Answerable {
        /// The alert.
        pub alert_id: AlertId,
        /// Who was told.
        pub user_id: Option<UserId>,
        /// What to answer with.
        pub reply_code: String,
    }
}

/// The open alerts that somebody at an address was told of since `since`, the latest first.
pub async fn answerable(
    tx: &mut Tx,
    channel: NotifyChannel,
    target: &str,
    since: DateTime<Utc>,
) -> Result<Vec<Answerable>, StoreError> {
    tx.query(
        "select n.alert_id, n.user_id, a.reply_code
         from alert_notifications n join alerts a on a.id = n.alert_id
         where n.channel = $1 and n.target = $2 and n.created_at >= $3 and a.state in ('open', 'snoozed')
         order by n.id desc limit 50",
    )
    .bind(channel)
    .bind(target)
    .bind(since)
    .all()
    .await
}

/// Whether somebody at an address was told of an alert with this code since `since`, or with any when there is no code;
/// whatever has become of the alert.
pub async fn was_told(
    tx: &mut Tx,
    channel: NotifyChannel,
    target: &str,
    since: DateTime<Utc>,
    code: Option<&str>,
) -> Result<bool, StoreError> {
    let found: i64 = tx
        .query_for(
            "select count(*) from (
                 select 1 from alert_notifications n join alerts a on a.id = n.alert_id
                 where n.channel = $1 and n.target = $2 and n.created_at >= $3 and ($4 is null or a.reply_code = $4)
                 limit 1)",
            "select count(*) from (
                 select 1 from alert_notifications n join alerts a on a.id = n.alert_id
                 where n.channel = $1 and n.target = $2 and n.created_at >= $3
                   and ($4::text is null or a.reply_code = $4)
                 limit 1) told",
        )
        .bind(channel)
        .bind(target)
        .bind(since)
        .bind(code.map(str::to_owned))
        .scalar()
        .await?;
    Ok(found > 0)
}

/// Where somebody was told of an alert by mail since `since`: from there an answer may come. At most 1,000.
pub async fn told_by_mail(tx: &mut Tx, since: DateTime<Utc>) -> Result<Vec<String>, StoreError> {
    tx.query("select distinct target from alert_notifications where channel = 'email' and created_at >= $1 limit 1000")
        .bind(since)
        .column()
        .await
}

/// Those of these telephones to which somebody was told of an alert since `since`.
pub async fn told_of<'a>(
    tx: &mut Tx,
    telephones: impl IntoIterator<Item = &'a str>,
    since: DateTime<Utc>,
) -> Result<Vec<String>, StoreError> {
    tx.query_for(
        "select distinct target from alert_notifications
         where channel = 'sms' and target in (select value ->> 0 from json_each($1)) and created_at >= $2",
        "select distinct target from alert_notifications
         where channel = 'sms' and target = any($1::text[]) and created_at >= $2",
    )
    .bind_batch(crate::batch::Batch::new().texts(telephones))
    .bind(since)
    .column()
    .await
}

record! {
    /// What somebody wants to be told, and how.
    #[derive(Clone)]
    pub struct PreferencesRow {
        /// Who.
        pub user_id: UserId,
        /// In which language.
        pub language: String,
        /// Whose clocks count for quiet hours and mails of a day.
        pub timezone: String,
        /// Where SMS go.
        pub phone: Option<String>,
        /// Ways that are not wanted.
        pub muted: Vec<String>,
        /// When quiet hours begin.
        pub quiet_from: Option<String>,
        /// When they end.
        pub quiet_until: Option<String>,
        /// How often mail comes.
        pub digest: Digest,
        /// Grows with every change.
        pub version: i64,
        /// When it was made.
        pub created_at: DateTime<Utc>,
        /// When it last changed.
        pub updated_at: DateTime<Utc>,
    }
}

/// Numbers do not print.
impl std::fmt::Debug for PreferencesRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PreferencesRow").field("user_id", &self.user_id).finish_non_exhaustive()
    }
}

/// What somebody wants, if they ever said.
pub async fn preferences_of(tx: &mut Tx, user: UserId) -> Result<Option<PreferencesRow>, StoreError> {
    tx.query(
        "select user_id, language, timezone, phone, muted, quiet_from, quiet_until, digest, version, created_at,
                updated_at
         from notification_preferences where user_id = $1",
    )
    .bind(user)
    .optional()
    .await
}

/// Writes what somebody wants.
pub async fn put_preferences(tx: &mut Tx, row: &PreferencesRow) -> Result<(), StoreError> {
    tx.query(
        "insert into notification_preferences (user_id, language, timezone, phone, muted, quiet_from, quiet_until, digest,
                version, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
         on conflict (user_id) do update
         set language = excluded.language, timezone = excluded.timezone, phone = excluded.phone, muted = excluded.muted,
             quiet_from = excluded.quiet_from, quiet_until = excluded.quiet_until, digest = excluded.digest,
             version = excluded.version, updated_at = excluded.updated_at",
    )
    .bind(row.user_id)
    .bind(row.language.as_str())
    .bind(row.timezone.as_str())
    .bind(row.phone.clone())
    .bind(row.muted.clone())
    .bind(row.quiet_from.clone())
    .bind(row.quiet_until.clone())
    .bind(row.digest)
    .bind(row.version)
    .bind(row.created_at)
    .bind(row.updated_at)
    .execute()
    .await
    .map(drop)
}

record! {
    /// Somebody who could be told, and what they want if they ever said.
    #[derive(Clone)]
    pub struct PersonRow {
        /// Who.
        pub user_id: UserId,
        /// Where mail goes.
        pub email: String,
        /// Whose clocks count; null when they never said what they want.
        pub timezone: Option<String>,
        /// Where SMS go.
        pub phone: Option<String>,
        /// Ways that are not wanted.
        pub muted: Option<Vec<String>>,
        /// When quiet hours begin.
        pub quiet_from: Option<String>,
        /// When they end.
        pub quiet_until: Option<String>,
        /// How often mail comes.
        pub digest: Option<Digest>,
    }
}

/// Addresses do not print.
impl std::fmt::Debug for PersonRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PersonRow").field("user_id", &self.user_id).finish_non_exhaustive()
    }
}

/// Several people at once, in the order of their ids.
pub async fn people(tx: &mut Tx, ids: impl IntoIterator<Item = UserId>) -> Result<Vec<PersonRow>, StoreError> {
    tx.query_for(
        "select u.id as user_id, u.email, p.timezone, p.phone, p.muted, p.quiet_from, p.quiet_until, p.digest
         from users u left join notification_preferences p on p.user_id = u.id
         where u.id in (select unhex(value ->> 0) from json_each($1)) order by u.id",
        "select u.id as user_id, u.email, p.timezone, p.phone, p.muted, p.quiet_from, p.quiet_until, p.digest
         from users u left join notification_preferences p on p.user_id = u.id
         where u.id = any($1::uuid[]) order by u.id",
    )
    .bind_batch(crate::batch::Batch::new().ids(ids))
    .all()
    .await
}

crate::record! {
    /// Whether the rules or who was told changed since the last look.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Marks {
        /// Grows with every change of a rule.
        pub rules: i64,
        /// The newest notification.
        pub told: Option<NotificationId>,
    }
}

/// How far rules and notifications are, for readers that keep them.
pub async fn marks(tx: &mut Tx) -> Result<Marks, StoreError> {
    tx.query(
        "select cast(coalesce(sum(r.version), 0) as bigint) as rules,
                (select id from alert_notifications order by id desc limit 1) as told
         from alert_rules r",
    )
    .one()
    .await
}
