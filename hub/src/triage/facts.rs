//! What is known of a conversation when it is routed.

use patchbay_core::channel::Channel;
use patchbay_core::directory::Directory;
use patchbay_core::ids::AccountId;
use patchbay_core::routing::RoutingFacts;
use patchbay_core::triage::{Language, MenuChoice};
use patchbay_store::conversations::ConversationRow;
use patchbay_store::{StoreError, Tx, accounts, contacts, triage_states};

/// What is known, apart from what was said.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) channel: Channel,
    pub(super) tags: Vec<String>,
    pub(super) zones: Vec<String>,
    pub(super) profile: Option<String>,
    pub(super) is_new: bool,
    /// Whether the team of the inbox is there; one that never said when it is, is not.
    pub(super) is_open: bool,
    /// What a classifier takes the message for, and how sure it is.
    pub(super) intent: Option<(String, f64)>,
}

impl Known {
    pub(super) async fn of(
        tx: &mut Tx,
        directory: &Directory,
        row: &ConversationRow,
        now: chrono::DateTime<chrono::Utc>,
    ) -> Result<Self, StoreError> {
        let inbox = directory.inboxes.get(&row.inbox_id);
        let contact = contacts::by_id(tx, row.contact_id).await?;
        let account: Option<AccountId> =
            inbox.and_then(|inbox| inbox.account_id).or(contact.and_then(|contact| contact.account_id));
        let profile = match account {
            Some(account) => accounts::by_id(tx, account).await?.map(|account| account.profile.as_str().to_owned()),
            None => None,
        };
        let zones = triage_states::zones_of(tx, row.contact_id).await?;
        let calendar = inbox
            .and_then(|inbox| inbox.team_id)
            .and_then(|team| directory.teams.get(&team))
            .and_then(|team| team.calendar.as_ref());
        Ok(Self {
            channel: row.channel,
            tags: serde_json::from_value(row.tags.clone()).unwrap_or_default(),
            zones: zones.into_iter().flat_map(|zone| [zone.id.to_string(), zone.name]).collect(),
            profile,
            is_new: row.previous_conversation_id.is_none(),
            is_open: calendar.is_some_and(|calendar| calendar.is_open(now)),
            intent: None,
        })
    }

    pub(super) fn with<'a>(
        &'a self,
        text: &'a str,
        language: Language,
        menu_choice: Option<MenuChoice>,
    ) -> RoutingFacts<'a> {
        RoutingFacts {
            channel: self.channel,
            menu_choice,
            text,
            intent: self.intent.as_ref().map(|(intent, sure)| (intent.as_str(), *sure)),
            language,
            tags: &self.tags,
            site_zones: &self.zones,
            account_profile: self.profile.as_deref(),
            in_business_hours: self.is_open,
            is_new_contact: self.is_new,
        }
    }
}
