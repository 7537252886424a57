//! Accounts: customer organizations.

use chrono::{DateTime, Utc};
use patchbay_core::actor::Scope;
use patchbay_core::ids::AccountId;
use patchbay_core::place::{PlaceStatus, SlaTier};
use patchbay_core::ticket::Profile;
use serde_json::Value;

use crate::batch::Batch;
use crate::error::StoreError;
use crate::record;
use crate::tickets::listed;
use crate::tx::Tx;

record! {
    /// An account as it is stored.
    #[derive(Clone, Debug)]
    pub struct AccountRow {
        /// Our id.
        pub id: AccountId,
        /// Its name.
        pub name: String,
        /// Line of business.
        pub profile: Profile,
        /// Whether it takes new work.
        pub status: PlaceStatus,
        /// How fast it is served.
        pub sla_tier: SlaTier,
        /// What a ticket may cost when nobody says otherwise, in minor units.
        pub default_nte_cents: Option<i64>,
        /// Currency of its money.
        pub currency: String,
        /// Its language.
        pub locale: String,
        /// Its time zone.
        pub timezone: String,
        /// What else is set: `code_prefix` of its tickets.
        pub settings: Value,
        /// Its customer in the accounting system.
        pub qb_customer_id: Option<String>,
        /// Grows with every change.
        pub version: i64,
        /// When it was made.
        pub created_at: DateTime<Utc>,
        /// When it last changed.
        pub updated_at: DateTime<Utc>,
    }
}

/// Makes an account.
pub async fn insert(tx: &mut Tx, row: &AccountRow) -> Result<(), StoreError> {
    tx.query(
        "insert into accounts (id, name, profile, status, sla_tier, default_nte_cents, currency, locale, timezone,
                settings, qb_customer_id, version, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
    )
    .bind(row.id)
    .bind(row.name.as_str())
    .bind(row.profile)
    .bind(row.status)
    .bind(row.sla_tier)
    .bind(row.default_nte_cents)
    .bind(row.currency.as_str())
    .bind(row.locale.as_str())
    .bind(row.timezone.as_str())
    .bind(row.settings.clone())
    .bind(row.qb_customer_id.as_deref())
    .bind(row.version)
    .bind(row.created_at)
    .bind(row.updated_at)
    .execute()
    .await
    .map(drop)
}

/// One account.
pub async fn by_id(tx: &mut Tx, id: AccountId) -> Result<Option<AccountRow>, StoreError> {
    tx.query(
        "select id, name, profile, status, sla_tier, default_nte_cents, currency, locale, timezone, settings,
                qb_customer_id, version, created_at, updated_at
         from accounts where id = $1",
    )
    .bind(id)
    .optional()
    .await
}

/// Accounts in the order they were made, after `after`; only those of `scope`, only with `text` (lower case) in their
/// name.
pub async fn page(
    tx: &mut Tx,
    scope: &Scope<AccountId>,
    text: Option<&str>,
    after: AccountId,
    limit: i64,
) -> Result<Vec<AccountRow>, StoreError> {
    let pattern = text.map(|text| format!("%{}%", text.replace(['%', '_', '\\'], "")));
    tx.query_for(
        "select id, name, profile, status, sla_tier, default_nte_cents, currency, locale, timezone, settings,
                qb_customer_id, version, created_at, updated_at
         from accounts
         where id > $1 and ($2 or id in (select unhex(value ->> 0) from json_each($3)))
           and ($4 is null or lower(name) like $4)
         order by id limit $5",
        "select id, name, profile, status, sla_tier, default_nte_cents, currency, locale, timezone, settings,
                qb_customer_id, version, created_at, updated_at
         from accounts
         where id > $1 and ($2::boolean or id = any($3::uuid[]))
           and ($4::text is null or lower(name) like $4)
         order by id limit $5",
    )
    .bind(after)
    .bind(*scope == Scope::All)
    .bind_batch(Batch::new().ids(listed(scope)))
    .bind(pattern)
    .bind(limit)
    .all()
    .await
}

/// Writes an account as it stands. Error: [`StoreError::Conflict`] when it changed since it was read.
pub async fn update(tx: &mut Tx, row: &AccountRow) -> Result<(), StoreError> {
    let changed = tx
        .query(
            "update accounts
             set name = $3, profile = $4, status = $5, sla_tier = $6, default_nte_cents = $7, currency = $8,
                 locale = $9, timezone = $10, settings = $11, qb_customer_id = $12, updated_at = $13,
                 version = version + 1
             where id = $1 and version = $2",
        )
        .bind(row.id)
        .bind(row.version)
        .bind(row.name.as_str())
        .bind(row.profile)
        .bind(row.status)
        .bind(row.sla_tier)
        .bind(row.default_nte_cents)
        .bind(row.currency.as_str())
        .bind(row.locale.as_str())
        .bind(row.timezone.as_str())
        .bind(row.settings.clone())
        .bind(row.qb_customer_id.as_deref())
        .bind(row.updated_at)
        .execute()
        .await?;
    if changed == 1 { Ok(()) } else { Err(StoreError::Conflict) }
}
