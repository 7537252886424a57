//! The outbox as people look at it: where each event stands, and whose it is.

use chrono::{DateTime, Utc};
use patchbay_core::actor::Scope;
use patchbay_core::ids::{AccountId, OutboxId, SiteId};
use patchbay_core::outbox::OutboxStatus;
use uuid::Uuid;

use crate::batch::Batch;
use crate::error::StoreError;
use crate::record;
use crate::tickets::listed;
use crate::tx::Tx;

crate::stored_words!(OutboxStatus);

record! {
    /// An event, and how its delivery goes.
    #[derive(Clone, Debug)]
    pub struct OutboxView {
        /// Our id.
        pub id: OutboxId,
        /// What kind of thing it is about.
        pub aggregate_type: String,
        /// Which one.
        pub aggregate_id: Uuid,
        /// The thing's version after the change.
        pub aggregate_version: i64,
        /// What happened.
        pub event_type: String,
        /// Where delivery stands.
        pub status: OutboxStatus,
        /// How often delivery was tried.
        pub attempt_count: i64,
        /// When it is tried next.
        pub next_attempt_at: DateTime<Utc>,
        /// Why it did not work the last time.
        pub last_error: Option<String>,
        /// When it was written.
        pub created_at: DateTime<Utc>,
        /// Account of its ticket; none when it is about something else.
        pub account_id: Option<AccountId>,
        /// Site of its ticket.
        pub site_id: Option<SiteId>,
    }
}

/// Which events a list shows.
#[derive(Clone, Debug)]
pub struct OutboxFilter {
    /// Only in this state.
    pub status: Option<OutboxStatus>,
    /// Only about tickets of these accounts, and about other things when all.
    pub accounts: Scope<AccountId>,
    /// Only about tickets at these sites, and about other things when all.
    pub sites: Scope<SiteId>,
    /// Only written before this one.
    pub before: Option<OutboxId>,
}

/// Events, newest first.
pub async fn page(tx: &mut Tx, filter: &OutboxFilter, limit: i64) -> Result<Vec<OutboxView>, StoreError> {
    tx.query_for(
        "select e.id, e.aggregate_type, e.aggregate_id, e.aggregate_version, e.event_type, e.status, e.attempt_count,
                e.next_attempt_at, e.last_error, e.created_at, t.account_id, t.site_id
         from outbox_events e left join tickets t on t.id = e.aggregate_id
         where e.id < $1
           and ($2 is null or e.status = $2)
           and ($3 or t.account_id in (select unhex(value ->> 0) from json_each($4)))
           and ($5 or t.site_id in (select unhex(value ->> 0) from json_each($6)))
         order by e.id desc limit $7",
        "select e.id, e.aggregate_type, e.aggregate_id, e.aggregate_version, e.event_type, e.status, e.attempt_count,
                e.next_attempt_at, e.last_error, e.created_at, t.account_id, t.site_id
         from outbox_events e left join tickets t on t.id = e.aggregate_id
         where e.id < $1
           and ($2::text is null or e.status = $2)
           and ($3::boolean or t.account_id = any($4::uuid[]))
           and ($5::boolean or t.site_id = any($6::uuid[]))
         order by e.id desc limit $7",
    )
    .bind(filter.before.unwrap_or(OutboxId(Uuid::max())))
    .bind(filter.status)
    .bind(filter.accounts == Scope::All)
    .bind_batch(Batch::new().ids(listed(&filter.accounts)))
    .bind(filter.sites == Scope::All)
    .bind_batch(Batch::new().ids(listed(&filter.sites)))
    .bind(limit)
    .all()
    .await
}

/// One event.
pub async fn by_id(tx: &mut Tx, id: OutboxId) -> Result<Option<OutboxView>, StoreError> {
    tx.query(
        "select e.id, e.aggregate_type, e.aggregate_id, e.aggregate_version, e.event_type, e.status, e.attempt_count,
                e.next_attempt_at, e.last_error, e.created_at, t.account_id, t.site_id
         from outbox_events e left join tickets t on t.id = e.aggregate_id
         where e.id = $1",
    )
    .bind(id)
    .optional()
    .await
}
