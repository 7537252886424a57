//! How inboxes fare, and how much waits to leave them.

use chrono::{DateTime, Utc};
use patchbay_core::channel::SenderType;
use patchbay_core::ids::{InboxId, UserId};
use patchbay_core::inbox_health::{Health, HealthState};
use patchbay_core::item::ContentType;

use crate::error::StoreError;
use crate::record;
use crate::tx::Tx;

crate::stored_words!(HealthState);

record! {
    /// How an inbox fares, as it is stored.
    #[derive(Clone, Debug)]
    pub struct HealthRow {
        /// The inbox.
        pub inbox_id: InboxId,
        /// How it fares; a pause stands beside it.
        pub state: HealthState,
        /// Since when.
        pub since: DateTime<Utc>,
        /// The code that made it so.
        pub code: Option<String>,
        /// Failures since it last worked.
        pub failures: i64,
        /// When it last worked.
        pub last_ok_at: Option<DateTime<Utc>>,
        /// When it last failed.
        pub last_failure_at: Option<DateTime<Utc>>,
        /// Since when it is paused.
        pub paused_at: Option<DateTime<Utc>>,
        /// By whom.
        pub paused_by: Option<UserId>,
        /// Why.
        pub pause_reason: Option<String>,
    }
}

record! {
    /// Messages of one kind that wait to leave an inbox.
    #[derive(Clone, Copy, Debug)]
    pub struct Waiting {
        /// The inbox.
        pub inbox_id: InboxId,
        /// Who wrote them.
        pub sender_type: SenderType,
        /// What they are.
        pub content_type: ContentType,
        /// How many.
        pub count: i64,
    }
}

impl HealthRow {
    /// An inbox at which nothing has happened yet.
    pub fn new(inbox: InboxId, now: DateTime<Utc>) -> Self {
        Self::of(inbox, Health::new(now))
    }

    fn of(inbox_id: InboxId, health: Health) -> Self {
        Self {
            inbox_id,
            state: health.state,
            since: health.since,
            code: health.code,
            failures: health.failures,
            last_ok_at: health.last_ok_at,
            last_failure_at: health.last_failure_at,
            paused_at: None,
            paused_by: None,
            pause_reason: None,
        }
    }

    /// The health alone.
    pub fn health(&self) -> Health {
        Health {
            state: self.state,
            since: self.since,
            code: self.code.clone(),
            failures: self.failures,
            last_ok_at: self.last_ok_at,
            last_failure_at: self.last_failure_at,
        }
    }

    /// The same row with another health.
    #[must_use]
    pub fn with(self, health: Health) -> Self {
        let Self { inbox_id, paused_at, paused_by, pause_reason, .. } = self;
        Self { paused_at, paused_by, pause_reason, ..Self::of(inbox_id, health) }
    }

    /// What is shown: a pause hides the rest.
    pub fn shown(&self) -> HealthState {
        if self.paused_at.is_some() { HealthState::Paused } else { self.state }
    }
}

/// How an inbox fares. `None`: nothing has happened yet.
pub async fn of(tx: &mut Tx, inbox: InboxId) -> Result<Option<HealthRow>, StoreError> {
    tx.query(
        "select inbox_id, state, since, code, failures, last_ok_at, last_failure_at, paused_at, paused_by, pause_reason
         from inbox_health where inbox_id = $1",
    )
    .bind(inbox)
    .optional()
    .await
}

/// How all inboxes fare. There are few.
pub async fn all(tx: &mut Tx) -> Result<Vec<HealthRow>, StoreError> {
    tx.query(
        "select inbox_id, state, since, code, failures, last_ok_at, last_failure_at, paused_at, paused_by, pause_reason
         from inbox_health order by inbox_id",
    )
    .all()
    .await
}

/// Whether an inbox is paused.
pub async fn is_paused(tx: &mut Tx, inbox: InboxId) -> Result<bool, StoreError> {
    tx.query("select exists (select 1 from inbox_health where inbox_id = $1 and paused_at is not null) as found")
        .bind(inbox)
        .scalar()
        .await
}

/// Writes how an inbox fares. Two nodes may do so at once; the next signal settles it.
pub async fn put(tx: &mut Tx, row: &HealthRow) -> Result<(), StoreError> {
    tx.query(
        "insert into inbox_health (inbox_id, state, since, code, failures, last_ok_at, last_failure_at, paused_at,
                paused_by, pause_reason, version)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1)
         on conflict (inbox_id) do update
         set state = excluded.state, since = excluded.since, code = excluded.code, failures = excluded.failures,
             last_ok_at = excluded.last_ok_at, last_failure_at = excluded.last_failure_at,
             paused_at = excluded.paused_at, paused_by = excluded.paused_by, pause_reason = excluded.pause_reason,
             version = inbox_health.version + 1",
    )
    .bind(row.inbox_id)
    .bind(row.state)
    .bind(row.since)
    .bind(row.code.as_deref())
    .bind(row.failures)
    .bind(row.last_ok_at)
    .bind(row.last_failure_at)
    .bind(row.paused_at)
    .bind(row.paused_by)
    .bind(row.pause_reason.as_deref())
    .execute()
    .await
    .map(drop)
}

/// What waits to leave, by inbox and kind. Its condition is that of the index which holds just these messages.
pub async fn waiting(tx: &mut Tx) -> Result<Vec<Waiting>, StoreError> {
    tx.query(
        "select inbox_id, sender_type, content_type, count(*) as count
         from messages where status = 'pending' or status = 'sending' or status = 'unknown'
         group by inbox_id, sender_type, content_type",
    )
    .all()
    .await
}
