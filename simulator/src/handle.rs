//! The simulator in a test's hand.

use std::sync::Arc;
use std::time::Duration;

use patchbay_core::channel::{Channel, Direction};
use patchbay_core::clock::Clock;
use tokio::time::timeout;

use crate::config::{Screen, Template};
use crate::faults::{Faults, Provider};
use crate::mail::{self, Letter, MailRecord, MailSaying};
use crate::message::{RequestRecord, Sent, Shown, ThreadMessage, WebhookRecord};
use crate::phones::{self, SayError, Saying};
use crate::world::{FeedEvent, Shared};

/// Drives and asks a running simulator. Cheap to clone.
#[derive(Clone)]
pub struct Handle {
    shared: Arc<Shared>,
}

impl Handle {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// Sends as the customer; answers the provider's id of the message. The webhook is on its way then.
    pub fn say(&self, from: &str, channel: Channel, text: &str) -> Result<String, SayError> {
        phones::say(&self.shared, &Saying::text(from, channel, text))
    }

    /// Sends as the customer, with everything that can be set.
    pub fn say_with(&self, saying: &Saying) -> Result<String, SayError> {
        phones::say(&self.shared, saying)
    }

    /// Writes a mail as a customer; answers its Message-ID. It is on its way to us then.
    pub fn write_mail(&self, saying: &MailSaying) -> Result<String, SayError> {
        mail::write(&self.shared, saying)
    }

    /// A customer's mailbox, oldest first, with what is still on its way there.
    pub fn mailbox(&self, address: &str) -> Vec<MailRecord> {
        self.shared.world().mailboxes.get(address).into_iter().flatten().cloned().collect()
    }

    /// The last mails that the mail server took, as they came.
    pub fn letters(&self) -> Vec<Letter> {
        self.shared.world().letters.iter().cloned().collect()
    }

    /// The customer looks at a thread; answers how many messages turned read.
    pub fn read(&self, address: &str, channel: Channel) -> Result<usize, SayError> {
        phones::read(&self.shared, address, channel)
    }

    /// Whether the owner of a phone looks at it from now on.
    pub fn set_screen(&self, address: &str, screen: Screen) {
        let mut world = self.shared.world();
        if let Some(phone) = world.phones.iter_mut().find(|phone| phone.address == address) {
            phone.screen = screen;
        }
    }

    /// Opens the WhatsApp service window as if the customer had just written to that number of ours: for tests that
    /// post webhooks of their own.
    pub fn open_window(&self, ours: &str, theirs: &str) {
        let now = self.shared.now();
        self.shared.world().hear(ours, theirs, now);
    }

    /// Whether the carrier holds the customer back from that number of ours after STOP.
    pub fn is_opted_out(&self, ours: &str, theirs: &str) -> bool {
        self.shared.world().is_opted_out(ours, theirs)
    }

    /// What a phone shows, oldest first.
    pub fn thread(&self, address: &str, channel: Channel) -> Vec<ThreadMessage> {
        let world = self.shared.world();
        world.threads.get(&(address.to_owned(), channel)).into_iter().flatten().cloned().collect()
    }

    /// Messages a provider accepted from us and still remembers, in order.
    pub fn sent(&self, provider: Provider) -> Vec<Sent> {
        let world = self.shared.world();
        let ours = world.messages.values().filter(|entry| entry.direction == Direction::Outbound);
        ours.map(|entry| &entry.message).filter(|message| message.provider == provider).cloned().collect()
    }

    /// How many messages a provider accepted in all, forgotten ones included.
    pub fn sent_count(&self, provider: Provider) -> u64 {
        self.shared.world().accepted.get(&provider).copied().unwrap_or_default()
    }

    /// Read marks and typing indicators that customers saw, in order.
    pub fn shown(&self) -> Vec<Shown> {
        self.shared.world().shown.iter().cloned().collect()
    }

    /// Replaces the templates of a WhatsApp number: what its owner changed in Meta's pages.
    pub fn set_templates(&self, phone_number_id: &str, templates: Vec<Template>) {
        self.shared.world().templates.insert(phone_number_id.to_owned(), templates);
    }

