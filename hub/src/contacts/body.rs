//! How a contact is shown.

use chrono::{DateTime, Utc};
use patchbay_core::channel::Channel;
use patchbay_core::ids::ContactId;
use patchbay_core::vocabulary;
use patchbay_http::ApiError;
use patchbay_store::Tx;
use patchbay_store::contacts::{self, ContactRow, IdentityRow};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::consent::{self, ConsentBody};
use crate::error::HubError;

vocabulary! {
    /// How well we know that an address is the contact's.
    pub enum Evidence {
        /// The contact proved it: by a signed session, or by an answer from it.
        Verified => "verified",
        /// The network delivers only what really comes from it: SMS, WhatsApp, calls.
        ProviderProven => "provider_proven",
        /// One of us or a list said so.
        Entered => "entered",
        /// Whoever writes says so; a sender of mail, a visitor of a page.
        Claimed => "claimed",
    }
}

impl Evidence {
    /// What the way an address came to us is worth.
    pub(crate) fn of(channel: Channel, linked_by: &str, verified_at: Option<DateTime<Utc>>, address: &str) -> Self {
        let is_proven_user = channel == Channel::Chat && address.starts_with("user:");
        match (channel, linked_by) {
            _ if verified_at.is_some() || is_proven_user => Self::Verified,
            (_, "user" | "import") => Self::Entered,
            (Channel::Sms | Channel::Whatsapp | Channel::Voice, _) => Self::ProviderProven,
            _ => Self::Claimed,
        }
    }
}

/// A contact.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ContactBody {
    /// Our id.
    pub id: Uuid,
    /// Account it belongs to.
    pub account_id: Option<Uuid>,
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
    /// Addresses it writes from.
    pub identities: Vec<IdentityBody>,
    /// The contact it was merged into.
    pub merged_into: Option<Uuid>,
    /// When everything about it was erased.
    pub erased_at: Option<DateTime<Utc>>,
    /// Grows with every change.
    pub version: i64,
    /// When it was first seen.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

/// One address of a contact.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct IdentityBody {
    /// Our id.
    pub id: Uuid,
    /// Channel.
    #[schema(value_type = String)]
    pub channel: Channel,
    /// Canonical address.
    pub address: String,
    /// How it came to be this contact's.
    pub linked_by: String,
    /// How well we know that: `verified`, `provider_proven`, `entered` or `claimed`.
    #[schema(value_type = String)]
    pub evidence: Evidence,
    /// Whether it is the first of its channel.
    pub is_primary: bool,
    /// When the customer proved it.
    pub verified_at: Option<DateTime<Utc>>,
    /// Since when the customer does not want messages there.
    pub opted_out_at: Option<DateTime<Utc>>,
    /// When it was first seen.
    pub created_at: DateTime<Utc>,
    /// What may be written there, and how we know; where one contact is read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consent: Option<ConsentBody>,
}

/// The addresses of a contact, as they are shown.
pub(crate) fn identity_bodies(rows: &[IdentityRow]) -> Vec<IdentityBody> {
    rows.iter()
        .enumerate()
        .map(|(at, row)| IdentityBody {
            id: row.id.into(),
            channel: row.channel,
            address: row.address.clone(),
            linked_by: row.linked_by.clone(),
            evidence: Evidence::of(row.channel, &row.linked_by, row.verified_at, &row.address),
            is_primary: rows.iter().position(|other| other.channel == row.channel) == Some(at),
            verified_at: row.verified_at,
            opted_out_at: row.opted_out_at,
            created_at: row.created_at,
            consent: None,
        })
        .collect()
}

/// A contact as it is shown.
pub(crate) async fn body(tx: &mut Tx, row: &ContactRow) -> Result<ContactBody, HubError> {
    let rows = contacts::identities_of(tx, row.id).await?;
    let mut identities = identity_bodies(&rows);
    for (body, row) in identities.iter_mut().zip(&rows) {
        body.consent = Some(consent::of_address(tx, row.channel, &row.address, row.opted_out_at).await?);
    }
    Ok(ContactBody {
        id: row.id.into(),
        account_id: row.account_id.map(Into::into),
        display_name: row.display_name.clone(),
        locale: row.locale.clone(),
        timezone: row.timezone.clone(),
        is_authorized_requester: row.is_authorized_requester,
        is_authorized_approver: row.is_authorized_approver,
        can_grant_access: row.can_grant_access,
        escalation_level: row.escalation_level,
        metadata: row.metadata.clone(),
        identities,
        merged_into: row.merged_into.map(Into::into),
        erased_at: row.erased_at,
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}

/// How many merges are followed from a contact to the one that stayed.
const LONGEST_CHAIN: usize = 16;

/// The contact with this id; when it was merged into another, that one. Error: 404 `NOT_FOUND`.
pub(crate) async fn find(tx: &mut Tx, id: ContactId) -> Result<ContactRow, HubError> {
    let mut id = id;
    for _ in 0..LONGEST_CHAIN {
        let row = contacts::by_id(tx, id).await?.ok_or_else(|| ApiError::not_found("contact"))?;
        match row.merged_into {
            Some(next) => id = next,
            None => return Ok(row),
        }
    }
    Err(ApiError::not_found("contact").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_network_proves_is_worth_more_than_what_somebody_says() {
        let proven = DateTime::from_timestamp(1, 0);
        for (channel, linked_by, verified_at, address, expect) in [
            (Channel::Sms, "inbound", None, "+15550100", Evidence::ProviderProven),
            (Channel::Whatsapp, "same_number", None, "+15550100", Evidence::ProviderProven),
            (Channel::Sms, "import", None, "+15550100", Evidence::Entered),
            (Channel::Email, "inbound", None, "a@example.test", Evidence::Claimed),
            (Channel::Email, "inbound", proven, "a@example.test", Evidence::Verified),
            (Channel::Chat, "inbound", None, "visitor:x", Evidence::Claimed),
            (Channel::Chat, "inbound", None, "user:7", Evidence::Verified),
        ] {
            assert_eq!(Evidence::of(channel, linked_by, verified_at, address), expect, "{channel} {linked_by}");
        }
    }
}
