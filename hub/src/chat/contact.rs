//! What a visitor tells of themselves, such as an address for the answer. A claim: kept as such, never trusted.

use patchbay_core::channel::Channel;
use patchbay_core::ids::ContactId;
use patchbay_store::contacts::{self, NewContact, NewIdentity};
use patchbay_store::{StoreError, Tx, chat};
use serde_json::json;

use super::{Desk, Session};
use crate::intake::name_of_stranger;

/// How an address came to a contact that nobody proved to be theirs.
pub(crate) const CLAIMED: &str = "claimed";

impl Desk {
    /// Keeps the e-mail address (lower case) and the name that a visitor gives. An address that is somebody else's stays
    /// theirs: then it is only a remark on the visitor's contact.
    pub async fn claim_contact(&self, session: &Session, email: &str, name: Option<&str>) -> Result<(), StoreError> {
        let ctx = self.ctx();
        let mut tx = self.hub.db.begin().await?;
        let contact = self.contact_of(&mut tx, session, name).await?;
        let known = contacts::known_addresses(&mut tx, &[(Channel::Email, email)]).await?;
        if known.is_empty() {
            let identity = NewIdentity {
                contact_id: contact,
                channel: Channel::Email,
                address: email.to_owned(),
                linked_by: CLAIMED,
            };
            contacts::insert_identities(&mut tx, &[identity], ctx.now).await?;
        }
        if let Some(mut row) = contacts::by_id(&mut tx, contact).await? {
            if !row.metadata.is_object() {
                row.metadata = json!({});
            }
            row.metadata["claimed_email"] = json!(email);
            let is_nameless = row.display_name == name_of_stranger(&session.visitor_address());
            if let Some(name) = name.filter(|_| is_nameless) {
                name.clone_into(&mut row.display_name);
            }
            row.updated_at = ctx.now;
            contacts::update(&mut tx, &row).await?;
        }
        tx.commit().await
    }

    /// Whether the session's contact gave an address, or has one.
    pub async fn has_email(&self, session: &Session) -> Result<bool, StoreError> {
        let mut tx = self.hub.db.read().await?;
        let Some(known) = chat::identity(&mut tx, &session.address()).await? else { return Ok(false) };
        let contact = contacts::by_id(&mut tx, known.contact_id).await?;
        if contact.is_some_and(|row| row.metadata.get("claimed_email").is_some()) {
            return Ok(true);
        }
        let addresses = contacts::identities_of(&mut tx, known.contact_id).await?;
        Ok(addresses.iter().any(|row| row.channel == Channel::Email))
    }

    /// The contact of the session's address; a new one when it never wrote.
    async fn contact_of(&self, tx: &mut Tx, session: &Session, name: Option<&str>) -> Result<ContactId, StoreError> {
        let address = session.address();
        if let Some(known) = chat::identity(tx, &address).await? {
            return Ok(known.contact_id);
        }
        let ctx = self.ctx();
        let id = ContactId::new();
        let display_name = name.or(session.name.as_deref()).map_or_else(|| name_of_stranger(&address), str::to_owned);
        contacts::insert(tx, &[NewContact { id, account_id: None, display_name }], ctx.now).await?;
        let linked_by = if session.is_verified() { "proof" } else { "inbound" };
        let identity = NewIdentity { contact_id: id, channel: Channel::Chat, address, linked_by };
        contacts::insert_identities(tx, &[identity], ctx.now).await?;
        Ok(id)
    }
}
