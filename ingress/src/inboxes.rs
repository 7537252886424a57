//! Which inbox a webhook is for, and which keys may have signed it.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use arc_swap::ArcSwap;
use patchbay_core::channel::Channel;
use patchbay_core::chat::Site;
use patchbay_core::directory::Directory;
use patchbay_core::ids::InboxId;
use patchbay_core::inbox::{InboundMail, Inbox, Mailbox, Provider, Twilio, WhatsAppCloud};
use patchbay_core::secret::Secret;
use patchbay_http::SharedDirectory;
use patchbay_normalizer::email;

/// The inboxes as the webhooks need them, always those of the directory: whoever was told that an inbox was stored can
/// send to it. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Inboxes {
    directory: SharedDirectory,
    table: Arc<ArcSwap<Table>>,
}

/// What a snapshot of the directory says of inboxes.
#[derive(Debug, Default)]
struct Table {
    of: Arc<Directory>,
    routes: Arc<Routes>,
}

impl Inboxes {
    /// Those of `directory`, also when it is replaced. Requests under way finish with what they began with.
    pub fn of(directory: SharedDirectory) -> Self {
        Self { directory, table: Arc::default() }
    }

    /// These inboxes.
    pub fn new(inboxes: impl IntoIterator<Item = Arc<Inbox>>) -> Self {
        let inboxes = inboxes.into_iter().map(|inbox| (inbox.id, inbox)).collect();
        Self::of(Arc::new(ArcSwap::from_pointee(Directory { inboxes, ..Directory::default() })))
    }

    /// The table as it is now.
    pub(crate) fn now(&self) -> Arc<Routes> {
        let directory = self.directory.load_full();
        let table = self.table.load();
        if Arc::ptr_eq(&table.of, &directory) {
            return Arc::clone(&table.routes);
        }
        let routes = Arc::new(Routes::of(directory.inboxes.values().cloned()));
        // Should an older one be put in its place, the next request sees that it is not the directory's.
        self.table.store(Arc::new(Table { of: directory, routes: Arc::clone(&routes) }));
        routes
    }
}

/// One state of the table.
#[derive(Debug, Default)]
pub(crate) struct Routes {
    by_id: HashMap<InboxId, Arc<Inbox>>,
    by_phone_number_id: HashMap<String, Arc<Inbox>>,
    /// Every app secret once, in the order of the inboxes.
    pub(crate) app_secrets: Vec<Secret>,
    pub(crate) verify_tokens: Vec<Secret>,
    accounts: HashMap<String, TwilioAccount>,
    /// Mailboxes, in the order of the inboxes.
    mailboxes: Vec<Arc<Inbox>>,
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
            routes.by_id.insert(inbox.id, Arc::clone(&inbox));
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
                Provider::Email(_) => routes.mailboxes.push(Arc::clone(&inbox)),
                Provider::Chat(_) => {
                    routes.chats.insert(inbox.name.clone(), Arc::clone(&inbox));
                }
                Provider::Unserved => {}
            }
        }
        routes
    }

    pub(crate) fn inbox(&self, id: InboxId) -> Option<&Arc<Inbox>> {
        self.by_id.get(&id)
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

/// Mail.
impl Routes {
    /// Every key of the mailboxes that `by` hands mail to, once.
    pub(crate) fn mail_keys(&self, by: InboundMail) -> Vec<Secret> {
        let mut keys = Vec::new();
        for (_, mailbox) in self.mailboxes(by) {
            mailbox.signing_keys.iter().for_each(|key| add(&mut keys, key));
        }
        keys
    }

    /// The mailboxes that `by` hands mail to.
    pub(crate) fn mailboxes(&self, by: InboundMail) -> impl Iterator<Item = (&Arc<Inbox>, &Mailbox)> {
        self.mailboxes
            .iter()
            .filter_map(|inbox| mailbox(inbox).map(|mailbox| (inbox, mailbox)))
            .filter(move |(_, mailbox)| mailbox.inbound == Some(by))
    }

    /// The mailbox that takes mail for `recipient`: the one with this address, else the one whose replies go to its
    /// domain, the signature of a reply address deciding between several.
    pub(crate) fn mailbox_of(&self, by: InboundMail, recipient: &str) -> Option<&Arc<Inbox>> {
        let address = email::mailbox(recipient);
        let exact = self.mailboxes(by).find(|(inbox, _)| email::mailbox(&inbox.address) == address);
        let domain = email::domain(&address).unwrap_or_default();
        let replies = || self.mailboxes(by).filter(|(_, mailbox)| !domain.is_empty() && mailbox.reply_domain == domain);
        let signed = || {
            replies().find(|(_, mailbox)| {
                email::reply_token::verify(recipient, &mailbox.reply_domain, &mailbox.reply_token_secret).is_some()
            })
        };
        exact.or_else(signed).or_else(|| replies().next()).map(|(inbox, _)| inbox)
    }

    /// Whether an address (lower-cased, no tag) is a mailbox of ours.
    pub(crate) fn is_own_mailbox(&self, address: &str) -> bool {
        self.mailboxes.iter().any(|inbox| email::mailbox(&inbox.address) == address)
    }
}

/// The settings of a mailbox.
pub(crate) fn mailbox(inbox: &Inbox) -> Option<&Mailbox> {
    match &inbox.provider {
        Provider::Email(mailbox) => Some(mailbox),
        _ => None,
    }
}

/// Whether `key` is one of the mailbox's own.
pub(crate) fn belongs_to_mailbox(inbox: &Inbox, key: &Secret) -> bool {
    mailbox(inbox).is_some_and(|mailbox| mailbox.signing_keys.iter().any(|own| own.expose() == key.expose()))
}

impl TwilioAccount {
    pub(crate) fn inbox(&self, channel: Channel, address: &str) -> Option<&Arc<Inbox>> {
        self.by_address.get(&(channel, address.to_owned()))
    }

    /// The inboxes of the account.
    pub(crate) fn inboxes(&self) -> impl Iterator<Item = &Arc<Inbox>> {
        self.by_address.values()
    }
}

/// The place of a secret among those that an inbox signs with itself, the newest first. `None`: it is not the inbox's.
pub(crate) fn place_among_own(inbox: &Inbox, secret: &Secret) -> Option<usize> {
    let own = match &inbox.provider {
        Provider::WhatsAppCloud(settings) => &settings.app_secrets,
        Provider::Twilio(settings) => &settings.auth_tokens,
        Provider::Email(mailbox) => &mailbox.signing_keys,
        Provider::Chat(_) | Provider::Unserved => return None,
    };
    own.iter().position(|own| own.expose() == secret.expose())
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
