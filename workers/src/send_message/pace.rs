//! What a message has to wait for before it may go: holds of its number, its lane, its account or its recipient; the share
//! of its lane; the number's rate; the rate of writing to one customer.

use std::time::Duration;

use patchbay_core::inbox::{Inbox, Provider};
use patchbay_core::item::ContentType;
use patchbay_hub::delivery::{Lane, Outgoing};
use patchbay_normalizer::answer;

use crate::config::WorkersConfig;
use crate::limits::{Rate, RateLimits, Scope};

/// The longest wait that is waited out here; beyond it the job goes back to the queue.
const WAIT_HERE: Duration = Duration::from_millis(1200);
/// One message in 6 s to the same WhatsApp user, bursts of 45. Source: channels reference, "Limits".
const PAIR: (Duration, u32) = (Duration::from_secs(6), 45);

/// Waits for the message's turn, a moment at most. Zero: it is its turn. Else: come back after so long.
pub(super) async fn turn(
    limits: &dyn RateLimits,
    config: &WorkersConfig,
    inbox: &Inbox,
    outgoing: &Outgoing,
) -> Duration {
    let lane = Lane::of(&outgoing.message);
    let own_lane = Scope::Lane(inbox.id, lane);
    let recipient = Scope::Recipient(inbox.id, outgoing.conversation.contact_id);
    let mut scopes = vec![Scope::Inbox(inbox.id), own_lane.clone(), recipient.clone(), account(inbox)];
    if outgoing.message.content_type == ContentType::Template {
        scopes.push(Scope::BusinessInitiated(inbox.id));
    }
    let held = limits.held(&scopes).await;
    if !held.is_zero() {
        return held;
    }
    let rate = rate(config, inbox);
    // Whoever waits for a person's answer never waits for a campaign: the lower lanes leave a part of the rate unused.
    let share = match lane {
        Lane::High => None,
        Lane::Normal => Some(2),
        Lane::Bulk => Some(4),
    };
    if let Some(times) = share {
        let wait = take(limits, &own_lane, rate.slower(times)).await;
        if !wait.is_zero() {
            return wait;
        }
    }
    let wait = take(limits, &Scope::Inbox(inbox.id), rate).await;
    if !wait.is_zero() || !matches!(inbox.provider, Provider::WhatsAppCloud(_)) {
        return wait;
    }
    let wait = limits.take(&recipient, Rate::one_in(PAIR.0, PAIR.1)).await;
    if !wait.is_zero() {
        // Until then nobody asks for this customer again, so that nobody uses up the number's rate for it.
        limits.hold(&recipient, wait).await;
    }
    wait
}

/// Takes one from a bucket, waiting a moment for it.
async fn take(limits: &dyn RateLimits, scope: &Scope, rate: Rate) -> Duration {
    let mut wait = limits.take(scope, rate).await;
    for _ in 0..3 {
        if wait.is_zero() || wait > WAIT_HERE {
            break;
        }
        tokio::time::sleep(wait).await;
        wait = limits.take(scope, rate).await;
    }
    wait
}

/// Source: channels reference, "Limits" (80 messages a second of one WhatsApp number) and "Rates".
fn rate(config: &WorkersConfig, inbox: &Inbox) -> Rate {
    match inbox.provider {
        Provider::WhatsAppCloud(_) | Provider::Chat(_) | Provider::Unserved => {
            Rate::per_second(config.whatsapp_per_second, 4)
        }
        Provider::Email(_) => Rate::per_second(config.mail_per_second, 10),
        Provider::Twilio(_) => Rate::per_second(twilio_per_second(config, &inbox.address), 3),
    }
}

/// A short code sends about 100 a second, a toll-free number of North America 3, any other number what the settings say.
fn twilio_per_second(config: &WorkersConfig, address: &str) -> u32 {
    const TOLL_FREE: [&str; 7] = ["+1800", "+1833", "+1844", "+1855", "+1866", "+1877", "+1888"];
    let is_short = (3..=6).contains(&address.len()) && address.bytes().all(|byte| byte.is_ascii_digit());
    if is_short {
        100
    } else if TOLL_FREE.iter().any(|prefix| address.starts_with(prefix)) {
        config.twilio_per_second.max(3)
    } else {
        config.twilio_per_second
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
        Provider::WhatsAppCloud(_) | Provider::Email(_) | Provider::Chat(_) | Provider::Unserved => {
            Scope::Account(inbox.id.to_string())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_twilio_number_has_the_rate_of_its_kind() {
        let config = WorkersConfig::default();
        for (address, rate) in [("+15550002222", 1), ("+18885550100", 3), ("22395", 100)] {
            assert_eq!(twilio_per_second(&config, address), rate, "{address}");
        }
    }
}
