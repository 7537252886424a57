//! Rules that rank tickets.

use chrono::{DateTime, Utc};
use patchbay_core::ids::{RankingRuleId, ServiceId, SiteId};
use patchbay_core::ticket::Urgency;
use uuid::Uuid;

use crate::error::StoreError;
use crate::record;
use crate::tx::Tx;

record! {
    /// A ranking rule as it is stored.
    #[derive(Clone, Debug)]
    pub struct RankingRuleRow {
        /// Our id.
        pub id: RankingRuleId,
        /// What it is for; stands on the tickets it applied to.
        pub description: String,
        /// Only at this site.
        pub site_id: Option<SiteId>,
        /// Only with this service.
        pub service_id: Option<ServiceId>,
        /// Only for this make.
        pub vehicle_make: Option<String>,
        /// Only for requests of this urgency.
        pub urgency_match: Option<Urgency>,
        /// Raises the urgency to this.
        pub target_urgency: Urgency,
        /// Adds this to the score, -100 to 100.
        pub ranking_score: i64,
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

/// Which rules a list shows.
#[derive(Clone, Copy, Debug, Default)]
pub struct RankingRuleFilter {
    /// Only those that count, or only those that do not.
    pub active: Option<bool>,
    /// Only those of this site.
    pub site: Option<SiteId>,
}

/// Makes a rule. Error: [`StoreError::MissingReference`].
pub async fn insert(tx: &mut Tx, row: &RankingRuleRow) -> Result<(), StoreError> {
    tx.query(
        "insert into ranking_rules (id, description, site_id, service_id, vehicle_make, urgency_match, target_urgency, ranking_score,
                is_active, version, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
    )
    .bind(row.id)
    .bind(row.description.as_str())
    .bind(row.site_id)
    .bind(row.service_id)
    .bind(row.vehicle_make.as_deref())
    .bind(row.urgency_match)
    .bind(row.target_urgency)
    .bind(row.ranking_score)
    .bind(row.is_active)
    .bind(row.version)
    .bind(row.created_at)
    .bind(row.updated_at)
    .execute()
    .await
    .map(drop)
}

/// One rule.
pub async fn by_id(tx: &mut Tx, id: RankingRuleId) -> Result<Option<RankingRuleRow>, StoreError> {
    tx.query(
        "select id, description, site_id, service_id, vehicle_make, urgency_match, target_urgency, ranking_score,
                is_active, version, created_at, updated_at
         from ranking_rules where id = $1",
    )
    .bind(id)
    .optional()
    .await
}

/// The rules that count, in the order they apply.
pub async fn active(tx: &mut Tx) -> Result<Vec<RankingRuleRow>, StoreError> {
    tx.query(
        "select id, description, site_id, service_id, vehicle_make, urgency_match, target_urgency, ranking_score,
                is_active, version, created_at, updated_at
         from ranking_rules where is_active order by created_at, id",
    )
    .all()
    .await
}

/// Rules in the order they were made, after `after`.
pub async fn page(
    tx: &mut Tx,
    filter: &RankingRuleFilter,
    after: Option<RankingRuleId>,
    limit: i64,
) -> Result<Vec<RankingRuleRow>, StoreError> {
    tx.query_for(
        "select id, description, site_id, service_id, vehicle_make, urgency_match, target_urgency, ranking_score,
                is_active, version, created_at, updated_at
         from ranking_rules
         where id > $1
           and ($2 is null or is_active = $2)
           and ($3 is null or site_id = $3)
         order by id limit $4",
        "select id, description, site_id, service_id, vehicle_make, urgency_match, target_urgency, ranking_score,
                is_active, version, created_at, updated_at
         from ranking_rules
         where id > $1
           and ($2::boolean is null or is_active = $2)
           and ($3::uuid is null or site_id = $3)
         order by id limit $4",
    )
    .bind(after.unwrap_or(RankingRuleId(Uuid::nil())))
    .bind(filter.active)
    .bind(filter.site)
    .bind(limit)
    .all()
    .await
}

/// Writes a rule as it stands. Error: [`StoreError::Conflict`] when it changed since it was read.
pub async fn update(tx: &mut Tx, row: &RankingRuleRow) -> Result<(), StoreError> {
    let changed = tx
        .query(
            "update ranking_rules
             set description = $3, site_id = $4, service_id = $5, vehicle_make = $6, urgency_match = $7,
                 target_urgency = $8, ranking_score = $9, is_active = $10, updated_at = $11,
                 version = version + 1
             where id = $1 and version = $2",
        )
        .bind(row.id)
        .bind(row.version)
        .bind(row.description.as_str())
        .bind(row.site_id)
        .bind(row.service_id)
        .bind(row.vehicle_make.as_deref())
        .bind(row.urgency_match)
        .bind(row.target_urgency)
        .bind(row.ranking_score)
        .bind(row.is_active)
        .bind(row.updated_at)
        .execute()
        .await?;
    if changed == 1 { Ok(()) } else { Err(StoreError::Conflict) }
}
