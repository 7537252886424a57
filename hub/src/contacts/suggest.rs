//! Who may be the same person: another contact that writes from an address this one claims, or claims one that this one
//! writes from. A suggestion proves nothing; a person decides.

use std::collections::BTreeMap;

use patchbay_store::contact_claims;
use patchbay_store::contacts::{self, ContactRow};
use patchbay_store::{Tx, contact_merges};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::error::HubError;

/// Another contact that may be the same person.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct SuggestionBody {
    /// The other contact.
    contact_id: Uuid,
    /// Its name.
    name: String,
    /// The addresses both have or claim.
    addresses: Vec<String>,
    /// `address`: the other writes from one of them; `claim`: both only claim them.
    because: &'static str,
}

/// Who may be the same person as a contact, those that write from a shared address first.
pub(crate) async fn suggestions(tx: &mut Tx, row: &ContactRow) -> Result<Vec<SuggestionBody>, HubError> {
    if row.erased_at.is_some() {
        return Ok(Vec::new());
    }
    let family = contact_merges::family_of(tx, row.id).await?;
    let mut values: Vec<String> =
        contacts::identities_of(tx, row.id).await?.into_iter().map(|identity| identity.address).collect();
    values.extend(contact_claims::of_all(tx, &family).await?.into_iter().map(|claim| claim.value));
    values.sort();
    values.dedup();
    let mut found: BTreeMap<Uuid, SuggestionBody> = BTreeMap::new();
    for other in contact_claims::others_with(tx, row.id, &values).await? {
        let id = Uuid::from(other.contact_id);
        let entry = found.entry(id).or_insert_with(|| SuggestionBody {
            contact_id: id,
            name: other.display_name.clone(),
            addresses: Vec::new(),
            because: "claim",
        });
        entry.addresses.push(other.value);
        if other.is_identity {
            entry.because = "address";
        }
    }
    let mut found: Vec<SuggestionBody> = found.into_values().collect();
    found.sort_by_key(|suggestion| suggestion.because);
    Ok(found)
}
