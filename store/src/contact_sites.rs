//! Where a contact is something: tenant, keyholder, requester.

use chrono::{DateTime, Utc};
use patchbay_core::ids::{AccountId, ContactId, SiteId};
use serde::{Deserialize, Serialize};

use crate::error::StoreError;
use crate::record;
use crate::tx::Tx;

record! {
    /// A place of a contact.
    #[derive(Clone, Debug, Serialize, Deserialize)]
    pub struct SiteOfContact {
        /// The place.
        pub site_id: SiteId,
        /// Its account.
        pub account_id: AccountId,
        /// Its name.
        pub name: String,
        /// Its town.
        pub city: String,
        /// What the contact is there.
        pub relation: String,
        /// Whether the contact is asked first there.
        pub is_primary: bool,
    }
}

/// The places of a contact.
pub async fn sites_of(tx: &mut Tx, contact: ContactId) -> Result<Vec<SiteOfContact>, StoreError> {
    tx.query(
        "select cs.site_id, s.account_id, s.name, s.city, cs.relation, cs.is_primary
         from contact_sites cs join sites s on s.id = cs.site_id
         where cs.contact_id = $1 order by cs.is_primary desc, s.name, cs.relation limit 200",
    )
    .bind(contact)
    .all()
    .await
}

/// Gives the places of one contact to another, those it has already left out.
pub async fn move_sites(tx: &mut Tx, from: ContactId, to: ContactId, now: DateTime<Utc>) -> Result<(), StoreError> {
    tx.query_for(
        "insert into contact_sites (contact_id, site_id, relation, is_primary, created_at)
         select $2, site_id, relation, 0, $3 from contact_sites where contact_id = $1
         on conflict (contact_id, site_id, relation) do nothing",
        "insert into contact_sites (contact_id, site_id, relation, is_primary, created_at)
         select $2::uuid, site_id, relation, false, $3::timestamptz from contact_sites where contact_id = $1
         on conflict (contact_id, site_id, relation) do nothing",
    )
    .bind(from)
    .bind(to)
    .bind(now)
    .execute()
    .await?;
    Ok(())
}

/// Says that a contact is something at a place, or takes it back.
pub async fn unlink_site(tx: &mut Tx, contact: ContactId, site: SiteId, relation: &str) -> Result<(), StoreError> {
    tx.query("delete from contact_sites where contact_id = $1 and site_id = $2 and relation = $3")
        .bind(contact)
        .bind(site)
        .bind(relation)
        .execute()
        .await
        .map(drop)
}
