//! What a message has to wait for before it may go: holds of its number, account or recipient, and the number's rate.

use std::time::Duration;

use patchbay_core::inbox::{Inbox, Provider};
use patchbay_core::item::ContentType;
use patchbay_hub::delivery::Outgoing;
use patchbay_normalizer::answer;

use crate::config::WorkersConfig;
use crate::limits::{Rate, RateLimits, Scope};

/// The longest wait that is waited out here; beyond it the job goes back to the queue.
const WAIT_HERE: Duration = Duration::from_millis(1200);

/// Waits for the message's turn, a moment at most. Zero: it is its turn. Else: come back after so long.
pub(super) async fn turn(
    limits: &dyn RateLimits,
    config: &WorkersConfig,
    inbox: &Inbox,
    outgoing: &Outgoing,
) -> Duration {
    let mut scopes =
        vec![Scope::Inbox(inbox.id), Scope::Recipient(inbox.id, outgoing.conversation.contact_id), account(inbox)];
    if outgoing.message.content_type == ContentType::Template {
        scopes.push(Scope::BusinessInitiated(inbox.id));
    }
    let held = limits.held(&scopes).await;
    if !held.is_zero() {
        return held;
    }
    let rate = rate(config, inbox);
    let own = Scope::Inbox(inbox.id);
    let mut wait = limits.take(&own, rate).await;
    for _ in 0..3 {
        if wait.is_zero() || wait > WAIT_HERE {
            break;
        }
        tokio::time::sleep(wait).await;
        wait = limits.take(&own, rate).await;
    }
    wait
}

/// Source: channels reference, "Limits" (80 messages a second of one WhatsApp number) and "Rates".
fn rate(config: &WorkersConfig, inbox: &Inbox) -> Rate {
    match inbox.provider {
        Provider::WhatsAppCloud(_) | Provider::Email(_) | Provider::Chat(_) | Provider::Unserved => {
            Rate { per_second: config.whatsapp_per_second, burst: 4 }
        }
        Provider::Twilio(_) => Rate { per_second: config.twilio_per_second, burst: 3 },
    }
}

/// The scope that a refusal names, for this message.
pub(super) fn scope(inbox: &Inbox, outgoing: &Outgoing, named: answer::Scope) -> Option<Scope> {
    match named {
        answer::Scope::Message | answer::Scope::Template => None,
        answer::Scope::Recipient => Some(Scope::Recipient(inbox.id, outgoing.conversation.contact_id)),
        answer::Scope::Sender => Some(Scope::Inbox(inbox.id)),
        answer::Scope::Account => Some(account(inbox)),
        answer::Scope::BusinessInitiated => Some(Scope::BusinessInitiated(inbox.id)),
    }
}

fn account(inbox: &Inbox) -> Scope {
    match &inbox.provider {
        Provider::Twilio(number) => Scope::Account(number.account_sid.clone()),
        // Several numbers share an access token exactly when they belong to one app; their ids say nothing about it.
        Provider::WhatsAppCloud(_) | Provider::Email(_) | Provider::Chat(_) | Provider::Unserved => Scope::Account(inbox.id.to_string()),
    }
}
