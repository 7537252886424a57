//! Technicians: who does the work on site, what they can do, where, and when.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use patchbay_core::hours::Shift;
use patchbay_core::ids::{ActorId, TechnicianId, UserId, ZoneId};
use patchbay_core::technician::{Availability, TechnicianStatus};
use uuid::Uuid;

use crate::error::StoreError;
use crate::record;
use crate::search::pattern;
use crate::tx::Tx;

mod links;

crate::stored_words!(TechnicianStatus, Availability);

record! {
    /// A technician as it is stored, without what is linked.
    #[derive(Clone, Debug)]
    pub struct TechnicianRow {
        /// Our id.
        pub id: TechnicianId,
        /// The login of the technician.
        pub user_id: Option<UserId>,
        /// Name.
        pub name: String,
        /// Telephone, unique.
        pub phone_e164: Option<String>,
        /// E-mail address.
        pub email: Option<String>,
        /// Whether the technician works here.
        pub status: TechnicianStatus,
        /// Whether the technician can be sent.
        pub availability: Availability,
        /// Who goes first among equals; lower comes first.
        pub priority_rank: i64,
        /// How many jobs at once.
        pub max_active_jobs: i64,
        /// Where the technician is at home.
        pub home_zone_id: Option<ZoneId>,
        /// Grows with every change.
        pub version: i64,
        /// When it was made.
        pub created_at: DateTime<Utc>,
        /// When it last changed.
        pub updated_at: DateTime<Utc>,
    }
}

/// A technician with everything linked.
#[derive(Clone, Debug)]
pub struct Technician {
    /// The row.
    pub row: TechnicianRow,
    /// What the technician can do.
    pub skills: BTreeSet<String>,
    /// Where the technician works.
    pub zones: BTreeSet<ZoneId>,
    /// When the technician works, in order.
    pub hours: Vec<Shift>,
}

/// Which technicians a list shows.
#[derive(Clone, Debug, Default)]
pub struct TechnicianFilter {
    /// Only of this status.
    pub status: Option<TechnicianStatus>,
    /// Only of this availability.
    pub availability: Option<Availability>,
    /// Only those who work in this zone.
    pub zone: Option<ZoneId>,
    /// Only those who have this skill.
    pub skill: Option<String>,
    /// Only the one with this login.
    pub user: Option<UserId>,
    /// Only with this in their name; lower case.
    pub text: Option<String>,
}

/// Makes a technician. Errors: [`StoreError::Duplicate`] when login or telephone are taken,
/// [`StoreError::MissingReference`].
pub async fn insert(tx: &mut Tx, technician: &Technician) -> Result<(), StoreError> {
    insert_row(tx, &technician.row).await?;
    links::write(tx, technician).await
}

async fn insert_row(tx: &mut Tx, row: &TechnicianRow) -> Result<(), StoreError> {
    tx.query(
        "insert into technicians (id, user_id, name, phone_e164, email, status, availability, priority_rank, max_active_jobs,
                home_zone_id, version, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
    )
    .bind(row.id)
    .bind(row.user_id)
    .bind(row.name.as_str())
    .bind(row.phone_e164.as_deref())
    .bind(row.email.as_deref())
    .bind(row.status)
    .bind(row.availability)
    .bind(row.priority_rank)
    .bind(row.max_active_jobs)
    .bind(row.home_zone_id)
    .bind(row.version)
    .bind(row.created_at)
    .bind(row.updated_at)
    .execute()
    .await
    .map(drop)
}

/// One technician.
pub async fn by_id(tx: &mut Tx, id: TechnicianId) -> Result<Option<Technician>, StoreError> {
    let row = tx
        .query(
            "select id, user_id, name, phone_e164, email, status, availability, priority_rank, max_active_jobs,
                    home_zone_id, version, created_at, updated_at
             from technicians where id = $1",
        )
        .bind(id)
        .optional()
        .await?;
    Ok(links::complete(tx, row.into_iter().collect()).await?.pop())
}

