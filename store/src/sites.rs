//! Sites: the places of accounts, and the people at them.

use chrono::{DateTime, Utc};
use patchbay_core::actor::Scope;
use patchbay_core::ids::{AccountId, ContactId, SiteId, TechnicianId, ZoneId};
use patchbay_core::place::{PlaceStatus, SiteRelation};
use patchbay_core::ticket::{Profile, SiteFacts};
use serde_json::Value;

use crate::batch::Batch;
use crate::error::StoreError;
use crate::record;
use crate::tickets::listed;
use crate::tx::Tx;

record! {
    /// A site as it is stored.
    #[derive(Clone, Debug)]
    pub struct SiteRow {
        /// Our id.
        pub id: SiteId,
        /// Account it belongs to.
        pub account_id: AccountId,
        /// Its name among people: D-001.
        pub code: String,
        /// Its name.
        pub name: String,
        /// Street and number.
        pub address1: String,
        /// More of it.
        pub address2: Option<String>,
        /// Flat or suite.
        pub unit: Option<String>,
        /// City.
        pub city: String,
        /// State or province.
        pub region: Option<String>,
        /// Postal code.
        pub postal_code: Option<String>,
        /// Country, two letters.
        pub country: String,
        /// Its time zone.
        pub timezone: String,
        /// Its telephone.
        pub phone: Option<String>,
        /// Its e-mail address.
        pub email: Option<String>,
        /// How to get in.
        pub access_instructions: Option<String>,
        /// When it is open.
        pub hours: Option<Value>,
        /// Every ticket of it needs a person's look.
        pub is_audit_flagged: bool,
        /// Who pays.
        pub bill_to: Option<Value>,
        /// The zone it lies in.
        pub zone_id: Option<ZoneId>,
        /// The one technician it accepts.
        pub exclusive_technician_id: Option<TechnicianId>,
        /// Whether it takes new work.
        pub status: PlaceStatus,
        /// Grows with every change.
        pub version: i64,
        /// When it was made.
        pub created_at: DateTime<Utc>,
        /// When it last changed.
        pub updated_at: DateTime<Utc>,
    }
}

record! {
    /// A contact at a site.
    #[derive(Clone, Debug)]
    pub struct SiteContact {
        /// The contact.
        pub contact_id: ContactId,
        /// The contact's name.
        pub display_name: String,
        /// The site.
        pub site_id: SiteId,
        /// What the contact is there.
        pub relation: SiteRelation,
        /// Whether to ask this contact first.
        pub is_primary: bool,
        /// When it was said.
        pub created_at: DateTime<Utc>,
    }
}

/// What a ticket at a site takes over, and whether it takes new work.
#[derive(Clone, Debug)]
pub struct SiteForTicket {
    /// What a ticket takes over.
    pub facts: SiteFacts,
    /// First part of the codes of the account's tickets, when it has one of its own.
    pub code_prefix: Option<String>,
    /// Whether site and account take new work.
    pub status: PlaceStatus,
}

record! {
    struct FactsRow {
        account_id: AccountId,
        site_id: SiteId,
        profile: Profile,
        currency: String,
        default_nte_cents: Option<i64>,
        is_audit_flagged: bool,
        region_weight: i64,
        settings: Value,
        site_status: PlaceStatus,
        account_status: PlaceStatus,
    }
}

/// What a ticket at `site` takes over.
pub async fn for_ticket(tx: &mut Tx, site: SiteId) -> Result<Option<SiteForTicket>, StoreError> {
    let row = tx
        .query(
            "select s.account_id, s.id as site_id, a.profile, a.currency, a.default_nte_cents, s.is_audit_flagged,
                    a.settings, s.status as site_status, a.status as account_status,
                    coalesce(z.region_weight, 500) as region_weight
             from sites s join accounts a on a.id = s.account_id left join zones z on z.id = s.zone_id
             where s.id = $1",
        )
        .bind(site)
        .optional::<FactsRow>()
        .await?;
    Ok(row.map(|row| SiteForTicket {
        code_prefix: row.settings.get("code_prefix").and_then(Value::as_str).map(str::to_owned),
        status: if row.site_status == PlaceStatus::Active { row.account_status } else { row.site_status },
        facts: SiteFacts {
            account_id: row.account_id,
            site_id: row.site_id,
            profile: row.profile,
            currency: row.currency,
            default_nte_cents: row.default_nte_cents,
            is_audit_flagged: row.is_audit_flagged,
            region_weight: row.region_weight,
        },
    }))
}

