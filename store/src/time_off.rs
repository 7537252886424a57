//! When technicians are away. Rows are cancelled, never deleted.

use chrono::{DateTime, Utc};
use patchbay_core::ids::{ActorId, TechnicianId, TimeOffId};
use patchbay_core::technician::TimeOffKind;
use uuid::Uuid;

use crate::batch::Batch;
use crate::error::StoreError;
use crate::record;
use crate::tx::Tx;

crate::stored_words!(TimeOffKind);

record! {
    /// A stretch of time off as it is stored.
    #[derive(Clone, Debug)]
    pub struct TimeOffRow {
        /// Our id.
        pub id: TimeOffId,
        /// Who is away.
        pub technician_id: TechnicianId,
        /// From.
        pub starts_at: DateTime<Utc>,
        /// Until.
        pub ends_at: DateTime<Utc>,
        /// What kind it is.
        pub kind: TimeOffKind,
        /// What people should know.
        pub note: Option<String>,
        /// When it was called off.
        pub cancelled_at: Option<DateTime<Utc>>,
        /// Who recorded it.
        pub created_by: ActorId,
        /// When it was recorded.
        pub created_at: DateTime<Utc>,
    }
}

/// Records time off. Error: [`StoreError::MissingReference`] when there is no such technician.
pub async fn insert(tx: &mut Tx, row: &TimeOffRow) -> Result<(), StoreError> {
    tx.query(
        "insert into time_off (id, technician_id, starts_at, ends_at, kind, note, cancelled_at, created_by, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(row.id)
    .bind(row.technician_id)
    .bind(row.starts_at)
    .bind(row.ends_at)
    .bind(row.kind)
    .bind(row.note.as_deref())
    .bind(row.cancelled_at)
    .bind(row.created_by)
    .bind(row.created_at)
    .execute()
    .await
    .map(drop)
}

/// The time off of a technician, called-off ones included, in the order it was recorded, after `after`.
pub async fn page(
    tx: &mut Tx,
    technician: TechnicianId,
    after: Option<TimeOffId>,
    limit: i64,
) -> Result<Vec<TimeOffRow>, StoreError> {
    tx.query(
        "select id, technician_id, starts_at, ends_at, kind, note, cancelled_at, created_by, created_at
         from time_off where technician_id = $1 and id > $2 order by id limit $3",
    )
    .bind(technician)
    .bind(after.unwrap_or(TimeOffId(Uuid::nil())))
    .bind(limit)
    .all()
    .await
}

/// One stretch of time off.
pub async fn by_id(tx: &mut Tx, id: TimeOffId) -> Result<Option<TimeOffRow>, StoreError> {
    tx.query(
        "select id, technician_id, starts_at, ends_at, kind, note, cancelled_at, created_by, created_at
         from time_off where id = $1",
    )
    .bind(id)
    .optional()
    .await
}

/// Calls time off off. `false`: it was already, or there is none.
pub async fn cancel(tx: &mut Tx, id: TimeOffId, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let changed = tx
        .query("update time_off set cancelled_at = $2 where id = $1 and cancelled_at is null")
        .bind(id)
        .bind(now)
        .execute()
        .await?;
    Ok(changed == 1)
}

/// What of the time off of these technicians counts between `from` and `until`.
pub async fn between(
    tx: &mut Tx,
    technicians: &[TechnicianId],
    from: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<Vec<TimeOffRow>, StoreError> {
    tx.query_for(
        "select id, technician_id, starts_at, ends_at, kind, note, cancelled_at, created_by, created_at
         from time_off
         where technician_id in (select unhex(value ->> 0) from json_each($1))
           and cancelled_at is null and ends_at > $2 and starts_at < $3
         order by technician_id, starts_at, id",
        "select id, technician_id, starts_at, ends_at, kind, note, cancelled_at, created_by, created_at
         from time_off
         where technician_id = any($1::uuid[]) and cancelled_at is null and ends_at > $2 and starts_at < $3
         order by technician_id, starts_at, id",
    )
    .bind_batch(Batch::new().ids(technicians.iter().copied()))
    .bind(from)
    .bind(until)
    .all()
    .await
}