    /// Requests to a provider, refused and unanswered ones included, in order.
    pub fn requests(&self, provider: Provider) -> Vec<RequestRecord> {
        let world = self.shared.world();
        world.requests.iter().filter(|record| record.provider == provider).cloned().collect()
    }

    /// Attempts of a provider to deliver webhooks to us, in order.
    pub fn webhooks(&self, provider: Provider) -> Vec<WebhookRecord> {
        let world = self.shared.world();
        world.webhooks.iter().filter(|record| record.provider == provider).cloned().collect()
    }

    /// The faults of a provider as they stand; counters have counted down.
    pub fn faults(&self, provider: Provider) -> Faults {
        self.shared.world().faults.of(provider).clone()
    }

    /// What Slack's channel shows, in order.
    pub fn slack_texts(&self) -> Vec<String> {
        crate::slack::slack(&self.shared).texts.clone()
    }

    /// Replaces Slack's faults.
    pub fn set_slack_faults(&self, faults: crate::slack::SlackFaults) {
        crate::slack::slack(&self.shared).faults = faults;
    }

    /// Replaces the faults of a provider.
    pub fn set_faults(&self, provider: Provider, faults: Faults) {
        *self.shared.world().faults.of_mut(provider) = faults;
        self.shared.tell([FeedEvent::Faults]);
    }

    /// The first accepted message that fits, waiting for it if need be. `fits` must not call this handle.
    pub async fn wait_for(&self, within: Duration, fits: impl Fn(&Sent) -> bool) -> Option<Sent> {
        self.wait_until(within, |handle| {
            let world = handle.shared.world();
            let ours = world.messages.values().filter(|entry| entry.direction == Direction::Outbound);
            ours.map(|entry| &entry.message).find(|message| fits(message)).cloned()
        })
        .await
    }

    /// The first message on a phone that fits, waiting for it if need be. `fits` must not call this handle.
    pub async fn wait_on_phone(
        &self,
        address: &str,
        channel: Channel,
        within: Duration,
        fits: impl Fn(&ThreadMessage) -> bool,
    ) -> Option<ThreadMessage> {
        let key = (address.to_owned(), channel);
        self.wait_until(within, |handle| {
            handle.shared.world().threads.get(&key)?.iter().find(|shown| fits(shown)).cloned()
        })
        .await
    }

    /// The first attempt to deliver a webhook that fits, waiting for it if need be. `fits` must not call this handle.
    pub async fn wait_for_webhook(
        &self,
        within: Duration,
        fits: impl Fn(&WebhookRecord) -> bool,
    ) -> Option<WebhookRecord> {
        self.wait_until(within, |handle| handle.shared.world().webhooks.iter().find(|record| fits(record)).cloned())
            .await
    }

    /// Waits until no webhook and no fetched file is waiting or under way; false when that did not happen in time.
    pub async fn settle(&self, within: Duration) -> bool {
        self.wait_until(within, |handle| {
            let shared = &handle.shared;
            (shared.fetcher.is_idle() && shared.courier.is_idle()).then_some(())
        })
        .await
        .is_some()
    }

    /// Asks again after everything that happens, until there is an answer or the time is up.
    pub async fn wait_until<T>(&self, within: Duration, ask: impl Fn(&Self) -> Option<T>) -> Option<T> {
        let mut changes = self.shared.watch();
        timeout(within, async {
            loop {
                changes.mark_unchanged();
                if let Some(answer) = ask(self) {
                    return Some(answer);
                }
                changes.changed().await.ok()?;
            }
        })
        .await
        .ok()
        .flatten()
    }

    /// The fakes' clock; a manual one can be moved to see windows close.
    pub fn clock(&self) -> Clock {
        self.shared.config.clock.clone()
    }

    /// Forgets everything: threads, records, faults, opt-outs, waiting webhooks.
    pub fn reset(&self) {
        self.shared.reset();
    }
}

impl std::fmt::Debug for Handle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Handle")
    }
}
