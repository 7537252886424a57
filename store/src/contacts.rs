//! Contacts, and the addresses they write from.

mod identities;

use chrono::{DateTime, Utc};
use patchbay_core::ids::{AccountId, ContactId, SiteId};
use serde_json::Value;

use crate::batch::Batch;
use crate::error::StoreError;
use crate::record;
use crate::tx::Tx;

pub use identities::{
    IdentityRow, KnownAddress, NewIdentity, add_identity, by_phone_numbers, identities_of, insert_identities,
    known_addresses, opt_in, opt_out, opted_out, remove_identity, verify_identity,
};

record! {
    /// A place that can be told by its telephone number.
    #[derive(Clone, Debug)]
    pub struct SiteByPhone {
        /// The number.
        pub phone: String,
        /// The place.
        pub site_id: SiteId,
        /// Its account.
        pub account_id: AccountId,
        /// Its name.
        pub name: String,
    }
}

record! {
    /// A contact as it is stored.
    #[derive(Clone, Debug)]
    pub struct ContactRow {
        /// Our id.
        pub id: ContactId,
        /// Account it belongs to, if known.
        pub account_id: Option<AccountId>,
        /// Name to show.
        pub display_name: String,
        /// Preferred language.
        pub locale: Option<String>,
        /// Time zone.
        pub timezone: Option<String>,
        /// May ask for work.
        pub is_authorized_requester: bool,
        /// May approve costs.
        pub is_authorized_approver: bool,
        /// May let somebody in.
        pub can_grant_access: bool,
        /// Whom to ask first when something escalates: low numbers first.
        pub escalation_level: Option<i64>,
        /// Further facts.
        pub metadata: Value,
        /// The contact it was merged into.
        pub merged_into: Option<ContactId>,
        /// When everything about it was erased.
        pub erased_at: Option<DateTime<Utc>>,
        /// Grows with every change.
        pub version: i64,
        /// When it was first seen.
        pub created_at: DateTime<Utc>,
        /// When it last changed.
        pub updated_at: DateTime<Utc>,
    }
}

/// Active places with these telephone numbers.
pub async fn sites_by_phone(tx: &mut Tx, numbers: &[&str]) -> Result<Vec<SiteByPhone>, StoreError> {
    if numbers.is_empty() {
        return Ok(Vec::new());
    }
    tx.query_for(
        "select s.phone, s.id as site_id, s.account_id, s.name
         from json_each($1) as batch join sites s on s.phone = batch.value ->> 0 and s.status = 'active'",
        "select s.phone, s.id as site_id, s.account_id, s.name
         from unnest($1::text[]) as batch (phone) join sites s on s.phone = batch.phone and s.status = 'active'",
    )
    .bind_batch(Batch::new().texts(numbers.iter().copied()))
    .all()
    .await
}

/// A contact about to be stored with its first address.
#[derive(Clone, Debug)]
pub struct NewContact {
    /// Our id.
    pub id: ContactId,
    /// Account it belongs to, if known.
    pub account_id: Option<AccountId>,
    /// Name to show.
    pub display_name: String,
}

/// Inserts contacts.
pub async fn insert(tx: &mut Tx, contacts: &[NewContact], now: DateTime<Utc>) -> Result<(), StoreError> {
    if contacts.is_empty() {
        return Ok(());
    }
    tx.query_for(
        "insert into contacts (id, account_id, display_name, created_at, updated_at, is_authorized_requester,
                is_authorized_approver, metadata, version)
         select unhex(value ->> 0), unhex(value ->> 1), value ->> 2, value ->> 3, value ->> 3, 0, 0, '{}', 1
         from json_each($1)",
        "insert into contacts (id, account_id, display_name, created_at, updated_at, is_authorized_requester,
                is_authorized_approver, metadata, version)
         select batch.id, batch.account_id, batch.name, batch.at, batch.at, false, false, '{}', 1
         from unnest($1::uuid[], $2::uuid[], $3::text[], $4::timestamptz[]) as batch (id, account_id, name, at)",
    )
    .bind_batch(
        Batch::new()
            .ids(contacts.iter().map(|contact| contact.id))
            .optional_ids(contacts.iter().map(|contact| contact.account_id))
            .texts(contacts.iter().map(|contact| contact.display_name.as_str()))
            .times(contacts.iter().map(|_| now)),
    )
    .execute()
    .await?;
    Ok(())
}