/// The technician that somebody is: by the login, or by the technician's own id.
pub async fn of_actor(tx: &mut Tx, actor: ActorId) -> Result<Option<TechnicianId>, StoreError> {
    let found = tx
        .query("select id from technicians where user_id = $1 or id = $1 order by user_id nulls last limit 1")
        .bind(actor)
        .column()
        .await?;
    Ok(found.first().copied())
}

/// Technicians in the order they were made, after `after`.
pub async fn page(
    tx: &mut Tx,
    filter: &TechnicianFilter,
    after: Option<TechnicianId>,
    limit: i64,
) -> Result<Vec<Technician>, StoreError> {
    let rows = tx
        .query_for(
            "select id, user_id, name, phone_e164, email, status, availability, priority_rank, max_active_jobs,
                    home_zone_id, version, created_at, updated_at
             from technicians t
             where id > $1
               and ($2 is null or status = $2)
               and ($3 is null or availability = $3)
               and ($4 is null or exists (
                   select 1 from technician_zones z where z.technician_id = t.id and z.zone_id = $4))
               and ($5 is null or exists (
                   select 1 from technician_skills s where s.technician_id = t.id and s.skill_key = $5))
               and ($6 is null or user_id = $6)
               and ($7 is null or lower(name) like $7)
             order by id limit $8",
            "select id, user_id, name, phone_e164, email, status, availability, priority_rank, max_active_jobs,
                    home_zone_id, version, created_at, updated_at
             from technicians t
             where id > $1
               and ($2::text is null or status = $2)
               and ($3::text is null or availability = $3)
               and ($4::uuid is null or exists (
                   select 1 from technician_zones z where z.technician_id = t.id and z.zone_id = $4))
               and ($5::text is null or exists (
                   select 1 from technician_skills s where s.technician_id = t.id and s.skill_key = $5))
               and ($6::uuid is null or user_id = $6)
               and ($7::text is null or lower(name) like $7)
             order by id limit $8",
        )
        .bind(after.unwrap_or(TechnicianId(Uuid::nil())))
        .bind(filter.status)
        .bind(filter.availability)
        .bind(filter.zone)
        .bind(filter.skill.as_deref())
        .bind(filter.user)
        .bind(pattern(filter.text.as_deref()))
        .bind(limit)
        .all()
        .await?;
    links::complete(tx, rows).await
}

/// Locks a technician until the transaction ends, so that two jobs that start see each other. SQLite has one writer
/// anyway. `false`: there is none.
pub async fn lock(tx: &mut Tx, id: TechnicianId) -> Result<bool, StoreError> {
    let found: Vec<i64> = tx
        .query_for(
            "select 1 from technicians where id = $1",
            "select 1::bigint from technicians where id = $1 for no key update",
        )
        .bind(id)
        .column()
        .await?;
    Ok(!found.is_empty())
}

/// Writes a technician as it stands, links included. Errors: [`StoreError::Conflict`] when it changed since it was read,
/// [`StoreError::Duplicate`] when login or telephone are taken, [`StoreError::MissingReference`].
pub async fn update(tx: &mut Tx, technician: &Technician) -> Result<(), StoreError> {
    update_row(tx, &technician.row).await?;
    links::write(tx, technician).await
}

async fn update_row(tx: &mut Tx, row: &TechnicianRow) -> Result<(), StoreError> {
    let changed = tx
        .query(
            "update technicians
             set user_id = $3, name = $4, phone_e164 = $5, email = $6, status = $7, availability = $8,
                 priority_rank = $9, max_active_jobs = $10, home_zone_id = $11,
                 updated_at = $12, version = version + 1
             where id = $1 and version = $2",
        )
        .bind(row.id)
        .bind(row.version)
        .bind(row.user_id)
        .bind(row.name.as_str())
        .bind(row.phone_e164.as_deref())
        .bind(row.email.as_deref())
        .bind(row.status)
        .bind(row.availability)
        .bind(row.priority_rank)
        .bind(row.max_active_jobs)
        .bind(row.home_zone_id)
        .bind(row.updated_at)
        .execute()
        .await?;
    if changed == 1 { Ok(()) } else { Err(StoreError::Conflict) }
}
