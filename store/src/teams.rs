//! Teams and who belongs to them.

use chrono::{DateTime, Utc};
use patchbay_core::ids::{TeamId, UserId};
use serde_json::Value;

use crate::error::StoreError;
use crate::record;
use crate::tx::Tx;

record! {
    /// A team as stored.
    #[derive(Clone, Debug)]
    pub struct TeamRow {
        /// Our id.
        pub id: TeamId,
        /// Short unique name.
        pub slug: String,
        /// Name to show.
        pub name: String,
        /// IANA time zone of its business hours.
        pub timezone: String,
        /// Whether conversations of its queue are given out by themselves.
        pub auto_assign: bool,
        /// When it is there, by weekday.
        pub business_hours: Value,
        /// Days on which it is not.
        pub holidays: Value,
        /// Deactivated teams take no conversations.
        pub is_active: bool,
        /// Grows with every change.
        pub version: i64,
        /// When it was created.
        pub created_at: DateTime<Utc>,
        /// When it last changed.
        pub updated_at: DateTime<Utc>,
    }
}

record! {
    /// That a user belongs to a team.
    #[derive(Clone, Copy, Debug)]
    pub struct MembershipRow {
        /// The team.
        pub team_id: TeamId,
        /// The user.
        pub user_id: UserId,
    }
}

/// Stores a team. Error: [`StoreError::Duplicate`] when the slug is taken.
pub async fn insert(tx: &mut Tx, row: &TeamRow) -> Result<(), StoreError> {
    tx.query(
        "insert into teams (id, slug, name, timezone, is_active, version, created_at, updated_at, auto_assign,
                business_hours, holidays)
         values ($1, $2, $3, $4, $5, 1, $6, $6, $7, $8, $9)",
    )
    .bind(row.id)
    .bind(row.slug.as_str())
    .bind(row.name.as_str())
    .bind(row.timezone.as_str())
    .bind(row.is_active)
    .bind(row.created_at)
    .bind(row.auto_assign)
    .bind(row.business_hours.clone())
    .bind(row.holidays.clone())
    .execute()
    .await?;
    Ok(())
}

/// Stores a team unless its slug is taken. Tells whether it did.
pub async fn insert_if_new(tx: &mut Tx, row: &TeamRow) -> Result<bool, StoreError> {
    let inserted = tx
        .query(
            "insert into teams (id, slug, name, timezone, is_active, version, created_at, updated_at, auto_assign,
                    business_hours, holidays)
             values ($1, $2, $3, $4, $5, 1, $6, $6, $7, $8, $9) on conflict do nothing",
        )
        .bind(row.id)
        .bind(row.slug.as_str())
        .bind(row.name.as_str())
        .bind(row.timezone.as_str())
        .bind(row.is_active)
        .bind(row.created_at)
        .bind(row.auto_assign)
        .bind(row.business_hours.clone())
        .bind(row.holidays.clone())
        .execute()
        .await?;
    Ok(inserted == 1)
}

/// One team.
pub async fn by_id(tx: &mut Tx, id: TeamId) -> Result<Option<TeamRow>, StoreError> {
    tx.query(
        "select id, slug, name, timezone, is_active, version, created_at, updated_at, auto_assign, business_hours,
                holidays
         from teams where id = $1",
    )
    .bind(id)
    .optional()
    .await
}

/// The team with a slug.
pub async fn by_slug(tx: &mut Tx, slug: &str) -> Result<Option<TeamRow>, StoreError> {
    tx.query(
        "select id, slug, name, timezone, is_active, version, created_at, updated_at, auto_assign, business_hours,
                holidays
         from teams where slug = $1",
    )
    .bind(slug)
    .optional()
    .await
}

/// Teams in the order of their creation, after `after`.
pub async fn page(tx: &mut Tx, after: Option<TeamId>, limit: i64) -> Result<Vec<TeamRow>, StoreError> {
    tx.query(
        "select id, slug, name, timezone, is_active, version, created_at, updated_at, auto_assign, business_hours,
                holidays
         from teams where ($1 is null or id > $1) order by id limit $2",
    )
    .bind(after)
    .bind(limit)
    .all()
    .await
}

/// How many teams there are, deactivated ones included.
pub async fn count(tx: &mut Tx) -> Result<i64, StoreError> {
    tx.query("select count(*) from teams").scalar().await
}

/// Writes a team as it stands. Errors: [`StoreError::Conflict`] when it changed since it was read,
/// [`StoreError::Duplicate`] when the slug is taken.
pub async fn update(tx: &mut Tx, row: &TeamRow) -> Result<(), StoreError> {
    let changed = tx
        .query(
            "update teams set slug = $3, name = $4, timezone = $5, is_active = $6, updated_at = $7, auto_assign = $8,
                 business_hours = $9, holidays = $10, version = version + 1
             where id = $1 and version = $2",
        )
        .bind(row.id)
        .bind(row.version)
        .bind(row.slug.as_str())
        .bind(row.name.as_str())
        .bind(row.timezone.as_str())
        .bind(row.is_active)
        .bind(row.updated_at)
        .bind(row.auto_assign)
        .bind(row.business_hours.clone())
        .bind(row.holidays.clone())
        .execute()
        .await?;
    if changed == 1 { Ok(()) } else { Err(StoreError::Conflict) }
}

/// Puts a user into a team. `false` when the user was in it. Error: [`StoreError::MissingReference`] when one of them
/// does not exist.
pub async fn add_member(tx: &mut Tx, team: TeamId, user: UserId, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let added = tx
        .query(
            "insert into team_memberships (team_id, user_id, created_at) values ($1, $2, $3)
             on conflict (team_id, user_id) do nothing",
        )
        .bind(team)
        .bind(user)
        .bind(now)
        .execute()
        .await?;
    Ok(added == 1)
}

/// Takes a user out of a team. `false` when the user was not in it.
pub async fn remove_member(tx: &mut Tx, team: TeamId, user: UserId) -> Result<bool, StoreError> {
    let removed = tx
        .query("delete from team_memberships where team_id = $1 and user_id = $2")
        .bind(team)
        .bind(user)
        .execute()
        .await?;
    Ok(removed == 1)
}

/// The teams of a user.
pub async fn of_user(tx: &mut Tx, user: UserId) -> Result<Vec<TeamRow>, StoreError> {
    tx.query(
        "select t.id, t.slug, t.name, t.timezone, t.is_active, t.version, t.created_at, t.updated_at,
                t.auto_assign, t.business_hours, t.holidays
         from team_memberships m join teams t on t.id = m.team_id where m.user_id = $1 order by t.slug",
    )
    .bind(user)
    .all()
    .await
}