/// Locks a site until the transaction ends, so that two intakes at it see each other. SQLite has one writer anyway.
pub async fn lock(tx: &mut Tx, site: SiteId) -> Result<(), StoreError> {
    tx.query_for("select 1 where $1 is null", "select 1 from sites where id = $1 for no key update")
        .bind(site)
        .execute()
        .await
        .map(drop)
}

/// Makes a site. Errors: [`StoreError::Duplicate`] when the code is taken, [`StoreError::MissingReference`].
pub async fn insert(tx: &mut Tx, row: &SiteRow) -> Result<(), StoreError> {
    tx.query(
        "insert into sites (id, account_id, code, name, address1, address2, unit, city, region, postal_code, country,
                timezone, phone, email, access_instructions, hours, is_audit_flagged, bill_to, zone_id,
                exclusive_technician_id, status, version, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22,
                 $23, $24)",
    )
    .bind(row.id)
    .bind(row.account_id)
    .bind(row.code.as_str())
    .bind(row.name.as_str())
    .bind(row.address1.as_str())
    .bind(row.address2.as_deref())
    .bind(row.unit.as_deref())
    .bind(row.city.as_str())
    .bind(row.region.as_deref())
    .bind(row.postal_code.as_deref())
    .bind(row.country.as_str())
    .bind(row.timezone.as_str())
    .bind(row.phone.as_deref())
    .bind(row.email.as_deref())
    .bind(row.access_instructions.as_deref())
    .bind(row.hours.clone())
    .bind(row.is_audit_flagged)
    .bind(row.bill_to.clone())
    .bind(row.zone_id)
    .bind(row.exclusive_technician_id)
    .bind(row.status)
    .bind(row.version)
    .bind(row.created_at)
    .bind(row.updated_at)
    .execute()
    .await
    .map(drop)
}

/// Whether a site has this code.
pub async fn has_code(tx: &mut Tx, code: &str) -> Result<bool, StoreError> {
    tx.query("select count(*) > 0 from sites where code = $1").bind(code).scalar().await
}

/// One site.
pub async fn by_id(tx: &mut Tx, id: SiteId) -> Result<Option<SiteRow>, StoreError> {
    tx.query(
        "select id, account_id, code, name, address1, address2, unit, city, region, postal_code, country, timezone,
                phone, email, access_instructions, hours, is_audit_flagged, bill_to, zone_id, exclusive_technician_id,
                status, version, created_at, updated_at
         from sites where id = $1",
    )
    .bind(id)
    .optional()
    .await
}

/// Which sites a list shows.
#[derive(Clone, Debug)]
pub struct SiteFilter {
    /// Only of these accounts.
    pub accounts: Scope<AccountId>,
    /// Only these.
    pub sites: Scope<SiteId>,
    /// Only with this in their name, code or city; lower case.
    pub text: Option<String>,
}

/// Sites in the order they were made, after `after`.
pub async fn page(tx: &mut Tx, filter: &SiteFilter, after: SiteId, limit: i64) -> Result<Vec<SiteRow>, StoreError> {
    let pattern = filter.text.as_ref().map(|text| format!("%{}%", text.replace(['%', '_', '\\'], "")));
    tx.query_for(
        "select id, account_id, code, name, address1, address2, unit, city, region, postal_code, country, timezone,
                phone, email, access_instructions, hours, is_audit_flagged, bill_to, zone_id, exclusive_technician_id,
                status, version, created_at, updated_at
         from sites
         where id > $1
           and ($2 or account_id in (select unhex(value ->> 0) from json_each($3)))
           and ($4 or id in (select unhex(value ->> 0) from json_each($5)))
           and ($6 is null or lower(name) like $6 or lower(code) like $6 or lower(city) like $6)
         order by id limit $7",
        "select id, account_id, code, name, address1, address2, unit, city, region, postal_code, country, timezone,
                phone, email, access_instructions, hours, is_audit_flagged, bill_to, zone_id, exclusive_technician_id,
                status, version, created_at, updated_at
         from sites
         where id > $1
           and ($2::boolean or account_id = any($3::uuid[]))
           and ($4::boolean or id = any($5::uuid[]))
           and ($6::text is null or lower(name) like $6 or lower(code) like $6 or lower(city) like $6)
         order by id limit $7",
    )
    .bind(after)
    .bind(filter.accounts == Scope::All)
    .bind_batch(Batch::new().ids(listed(&filter.accounts)))
    .bind(filter.sites == Scope::All)
    .bind_batch(Batch::new().ids(listed(&filter.sites)))
    .bind(pattern)
    .bind(limit)
    .all()
    .await
}

