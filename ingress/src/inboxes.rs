//! Which inbox a webhook is for, and which keys may have signed it.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use arc_swap::ArcSwap;
use patchbay_core::channel::Channel;
use patchbay_core::chat::Site;
use patchbay_core::inbox::{Inbox, Provider, Twilio, WhatsAppCloud};
use patchbay_core::secret::Secret;

/// The inboxes as the webhooks need them. Cheap to clone; replaced whole when a setting changes.
#[derive(Clone, Debug, Default)]
pub struct Inboxes(Arc<ArcSwap<Routes>>);

impl Inboxes {
    /// A table of these inboxes.
    pub fn new(inboxes: impl IntoIterator<Item = Arc<Inbox>>) -> Self {
        let table = Self::default();
        table.replace(inboxes);
        table
    }

    /// Replaces the table. Requests under way finish with the old one.
    pub fn replace(&self, inboxes: impl IntoIterator<Item = Arc<Inbox>>) {
        self.0.store(Arc::new(Routes::of(inboxes)));
    }

    /// The table as it is now.
    pub(crate) fn now(&self) -> Arc<Routes> {
        self.0.load_full()
    }
}

/// One state of the table.
#[derive(Debug, Default)]
pub(crate) struct Routes {
    by_phone_number_id: HashMap<String, Arc<Inbox>>,
    /// Every app secret once, in the order of the inboxes.
    pub(crate) app_secrets: Vec<Secret>,
    pub(crate) verify_tokens: Vec<Secret>,
    accounts: HashMap<String, TwilioAccount>,
    chats: HashMap<String, Arc<Inbox>>,
}

/// The keys and addresses of one Twilio account.
#[derive(Debug, Default)]
pub(crate) struct TwilioAccount {
    /// Every auth token once.
    pub(crate) auth_tokens: Vec<Secret>,
    pub(crate) shared_keys: BTreeMap<String, Secret>,
    by_address: HashMap<(Channel, String), Arc<Inbox>>,
}

impl Routes {
    fn of(inboxes: impl IntoIterator<Item = Arc<Inbox>>) -> Self {
        let mut routes = Self::default();
        for inbox in inboxes {
            match &inbox.provider {
                Provider::WhatsAppCloud(settings) => {
                    settings.app_secrets.iter().for_each(|secret| add(&mut routes.app_secrets, secret));
                    add(&mut routes.verify_tokens, &settings.verify_token);
                    routes.by_phone_number_id.insert(settings.phone_number_id.clone(), Arc::clone(&inbox));
                }
                Provider::Twilio(settings) => {
                    let account = routes.accounts.entry(settings.account_sid.clone()).or_default();
                    settings.auth_tokens.iter().for_each(|secret| add(&mut account.auth_tokens, secret));
                    let keys = settings.shared_keys.iter().filter(|(_, secret)| !secret.is_empty());
                    account.shared_keys.extend(keys.map(|(id, secret)| (id.clone(), secret.clone())));
                    account.by_address.insert((inbox.channel, inbox.address.clone()), Arc::clone(&inbox));
                }
                Provider::Chat(_) => {
                    routes.chats.insert(inbox.name.clone(), Arc::clone(&inbox));
                }
                Provider::Email(_) | Provider::Unserved => {}
            }
        }
        routes
    }

    /// The WhatsApp inbox with Meta's id of the number.
    pub(crate) fn whatsapp(&self, phone_number_id: &str) -> Option<&Arc<Inbox>> {
        self.by_phone_number_id.get(phone_number_id)
    }

    /// The first WhatsApp inbox that `secret` belongs to: takes what concerns a business account as a whole.
    pub(crate) fn whatsapp_of_secret(&self, secret: &Secret) -> Option<&Arc<Inbox>> {
        self.by_phone_number_id.values().filter(|inbox| belongs_to_app(inbox, secret)).min_by_key(|inbox| inbox.id)
    }

    /// The chat site with this name.
    pub(crate) fn chat(&self, name: &str) -> Option<(&Arc<Inbox>, &Site)> {
        let inbox = self.chats.get(name)?;
        match &inbox.provider {
            Provider::Chat(site) => Some((inbox, site)),
            _ => None,
        }
    }

    pub(crate) fn account(&self, account_sid: &str) -> Option<&TwilioAccount> {
        self.accounts.get(account_sid)
    }
}

impl TwilioAccount {
    pub(crate) fn inbox(&self, channel: Channel, address: &str) -> Option<&Arc<Inbox>> {
        self.by_address.get(&(channel, address.to_owned()))
    }
}

/// Whether `secret` is one of the inbox's own app secrets.
pub(crate) fn belongs_to_app(inbox: &Inbox, secret: &Secret) -> bool {
    match &inbox.provider {
        Provider::WhatsAppCloud(WhatsAppCloud { app_secrets, .. }) => {
            app_secrets.iter().any(|own| own.expose() == secret.expose())
        }
        _ => false,
    }
}

/// Whether a key of a Twilio account is one of the inbox's own.
pub(crate) fn belongs_to_number(inbox: &Inbox, key: &crate::verify::twilio::Key) -> bool {
    let Provider::Twilio(Twilio { auth_tokens, shared_keys, .. }) = &inbox.provider else { return false };
    match &key.id {
        None => auth_tokens.iter().any(|own| own.expose() == key.secret.expose()),
        Some(id) => shared_keys.get(id).is_some_and(|own| own.expose() == key.secret.expose()),
    }
}

/// Adds a secret that is not empty and not there yet: an empty secret would verify what anybody sends.
fn add(secrets: &mut Vec<Secret>, secret: &Secret) {
    if !secret.is_empty() && !secrets.iter().any(|known| known.expose() == secret.expose()) {
        secrets.push(secret.clone());
    }
}
