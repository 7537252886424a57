//! The cast of the demo, and the providers' side of inboxes that were configured elsewhere.

use patchbay_core::channel::Channel;
use patchbay_core::inbox::{Inbox, Provider};
use patchbay_core::secret::Secret;
use rand::RngExt;

use super::{PhoneSeed, SimulatorConfig, Timing, TwilioNumber, WhatsappNumber};

const PHONE_NUMBER_ID: &str = "106550100000001";
const ACCOUNT_SID: &str = "AC5d3a0c1f7e9b4826a0f1c2d3e4b5a697";

impl SimulatorConfig {
    /// Numbers whose webhooks go to `public_url`, and the phones of six invented customers. The secrets are made up
    /// anew each time, so that a demo server can be reached by nobody who guesses them: read them from the result when
    /// making the inboxes.
    pub fn demo(public_url: &str) -> Self {
        let whatsapp =
            WhatsappNumber::new(PHONE_NUMBER_ID, "+15550100001", secret(), secret(), meta_webhook(public_url));
        let twilio = TwilioNumber::new(ACCOUNT_SID, secret(), "+15550100003", twilio_webhook(public_url));
        Self { whatsapp: vec![whatsapp], twilio: vec![twilio], ..Self::with_cast() }
    }

    /// The providers' side of configured inboxes, for a simulator that runs beside a server with settings of its own:
    /// the newest secret of each inbox, webhooks to `public_url`, and the phones of the demo. Inboxes of other
    /// channels are left out.
    pub fn for_inboxes(public_url: &str, inboxes: &[Inbox]) -> Self {
        let mut config = Self::with_cast();
        for inbox in inboxes {
            match &inbox.provider {
                Provider::WhatsAppCloud(settings) => config.whatsapp.push(WhatsappNumber::new(
                    &settings.phone_number_id,
                    &inbox.address,
                    newest(&settings.app_secrets),
                    settings.access_token.clone(),
                    meta_webhook(public_url),
                )),
                Provider::Twilio(settings) => config.twilio.push(TwilioNumber::new(
                    &settings.account_sid,
                    newest(&settings.auth_tokens),
                    &inbox.address,
                    twilio_webhook(public_url),
                )),
                Provider::Email(_) | Provider::Unserved => {}
            }
        }
        config
    }

    /// Six customers, and callbacks slow enough to watch.
    fn with_cast() -> Self {
        let both = [Channel::Whatsapp, Channel::Sms];
        let phone = |address: &str, name: &str, channels: &[Channel]| PhoneSeed {
            window_open: true,
            ..PhoneSeed::new(address, name, channels)
        };
        Self {
            phones: vec![
                phone("+15550101001", "Maya Lindqvist", &both),
                phone("+15550101002", "Tomás Herrera", &[Channel::Whatsapp]),
                phone("+15550101003", "Ruth Okafor", &[Channel::Sms]),
                phone("+15550101004", "Ben Castellano", &both),
                phone("+15550101005", "Aiko Marsh", &[Channel::Whatsapp]),
                phone("+15550101006", "Priya Raman", &[Channel::Sms]),
            ],
            timing: Timing::watchable(),
            ..Self::new()
        }
    }
}

fn meta_webhook(public_url: &str) -> String {
    format!("{}/webhooks/whatsapp", public_url.trim_end_matches('/'))
}

fn twilio_webhook(public_url: &str) -> String {
    format!("{}/webhooks/twilio/sms", public_url.trim_end_matches('/'))
}

/// Secrets are listed newest first; without any, nothing the fake signs will be accepted.
fn newest(secrets: &[Secret]) -> Secret {
    secrets.first().cloned().unwrap_or_else(secret)
}

fn secret() -> Secret {
    Secret::new(hex::encode(rand::rng().random::<[u8; 16]>()))
}