/// Writes a site as it stands; its account stays. Errors: [`StoreError::Conflict`] when it changed since it was read,
/// [`StoreError::Duplicate`] when the code is taken.
pub async fn update(tx: &mut Tx, row: &SiteRow) -> Result<(), StoreError> {
    let changed = tx
        .query(
            "update sites
             set code = $3, name = $4, address1 = $5, address2 = $6, unit = $7, city = $8, region = $9,
                 postal_code = $10, country = $11, timezone = $12, phone = $13, email = $14, access_instructions = $15,
                 hours = $16, is_audit_flagged = $17, bill_to = $18, zone_id = $19, exclusive_technician_id = $20,
                 status = $21, updated_at = $22, version = version + 1
             where id = $1 and version = $2",
        )
        .bind(row.id)
        .bind(row.version)
        .bind(row.code.as_str())
        .bind(row.name.as_str())
        .bind(row.address1.as_str())
        .bind(row.address2.as_deref())
        .bind(row.unit.as_deref())
        .bind(row.city.as_str())
        .bind(row.region.as_deref())
        .bind(row.postal_code.as_deref())
        .bind(row.country.as_str())
        .bind(row.timezone.as_str())
        .bind(row.phone.as_deref())
        .bind(row.email.as_deref())
        .bind(row.access_instructions.as_deref())
        .bind(row.hours.clone())
        .bind(row.is_audit_flagged)
        .bind(row.bill_to.clone())
        .bind(row.zone_id)
        .bind(row.exclusive_technician_id)
        .bind(row.status)
        .bind(row.updated_at)
        .execute()
        .await?;
    if changed == 1 { Ok(()) } else { Err(StoreError::Conflict) }
}

/// The contacts at a site, primary ones first.
pub async fn contacts(tx: &mut Tx, site: SiteId) -> Result<Vec<SiteContact>, StoreError> {
    tx.query(
        "select l.contact_id, c.display_name, l.site_id, l.relation, l.is_primary, l.created_at
         from contact_sites l join contacts c on c.id = l.contact_id
         where l.site_id = $1 and c.merged_into is null
         order by l.is_primary desc, l.created_at, l.contact_id, l.relation",
    )
    .bind(site)
    .all()
    .await
}

/// Whether to ask a contact first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rank {
    /// First.
    Primary,
    /// After the primary ones.
    Secondary,
}

/// Says what a contact is at a site; saying it again changes the rank. Error: [`StoreError::MissingReference`].
pub async fn put_contact(
    tx: &mut Tx,
    site: SiteId,
    contact: ContactId,
    relation: SiteRelation,
    rank: Rank,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    tx.query(
        "insert into contact_sites (contact_id, site_id, relation, is_primary, created_at) values ($1, $2, $3, $4, $5)
         on conflict (contact_id, site_id, relation) do update set is_primary = excluded.is_primary",
    )
    .bind(contact)
    .bind(site)
    .bind(relation)
    .bind(rank == Rank::Primary)
    .bind(now)
    .execute()
    .await
    .map(drop)
}

/// Forgets what a contact is at a site. `false` when it was nothing.
pub async fn remove_contact(
    tx: &mut Tx,
    site: SiteId,
    contact: ContactId,
    relation: SiteRelation,
) -> Result<bool, StoreError> {
    let rows = tx
        .query("delete from contact_sites where site_id = $1 and contact_id = $2 and relation = $3")
        .bind(site)
        .bind(contact)
        .bind(relation)
        .execute()
        .await?;
    Ok(rows == 1)
}