/// Says that a contact belongs to a place.
pub async fn link_site(
    tx: &mut Tx,
    contact: ContactId,
    site: SiteId,
    relation: &str,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    tx.query(
        "insert into contact_sites (contact_id, site_id, relation, is_primary, created_at) values ($1, $2, $3, $4, $5)
         on conflict (contact_id, site_id, relation) do nothing",
    )
    .bind(contact)
    .bind(site)
    .bind(relation)
    .bind(false)
    .bind(now)
    .execute()
    .await?;
    Ok(())
}

/// One contact.
pub async fn by_id(tx: &mut Tx, id: ContactId) -> Result<Option<ContactRow>, StoreError> {
    tx.query(
        "select id, account_id, display_name, locale, timezone, is_authorized_requester, is_authorized_approver,
                can_grant_access, escalation_level, metadata, merged_into, erased_at, version, created_at, updated_at
         from contacts where id = $1",
    )
    .bind(id)
    .optional()
    .await
}

/// Which contacts a list shows.
#[derive(Clone, Debug, Default)]
pub struct ContactFilter {
    /// Lower case; part of a name or an address.
    pub text: Option<String>,
    /// Digits; part of a telephone number, however it was typed.
    pub digits: Option<String>,
    /// Belongs to this account.
    pub account_id: Option<AccountId>,
}

/// Contacts that are neither merged into another nor erased, newest first, before `before`.
pub async fn page(
    tx: &mut Tx,
    filter: &ContactFilter,
    before: Option<ContactId>,
    limit: i64,
) -> Result<Vec<ContactRow>, StoreError> {
    tx.query_for(
        "select c.id, c.account_id, c.display_name, c.locale, c.timezone, c.is_authorized_requester,
                c.is_authorized_approver, c.can_grant_access, c.escalation_level, c.metadata, c.merged_into,
                c.erased_at, c.version, c.created_at, c.updated_at
         from contacts c
         where c.merged_into is null and c.erased_at is null and ($2 is null or c.id < $2)
           and ($4 is null or c.account_id = $4)
           and ($1 is null or lower(c.display_name) like $1
                or exists (select 1 from channel_identities i
                           where i.contact_id = c.id
                             and (lower(i.address) like $1 or ($5 is not null and i.address like $5))))
         order by c.id desc limit $3",
        "select c.id, c.account_id, c.display_name, c.locale, c.timezone, c.is_authorized_requester,
                c.is_authorized_approver, c.can_grant_access, c.escalation_level, c.metadata, c.merged_into,
                c.erased_at, c.version, c.created_at, c.updated_at
         from contacts c
         where c.merged_into is null and c.erased_at is null and ($2::uuid is null or c.id < $2)
           and ($4::uuid is null or c.account_id = $4)
           and ($1::text is null or lower(c.display_name) like $1
                or exists (select 1 from channel_identities i
                           where i.contact_id = c.id
                             and (lower(i.address) like $1 or ($5::text is not null and i.address like $5))))
         order by c.id desc limit $3",
    )
    .bind(crate::search::pattern(filter.text.as_deref()))
    .bind(before)
    .bind(limit)
    .bind(filter.account_id)
    .bind(crate::search::pattern(filter.digits.as_deref()))
    .all()
    .await
}

/// One contact, locked until the transaction ends.
pub async fn lock(tx: &mut Tx, id: ContactId) -> Result<Option<ContactRow>, StoreError> {
    tx.query_for("select 1 where $1 is null", "select 1 from contacts where id = $1 for update")
        .bind(id)
        .execute()
        .await?;
    by_id(tx, id).await
}

/// Writes a contact as it stands. Error: [`StoreError::Conflict`] when it changed since it was read.
pub async fn update(tx: &mut Tx, row: &ContactRow) -> Result<(), StoreError> {
    let changed = tx
        .query(
            "update contacts
             set display_name = $3, locale = $4, timezone = $5, is_authorized_requester = $6,
                 is_authorized_approver = $7, metadata = $8, account_id = $9, updated_at = $10,
                 can_grant_access = $11, escalation_level = $12, version = version + 1
             where id = $1 and version = $2",
        )
        .bind(row.id)
        .bind(row.version)
        .bind(row.display_name.as_str())
        .bind(row.locale.as_deref())
        .bind(row.timezone.as_deref())
        .bind(row.is_authorized_requester)
        .bind(row.is_authorized_approver)
        .bind(row.metadata.clone())
        .bind(row.account_id)
        .bind(row.updated_at)
        .bind(row.can_grant_access)
        .bind(row.escalation_level)
        .execute()
        .await?;
    if changed == 1 { Ok(()) } else { Err(StoreError::Conflict) }
}
