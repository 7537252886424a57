//! What whoever does the work has to know about the place.

use patchbay_core::ids::SiteId;
use patchbay_core::place::SiteRelation;

use crate::error::StoreError;
use crate::record;
use crate::tx::Tx;

record! {
    /// Somebody to ask for at a site.
    #[derive(Clone, Debug)]
    pub struct OnsiteContact {
        /// Name.
        pub name: String,
        /// What the contact is there.
        pub relation: SiteRelation,
        /// A telephone to call.
        pub phone: Option<String>,
    }
}

/// Whom to ask for at a site: who may ask for work first, then the primary contact, then who was there first.
pub async fn onsite_contact(tx: &mut Tx, site: SiteId) -> Result<Option<OnsiteContact>, StoreError> {
    tx.query(
        "select c.display_name as name, s.relation,
                (select i.address from channel_identities i
                 where i.contact_id = c.id and i.channel in ('sms', 'voice', 'whatsapp')
                 order by i.created_at, i.id limit 1) as phone
         from contact_sites s join contacts c on c.id = s.contact_id
         where s.site_id = $1 and c.merged_into is null
         order by c.is_authorized_requester desc, s.is_primary desc, s.created_at, c.id limit 1",
    )
    .bind(site)
    .optional()
    .await
}
